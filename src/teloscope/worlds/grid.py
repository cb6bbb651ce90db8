"""ASCII maps: a world's layout as rows of characters, x to the right and y down."""

from __future__ import annotations

from dataclasses import dataclass

from teloscope.errors import BadWorld

Cell = tuple[int, int]
"""(x, y)."""
MOVES: dict[str, Cell] = {"stay": (0, 0), "left": (-1, 0), "right": (1, 0), "up": (0, -1), "down": (0, 1)}
"""Action -> how it changes (x, y)."""


@dataclass(frozen=True)
class Grid:
    """A rectangular map."""

    rows: tuple[str, ...]
    """From top to bottom; one character a cell."""

    @classmethod
    def of(cls, *rows: str) -> Grid:
        """A map from its rows.

        Raises:
            BadWorld: there are none, or they differ in length.
        """
        if len({len(row) for row in rows}) != 1 or not rows[0]:
            raise BadWorld(f"The rows of a map have lengths {[len(r) for r in rows]}; expected one length, above 0.")
        return cls(tuple(rows))

    @property
    def width(self) -> int:
        return len(self.rows[0])

    @property
    def height(self) -> int:
        return len(self.rows)

    @property
    def size(self) -> Cell:
        return self.width, self.height

    def inside(self, cell: Cell) -> bool:
        return 0 <= cell[0] < self.width and 0 <= cell[1] < self.height

    def at(self, cell: Cell) -> str:
        return self.rows[cell[1]][cell[0]]

    def find(self, char: str) -> list[Cell]:
        """Cells that show one of the characters in `char`, row by row."""
        return [(x, y) for y, row in enumerate(self.rows) for x, shown in enumerate(row) if shown in char]

    def free(self, blocked: str = "#") -> list[Cell]:
        """Cells that show none of the characters in `blocked`."""
        return [(x, y) for y, row in enumerate(self.rows) for x, shown in enumerate(row) if shown not in blocked]

    def moved(self, cell: Cell, action: str, blocked: str = "#") -> Cell:
        """Where a move leads: the next cell, or the same one if that is blocked or outside."""
        dx, dy = MOVES[action]
        x, y = cell[0] + dx, cell[1] + dy
        rows = self.rows  # written out: compiling a world asks this a million times
        return (x, y) if 0 <= y < len(rows) and 0 <= x < len(rows[0]) and rows[y][x] not in blocked else cell

    def drawn(self, things: dict[Cell, str]) -> list[str]:
        """The map with things drawn over it."""
        return ["".join(things.get((x, y), shown) for x, shown in enumerate(row)) for y, row in enumerate(self.rows)]
