"""Sub-environments over Gymnasium environments: many single ones, stepped only while alive, or one vector environment.

Vector environments reset themselves. An episode's last state is then found where the autoreset mode puts it:

    next-step   the step's own observation; the step after only resets and is never recorded
    same-step   `final_obs` and `final_info`; the step's own observation already belongs to the next episode
    disabled    the step's own observation; we reset what has ended before stepping on

Source: the autoreset modes of Gymnasium 1.x.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces
from gymnasium.vector import AsyncVectorEnv, SyncVectorEnv, VectorEnv
from gymnasium.vector.utils import concatenate, create_empty_array, iterate
from numpy.typing import NDArray

from teloscope.errors import BadWorld
from teloscope.worlds.actions import ActionSet
from teloscope.worlds.gym.features import FeatureLog, FeaturePlan
from teloscope.worlds.gym.masks import MaskSource, flat_mask, single_envs
from teloscope.worlds.gym.minigrid import GridReader
from teloscope.worlds.sub_envs import SubEnvStep

_SEED_BITS = np.uint64(33)
"""Seeds given to environments keep 31 bits: some of them hand their seed to a 32-bit generator."""


def env_seeds(seeds: NDArray[np.uint64]) -> list[int]:
    """Seeds an environment accepts, from 64-bit episode seeds."""
    return [int(s) for s in seeds >> _SEED_BITS]


def _reset_arguments(seed: int | list[int] | None, options: Mapping[str, Any] | None) -> dict[str, Any]:
    """Only the arguments that are given: a seedless world's reset may take neither."""
    return ({} if seed is None else {"seed": seed}) | ({"options": dict(options)} if options else {})


def autoreset_mode(env: VectorEnv[Any, Any, Any]) -> str:
    """`NextStep`, `SameStep` or `Disabled`; environments that don't say are next-step, as Gymnasium 1.0 was."""
    mode = (env.metadata or {}).get("autoreset_mode", "NextStep")
    return str(getattr(mode, "value", mode))


def missing_info(key: str, t: int) -> BadWorld:
    """The error that an `info` entry is not there in every step."""
    return BadWorld(
        f"The world's info has no {key!r} at t={t}, though it was there at first; a feature needs a value in every "
        "state. Say which entries to keep with `info=[...]`, or `info=[]` for none."
    )


