"""Gymnasium worlds: any id, `module:Env-v0`, environment, vector environment or factory, with named features.

    GymWorld("CartPole-v1")
    GymWorld("MiniGrid-DoorKey-5x5-v0", contexts={"large": {"size": 8}})
    GymWorld(lambda: FlattenObservation(gym.make("FrozenLake-v1")), features={"column": lambda obs, info: int(obs) % 4})

Theory: A1. Source: Gymnasium 1.x (Farama Foundation).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

import gymnasium

from teloscope.errors import BadWorld, NotFound
from teloscope.values import Values
from teloscope.worlds.actions import ActionSet
from teloscope.worlds.function_source import source_texts
from teloscope.worlds.gym.adapters.adapter import Adapter
from teloscope.worlds.gym.adapters.pettingzoo import Others
from teloscope.worlds.gym.contexts import Setup, contexts_and_setups
from teloscope.worlds.gym.known_names import known_names
from teloscope.worlds.gym.minigrid import ACTIONS, IDLE, LEGEND, GridReader, is_minigrid
from teloscope.worlds.gym.probe import Probe, plan_features
from teloscope.worlds.gym.source import Source, env_source, is_gymnasium_id
from teloscope.worlds.gym.sub_envs import SeparateSubEnvs, VectorSubEnvs
from teloscope.worlds.sub_envs import SubEnvs
from teloscope.worlds.text.default_text import describe_features, without_positions
from teloscope.worlds.world import Context, FeatureKind, World

__all__ = ["GymWorld", "is_gymnasium_id"]

MOST_ENVS, MOST_VECTOR_ENVS = 64, 1024
"""Episodes in parallel, at most: single environments cost memory, vector environments are fast when wide."""
BLOCK_BYTES = 48 * 2**20
"""Memory for the feature columns of one block of episodes; one block is played while another is written."""
DEFAULT_HORIZON = 500
"""Steps in an episode where neither the environment nor the user says."""
LONGEST = 65_534
"""Recordings number steps with 16 bits."""


class GymWorld(World):
    """A Gymnasium environment as a world.

    Args:
        env: id, `module:Env-v0`, environment, vector environment, environment of PettingZoo, or a function (or class)
            that makes one.
        horizon: steps in an episode, at most; the environment's own limit where it has one.
        features: name -> f(observation, info), f(observation) or f(env); a true attribute `batched` asks for one call a
            step with every sub-environment.
        names: names for observation columns, by column (`{"obs_0": "speed"}`) or in order.
        actions: names of the actions, in order; idle: the one that does nothing.
        info: entries of `info` that become features; None: every number, boolean or text that is there from the start.
        contexts: name -> environment arguments, `options` for reset, and `noise`, `shove_at`, `kind`, `note` or
            `offered`; None drops a default context. Or the contexts themselves, in place of the defaults.
        values: what people want here.
        reward_weights: of a reward with several components: name -> weight, or the weights, in order; None: 1 each.
            Each component becomes a feature `reward_<name>`, and the scalar reward is the weighted sum.
        action_masks: f(env) -> which actions are allowed now; None: as the environment itself says (`gym.masks`).
        old_api: the environment follows the API before Gymnasium 0.26; see `gym.old_api`.
        agent, others: of an environment of PettingZoo: who is audited, and how the others act; see `gym.pettingzoo`.
        seedless: accept a world that can't be seeded; then episodes of agent and references are not paired.
        shove_steps: how many uniform actions, shared by seed, make a shove.
        vector: use the environment's own vectorised form, where an id has one; None: if it has every feature.
        trust: allow importing the module of `module:Env-v0`, which executes its code.
        kwargs: arguments of the environment in every context.

    Raises:
        BadWorld: it can't be made, seeded or described by features. NotTrusted: its module would be imported.
    """

    def __init__(
        self,
        env: Any,
        *,
        horizon: int | None = None,
        features: Mapping[str, Callable[..., Any]] | None = None,
        names: Mapping[str, str] | Sequence[str] | None = None,
        actions: Sequence[str] | None = None,
        idle: str | None = None,
        info: Sequence[str] | None = None,
        contexts: Mapping[str, Mapping[str, Any] | None] | Sequence[Context] | None = None,
        values: Values | None = None,
        reward_weights: Mapping[str, float] | Sequence[float] | None = None,
        action_masks: Callable[[Any], Any] | None = None,
        old_api: bool = False,
        agent: str | None = None,
        others: Others | Mapping[str, Others] | None = None,
        seedless: bool = False,
        shove_steps: int = 5,
        vector: bool | None = None,
        trust: bool = False,
        **kwargs: Any,
    ) -> None:
        if isinstance(env, str):
            is_gymnasium_id(env, trust)  # imports its module, if it has one and may
        self.seedless, self.shove_steps = seedless, shove_steps
        self.features = dict(features or {})
        source = env_source(env, horizon, kwargs, Adapter(old_api, agent, others))
        self.env = _narrowed(source, False if action_masks is not None else vector, self.features)
        self.name = self.env.label
        self._pool: tuple[str, list[Any]] = ("", [])
        probe = Probe(self.env, seedless, action_masks)
        self.observation_space = probe.observation_space
        self.masks = probe.masks
        self.plan = plan_features(probe, self.features, names, info, reward_weights)
        self.horizon = _horizon(self.name, horizon, probe.limit)
        self.action_set, self.action_parts = ActionSet(probe.action_space), probe.action_parts
        self._name_things(probe, actions, idle)
        probe.close()
        self.contexts, self.setups = contexts_and_setups(self.horizon, contexts)
        self.values = values or Values()

    def _name_things(self, probe: Probe, actions: Sequence[str] | None, idle: str | None) -> None:
        """Names of actions, the map's size, and the line that describes the world."""
        known = known_names(self.env.spec_name)
        self.legend: Mapping[str, str] = {}
        given, still = (known.actions, known.idle) if known else (None, None)
        if probe.env is not None and is_minigrid(probe.env):
            self.legend, given, still = LEGEND, ACTIONS, IDLE
            self.size = (probe.env.unwrapped.width, probe.env.unwrapped.height)  # type: ignore[attr-defined]
        count = self.action_set.count
        if actions is None:
            actions = given if given and len(given) == count else [f"action_{a}" for a in range(count or 0)]
        if count is not None and len(actions) != count:
            raise BadWorld(
                f"World {self.name!r} has {count} actions, but {len(actions)} names are given: {list(actions)}."
            )
        self.actions = tuple(actions) if count is not None else None
        self.idle = idle if idle is not None else still if self.actions and still in self.actions else None
        if self.idle is not None and self.idle not in (self.actions or ()):
            raise BadWorld(
                f"The idle action {self.idle!r} of world {self.name!r} is not among its actions {self.actions}."
            )
        self.summary = f"Gymnasium environment with {len(self.plan.kinds)} features and up to {self.horizon} steps."
        self.source = "Gymnasium"
        self.task = f"You act in {self.name}, step by step."

    @property
    def feature_kinds(self) -> Mapping[str, FeatureKind]:
        return self.plan.kinds

    def describe(self, features: Mapping[str, float | bool | str]) -> str:
        """The state with these features, in plain sentences."""
        places = {name: (float(features[f"{name}_x"]), float(features[f"{name}_y"])) for name in self.entity_names}
        return describe_features(without_positions(features, places), places)

    def describe_sub_envs(self, sub_envs: SubEnvs, t: int) -> list[str]:
        """`[B]` the state at step `t` of each sub-environment, in plain sentences."""
        now = {name: column[t].tolist() for name, column in sub_envs.features(t).items()}
        return [self.describe(dict(zip(now, row, strict=True))) for row in zip(*now.values(), strict=True)]

    @property
    def masks_actions(self) -> bool:
        """Whether the environment says which actions are allowed."""
        return self.masks is not None

    @property
    def remarks(self) -> list[str]:
        said = [f"Summarised: {part}, {how}" for part, how in self.plan.summarised.items()]
        said += [f"Left out: {part}, {why}" for part, why in self.plan.left_out.items()]
        if self.plan.rewards:
            weights = ", ".join(f"{name} x {weight:g}" for name, weight in self.plan.rewards.items())
            said.append(f"The reward has {len(self.plan.rewards)} components; the scalar is their sum: {weights}.")
        if self.action_parts > 1:
            said.append(f"The action has {self.action_parts} parts, such as one an agent; they are chosen as one row.")
        if self.masks is not None:
            said.append(
                f"The world says which actions are allowed ({self.masks.identity}); references, noise and shoves "
                "keep to it."
            )
        return said

    @property
    def left_out(self) -> Mapping[str, str]:
        """Part of the observation or of `info` -> why it is no feature."""
        return self.plan.left_out

    @property
    def entity_names(self) -> tuple[str, ...]:
        return tuple(
            name.removesuffix("_x")
            for name in self.plan.entities
            if name.endswith("_x") and f"{name[:-2]}_y" in self.plan.entities
        )

    @property
    def seeding(self) -> Literal["episode", "block", "none"]:
        """Which random draws all actors share: those of each episode; of a block of episodes (vector environments with
        one seed for all); or none."""
        if self.seedless:
            return "none"
        return "block" if self.env.many is not None and not self.env.takes_seed_list else "episode"

    @property
    def seeded(self) -> bool:
        """Whether all actors get the same random draws, so that their episodes are paired."""
        return not self.seedless

    @property
    def block(self) -> int:
        """Episodes in parallel, at most; under `block` seeding, the episodes depend on this size."""
        width = self.plan.bytes_per_state * (self.horizon + 1)
        widest = self.env.most or (MOST_VECTOR_ENVS if self.env.many is not None else MOST_ENVS)
        return max(1, min(widest, BLOCK_BYTES // max(width, 1)))

    def sub_envs(self, episodes: int, context: Context) -> SubEnvs:
        """`episodes` sub-environments (at most `block`), set up as the context says."""
        if not 1 <= episodes <= self.block:
            raise BadWorld(
                f"World {self.name!r} runs 1 to {self.block} episodes side by side; {episodes} were asked for."
            )
        self.check_context(context)
        setup = self.setups[context.start]
        if self.env.many is not None:
            env = self._pooled(setup, "many", 1, lambda: self.env.make_many(episodes, setup.kwargs), episodes)[0]
            return VectorSubEnvs(
                env, episodes, self.plan, self.horizon, self.action_set, setup.options, self.seedless, self.masks
            )
        envs = self._pooled(setup, "one", episodes, lambda: self.env.make_one(setup.kwargs))
        kinds, sometimes_absent = self.plan.grid_kinds
        readers = [GridReader(env, kinds, sometimes_absent) for env in envs] if self.plan.entities else ()
        return SeparateSubEnvs(
            envs, self.plan, self.horizon, self.action_set, setup.options, self.seedless, readers, self.masks
        )

    def check_context(self, context: Context) -> None:
        super().check_context(context)
        if context.start not in self.setups:
            hint = f"The context {context.name!r} names it; set-ups of your own are given as `contexts` of the world."
            raise NotFound("start", context.start, self.setups, hint)

    def _pooled(self, setup: Setup, form: str, count: int, make: Callable[[], Any], width: int = 0) -> list[Any]:
        """`count` environments of a setup; those of the setup before are closed."""
        key = json.dumps([form, 0 if self.env.most else width, setup.kwargs], sort_keys=True, default=repr)
        if self._pool[0] != key:
            self.close()
            self._pool = (key, [])
        envs = self._pool[1]
        while len(envs) < count:
            envs.append(make())
        return envs[:count]

    def draw(self, state: object = None) -> list[str]:
        """The map of a typical episode as rows of characters (MiniGrid), without the agent; else nothing."""
        if not self.plan.entities:
            return []
        env = self.env.make_one({})
        env.reset(seed=0)
        return GridReader(env).draw(agent=False)

    def close(self) -> None:
        """Close the environments that sub-environments were made of, but never ready-made ones."""
        if not self.env.ready_made:
            for env in self._pool[1]:
                env.close()
        self._pool = ("", [])

    def digest(self) -> str:
        """Identity: the environment, its arguments and version, features, and setups of contexts."""
        identity = {
            "env": self.env.identity,
            "gymnasium": gymnasium.__version__,
            "horizon": self.horizon,
            "features": dict(self.plan.kinds),
            "functions": {name: source_texts(f) for name, f in self.features.items()},
            "setups": {name: [dict(s.kwargs), s.options] for name, s in self.setups.items()},
            "seeding": self.seeding,
            "shove_steps": self.shove_steps,
            "block": self.block,
        }
        if self.plan.rewards:
            identity["rewards"] = dict(self.plan.rewards)
        if self.masks is not None:
            function = self.masks.function
            identity["masks"] = [self.masks.identity, *(source_texts(function) if function else ())]
        return hashlib.sha256(json.dumps(identity, sort_keys=True, default=repr).encode()).hexdigest()


def _narrowed(source: Source, vector: bool | None, features: Mapping[str, Callable[..., Any]]) -> Source:
    """The source without its vector form, where that is not wanted or functions want single environments."""
    if source.one is None or source.many is None:
        return source
    wanted = all(getattr(f, "batched", False) for f in features.values()) if vector is None else vector
    return source if wanted else replace(source, many=None)


def _horizon(name: str, asked: int | None, limit: int | None) -> int:
    if asked is not None and asked < 1:
        raise BadWorld(f"World {name!r} got horizon={asked}; expected at least 1 step.")
    if asked is not None and limit is not None and asked > limit:
        raise BadWorld(
            f"World {name!r} ends by itself after {limit} steps, so horizon={asked} can't be reached. Give at most "
            f"{limit}."
        )
    horizon = asked or limit or DEFAULT_HORIZON
    if horizon > LONGEST:
        raise BadWorld(
            f"World {name!r} runs for {horizon:,} steps; recordings hold at most {LONGEST:,} a episode. Give a shorter "
            "`horizon`."
        )
    return horizon
