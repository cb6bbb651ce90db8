"""Lanes: `B` episodes of one world side by side, for worlds that are stepped and not tabulated.

A world that is stepped gives lanes for a context; the engine in `recordings.stepping` runs them until every episode has
ended. Lanes write down the features of every state they visit, so that the engine never looks inside an observation.
"""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from teloscope.worlds.actions import ActionSet
from teloscope.worlds.world import Context


class Moved(NamedTuple):
    """What one step of every lane brought; what stands in lanes that have ended is not read."""

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


class Lanes(Protocol):
    """`B` episodes side by side in one context."""

    def reset(self, seeds: NDArray[np.uint64]) -> Any:
        """Begin an episode in every lane; returns the first observations. `seeds`: `[B]`."""
        ...

    def step(self, actions: NDArray[Any], alive: NDArray[np.bool_], t: int) -> Moved:
        """Move every living lane from state `t` to `t + 1`. `actions`: `[B, ...]`, legal."""
        ...

    def shove(self, t: int) -> Any:
        """Replace the states before acting at `t` and return what is seen now; only asked of worlds that can do so."""
        ...

    def features(self, last: int) -> dict[str, NDArray[Any]]:
        """Feature name -> `[last + 1, B]`; what stands after an episode's end is not read."""
        ...


class SteppedWorld(Protocol):
    """What a world that is stepped offers beside what every world has."""

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
        """How many uniform actions make a shove; 0: the lanes are shoved."""
        ...

    @property
    def action_set(self) -> ActionSet:
        """What is legal."""
        ...

    @property
    def block(self) -> int:
        """Episodes side by side, at most."""
        ...

    def lanes(self, episodes: int, context: Context) -> Lanes:
        """That many episodes side by side, in one context."""
        ...

    def describe_lanes(self, lanes: Any, t: int) -> list[str]:
        """`[B]` what is the case at step `t`, the latest, in each of the lanes that it gave."""
        ...


def lane_of(observations: Any, lane: int) -> Any:
    """One lane's observation out of a batch, in whatever way Gymnasium batched it."""
    if isinstance(observations, dict):
        return {key: lane_of(part, lane) for key, part in observations.items()}
    if isinstance(observations, tuple) and isinstance(observations[0], np.ndarray | dict | tuple):
        return tuple(lane_of(part, lane) for part in observations)
    return observations[lane]
