"""MEG against closed forms, enumeration, and the CliffWorld of the seals package."""

from __future__ import annotations

import itertools
import math
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from teloscope.errors import BadWorld, NotExact
from teloscope.goals.second_opinions.meg import ceiling, known_utility, unknown_utility
from teloscope.goals.second_opinions.soft_planning import Discounted, Dynamics, Finite, best_actions


def two_ways(horizon: int = 1) -> Finite:
    """A choice between two places that neither lead anywhere else: one decision that matters, at the start."""
    transition = np.zeros((3, 2, 3))
    transition[0, 0, 1] = transition[0, 1, 2] = 1
    transition[1:, :, 1:] = np.eye(2)[:, None]
    return Finite(Dynamics.dense(transition), np.array([1.0, 0.0, 0.0]), horizon)


def cliff_world() -> tuple[Discounted, np.ndarray]:
    """The task and its reward `[40]`: four diagonal moves, clamped; the wind adds a row upward 3 times in 10.

    Reward of being in a place: -10 along the cliff (top row), 10 in its last corner, -1 elsewhere. One start: the top
    left corner. Nothing ends. Source of the facts: HumanCompatibleAI/seals, CliffWorld.
    """
    height, width = 4, 10
    transition = np.zeros((height, width, 4, height, width))
    reward = np.full((height, width), -1.0)
    reward[0, 1:-1], reward[0, -1] = -10, 10
    for row, column, action in np.ndindex(height, width, 4):
        down, right = action // 2 * 2 - 1, action % 2 * 2 - 1
        to = min(max(column + right, 0), width - 1)
        for wind, prob in ((0, 0.7), (1, 0.3)):
            transition[row, column, action, min(max(row + down - wind, 0), height - 1), to] += prob
    size = height * width
    dynamics = Dynamics.dense(transition.reshape(size, 4, size))
    return Discounted(dynamics, np.eye(size)[0], gamma=0.9), reward.ravel()


def eps_greedy(cliff: Discounted, reward: np.ndarray, eps: float) -> np.ndarray:
    return (1 - eps) * cliff.hard(reward).policy + eps / 4


CLIFF = [
    # eps, unknown utility, known utility with |beta| <= 20
    (0.0, 13.863, 13.825),
    (0.1, 10.090, 8.307),
    (0.2, 7.571, 5.761),
    (0.4, 3.982, 2.440),
    (0.6, 1.711, 0.691),
    (0.8, 0.433, 0.093),
]


@pytest.mark.parametrize(("eps", "unknown", "known"), CLIFF)
def test_cliff_world_by_the_figures(eps, unknown, known):
    cliff, reward = cliff_world()
    policy = eps_greedy(cliff, reward, eps)
    free = unknown_utility(cliff, policy)
    assert free.nats == pytest.approx(unknown, abs=1e-3)
    assert free.converged
    assert free.residual < 1e-6
    assert known_utility(cliff, policy, reward, beta_cap=20).nats == pytest.approx(known, abs=1e-3)


def test_cliff_world_without_a_cap_attains_the_supremum():
    cliff, reward = cliff_world()
    policy = eps_greedy(cliff, reward, 0)
    exact = known_utility(cliff, policy, reward)
    assert math.isinf(exact.beta)
    assert exact.nats == pytest.approx(10 * math.log(4), abs=1e-4)  # 1 / (1 - gamma) decisions, all explained
    capped = [known_utility(cliff, policy, reward, beta_cap=cap) for cap in (2, 20, 200)]
    assert not any(meg.converged for meg in capped)
    nats = [meg.nats for meg in capped]
    assert nats == sorted(nats)
    assert nats[-1] < exact.nats
    assert nats[-1] == pytest.approx(exact.nats, abs=1e-3)


def test_cliff_world_has_one_tie_and_it_matters_in_the_third_decimal():
    """The figures belong to the agent that takes the first of two equally good actions in the lower right corner."""
    cliff, reward = cliff_world()
    greedy = cliff.hard(reward)
    ties = np.flatnonzero(best_actions(greedy.q).sum(axis=1) > 1)
    assert ties.tolist() == [39]
    assert best_actions(greedy.q)[39].tolist() == [True, True, False, False]
    policy = eps_greedy(cliff, reward, 0.4)
    policy[39] = policy[39, [1, 0, 2, 3]]
    assert unknown_utility(cliff, policy).nats == pytest.approx(3.9794, abs=1e-4)
    assert known_utility(cliff, policy, reward).nats == pytest.approx(2.4422, abs=1e-4)


