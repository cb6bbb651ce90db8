"""Steering bits on chains small enough to do by hand."""

from __future__ import annotations

from math import log2
from types import SimpleNamespace

import numpy as np
import pytest
from scipy import sparse

from teloscope.goals.proposing.steering_bits import steering
from teloscope.goals.state_abstraction import Transitions


def moves(agent, *unlooking) -> Transitions:
    """The agent's transitions `[K, K]`, and chances `[K, K]` of actors that don't look, as if recorded."""
    counts = sparse.csr_array(np.array(agent, dtype=float))
    made = SimpleNamespace(
        agent=counts,
        unlooking=[sparse.csr_array(np.array(chances, dtype=float)) for chances in unlooking],
        visited=np.flatnonzero(np.asarray(counts.sum(axis=1)).ravel()),
    )
    return made  # pyright: ignore[reportReturnType]


def kl(p: float, q: float) -> float:
    return sum(a * log2(a / b) for a, b in ((p, q), (1 - p, 1 - q)) if a)


EVEN = [[0.5, 0.5], [0.5, 0.5]]
BACK = [[False, True]]


def test_two_rooms_by_hand():
    """The agent enters in 8 of 10 moves and leaves in 1 of 20; by chance both happen every other time."""
    found = steering(moves([[2, 8], [1, 19]], EVEN), np.array(BACK))
    assert found.into[0] == pytest.approx(10 * kl(0.8, 0.5), rel=1e-6)
    assert found.holds[0] == pytest.approx(20 * kl(0.95, 0.5), rel=1e-6)
    assert found.bits[0] == pytest.approx(found.into[0] + found.holds[0])


def test_symbols_from_which_a_crossing_was_open_are_pooled():
    """Doors of chance .2 and .6, tried 10 and 30 times: 20 entries are expected, 32 seen."""
    agent = [[2, 0, 8], [0, 6, 24], [0, 0, 0]]
    found = steering(moves(agent, [[0.8, 0, 0.2], [0, 0.4, 0.6], [0, 0, 1]]), np.array([[False, False, True]]))
    assert found.into[0] == pytest.approx(40 * kl(32 / 40, 20 / 40), rel=1e-6)


def test_steering_out_is_negative():
    found = steering(moves([[9, 1], [8, 2]], EVEN), np.array(BACK))
    assert found.into[0] < 0
    assert found.holds[0] < 0


def test_a_condition_counts_for_what_its_opposite_counts_against():
    there, away = steering(moves([[2, 8], [1, 19]], EVEN), np.array([[False, True], [True, False]])).bits
    assert there == pytest.approx(-away)
    assert there > 0


def test_the_strongest_of_those_who_do_not_look_is_the_measure():
    condition = np.array(BACK)
    weak = steering(moves([[2, 8], [1, 19]], EVEN), condition).bits[0]
    both = steering(moves([[2, 8], [1, 19]], EVEN, [[0.2, 0.8], [0.05, 0.95]]), condition).bits[0]
    assert weak > 10
    assert both == pytest.approx(0, abs=1e-6)


def test_where_nobody_can_leave_holding_is_taken_to_match_getting_in():
    found = steering(moves([[2, 8], [0, 20]], [[0.5, 0.5], [0, 1]]), np.array(BACK))
    assert found.into[0] == pytest.approx(10 * kl(0.8, 0.5), rel=1e-6)
    assert found.holds[0] == pytest.approx(found.into[0])


def test_where_nobody_gets_in_by_chance_there_is_no_border():
    found = steering(moves([[2, 8], [10, 10]], [[1, 0], [0.5, 0.5]]), np.array(BACK))
    assert found.into[0] == 0


def walk(target: int, k: int = 9, n: int = 2000, noise: float = 0.3) -> np.ndarray:
    """Expected transitions of a walker on a line that heads for one cell, from a stationary mix of cells."""
    step = np.zeros((k, k))
    for x in range(k):
        for to, p in ((x - 1, noise / 3), (x + 1, noise / 3), (x, noise / 3)):
            step[x, min(max(to, 0), k - 1)] += p
        step[x, x + np.sign(target - x)] += 1 - noise
    at = np.full(k, 1 / k)
    for _ in range(200):
        at = 0.95 * at @ step + 0.05 / k
    return n * at[:, None] * step


def test_what_is_steered_into_gets_more_bits_than_what_contains_it_or_lies_in_it():
    """Heads for cells 6 to 8: once inside it just wanders."""
    k, inside = 9, range(6, 9)
    agent = walk(6)
    wander = np.zeros((k, k))
    for x in range(k):
        for to in (x - 1, x, x + 1):
            wander[x, min(max(to, 0), k - 1)] += 1 / 3
    for x in inside:  # indifferent inside, but turns at the border
        agent[x] = agent[x].sum() * np.where(np.arange(k) >= 6, wander[x], 0) / wander[x][6:].sum()
    conditions = np.array([np.arange(k) >= c for c in range(1, k)])
    bits = steering(moves(agent, wander), conditions).bits
    assert int(np.argmax(bits)) + 1 == 6, dict(zip(range(1, k), bits.round(), strict=True))


def test_no_conditions_no_bits():
    assert steering(moves([[1]], [[1]]), np.zeros((0, 1), dtype=bool)).bits.shape == (0,)


def test_conditions_are_judged_alike_whatever_their_number():
    rng = np.random.default_rng(3)
    data = moves(rng.integers(0, 9, (6, 6)), *rng.dirichlet(np.ones(6), (2, 6)))
    conditions = rng.random((600, 6)) < 0.5
    together = steering(data, conditions).bits
    alone = np.concatenate([steering(data, conditions[i : i + 1]).bits for i in range(0, 600, 50)])
    np.testing.assert_allclose(together[::50], alone)
