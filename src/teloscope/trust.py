"""The one place that decides whether code that a name points to may run: a module, or a pickle.

A name may come from anywhere: from the command line, but also from a study, a recording, a log, a certificate or an
agent file that somebody else wrote. Importing a module executes it, and so does unpickling. Whoever does either for a
name asks here first; without the user's word (`--trust`, in Python `trust=True`) it is refused. No other module of
teloscope imports what a name says (tests/trust holds this), and SECURITY.md says what is promised.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from teloscope.errors import NotTrusted


def demand_trust(trust: bool, what: str, otherwise: str = "") -> None:
    """Refuse to go on unless the user trusts the code.

    Args:
        trust: the user's word.
        what: a sentence that says which code would run, and why.
        otherwise: what else could be done, after "if you trust it".

    Raises:
        NotTrusted: the word was not given.
    """
    if not trust:
        raise NotTrusted(f"{what} Add --trust (in Python: trust=True) if you trust it{otherwise}.")


def import_named(module: str, trust: bool, what: str) -> ModuleType:
    """Import a module that a name points to, searched for in the current folder too, as `python -m` would.

    Args:
        module: `package.module`.
        trust: the user's word that it may run.
        what: what needs the module, for the message: "The world 'mine:Env-v0'".

    Raises:
        NotTrusted: the word was not given. Whatever the module raises while it is imported.
    """
    demand_trust(trust, f"{what} is Python code in the module {module!r}; loading it executes that code.")
    with _current_folder_searched():
        return importlib.import_module(module)


def is_imported(module: str) -> bool:
    """Whether the module's code has run already in this process, so that importing it again runs nothing."""
    return module in sys.modules


@contextmanager
def _current_folder_searched() -> Iterator[None]:
    here = str(Path.cwd())
    if here in sys.path:
        yield
        return
    sys.path.insert(0, here)
    try:
        yield
    finally:
        if here in sys.path:
            sys.path.remove(here)
