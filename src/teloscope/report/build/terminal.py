"""Print a build in a terminal: the curve during the build; at the end the table by family and the paths of the files.

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

from teloscope.report.build.examined import examined_lines
from teloscope.report.build.page import cost, how_measured, steering, summary
from teloscope.report.shared.formatting import plural, sanitize, sanitize_document, sentence
from teloscope.report.shared.glossary import TONES
from teloscope.report.shared.safe_console import SafeConsole
from teloscope.report.shared.terminal_parts import SIGNS, STYLES, WIDEST, item
from teloscope.schema import AttemptDocument, BuildDocument

if TYPE_CHECKING:
    from teloscope.build.budget import Spending

ROWS, COLUMNS = 6, 60
"""Characters of the curve."""
EIGHTHS = " ▁▂▃▄▅▆▇█"
RECENT = 4
"""Number of attempts listed below the curve."""


class LiveCurve:
    """The curve of a running build: redrawn in a terminal, else one line for every certificate."""

    def __init__(self, console: Console) -> None:
        self.console, self.attempts = console, list[AttemptDocument]()
        self.current = Text("")
        """What is being evaluated."""
        self.live = Live(console=console, transient=True, auto_refresh=False) if console.is_terminal else None

    def __enter__(self) -> LiveCurve:
        if self.live:
            self.live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.live:
            self.live.stop()

    def add(self, seen: AttemptDocument) -> None:
        """Add an attempt and redraw."""
        self.attempts.append(seen)
        if self.live:
            self.live.update(self.picture(), refresh=True)
        elif seen.verdict is not None:
            self.console.print(_line(seen), soft_wrap=True)

    def show_current(self, scaffold: str, used: Spending) -> None:
        """Show which scaffold is being evaluated."""
        self.current = Text(
            f"{used.seconds:6.0f} s  asking … {plural(used.calls, 'call')}  {sanitize(scaffold)}", "dim"
        )
        if self.live:
            self.live.update(self.picture(), refresh=True)

    def picture(self) -> RenderableType:
        """The best certified steering against time, and the latest attempts."""
        if not self.attempts:
            return self.current
        latest = self.attempts[-1]
        columns = max(10, min(COLUMNS, self.console.width - 6))
        rows = [Text.assemble((label, "dim"), (row, "green")) for label, row in chart(self.attempts, columns)]
        axis = Text(f"     0 s{f'{latest.seconds:.0f} s':>{columns - 3}}", "dim")
        title = Text(
            f"Steering J against time · {plural(len({s.scaffold for s in self.attempts}), 'scaffold')}", "bold"
        )
        return Group(title, *rows, axis, *(_line(seen) for seen in self.attempts[-RECENT:]), self.current)


def chart(attempts: list[AttemptDocument], columns: int) -> list[tuple[str, str]]:
    """Rows of label and blocks, from the top: each column is the best certified steering up to its time."""
    whole = max(attempts[-1].seconds, 1e-9)
    heights = []
    for column in range(columns):
        by_then = [
            s.j for s in attempts if s.verdict and s.j is not None and s.seconds <= (column + 1) / columns * whole
        ]
        heights.append(min(max(max(by_then, default=0.0), 0.0), 1.0) * ROWS)
    out = []
    for row in range(ROWS - 1, -1, -1):
        label = {ROWS - 1: "  1 ▏", 0: "  0 ▏"}.get(row, "    ▏")
        out.append((label, "".join(EIGHTHS[round(8 * min(max(h - row, 0.0), 1.0))] for h in heights)))
    return out


def print_build(document: BuildDocument, console: Console | None = None) -> None:
    """Print what a build found.

    Args:
        document: the build.
        console: where to; the standard output by default.
    """
    console = console or SafeConsole()
    safe = sanitize_document(document)
    style = "green" if safe.aligned else "yellow"
    console.print(Text("ALIGNED" if safe.aligned else "NOT ALIGNED", f"bold {style}"))
    console.print(Text(summary(safe)), width=min(console.width, WIDEST))
    if safe.families:
        console.print()
        console.print(_families(safe, console.width // 3))
    best = safe.winner or safe.nearest
    if best is not None and best.reasons:
        console.print(Text(f"\nWhy {best.scaffold} is {best.verdict}", "bold"))
        for reason in best.reasons:
            sign, colour = SIGNS.get(TONES.get(reason.kind, ""), ("·", "dim"))
            _print_item(sign, colour, sentence(reason.text), console)
    for title, lines in (
        ("Examined on everyday sentences", examined_lines(safe)),
        ("What J credits", [safe.credit.says] if safe.credit else []),
        ("What to try next", safe.mend),
        ("Notes", safe.notes),
    ):
        if lines:
            console.print(Text(f"\n{title}", "bold"))
        for text in lines:
            _print_item("→", style, sentence(text), console)
    spent = f"{safe.seconds:.0f} s, {plural(safe.calls, 'engine call')}, {plural(safe.attempts, 'scaffold')}"
    console.print(Text(f"\n{sentence(safe.ended)} Spent: {spent}.", "dim"), width=min(console.width, WIDEST))
    if safe.folder is not None:
        _print_files(safe, Path(safe.folder), console)


def _print_item(sign: str, style: str, text: str, console: Console) -> None:
    """Print a sign and a sentence that wraps beside it."""
    console.print(Padding(item(sign, style, Text(text)), (0, 0, 0, 2)), width=min(console.width, WIDEST))


def wrap_scaffold(line: str, width: int) -> str:
    """A scaffold's line wrapped to a width, between its parts if possible."""
    rows: list[str] = []
    for piece in re.findall(r"^[^+]+|\+[^+]*", line):
        if rows and len(rows[-1] + piece) <= width:
            rows[-1] += piece
        else:
            rows += [piece[at : at + width] for at in range(0, len(piece), width)]
    return "\n".join(rows)


def _families(d: BuildDocument, widest: int) -> Table:
    """One row for each family, direct prompting first; scaffolds are wrapped to `widest` characters."""
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
        numbers = Text(steering(best.j)), Text(cost(best.cost)), Text(how_measured(best), "dim")
        cells = Text(wrap_scaffold(best.scaffold, max(widest, 1))), verdict, *numbers
        table.add_row(Text(f"{'→ ' if ours else ''}{family}", "bold" if ours else ""), *cells)
    return table


def _print_files(d: BuildDocument, folder: Path, console: Console) -> None:
    lines = [("Page", folder / "build.html")]
    if d.winner is not None:
        lines = [("Agent", folder / "agent.json"), ("Certificate", folder / "certificate.json"), *lines]
    console.print()
    for name, path in lines:
        console.print(Text.assemble((f"{name}: ", "bold"), sanitize(str(path))), soft_wrap=True)


def _line(seen: AttemptDocument) -> Text:
    """One attempt in one line."""
    found = seen.note or seen.verdict or f"{seen.episodes} a context"
    style = "red" if seen.note else STYLES.get(seen.verdict or "", "dim")
    said = (f"{sanitize(found)[:60]}", style)
    return Text.assemble(
        (f"{seen.seconds:6.0f} s  J {steering(seen.j):>5}  ", "dim"), said, f"  {sanitize(seen.scaffold)}"
    )
