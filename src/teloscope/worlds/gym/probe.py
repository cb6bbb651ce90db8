"""Probing a Gymnasium environment: a few first steps decide which features it has, and test its seeding."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import gymnasium
import numpy as np
from gymnasium import spaces
from gymnasium.vector import VectorEnv
from gymnasium.vector.utils import batch_space, iterate

from teloscope.errors import BadWorld, NotFound, TeloscopeError, one_line
from teloscope.worlds.actions import ActionSet
from teloscope.worlds.gym.adapters.old_api import REMEDY, is_reset_result, is_unpacking, old_api
from teloscope.worlds.gym.features import Computed, FeaturePlan, computed_features, scalar_kind
from teloscope.worlds.gym.known_names import known_names
from teloscope.worlds.gym.masks import KEY, MaskSource, find_masks, single_envs
from teloscope.worlds.gym.minigrid import KINDS, GridReader, feature_kind, is_minigrid
from teloscope.worlds.gym.observation_columns import Leaf, column_name, columns_of, image_columns, rename_leaves
from teloscope.worlds.gym.source import Source, own_limit
from teloscope.worlds.gym.sub_envs import autoreset_mode
from teloscope.worlds.table.features import RESERVED
from teloscope.worlds.world import FeatureKind

PROBE_STEPS = 8
"""Steps of a probe."""
PROBE_STARTS = 32
"""Starts in which MiniGrid's kinds of objects are looked for."""


class Look(NamedTuple):
    """The first steps of one episode, in the first sub-environment."""

    observations: list[Any]
    infos: list[Mapping[str, Any]]
    rewards: list[Any]
    """Of every step: a number, or an array of its components."""


