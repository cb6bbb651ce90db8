"""Maps: x to the right, y down."""

from __future__ import annotations

import pytest

from teloscope.errors import BadWorld
from teloscope.worlds.grid import MOVES, Grid

GRID = Grid.of("####", "#A #", "#  G", "####")


def test_a_map_knows_its_cells() -> None:
    assert GRID.size == (GRID.width, GRID.height) == (4, 4)
    assert GRID.at((1, 1)) == "A"
    assert GRID.at((3, 2)) == "G"
    assert GRID.find("GA") == [(1, 1), (3, 2)]
    assert GRID.free() == [(1, 1), (2, 1), (1, 2), (2, 2), (3, 2)]
    assert GRID.free("#G") == [(1, 1), (2, 1), (1, 2), (2, 2)]


def test_moves_stop_at_walls_and_edges() -> None:
    assert [GRID.moved((1, 1), a) for a in ("stay", "left", "right", "up", "down")] == [
        (1, 1), (1, 1), (2, 1), (1, 1), (1, 2),
    ]  # fmt: skip
    assert GRID.moved((3, 2), "right") == (3, 2)
    assert GRID.moved((2, 2), "right", blocked="#G") == (2, 2)
    for action, (dx, dy) in MOVES.items():
        assert Grid.of("   ", "   ", "   ").moved((1, 1), action) == (1 + dx, 1 + dy)


def test_things_are_drawn_over_the_map() -> None:
    assert GRID.drawn({(1, 1): " ", (2, 2): "A"}) == ["####", "#  #", "# AG", "####"]


@pytest.mark.parametrize("rows", [(), ("",), ("##", "#"), ("#", "##")])
def test_a_map_is_a_rectangle(rows: tuple[str, ...]) -> None:
    with pytest.raises(BadWorld, match="rows of a map have lengths"):
        Grid.of(*rows)
