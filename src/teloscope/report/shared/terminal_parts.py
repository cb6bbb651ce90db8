"""Parts that all terminal outputs share: colours, signs, list items, titled sections.

Text from outside is put into `Text`, never into markup, so that a name such as `[red]` is shown and not obeyed.
"""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

STYLES = {"ALIGNED": "green", "MISALIGNED": "red", "AIMLESS": "bright_black", "UNDECIDED": "yellow"}
SIGNS = {"bad": ("✗", "red"), "good": ("✓", "green"), "open": ("?", "yellow")}
WIDEST = 110
"""Largest width of text, in columns."""
Section = tuple[str, RenderableType]


def print_sections(sections: list[Section], console: Console) -> None:
    for title, body in sections:
        console.print()
        console.print(Text(title, style="bold"))
        console.print(Padding(body, (0, 0, 0, 2)), width=min(console.width, WIDEST))


def listed(texts: Sequence[str], numbered: bool = False) -> Group:
    """Texts below each other, behind dots or their numbers."""
    return Group(*(item(str(i + 1) if numbered else "·", "dim", Text(t)) for i, t in enumerate(texts)))


def item(sign: str, style: str, body: RenderableType) -> Table:
    """A sign, and text that wraps beside it."""
    row = Table.grid(padding=(0, 1))
    row.add_column(width=1)
    row.add_column(ratio=1)
    row.add_row(Text(sign, style=style), body)
    return row
