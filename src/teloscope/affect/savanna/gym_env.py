"""The savanna as a Gymnasium environment.

    gymnasium.make("teloscope.affect.savanna.gym_env:Savanna-v0", variant_name="mirror")

Theory: A1. Source: Gymnasium 1.x (Farama Foundation).
"""

from __future__ import annotations

from typing import Any

import gymnasium
import jax
import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from teloscope.affect.savanna.layout import ACTIONS, OBSERVED, START_DRAWS, STEP_DRAWS
from teloscope.affect.savanna.params import Params, variant
from teloscope.affect.savanna.rules import start, transition
from teloscope.affect.savanna.state import State, observe

ID = "Savanna-v0"
_SHOWN = ("energy", "fatigue", "damage", "offspring", "harmed_friends")
"""What of the state `info` holds."""


class SavannaEnv(gymnasium.Env[NDArray[np.float32], np.int64]):
    """One savanna.

    Args:
        variant_name: savanna, mirror, symmetric, no-shock or drive.
    """

    metadata = {"render_modes": []}  # noqa: RUF012 (Gymnasium's own form)

    def __init__(self, variant_name: str = "savanna") -> None:
        self.params = variant(variant_name)
        self.action_space = spaces.Discrete(ACTIONS)
        self.observation_space = spaces.Box(-np.inf, np.inf, (OBSERVED,), np.float32)
        self.state: State | Any = None

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[np.float32], dict[str, float]]:
        """A new episode; `info` holds the true state of the body."""
        super().reset(seed=seed)
        self.state, seen = _start(self.np_random.random(START_DRAWS, np.float32), self.params)
        return np.asarray(seen), self._info()

    def step(self, action: Any) -> tuple[NDArray[np.float32], float, bool, bool, dict[str, float]]:
        """One step. `action`: 0 … 80."""
        drawn = self.np_random.random(STEP_DRAWS, np.float32)
        self.state, seen, reward = _step(self.state, np.int32(action), drawn, self.params)
        cut = int(self.state.time) >= self.params.max_steps_in_episode
        return np.asarray(seen), float(reward), float(self.state.alive) == 0, cut, self._info()

    def _info(self) -> dict[str, float]:
        return {name: float(getattr(self.state, name)) for name in _SHOWN}


@jax.jit
def _start(drawn: jax.Array, params: Params) -> tuple[State, jax.Array]:
    state = start(drawn, params)
    return state, observe(state, params)


@jax.jit
def _step(state: State, action: jax.Array, drawn: jax.Array, params: Params) -> tuple[State, jax.Array, jax.Array]:
    after, reward, _ = transition(state, action, drawn, params)
    return after, observe(after, params), reward


gymnasium.register(ID, f"{__name__}:SavannaEnv", max_episode_steps=Params().max_steps_in_episode)
