"""Soft and hard planning on tables against slow loops and enumeration."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from teloscope.errors import BadAgent, BadWorld, NotExact, NotFound
from teloscope.goals.second_opinions.soft_planning import Discounted, Dynamics, Finite, task
from teloscope.worlds import Context, Outcome, TableWorld

S, A, HORIZON = 4, 3, 3


def draw(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Random transitions `[S, A, S]`, starts `[S]`, policy `[S, A]`, utility `[S]`."""
    rng = np.random.default_rng(seed)
    transition = rng.dirichlet(np.full(S, 0.4), size=(S, A))
    return transition, rng.dirichlet(np.ones(S)), rng.dirichlet(np.ones(A), size=S), rng.normal(size=S)


def expand(transition, utility, state, left, combine) -> float:
    """Value by walking the whole tree of decisions and chances; `combine` folds the values of actions."""
    if left == 0:
        return utility[state]
    after = [
        sum(p * expand(transition, utility, s, left - 1, combine) for s, p in enumerate(transition[state, a]))
        for a in range(A)
    ]
    return utility[state] + combine(np.array(after))


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000))
def test_finite_plans_equal_tree_expansion(seed):
    transition, start, _, utility = draw(seed)
    finite = Finite(Dynamics.dense(transition), start, HORIZON)
    for plan, combine in (
        (finite.soft(utility), lambda q: np.log(np.mean(np.exp(q)))),
        (finite.hard(utility), np.max),
    ):
        tree = [expand(transition, utility, s, HORIZON, combine) for s in range(S)]
        np.testing.assert_allclose(plan.values, tree, atol=1e-12)
        assert plan.value == pytest.approx(start @ np.array(tree))


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([0.0, 0.5, 0.9, 0.99]), st.sampled_from([0.1, 1.0, 100.0]))
def test_discounted_plans_equal_value_iteration(seed, gamma, scale):
    transition, start, _, utility = draw(seed)
    discounted = Discounted(Dynamics.dense(transition), start, gamma)
    soft, hard = discounted.soft(scale * utility), discounted.hard(scale * utility)
    v_soft, v_hard = np.zeros(S), np.zeros(S)
    for _ in range(4000):
        q = scale * utility[:, None] + gamma * transition @ v_soft
        v_soft = np.logaddexp.reduce(q, axis=1) - np.log(A)
        v_hard = (scale * utility[:, None] + gamma * transition @ v_hard).max(axis=1)
    np.testing.assert_allclose(soft.values, v_soft, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(hard.values, v_hard, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(soft.policy, np.exp(soft.q - soft.values[:, None]) / A, atol=1e-9)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000))
def test_the_guess_does_not_move_the_optimum(seed):
    transition, start, _, utility = draw(seed)
    discounted = Discounted(Dynamics.dense(transition), start, 0.95)
    wild = np.random.default_rng(seed).normal(scale=1000, size=S)
    assert discounted.soft(utility, wild).value == pytest.approx(discounted.soft(utility).value, abs=1e-9)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000))
def test_visits_equal_the_pushed_distribution(seed):
    transition, start, policy, utility = draw(seed)
    dynamics, gamma = Dynamics.dense(transition), 0.8
    chain = np.einsum("sa,sat->st", policy, transition)
    steps = [start @ np.linalg.matrix_power(chain, t) for t in range(HORIZON + 1)]
    finite = Finite(dynamics, start, HORIZON).visits(policy)
    np.testing.assert_allclose(finite.states, sum(steps), atol=1e-12)
    np.testing.assert_allclose(finite.actions, sum(steps[:-1], np.zeros(S))[:, None] * policy, atol=1e-12)
    endless = sum(gamma**t * start @ np.linalg.matrix_power(chain, t) for t in range(400))
    discounted = Discounted(dynamics, start, gamma).visits(policy)
    np.testing.assert_allclose(discounted.states, endless, atol=1e-10)
    assert discounted.utility(utility) == pytest.approx(endless @ utility)
    assert discounted.utility(np.ones((S, A))) == pytest.approx(1 / (1 - gamma))


