"""Probing a Gymnasium environment: a few first steps decide which features it has, and test its seeding."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces
from gymnasium.vector import VectorEnv
from gymnasium.vector.utils import batch_space, iterate

from teloscope.errors import BadWorld, NotFound
from teloscope.worlds.actions import ActionSet
from teloscope.worlds.gym.features import (
    Computed,
    FeaturePlan,
    Leaf,
    column_name,
    computed_features,
    leaves_of,
    rename_leaves,
    scalar_kind,
)
from teloscope.worlds.gym.known_names import known_names
from teloscope.worlds.gym.minigrid import KINDS, GridReader, feature_kind, is_minigrid
from teloscope.worlds.gym.source import Source, own_limit
from teloscope.worlds.gym.sub_envs import autoreset_mode
from teloscope.worlds.table.features import RESERVED
from teloscope.worlds.world import FeatureKind

PROBE_STEPS = 8
"""Steps of a probe."""
PROBE_STARTS = 32
"""Starts in which MiniGrid's kinds of objects are looked for."""


class Probe:
    """The first steps of an environment, taken twice with the same seed and actions.

    Raises:
        BadWorld: it does not take seeds, or the same seed gives different episodes, and `seedless` was not declared.
    """

    def __init__(self, source: Source, seedless: bool) -> None:
        self.source, self.seedless = source, seedless
        self.env: gymnasium.Env[Any, Any] | None = None
        self.vector: VectorEnv[Any, Any, Any] | None = None
        if source.many is None:
            self.env = source.make_one({})
            self.observation_space, self.action_space = self.env.observation_space, self.env.action_space
        else:
            self.vector = source.make_many(source.most or 2, {})
            self.observation_space = self.vector.single_observation_space
            self.action_space = self.vector.single_action_space
        self.actions = ActionSet(self.action_space)
        self.observations, self.infos = self._look()
        if not seedless and not _same((self.observations, self.infos), self._look()):
            raise BadWorld(
                f"World {source.label!r} gives different episodes after two resets with the same seed, so agent and "
                "references can't be paired. Make it draw from `self.np_random`, or declare `seedless=True`: pairing "
                "is then not claimed."
            )

    @property
    def limit(self) -> int | None:
        """Steps after which an episode ends by itself, as far as can be seen."""
        return self.source.limit if self.env is None else self.source.limit or own_limit(self.env)

    def reset(self, seed: int) -> tuple[Any, Mapping[str, Any]]:
        """First observation and info in the first sub-environment."""
        env: Any = self.env if self.env is not None else self.vector
        if self.seedless:
            return self._first_sub_env(*env.reset())
        try:
            return self._first_sub_env(*env.reset(seed=seed))
        except TypeError as error:
            if "seed" not in str(error):
                raise
            raise BadWorld(
                f"World {self.source.label!r} can't be seeded: its reset does not accept `seed` ({error}). Accept it "
                "and pass it to `super().reset(seed=seed)`, or declare `seedless=True`: pairing is then not claimed."
            ) from error

    def _look(self) -> tuple[list[Any], list[Mapping[str, Any]]]:
        """Observations and infos of the first sub-environment from one seed, a few steps long at most."""
        observation, info = self.reset(0)
        observations, infos = [observation], [info]
        rng = np.random.default_rng(0)
        for _ in range(PROBE_STEPS):
            observation, info, ended = self._step(rng)
            if ended and self.vector is not None and autoreset_mode(self.vector) == "SameStep":
                break  # this observation belongs to the next episode
            observations.append(observation)
            infos.append(info)
            if ended:
                break
        return observations, infos

    def _step(self, rng: np.random.Generator) -> tuple[Any, Mapping[str, Any], bool]:
        sub_envs = 1 if self.vector is None else self.vector.num_envs
        actions = self.actions.native(self.actions.uniform(rng.random((sub_envs, self.actions.draws))))
        if self.vector is None:
            assert self.env is not None
            observation, _, terminated, truncated, info = self.env.step(actions[0])
            return observation, info, bool(terminated or truncated)
        observations, _, terminated, truncated, infos = self.vector.step(actions)
        return *self._first_sub_env(observations, infos), bool((terminated | truncated).any())

    def _first_sub_env(self, observations: Any, infos: Mapping[str, Any]) -> tuple[Any, Mapping[str, Any]]:
        if self.vector is None:
            return _copied(observations), dict(infos)
        first = next(iter(iterate(batch_space(self.observation_space, self.vector.num_envs), observations)))
        there = {
            k: v
            for k, v in infos.items()
            if isinstance(v, np.ndarray) and not k.startswith("_") and infos.get(f"_{k}", [True])[0]
        }
        return _copied(first), {key: values[0] for key, values in there.items()}

    def close(self) -> None:
        """Close what the probe opened, but never a ready-made environment."""
        if not self.source.ready_made:
            for env in (self.env, self.vector):
                if env is not None:
                    env.close()


