"""Non-agents: actors with habits but without goals. They calibrate the instrument, which must find no goals in them.

random            every action equally likely
drift?seed=…      one fixed, uneven action distribution everywhere
table?seed=…      one fixed random action in every state (or random distribution, with `soft`)
idle              does nothing

Theory: A2.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from teloscope.agents.agent import Agent, Player, Policy
from teloscope.agents.references import draw_allowed
from teloscope.errors import BadAgent
from teloscope.worlds.actions import ActionSet
from teloscope.worlds.table.world import TableWorld
from teloscope.worlds.world import World


class Habit(Agent):
    """The same action distribution in every state; by default every action is equally likely."""

    def __init__(self, name: str) -> None:
        self.name = name

    def weights(self, n_actions: int) -> NDArray[np.float64]:
        """`[A]` action probabilities."""
        return np.full(n_actions, 1 / n_actions)

    def _weights_in(self, world: World) -> NDArray[np.float64]:
        if world.actions is None:
            raise BadAgent(
                f"Agent {self.name!r} chooses among a few named actions, and the world {world.name!r} has none. "
                "Only `random` acts in any world."
            )
        return self.weights(len(world.actions))

    def policy(self, world: TableWorld) -> Policy:
        weights = self._weights_in(world)
        return np.broadcast_to(weights, (world.table.n_states, len(weights)))

    def start(self, world: World, episodes: int, seed: int) -> Player:
        weights = self._weights_in(world)

        def draw(rng: np.random.Generator, sub_envs: int, masks: NDArray[np.bool_] | None) -> NDArray[Any]:
            if masks is None:
                return rng.choice(len(weights), size=sub_envs, p=weights)
            return draw_allowed(weights, masks, rng.random(sub_envs))

        return _HabitPlayer(draw, seed)


class _HabitPlayer:
    """Draws an action for every sub-environment, whatever the observations are; where the world masks actions, one
    that is allowed."""

    def __init__(
        self, draw: Callable[[np.random.Generator, int, NDArray[np.bool_] | None], NDArray[Any]], seed: int
    ) -> None:
        self.draw, self.rng = draw, np.random.default_rng(seed)
        self.action_masks: NDArray[np.bool_] | None = None

    def act(self, observations: Any, t: int, alive: NDArray[np.bool_]) -> NDArray[Any]:
        """`[B, ...]` actions; ended sub-environments draw too, so that draws of one don't depend on others."""
        return self.draw(self.rng, len(alive), self.action_masks)


class Random(Habit):
    """Every action equally likely, continuous ones included."""

    def __init__(self) -> None:
        super().__init__("random")

    def start(self, world: World, episodes: int, seed: int) -> Player:
        legal = getattr(world, "action_set", None)
        if not isinstance(legal, ActionSet):
            return super().start(world, episodes, seed)
        return _HabitPlayer(
            lambda rng, sub_envs, masks: legal.uniform(rng.random((sub_envs, legal.draws)), masks), seed
        )


class Idle(Habit):
    """Does nothing."""

    def __init__(self) -> None:
        super().__init__("idle")

    def _weights_in(self, world: World) -> NDArray[np.float64]:
        actions = world.actions or ()
        if world.idle is None or world.idle not in actions:
            raise BadAgent(
                f"World {world.name!r} has no action that does nothing, so the agent 'idle' can't act in it."
            )
        return np.eye(len(actions))[actions.index(world.idle)]


class Drift(Habit):
    """A fixed, uneven action distribution: it ends up somewhere without steering there."""

    def __init__(self, seed: int = 0, evenness: float = 0.5) -> None:
        """`evenness`: concentration of the Dirichlet prior of the distribution; a small one gives mostly one action."""
        super().__init__(f"drift?seed={seed}&evenness={evenness}")
        if seed < 0 or not 0.0 < evenness < np.inf:
            raise BadAgent(f"A drift got seed={seed}, evenness={evenness}; expected seed >= 0 and evenness > 0.")
        self.seed, self.evenness = seed, evenness

    def weights(self, n_actions: int) -> NDArray[np.float64]:
        return np.random.default_rng(self.seed).dirichlet(np.full(n_actions, self.evenness))


class RandomTable(Agent):
    """A fixed random reaction to every state: it responds to the state, but has no goal."""

    def __init__(self, seed: int = 0, soft: bool = False) -> None:
        """`soft`: a random distribution over actions in every state, rather than one action."""
        if seed < 0:
            raise BadAgent(f"A random table got seed={seed}; expected seed >= 0.")
        self.seed, self.soft = seed, soft
        self.name = f"table?seed={seed}" + ("&soft=1" if soft else "")

    def policy(self, world: TableWorld) -> Policy:
        rng = np.random.default_rng(self.seed)
        n_states, n_actions = world.table.n_states, world.table.n_actions
        if self.soft:
            return rng.dirichlet(np.full(n_actions, 0.5), size=n_states)
        return np.eye(n_actions)[rng.integers(0, n_actions, n_states)]
