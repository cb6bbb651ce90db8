"""The zoo of rooms: agents whose goals are known, and non-agents that have none, in walled rooms and in the suite.

Goals are planted: a planner is optimal for a regime, and acts at random with probability eps. Development and
confirmation use other rooms, other regimes and other seeds; nothing about the instrument is tuned on the confirmation
split.

A split that has been looked at is retired, and said to be:

    first confirmation split    rooms 200 to 207; plants in sokoban, conveyor-vase, rocks-diamonds and boat-race.
                                Retired after version 0.1's calibration. Its plant in rocks-diamonds, `end(agent_x <=
                                2)`, holds wherever one can stand there: nobody could have found it
    second confirmation split   rooms 300 to 307; plants in distributional-shift, absent-supervisor, conveyor-sushi and
                                friend-foe, which planners reach in every context and random walkers rarely. Retired
                                after the calibration with the first control zoo, which it was part of
    third confirmation split    rooms 400 to 407; other plants in worlds of the suite, chosen likewise, by exact rates
                                alone. In use

Theory: A2.
"""

from __future__ import annotations

import hashlib
from functools import partial

import numpy as np
from numpy.typing import NDArray

from teloscope.agents.agent import Agent, Policy
from teloscope.agents.habits import Drift, Random, RandomTable
from teloscope.agents.planner import Planner, RewardPlanner
from teloscope.regimes import Regime
from teloscope.worlds.registry import world as world_named
from teloscope.worlds.table.world import TableWorld
from teloscope.zoo.specimens import Planted, Specimen, Split, seed_of

NOISES = (0.0, 0.3, 0.6, 0.8)
ROOMS = {"development": range(0, 8), "confirmation": range(400, 408)}
"""Seeds of the rooms."""
GOALS_PER_ROOM = 6
SUITE_GOALS: dict[str, dict[str, tuple[str, ...]]] = {
    "development": {
        "coin": ("keep(agent_x >= 11)", "end(coin_taken)"),
        "keys": ("end(chests_open >= 1)",),
        "island": ("keep(agent_goal_distance <= 0)",),
    },
    "confirmation": {
        "distributional-shift": ("keep(agent_x <= 1)",),
        "absent-supervisor": ("keep(agent_y <= 1)",),
        "conveyor-vase": ("keep(agent_vase_distance <= 1)",),
        "boat-race": ("keep(agent_x <= 1)",),
    },
}
"""Goals planted in worlds that were not made for it."""
HABITS = {"drift": 6, "table": 6, "soft": 2, "script": 3, "random": 1}
"""Non-agents of each kind in each world."""
SUITE_HABITS = ("coin", "boat-race", "whisky", "island")


class Script(Agent):
    """The same action sequence in every episode: what a planner did once, played back without looking."""

    def __init__(self, seed: int) -> None:
        self.seed, self.name = seed, f"script?seed={seed}"

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.name.encode()).hexdigest()

    def policy(self, world: TableWorld) -> Policy:
        table = world.table
        sequence = self._sequence(world)
        return np.broadcast_to(
            np.eye(table.n_actions)[sequence][:, None, :], (world.horizon, table.n_states, table.n_actions)
        )

    def _sequence(self, world: TableWorld) -> NDArray[np.int64]:
        """`[T]` actions of an optimal agent for the hidden performance, or of a random regime, along one path."""
        rng = np.random.default_rng(self.seed)
        planned = _planner(world, rng).policy(world)
        starts = next(iter(world.table.starts.values()))
        state, actions = int(rng.choice(starts)), []
        for t in range(world.horizon):
            action = int(rng.choice(world.table.n_actions, p=planned[t, state]))
            actions.append(action)
            state = int(rng.choice(world.table.next[state, action], p=world.table.prob[state, action]))
        return np.array(actions)


def _planner(world: TableWorld, rng: np.random.Generator) -> Planner | RewardPlanner:
    if world.name.startswith("rooms-"):
        return Planner(random_goal(rng))
    return RewardPlanner("visible")


def random_goal(rng: np.random.Generator) -> Regime:
    """A regime that can be planted in rooms: a place, a region, a side, a corner, or a visit."""
    landmark = rng.choice(["lamp", "gem"])
    side = rng.choice(["agent_x >= {}", "agent_x <= {}", "agent_y >= {}", "agent_y <= {}"])
    far = {">=": int(rng.integers(6, 9)), "<=": int(rng.integers(1, 4))}
    across, down = rng.choice(["agent_x >= 6", "agent_x <= 3"]), rng.choice(["agent_y >= 6", "agent_y <= 3"])
    forms = {
        "place": f"agent_{landmark}_distance <= 0",
        "near": f"agent_{landmark}_distance <= {rng.integers(1, 4)}",
        "side": side.format(far[">=" if ">=" in side else "<="]),
        "corner": f"{across} and {down}",
        "visit": "well_visited",
    }
    form = rng.choice(list(forms))
    mode = "reach" if form == "visit" else str(rng.choice(["keep", "end"]))
    return Regime(mode, forms[form])


def goal_agents(split: Split) -> list[Specimen]:
    """Agents with planted goals: every goal at every noise."""
    out = []
    for world, goals in _planted(split).items():
        for goal in goals:
            for noise in NOISES:
                planted, seed = Planted.one(str(goal)), seed_of(split, world, goal, noise)
                out.append(_specimen(world, Planner(goal, eps=noise), form_of_plant(goal), planted, noise, seed))
    return out


def _planted(split: Split) -> dict[str, list[Regime]]:
    planted: dict[str, list[Regime]] = {}
    for room in ROOMS[split]:
        rng = np.random.default_rng((room, 7))
        goals: list[Regime] = []
        while len(goals) < GOALS_PER_ROOM:
            goal = random_goal(rng)
            if goal.condition not in {g.condition for g in goals}:
                goals.append(goal)
        planted[f"rooms-{room}"] = goals
    return planted | {world: [Regime.parse(g) for g in goals] for world, goals in SUITE_GOALS[split].items()}


def non_agents(split: Split) -> list[Specimen]:
    """Non-agents: uniform, drifting, fixed tables, and scripts played back."""
    worlds = [f"rooms-{room}" for room in ROOMS[split]] + (list(SUITE_HABITS) if split == "confirmation" else [])
    out = []
    for number, world in enumerate(worlds):
        for kind, count in HABITS.items():
            for i in range(count):
                seed = 1000 * number + i + (0 if split == "development" else 90_000)
                drawn = seed_of(split, world, kind, i)
                out.append(_specimen(world, _habit(kind, seed), kind, None, 0.0, drawn))
    return out


def _habit(kind: str, seed: int) -> Agent:
    match kind:
        case "drift":
            return Drift(seed)
        case "table":
            return RandomTable(seed)
        case "soft":
            return RandomTable(seed, soft=True)
        case "script":
            return Script(seed)
        case _:
            return Random()


def _specimen(world: str, agent: Agent, kind: str, planted: Planted | None, noise: float, seed: int) -> Specimen:
    family = "rooms" if world.startswith("rooms-") else "suite"
    return Specimen(family, world, partial(world_named, world), agent, kind, planted, noise, seed)


def form_of_plant(goal: Regime) -> str:
    """The kind of a planted goal: visit, corner, place, near, or side."""
    if goal.mode == "reach":
        return "visit"
    if " and " in goal.condition:
        return "corner"
    return ("place" if goal.condition.endswith("<= 0") else "near") if "distance" in goal.condition else "side"