class Probe:
    """The first steps of an environment, taken twice with the same seed and actions.

    Raises:
        BadWorld: it follows an old API, raises, does not take seeds, or the same seed gives different observations, and
            `seedless` was not declared.
    """

    def __init__(self, source: Source, seedless: bool, masks: Callable[[Any], Any] | None = None) -> None:
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
        self.mask_function = masks
        self.masks: MaskSource | None = None
        """Where masks come from, once an episode has begun."""
        look = self._look()
        self.observations, self.infos, self.rewards = look
        self.unseeded: frozenset[str] = frozenset()
        """Entries of `info` that differ between two episodes of one seed."""
        if not seedless:
            self._compare(look, self._look())

    def _compare(self, one: Look, two: Look) -> None:
        """Refuse observations that don't follow from the seed, and note entries of `info` that don't."""
        if not (_same(one.observations, two.observations) and _same(one.rewards, two.rewards)):
            what = "observations" if not _same(one.observations, two.observations) else "rewards"
            raise BadWorld(
                f"World {self.source.label!r} gives different episodes after two resets with the same seed (other "
                f"{what}), so agent and references can't be paired. Make it draw from `self.np_random`, or declare "
                "`seedless=True`: pairing is then not claimed."
            )
        keys = {key for info in (*one.infos, *two.infos) for key in info}
        self.unseeded = frozenset(
            key for key in keys if not _same([i.get(key) for i in one.infos], [i.get(key) for i in two.infos])
        )

    @property
    def limit(self) -> int | None:
        """Steps after which an episode ends by itself, as far as can be seen."""
        return self.source.limit if self.env is None else self.source.limit or own_limit(self.env)

    @property
    def action_parts(self) -> int:
        """Actions that one action consists of; see `gym.joint_actions`."""
        joint = self.env is not None and self.env.has_wrapper_attr("action_parts")
        return self.env.get_wrapper_attr("action_parts") if joint and self.env is not None else 1

    @property
    def components(self) -> int:
        """Components of the reward; 1 where it is a number."""
        return max((int(np.size(reward)) for reward in self.rewards), default=1)

    def reset(self, seed: int) -> tuple[Any, Mapping[str, Any]]:
        """First observation and info in the first sub-environment."""
        env: Any = self.env if self.env is not None else self.vector
        seeded = {} if self.seedless else {"seed": seed}
        given = self._called(lambda: env.reset(**seeded), f"reset(seed={seed}) in the first look")
        if not is_reset_result(given):
            raise old_api(
                self.source.label, f"its reset gives {_shortly(given)}, where (observation, info) is expected"
            )
        return self._first_sub_env(*given)

    def _called(self, call: Callable[[], Any], what: str) -> Any:
        """What a call to the environment gives; its errors say what was called."""
        label = self.source.label
        try:
            return call()
        except TeloscopeError:
            raise
        except Exception as error:
            if not self.seedless and isinstance(error, TypeError) and "seed" in str(error):
                raise BadWorld(
                    f"World {label!r} can't be seeded: its reset does not accept `seed` ({error}). Accept it "
                    "and pass it to `super().reset(seed=seed)`, or declare `seedless=True`: pairing is then not "
                    f"claimed. If it follows the API before Gymnasium 0.26: {REMEDY}"
                ) from error
            if is_unpacking(error) and "expected 5, got 4" in str(error):
                raise old_api(label, "its step gives 4 values, where 5 are expected") from error
            hint = (
                ""
                if self.masks
                else (
                    " If some actions are illegal in some states, let the environment say which are allowed, by a "
                    "method `action_masks` or by `action_mask` in its info: references then keep to it."
                )
            )
            raise BadWorld(
                f"World {label!r} raised {one_line(error)}, on {what}.{hint if 'step' in what else ''} Mend it, or "
                "wrap it so that it takes any action of its space in any state."
            ) from error

    def _look(self) -> Look:
        """Observations, infos and rewards of the first sub-environment from one seed, a few steps long at most."""
        observation, info = self.reset(0)
        if self.masks is None:
            self.masks = find_masks(self.env or self.vector, observation, info, self.actions, self.mask_function)
        look = Look([observation], [info], [])
        rng = np.random.default_rng(0)
        for t in range(PROBE_STEPS):
            observation, reward, info, ended = self._step(rng, t, observation, info)
            look.rewards.append(reward)
            if ended and self.vector is not None and autoreset_mode(self.vector) == "SameStep":
                break  # this observation belongs to the next episode
            look.observations.append(observation)
            look.infos.append(info)
            if ended:
                break
        return look

    def _step(
        self, rng: np.random.Generator, t: int, observation: Any, info: Mapping[str, Any]
    ) -> tuple[Any, Any, Mapping[str, Any], bool]:
        sub_envs = 1 if self.vector is None else self.vector.num_envs
        draws = rng.random((sub_envs, self.actions.draws))
        masks = None
        if self.masks is not None:
            singles = single_envs(self.vector) if self.vector is not None and self.masks.of_env else None
            each = [self.masks.one(env, observation, info) for env in singles or [self.env]]
            masks = np.repeat(each, sub_envs // len(each), axis=0)
        actions = self.actions.native(self.actions.uniform(draws, masks))
        if self.vector is None:
            env = self.env
            assert env is not None
            action = actions[0].item() if actions.ndim == 1 else actions[0]
            given = self._called(lambda: env.step(action), f"step({action!r}), step {t + 1} of the first look")
            if len(given) != 5:
                raise old_api(self.source.label, f"its step gives {len(given)} values, where 5 are expected")
            observation, reward, terminated, truncated, info = given
            return _copied(observation), _reward(reward), dict(info), bool(terminated or truncated)
        vector = self.vector
        if self.masks is not None and not self.masks.of_env:
            actions = np.repeat(actions[:1], sub_envs, axis=0)  # the mask is the first sub-environment's
        observations, reward, terminated, truncated, infos = self._called(
            lambda: vector.step(actions), f"step {t + 1} of the first look"
        )
        observation, info = self._first_sub_env(observations, infos)
        return observation, _reward(reward[0]), info, bool((terminated | truncated).any())

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


def _reward(given: Any) -> Any:
    """A reward as a number, or as an array of its components.

    Raises:
        BadWorld: it is neither.
    """
    try:
        reward = np.asarray(given, np.float64)
    except (TypeError, ValueError):
        raise BadWorld(f"The reward of a step is {given!r}; expected a number, or one number a component.") from None
    return float(reward.reshape(-1)[0]) if reward.size == 1 else reward.reshape(-1).copy()


def _shortly(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}…"


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
    reward_weights: Mapping[str, float] | Sequence[float] | None = None,
) -> FeaturePlan:
    """Which features the world has.

    Raises:
        BadWorld: two features of one name, none at all, or a function that gives no number, boolean or text.
    """
    left_out: dict[str, str] = {}
    summarised: dict[str, str] = {}
    grid = _grid_features(probe)
    if grid:
        leaves: tuple[Leaf, ...] = ()
        left_out["observation"] = "entity features of the grid stand in its place."
    else:
        masks = (probe.masks.name,) if probe.masks is not None and probe.masks.kind == "observation" else None
        skip = masks or ((KEY,) if probe.masks is not None else None)
        leaves, left_out, summarised = observation_features(
            probe.observation_space, names, probe.source.spec_name, skip
        )
    kinds: dict[str, FeatureKind] = {name: leaf.kind for leaf in leaves for name in leaf.names}
    kinds |= grid
    rewards = reward_components(probe.components, reward_weights, probe.source.label)
    kinds |= dict.fromkeys(rewards, "number")
    _refuse_twins([*(name for leaf in leaves for name in leaf.names), *grid, *rewards], probe.source.label)
    entries, missed = _info_entries(probe, info, set(kinds))
    kinds |= {name: scalar_kind(probe.infos[0][key]) or "number" for name, key in entries.items()}
    computed = computed_features(functions)
    _refuse_twins([*kinds, *(c.name for c in computed)], probe.source.label)
    kinds |= {c.name: _computed_kind(c, probe) for c in computed}
    if not kinds:  # a picture, and nothing else
        pictures = image_columns(probe.observation_space)
        leaves, summarised = tuple(pictures.leaves), pictures.summarised
        kinds = {name: leaf.kind for leaf in leaves for name in leaf.names}
        left_out = {part: why for part, why in left_out.items() if part not in summarised}
    if not kinds:
        reasons = "; ".join(f"{part}: {why}" for part, why in left_out.items())
        raise BadWorld(
            f"World {probe.source.label!r} has no features ({reasons}). Name some: "
            f"features={{'name': f(observation, info)}}."
        )
    seen, sometimes_absent = _grid_kinds(probe) if grid else ((), ())
    return FeaturePlan(
        leaves, entries, computed, tuple(grid), kinds, left_out | missed, summarised, rewards, (seen, sometimes_absent)
    )