class SeparateSubEnvs:
    """`B` single environments; those whose episode has ended are left alone."""

    def __init__(
        self,
        envs: Sequence[gymnasium.Env[Any, Any]],
        plan: FeaturePlan,
        horizon: int,
        actions: ActionSet,
        options: Mapping[str, Any] | None = None,
        seedless: bool = False,
        readers: Sequence[GridReader] = (),
        masks: MaskSource | None = None,
    ) -> None:
        self.envs, self.plan, self.actions = envs, plan, actions
        self.masks = masks
        self.action_masks: NDArray[np.bool_] | None = None
        if masks is not None:
            self.action_masks = np.ones((len(envs), masks.size), np.bool_)
        self.options = options
        self.seedless = seedless
        self.readers = readers
        self.log = FeatureLog(plan, horizon, len(envs))
        self.space = envs[0].observation_space
        self.seen: list[Any] = [None] * len(envs)
        """Each sub-environment's last observation."""

    def reset(self, seeds: NDArray[np.uint64]) -> Any:
        for reader in self.readers:
            reader.restart()
        infos: list[Mapping[str, Any]] = []
        for sub_env, seed in enumerate(env_seeds(seeds)):
            self.seen[sub_env], info = self.envs[sub_env].reset(
                **_reset_arguments(None if self.seedless else seed, self.options)
            )
            infos.append(info)
        return self._log_and_batch(0, range(len(self.envs)), infos)

    def step(self, actions: NDArray[Any], alive: NDArray[np.bool_], t: int) -> SubEnvStep:
        native = self.actions.native(actions)
        if native.ndim == 1:  # Python's numbers, as one writes them: checking NumPy's costs as much as a plain step
            native = native.tolist()
        living = np.flatnonzero(alive).tolist()
        moved = [self.envs[sub_env].step(native[sub_env]) for sub_env in living]
        seen, reward, terminated, truncated, infos = zip(*moved, strict=True)
        if len(living) == len(self.seen):
            self.seen = list(seen)
        else:
            for sub_env, observation in zip(living, seen, strict=True):
                self.seen[sub_env] = observation
        return SubEnvStep(
            self._log_and_batch(t + 1, living, infos),
            _spread(self.log.paid(t + 1, reward, living), living, np.zeros(len(alive))),
            None,
            _spread(terminated, living, np.zeros(len(alive), np.bool_)),
            _spread(truncated, living, np.zeros(len(alive), np.bool_)),
        )

    def shove(self, t: int) -> Any:
        """A black box can't be put into another state: the engine forces `shove_steps` uniform actions instead."""
        raise BadWorld("A Gymnasium world is shoved by forced actions, not by replacing its state.")

    def features(self, last: int) -> dict[str, NDArray[Any]]:
        return self.log.columns(last)

    def _log_and_batch(self, t: int, living: Sequence[int], infos: Sequence[Mapping[str, Any]]) -> Any:
        """The batched observation, after writing the features of the sub-environments that moved."""
        batch = self._batched()
        self.log.observe(t, batch)
        if self.masks is not None:
            assert self.action_masks is not None
            self.action_masks = self.action_masks.copy()  # players may keep the old one
            for sub_env, info in zip(living, infos, strict=True):
                self.action_masks[sub_env] = self.masks.one(self.envs[sub_env], self.seen[sub_env], info)
        if not self.plan.from_observations_alone:
            for sub_env, info in zip(living, infos, strict=True):
                self._write_sub_env(t, sub_env, info)
            self._write_batched(t, batch, dict(zip(living, infos, strict=True)))
        return batch

    def _batched(self) -> Any:
        """What all see, as Gymnasium batches it; plain arrays that are as the space says need no stacking."""
        if isinstance(self.space, spaces.Box):
            batch = np.array(self.seen)
            if batch.dtype == self.space.dtype and batch.shape[1:] == self.space.shape:
                return batch
        return concatenate(self.space, self.seen, create_empty_array(self.space, len(self.seen)))

    def _write_sub_env(self, t: int, sub_env: int, info: Mapping[str, Any]) -> None:
        for name, key in self.plan.info.items():
            if key not in info:
                raise missing_info(key, t)
            self.log.write(name, t, sub_env, info[key])
        for feature in self.plan.computed:
            if not feature.batched:
                self.log.write(feature.name, t, sub_env, feature.one(self.envs[sub_env], self.seen[sub_env], info))
        if self.readers:
            found = self.readers[sub_env].features()
            for name in self.plan.entities:
                self.log.entities[name][t, sub_env] = found[name]

    def _write_batched(self, t: int, batch: Any, infos: Mapping[int, Mapping[str, Any]]) -> None:
        for feature in self.plan.computed:
            if feature.batched:
                self.log.write(feature.name, t, slice(None), feature.one(self.envs, batch, infos))


def _spread(values: Sequence[Any] | NDArray[Any], sub_envs: Sequence[int], among: NDArray[Any]) -> NDArray[Any]:
    """`[B]` each value in its sub-environment; sub-environments are in order."""
    among[slice(None) if len(sub_envs) == len(among) else sub_envs] = values
    return among


