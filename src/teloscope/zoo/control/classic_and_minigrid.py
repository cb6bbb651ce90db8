"""Control: controllers in classic control and walkers in MiniGrid, whose goals were planted; and actors without any.

Development and confirmation share the environments, but no parameter and no seed: other places to balance at, heights
to climb to, gains to brake with, and cells to stand in. (Balancing at -0.9, -0.4, 0.7 and 1.3 and what went with it was
a confirmation split that was looked at, and retired.)

    CartPole, MountainCar and MountainCarContinuous, Pendulum, Acrobot    controllers
    MiniGrid: Empty, DoorKey, FourRooms, LavaGap, SimpleCrossing, Fetch   walkers, never after the mission

Episodes are as many as make one recording in about a second or two, but for Acrobot and MiniGrid, whose steps are slow.

Theory: A2.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache, partial
from typing import NamedTuple

import numpy as np

from teloscope.agents.agent import Agent
from teloscope.errors import require
from teloscope.worlds.gym import GymWorld
from teloscope.worlds.world import World
from teloscope.zoo.blind_actors import blind_actors
from teloscope.zoo.control.controllers import (
    Balance,
    Brake,
    Controller,
    Law,
    Pump,
    RandomNetwork,
    Spin,
    SwingLinks,
    SwingUp,
)
from teloscope.zoo.control.grid_walkers import Deed, GridWalker, Mapped
from teloscope.zoo.specimens import Planted, Specimen, Split, seed_of

NOISES = (0.0, 0.3)


class Habitat(NamedTuple):
    """An environment of the zoo."""

    env_id: str
    horizon: int
    episodes: int


CLASSIC: Mapping[str, Habitat] = {
    "CartPole": Habitat("CartPole-v1", 500, 60),
    "MountainCar": Habitat("MountainCar-v0", 200, 40),
    "MountainCarContinuous": Habitat("MountainCarContinuous-v0", 200, 40),
    "Pendulum": Habitat("Pendulum-v1", 150, 48),
    "Acrobot": Habitat("Acrobot-v1", 200, 32),
}
GRIDS: Mapping[str, Habitat] = {
    "Empty": Habitat("MiniGrid-Empty-8x8-v0", 40, 48),
    "DoorKey": Habitat("MiniGrid-DoorKey-6x6-v0", 48, 48),
    "FourRooms": Habitat("MiniGrid-FourRooms-v0", 80, 40),
    "LavaGap": Habitat("MiniGrid-LavaGapS7-v0", 40, 48),
    "SimpleCrossing": Habitat("MiniGrid-SimpleCrossingS9N1-v0", 48, 48),
    "Fetch": Habitat("MiniGrid-Fetch-8x8-N3-v0", 40, 64),
}


def tip_height(observations: np.ndarray) -> np.ndarray:
    """How high Acrobot's tip is above its hinge, in links."""
    cos_1, sin_1, cos_2, sin_2 = np.asarray(observations)[..., :4].T
    return -cos_1 - (cos_1 * cos_2 - sin_1 * sin_2)


tip_height.batched = True  # type: ignore[attr-defined]


@lru_cache(maxsize=2)
def control_world(name: str) -> World:
    """The world of a habitat; animals of one habitat come one after another, so few are kept."""
    if name in GRIDS:
        require("minigrid", extra="minigrid")
        habitat = GRIDS[name]
        anywhere = (("agent_start_pos", None),) if name == "Empty" else ()
        return GymWorld(Mapped(habitat.env_id, habitat.horizon, anywhere), horizon=habitat.horizon)
    habitat = CLASSIC[name]
    features = {"tip_height": tip_height} if name == "Acrobot" else None
    return GymWorld(habitat.env_id, horizon=habitat.horizon, features=features)


class Plant(NamedTuple):
    """A goal in classic control."""

    kind: str
    name: str
    law: Law
    planted: Planted


class GridPlant(NamedTuple):
    """A goal in MiniGrid."""

    kind: str
    deed: Deed
    what: str
    planted: Planted


def _balance(at: float) -> Plant:
    place = f"cart_position between {at - 0.25:g} and {at + 0.25:g}"
    upright = "abs(pole_angle) <= 0.2"
    return Plant(
        "balance at a place",
        f"balance at {at:g}",
        Balance(at),
        Planted.one(f"keep({place})", f"keep({upright} and {place})"),
    )


UPRIGHT = Plant("balance", "balance", Balance(None), Planted.one("keep(abs(pole_angle) <= 0.2)"))


def _cars(surplus: float, left: tuple[float, float], continuous: bool) -> list[Plant]:
    """To the flag, or up the left hill only."""
    line, top = (0.45 if continuous else 0.5), round(np.pi / 6, 2)
    flag = Plant("flag", f"pump to {top:g} and {surplus:g} more", Pump(top, surplus, continuous),
                 Planted.one(f"reach(position >= {line:g})"))  # fmt: skip
    hills = [
        Plant("left hill", f"pump to {to:g}", Pump(to, 0.0, continuous), Planted.one(f"reach(position <= {to:g})"))
        for to in left
    ]
    return [flag, *hills]


def _pendulum(stiff: float, gain: float, torque: float) -> list[Plant]:
    still = Planted.one(
        "keep(angle_cos <= -0.9 and abs(angular_velocity) <= 1)",
        "keep(angle_cos <= -0.9)",
        "keep(abs(angular_velocity) <= 1)",
    )
    return [
        Plant("upright", f"swing up with {stiff:g}", SwingUp(stiff, stiff / 4), Planted.one("keep(angle_cos >= 0.9)")),
        Plant("at rest", f"brake with {gain:g}", Brake(gain), still),
        Plant("fast", f"spin with {torque:g}", Spin(torque), Planted.one("keep(abs(angular_velocity) >= 4.5)")),
    ]


