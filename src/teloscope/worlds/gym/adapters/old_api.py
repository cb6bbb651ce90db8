"""Environments that follow the API before Gymnasium 0.26: recognised, and adapted where the user asks for it.

    before 0.26    reset() -> observation                 step(a) -> observation, reward, done, info       seed(n)
    since 0.26     reset(seed=n) -> observation, info     step(a) -> …, terminated, truncated, info

`done` says that an episode ended, not why. Adapted, it is taken as the world's own ending unless
`info["TimeLimit.truncated"]` says that the time was up.

Source: Gymnasium's migration guide.
"""

from __future__ import annotations

import inspect
from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces

from teloscope.errors import BadWorld

TIME_UP = "TimeLimit.truncated"
REMEDY = (
    "Hand it over with `GymWorld(…, old_api=True)`, which takes `done` as the world's own ending "
    f"unless info[{TIME_UP!r}] is true; or bring it up to date, as Gymnasium's migration guide says."
)


def old_api(label: str, what: str) -> BadWorld:
    """The error that an environment follows the old API; `what` it did."""
    return BadWorld(f"World {label!r} follows the API before Gymnasium 0.26: {what}. {REMEDY}")


def is_reset_result(given: Any) -> bool:
    """Whether `reset` gave (observation, info)."""
    return isinstance(given, tuple) and len(given) == 2 and isinstance(given[1], dict)


def is_unpacking(error: Exception) -> bool:
    """Whether a wrapper of Gymnasium's failed to unpack what an old `step` or `reset` gave."""
    return isinstance(error, ValueError | TypeError) and "unpack" in str(error)


class OldApiEnv(gymnasium.Env[Any, Any]):
    """An environment of the old API as one of today's."""

    metadata: dict[str, Any] = {"render_modes": []}  # noqa: RUF012  (Gymnasium's own form)

    def __init__(self, old: Any) -> None:
        self.old = old
        self.observation_space = modern_space(old.observation_space)
        self.action_space = modern_space(old.action_space)
        self.spec = old.spec if isinstance(old, gymnasium.Env) else None

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        super().reset(seed=seed)
        given = self._reset(seed, options)
        return given if is_reset_result(given) else (given, {})

    def _reset(self, seed: int | None, options: dict[str, Any] | None) -> Any:
        extra = {"options": options} if options else {}
        if seed is None:
            return self.old.reset(**extra)
        if _takes(self.old.reset, "seed"):
            return self.old.reset(seed=seed, **extra)
        plant = getattr(self.old, "seed", None)
        if not callable(plant):
            raise TypeError("neither reset nor a method `seed` takes a seed")
        plant(seed)
        return self.old.reset(**extra)

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        given = self.old.step(action)
        if len(given) == 5:
            return given
        observation, reward, done, info = given
        late = bool(info.get(TIME_UP, False))
        return observation, reward, bool(done) and not late, bool(done) and late, info

    def close(self) -> None:
        if callable(close := getattr(self.old, "close", None)):
            close()

    def __getattr__(self, name: str) -> Any:
        if name == "old" or name.startswith("_"):
            raise AttributeError(name)
        return getattr(self.old, name)


def modern_space(space: Any) -> spaces.Space[Any]:
    """A space of the old `gym` package as one of Gymnasium's.

    Raises:
        BadWorld: a kind of space that Gymnasium doesn't have.
    """
    if isinstance(space, spaces.Space):
        return space
    kind = type(space).__name__
    if kind == "Box":
        return spaces.Box(np.asarray(space.low), np.asarray(space.high), tuple(space.shape), space.dtype)
    if kind == "Discrete":
        return spaces.Discrete(int(space.n), start=int(getattr(space, "start", 0)))
    if kind == "MultiDiscrete":
        return spaces.MultiDiscrete(np.asarray(space.nvec))
    if kind == "MultiBinary":
        return spaces.MultiBinary(space.n)
    if kind == "Tuple":
        return spaces.Tuple([modern_space(part) for part in space.spaces])
    if kind == "Dict":
        return spaces.Dict({key: modern_space(part) for key, part in space.spaces.items()})
    raise BadWorld(f"The space {space!r} of an old environment has no like in Gymnasium; wrap the environment.")


def _takes(function: Any, parameter: str) -> bool:
    try:
        given = inspect.signature(function).parameters
    except (TypeError, ValueError):
        return False
    return parameter in given or any(p.kind is p.VAR_KEYWORD for p in given.values())
