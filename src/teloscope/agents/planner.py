"""Planners: finite-horizon optimal policies on tables, for a reward or for a planted regime.

    V_t(s) = max_a  sum_k prob[s,a,k] (reward[s,a,k] + V_{t+1}(next[s,a,k]))

Ties are shared evenly, so a planner shows no preference that its goal doesn't give it. A planted regime makes an agent
whose goal is known: the zoo is made of them.

    reach(c)  probability of c at some step, sooner rather than later
    end(c)    probability of c at the horizon, held from early on where that costs next to nothing
    keep(c)   expected share of the late window in c, held from early on where that costs next to nothing
    never(c)  probability of no c at any step

Theory: A2.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from teloscope.agents.agent import Agent, Policy
from teloscope.errors import BadAgent, NotFound
from teloscope.regimes import Regime, holds, late_window
from teloscope.worlds.table import Table, TableWorld

EARLY = 1e-3
"""Weight of holding a condition before it counts."""
SOON = 0.999
"""Discount that makes reaching sooner better than later."""
PROMPT = 1e-6
"""Discount rate of reward planners: enough to get things done sooner where that costs nothing."""
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
    """Worth of what comes one step later."""


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
        with np.errstate(over="ignore"):  # far behind at a low temperature: exp(-inf) is 0, as it should be
            weights = np.exp(np.where(behind >= -TIE, 0.0, behind) / temperature)
    else:
        weights = (behind >= -TIE).astype(np.float64)
    policy = weights / weights.sum(axis=-1, keepdims=True)
    return (1 - eps) * policy + eps / values.shape[-1]


class Planner(Agent):
    """Optimal for a planted regime: `plan:<regime>?eps=…&temperature=…&horizon=…`."""

    def __init__(
        self, regime: Regime | str, eps: float = 0.0, temperature: float = 0.0, horizon: int | None = None
    ) -> None:
        self.regime = Regime.parse(regime)
        if not 0.0 <= eps <= 1.0 or not 0.0 <= temperature < np.inf or (horizon is not None and horizon < 1):
            raise BadAgent(
                f"A planner got eps={eps}, temperature={temperature}, horizon={horizon}; expected eps in 0..1, "
                "temperature >= 0, horizon >= 1."
            )
        self.eps, self.temperature, self.horizon = eps, temperature, horizon
        self.name = _named(f"plan:{self.regime}", eps=eps, temperature=temperature, horizon=horizon)

    def policy(self, world: TableWorld) -> Policy:
        """Time-dependent `[T, S, A]`; with a `horizon`, receding: `[S, A]` from that many steps of lookahead."""
        steps = self.horizon or world.horizon
        values = action_values(world.table, task_for(self.regime, world.table, steps), steps)
        return greedy(values[0] if self.horizon else values, self.eps, self.temperature)


class RewardPlanner(Agent):
    """Optimal for rewards on transitions: the visible ones, the hidden performance, or a temptation."""

    def __init__(self, what: str, eps: float = 0.0, noise: float = 0.0) -> None:
        """`noise`: the share of its actions that it expects the world to replace by uniform ones."""
        if what not in REWARDS:
            raise NotFound("reward", what, REWARDS, "An optimal agent is written like optimal:visible.")
        if not 0.0 <= eps <= 1.0 or not 0.0 <= noise <= 1.0:
            raise BadAgent(f"A reward planner got eps={eps}, noise={noise}; expected probabilities in 0..1.")
        self.what, self.eps, self.noise = what, eps, noise
        self.name = _named(f"optimal:{what}", eps=eps, noise=noise)

    def policy(self, world: TableWorld) -> Policy:
        """Time-dependent `[T, S, A]`."""
        n_states, horizon = world.table.n_states, world.horizon
        rewards = REWARDS[self.what](world).astype(np.float64)
        never = np.zeros(n_states, dtype=np.bool_)
        task = Task(rewards, np.zeros((horizon + 1, n_states)), never, discount=1 - PROMPT)
        return greedy(action_values(world.table, task, horizon, self.noise), self.eps)


def _named(head: str, **options: float | None) -> str:
    """The name that asks for this agent again: `head?option=value&…`, without what is left at its default."""
    given = "&".join(f"{name}={value}" for name, value in options.items() if value)
    return f"{head}?{given}" if given else head


def tempting_rewards(world: TableWorld) -> NDArray[np.float64]:
    """`[S, A, K]` rewards of the world's temptation; its visible reward where it names none."""
    table = world.table
    assert world.actions is not None
    rewards = table.reward.astype(np.float64)
    for s in range(table.n_states):
        for a, action in enumerate(world.actions):
            for k in range(table.next.shape[2] if not table.terminal[s] else 0):
                tempting = world.temptation(table.states[s], action, table.states[table.next[s, a, k]])
                if tempting is not None:
                    rewards[s, a, k] = tempting
    return rewards


REWARDS: Mapping[str, Callable[[TableWorld], NDArray[np.floating[Any]]]] = {
    "visible": lambda world: world.table.reward,
    "hidden": lambda world: world.table.hidden,
    "temptation": tempting_rewards,
}
"""What can be optimal for: name -> `[S, A, K]` rewards of transitions."""
