"""Effects and decisions: the mind is the replicate, whatever the number of steps; Holm; minimum effects."""

from __future__ import annotations

import numpy as np
import pytest

from teloscope.affect.statistics import Measure, decide, holm, interval, t_test
from teloscope.affect.statistics.decisions import smallest_detectable
from teloscope.affect.statistics.signal_detection import bias, counts, sensitivity


def mean_of(values: np.ndarray, bound: float = 0.0) -> Measure:
    """A measure whose effect is the mean of `[M, E]` values."""
    moments = np.stack([values, np.ones_like(values)], -1)
    return Measure("mean", moments, lambda sums: sums[..., 0] / sums[..., 1], bound)


def test_more_episodes_are_no_more_replicates() -> None:
    minds = np.random.default_rng(0).normal(0.3, 1.0, (8, 1))
    few, many = (mean_of(np.repeat(minds, n, 1)) for n in (2, 200))
    assert t_test(few.by_mind(), 0.0) == pytest.approx(t_test(many.by_mind(), 0.0))
    assert interval(many) == pytest.approx(interval(few), abs=0.25)


def test_the_test_holds_its_level_where_minds_differ_and_their_mean_is_at_the_bound() -> None:
    rng = np.random.default_rng(1)
    p = [t_test(rng.normal(0.5, 1, 8) + rng.normal(0, 0.01, (30, 8)).mean(0), 0.5)[0] for _ in range(2000)]
    assert 0.035 < np.mean(np.array(p) <= 0.05) < 0.065


def test_the_interval_covers_the_mean_over_minds() -> None:
    rng = np.random.default_rng(2)
    inside = 0
    for seed in range(200):
        low, high = interval(mean_of(rng.normal(0, 1, (20, 1)) + rng.normal(0, 1, (20, 10))), draws=200, seed=seed)
        inside += low <= 0 <= high
    assert inside >= 175  # a percentile bootstrap of 20 is a little narrow


def test_one_mind_is_tested_over_its_episodes() -> None:
    measure = mean_of(np.random.default_rng(3).normal(1, 1, (1, 100)))
    assert t_test(measure.by_mind(), 0.0, measure)[0] < 0.001
    assert t_test(measure.by_mind(), 5.0, measure)[1] < 0.001


def test_holm_against_its_definition() -> None:
    adjusted = holm({"a": 0.01, "b": 0.04, "c": 0.03, "d": 0.005})
    assert adjusted == pytest.approx({"d": 0.02, "a": 0.03, "c": 0.06, "b": 0.06})


def test_decisions_have_three_sides() -> None:
    said = decide({"there": (0.001, 1.0), "not there": (1.0, 0.001), "who knows": (0.3, 0.7)})
    assert said == {"there": "present", "not there": "absent", "who knows": "undecided"}


def test_the_detectable_effect_is_found_with_the_power_that_was_asked() -> None:
    effect = smallest_detectable(20, 1)
    rng = np.random.default_rng(4)
    found = np.mean([t_test(rng.normal(effect, 1, 20), 0.0)[0] <= 0.05 for _ in range(1500)])
    assert found == pytest.approx(0.8, abs=0.03)
    assert smallest_detectable(1, 1) == np.inf
    assert smallest_detectable(20, 15) > effect


def test_signal_detection_tells_bias_from_sensitivity() -> None:
    rng = np.random.default_rng(5)
    foe = rng.random(200_000) < 0.5
    cue = np.where(foe, 0.75, -0.75) + rng.normal(size=foe.size)
    for criterion in (-0.5, 0.0, 0.5):
        sums = counts((cue > criterion).astype(float), foe.astype(float))
        assert sensitivity(sums) == pytest.approx(1.5, abs=0.03)
        assert bias(sums) == pytest.approx(criterion, abs=0.02)
    nobody = counts(np.full(10, np.nan), np.full(10, np.nan))
    assert (sensitivity(nobody), bias(nobody)) == (0.0, 0.0)
