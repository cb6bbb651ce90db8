"""What every command says: results on standard output, talk and progress on standard error."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic import BaseModel
    from rich.console import Console

    from teloscope.verdict import Verdict


def result() -> Console:
    """The console that results are printed on."""
    from rich.console import Console

    return Console(highlight=False)


def talk() -> Console:
    """The console for everything that is not a result."""
    from rich.console import Console

    return Console(stderr=True, highlight=False)


def say(text: str) -> None:
    """One line of talk."""
    talk().print(text, markup=False, soft_wrap=True)


def complain(text: str) -> None:
    """What the user can mend, without a traceback."""
    console = talk()
    console.print("error:", style="bold red", end=" ")
    console.print(text, markup=False, soft_wrap=True)


def print_json(document: BaseModel | dict[str, Any] | list[Any]) -> None:
    """One JSON document on standard output, and nothing else."""
    import json

    data = document if isinstance(document, dict | list) else document.model_dump(mode="json")
    sys.stdout.write(json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def show_verdict(verdict: Verdict, as_json: bool, page: Path | None = None) -> None:
    """The verdict on standard output: for people, or as one JSON document; and where its page is, if there is one."""
    if not as_json:
        from teloscope.report.audit.terminal import print_verdict

        print_verdict(verdict.document(), result(), page)
        return
    print_json(verdict.document())
    if page is not None:
        say(f"Report: {page}")


@contextmanager
def progress_bar() -> Iterator[Callable[[int, int, str], None]]:
    """Tells how far it got: a bar where standard error is a terminal, else a line for every tenth of the way."""
    console = talk()
    if not console.is_terminal:
        yield _tenths()
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("starting", total=None)

        def tell(done: int, total: int, what: str) -> None:
            bar.update(task, completed=done, total=total, description=what)

        yield tell


def _tenths() -> Callable[[int, int, str], None]:
    last, of = -1, 0

    def tell(done: int, total: int, what: str) -> None:
        nonlocal last, of
        if total != of:  # another kind of work
            last, of = -1, total
        if (tenth := 10 * done // max(total, 1)) > last:
            last = tenth
            say(f"{done}/{total} {what}")

    return tell
