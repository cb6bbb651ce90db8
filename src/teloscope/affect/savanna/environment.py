"""The savanna with the interface of Gymnax, so that trainers of its ecosystem run on it.

    env = Savanna(); params = env.default_params
    observation, state = env.reset(key, params)
    observation, state, reward, done, info = env.step(key, state, action, params)

`step` begins a new world where one has ended; `step_env` does not. Everything is pure: `jit` and `vmap` it.

Source: the interface follows RobertTLange/gymnax.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from teloscope.affect.savanna.layout import ACTIONS, OBSERVED, START_DRAWS, STEP_DRAWS
from teloscope.affect.savanna.params import Params, variant
from teloscope.affect.savanna.rules import start, transition
from teloscope.affect.savanna.state import State, observe

Stepped = tuple[jax.Array, State, jax.Array, jax.Array, dict[str, jax.Array]]


class Savanna:
    """The environment; it holds no state.

    Args:
        variant_name: savanna, mirror, symmetric, no-shock or drive.
        ends_apart: give `terminated` and `truncated` in the place of `done`, as Gymnax does from 1.0 on.
    """

    name = "Savanna"
    num_actions = ACTIONS

    def __init__(self, variant_name: str = "savanna", ends_apart: bool = False) -> None:
        self.default_params = variant(variant_name)
        self.ends_apart = ends_apart

    def reset(self, key: jax.Array, params: Params | None = None) -> tuple[jax.Array, State]:
        """The first observation `[40]` and state."""
        return self.reset_env(key, self.default_params if params is None else params)

    def step(self, key: jax.Array, state: State, action: jax.Array, params: Params | None = None) -> Any:
        """Observation `[40]`, state, reward, done (or terminated, truncated) and info; a new world after the end."""
        params = self.default_params if params is None else params
        key_step, key_reset = jax.random.split(key)
        seen, moved, reward, _, info = self.step_env(key_step, state, action, params)
        terminated, truncated = moved.alive == 0, moved.time >= params.max_steps_in_episode
        done = terminated | truncated
        anew = start(jax.random.uniform(key_reset, (START_DRAWS,)), params)
        after = jax.tree.map(lambda new, old: jnp.where(done, new, old), anew, moved)
        info |= {"terminated": terminated, "truncated": truncated, "final_observation": seen}
        ends = (terminated, truncated) if self.ends_apart else (done,)
        return observe(after, params), after, reward, *ends, info

    def reset_env(self, key: jax.Array, params: Params) -> tuple[jax.Array, State]:
        """The same as `reset`."""
        state = start(jax.random.uniform(key, (START_DRAWS,)), params)
        return observe(state, params), state

    def step_env(self, key: jax.Array, state: State, action: jax.Array, params: Params) -> Stepped:
        """Observation `[40]`, state, reward, whether it died, info; no new world after the end."""
        draws = jax.random.uniform(key, (STEP_DRAWS,))
        after, reward, info = transition(state, action, draws, params)
        return observe(after, params), after, reward, after.alive == 0, info._asdict()

    def is_terminated(self, state: State, params: Params) -> jax.Array:
        """Whether it is dead."""
        return state.alive == 0

    def is_truncated(self, state: State, params: Params) -> jax.Array:
        """Whether the time is up."""
        return state.time >= params.max_steps_in_episode

    def is_terminal(self, state: State, params: Params) -> jax.Array:
        """Whether the episode is over."""
        return self.is_terminated(state, params) | self.is_truncated(state, params)

    def action_space(self, params: Params | None = None) -> Any:
        """81 actions, as a space of Gymnax if it is installed, else of Gymnasium."""
        gymnax = _gymnax_spaces()
        if gymnax is not None:
            return gymnax.Discrete(ACTIONS)
        from gymnasium.spaces import Discrete

        return Discrete(ACTIONS)

    def observation_space(self, params: Params | None = None) -> Any:
        """`[40]` float32, unbounded since cues are."""
        gymnax = _gymnax_spaces()
        if gymnax is not None:
            return gymnax.Box(-np.inf, np.inf, (OBSERVED,), jnp.float32)
        from gymnasium.spaces import Box

        return Box(-np.inf, np.inf, (OBSERVED,), np.float32)


def _gymnax_spaces() -> Any:
    try:
        from gymnax.environments import spaces  # pyright: ignore[reportMissingImports]
    except ModuleNotFoundError:
        return None
    return spaces
