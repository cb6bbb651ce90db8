"""The statistics against enumeration, independent implementations and what they promise."""

from __future__ import annotations

from itertools import product
from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from teloscope.goals.statistics import clopper_pearson, evidence_bits, fisher, holm, kl_bits, mcnemar, smoothed

rates = st.floats(0.001, 0.999)


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [
        (0, 10, 0.0, 0.3085),
        (10, 10, 0.6915, 1.0),
        (8, 10, 0.4439, 0.9748),
        (0, 50, 0.0, 0.0711),
        (0, 0, 0.0, 1.0),
    ],
)
def test_clopper_pearson_has_the_values_of_the_tables(hits, n, low, high):
    assert clopper_pearson(hits, n) == pytest.approx((low, high), abs=1e-4)


@pytest.mark.parametrize("rate", [0.0, 0.02, 0.3, 0.5, 0.9, 1.0])
@pytest.mark.parametrize("n", [1, 7, 40])
def test_clopper_pearson_covers_at_least_as_often_as_it_says(rate, n):
    covered = 0.0
    for hits in range(n + 1):
        low, high = clopper_pearson(hits, n, 0.9)
        covered += stats.binom.pmf(hits, n, rate) * (low <= rate <= high)
    assert covered >= 0.9


@given(st.integers(1, 60), st.data())
def test_clopper_pearson_agrees_with_scipy_and_widens_with_its_level(n, data):
    hits = data.draw(st.integers(0, n))
    theirs = stats.binomtest(hits, n).proportion_ci(0.95, method="exact")
    assert clopper_pearson(hits, n) == pytest.approx((theirs.low, theirs.high))
    low, high = clopper_pearson(hits, n, 0.999)
    assert low <= theirs.low <= hits / n <= theirs.high <= high


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=9))
def test_mcnemar_is_the_share_of_swaps_that_do_as_well(pairs):
    """Under the null each pair may as well be the other way round: enumerate all 2^n of them."""
    ours, theirs = (np.array(side) for side in zip(*pairs, strict=True))
    lead = np.sum(ours) - np.sum(theirs.astype(int))
    as_good = 0
    for swaps in product([1, -1], repeat=len(pairs)):
        as_good += int(np.dot(swaps, ours.astype(int) - theirs.astype(int)) >= lead)
    assert mcnemar(ours, theirs) == pytest.approx(as_good / 2 ** len(pairs))


@given(st.lists(st.booleans(), min_size=1, max_size=12), st.lists(st.booleans(), min_size=1, max_size=12))
def test_fisher_agrees_with_scipy_and_with_counting(ours, theirs):
    p = float(fisher(np.array(ours), np.array(theirs)))
    a, b, n, m = sum(ours), sum(theirs), len(ours), len(theirs)
    table = [[a, n - a], [b, m - b]]
    assert p == pytest.approx(stats.fisher_exact(table, alternative="greater")[1])
    counted = sum(comb(n, k) * comb(m, a + b - k) for k in range(a, min(n, a + b) + 1)) / comb(n + m, a + b)
    assert p == pytest.approx(counted)


def test_tests_run_along_the_last_axis():
    rng = np.random.default_rng(0)
    ours, theirs = rng.random((3, 4, 20)) < 0.7, rng.random((3, 4, 20)) < 0.3
    for test in (mcnemar, fisher):
        together = test(ours, theirs)
        assert together.shape == (3, 4)
        assert together[2, 1] == pytest.approx(float(test(ours[2, 1], theirs[2, 1])))


@pytest.mark.parametrize("test", [mcnemar, fisher])
def test_nobody_ahead_is_no_evidence(test):
    same = np.array([True, False, True])
    assert float(test(same, same)) >= 0.5
    assert float(test(np.zeros(5, bool), np.zeros(5, bool))) == 1.0
    assert float(test(np.zeros(5, bool), np.ones(5, bool))) == 1.0


def step_down(p_values: list[float], alpha: float) -> set[int]:
    """Holm's procedure as he wrote it: reject from the smallest up until one is too large."""
    rejected: set[int] = set()
    for rank, i in enumerate(sorted(range(len(p_values)), key=lambda i: p_values[i])):
        if p_values[i] > alpha / (len(p_values) - rank):
            break
        rejected.add(i)
    return rejected


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12), st.sampled_from([0.01, 0.05, 0.2]))
def test_holm_rejects_what_the_step_down_procedure_rejects(p_values, alpha):
    adjusted = holm(p_values)
    near = [abs(p * (len(p_values) - k) - alpha) < 1e-12 for p in p_values for k in range(len(p_values))]
    if not any(near):
        assert {i for i, p in enumerate(adjusted) if p <= alpha} == step_down(p_values, alpha)
    assert (adjusted >= np.array(p_values) - 1e-15).all()
    assert (adjusted <= 1).all()


def test_holm_by_hand():
    np.testing.assert_allclose(holm([0.01, 0.04, 0.03]), [0.03, 0.06, 0.06])


@given(rates, rates)
def test_bits_are_the_divergence_where_the_agent_leads_and_nothing_elsewhere(p, q):
    bits = float(kl_bits(p, q))
    if p <= q:
        assert bits == 0
    else:
        assert bits == pytest.approx(stats.entropy([p, 1 - p], [q, 1 - q], base=2), rel=1e-6, abs=1e-12)
        assert bits >= 2 * (p - q) ** 2 / np.log(2) - 1e-12, "Pinsker"


@given(rates, rates, rates)
def test_bits_grow_with_the_lead(p, q, r):
    low, middle, high = sorted((p, q, r))
    assert kl_bits(high, low) >= kl_bits(middle, low) - 1e-12
    assert kl_bits(high, low) >= kl_bits(high, middle) - 1e-12


def test_bits_by_hand():
    assert float(kl_bits(0.5, 0.25)) == pytest.approx(0.5 * 1 + 0.5 * np.log2(0.5 / 0.75))
    assert float(smoothed(0, 9)) == pytest.approx(0.05)
    assert float(smoothed(9, 9)) == pytest.approx(0.95)


def test_evidence_is_against_the_strongest_reference():
    agent, references = np.array([9, 3]), np.array([[1, 0], [5, 4]])
    bits = evidence_bits(agent, references, 9)
    np.testing.assert_allclose(bits, [float(kl_bits(0.95, 0.55)), 0.0])
