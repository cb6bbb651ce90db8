"""Features of a Gymnasium environment: named columns from observations, `info`, user functions and entities.

Observation entries are read from whole batches. `info`, functions of one observation and entities are read from each
sub-environment. Images, free texts and very wide boxes are left out, and `left_out` says so; a user function can
summarise them.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from teloscope.errors import BadWorld
from teloscope.worlds.world import FeatureKind

WIDEST = 256
"""An observation with more entries than this gives no columns."""

Path = tuple[str | int, ...]


class Leaf(NamedTuple):
    """One array inside an observation."""

    path: Path
    """Keys that lead to it; empty where the observation is the array."""
    names: tuple[str, ...]
    """One column name per entry, in C order."""
    kind: FeatureKind
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    """How columns are stored: never unsigned, so that a difference in a condition can't wrap around."""

    def read(self, observations: Any) -> Any:
        """`[B, *shape]` (or `[*shape]` for one observation)."""
        for key in self.path:
            observations = observations[key]
        return observations


class Computed(NamedTuple):
    """A feature that a user function computes."""

    name: str
    function: Callable[..., Any]
    of_env: bool
    """Called as `f(env)`; else as `f(observation, info)` or `f(observation)`."""
    arity: int
    batched: bool
    """Called once for all sub-environments and returns `[B]`."""

    def one(self, env: Any, observation: Any, info: Any) -> Any:
        """The value in one sub-environment."""
        given = (env,) if self.of_env else (observation, info)[: self.arity]
        try:
            return self.function(*given)
        except Exception as error:
            raise BadWorld(
                f"The feature {self.name!r} can't be computed: {type(error).__name__}: {error}. A feature is a "
                "function f(observation, info), f(observation) or f(env) of the state as it stands."
            ) from error


@dataclass(frozen=True)
class FeaturePlan:
    """Which features a world has, and where each comes from."""

    leaves: tuple[Leaf, ...] = ()
    info: Mapping[str, str] = field(default_factory=dict)
    """Feature name -> key of `info`."""
    computed: tuple[Computed, ...] = ()
    entities: tuple[str, ...] = ()
    """Features of a sub-environment's entities (MiniGrid)."""
    kinds: Mapping[str, FeatureKind] = field(default_factory=dict)
    """Every feature, in the order of the columns."""
    left_out: Mapping[str, str] = field(default_factory=dict)
    """Part of the observation or of `info` -> why it is no feature."""
    grid_kinds: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
    """MiniGrid: kinds of objects that are entities, and those of them that some episodes lack."""

    @property
    def bytes_per_state(self) -> int:
        """What one state takes while an episode runs."""
        leaves = sum(leaf.dtype.itemsize * len(leaf.names) for leaf in self.leaves)
        return leaves + 8 * (len(self.kinds) - sum(len(leaf.names) for leaf in self.leaves))

    @property
    def from_observations_alone(self) -> bool:
        """Whether every feature can be read from a batch of observations alone."""
        return not (self.info or self.entities or self.computed)


def column_name(*parts: object) -> str:
    """A feature name that can stand in a condition: lower case, letters, digits and underscores."""
    text = re.sub(r"\W+", "_", "_".join(str(p) for p in parts)).strip("_").lower()
    return f"_{text}" if text[:1].isdigit() else text or "obs"


def leaves_of(space: spaces.Space[Any], path: Path = ()) -> tuple[list[Leaf], dict[str, str]]:
    """The arrays of an observation that become columns, and what is left out and why."""
    if isinstance(space, spaces.Dict | spaces.Tuple):
        parts = space.spaces.items() if isinstance(space, spaces.Dict) else enumerate(space.spaces)
        leaves: list[Leaf] = []
        left_out: dict[str, str] = {}
        for key, part in parts:
            found, missed = leaves_of(part, (*path, key))
            leaves += found
            left_out |= missed
        return leaves, left_out
    name = column_name(*path) if path else "obs"
    if reason := _why_no_columns(space):
        return [], {name: reason}
    shape = space.shape or ()
    kind: FeatureKind = "bool" if isinstance(space, spaces.MultiBinary) or space.dtype == np.bool_ else "number"
    return [Leaf(path, _entry_names(name, shape), kind, shape, _column_dtype(np.dtype(space.dtype), kind))], {}


def _why_no_columns(space: spaces.Space[Any]) -> str:
    if not isinstance(space, spaces.Box | spaces.Discrete | spaces.MultiDiscrete | spaces.MultiBinary):
        return f"{type(space).__name__} observations have no fixed columns; name a feature function of the observation."
    shape = space.shape or ()
    if space.dtype == np.uint8 and len(shape) == 3:
        return f"an image of {' x '.join(map(str, shape))} values; name a feature function that summarises it."
    if np.prod(shape, dtype=int) > WIDEST:
        return (
            f"{np.prod(shape, dtype=int):,} entries, more than {WIDEST}; name a feature function that summarises them."
        )
    return ""


def _entry_names(name: str, shape: tuple[int, ...]) -> tuple[str, ...]:
    if np.prod(shape, dtype=int) == 1:
        return ("obs_0",) if name == "obs" else (name,)
    return tuple(column_name(name, *index) for index in np.ndindex(shape))


def _column_dtype(dtype: np.dtype[Any], kind: FeatureKind) -> np.dtype[Any]:
    if kind == "bool":
        return np.dtype(np.bool_)
    if dtype.kind == "f":
        return np.dtype(np.float64 if dtype.itemsize > 4 else np.float32)
    return np.dtype(np.int64 if dtype.itemsize >= 4 and dtype != np.int32 else np.int32)


