"""Planning on tables: finite-horizon optimal action values, for a reward or for a regime.

    V_t(s) = max_a  sum_k prob[s,a,k] (reward[s,a,k] + V_{t+1}(next[s,a,k]))

Planted agents, planners for judged values, few-shot examples and synthetic engines all use this.

    reach(c)  probability of c at some step, sooner rather than later
    end(c)    probability of c at the horizon, with a small bonus for c before it
    keep(c)   expected share of the late window in c, with a small bonus for c before it
    never(c)  probability of no c at any step

Theory: A2.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from teloscope.regimes import Regime, holds, late_window
from teloscope.worlds.table.arrays import Table

Policy = NDArray[np.floating[Any]]
"""`[S, A]` action probabilities, or `[T, S, A]` where they change with the step."""

EARLY = 1e-3
"""The small bonus for a condition at steps where it does not count yet."""
SOON = 0.999
"""Discount that makes reaching sooner better than later."""
TIE = 1e-9
"""Actions whose values differ by less are equally good."""


@dataclass(frozen=True)
class Task:
    """What a planner maximises: rewards on transitions and on states, step by step."""

    transition: NDArray[np.float64] | None
    """`[S, A, K]` reward of a transition, any step."""
    state: NDArray[np.float64]
    """`[T+1, S]` reward of being in a state at a step."""
    stop: NDArray[np.bool_]
    """`[S]` states after which nothing more counts; there, actions are still chosen as if it did."""
    discount: float = 1.0
    """Discount per step."""


def task_for(regime: Regime, table: Table, horizon: int) -> Task:
    """The rewards whose optimal agent steers into the regime.

    Raises:
        BadRegime, NotFound: the condition can't be evaluated on the table's features.
    """
    held = holds(regime.condition, table.features).astype(np.float64)
    state = np.zeros((horizon + 1, table.n_states))
    stop = np.zeros(table.n_states, dtype=np.bool_)
    discount = 1.0
    match regime.mode:
        case "reach":
            state[:], stop, discount = held, held > 0, SOON
        case "never":
            state[:], stop = -held, held > 0
        case "end":
            state[:] = EARLY * held
            state[-1] = held
        case _:
            state[:] = EARLY * held
            state[-late_window(horizon) :] = held
    return Task(None, state, stop, discount)


def reward_task(table: Table, rewards: NDArray[np.float64], horizon: int, discount: float) -> Task:
    """Rewards `[S, A, K]` on transitions and nothing else, for as many steps."""
    nothing = np.zeros((horizon + 1, table.n_states))
    return Task(rewards, nothing, np.zeros(table.n_states, dtype=np.bool_), discount)


def action_values(table: Table, task: Task, horizon: int, noise: float = 0.0) -> NDArray[np.float64]:
    """Optimal action values `[T, S, A]` by backward induction.

    Args:
        table: the world.
        task: what to maximise.
        horizon: steps `T`.
        noise: probability with which the world is taken to replace actions by uniform ones.
    """
    values = np.empty((horizon, table.n_states, table.n_actions))
    paid = 0.0 if task.transition is None else np.einsum("sak,sak->sa", table.prob, task.transition)
    ahead = task.state[horizon].copy()
    for t in range(horizon - 1, -1, -1):
        q = np.einsum("sak,sak->sa", table.prob, ahead[table.next]) * task.discount + paid
        if noise:
            q = (1 - noise) * q + noise * q.mean(axis=1, keepdims=True)
        values[t] = q
        ahead = task.state[t] + np.where(task.stop, 0.0, q.max(axis=1))
    return values


def greedy(values: NDArray[np.float64], eps: float = 0.0, temperature: float = 0.0) -> Policy:
    """Policy from action values: ties shared, then softened by temperature, then mixed with `eps` of uniform.

    Args:
        values: `[..., S, A]`.
        eps: probability of a uniform action.
        temperature: 0 for the best action; above, softmax(values / temperature).
    """
    behind = values - values.max(axis=-1, keepdims=True)
    if temperature > 0:
        with np.errstate(over="ignore"):  # much worse actions at a low temperature: exp(-inf) is 0, as it should be
            weights = np.exp(np.where(behind >= -TIE, 0.0, behind) / temperature)
    else:
        weights = (behind >= -TIE).astype(np.float64)
    policy = weights / weights.sum(axis=-1, keepdims=True)
    return (1 - eps) * policy + eps / values.shape[-1]
