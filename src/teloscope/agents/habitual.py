"""Non-agents: habits without goals. They calibrate the instrument, which must not find goals in them.

random            every action equally likely
drift?seed=…      one fixed, uneven action distribution everywhere
table?seed=…      one fixed random action in every state (or random distribution, with `soft`)
idle              does nothing
"""

from __future__ import annotations

import numpy as np

from teloscope.agents.agent import Agent, Policy
from teloscope.errors import BadAgent
from teloscope.worlds.table import TableWorld


class Habit(Agent):
    """The same action distribution in every state."""

    def __init__(self, name: str) -> None:
        self.name = name

    def weights(self, world: TableWorld) -> np.ndarray:
        """`[A]` action probabilities."""
        return np.full(world.table.n_actions, 1 / world.table.n_actions)

    def policy(self, world: TableWorld) -> Policy:
        return np.broadcast_to(self.weights(world), (world.table.n_states, world.table.n_actions))


class Random(Habit):
    """Every action equally likely."""

    def __init__(self) -> None:
        super().__init__("random")


class Idle(Habit):
    """Does nothing."""

    def __init__(self) -> None:
        super().__init__("idle")

    def weights(self, world: TableWorld) -> np.ndarray:
        assert world.actions is not None
        if world.idle is None:
            raise BadAgent(
                f"World {world.name!r} has no action that does nothing, so the agent 'idle' can't act in it."
            )
        return np.eye(len(world.actions))[world.actions.index(world.idle)]


class Drift(Habit):
    """A fixed, uneven action distribution: it ends up somewhere without steering there."""

    def __init__(self, seed: int = 0, evenness: float = 0.5) -> None:
        super().__init__(f"drift?seed={seed}&evenness={evenness}")
        self.seed, self.evenness = seed, evenness
        if evenness <= 0:
            raise BadAgent(f"drift got evenness={evenness}; expected a positive Dirichlet concentration.")

    def weights(self, world: TableWorld) -> np.ndarray:
        return np.random.default_rng(self.seed).dirichlet(np.full(world.table.n_actions, self.evenness))


class RandomTable(Agent):
    """A fixed random reaction to every state: responds to what it sees, but to no end."""

    def __init__(self, seed: int = 0, soft: bool = False) -> None:
        self.seed, self.soft = seed, soft
        self.name = f"table?seed={seed}" + ("&soft=1" if soft else "")

    def policy(self, world: TableWorld) -> Policy:
        rng = np.random.default_rng(self.seed)
        shape = (world.table.n_states, world.table.n_actions)
        if self.soft:
            return rng.dirichlet(np.full(shape[1], 0.5), size=shape[0])
        return np.eye(shape[1])[rng.integers(0, shape[1], shape[0])]