def rename_leaves(leaves: Sequence[Leaf], names: Mapping[str, str] | Sequence[str]) -> tuple[Leaf, ...]:
    """Leaves under the user's names: a mapping from column to name, or one name per column in order.

    Raises:
        BadWorld: a column that isn't there, or a wrong number of names.
    """
    columns = [column for leaf in leaves for column in leaf.names]
    if isinstance(names, Mapping):
        if unknown := set(names) - set(columns):
            raise BadWorld(f"Names are given for {sorted(unknown)}, but the observation's columns are {columns[:20]}.")
        new = [column_name(names.get(column, column)) for column in columns]
    elif len(names) == len(columns):
        new = [column_name(name) for name in names]
    else:
        raise BadWorld(
            f"{len(names)} names are given for {len(columns)} observation columns {columns[:20]}; give one for each."
        )
    at = iter(new)
    return tuple(leaf._replace(names=tuple(next(at) for _ in leaf.names)) for leaf in leaves)


def computed_features(functions: Mapping[str, Callable[..., Any]]) -> tuple[Computed, ...]:
    """User functions as features; each function's signature says how it is called.

    One parameter is the environment unless it is called `observation`, `obs` or `observations`; two are observation and
    info. A true attribute `batched` asks for one call with all sub-environments.

    Raises:
        BadWorld: not a function, or one of another number of parameters.
    """
    return tuple(_computed(name, function) for name, function in functions.items())


def _computed(name: str, function: Callable[..., Any]) -> Computed:
    if not callable(function):
        raise BadWorld(
            f"The feature {name!r} is {function!r}; expected a function f(observation, info), f(observation) or f(env)."
        )
    required = [
        p
        for p in inspect.signature(function).parameters.values()
        if p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
    ]
    if len(required) not in (1, 2):
        raise BadWorld(
            f"The feature {name!r} is a function of {len(required)} parameters; expected f(observation, info), "
            "f(observation) or f(env)."
        )
    of_env = len(required) == 1 and required[0].name not in ("observation", "observations", "obs")
    return Computed(column_name(name), function, of_env, len(required), bool(getattr(function, "batched", False)))


def scalar_kind(value: Any) -> FeatureKind | None:
    """What kind of feature a value can be; None where it is none (arrays, objects, nothing)."""
    if isinstance(value, np.ndarray) and value.shape == ():
        value = value[()]
    if isinstance(value, bool | np.bool_):
        return "bool"
    if isinstance(value, str):
        return "category"
    return "number" if isinstance(value, int | float | np.integer | np.floating) else None


_STORED = {"number": np.dtype(np.float64), "bool": np.dtype(np.bool_), "category": np.dtype(object)}


class FeatureLog:
    """Logs the features of `B` sub-environments at `horizon + 1` steps."""

    def __init__(self, plan: FeaturePlan, horizon: int, sub_envs: int) -> None:
        self.plan = plan
        self.root = plan.leaves[0].path == () if plan.leaves else False
        """Whether an observation is one array, and no tree of them."""
        self.leaves = [np.empty((horizon + 1, sub_envs, *leaf.shape), leaf.dtype) for leaf in plan.leaves]
        scalars = {*plan.info, *(c.name for c in plan.computed)}
        self.scalars = {
            name: np.zeros((horizon + 1, sub_envs), _STORED[plan.kinds[name]]) for name in plan.kinds if name in scalars
        }
        self.entities = {
            name: np.zeros(
                (horizon + 1, sub_envs), np.int32 if plan.kinds[name] == "number" else _STORED[plan.kinds[name]]
            )
            for name in plan.entities
        }

    def observe(self, t: int, observations: Any) -> None:
        """Log the features that a batch of observations holds."""
        if self.root:
            if t == 0 and observations.ndim == 2 and observations.strides[0] < observations.strides[1]:
                self._store_by_column()
            self.leaves[0][t] = observations
            return
        for leaf, rows in zip(self.plan.leaves, self.leaves, strict=True):
            rows[t] = leaf.read(observations)

    def _store_by_column(self) -> None:
        """Store columns contiguously, as the environment does: a transposing copy takes six times as long."""
        times, sub_envs, width = self.leaves[0].shape
        self.leaves[0] = np.empty((times, width, sub_envs), self.leaves[0].dtype).transpose(0, 2, 1)

    def write(self, name: str, t: int, sub_env: int | slice, value: Any) -> None:
        """Write one feature that is no observation entry, in one sub-environment or all.

        Raises:
            BadWorld: the value is of another kind than the world's first states said.
        """
        kind = self.plan.kinds[name]
        if (
            isinstance(sub_env, int)
            and scalar_kind(value) != kind
            and not (kind == "number" and scalar_kind(value) == "bool")
        ):
            raise BadWorld(
                f"Feature {name!r} was a {kind} at first and is {value!r} at t={t}. Make it one kind in every state, "
                "or leave it out with `info=[...]`."
            )
        self.scalars[name][t, sub_env] = value

    def columns(self, last: int) -> dict[str, NDArray[Any]]:
        """Feature name -> `[last + 1, B]`."""
        out: dict[str, NDArray[Any]] = {}
        for leaf, rows in zip(self.plan.leaves, self.leaves, strict=True):
            flat = rows[: last + 1].reshape(last + 1, rows.shape[1], -1)
            out |= {name: flat[:, :, i] for i, name in enumerate(leaf.names)}
        out |= {name: rows[: last + 1] for name, rows in {**self.scalars, **self.entities}.items()}
        return {name: out[name] for name in self.plan.kinds}
