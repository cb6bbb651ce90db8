"""Sampled worlds: they have too many states to enumerate, so `B` episodes are stepped in parallel, on arrays.

A state is a dict of arrays that share their first axis, `[B, ...]`. `step` is a pure function: it is given the uniform
draws that it needs. A draw depends only on its episode's seed and the step, so an episode is the same in any batch.

    draw(seed, t, i) = splitmix64(salted seed + golden * (2^16 * t + i))

Theory: A1. Source: Steele, Lea & Flood 2014 (SplitMix).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cached_property
from typing import Any, Literal, NamedTuple, NoReturn

import numpy as np
from numpy.typing import NDArray

from teloscope.errors import BadWorld, NotExact, NotFound
from teloscope.worlds.actions import ActionSet
from teloscope.worlds.sub_envs import SubEnvStep
from teloscope.worlds.table.features import entity_features
from teloscope.worlds.text.default_text import describe_features
from teloscope.worlds.world import Context, FeatureKind, World

States = dict[str, NDArray]
"""Name -> `[B, ...]`: one row an episode."""

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_M1, _M2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_START, _STEP, _SHOVE = (np.uint64(int.from_bytes(word)) for word in (b"starting", b"stepping", b"shoving!"))
"""Salts, so that draws for different purposes are independent."""


class BatchOutcome(NamedTuple):
    """The result of one step of `B` episodes."""

    states: States
    reward: NDArray[np.float64]
    """`[B]` visible reward."""
    hidden: NDArray[np.float64]
    """`[B]` hidden performance."""
    done: NDArray[np.bool_]
    """`[B]` whether the episode ends here."""


class SampledWorld(World):
    """A world that is stepped, many episodes at once. Subclasses write the methods below on arrays."""

    n_draws: int = 1
    """Uniform draws that one step of one episode takes."""
    block: int = 2048
    """Episodes in parallel, at most; the draws don't depend on it."""
    seeding: Literal["episode"] = "episode"
    """Every episode has its own random draws, which all actors share."""
    why_sampled: str = "it has too many states to enumerate"
    """Why there is no table; the error message says it."""
    legend: Mapping[str, str] = {}
    """Character on the map -> what it is."""

    def starts(self, start: str) -> States:
        """States that episodes start in, uniformly over the rows, under a start name."""
        raise NotImplementedError

    def step(self, states: States, actions: NDArray[np.intp], draws: NDArray[np.float64]) -> BatchOutcome:
        """The result of one step.

        Args:
            states: `B` rows; must not be changed in place.
            actions: `[B]` indices into `actions`.
            draws: `[B, n_draws]` uniform on [0, 1).
        """
        raise NotImplementedError

    def features(self, states: States) -> dict[str, NDArray]:
        """The features of each state: name -> `[B]`, always finite."""
        raise NotImplementedError

    def entities(self, states: States) -> dict[str, tuple[Any, Any]]:
        """Where each entity is: name -> (x `[B]`, y `[B]`). An entity always has a position."""
        return {}

    def shove(self, states: States, draws: NDArray[np.float64]) -> States:
        """Where a shove puts each state; `draws`: `[B]` uniform on [0, 1). By default it stays."""
        return states

    def observe(self, states: States) -> NDArray[np.float32]:
        """`[B, ...]` what an agent sees: by default the features that are not names."""
        return np.stack(
            [column for column in self.tabulate(states).values() if column.dtype.kind != "U"], axis=-1
        ).astype(np.float32)

    def draw(self, states: States, row: int = 0) -> list[str]:
        """The map of one row, as rows of characters."""
        return []

    def describe(self, states: States, row: int = 0) -> str:
        """The state in one row, in plain sentences, as somebody in the agent's place would see it."""
        one = {name: column[row : row + 1] for name, column in states.items()}
        features = {name: column[0].item() for name, column in self.features(one).items()}
        return describe_features(features, {name: (x[0], y[0]) for name, (x, y) in self.entities(one).items()})

    def describe_sub_envs(self, sub_envs: SampledSubEnvs, t: int) -> list[str]:
        """`[B]` the present state of each sub-environment, in plain sentences."""
        return [self.describe(sub_envs.states, row) for row in range(len(sub_envs.seeds))]

    def tabulate(self, states: States) -> dict[str, NDArray]:
        """Every feature: the world's own, then positions, differences and distances of its entities; name -> `[B]`.

        Raises:
            BadWorld: a value that is not finite.
        """
        columns: dict[str, Any] = {**self.features(states), **entity_features(self.entities(states))}
        for name, column in columns.items():
            if column.dtype.kind == "f" and not np.isfinite(column).all():
                raise BadWorld(
                    f"World {self.name!r}: feature {name!r} is not finite in {int((~np.isfinite(column)).sum())} of "
                    f"{len(column)} states; give every state a finite value."
                )
        return columns

    @cached_property
    def action_set(self) -> ActionSet:
        """The legal actions: indices into `actions`."""
        return ActionSet.of(len(self.actions or ()))

    def sub_envs(self, episodes: int, context: Context) -> SampledSubEnvs:
        """That many episodes in parallel, in one context.

        Raises:
            NotFound: no context of this world starts as that one does.
        """
        known = {c.start for c in self.contexts}
        if context.start not in known:
            raise NotFound("start", context.start, known, f"Context {context.name!r} asked it of world {self.name!r}.")
        return SampledSubEnvs(self, episodes, context)

    @property
    def table(self) -> NoReturn:
        """A sampled world has no table.

        Raises:
            NotExact: always; the message says why and what to do.
        """
        raise NotExact(
            f"World {self.name!r} has no table, so nothing about it is exact: {self.why_sampled}. Record more episodes "
            "for narrower intervals instead."
        )

    @cached_property
    def _first(self) -> dict[str, NDArray]:
        return self.tabulate(self.starts(self.contexts[0].start))

    @property
    def feature_kinds(self) -> Mapping[str, FeatureKind]:
        return {name: _kind(column) for name, column in self._first.items()}

    @property
    def entity_names(self) -> tuple[str, ...]:
        return tuple(self.entities(self.starts(self.contexts[0].start)))

    def digest(self) -> str:
        return self._digest

    @cached_property
    def _digest(self) -> str:
        """SHA-256 over short uniform rollouts in every context, since worlds with other rules give other rollouts."""
        sha = hashlib.sha256(repr((self.name, self.horizon, self.actions, self.contexts)).encode())
        seeds = np.arange(8, dtype=np.uint64)
        for context in self.contexts:
            sub_envs = self.sub_envs(len(seeds), context)
            sub_envs.reset(seeds)
            for t in range(min(self.horizon, 64)):
                if t == context.shove_at:
                    sub_envs.shove(t)
                actions = (draws(seeds, t, np.uint64(0), 1)[:, 0] * len(self.actions or ())).astype(np.intp)
                moved = sub_envs.step(actions, np.ones(len(seeds), dtype=np.bool_), t)
                sha.update(np.round(moved.reward, 6).tobytes() + np.round(np.asarray(moved.hidden), 6).tobytes())
            for name, column in sub_envs.features(min(self.horizon, 64)).items():
                sha.update(name.encode() + column.tobytes())
        return sha.hexdigest()