def _copied(observation: Any) -> Any:
    """A copy, since environments may write into the array they gave."""
    if isinstance(observation, Mapping):
        return {key: _copied(part) for key, part in observation.items()}
    if isinstance(observation, tuple):
        return tuple(_copied(part) for part in observation)
    return observation.copy() if isinstance(observation, np.ndarray) else observation


def _same(one: Any, two: Any) -> bool:
    """Equality through nested containers; NaN equals NaN, and what can't be compared is taken to be equal."""
    if isinstance(one, Mapping):
        return isinstance(two, Mapping) and one.keys() == two.keys() and all(_same(one[k], two[k]) for k in one)
    if isinstance(one, list | tuple):
        return isinstance(two, list | tuple) and len(one) == len(two) and all(map(_same, one, two))
    if isinstance(one, np.ndarray) or scalar_kind(one) is not None:
        try:
            return bool(np.array_equal(one, two, equal_nan=True))
        except TypeError:  # texts know no NaN
            return bool(np.array_equal(one, two))
    return True


def plan_features(
    probe: Probe,
    functions: Mapping[str, Callable[..., Any]],
    names: Mapping[str, str] | Sequence[str] | None,
    info: Sequence[str] | None,
) -> FeaturePlan:
    """Which features the world has.

    Raises:
        BadWorld: two features of one name, none at all, or a function that gives no number, boolean or text.
    """
    left_out: dict[str, str] = {}
    grid = _grid_features(probe)
    if grid:
        leaves: tuple[Leaf, ...] = ()
        left_out["observation"] = "entity features of the grid stand in its place."
    else:
        leaves, left_out = observation_features(probe.observation_space, names, probe.source.spec_name)
    kinds: dict[str, FeatureKind] = {name: leaf.kind for leaf in leaves for name in leaf.names}
    kinds |= grid
    _refuse_twins([*(name for leaf in leaves for name in leaf.names), *grid], probe.source.label)
    entries, missed = _info_entries(probe, info, set(kinds))
    kinds |= {name: scalar_kind(probe.infos[0][key]) or "number" for name, key in entries.items()}
    computed = computed_features(functions)
    _refuse_twins([*kinds, *(c.name for c in computed)], probe.source.label)
    kinds |= {c.name: _computed_kind(c, probe) for c in computed}
    if not kinds:
        reasons = "; ".join(f"{part}: {why}" for part, why in left_out.items())
        raise BadWorld(
            f"World {probe.source.label!r} has no features ({reasons}). Name some: "
            f"features={{'name': f(observation, info)}}."
        )
    seen, sometimes_absent = _grid_kinds(probe) if grid else ((), ())
    return FeaturePlan(leaves, entries, computed, tuple(grid), kinds, left_out | missed, (seen, sometimes_absent))


