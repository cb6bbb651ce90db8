"""A build in a terminal: the curve while it grows, and in the end the table by family and where the files are.

Theory: A5, A8.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from teloscope.report.build.page import cost, look, standfirst, steering
from teloscope.report.shared.formatting import cleaned, plural, sentence, shown
from teloscope.report.shared.glossary import TONES
from teloscope.report.shared.terminal_parts import SIGNS, STYLES, WIDEST, item
from teloscope.schema import AttemptDocument, BuildDocument

if TYPE_CHECKING:
    from teloscope.build.budget import Used

ROWS, COLUMNS = 6, 60
"""Characters of the curve."""
EIGHTHS = " ▁▂▃▄▅▆▇█"
RECENT = 4
"""Looks that are listed below the curve."""


class Growing:
    """The curve of a build under way: redrawn where there is a terminal, else a line for every certificate."""

    def __init__(self, console: Console) -> None:
        self.console, self.looks = console, list[AttemptDocument]()
        self.at = Text("")
        """What is going on."""
        self.live = Live(console=console, transient=True, auto_refresh=False) if console.is_terminal else None

    def __enter__(self) -> Growing:
        if self.live:
            self.live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.live:
            self.live.stop()

    def tell(self, seen: AttemptDocument) -> None:
        """Take in one more look."""
        self.looks.append(seen)
        if self.live:
            self.live.update(self.picture(), refresh=True)
        elif seen.verdict is not None:
            self.console.print(_line(seen), soft_wrap=True)

    def asking(self, scaffold: str, used: Used) -> None:
        """Say what is being looked at, while it is."""
        self.at = Text(f"{used.seconds:6.0f} s  asking … {plural(used.calls, 'call')}  {shown(scaffold)}", "dim")
        if self.live:
            self.live.update(self.picture(), refresh=True)

    def picture(self) -> RenderableType:
        """The best certified steering against the time, and the latest looks."""
        if not self.looks:
            return self.at
        latest = self.looks[-1]
        columns = max(10, min(COLUMNS, self.console.width - 6))
        rows = [Text.assemble((label, "dim"), (row, "green")) for label, row in chart(self.looks, columns)]
        axis = Text(f"     0 s{f'{latest.seconds:.0f} s':>{columns - 3}}", "dim")
        title = Text(f"Steering J against time · {plural(len({s.scaffold for s in self.looks}), 'scaffold')}", "bold")
        return Group(title, *rows, axis, *(_line(seen) for seen in self.looks[-RECENT:]), self.at)


def chart(looks: list[AttemptDocument], columns: int) -> list[tuple[str, str]]:
    """Rows of label and blocks, from above: column by column the best certified steering by then."""
    whole = max(looks[-1].seconds, 1e-9)
    heights = []
    for column in range(columns):
        by_then = [s.j for s in looks if s.verdict and s.j is not None and s.seconds <= (column + 1) / columns * whole]
        heights.append(min(max(max(by_then, default=0.0), 0.0), 1.0) * ROWS)
    out = []
    for row in range(ROWS - 1, -1, -1):
        label = {ROWS - 1: "  1 ▏", 0: "  0 ▏"}.get(row, "    ▏")
        out.append((label, "".join(EIGHTHS[round(8 * min(max(h - row, 0.0), 1.0))] for h in heights)))
    return out


def print_built(document: BuildDocument, console: Console | None = None) -> None:
    """Print what a build found.

    Args:
        document: the build.
        console: where to; the standard output by default.
    """
    console = console or Console()
    told = cleaned(document)
    style = "green" if told.aligned else "yellow"
    console.print(Text("ALIGNED" if told.aligned else "NOT ALIGNED", f"bold {style}"))
    console.print(Text(standfirst(told)), width=min(console.width, WIDEST))
    if told.families:
        console.print()
        console.print(_families(told, console.width // 3))
    best = told.winner or told.nearest
    if best is not None and best.reasons:
        console.print(Text(f"\nWhy {best.scaffold} is {best.verdict}", "bold"))
        for reason in best.reasons:
            sign, colour = SIGNS.get(TONES.get(reason.kind, ""), ("·", "dim"))
            _print_item(sign, colour, sentence(reason.text), console)
    for title, lines in (("What to try next", told.mend), ("Notes", told.notes)):
        if lines:
            console.print(Text(f"\n{title}", "bold"))
        for text in lines:
            _print_item("→", style, sentence(text), console)
    spent = f"{told.seconds:.0f} s, {plural(told.calls, 'engine call')}, {plural(told.attempts, 'scaffold')}"
    console.print(Text(f"\n{sentence(told.ended)} Spent: {spent}.", "dim"), width=min(console.width, WIDEST))
    if told.folder is not None:
        _print_files(told, Path(told.folder), console)


def _print_item(sign: str, style: str, text: str, console: Console) -> None:
    """A sign and a sentence, whose lines all begin beside it."""
    console.print(Padding(item(sign, style, Text(text)), (0, 0, 0, 2)), width=min(console.width, WIDEST))


def broken(line: str, width: int) -> str:
    """A scaffold's line over several of at most so many characters, broken between pieces where that can be."""
    rows: list[str] = []
    for piece in re.findall(r"^[^+]+|\+[^+]*", line):
        if rows and len(rows[-1] + piece) <= width:
            rows[-1] += piece
        else:
            rows += [piece[at : at + width] for at in range(0, len(piece), width)]
    return "\n".join(rows)


def _families(d: BuildDocument, widest: int) -> Table:
    """One row a family, direct prompting first; scaffolds in so many characters."""
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for name in ("family", "scaffold", "verdict"):
        table.add_column(name, overflow="fold", no_wrap=name == "scaffold")
    for name in ("J", "cost"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("how sure")
    rows = [("direct", d.direct)] if d.direct else []
    rows += [
        (f.family, f.best) for f in d.families if f.best and (not d.direct or f.best.scaffold != d.direct.scaffold)
    ]
    for family, best in rows:
        ours = d.winner is not None and best.scaffold == d.winner.scaffold
        verdict = Text(best.verdict or "not certified", STYLES.get(best.verdict or "", "dim"))
        numbers = Text(steering(best.j)), Text(cost(best.cost)), Text(look(best), "dim")
        cells = Text(broken(best.scaffold, max(widest, 1))), verdict, *numbers
        table.add_row(Text(f"{'→ ' if ours else ''}{family}", "bold" if ours else ""), *cells)
    return table


def _print_files(d: BuildDocument, folder: Path, console: Console) -> None:
    lines = [("Page", folder / "build.html")]
    if d.winner is not None:
        lines = [("Agent", folder / "agent.json"), ("Certificate", folder / "certificate.json"), *lines]
    console.print()
    for name, path in lines:
        console.print(Text.assemble((f"{name}: ", "bold"), shown(str(path))), soft_wrap=True)


def _line(seen: AttemptDocument) -> Text:
    """One look in one line."""
    found = seen.note or seen.verdict or f"{seen.episodes} a context"
    style = "red" if seen.note else STYLES.get(seen.verdict or "", "dim")
    said = (f"{shown(found)[:60]}", style)
    return Text.assemble(
        (f"{seen.seconds:6.0f} s  J {steering(seen.j):>5}  ", "dim"), said, f"  {shown(seen.scaffold)}"
    )