def test_a_policy_that_depends_on_time_visits_step_by_step():
    swap = np.array([[[1, 0], [0, 1]], [[0, 1], [1, 0]]], dtype=float)  # action 1 changes the state
    policy = np.zeros((2, 2, 2))
    policy[0, :, 1], policy[1, :, 0] = 1, 1
    visits = Finite(Dynamics.dense(swap), np.array([1.0, 0.0]), 2).visits(policy)
    np.testing.assert_array_equal(visits.states, [1, 2])
    np.testing.assert_array_equal(visits.actions, [[0, 1], [1, 0]])


def test_only_allowed_actions_are_taken():
    transition, start, _, utility = draw(3)
    allowed = np.ones((S, A), dtype=bool)
    allowed[:, 0] = False
    plan = Discounted(Dynamics.dense(transition), start, 0.9).soft(utility, allowed=allowed)
    assert (plan.policy[:, 0] == 0).all()
    np.testing.assert_allclose(plan.policy.sum(axis=1), 1)


class Place(NamedTuple):
    x: int


class Corridor(TableWorld):
    """Three places; the last one ends the episode."""

    name, summary, horizon, actions = "corridor", "Three places.", 5, ("left", "right")
    contexts = (Context("train", kind="train", start="train"),)

    def starts(self, start):
        return [Place(0), Place(1)]

    def step(self, state, action):
        x = max(state.x - 1, 0) if action == "left" else state.x + 1
        return Outcome(Place(x), done=x == 2)

    def features(self, state):
        return {"x": state.x}


def test_an_ended_episode_stays_and_its_decisions_weigh_nothing():
    table = Corridor().table
    at = {state.x: row for row, state in enumerate(table.states)}
    end = at[2]
    right = np.tile([0.0, 1.0], (table.n_states, 1))
    finite = task(table, "train", horizon=5)
    visits = finite.visits(right)
    assert visits.states[end] == pytest.approx((4 + 5) / 2)  # from x = 0 it arrives after 2 steps, from x = 1 after 1
    plan = finite.soft(np.eye(table.n_states)[end] * 3.0)
    np.testing.assert_allclose(plan.policy[:, end], 0.5)


def test_dense_dynamics_keep_every_probability():
    transition = draw(5)[0]
    np.testing.assert_allclose(Dynamics.dense(transition).matrix.toarray().reshape(S, A, S), transition)


def test_bad_input_is_named():
    transition, start, policy, _ = draw(0)
    dynamics = Dynamics.dense(transition)
    with pytest.raises(BadWorld, match="miss a distribution"):
        Dynamics.dense(transition * 0.9)
    with pytest.raises(BadWorld, match="one shape"):
        Dynamics(np.zeros((2, 2, 1), np.int32), np.ones((2, 2, 2)) / 2)
    with pytest.raises(BadWorld, match="Discount factor 1"):
        Discounted(dynamics, start, 1.0)
    with pytest.raises(BadWorld, match="Horizon 0"):
        Finite(dynamics, start, 0)
    with pytest.raises(BadWorld, match="Start distribution"):
        Finite(dynamics, start * 2, 3)
    with pytest.raises(BadAgent, match="shape"):
        Finite(dynamics, start, 3).check_policy(np.ones((2, S, A)) / A)
    with pytest.raises(BadAgent, match="sum to 1"):
        Finite(dynamics, start, 3).check_policy(policy * 1.1)
    with pytest.raises(BadAgent, match="sum to 1"):
        Finite(dynamics, start, 3).check_policy(policy * np.nan)
    with pytest.raises(NotExact, match="depends on time"):
        Discounted(dynamics, start, 0.9).check_policy(np.ones((2, S, A)) / A)
    table = Corridor().table
    with pytest.raises(BadWorld, match="exactly one"):
        task(table, "train", horizon=3, gamma=0.9)
    with pytest.raises(NotFound, match="train"):
        task(table, "trian", horizon=3)
