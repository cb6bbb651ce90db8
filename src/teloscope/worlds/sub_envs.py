"""Sub-environments: `B` episodes of one world in parallel, for worlds that are stepped and not tabulated.

A stepped world makes sub-environments for a context; `recordings.rollouts` runs them until every episode has ended.
They log the features of every state that they visit, so that no other code has to interpret observations.
"""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from teloscope.worlds.actions import ActionSet
from teloscope.worlds.world import Context


class SubEnvStep(NamedTuple):
    """The result of one step of every sub-environment; entries of sub-environments that have ended are not read."""

    observations: Any
    """Batched as Gymnasium batches: `[B, ...]`, or a dict or tuple of such."""
    reward: NDArray[Any]
    """`[B]` visible reward."""
    hidden: NDArray[Any] | None
    """`[B]` hidden performance; None: the same as the reward."""
    terminated: NDArray[np.bool_]
    """`[B]` the episode ended in a terminal state."""
    truncated: NDArray[np.bool_]
    """`[B]` the episode was cut by the world's own limit."""


class SubEnvs(Protocol):
    """`B` episodes in parallel in one context."""

    action_masks: NDArray[np.bool_] | None
    """`[B, M]` which actions are allowed now, in the order of `ActionSet`: one entry an action, or one an option of
    each number of an action; None where everything always is. Rows of ended episodes have no meaning."""

    def reset(self, seeds: NDArray[np.uint64]) -> Any:
        """Begin an episode in every sub-environment; returns the first observations. `seeds`: `[B]`."""
        ...

    def step(self, actions: NDArray[Any], alive: NDArray[np.bool_], t: int) -> SubEnvStep:
        """Move every living sub-environment from state `t` to `t + 1`. `actions`: `[B, ...]`, legal."""
        ...

    def shove(self, t: int) -> Any:
        """Replace the states before acting at `t` and return what is seen now; only asked of worlds that can do so."""
        ...

    def features(self, last: int) -> dict[str, NDArray[Any]]:
        """Feature name -> `[last + 1, B]`; entries after an episode's end are not read."""
        ...


class SteppedWorld(Protocol):
    """What a stepped world has beside what every world has."""

    @property
    def name(self) -> str:
        """As in reports."""
        ...

    @property
    def horizon(self) -> int:
        """Steps in an episode, at most."""
        ...

    @property
    def shove_steps(self) -> int:
        """How many uniform actions make a shove; 0: the sub-environments are shoved."""
        ...

    @property
    def action_set(self) -> ActionSet:
        """The legal actions."""
        ...

    @property
    def block(self) -> int:
        """Episodes in parallel, at most."""
        ...

    def sub_envs(self, episodes: int, context: Context) -> SubEnvs:
        """That many episodes in parallel, in one context."""
        ...

    def describe_sub_envs(self, sub_envs: Any, t: int) -> list[str]:
        """`[B]` the state at step `t`, the latest, of each of this world's sub-environments, in plain sentences."""
        ...


def observation_of(observations: Any, sub_env: int) -> Any:
    """One sub-environment's observation out of a batch, in whatever way Gymnasium batched it."""
    if isinstance(observations, dict):
        return {key: observation_of(part, sub_env) for key, part in observations.items()}
    if isinstance(observations, tuple) and isinstance(observations[0], np.ndarray | dict | tuple):
        return tuple(observation_of(part, sub_env) for part in observations)
    return observations[sub_env]
