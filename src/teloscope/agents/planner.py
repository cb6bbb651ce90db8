"""Planners: optimal agents whose goal is known. Equally good actions are equally likely, so a planner has no preference
beyond its goal. The zoo consists of planners.

Theory: A2.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from teloscope.agents.agent import Agent, Policy
from teloscope.errors import BadAgent, NotFound
from teloscope.regimes import MODES, Regime
from teloscope.worlds.table.planning import action_values, greedy, reward_task, task_for
from teloscope.worlds.table.world import TableWorld

DISCOUNT_RATE = 1e-6
"""One minus the discount factor of reward planners: so small that sooner is preferred only where it costs nothing."""


class Planner(Agent):
    """Optimal for a planted regime: `plan:<regime>?eps=…&temperature=…&horizon=…`."""

    def __init__(
        self, regime: Regime | str, eps: float = 0.0, temperature: float = 0.0, horizon: int | None = None
    ) -> None:
        self.regime = Regime.parse(regime)
        if not self.regime.simple:
            raise BadAgent(
                f"A planner got {self.regime}; it can plan for {', '.join(MODES)} of one condition, e.g. "
                f"plan:{MODES[0]}({self.regime.conditions[0] if self.regime.conditions else 'at_goal'})."
            )
        if not 0.0 <= eps <= 1.0 or not 0.0 <= temperature < np.inf or (horizon is not None and horizon < 1):
            raise BadAgent(
                f"A planner got eps={eps}, temperature={temperature}, horizon={horizon}; expected eps in 0..1, "
                "temperature >= 0, horizon >= 1."
            )
        self.eps, self.temperature, self.horizon = eps, temperature, horizon
        self.name = _full_name(f"plan:{self.regime}", eps=eps, temperature=temperature, horizon=horizon)

    def policy(self, world: TableWorld) -> Policy:
        """Time-dependent `[T, S, A]`; with a `horizon`, stationary: `[S, A]`, planned that many steps ahead."""
        steps = self.horizon or world.horizon
        values = action_values(world.table, task_for(self.regime, world.table, steps), steps)
        return greedy(values[0] if self.horizon else values, self.eps, self.temperature)


class RewardPlanner(Agent):
    """Optimal for rewards of transitions: the visible reward, the hidden performance, or a temptation."""

    def __init__(self, what: str, eps: float = 0.0, noise: float = 0.0) -> None:
        """`noise`: the share of its actions that it expects the world to replace by uniformly random ones."""
        if what not in REWARDS:
            raise NotFound("reward", what, REWARDS, "An optimal agent is written like optimal:visible.")
        if not 0.0 <= eps <= 1.0 or not 0.0 <= noise <= 1.0:
            raise BadAgent(f"A reward planner got eps={eps}, noise={noise}; expected probabilities in 0..1.")
        self.what, self.eps, self.noise = what, eps, noise
        self.name = _full_name(f"optimal:{what}", eps=eps, noise=noise)

    def policy(self, world: TableWorld) -> Policy:
        """Time-dependent `[T, S, A]`."""
        rewards = REWARDS[self.what](world).astype(np.float64)
        task = reward_task(world.table, rewards, world.horizon, discount=1 - DISCOUNT_RATE)
        return greedy(action_values(world.table, task, world.horizon, self.noise), self.eps)


def _full_name(head: str, **options: float | None) -> str:
    """The agent's name with its options, without those at their defaults: `head?option=value&…`."""
    given = "&".join(f"{name}={value}" for name, value in options.items() if value)
    return f"{head}?{given}" if given else head


def temptation_rewards(world: TableWorld) -> NDArray[np.float64]:
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
    "temptation": temptation_rewards,
}
"""Name -> rewards of transitions `[S, A, K]` that an agent can be optimal for."""