def reward_components(
    count: int, weights: Mapping[str, float] | Sequence[float] | None, world: str
) -> dict[str, float]:
    """Feature of each component of the reward -> its weight in the scalar; none where the reward is one number.

    Args:
        count: components.
        weights: the user's: component's name -> weight, or a weight for each in order; None: 1 for each.
        world: the world's name, for messages.

    Raises:
        BadWorld: another number of weights than of components, or a weight that is not finite.
    """
    if count == 1:
        if weights is not None:
            raise BadWorld(f"World {world!r} pays one number, so `reward_weights` mean nothing there. Leave them out.")
        return {}
    given = list(weights) if weights is not None else [1.0] * count
    if len(given) != count:
        raise BadWorld(
            f"World {world!r} pays rewards of {count} components, but {len(given)} weights are given: {weights!r}. "
            "Give one for each, in order."
        )
    named = weights if isinstance(weights, Mapping) else dict(zip(map(str, range(count)), given, strict=True))
    if not all(np.isfinite(float(weight)) for weight in named.values()):
        raise BadWorld(f"The weights of the rewards of world {world!r} are {named}; expected finite numbers.")
    return {column_name("reward", name): float(weight) for name, weight in named.items()}


def observation_features(
    space: spaces.Space[Any],
    names: Mapping[str, str] | Sequence[str] | None,
    spec_name: str | None,
    skip: tuple[str, ...] | None = None,
) -> tuple[tuple[Leaf, ...], dict[str, str], dict[str, str]]:
    """The columns of an observation space under the user's names, or the known ones; what is left out, and why; and
    what is summarised, and how. `skip`: a part that is no feature.

    Raises:
        BadWorld: names for columns that aren't there.
    """
    leaves, left_out, summarised = columns_of(space, skip=skip)
    known = known_names(spec_name)
    if names is None and known is not None and len(known.observations) == sum(len(leaf.names) for leaf in leaves):
        names = known.observations
    given = rename_leaves(leaves, names) if names is not None else tuple(leaves)
    safe = (leaf._replace(names=tuple(f"obs_{n}" if n in RESERVED else n for n in leaf.names)) for leaf in given)
    return tuple(safe), left_out, summarised


def _info_entries(probe: Probe, asked: Sequence[str] | None, taken: set[str]) -> tuple[dict[str, str], dict[str, str]]:
    """Feature name -> key of `info`, for scalars that are there from the start; and why others are not."""
    first = probe.infos[0]
    everywhere = [
        key
        for key in first
        if scalar_kind(first[key]) and all(scalar_kind(i.get(key)) for i in probe.infos) and key not in probe.unseeded
    ]
    if asked is not None and (drawn := [key for key in asked if key in probe.unseeded]):
        raise BadWorld(
            f"The info entry {drawn[0]!r} of world {probe.source.label!r} differs after two resets with the same "
            "seed, so it can't be a feature of paired episodes. Make it draw from `self.np_random`, leave it out, or "
            "declare `seedless=True`: pairing is then not claimed."
        )
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
    return entries, {f"info {str(key)!r}": _why_left_out(key, probe) for key in sorted(elsewhere, key=str)}


def _why_left_out(key: str, probe: Probe) -> str:
    if key in probe.unseeded and all(scalar_kind(i.get(key)) for i in probe.infos):
        return "it differs after two resets with the same seed."
    return "not a number, boolean or text in every step, reset included."


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
