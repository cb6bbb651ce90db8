"""Every error a user can mend, in one tree.

    TeloscopeError
    ├── NotFound      a name that isn't there (did you mean …?)
    ├── BadRegime     a regime or condition that can't be read or evaluated
    ├── BadWorld      a world that breaks its own rules
    ├── BadAgent      an agent that acts illegally, raises or hangs
    ├── BadEngine     an engine that is missing, damaged or out of reach, or answers what can't be used
    │   └── ContextOverflow   a prompt that is longer than the engine can read
    ├── BadScaffold   a scaffold or a profile that can't be read, or doesn't fit the engine or the world
    ├── BadRecording  a recording that is torn, foreign or of another frame
    ├── BadStudy      a study file that says something we can't follow
    ├── NotTrusted    loading would execute code and --trust was not given
    ├── NotExact      exact rates are impossible here (and why)
    └── MissingExtra  an optional package is not installed

Form of a message: what we got, what we expected, what to do.
"""

from __future__ import annotations

import difflib
import errno
import importlib
import traceback
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType


class TeloscopeError(Exception):
    """Something the user can mend; shown without a traceback, exit status 2."""


class NotFound(TeloscopeError):
    """A name that is not known, with the nearest known ones."""

    def __init__(self, kind: str, got: str, known: Iterable[str], hint: str = "") -> None:
        self.kind, self.got, self.known, self.hint = kind, got, sorted(known), hint
        sentences = [f"{kind[:1].upper()}{kind[1:]} {got!r} not found.", self._suggestion(), hint]
        super().__init__(" ".join(filter(None, sentences)))

    def _suggestion(self) -> str:
        """The nearest known names, or the first few."""
        if near := difflib.get_close_matches(self.got, self.known, n=3, cutoff=0.6):
            return f"Did you mean {' or '.join(map(repr, near))}?"
        listing = ", ".join(self.known[:12]) + (", …" if len(self.known) > 12 else "")
        return f"Known: {listing}." if listing else ""

    def __reduce__(self) -> tuple[type[NotFound], tuple[str, str, list[str], str]]:
        return type(self), (self.kind, self.got, self.known, self.hint)  # survives the way back from another process


class BadRegime(TeloscopeError):
    """A regime or condition that can't be read, or can't be evaluated on these features."""


class BadWorld(TeloscopeError):
    """A world that breaks its own rules: probabilities, features, observations, seeds."""


class BadAgent(TeloscopeError):
    """An agent that acts illegally, raises or hangs."""


class BadEngine(TeloscopeError):
    """An engine that is missing, damaged or out of reach, or answers what can't be used."""


class ContextOverflow(BadEngine):
    """A prompt that is longer than the engine can read; it is never cut silently."""


class BadScaffold(TeloscopeError):
    """A scaffold or a profile that can't be read, or doesn't fit the engine or the world."""


class BadRecording(TeloscopeError):
    """A recording that is torn, foreign, unfinished or of another frame."""


class BadStudy(TeloscopeError):
    """A study file that says something we can't follow."""


class NotTrusted(TeloscopeError):
    """Loading this would execute code from the file; the user has to say so."""


class NotExact(TeloscopeError):
    """Exact rates are impossible here; the message says why and what to do instead."""


class MissingExtra(TeloscopeError):
    """An optional package is not installed."""

    def __init__(self, package: str, extra: str) -> None:
        self.package, self.extra = package, extra
        super().__init__(
            f"This needs the package {package!r}, which is not installed. Run: pip install 'teloscope[{extra}]'"
        )

    def __reduce__(self) -> tuple[type[MissingExtra], tuple[str, str]]:
        return type(self), (self.package, self.extra)


def why_not(error: OSError) -> str:
    """Why a file or a folder can't be used, in plain words."""
    known = {
        errno.ENOENT: "it is not there",
        errno.EEXIST: "a file stands where a folder is meant",
        errno.ENOTDIR: "a file stands where a folder is meant",
        errno.EISDIR: "a folder stands where a file is meant",
        errno.EACCES: "you have no permission",
        errno.EPERM: "you have no permission",
        errno.EROFS: "nothing can be written there",
        errno.ENOSPC: "the disk is full",
    }
    return known.get(error.errno or 0) or (error.strerror or type(error).__name__).lower()


def quoted(error: BaseException) -> str:
    """An exception with the last line of its traceback: what, where, and the line of code."""
    what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    frames = traceback.extract_tb(error.__traceback__)
    if not frames:
        return what
    last = frames[-1]
    return f"{what}, at {Path(last.filename).name}:{last.lineno}: `{last.line}`"


def require(package: str, extra: str) -> ModuleType:
    """Import an optional package, or say which extra brings it.

    Raises:
        MissingExtra: the package is not installed.
    """
    try:
        return importlib.import_module(package)
    except ModuleNotFoundError as error:
        if error.name and error.name.split(".")[0] != package.split(".")[0]:
            raise
        raise MissingExtra(package, extra) from error
