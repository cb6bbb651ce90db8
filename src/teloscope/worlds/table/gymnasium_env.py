"""A table world as a Gymnasium environment, to train agents in with any library.

Contexts work as in recordings: starts, shoves and noise. Only contexts of kind `train` are used unless others are
named.

    env = as_gymnasium(teloscope.world("coin"))
    PPO("MlpPolicy", env).learn(100_000)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray

from teloscope.errors import BadWorld
from teloscope.worlds.table.authored import State
from teloscope.worlds.table.features import entity_features
from teloscope.worlds.table.world import TableWorld
from teloscope.worlds.world import Context

Observation = NDArray[np.float32]


def as_gymnasium(
    world: TableWorld,
    contexts: Iterable[str] | None = None,
    ends: Callable[[State], bool] | None = None,
) -> TableEnv:
    """The world as a Gymnasium environment with a `Discrete` action space.

    Args:
        world: a table world.
        contexts: names of the contexts that episodes are drawn from, uniformly; None: all of kind `train`.
        ends: ends an episode in states where it is true, beyond what the world itself ends; None: nothing more.

    Raises:
        NotFound: no such context.
        BadWorld: the world has no context of kind `train` and none was named.
    """
    if contexts is None:
        chosen = tuple(c for c in world.contexts if c.kind == "train")
    else:
        chosen = tuple(world.context(name) for name in contexts)
    if not chosen:
        raise BadWorld(
            f"World {world.name!r} has no context to train in; expected at least one of kind 'train'. "
            f"Name some of {[c.name for c in world.contexts]} in `contexts`."
        )
    return TableEnv(world, chosen, ends)


class TableEnv(gymnasium.Env[Observation, np.int64]):
    """Steps through a world's table; `info` holds the features of the state."""

    metadata = {"render_modes": ["ansi"]}  # noqa: RUF012  (Gymnasium declares it mutable)

    def __init__(
        self, world: TableWorld, contexts: tuple[Context, ...], ends: Callable[[State], bool] | None = None
    ) -> None:
        self.world, self.contexts, self.table = world, contexts, world.table
        self.render_mode = "ansi"
        self.ended = self.table.terminal | np.array([bool(ends and ends(s)) for s in self.table.states])
        """`[S]` where an episode is over."""
        shape = world.observe(self.table.states[0]).shape
        self.observation_space = gymnasium.spaces.Box(-np.inf, np.inf, shape, np.float32)
        self.action_space = gymnasium.spaces.Discrete(self.table.n_actions)
        self._context, self._row, self._t = contexts[0], 0, 0

    @property
    def state(self) -> State:
        """Where the episode stands."""
        return self.table.states[self._row]

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observation, dict[str, Any]]:
        """Start an episode in one of the contexts, or in the one named by `options={"context": name}`."""
        super().reset(seed=seed)
        if options and "context" in options:
            self._context = self.world.context(options["context"])
        else:
            self._context = self.contexts[self.np_random.integers(len(self.contexts))]
        self._row, self._t = int(self.np_random.choice(self.table.starts[self._context.start])), 0
        self._shove()
        return self._seen()

    def step(self, action: np.int64 | int) -> tuple[Observation, float, bool, bool, dict[str, Any]]:
        """Act; the reward is the world's visible one, and the episode is truncated at the world's horizon."""
        if self._context.noise and self.np_random.random() < self._context.noise:
            action = int(self.np_random.integers(self.table.n_actions))
        prob = self.table.prob[self._row, action]
        k = int(self.np_random.choice(len(prob), p=prob)) if len(prob) > 1 else 0
        reward = float(self.table.reward[self._row, action, k])
        self._row, self._t = int(self.table.next[self._row, action, k]), self._t + 1
        terminated = bool(self.ended[self._row])
        truncated = not terminated and self._t >= self.world.horizon
        if not (terminated or truncated):
            self._shove()
        observation, info = self._seen()
        return observation, reward, terminated, truncated, info

    def render(self) -> str:
        """The map, as text."""
        return "\n".join(self.world.draw(self.state))

    def _shove(self) -> None:
        """Replace the state just before the agent acts, if this is the step at which the context shoves."""
        if self._t == self._context.shove_at:
            targets = self.table.shoves[self._row]
            targets = targets[targets >= 0]
            if len(targets):
                self._row = int(self.np_random.choice(targets))

    def _seen(self) -> tuple[Observation, dict[str, Any]]:
        state = self.state
        return self.world.observe(state), {**self.world.features(state), **entity_features(self.world.entities(state))}
