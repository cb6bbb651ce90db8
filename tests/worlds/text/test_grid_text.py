"""What is seen from a place on a map."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from teloscope.worlds.grid import Grid
from teloscope.worlds.text.grid_text import (
    BUMP,
    STEPS,
    WALK,
    WANDER,
    distances,
    join,
    locate,
    next_cell,
    next_to,
    route,
    steps_to,
    walk,
)

ROOM = Grid.of(
    "#######",
    "#  #  #",
    "#  # L#",
    "#     #",
    "#######",
)
FREE = ROOM.free()


def test_places() -> None:
    assert locate("The coin", (1, 1), (2, 1)) == "The coin is just to your right."
    assert locate("A bucket", (1, 1), (1, 3), "hangs") == "A bucket hangs below you."
    assert locate("The coin", (1, 1), (1, 1)) == "You stand at the coin."


def test_what_is_beside() -> None:
    assert next_to(ROOM, (1, 1), "#", "a wall") == "There is a wall just to your left and above you."
    assert next_to(ROOM, (4, 2), "L", "lava") == "There is lava just to your right."
    assert next_to(ROOM, (2, 3), "L", "lava") == ""


@pytest.mark.parametrize(
    ("at", "to", "text"),
    [
        ((2, 1), (4, 1), "The way there leads down."),
        ((1, 1), (1, 3), ""),
        ((2, 3), (5, 3), ""),
        ((1, 1), (4, 1), ""),
        ((4, 1), (4, 1), ""),
    ],
)
def test_a_way_is_told_where_it_is_not_the_direction(at: tuple[int, int], to: tuple[int, int], text: str) -> None:
    assert route(ROOM, at, to) == text


def test_a_way_keeps_off_what_is_blocked() -> None:
    assert route(ROOM, (5, 1), (5, 3)) == ""
    assert route(ROOM, (5, 1), (5, 3), blocked="#L") == "The way there leads left."
    assert route(ROOM, (5, 2), (5, 3), blocked="#L") == "", "no way leads from where nobody can stand"


@given(st.sampled_from(FREE), st.sampled_from(FREE))
def test_who_follows_what_is_told_arrives(at: tuple[int, int], to: tuple[int, int]) -> None:
    """Going where the way leads, or else any open direction of the thing, is always a shortest way."""
    steps = steps_to(ROOM, to)
    for _ in range(steps[at]):
        told = route(ROOM, at, to)
        open_ = [s for s in STEPS if ROOM.moved(at, s) != at]
        seen = locate("It", at, to)
        sides = {"left": "left", "right": "right", "up": "above", "down": "below"}
        choices = (
            [s for s in open_ if (s in told.split() or f"{s}." in told)]
            if told
            else [s for s in open_ if sides[s] in seen]
        )
        assert choices
        assert all(steps[next_cell(at, s)] == steps[at] - 1 for s in choices)
        at = next_cell(at, choices[-1])
    assert at == to


def test_moves() -> None:
    steps = distances(ROOM, (5, 3))
    assert walk("the goal", steps, (1, 1), (2, 1)) == "You walk toward the goal."
    assert walk("the goal", steps, (2, 1), (1, 1)) == "You walk away from the goal."
    assert walk("the goal", steps, (1, 1), (1, 1)) == BUMP
    assert walk("the goal", {}, (1, 1), (1, 2)) == WANDER


def test_sentences_in_a_row() -> None:
    assert join(["One.", "", "Two."]) == "One. Two."
    assert set(WALK) == {"stay", *STEPS} and len(set(WALK.values())) == 5


@given(st.sampled_from(FREE), st.sampled_from(FREE))
def test_distances_are_symmetric(one: tuple[int, int], two: tuple[int, int]) -> None:
    assert steps_to(ROOM, one)[two] == steps_to(ROOM, two)[one]
