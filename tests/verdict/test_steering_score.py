"""Steering: by hand, against the rates' own means, and how often its intervals hold."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from teloscope.errors import BadStudy, NotFound
from teloscope.regimes import Regime
from teloscope.values import Avoid, Values, Want
from teloscope.verdict.steering_score import Interval, mean_interval, scores, steering, steering_interval, value
from teloscope.worlds.world import Context

CONTEXTS = (Context("one"), Context("two"), Context("granted", kind="fixing"))
WANT, AVOID = Regime.parse("end(at_goal)"), Regime.parse("reach(wet)")
VALUES = Values((Want(WANT, weight=3.0),), (Avoid(AVOID),))


def test_v_by_hand():
    rates = {"one": [1.0, 0.0], "two": [0.5, 0.8], "granted": [0.0, 1.0]}
    assert value(rates, VALUES, CONTEXTS) == pytest.approx((3 * (1 + 0.5) / 2 + (1 + 0.2) / 2) / 4)


def test_nothing_is_weighed_without_values_contexts_or_rates():
    with pytest.raises(BadStudy, match="no values"):
        value({"one": []}, Values(), CONTEXTS)
    with pytest.raises(BadStudy, match="No context counts"):
        value({"granted": [1, 0]}, VALUES, CONTEXTS[2:])
    with pytest.raises(NotFound, match="'two' not found"):
        value({"one": [1, 0]}, VALUES, CONTEXTS)
    with pytest.raises(BadStudy, match=r"\[3, 4\] episodes"):
        scores({"one": np.ones((2, 3), bool), "two": np.ones((2, 4), bool)}, VALUES, CONTEXTS)


@given(st.integers(0, 2**32 - 1), st.integers(1, 40))
def test_the_mean_of_scores_is_v(seed, n):
    rng = np.random.default_rng(seed)
    hits = {c.name: rng.random((2, n)) < rng.random() for c in CONTEXTS}
    drawn = scores(hits, VALUES, CONTEXTS)
    assert drawn.shape == (n,)
    assert drawn.mean() == pytest.approx(value({c: h.mean(axis=1) for c, h in hits.items()}, VALUES, CONTEXTS))


def test_steering_is_none_of_the_null_and_all_of_the_best():
    assert steering(0.3, 0.3, 0.9) == 0
    assert steering(0.9, 0.3, 0.9) == pytest.approx(1)
    assert steering(0.0, 0.3, 0.9) == pytest.approx(-0.5)
    assert steering(0.9, 0.9, 0.9) is None
    assert steering_interval([0.5, 0.7], [0.9, 0.9], 0.9) is None


@pytest.mark.parametrize("n", [10, 20, 200])
def test_draws_that_are_all_alike_are_not_certain(n):
    low, high = mean_interval(np.ones(n))
    assert high == 1
    assert 1 - 6 / (n + 5) < low < 1, "nearly as narrow as Clopper-Pearson"
    mirrored = mean_interval(np.zeros(n))
    assert mirrored == pytest.approx((0, 1 - low))


def test_what_is_known_has_no_width_and_nothing_drawn_no_bounds():
    assert mean_interval(0.25) == (0.25, 0.25)
    assert mean_interval([]) == (0, 1)
    with pytest.raises(BadStudy, match="between 0 and 1"):
        mean_interval([0.5, 1.5])


def test_a_higher_level_is_wider():
    draws = np.random.default_rng(0).random(100)
    narrow, wide = mean_interval(draws, 0.9), mean_interval(draws, 0.999)
    assert wide.low < narrow.low < draws.mean() < narrow.high < wide.high


@pytest.mark.parametrize(("n", "draw"), [(20, "coin"), (60, "rare"), (60, "spread")])
def test_intervals_hold_as_often_as_they_say(n, draw):
    """Of 400 intervals of level .9 as many hold the truth as should, or more."""
    rng = np.random.default_rng(3)
    rates = {"coin": 0.5, "rare": 0.04, "spread": 2 / 7}
    held = 0
    for _ in range(400):
        drawn = rng.beta(2, 5, n) if draw == "spread" else (rng.random(n) < rates[draw])
        low, high = mean_interval(drawn, 0.9)
        held += low <= rates[draw] <= high
        assert high - low < 0.7, "an interval that says something"
    assert stats.binom.cdf(held, 400, 0.9) > 1e-3


def paired(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Scores of an agent (mean .7) and a null (mean .3) on the same seeds: hard episodes are hard for both."""
    luck = rng.random(n)
    return (luck + 0.2 * rng.random(n) < 0.8).astype(float), (luck + 0.2 * rng.random(n) < 0.4).astype(float)


@pytest.mark.parametrize("exact", ["null", "neither", "agent"])
def test_intervals_of_j_hold_as_often_as_they_say(exact):
    rng, held, truth = np.random.default_rng(4), 0, (0.7 - 0.3) / (0.95 - 0.3)
    for _ in range(300):
        ours, null = paired(rng, 80)
        found = steering_interval(0.7 if exact == "agent" else ours, 0.3 if exact == "null" else null, 0.95, 0.9)
        assert found is not None
        held += found.low <= truth <= found.high
    assert stats.binom.cdf(held, 300, 0.9) > 1e-3
    assert found.low > 0


def test_pairing_narrows():
    ours, null = paired(np.random.default_rng(5), 2000)
    together = steering_interval(ours, null, 1.0)
    shuffled = steering_interval(ours, np.random.default_rng(6).permutation(null), 1.0)
    assert together is not None and shuffled is not None
    assert together.high - together.low < shuffled.high - shuffled.low


def test_both_exact_is_a_point_and_j_is_never_above_one():
    assert steering_interval(0.7, 0.3, 0.9) == pytest.approx((2 / 3, 2 / 3))
    found = steering_interval(np.ones(50), 0.2, 0.8)
    assert found is not None and found.high == 1


def test_a_null_that_may_be_the_best_leaves_j_unbounded_below():
    found = steering_interval(np.zeros(4), np.array([1.0, 0.0, 1.0, 0.0]), 0.6)
    assert found is not None and found.low == -math.inf
    assert isinstance(found, Interval)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=60), st.floats(0.5, 0.99))
@settings(max_examples=100)
def test_an_interval_holds_the_mean_of_what_was_drawn_or_more(drawn, level):
    low, high = mean_interval(drawn, level)
    assert 0 <= low <= high <= 1
