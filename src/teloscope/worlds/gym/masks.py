"""Which actions are allowed in a state, in environments that say so.

An environment says so by one of these, looked for in this order:

    a function of the user's        `GymWorld(env, action_masks=f)`, f(env)
    a method of the environment     action_masks (sb3-contrib), action_mask, get_action_mask, valid_action_mask
    `info["action_mask"]`           Gymnasium's toy text (Taxi), PettingZoo's classic games
    `observation["action_mask"]`    PettingZoo's and RLlib's observations with parts

In a vector environment the first two are asked of its single environments, which a `SyncVectorEnv` holds in this
process; others say by `info` or the observation.

References, noise and shoves keep to the mask. The agent is given it where it can use it, and may disregard it: what
then happens is up to the environment.

Source: sb3-contrib (MaskablePPO), Gymnasium (Taxi), PettingZoo.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
from gymnasium.vector import SyncVectorEnv, VectorEnv
from numpy.typing import NDArray

from teloscope.errors import BadWorld, one_line
from teloscope.worlds.actions import ActionSet

METHODS = ("action_masks", "action_mask", "get_action_mask", "valid_action_mask")
KEY = "action_mask"


class MaskSource(NamedTuple):
    """Where the masks of an environment come from."""

    kind: Literal["function", "method", "info", "observation"]
    name: str
    size: int
    """Entries of a mask: one an action; one an option of each number, where an action is several numbers."""
    function: Callable[[Any], Any] | None = None

    @property
    def identity(self) -> str:
        """Stable text for the digest."""
        return f"{self.kind} {self.name}"

    def one(self, env: Any, observation: Any, info: Mapping[str, Any]) -> NDArray[np.bool_]:
        """`[M]` what is allowed now in a single environment; everything, where it forbids all.

        Raises:
            BadWorld: the environment gives no mask of the right size.
        """
        try:
            given = self._given(env, observation, info)
        except Exception as error:
            raise BadWorld(f"The action mask ({self.identity}) can't be had: {one_line(error)}.") from error
        mask = flat_mask(given)
        if mask is None or len(mask) != self.size:
            raise BadWorld(
                f"The action mask ({self.identity}) is {given!r}; expected {self.size} flags, as in the first state."
            )
        return mask if mask.any() else ~mask

    @property
    def of_env(self) -> bool:
        """Whether a single environment is asked, and not what it told."""
        return self.kind in ("function", "method")

    def _given(self, env: Any, observation: Any, info: Mapping[str, Any]) -> Any:
        if self.kind == "function":
            assert self.function is not None
            return self.function(env)
        if self.kind == "method":
            return method_of(env, self.name)()
        return (info if self.kind == "info" else observation)[self.name]


def find_masks(
    env: Any, observation: Any, info: Mapping[str, Any], actions: ActionSet, function: Callable[[Any], Any] | None
) -> MaskSource | None:
    """Where an environment's masks come from; None if it has none that fit its actions.

    Raises:
        BadWorld: the user's function gives no mask that fits.
    """
    size = actions.mask_size
    if isinstance(env, VectorEnv):
        singles = single_envs(env)
        if function is not None and singles is None:
            raise BadWorld(
                "`action_masks` was given for a vector environment whose single environments can't be reached. Use a "
                "SyncVectorEnv, or let `info['action_mask']` say what is allowed."
            )
        env = singles[0] if singles else None
    if function is not None:
        source = MaskSource("function", getattr(function, "__qualname__", "action_masks"), size or 0, function)
        source.one(env, observation, info)
        return source
    if size is None:
        return None
    for name in METHODS:
        method = method_of(env, name)
        if callable(method) and _fits(_quietly(method), size):
            return MaskSource("method", name, size)
    if _fits(info.get(KEY), size):
        return MaskSource("info", KEY, size)
    if isinstance(observation, Mapping) and _fits(observation.get(KEY), size):
        return MaskSource("observation", KEY, size)
    return None


def flat_mask(given: Any) -> NDArray[np.bool_] | None:
    """`[M]` a mask in one row, from an array, or from one for each number of an action; None: it is no mask."""
    parts = given if isinstance(given, list | tuple) and any(np.ndim(part) for part in given) else [given]
    try:
        flat = np.concatenate([np.asarray(part).reshape(-1) for part in parts])
    except (TypeError, ValueError):
        return None
    return flat.astype(np.bool_) if flat.dtype.kind in "biuf" and np.isin(flat, (0, 1)).all() else None


def single_envs(vector: VectorEnv[Any, Any, Any]) -> Sequence[Any] | None:
    """The single environments that a vector environment holds in this process; None: they are elsewhere."""
    inner = vector.unwrapped
    return inner.envs if isinstance(inner, SyncVectorEnv) else None


def method_of(env: Any, name: str) -> Any:
    """A method of an environment or of a wrapper around it, or None."""
    try:
        return env.get_wrapper_attr(name) if hasattr(env, "get_wrapper_attr") else getattr(env, name, None)
    except AttributeError:
        return None


def _quietly(method: Callable[[], Any]) -> Any:
    try:
        return method()
    except Exception:  # a method of that name that is for something else
        return None


def _fits(given: Any, size: int) -> bool:
    mask = None if given is None else flat_mask(given)
    return mask is not None and len(mask) == size
