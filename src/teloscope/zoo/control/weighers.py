"""Weighers: agents of MO-Gymnasium that want one weighting of several rewards, by laws that are optimal for it.

    deep-sea-treasure   to the treasure that pays best for these weights of treasure and time
    four-room           to all items of the kind that weighs most
    water-reservoir     (continuous) releases what stands above a level

What is planted follows from the weights and the environment's own tables. In the deep sea the column that an episode
ends in counts as its treasure: there is one in each. Environments in which one action for ever is best for a weighting
(fishwood) are left out: who takes the same action everywhere does nothing that an action-matched reference doesn't.
Needs the extra `mo`.

Theory: A2. Source: MO-Gymnasium (Felten et al. 2023).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from teloscope.errors import require
from teloscope.worlds.gym import GymWorld
from teloscope.worlds.world import World
from teloscope.zoo.blind_actors import blind_actors
from teloscope.zoo.control.controllers import Controller, Law, Observations, RandomNetwork
from teloscope.zoo.control.grid_walkers import steps_to
from teloscope.zoo.control.quiet_import import quietly_required
from teloscope.zoo.specimens import Planted, Specimen, Split, seed_of

PACKAGE, EXTRA = "mo_gymnasium", "mo"
FAMILY = "MO-Gymnasium"
NOISES = (0.0, 0.3)
UP, DOWN, LEFT, RIGHT = range(4)
"""Of the deep sea."""
WEST, NORTH, EAST, SOUTH = range(4)
"""Of the four rooms."""
KINDS = ("squares", "triangles", "circles")
"""Of the four rooms' items, in the order of their rewards."""


class Sea(NamedTuple):
    """Where the treasures of the deep sea lie."""

    depth: NDArray[np.int64]
    """`[columns]` row of each column's treasure; behind the last one there is none."""
    value: NDArray[np.float64]
    """`[columns]`"""

    @classmethod
    def charted(cls) -> Sea:
        """As MO-Gymnasium's map has it."""
        chart = require("mo_gymnasium.envs.deep_sea_treasure.deep_sea_treasure", EXTRA).DEFAULT_MAP
        columns = np.flatnonzero((chart > 0).any(axis=0))
        depth = (chart > 0).argmax(axis=0)[columns]
        return cls(depth, chart[depth, columns])

    def best(self, weights: Sequence[float]) -> int:
        """The column that pays best: so many steps are its row and column together."""
        steps = self.depth + np.arange(len(self.depth))
        return int(np.argmax(weights[0] * self.value - weights[1] * steps))


@dataclass(frozen=True)
class Dive:
    """Above a column, then down."""

    column: int

    def __call__(self, seen: Observations) -> NDArray[np.int64]:
        depth, (row, column) = Sea.charted().depth, seen[:, :2].astype(np.int64).T
        free = np.append(depth, np.full(2, 11))[np.maximum(column - 1, 0)] >= row  # the cell to the left is water
        back = np.where(free, LEFT, UP)
        return np.where(column < self.column, RIGHT, np.where(column > self.column, back, DOWN))


@dataclass(frozen=True)
class Collect:
    """The nearest item of a kind, until there is none; then on the spot."""

    kind: int

    def __call__(self, seen: Observations) -> NDArray[np.int64]:
        maze, items = _maze()
        at: NDArray[np.int64] = seen.astype(np.int64)
        left = (at[:, 2:] == 0) & (items[:, 2] == self.kind)
        target = np.zeros((len(at), *maze.shape), np.bool_)
        for number, (row, column, _) in enumerate(items):
            target[:, row, column] |= left[:, number]
        far = np.pad(steps_to(target, np.broadcast_to((maze != "X") & (maze != "G"), target.shape)), _EDGE,
                     constant_values=10**6)  # fmt: skip
        b, row, column = np.arange(len(at)), at[:, 0] + 1, at[:, 1] + 1
        ways = np.stack([far[b, row, column - 1], far[b, row - 1, column], far[b, row, column + 1],
                         far[b, row + 1, column]])  # fmt: skip
        spot = np.where(at[:, 1] == 0, WEST, NORTH)
        return np.where(left.any(axis=1), ways.argmin(axis=0), spot)


_EDGE = ((0, 0), (1, 1), (1, 1))


@lru_cache(maxsize=1)
def _maze() -> tuple[NDArray[Any], NDArray[np.int64]]:
    """The four rooms' map, and `[items, 3]` row, column and kind of each item, in the order of observations."""
    env = require(PACKAGE, EXTRA).make("four-room-v0").unwrapped
    kinds = {"1": 0, "2": 1, "3": 2}
    places = sorted(env.shape_ids, key=env.shape_ids.get)
    items = np.array([(row, column, kinds[str(env.maze[row, column])]) for row, column in places])
    return env.maze, items


