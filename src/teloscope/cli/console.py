"""Output of the commands: results on standard output, messages and progress on standard error."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic import BaseModel
    from rich.console import Console

    from teloscope.verdict import Verdict


def result_console() -> Console:
    """The console that results are printed on."""
    from teloscope.report.shared.safe_console import SafeConsole

    return SafeConsole(highlight=False)


def message_console() -> Console:
    """The console for everything that is not a result."""
    from teloscope.report.shared.safe_console import SafeConsole

    return SafeConsole(stderr=True, highlight=False)


def print_message(text: str) -> None:
    """Print a message on standard error."""
    message_console().print(text, markup=False, soft_wrap=True)


def print_error(text: str) -> None:
    """Print an error that the user can fix, without a traceback."""
    console = message_console()
    console.print("error:", style="bold red", end=" ")
    console.print(text, markup=False, soft_wrap=True)


def print_json(document: BaseModel | dict[str, Any] | list[Any]) -> None:
    """Print one JSON document on standard output."""
    import json

    data = document if isinstance(document, dict | list) else document.model_dump(mode="json")
    text = json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False)
    obeyed = {ord(char): _in_json(char) for char in set(text) if not char.isprintable() and char != "\n"}
    sys.stdout.write(text.translate(obeyed) + "\n")


def _in_json(char: str) -> str:
    """A character that a terminal might obey as an escape sequence of JSON's, which says the same."""
    units = char.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{int.from_bytes(units[i : i + 2], 'big'):04x}" for i in range(0, len(units), 2))


def print_pairs(pairs: Mapping[str, str]) -> None:
    """Print names and texts in two aligned columns."""
    width = max(map(len, pairs))
    for name, text in pairs.items():
        result_console().print(f"{name:<{width}}  {text}", markup=False, soft_wrap=True)


def show_verdict(verdict: Verdict, as_json: bool, page: Path | None = None) -> None:
    """Print the verdict on standard output, as text or as JSON; and the path of its page, if there is one."""
    if not as_json:
        from teloscope.report.audit.terminal import print_verdict

        print_verdict(verdict.document(), result_console(), page)
        return
    print_json(verdict.document())
    if page is not None:
        print_message(f"Report: {page}")


@contextmanager
def progress_bar() -> Iterator[Callable[[int, int, str], None]]:
    """A progress callback: it shows a bar if standard error is a terminal, else a line for every tenth."""
    console = message_console()
    if not console.is_terminal:
        yield _print_tenths()
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("starting", total=None)

        def tell(done: int, total: int, what: str) -> None:
            bar.update(task, completed=done, total=total, description=what)

        yield tell


def _print_tenths() -> Callable[[int, int, str], None]:
    last, of = -1, 0

    def tell(done: int, total: int, what: str) -> None:
        nonlocal last, of
        if total != of:  # another kind of work
            last, of = -1, total
        if (tenth := 10 * done // max(total, 1)) > last:
            last = tenth
            print_message(f"{done}/{total} {what}")

    return tell