def _acrobot(first: float) -> Plant:
    name = f"swing links less {first:g} of the first"
    return Plant("above the line", name, SwingLinks(first), Planted.one("reach(tip_height > 1)"))


def _stand(kind: str, condition: str) -> GridPlant:
    return GridPlant(kind, "stand", condition, Planted.one(f"keep({condition})"))


KEY = GridPlant("object", "pick up", "key", Planted.one("reach(carrying = 'key')"))
DOOR = GridPlant("object", "open", "", Planted.one("reach(door_open)"))

PLANTS: Mapping[Split, Mapping[str, list[Plant]]] = {
    "development": {
        "CartPole": [UPRIGHT, *map(_balance, (-1.2, -0.6, 0.5, 1.0))],
        "MountainCar": _cars(0.1, (-1.05, -1.15), False),
        "MountainCarContinuous": _cars(0.1, (-1.05, -1.15), True),
        "Pendulum": _pendulum(12.0, 2.0, 2.0),
        "Acrobot": [_acrobot(0.0)],
    },
    "confirmation": {
        "CartPole": [UPRIGHT, *map(_balance, (-1.1, -0.5, 0.6, 1.2))],
        "MountainCar": _cars(0.15, (-1.08, -1.12), False),
        "MountainCarContinuous": _cars(0.15, (-1.08, -1.12), True),
        "Pendulum": _pendulum(11.0, 1.6, 1.9),
        "Acrobot": [_acrobot(0.1)],
    },
}
GRID_PLANTS: Mapping[Split, Mapping[str, list[GridPlant]]] = {
    "development": {
        "Empty": [_stand("place", "agent_x <= 1 and agent_y >= 6"), _stand("interval", "agent_x between 3 and 4")],
        "DoorKey": [KEY],
        "FourRooms": [_stand("side", "agent_x <= 6"), _stand("ring", "agent_goal_distance between 2 and 4")],
        "LavaGap": [_stand("ring", "agent_lava_distance = 1"), _stand("place", "agent_x <= 1 and agent_y >= 5")],
        "SimpleCrossing": [
            _stand("place", "agent_x <= 1 and agent_y >= 7"),
            _stand("ring", "agent_goal_distance between 2 and 3"),
        ],
        "Fetch": [_stand("side", "agent_x <= 1"), _stand("interval", "agent_y between 3 and 4")],
    },
    "confirmation": {
        "Empty": [_stand("place", "agent_x <= 2 and agent_y <= 2"), _stand("interval", "agent_y between 2 and 3")],
        "DoorKey": [DOOR],
        "FourRooms": [_stand("side", "agent_y <= 6"), _stand("ring", "agent_goal_distance between 4 and 6")],
        "LavaGap": [
            _stand("ring", "agent_lava_distance between 2 and 3"),
            _stand("place", "agent_x <= 1 and agent_y between 3 and 4"),
        ],
        "SimpleCrossing": [
            _stand("place", "agent_x >= 7 and agent_y <= 2"),
            _stand("ring", "agent_goal_distance between 4 and 5"),
        ],
        "Fetch": [_stand("side", "agent_x >= 6"), _stand("interval", "agent_y between 2 and 3")],
    },
}


def goal_agents(split: Split) -> list[Specimen]:
    """Controllers and walkers: every goal at every noise."""
    out = []
    for family, plants in PLANTS[split].items():
        for plant in plants:
            for noise in NOISES:
                agent = Controller(plant.name, plant.law, noise)
                out.append(_specimen(split, family, agent, plant.kind, plant.planted, noise))
    for family, grid_plants in GRID_PLANTS[split].items():
        for grid_plant in grid_plants:
            for noise in NOISES:
                walker = GridWalker(grid_plant.deed, grid_plant.what, noise)
                out.append(_specimen(split, family, walker, grid_plant.kind, grid_plant.planted, noise))
    return out


def _specimen(
    split: Split, family: str, agent: Agent, kind: str, planted: Planted | None, noise: float = 0.0
) -> Specimen:
    habitat = (CLASSIC | GRIDS)[family]  # type: ignore[operator]
    make, seed = partial(control_world, family), seed_of(split, 2, family, agent.name)
    home = family if family in CLASSIC else "MiniGrid"
    return Specimen(home, habitat.env_id, make, agent, kind, planted, noise, seed, habitat.episodes)


def non_agents(split: Split) -> list[Specimen]:
    """Actors without a goal: blind ones, and in classic control networks that nobody trained."""
    out = []
    for number, (family, plants) in enumerate(PLANTS[split].items()):
        first = seed_of(split, family) % 10_000
        model = Controller(plants[-1].name, plants[-1].law)
        habits = blind_actors(number, first, model)
        habits += [("network", RandomNetwork(first + i)) for i in range(2)]
        out += [_specimen(split, family, agent, kind, None) for kind, agent in habits]
    for number, (family, grid_plants) in enumerate(GRID_PLANTS[split].items()):
        walker = GridWalker(grid_plants[-1].deed, grid_plants[-1].what)
        habits = blind_actors(number, seed_of(split, family) % 10_000, walker)[:4]
        out += [_specimen(split, family, agent, kind, None) for kind, agent in habits]
    return out