class VectorSubEnvs:
    """One vector environment; episodes run in its first `B` sub-environments, one each."""

    def __init__(
        self,
        env: VectorEnv[Any, Any, Any],
        sub_envs: int,
        plan: FeaturePlan,
        horizon: int,
        actions: ActionSet,
        options: Mapping[str, Any] | None = None,
        seedless: bool = False,
        masks: MaskSource | None = None,
    ) -> None:
        self.env, self.sub_envs, self.plan, self.actions = env, sub_envs, plan, actions
        self.masks = masks
        self.action_masks: NDArray[np.bool_] | None = None
        self.spare = env.num_envs - sub_envs
        self.options = options
        self.seedless = seedless
        self.mode = autoreset_mode(env)
        self.log = FeatureLog(plan, horizon, sub_envs)
        self.living = np.ones(sub_envs, np.bool_)
        """`[B]` sub-environments whose episode goes on."""
        self.ended: NDArray[np.bool_] | None = None
        """`[num_envs]` what has to be reset before stepping on, in the mode `Disabled`."""
        alone = plan.from_observations_alone and masks is None and not plan.rewards
        self.plain = alone and not self.spare and self.mode == "NextStep"
        """Whether a step's observations are all there is to write, as they are."""

    def reset(self, seeds: NDArray[np.uint64]) -> Any:
        self.ended, self.living = None, np.ones(self.sub_envs, np.bool_)
        given = _reset_arguments(None if self.seedless else self._seed(seeds), self.options)
        observations, infos = self.env.reset(**given)
        return self._log_and_batch(0, observations, infos, None)

    def step(self, actions: NDArray[Any], alive: NDArray[np.bool_], t: int) -> SubEnvStep:
        native = self.actions.native(actions)
        if self.plain:
            observations, reward, terminated, truncated, _ = self.env.step(native)
            self.log.observe(t + 1, observations)
            return SubEnvStep(observations, reward, None, terminated, truncated)
        if self.spare:
            native = np.concatenate([native, np.repeat(native[:1], self.spare, axis=0)])
        if self.ended is not None and self.ended.any():
            self.env.reset(options={"reset_mask": self.ended})
        observations, reward, terminated, truncated, infos = self.env.step(native)
        if self.mode == "Disabled":
            self.ended = terminated | truncated
        if self.spare:
            reward, terminated, truncated = (
                reward[: self.sub_envs],
                terminated[: self.sub_envs],
                truncated[: self.sub_envs],
            )
        self.living = alive & ~(terminated | truncated)
        just = alive & (terminated | truncated) if self.mode == "SameStep" else None
        paid = self.log.paid(t + 1, reward)
        return SubEnvStep(
            self._log_and_batch(t + 1, observations, infos, just, alive), paid, None, terminated, truncated
        )

    def shove(self, t: int) -> Any:
        """A black box can't be put into another state: the engine forces `shove_steps` uniform actions instead."""
        raise BadWorld("A Gymnasium world is shoved by forced actions, not by replacing its state.")

    def features(self, last: int) -> dict[str, NDArray[Any]]:
        return self.log.columns(last)

    def _seed(self, seeds: NDArray[np.uint64]) -> int | list[int]:
        """One seed a sub-environment where they are separate; else one for the block."""
        each = env_seeds(seeds)
        return each + [0] * self.spare if takes_seed_list(self.env) else each[0]

    def _log_and_batch(
        self,
        t: int,
        observations: Any,
        infos: Mapping[str, Any],
        just: NDArray[np.bool_] | None,
        alive: NDArray[np.bool_] | None = None,
    ) -> Any:
        """The first `B` observations, after writing features.

        `just`: `[B]` sub-environments whose last state is in `final_obs`; `alive`: `[B]` sub-environments that count,
        None: all.
        """
        if self.spare:
            observations = _head(observations, self.sub_envs)
        self.log.observe(t, observations)
        final = np.flatnonzero(just) if just is not None else ()
        for sub_env in final:
            for leaf, rows in zip(self.plan.leaves, self.log.leaves, strict=True):
                rows[t, sub_env] = leaf.read_one(_final(infos["final_obs"], int(sub_env)))
        for name, key in self.plan.info.items():
            self.log.write(name, t, slice(None), self._info(name, key, t, infos, alive, final))
        if self.plan.computed:
            self._write_computed(t, observations, infos, final)
        if self.masks is not None:
            self.action_masks = self._masks(observations, infos)
        return observations

    def _masks(self, observations: Any, infos: Mapping[str, Any]) -> NDArray[np.bool_]:
        """`[B, M]` what is allowed in every sub-environment; everything, in one that says nothing."""
        assert self.masks is not None
        rows = np.ones((self.sub_envs, self.masks.size), np.bool_)
        if self.masks.of_env:
            singles = single_envs(self.env) or ()
            for sub_env in np.flatnonzero(self.living):
                rows[sub_env] = self.masks.one(singles[sub_env], None, {})
            return rows
        given: Any = (infos if self.masks.kind == "info" else observations).get(self.masks.name)
        for sub_env in range(self.sub_envs):
            mask = None if given is None else flat_mask(given[sub_env])
            if mask is not None and len(mask) == self.masks.size and mask.any():
                rows[sub_env] = mask
        return rows

    def _info(
        self,
        name: str,
        key: str,
        t: int,
        infos: Mapping[str, Any],
        alive: NDArray[np.bool_] | None,
        final: Sequence[int] | NDArray[np.intp],
    ) -> NDArray[Any]:
        """`[B]` one entry of info; where an episode has just ended, the one of its last state."""
        given, last = infos.get(key), infos.get("final_info", {})
        values = np.zeros(self.sub_envs, self.log.scalars[name].dtype)
        there = np.zeros(self.sub_envs, np.bool_)
        if given is not None:
            values[:] = given[: self.sub_envs]
            there[:] = infos.get(f"_{key}", np.ones(self.env.num_envs, np.bool_))[: self.sub_envs]
        for sub_env in final:
            there[sub_env] = key in last and last[f"_{key}"][sub_env]
            values[sub_env] = last[key][sub_env] if there[sub_env] else values[sub_env]
        if not (there if alive is None else there | ~alive).all():
            raise missing_info(key, t)
        return values

    def _write_computed(
        self, t: int, observations: Any, infos: Mapping[str, Any], final: Sequence[int] | NDArray[np.intp]
    ) -> None:
        for feature in self.plan.computed:
            if feature.of_env or feature.batched:
                values = np.asarray(feature.one(self.env, observations, infos))[: self.sub_envs]
                if values.shape != (self.sub_envs,):
                    raise BadWorld(
                        f"Feature {feature.name!r} gave shape {values.shape}; expected one value for each of "
                        f"{self.sub_envs} sub-environments."
                    )
                self.log.write(feature.name, t, slice(None), values)
                continue
            for sub_env, observation in enumerate(self._each(observations)):
                info = infos.get("final_info", {}) if sub_env in final else infos
                seen = _final(infos["final_obs"], sub_env) if sub_env in final else observation
                self.log.write(feature.name, t, sub_env, feature.one(None, seen, _sub_env_info(info, sub_env)))

    def _each(self, observations: Any) -> Any:
        space = self.env.single_observation_space
        return iterate(gymnasium.vector.utils.batch_space(space, self.sub_envs), observations)


def takes_seed_list(env: VectorEnv[Any, Any, Any]) -> bool:
    """Whether the vector environment takes one seed for each sub-environment."""
    return isinstance(env.unwrapped, SyncVectorEnv | AsyncVectorEnv)


def _head(observations: Any, count: int) -> Any:
    if isinstance(observations, dict):
        return {key: _head(part, count) for key, part in observations.items()}
    if isinstance(observations, tuple) and observations and isinstance(observations[0], np.ndarray | dict | tuple):
        return tuple(_head(part, count) for part in observations)
    return observations[:count]


def _final(final: Any, sub_env: int) -> Any:
    """One sub-environment's last observation, from either form that vector environments give it in."""
    if isinstance(final, dict):
        return {key: _final(part, sub_env) for key, part in final.items() if not str(key).startswith("_")}
    return final[sub_env]


def _sub_env_info(infos: Mapping[str, Any], sub_env: int) -> dict[str, Any]:
    return {
        key: value[sub_env] for key, value in infos.items() if not key.startswith("_") and isinstance(value, np.ndarray)
    }