def _collected(kind: int, observations: NDArray[Any]) -> NDArray[Any]:
    return np.asarray(observations)[..., 2:][..., _maze()[1][:, 2] == kind].sum(axis=-1)


@dataclass(frozen=True)
class Store:
    """A reservoir that is let out down to a level."""

    level: float

    def __call__(self, seen: Observations) -> NDArray[np.float32]:
        water = np.maximum(seen[:, :1], 1e-6)
        return np.clip((water + 40 - self.level) / water, 0, 1).astype(np.float32)


class Habitat(NamedTuple):
    """An environment of MO-Gymnasium, and how it is shown."""

    env_id: str
    horizon: int
    episodes: int
    names: tuple[str, ...]
    arguments: Mapping[str, Any] = {}


HABITATS: Mapping[str, Habitat] = {
    "sea": Habitat("deep-sea-treasure-v0", 40, 60, ("row", "column")),
    "rooms": Habitat("four-room-v0", 80, 48, ("row", "column", *(f"taken_{number}" for number in range(12)))),
    "reservoir": Habitat("water-reservoir-v0", 60, 60, ("water_level",), {"normalized_action": True}),
}


@lru_cache(maxsize=2)
def world_of(name: str) -> World:
    """The world of a habitat."""
    quietly_required(PACKAGE, EXTRA)
    habitat = HABITATS[name]
    features: dict[str, Callable[..., Any]] = {}
    if name == "rooms":
        for number, kind in enumerate(KINDS):
            features[kind] = count = partial(_collected, number)
            count.batched = True  # type: ignore[attr-defined]
    return GymWorld(
        habitat.env_id, horizon=habitat.horizon, names=habitat.names, features=features, **habitat.arguments
    )


class Plant(NamedTuple):
    """A weighting and what follows from it."""

    home: str
    kind: str
    name: str
    law: Law
    planted: Planted


def _dive(treasure: float, time: float) -> Plant:
    sea = Sea.charted()
    column = sea.best((treasure, time))
    place = f"row = {sea.depth[column]} and column = {column}"
    return Plant(
        "sea",
        "treasure",
        f"treasure {treasure:g}, time {time:g}",
        Dive(column),
        Planted.one(f"end({place})", f"end(column = {column})"),
    )


def _collect(*weights: float) -> Plant:
    kind = int(np.argmax(weights))
    told = ", ".join(f"{name} {w:g}" for name, w in zip(KINDS, weights, strict=True))
    spelled = Planted.one(f"reach({KINDS[kind]} >= 4)", f"raise({KINDS[kind]})")
    return Plant("rooms", "items", told, Collect(kind), spelled)


def _store(level: float) -> Plant:
    spelled = Planted.one(f"keep(water_level between {level - 25:g} and {level + 25:g})")
    return Plant("reservoir", "level", f"store {level:g}", Store(level), spelled)


def plants(split: Split) -> list[Plant]:
    """Weightings; no weighting is in both splits."""
    if split == "development":
        return [_dive(1, 1), _dive(1, 0.6), _collect(1, 0, 0), _store(90), _store(60)]  # fmt: skip
    return [_dive(1, 0.8), _dive(1, 1.5), _collect(0, 1, 0), _store(100), _store(75)]  # fmt: skip


def goal_agents(split: Split) -> list[Specimen]:
    """Every weighting at every noise."""
    return [
        _specimen(split, p.home, Controller(p.name, p.law, noise), p.kind, p.planted, noise)
        for p in plants(split)
        for noise in NOISES
    ]


def non_agents(split: Split) -> list[Specimen]:
    """Blind ones everywhere, and networks that nobody trained where they can see more than one number."""
    out = []
    models = {p.home: p for p in plants(split)}
    for number, (home, plant) in enumerate(models.items()):
        first = seed_of(split, home) % 10_000
        actors = blind_actors(number, first, Controller(plant.name, plant.law))
        actors += [("network", RandomNetwork(first + i)) for i in range(2)]
        out += [_specimen(split, home, agent, kind, None) for kind, agent in actors]
    return out


def _specimen(split: Split, home: str, agent: Any, kind: str, planted: Planted | None, noise: float = 0.0) -> Specimen:
    habitat, seed = HABITATS[home], seed_of(split, 2, home, agent.name)
    return Specimen(FAMILY, habitat.env_id, partial(world_of, home), agent, kind, planted, noise, seed,
                    habitat.episodes)  # fmt: skip
