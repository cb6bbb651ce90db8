"""Certifying the best of many: what selection does to an interval, and that fresh episodes undo it."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from types import ModuleType

import pytest

from teloscope.verdict.measure import attempt_alpha, fresh_seed


@pytest.fixture(scope="module")
def coverage(race: Callable[[str], ModuleType]) -> ModuleType:
    """bench/coverage.py."""
    return race("coverage")


def test_all_attempts_together_spend_alpha_and_no_more():
    shares = [attempt_alpha(0.05, k) for k in range(1, 100_000)]
    assert shares[0] == pytest.approx(0.05 * 6 / math.pi**2)
    assert 0.0499 < sum(shares) <= 0.05


def test_no_two_attempts_share_their_seeds():
    seeds = {fresh_seed(seed, attempt) for seed in range(20) for attempt in range(1, 20)}
    assert len(seeds) == 20 * 19
    assert all(0 <= seed < 2**53 for seed in seeds)


@pytest.mark.parametrize(("prior", "at_most"), [("even", 0.75), ("mostly bad", 0.92), ("spread", 0.96)])
def test_the_best_of_many_is_overrated_until_it_is_tested_anew(prior, at_most, coverage):
    found = coverage.covered(prior, builds=500, seed=1)
    assert found.naive < at_most
    assert found.optimism > 0.05
    assert found.corrected >= 0.94


def test_of_engines_that_act_too(coverage):
    """500 builds, best of 200 language-model agents at 20 episodes each, whose rates are known exactly."""
    found = coverage.covered("own seeds", builds=500)
    assert found.naive < 0.8
    assert found.optimism > 0.1
    assert found.corrected >= 0.94


def test_luck_that_is_shared_picks_nobody(coverage):
    found = coverage.covered("same seeds", builds=60)
    assert found.optimism < 0.1
    assert found.corrected >= 0.94


def test_the_written_table_holds(coverage):
    rows = json.loads(coverage.RESULT.read_text("utf-8"))["coverage"]
    assert {row["candidates"] for row in rows} == {*coverage.PRIORS, *coverage.ENGINES}
    assert all(row["corrected"] >= 0.94 for row in rows)
    assert min(row["naive"] for row in rows) < 0.8
