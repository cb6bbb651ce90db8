"""MCE-IRL against finite differences, enumeration, and a slow gradient descent."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from teloscope.errors import BadRecording
from teloscope.goals.second_opinions import irl
from teloscope.goals.second_opinions.irl import best_regime, demonstrated, fit, recover
from teloscope.goals.second_opinions.soft_planning import Discounted, Dynamics, Finite, best_actions


def draw(seed: int, horizon: int = 5, states: int = 5, actions: int = 3) -> tuple[Finite, np.ndarray, np.ndarray]:
    """A random task, a policy `[S, A]`, and a reward `[S]`."""
    rng = np.random.default_rng(seed)
    dynamics = Dynamics.dense(rng.dirichlet(np.full(states, 0.4), size=(states, actions)))
    task = Finite(dynamics, rng.dirichlet(np.ones(states)), horizon)
    return task, rng.dirichlet(np.ones(actions), size=states), rng.normal(size=states)


def ring(length: int) -> Dynamics:
    """Places in a ring; left, stay, right, without chance."""
    here = np.arange(length)
    successors = np.stack([here - 1, here, here + 1], axis=1)[:, :, None] % length
    return Dynamics(successors.astype(np.int32), np.ones((length, 3, 1)))


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([0.0, 0.3]), st.booleans(), st.booleans())
def test_the_gradient_is_that_of_the_dual(seed, ridge, with_features, endless):
    task, policy, reward = draw(seed)
    if endless:
        task = Discounted(task.dynamics, task.start, 0.8)
    basis = np.random.default_rng(seed).normal(size=(5, 2)) if with_features else None
    weights = reward[:2] if with_features else reward
    dual = irl._Dual(task, task.visits(policy).states, basis, ridge)
    _, slope = dual(weights)
    step = 1e-5
    numeric = [(dual(weights + step * e)[0] - dual(weights - step * e)[0]) / (2 * step) for e in np.eye(len(weights))]
    np.testing.assert_allclose(slope, numeric, rtol=1e-5, atol=1e-7)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.booleans())
def test_a_soft_agent_is_recovered(seed, endless):
    """Its visits determine the agent's decisions, and its reward up to what no decision can change."""
    task, _, reward = draw(seed)
    if endless:
        task = Discounted(task.dynamics, task.start, 0.8)
    agent = task.soft(reward)
    recovery = fit(task, task.visits(agent.policy).states, ridge=0)
    assert recovery.converged
    assert recovery.occupancy_error < 1e-6
    np.testing.assert_allclose(recovery.policy, agent.policy, atol=1e-3)


def test_a_reward_on_a_ring_is_recovered_up_to_a_constant():
    task = Finite(ring(5), np.full(5, 0.2), 6)
    reward = np.array([0.0, 0.5, -0.5, 1.0, 0.2])
    recovery = fit(task, task.visits(task.soft(reward).policy).states, ridge=0, tolerance=1e-9)
    np.testing.assert_allclose(recovery.reward - recovery.reward.mean(), reward - reward.mean(), atol=1e-5)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10_000))
def test_without_chance_it_is_maxent_over_paths(seed):
    """The recovered policy's paths weigh exp(reward of the path), as in MaxEnt-IRL; here every path is listed."""
    horizon, rng = 4, np.random.default_rng(seed)
    dynamics = ring(4)
    task = Finite(dynamics, np.eye(4)[0], horizon)
    recovery = fit(task, task.visits(rng.dirichlet(np.ones(3), size=4)).states, ridge=0.01)
    weights, visits = [], []
    for actions in itertools.product(range(3), repeat=horizon):
        path = [0]
        for action in actions:
            path.append(int(dynamics.successors[path[-1], action, 0]))
        weights.append(np.exp(recovery.reward[path].sum()))
        visits.append(np.bincount(path, minlength=4))
    expected = np.array(weights) @ np.array(visits) / np.sum(weights)
    np.testing.assert_allclose(recovery.visits, expected, atol=1e-9)


