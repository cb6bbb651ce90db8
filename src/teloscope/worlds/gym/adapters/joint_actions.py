"""Actions that consist of several (`Tuple`, `Dict`), as one row of numbers.

Environments of several agents that follow Gymnasium's interface take such actions: a `Tuple` with a part an agent. The
one who acts is then the team, and its rewards, one an agent, are components of the reward.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from teloscope.errors import BadWorld


class JointActions(gymnasium.Wrapper[Any, Any, Any, Any]):
    """An environment whose action is one row of numbers in place of a tree of actions."""

    def __init__(self, env: gymnasium.Env[Any, Any]) -> None:
        """Wrap an environment.

        Raises:
            BadWorld: the parts are partly whole numbers, partly real ones, or of another kind.
        """
        super().__init__(env)
        self._tree = env.action_space
        self.action_space = joint_space(env.action_space)
        self.action_parts = len(_leaves(env.action_space))
        """How many actions one row holds."""

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        row = np.asarray(action).reshape(-1)
        parts = _split(self._tree, row)[0]
        observation, reward, terminated, truncated, info = self.env.step(parts)
        return observation, _rewards(reward), bool(np.all(terminated)), bool(np.all(truncated)), info


def joint_space(space: spaces.Space[Any]) -> spaces.Space[Any]:
    """The space of one row of numbers with all parts of an action.

    Raises:
        BadWorld: the parts are partly whole numbers, partly real ones, or of another kind.
    """
    leaves = _leaves(space)
    if all(isinstance(leaf, spaces.Discrete | spaces.MultiDiscrete | spaces.MultiBinary) for leaf in leaves):
        return spaces.MultiDiscrete(np.concatenate([_options(leaf) for leaf in leaves]))
    if all(isinstance(leaf, spaces.Box) and np.issubdtype(leaf.dtype, np.floating) for leaf in leaves):
        low, high = (
            np.concatenate([getattr(leaf, side).reshape(-1) for leaf in leaves]).astype(np.float32)
            for side in ("low", "high")
        )
        return spaces.Box(low, high)
    raise BadWorld(
        f"The action space is {space}; expected all of its parts to be whole numbers (Discrete, MultiDiscrete, "
        "MultiBinary), or all of them real ones (Box). Wrap the environment with gymnasium.wrappers.TransformAction, "
        "so that it takes one of these, and hand over the wrapped one."
    )


def _leaves(space: spaces.Space[Any]) -> list[spaces.Space[Any]]:
    """The spaces without parts, in order."""
    if isinstance(space, spaces.Tuple | spaces.Dict):
        parts = space.spaces.values() if isinstance(space, spaces.Dict) else space.spaces
        return [leaf for part in parts for leaf in _leaves(part)]
    return [space]


def _options(leaf: Any) -> NDArray[np.int64]:
    """How many options each number of a leaf has."""
    if isinstance(leaf, spaces.Discrete):
        return np.array([leaf.n], np.int64)
    if isinstance(leaf, spaces.MultiBinary):
        return np.full(int(np.prod(leaf.shape)), 2, np.int64)
    return np.asarray(leaf.nvec, np.int64).reshape(-1)


def _split(space: Any, row: NDArray[Any]) -> tuple[Any, NDArray[Any]]:
    """A row as the environment's own action, and what is left of the row."""
    if isinstance(space, spaces.Dict):
        parts: dict[str, Any] = {}
        for key, part in space.spaces.items():
            parts[key], row = _split(part, row)
        return parts, row
    if isinstance(space, spaces.Tuple):
        several = []
        for part in space.spaces:
            one, row = _split(part, row)
            several.append(one)
        return tuple(several), row
    if isinstance(space, spaces.Discrete):
        return int(row[0]) + int(space.start), row[1:]
    size = int(np.prod(space.shape))
    own = row[:size].reshape(space.shape).astype(space.dtype)
    return own + getattr(space, "start", 0) if isinstance(space, spaces.MultiDiscrete) else own, row[size:]


def _rewards(given: Any) -> Any:
    """Rewards of several agents as one row."""
    return list(given.values()) if isinstance(given, Mapping) else list(given) if isinstance(given, tuple) else given