def test_a_perfect_agent_of_two_actions_has_log_two():
    task, policy = two_ways(), np.array([[1.0, 0.0]] * 3)
    known = known_utility(task, policy, [0.0, 1.0, 0.0])
    assert known.nats == pytest.approx(math.log(2), abs=1e-12)
    assert known.beta == math.inf
    assert unknown_utility(task, policy).nats == pytest.approx(math.log(2), abs=1e-6)


@pytest.mark.parametrize("horizon", [1, 4])
def test_an_agent_right_four_times_in_five_has_1927(horizon):
    task, policy = two_ways(horizon), np.array([[0.8, 0.2], [0.5, 0.5], [0.5, 0.5]])
    expected = math.log(2) + 0.8 * math.log(0.8) + 0.2 * math.log(0.2)
    assert expected == pytest.approx(0.1927, abs=1e-4)
    known = known_utility(task, policy, [0.0, 1.0, 0.0])
    assert known.nats == pytest.approx(expected, abs=1e-10)
    assert known.beta == pytest.approx(math.log(4) / horizon)  # the odds of 4 to 1, spread over the visits
    assert unknown_utility(task, policy).nats == pytest.approx(expected, abs=1e-6)


def test_a_shunned_utility_counts_unless_told_otherwise():
    task, policy = two_ways(), np.array([[0.2, 0.8]] * 3)
    shunned = known_utility(task, policy, [0.0, 1.0, 0.0])
    assert shunned.beta == pytest.approx(-math.log(4))
    assert shunned.nats == pytest.approx(known_utility(task, policy, [0.0, 0.0, 1.0]).nats)
    assert known_utility(task, policy, [0.0, 1.0, 0.0], signed=False).nats == 0
    always = known_utility(task, np.array([[0.0, 1.0]] * 3), [0.0, 1.0, 0.0])
    assert always.beta == -math.inf
    assert always.nats == pytest.approx(math.log(2))


def test_decisions_without_consequence_count_for_nothing():
    still = Finite(Dynamics.dense(np.tile(np.eye(2)[:, None], (1, 3, 1))), np.array([0.5, 0.5]), 6)
    policy = np.tile([1.0, 0.0, 0.0], (2, 1))
    assert known_utility(still, policy, [0.0, 1.0]).nats == 0
    assert unknown_utility(still, policy).nats == pytest.approx(0, abs=1e-9)
    assert ceiling(still, policy) == pytest.approx(6 * math.log(3))
    paid = known_utility(still, policy, [[1.0, 0.0, 0.0]] * 2)  # … unless the decision itself is what is valued
    assert paid.nats == pytest.approx(6 * math.log(3))


def test_a_policy_that_changes_its_mind_has_no_lasting_goal():
    """First toward 1, then toward 0, with equal force: no utility of states predicts it, yet it isn't random."""
    hop = np.zeros((2, 2, 2))
    hop[:, 0, 0] = hop[:, 1, 1] = 1  # an action names the next state
    task = Finite(Dynamics.dense(hop), np.array([0.5, 0.5]), 2)
    turning = np.array([[[0.1, 0.9]] * 2, [[0.9, 0.1]] * 2])
    assert unknown_utility(task, turning).nats == pytest.approx(0, abs=1e-9)
    assert ceiling(task, turning) > 0.7
    with pytest.raises(NotExact):
        unknown_utility(Discounted(task.dynamics, task.start), turning)


def tiny(seed: int, horizon: int) -> tuple[np.ndarray, Finite, np.ndarray, np.ndarray]:
    """Random transitions `[3, 2, 3]`, their task, a policy `[H, 3, 2]` and a utility `[3]`."""
    rng = np.random.default_rng(seed)
    transition = rng.dirichlet(np.full(3, 0.5), size=(3, 2))
    policy = rng.dirichlet(np.ones(2), size=(horizon, 3))
    return (
        transition,
        Finite(Dynamics.dense(transition), rng.dirichlet(np.ones(3)), horizon),
        policy,
        rng.normal(size=3),
    )