def test_descent_step_by_step_ends_at_the_same_reward():
    """An independent, slow implementation: dense loops, plain gradient ascent, thousands of steps."""
    task, policy, _ = draw(7, horizon=3)
    transition = task.dynamics.matrix.toarray().reshape(5, 3, 5)
    wanted, ridge, reward = task.visits(policy).states, 0.05, np.zeros(5)
    for _ in range(6000):
        values, policies = reward.copy(), []
        for _ in range(task.horizon):
            q = transition @ values
            weights = np.exp(q) / np.exp(q).sum(axis=1, keepdims=True)
            policies.insert(0, weights)
            values = reward + np.log(np.exp(q).mean(axis=1))
        now, visits = task.start, task.start.copy()
        for weights in policies:
            now = np.einsum("s,sa,sat->t", now, weights, transition)
            visits = visits + now
        reward = reward + 0.1 * (wanted - visits - ridge * reward)
    np.testing.assert_allclose(fit(task, wanted, ridge=ridge, tolerance=1e-9).reward, reward, atol=1e-6)


def test_features_share_their_reward():
    task, policy, _ = draw(11)
    features = np.array([[1.0, 0], [1, 0], [0, 1], [0, 1], [0, 1]])
    visits = task.visits(policy).states
    recovery = fit(task, visits, features=features, ridge=1e-8, tolerance=1e-8)
    assert recovery.weights.shape == (2,)
    np.testing.assert_allclose(recovery.reward, features @ recovery.weights)
    np.testing.assert_allclose(features.T @ recovery.visits, features.T @ visits, atol=1e-6)


def test_sampled_visits_need_a_ridge_and_get_one():
    """Two throws of a fair coin, both heads: no policy makes that certain; free weights would never settle."""
    coin = Dynamics.dense(np.full((2, 2, 2), 0.5))
    recovery = recover(coin, [[0, 0, 0]], horizon=2)
    assert recovery.converged
    assert np.isfinite(recovery.reward).all()
    assert recovery.occupancy_error == pytest.approx(1 / 3)
    assert recovery.reward[0] > recovery.reward[1]


def test_demonstrations_stay_where_they_end():
    start, visits = demonstrated([[0, 1, 2], [1], np.array([0, 0, 0, 0, 3])], n_states=4, horizon=4)
    np.testing.assert_allclose(start, [2 / 3, 1 / 3, 0, 0])
    np.testing.assert_allclose(visits * 3, [1 + 0 + 4, 1 + 5, 3, 1])
    assert visits.sum() == pytest.approx(5)


def test_bad_demonstrations_are_named():
    for episodes, message in (
        ([], "0 episodes"),
        ([[0, 1], []], "1 to 3 states"),
        ([[0, 1, 1, 1]], "horizon 2"),
        ([[0, 4]], "expected 0 to 3"),
        ([[-1]], "expected 0 to 3"),
    ):
        with pytest.raises(BadRecording, match=message):
            demonstrated(episodes, n_states=4, horizon=2)


def test_the_planted_regime_scores_best():
    """An agent that mostly walks to places 5 to 7 of a ring of 12, among all the arcs that could have been meant."""
    dynamics, horizon, rng = ring(12), 15, np.random.default_rng(3)
    arcs = {(a, n): np.isin(np.arange(12), np.arange(a, a + n) % 12) for a in range(12) for n in (1, 3, 6)}
    task = Finite(dynamics, np.full(12, 1 / 12), horizon)
    best = best_actions(task.hard(arcs[5, 3].astype(float)).q)  # indifferent inside the arc
    states = [rng.integers(12, size=60)]
    for t in range(horizon):
        tempted = rng.random((60, 3)) + (rng.random((60, 1)) > 0.3) * best[t, states[-1]]
        actions = tempted.argmax(axis=1)
        states.append(dynamics.successors[states[-1], actions, 0])
    episodes = np.array(states).T
    recovery = recover(dynamics, episodes, horizon)
    scores = best_regime(recovery.reward, demonstrated(episodes, 12, horizon)[1], np.array(list(arcs.values())))
    assert list(arcs)[int(scores.argmax())] == (5, 3)
    assert np.abs(scores).max() <= 1


def test_conditions_that_say_nothing_score_lowest():
    reward, occupancy = np.array([1.0, 0, 0]), np.array([1.0, 1, 0])
    candidates = np.array([[True, False, False], [True, True, True], [False, False, True], [False, True, False]])
    np.testing.assert_allclose(best_regime(reward, occupancy, candidates), [1, -1, -1, -1])
    np.testing.assert_array_equal(best_regime(np.zeros(3), occupancy, candidates), -1)


def test_the_same_episodes_give_the_same_reward():
    episodes = np.random.default_rng(0).integers(5, size=(20, 6))
    first, second = (recover(draw(1)[0].dynamics, episodes, horizon=5) for _ in range(2))
    np.testing.assert_array_equal(first.reward, second.reward)
