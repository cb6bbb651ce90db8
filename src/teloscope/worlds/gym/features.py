"""Features of a Gymnasium environment: named columns from observations, `info`, user functions and entities.

Observation entries are read from whole batches (`observation_columns`). `info`, functions of one observation and
entities are read from each sub-environment. Of a reward with several components, each is a feature: what was paid for
the step that led to the state.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from teloscope.errors import BadWorld
from teloscope.worlds.gym.observation_columns import Leaf, column_name
from teloscope.worlds.world import FeatureKind


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
    summarised: Mapping[str, str] = field(default_factory=dict)
    """Part of the observation -> what stands for it."""
    rewards: Mapping[str, float] = field(default_factory=dict)
    """Feature of a component of the reward -> its weight in the scalar reward; empty where the reward is a scalar."""
    grid_kinds: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
    """MiniGrid: kinds of objects that are entities, and those of them that some episodes lack."""

    @property
    def bytes_per_state(self) -> int:
        """What one state takes while an episode runs."""
        leaves = sum(max(leaf.dtype.itemsize, 1) * len(leaf.names) for leaf in self.leaves)
        return leaves + 8 * (len(self.kinds) - sum(len(leaf.names) for leaf in self.leaves))

    @property
    def from_observations_alone(self) -> bool:
        """Whether every feature can be read from a batch of observations alone."""
        return not (self.info or self.entities or self.computed)

    @property
    def reward_weights(self) -> NDArray[np.float64] | None:
        """`[components]` weights of the reward's components in the scalar; None where the reward is a scalar."""
        return np.array(list(self.rewards.values()), np.float64) if self.rewards else None


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
        self.root = bool(plan.leaves) and plan.leaves[0].path == () and plan.leaves[0].summary is None
        """Whether an observation is one array, and no tree of them, and is stored as it is."""
        self.leaves = [np.empty((horizon + 1, sub_envs, *leaf.shape), leaf.dtype) for leaf in plan.leaves]
        scalars = {*plan.info, *plan.rewards, *(c.name for c in plan.computed)}
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

    def paid(self, t: int, rewards: Any, sub_envs: Any = slice(None)) -> NDArray[Any]:
        """`[N]` the scalar rewards of the steps to the states at `t`; of rewards with components these are logged.

        Args:
            t: the step after which they were paid.
            rewards: `[N]`, or `[N, components]`.
            sub_envs: which sub-environments they are of.

        Raises:
            BadWorld: another number of components than in the world's first steps.
        """
        weights = self.plan.reward_weights
        paid = np.asarray(rewards, np.float64)
        wanted = (len(paid),) if weights is None else (len(paid), len(weights))
        if paid.shape != wanted and paid.size == np.prod(wanted):
            paid = paid.reshape(wanted)
        if paid.shape != wanted:
            raise BadWorld(
                f"The reward has the shape {paid.shape[1:]} at t={t}; expected {wanted[1:] or 'one number'}, as in the "
                "world's first steps."
            )
        if weights is None:
            return paid
        for name, column in zip(self.plan.rewards, paid.T, strict=True):
            self.scalars[name][t, sub_envs] = column
        return paid @ weights

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