def gain_by_enumeration(transition, task, policy, utility) -> float:
    """E_pi sum_t log pi_u / (1/A) over every trajectory, with pi_u from its definition, without any of our planning."""
    horizon = task.horizon

    @cache
    def value(s, t):
        after = 0.0 if t == horizon else np.log(np.mean(np.exp([onward(s, a, t) for a in range(2)])))
        return utility[s] + after

    @cache
    def onward(s, a, t):
        return sum(transition[s, a, n] * value(n, t + 1) for n in range(3))

    gain = {
        (s, a, t): onward(s, a, t) - (value(s, t) - utility[s])
        for s, a, t in itertools.product(range(3), range(2), range(horizon))
    }
    total = 0.0
    for states in itertools.product(range(3), repeat=horizon + 1):
        for actions in itertools.product(range(2), repeat=horizon):
            steps = [(states[t], actions[t], t) for t in range(horizon)]
            chance = task.start[states[0]]
            for s, a, t in steps:
                chance *= policy[t, s, a] * transition[s, a, states[t + 1]]
            total += chance * sum(gain[step] for step in steps)
    return total


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10_000))
def test_finite_meg_equals_enumeration_of_trajectories(seed):
    transition, task, policy, utility = tiny(seed, horizon=3)
    meg = known_utility(task, policy, utility)
    slow = minimize(
        lambda beta: -gain_by_enumeration(transition, task, policy, beta[0] * utility),
        [0.0],
        method="Nelder-Mead",
        options={"xatol": 1e-7, "fatol": 1e-12},
    )
    assert meg.nats == pytest.approx(-slow.fun, abs=1e-7)
    free = unknown_utility(task, policy)
    assert gain_by_enumeration(transition, task, policy, free.utility) == pytest.approx(free.nats, abs=1e-9)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.floats(-3, 3), st.sampled_from([-2.0, 0.1, 5.0]), st.booleans())
def test_known_is_invariant_and_lies_between_zero_and_unknown(seed, constant, factor, endless):
    transition, task, policy, utility = tiny(seed, horizon=4)
    if endless:
        task, policy = Discounted(Dynamics.dense(transition), task.start, 0.8), policy[0]
    known = known_utility(task, policy, utility)
    free = unknown_utility(task, policy)
    assert 0 <= known.nats <= free.nats + 1e-6
    assert free.nats <= free.ceiling + 1e-9
    assert known.residual < 1e-6
    moved = known_utility(task, policy, factor * utility + constant)
    assert moved.nats == pytest.approx(known.nats, abs=1e-8)
    assert moved.beta * factor == pytest.approx(known.beta, rel=1e-4, abs=1e-6)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.booleans())
def test_a_uniform_agent_has_no_goal(seed, endless):
    transition, task, _, utility = tiny(seed, horizon=4)
    if endless:
        task = Discounted(Dynamics.dense(transition), task.start, 0.9)
    uniform = np.full((3, 2), 0.5)
    assert known_utility(task, uniform, utility).nats == pytest.approx(0, abs=1e-9)
    assert unknown_utility(task, uniform).nats == pytest.approx(0, abs=1e-9)
    assert ceiling(task, uniform) == 0


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.2, 3))
def test_a_soft_agent_is_explained_to_the_last_nat(seed, keenness):
    """An agent that plans softly for u scores its ceiling, and its keenness is found."""
    _, task, _, utility = tiny(seed, horizon=4)
    agent = task.soft(keenness * utility).policy
    known = known_utility(task, agent, utility)
    assert known.beta == pytest.approx(keenness, rel=1e-4)
    assert known.nats == pytest.approx(known.ceiling, abs=1e-8)
    np.testing.assert_allclose(known.policy, agent, atol=1e-5)


def test_features_narrow_the_utilities():
    cliff, reward = cliff_world()
    policy = eps_greedy(cliff, reward, 0.4)
    narrow = unknown_utility(cliff, policy, features=reward[:, None])
    known = known_utility(cliff, policy, reward)
    assert narrow.nats == pytest.approx(known.nats, abs=1e-6)
    np.testing.assert_allclose(narrow.utility, known.beta * reward, atol=1e-4)


def test_bad_utilities_are_named():
    task, policy = two_ways(), np.full((3, 2), 0.5)
    with pytest.raises(BadWorld, match=r"shape \(2,\)"):
        known_utility(task, policy, [0.0, 1.0])
    with pytest.raises(BadWorld, match="67% finite"):
        known_utility(task, policy, [0.0, 1.0, math.nan])
