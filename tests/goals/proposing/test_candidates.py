"""Candidate conditions: what they are called reads back as what they are."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from teloscope.goals.proposing.candidates import MANY, Condition, atoms, both, conjunction, merged, plainness, regime_of
from teloscope.regimes import Regime, achieved, holds
from teloscope.regimes.language import opposite

numbers = st.floats(-1e6, 1e6, allow_nan=False).map(lambda x: round(x, 3))
columns = st.sampled_from(["x", "agent_y", "distance (m)", "end", "Speed"])
texts = st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), min_size=1, max_size=6)


@st.composite
def frames(draw: st.DrawFn) -> pl.DataFrame:
    """A few features of every kind, some with awkward names and values."""
    rows = draw(st.integers(2, 12))

    def column(values):
        return draw(st.lists(values, min_size=rows, max_size=rows))

    made = {
        draw(columns): column(numbers),
        "count": column(st.integers(-3, 3)),
        "lit": column(st.booleans()),
        "tile": column(st.sampled_from(["mud", "it's grass", "a = b", "x >= 1", "this and that"]) | texts),
    }
    return pl.DataFrame(made)


def everything(frame: pl.DataFrame) -> list[Condition]:
    return atoms(frame, np.arange(len(frame)), np.ones(len(frame), dtype=np.bool_))


@given(frames())
def test_every_name_reads_back_as_the_same_states(frame):
    for condition in everything(frame):
        for name in condition.names:
            np.testing.assert_array_equal(holds(name, frame), condition.held, err_msg=name)


@given(frames())
def test_opposites_hold_where_the_condition_does_not(frame):
    for condition in everything(frame):
        for name in condition.names:
            np.testing.assert_array_equal(holds(opposite(name), frame), ~condition.held, err_msg=name)


@given(frames(), st.data())
def test_conjunctions_read_back_and_so_do_their_regimes(frame, data):
    simple = everything(frame)
    if not simple:
        return
    picked = data.draw(st.lists(st.sampled_from(simple), min_size=2, max_size=3, unique_by=lambda c: c.name))
    if len(picked) < 2:
        return
    joined = conjunction(picked)
    expected = np.logical_and.reduce([c.held for c in picked])
    np.testing.assert_array_equal(holds(joined.name, frame), expected)
    np.testing.assert_array_equal(holds(opposite(joined.name), frame), ~expected)
    assert joined.signals == frozenset().union(*(c.signals for c in picked))
    for mode in ("keep", "end", "reach", "always"):
        regime = Regime.parse(str(regime_of(mode, joined.name)))
        held = holds(regime.condition, frame)[None]
        wanted = expected[None].all(axis=1) if mode == "always" else achieved(mode, expected[None])
        assert achieved(regime.mode, held) == wanted


@given(frames())
def test_candidates_differ_and_none_always_or_never_holds(frame):
    found = everything(frame)
    assert len({c.held.tobytes() for c in found}) == len(found)
    assert not any(c.held.all() or not c.held.any() for c in found)


def test_same_visited_symbols_are_one_candidate_with_the_plainest_name_first():
    frame = pl.DataFrame({"agent_x": [0, 1, 2, 3], "lit": [False, False, True, True], "far": [9.0, 9.0, 1.0, 0.5]})
    seen = np.array([True, True, True, False])
    names = {c.names for c in atoms(frame, np.arange(3), seen)}
    lit = next(n for n in names if "lit" in n)
    assert lit[0] == "lit"
    assert {"agent_x >= 2", "far < 9"} <= set(lit), "where nobody was does not tell them apart"


def test_what_only_unvisited_symbols_tell_apart_is_merged():
    one = Condition(("a",), frozenset("a"), np.array([True, False, True]))
    two = Condition(("b >= 1",), frozenset("b"), np.array([True, False, False]))
    (joint,) = merged([two, one], np.array([True, True, False]))
    assert joint.names == ("a", "b >= 1")
    assert len(merged([one, two], np.ones(3, bool))) == 2


def test_numbers_with_many_values_are_cut_where_the_agent_ends():
    values = np.linspace(0, 1, 10 * MANY)
    frame = pl.DataFrame({"height": values})
    late = np.flatnonzero(values > 0.9)
    found = atoms(frame, late, np.ones(len(values), dtype=np.bool_))
    thresholds = [float(name.split()[-1]) for c in found for name in c.names]
    assert min(thresholds) > 0.9
    assert len(found) <= 48


def test_whole_numbers_can_be_hit_exactly():
    names = {n for c in everything(pl.DataFrame({"count": [0, 1, 2, 3]})) for n in c.names}
    assert {"count = 1", "count = 2", "count >= 3", "count <= 0"} <= names


def test_nothing_that_changes_nothing_to_look_at():
    assert everything(pl.DataFrame({"x": [2.0, 2.0], "lit": [True, True], "tile": ["a", "a"]})) == []


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("lit", "not lit"),
        ("not lit", "lit"),
        ("x >= 3", "x < 3"),
        ("x <= 3", "x > 3"),
        ("x = 3", "x <> 3"),
        ("tile = 'mud'", "tile <> 'mud'"),
        ("tile = 'a = b'", "tile <> 'a = b'"),
        ('"vase broken"', 'not "vase broken"'),
        ('"a >= b" >= 2', '"a >= b" < 2'),
        ("lit and x >= 3", "not (lit and x >= 3)"),
    ],
)
def test_opposites_are_said_plainly(name, other):
    assert opposite(name) == other


def test_flags_are_plainer_than_numbers_and_the_agent_than_the_rest():
    names = ["lamp_y <= 2", "agent_x >= 3 and lit", "agent_x >= 3", "lit"]
    assert sorted(names, key=plainness) == ["lit", "agent_x >= 3", "lamp_y <= 2", "agent_x >= 3 and lit"]


def test_joining_joins_the_parts():
    a, b, c = (Condition((n,), frozenset(n), np.array([True, n != "b", n == "c"])) for n in "abc")
    joined = both(both(a, b), c)
    assert joined.name == "a and b and c"
    assert [p.name for p in joined.parts] == ["a", "b", "c"]
    np.testing.assert_array_equal(joined.held, [True, False, False])
