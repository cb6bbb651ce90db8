"""Landers: agents of LunarLander (Box2D) with a goal, by proportional-derivative laws.

    hover    above the ground, at a height and a place
    land     with both legs on the ground

Needs the extra `box2d`.

Theory: A2. Source: Gymnasium's LunarLander; the form of the law is that of its own heuristic.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from teloscope.worlds.gym import GymWorld
from teloscope.worlds.world import World
from teloscope.zoo.blind_actors import blind_actors
from teloscope.zoo.control.controllers import Controller, Observations, RandomNetwork
from teloscope.zoo.control.quiet_import import quietly_required
from teloscope.zoo.specimens import Planted, Specimen, Split, seed_of

PACKAGE, EXTRA = "Box2D", "box2d"
FAMILY, ENV_ID = "LunarLander", "LunarLanderContinuous-v3"
HORIZON, EPISODES = 240, 32
NOISES = (0.0, 0.3)
ROOM = (0.2, 0.05)
"""How far around the point that a law steers to its goal reaches: loosely and closely, either counts."""
SAG = 0.1
"""How far below the height it aims at a law comes to rest, since the engine must carry the weight."""


@dataclass(frozen=True)
class Fly:
    """Leans toward a place, and fires the main engine to be at a height; `height` None: lands."""

    place: float
    height: float | None

    def __call__(self, seen: Observations) -> NDArray[np.float32]:
        x, y, x_speed, y_speed, angle, turning, left, right = np.asarray(seen, np.float64).T[:8]
        off = x - self.place
        lean = np.clip((0.5 if self.height is None else 0.8) * off + x_speed, -0.4, 0.4)
        height = 0.55 * np.abs(off) if self.height is None else self.height + SAG
        turn = 0.5 * (lean - angle) - turning
        lift = 0.5 * (height - y) - 0.5 * y_speed
        if self.height is None:
            down = (left + right) > 0
            turn, lift = np.where(down, 0, turn), np.where(down, -0.5 * y_speed, lift)
        return np.clip(np.stack([20 * lift - 1, -20 * turn], axis=1), -1, 1).astype(np.float32)


def _hover(place: float, height: float) -> tuple[str, str, Fly, Planted]:
    spelled = Planted.one(*(f"keep({_about('y', height, room)})" for room in ROOM))
    return "height", f"hover at {height:g}", Fly(place, height), spelled


def _aside(place: float, height: float) -> tuple[str, str, Fly, Planted]:
    here = [_about("x", place, room) for room in ROOM]
    both = [f"keep({x} and {_about('y', height, room)})" for x, room in zip(here, ROOM, strict=True)]
    name = f"hover at {place:g}, {height:g}"
    return "place", name, Fly(place, height), Planted.one(*both, *(f"keep({x})" for x in here))


def _about(feature: str, at: float, room: float) -> str:
    return f"{feature} between {at - room:g} and {at + room:g}"


LAND = (
    "landed",
    "land",
    Fly(0.0, None),
    Planted.one(
        "end(left_leg_contact = 1 and right_leg_contact = 1)", "end(left_leg_contact = 1)", "end(right_leg_contact = 1)"
    ),
)
PLANTS: Mapping[Split, list[tuple[str, str, Fly, Planted]]] = {
    "development": [LAND, _hover(0.0, 0.7), _aside(-0.4, 0.9)],
    "confirmation": [LAND, _hover(0.0, 1.0), _aside(0.4, 0.8)],
}


@lru_cache(maxsize=1)
def world() -> World:
    """The lander with two continuous engines."""
    quietly_required(PACKAGE, EXTRA)
    return GymWorld(ENV_ID, horizon=HORIZON)


def goal_agents(split: Split) -> list[Specimen]:
    """Every goal at every noise."""
    return [
        _specimen(split, Controller(name, law, noise), kind, planted, noise)
        for kind, name, law, planted in PLANTS[split]
        for noise in NOISES
    ]


def non_agents(split: Split) -> list[Specimen]:
    """Blind ones, and networks that nobody trained."""
    first, (_, name, law, _) = seed_of(split, FAMILY) % 10_000, PLANTS[split][-1]
    actors = blind_actors(0, first, Controller(name, law))
    actors += [("network", RandomNetwork(first + i)) for i in range(2)]
    return [_specimen(split, agent, kind, None) for kind, agent in actors]


def _specimen(split: Split, agent: Any, kind: str, planted: Planted | None, noise: float = 0.0) -> Specimen:
    return Specimen(FAMILY, ENV_ID, world, agent, kind, planted, noise, seed_of(split, 2, FAMILY, agent.name), EPISODES)