def observation_features(
    space: spaces.Space[Any], names: Mapping[str, str] | Sequence[str] | None, spec_name: str | None
) -> tuple[tuple[Leaf, ...], dict[str, str]]:
    """The columns of an observation space under the user's names, or the known ones; and what is left out, and why.

    Raises:
        BadWorld: names for columns that aren't there.
    """
    leaves, left_out = leaves_of(space)
    known = known_names(spec_name)
    if names is None and known is not None and len(known.observations) == sum(len(leaf.names) for leaf in leaves):
        names = known.observations
    given = rename_leaves(leaves, names) if names is not None else tuple(leaves)
    safe = (leaf._replace(names=tuple(f"obs_{n}" if n in RESERVED else n for n in leaf.names)) for leaf in given)
    return tuple(safe), left_out


def _info_entries(probe: Probe, asked: Sequence[str] | None, taken: set[str]) -> tuple[dict[str, str], dict[str, str]]:
    """Feature name -> key of `info`, for scalars that are there from the start; and why others are not."""
    first = probe.infos[0]
    everywhere = [key for key in first if scalar_kind(first[key]) and all(scalar_kind(i.get(key)) for i in probe.infos)]
    if asked is not None and (unknown := [key for key in asked if key not in everywhere]):
        raise NotFound(
            "info entry",
            unknown[0],
            map(str, everywhere),
            f"Only scalars that are in the info of every step of {probe.source.label!r} can be features.",
        )
    entries: dict[str, str] = {}
    for key in everywhere if asked is None else asked:
        name = column_name(key)
        entries[f"info_{name}" if name in taken or name in RESERVED else name] = key
    if asked is not None:
        return entries, {}
    elsewhere = {key for i in probe.infos for key in i} - set(everywhere)
    return entries, {
        f"info {key!r}": "not a number, boolean or text in every step, reset included."
        for key in sorted(map(str, elsewhere))
    }


def _computed_kind(feature: Computed, probe: Probe) -> FeatureKind:
    if probe.vector is not None and (feature.of_env or feature.batched) and autoreset_mode(probe.vector) == "SameStep":
        raise BadWorld(
            f"The feature {feature.name!r} reads all sub-environments at once, but {probe.source.label!r} resets in "
            "the same step, so an episode's last state is gone by then. Make the vector environment with "
            "next-step autoreset, or read one observation at a time."
        )
    sub_envs = feature.batched or (feature.of_env and probe.vector is not None)
    if sub_envs and not feature.of_env:
        value = feature.one(None, _batch_of(probe), [probe.infos[0]])
    else:
        probe.reset(0)
        value = feature.one(probe.env or probe.vector, probe.observations[0], probe.infos[0])
    value = np.asarray(value)[0] if sub_envs else value
    kind = scalar_kind(value)
    if kind is None:
        raise BadWorld(f"The feature {feature.name!r} gave {value!r}; expected a number, a boolean or a text.")
    return kind


def _batch_of(probe: Probe) -> Any:
    """The first observation as a batch of one."""
    from gymnasium.vector.utils import concatenate, create_empty_array

    space = probe.observation_space
    return concatenate(space, [probe.observations[0]], create_empty_array(space, 1))


def _grid_kinds(probe: Probe) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Kinds of objects in MiniGrid's starts, and those that some starts lack."""
    assert probe.env is not None
    reader = GridReader(probe.env)
    starts = []
    for seed in range(PROBE_STARTS):
        probe.reset(seed)
        starts.append(set(reader.objects()))
    seen = set().union(*starts)
    kinds = tuple(kind for kind in KINDS if kind in seen)
    return kinds, tuple(kind for kind in kinds if not all(kind in start for start in starts))


def _grid_features(probe: Probe) -> dict[str, FeatureKind]:
    """Features of MiniGrid's entities; none for other environments."""
    if probe.env is None or not is_minigrid(probe.env):
        return {}
    kinds, sometimes_absent = _grid_kinds(probe)
    probe.reset(0)
    return {
        name: feature_kind(value) for name, value in GridReader(probe.env, kinds, sometimes_absent).features().items()
    }


def _refuse_twins(names: Sequence[str], world: str) -> None:
    twins = sorted({name for name in names if names.count(name) > 1})
    if twins:
        raise BadWorld(
            f"World {world!r} would have two features called {twins[0]!r}. Rename one with `names`, or your function."
        )
