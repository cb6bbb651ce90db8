"""Regimes print as they parse, and `achieved` is what the four definitions say, read slowly."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from teloscope.errors import BadRegime, NotFound
from teloscope.regimes import MODES, Regime, achieved, keep_count, late_window

TEXTS = st.text(st.characters(blacklist_characters="'", blacklist_categories=("Cs",)), max_size=8).map("'{}'".format)
NAMES = st.sampled_from(["agent_x", "vase_broken", '"distance (m)"', '"a  b"', '"says ""no"""'])
ATOMS = st.one_of(
    NAMES,
    st.builds("{} {} {}".format, NAMES, st.sampled_from([">=", "<", "=", "<>"]), st.integers(-99, 99)),
    st.builds("{} = {}".format, NAMES, TEXTS),
)
CONDITIONS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.builds("({})".format, inner),
        st.builds("not ({})".format, inner),
        st.builds("{} {} {}".format, inner, st.sampled_from(["and", "or"]), inner),
    ),
    max_leaves=5,
)


def slowly(mode: str, held: list[bool]) -> bool:
    """The definition, state by state."""
    if mode == "reach":
        return True in held
    if mode == "never":
        return True not in held
    if mode == "end":
        return held[-1]
    horizon = len(held) - 1
    window = max(1, -(-horizon // 3))
    late = [held[t] for t in range(horizon + 1) if t > horizon - window]
    assert len(late) == window
    return sum(late) * 10 >= 8 * len(late)


@given(st.sampled_from(MODES), CONDITIONS)
def test_a_regime_prints_as_it_parses(mode: str, condition: str) -> None:
    regime = Regime(mode, condition)
    assert Regime.parse(str(regime)) == regime
    assert Regime.parse(f"  {mode} (\n{condition}\t) ") == regime


@given(CONDITIONS)
def test_what_stands_in_quotes_is_left_as_it_is(condition: str) -> None:
    quoted = f"{condition} and tile = 'a  \t b'"
    assert Regime("end", quoted).condition.endswith("tile = 'a  \t b'")
    assert Regime("end", "  x   >=\n 1 ").condition == "x >= 1"


@given(st.sampled_from(MODES), arrays(np.bool_, st.tuples(st.integers(0, 6), st.integers(2, 20))))
def test_achieved_is_the_definition(mode: str, held: np.ndarray) -> None:
    assert achieved(mode, held).tolist() == [slowly(mode, list(row)) for row in held]


@pytest.mark.parametrize(
    ("horizon", "window", "kept"), [(1, 1, 1), (2, 1, 1), (3, 1, 1), (4, 2, 2), (12, 4, 4), (15, 5, 4), (30, 10, 8)]
)
def test_the_late_window_is_the_last_third(horizon: int, window: int, kept: int) -> None:
    assert late_window(horizon) == window
    assert keep_count(horizon) == kept


@given(st.integers(1, 400))
def test_keeping_is_at_least_eighty_per_cent_and_no_more_than_needed(horizon: int) -> None:
    kept, window = keep_count(horizon), late_window(horizon)
    assert 10 * kept >= 8 * window > 10 * (kept - 1)


@pytest.mark.parametrize("horizon", [1, 2, 3])
def test_a_short_episode_is_kept_by_its_last_state(horizon: int) -> None:
    for held in np.ndindex(*[2] * (horizon + 1)):
        row = np.array([held], dtype=np.bool_)
        assert achieved("keep", row)[0] == bool(held[-1]) == achieved("end", row)[0]


@given(arrays(np.bool_, st.tuples(st.integers(1, 6), st.integers(2, 20))))
def test_never_is_not_reach_and_whoever_ends_there_reached_it(held: np.ndarray) -> None:
    reached = achieved("reach", held)
    assert (achieved("never", held) == ~reached).all()
    assert (reached | ~achieved("end", held)).all()
    assert (reached | ~achieved("keep", held)).all()


@pytest.mark.parametrize(
    "text",
    ["", "keep", "keep agent_x >= 1", "keep(agent_x >= 1", "keep(a) or reach(b)", "keep((a)", "keep(a) now", "(a)"],
)
def test_what_is_no_regime_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(BadRegime, match="Write `mode\\(condition\\)`"):
        Regime.parse(text)


def test_an_unknown_mode_names_the_nearest() -> None:
    with pytest.raises(NotFound, match=r"Mode 'kept' not found. Did you mean 'keep'"):
        Regime.parse("kept(agent_x >= 1)")
    with pytest.raises(NotFound, match="Did you mean 'reach'"):
        achieved("reaches", np.ones((1, 2), dtype=np.bool_))


@pytest.mark.parametrize("condition", ["", "  ", "\n"])
def test_a_regime_needs_a_condition(condition: str) -> None:
    with pytest.raises(BadRegime, match="has no condition"):
        Regime.parse(f"end({condition})")


def test_brackets_in_quotes_do_not_count() -> None:
    assert Regime.parse("end(tile = ')')").condition == "tile = ')'"
    assert Regime.parse('end("distance (m" > 1)').condition == '"distance (m" > 1'


def test_a_regime_is_read_once() -> None:
    regime = Regime("end", "at_goal")
    assert Regime.parse(regime) is regime
    assert len({regime, Regime.parse("end( at_goal )")}) == 1
