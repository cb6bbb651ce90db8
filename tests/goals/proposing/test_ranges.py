"""Ranges: every one holds where its name says, and has neighbours with one bound moved."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from teloscope.goals.proposing.candidates import conjunction
from teloscope.goals.proposing.ranges import ENDS, STEPS, Ranges
from teloscope.regimes import holds


def frame(cut: bool) -> pl.DataFrame:
    """Two numbers of either sign, one of them whole, and a flag; `cut`: as lower edges of cells."""
    x = np.linspace(-1.5, 1.5, 13)
    grid = [(a, b) for a in x for b in range(-2, 9)]
    columns = {"x": [a for a, _ in grid], "n": [b for _, b in grid], "lit": [b > 2 for _, b in grid]}
    return pl.DataFrame(columns).with_columns(pl.col("n").cast(pl.Float64 if cut else pl.Int64))


def ranges(cut: bool) -> Ranges:
    whole = frame(cut)
    return Ranges(whole, np.ones(len(whole), np.bool_), cut)


def is_as_named(condition, whole: pl.DataFrame, cut: bool) -> bool:
    """A cell holds what lies a little above its lower edge."""
    inside = whole.with_columns(pl.col("x", "n") + (1e-6 if cut else 0))
    return bool((holds(condition.name, inside) == condition.held).all())


@pytest.mark.parametrize("cut", [False, True])
def test_ranges_hold_where_their_names_say(cut: bool):
    found = ranges(cut).first_look(frozenset({"x", "n"}))
    assert len(found) > 2 * ENDS
    assert all(is_as_named(c, frame(cut), cut) for c in found)
    assert any(c.name.startswith("abs(x)") for c in found)
    assert not any("lit" in c.name for c in found)


@pytest.mark.parametrize("cut", [False, True])
def test_neighbours_move_one_bound_or_both(cut: bool):
    some = ranges(cut)
    number = some.numbers["n"]
    for low, high in ((3, 6), (0, 4), (5, 10)):
        mine = some.condition(number, low, high)
        assert is_as_named(mine, frame(cut), cut)
        told = some.ends_of(mine)
        assert told is not None
        assert told[1:] == (low, high)
        near = some.neighbours(mine)
        assert all(is_as_named(c, frame(cut), cut) for c in near)
        ends = {some.ends_of(c)[1:] for c in near}  # type: ignore[index]
        assert (low + 1, high) in ends or low + 1 > high
        assert all(abs(a - low) in (0, *STEPS) and abs(b - high) in (0, *STEPS) for a, b in ends)


def test_neighbours_of_sizes_and_of_conjunctions():
    some = ranges(False)
    size = some.sizes(some.numbers["x"], 0.75)[0]
    assert {c.name for c in some.neighbours(size)} >= {"abs(x) <= 0.5", "abs(x) <= 1"}
    both = conjunction([size, some.condition(some.numbers["n"], 3, 6)])
    near = some.neighbours(both)
    assert all(len(c.parts) == 2 for c in near)
    assert any("abs(x) <= 0.5" in c.name for c in near)
    assert any("n between 2 and 4" in c.name for c in near)


def test_what_is_no_range_has_no_neighbours():
    some = ranges(False)
    gap = some.condition(some.numbers["n"], 3, 6)._replace(held=np.isin(frame(False)["n"].to_numpy(), [0, 5]))
    assert some.ends_of(gap) is None
    assert some.neighbours(gap) == []
