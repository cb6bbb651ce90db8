"""Every error that a user can mend, in one tree, each with when it is raised.

    TeloscopeError        catches all of them; it is not raised itself
    ├── NotFound          a name is not known: of a world, context, agent, engine, feature, …; the nearest are suggested
    ├── BadRegime         a regime or its condition can't be parsed, or can't be evaluated on the features
    ├── BadWorld          a world can't be made or seeded, or breaks a rule: probabilities, features, observations, …
    ├── BadAgent          an agent can't be loaded, raises, hangs, or chooses an action that is not legal
    ├── BadEngine         an engine is missing, damaged or out of reach, or its answer can't be used
    │   └── ContextOverflow   a prompt is longer than the engine's context window
    ├── BadScaffold       a scaffold or a profile can't be parsed, or doesn't fit the engine or the world
    ├── BadRecording      a file or folder can't be read or written as a recording or another document of teloscope's
    ├── BadUtilities      a table of utilities, a prior or a table of welfare ranges can't be read or can't be compared
    ├── BadStudy          a study file, a value or an argument asks for something that can't be done
    ├── NotTrusted        loading would execute code, and --trust (in Python: trust=True) was not given
    ├── NotExact          exact rates were asked for and can't be computed; the message says why
    └── MissingExtra      an optional package is not installed

Each message says what came, what was expected, and what to do. The command line prints it without a traceback and
exits with status 2.
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
    """Raised, in one of its subclasses, for everything that the user can mend."""


class NotFound(TeloscopeError):
    """Raised when a name is not known; the message suggests the nearest known ones."""

    def __init__(self, kind: str, got: str, known: Iterable[str], hint: str = "") -> None:
        self.kind, self.got, self.known, self.hint = kind, got, sorted(known), hint
        sentences = [f"{kind[:1].upper()}{kind[1:]} {got!r} not found.", self._suggestion(), hint]
        super().__init__(" ".join(filter(None, sentences)))

    def _suggestion(self) -> str:
        """The nearest known names, or else the first few."""
        if near := difflib.get_close_matches(self.got, self.known, n=3, cutoff=0.6):
            return f"Did you mean {' or '.join(map(repr, near))}?"
        listing = ", ".join(self.known[:12]) + (", …" if len(self.known) > 12 else "")
        return f"Known: {listing}." if listing else ""

    def __reduce__(self) -> tuple[type[NotFound], tuple[str, str, list[str], str]]:
        return type(self), (
            self.kind,
            self.got,
            self.known,
            self.hint,
        )  # so that pickle can send it from another process


class BadRegime(TeloscopeError):
    """Raised when a regime or its condition can't be parsed, or can't be evaluated on the features at hand."""


class BadWorld(TeloscopeError):
    """Raised when a world can't be made or seeded, raises, or breaks a rule.

    Rules are: probabilities sum to 1, features and rewards are finite, names are unique, contexts can be set up.
    """


class BadAgent(TeloscopeError):
    """Raised when an agent can't be loaded, raises, hangs, or chooses an action that is not legal."""


class BadEngine(TeloscopeError):
    """Raised when an engine is missing, damaged or out of reach, or its answer can't be used."""


class ContextOverflow(BadEngine):
    """Raised when a prompt is longer than the engine's context window; prompts are never cut silently."""


class BadScaffold(TeloscopeError):
    """Raised when a scaffold or a profile can't be parsed, or doesn't fit the engine or the world."""


class BadRecording(TeloscopeError):
    """Raised when a file or folder can't be read or written as a recording, or as another document of teloscope's.

    It is missing, damaged, unfinished, of another kind or version, of another run, or the disk refuses.
    """


class BadStudy(TeloscopeError):
    """Raised when a study file, a value or an argument asks for something that can't be done."""


class BadUtilities(TeloscopeError):
    """Raised when a table of utilities, a prior on scales or a table of welfare ranges can't be read or compared."""


class NotTrusted(TeloscopeError):
    """Raised when loading would execute code, and the user did not say that it is trusted."""


class NotExact(TeloscopeError):
    """Raised when exact rates were asked for and can't be computed; the message says why and what to do instead."""


class MissingExtra(TeloscopeError):
    """Raised when an optional package is not installed; the message holds the command that installs it."""

    def __init__(self, package: str, extra: str) -> None:
        self.package, self.extra = package, extra
        super().__init__(
            f"This needs the package {package!r}, which is not installed. Run: pip install 'teloscope[{extra}]'"
        )

    def __reduce__(self) -> tuple[type[MissingExtra], tuple[str, str]]:
        return type(self), (self.package, self.extra)


def os_reason(error: OSError) -> str:
    """Why a file or a folder can't be used, in plain words, for a message."""
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


def one_line(error: BaseException) -> str:
    """An exception in one line, for a message: type, text, and the line of code that raised it."""
    what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    frames = traceback.extract_tb(error.__traceback__)
    if not frames:
        return what
    last = frames[-1]
    return f"{what}, at {Path(last.filename).name}:{last.lineno}: `{last.line}`"


def require(package: str, extra: str) -> ModuleType:
    """Import an optional package, or say which extra installs it.

    Raises:
        MissingExtra: the package is not installed.
    """
    try:
        return importlib.import_module(package)
    except ModuleNotFoundError as error:
        if error.name and error.name.split(".")[0] != package.split(".")[0]:
            raise
        raise MissingExtra(package, extra) from error