class SampledSubEnvs:
    """`B` episodes of a sampled world in parallel; see `teloscope.worlds.sub_envs.SubEnvs`."""

    action_masks = None

    def __init__(self, world: SampledWorld, episodes: int, context: Context) -> None:
        self.world, self.context = world, context
        self.states: States = {}
        self.seeds = np.zeros(episodes, dtype=np.uint64)
        self.log: list[dict[str, NDArray]] = []

    def reset(self, seeds: NDArray[np.uint64]) -> NDArray[np.float32]:
        """Begin an episode in every sub-environment; returns `[B, ...]` first observations."""
        self.seeds = seeds
        starts = self.world.starts(self.context.start)
        count = len(next(iter(starts.values())))
        rows = (draws(seeds, 0, _START, 1)[:, 0] * count).astype(np.intp)
        self.states = {name: column[rows] for name, column in starts.items()}
        self.log = [self.world.tabulate(self.states)]
        return self.world.observe(self.states)

    def step(self, actions: NDArray, alive: NDArray[np.bool_], t: int) -> SubEnvStep:
        """Move every living sub-environment; the others stay where they ended."""
        outcome = self.world.step(self.states, actions.astype(np.intp), draws(self.seeds, t, _STEP, self.world.n_draws))
        self.states = select_rows(alive, outcome.states, self.states)
        self.log.append(self.world.tabulate(self.states))
        never = np.zeros(len(alive), dtype=np.bool_)
        return SubEnvStep(self.world.observe(self.states), outcome.reward, outcome.hidden, outcome.done, never)

    def shove(self, t: int) -> NDArray[np.float32]:
        """Replace the states before acting at `t`; returns what is seen now."""
        self.states = self.world.shove(self.states, draws(self.seeds, t, _SHOVE, 1)[:, 0])
        self.log[-1] = self.world.tabulate(self.states)
        return self.world.observe(self.states)

    def features(self, last: int) -> dict[str, NDArray]:
        """Feature name -> `[last + 1, B]`."""
        return {name: np.stack([row[name] for row in self.log[: last + 1]]) for name in self.log[0]}


def draws(seeds: NDArray[np.uint64], t: int, salt: np.uint64, count: int) -> NDArray[np.float64]:
    """`[B, count]` uniform numbers in [0, 1) at a step, for one use of them."""
    offsets = np.arange(1, count + 1, dtype=np.uint64) + np.uint64(t << 16)
    words = _mixed(_mixed(seeds ^ salt)[:, None] + GOLDEN * offsets)
    return (words >> np.uint64(11)).astype(np.float64) * 2.0**-53


def single_draws(seeds: NDArray[np.uint64], t: int, salt: np.uint64, count: int) -> NDArray[np.float32]:
    """The same in single precision; none is rounded up to 1."""
    return np.minimum(draws(seeds, t, salt, count).astype(np.float32), np.float32(1 - 2**-24))


def _mixed(words: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """SplitMix64's finaliser; wraps by design."""
    words = (words ^ (words >> np.uint64(30))) * _M1
    words = (words ^ (words >> np.uint64(27))) * _M2
    return words ^ (words >> np.uint64(31))


def select_rows(mask: NDArray[np.bool_], ours: States, theirs: States) -> States:
    """Rows of `ours` where the mask `[B]` is true, else rows of `theirs`."""
    if mask.all():
        return ours
    return {
        name: np.where(mask.reshape(-1, *[1] * (column.ndim - 1)), column, theirs[name])
        for name, column in ours.items()
    }


def _kind(column: NDArray) -> FeatureKind:
    return "bool" if column.dtype == np.bool_ else "number" if column.dtype.kind in "iuf" else "category"
