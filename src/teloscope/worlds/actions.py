"""The action space of a world: which actions are legal, and how a uniform one is made from given uniform draws.

Actions are numbered from 0, whatever the environment's own numbering, so that agents, references and tables share one
numbering.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray
from scipy.special import ndtri

from teloscope.errors import BadWorld

_TINY = 2.0**-53
"""Keeps draws inside (0, 1), where the normal quantile is finite."""


@dataclass(frozen=True)
class ActionSet:
    """The actions of one agent, read from a Gymnasium space."""

    space: spaces.Space[Any]
    """Discrete, MultiDiscrete, MultiBinary or Box."""

    def __post_init__(self) -> None:
        if not isinstance(self.space, spaces.Discrete | spaces.MultiDiscrete | spaces.MultiBinary | spaces.Box):
            raise BadWorld(
                f"The action space is {self.space}; expected Discrete, MultiDiscrete, MultiBinary or Box. Flatten it "
                "with gymnasium.wrappers.TransformAction and pass the wrapped environment."
            )

    @classmethod
    def of(cls, count: int) -> ActionSet:
        """`count` actions, numbered from 0."""
        return cls(spaces.Discrete(count))

    @property
    def count(self) -> int | None:
        """How many actions there are; None where an action is not a single number from a finite set."""
        return int(self.space.n) if isinstance(self.space, spaces.Discrete) else None

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one action; `()` for a single number."""
        return self.space.shape or ()

    @property
    def dtype(self) -> np.dtype[Any]:
        """How actions are stored."""
        if isinstance(self.space, spaces.Box) and self._real:
            return np.dtype(np.float32)
        return np.dtype(np.uint8) if self.count is not None and self.count <= 256 else np.dtype(np.int32)

    @property
    def draws(self) -> int:
        """Uniform draws that one uniform action takes."""
        return int(np.prod(self.shape, dtype=int))

    @property
    def _real(self) -> bool:
        return np.issubdtype(np.dtype(self.space.dtype), np.floating)

    @cached_property
    def _bounds(self) -> tuple[NDArray[Any], NDArray[Any]]:
        """Lowest and highest legal value of each number in an action, in teloscope's counting from 0."""
        space = self.space
        if isinstance(space, spaces.Box):
            return space.low, space.high
        if isinstance(space, spaces.Discrete):
            return np.array(0), np.array(int(space.n) - 1)
        high = np.ones(self.shape, int) if isinstance(space, spaces.MultiBinary) else np.asarray(space.nvec) - 1  # type: ignore[attr-defined]
        return np.zeros(self.shape, int), high

    def describe(self) -> str:
        """What is legal, for messages."""
        low, high = self._bounds
        if self.count is not None:
            return f"a whole number from 0 to {self.count - 1}"
        kind = "finite numbers" if self.dtype.kind == "f" else "whole numbers"
        edges = (
            f"from {low.min():g} to {high.max():g}"
            if np.all(low == low.min()) and np.all(high == high.max())
            else f"inside {self.space}"
        )
        return f"{kind} of shape {self.shape} {edges}"

    def illegal(self, actions: NDArray[Any], alive: NDArray[np.bool_]) -> int | None:
        """The first living sub-environment whose action is not legal, or None.

        Args:
            actions: `[B, *shape]`.
            alive: `[B]` sub-environments whose action counts.
        """
        if actions.shape != (len(alive), *self.shape) or actions.dtype.kind not in (
            "iuf" if self.dtype.kind == "f" else "iu"
        ):
            return int(np.argmax(alive))
        low, high = self._bounds
        fine = ((actions >= low) & (actions <= high)).reshape(len(alive), -1).all(axis=1)
        if actions.dtype.kind == "f":
            fine &= np.isfinite(actions).reshape(len(alive), -1).all(axis=1)
        bad = np.flatnonzero(alive & ~fine)
        return int(bad[0]) if len(bad) else None

    @property
    def mask_size(self) -> int | None:
        """Entries of a mask: one an option of each number of an action; None where actions can't be masked."""
        options = self._options
        return None if options is None else int(options.sum())

    @cached_property
    def _options(self) -> NDArray[np.int64] | None:
        """`[draws]` options of each number of an action; None where a number has infinitely many."""
        if isinstance(self.space, spaces.Box):
            return None
        low, high = (np.broadcast_to(b, self.shape).reshape(-1).astype(np.int64) for b in self._bounds)
        return high - low + 1

    def allowed(self, actions: NDArray[Any], masks: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """`[B]` which actions `[B, *shape]` the masks `[B, M]` allow."""
        assert self._options is not None, "actions of this space can't be masked"
        firsts = np.cumsum(self._options) - self._options
        places = firsts + actions.reshape(len(masks), -1).astype(np.int64)
        return np.asarray(np.take_along_axis(masks, places, axis=1).all(axis=1))

    def _uniform_masked(self, draws: NDArray[np.float64], masks: NDArray[np.bool_]) -> NDArray[Any]:
        """Uniform among the options of each number that the masks `[B, M]` allow."""
        assert self._options is not None, "actions of this space can't be masked"
        chosen = np.zeros(draws.shape, np.int64)
        for i, part in enumerate(np.split(masks, np.cumsum(self._options)[:-1], axis=1)):
            open_to = np.where(part.any(axis=1, keepdims=True), part, True)
            rank = np.floor(draws[:, i] * open_to.sum(axis=1))
            chosen[:, i] = (np.cumsum(open_to, axis=1) > rank[:, None]).argmax(axis=1)
        return chosen.reshape(len(draws), *self.shape)

    def uniform(self, draws: NDArray[np.float64], masks: NDArray[np.bool_] | None = None) -> NDArray[Any]:
        """Uniform actions; unbounded numbers come from a standard normal, half-bounded ones from an exponential.

        Args:
            draws: `[B, draws]` uniform on [0, 1).
            masks: `[B, M]` which options of each number are allowed; None: all.

        Returns:
            `[B, *shape]` legal actions.
        """
        if masks is not None:
            return self._uniform_masked(draws, masks)
        low, high = (np.broadcast_to(b, self.shape).reshape(-1).astype(np.float64) for b in self._bounds)
        if self.dtype.kind != "f":
            return (low + np.floor(draws * (high - low + 1))).astype(np.int64).reshape(len(draws), *self.shape)
        u = np.clip(draws, _TINY, 1 - _TINY)
        below, above = np.isfinite(low), np.isfinite(high)
        with np.errstate(invalid="ignore"):  # the branch not taken may hold infinities
            out = np.where(below & above, low + u * (high - low), ndtri(u))
            out = np.where(below & ~above, low - np.log(u), out)
            out = np.where(~below & above, high + np.log(u), out)
        return out.astype(np.float32).clip(low, high).astype(np.float32).reshape(len(draws), *self.shape)

    def native(self, actions: NDArray[Any]) -> NDArray[Any]:
        """The same actions in the environment's own numbering."""
        return actions if self._start is None else actions + self._start

    @cached_property
    def _start(self) -> Any:
        start = getattr(self.space, "start", 0)
        return start if np.any(start) else None
