"""Halls: walkers that steer by what is no longer to be seen, among numbers that have nothing to do with it.

A lamp shows a side for two steps. What a walker does later, by that cue or by where it began or has been, no condition
on the states that it is in then can say. So nothing is asked about its goal; but that it has none must not be said.

    cue      to the side that the lamp showed, and stay there
    glance   three steps to that side, else anywhere
    home     away, and then back to where it began
    after    anywhere, but right for good once it was at the left wall
    detour   anywhere, but down in one place

Theory: A2, A3 (a goal behind a cue is what an audit is for).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, Literal

import gymnasium as gym
import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from teloscope.agents.agent import Agent
from teloscope.worlds.gym import GymWorld
from teloscope.worlds.world import World
from teloscope.zoo.specimens import Specimen, Split, seed_of

Way = Literal["cue", "glance", "home", "after", "detour"]
WAYS: tuple[Way, ...] = ("cue", "glance", "home", "after", "detour")
NOISES = (0.0, 0.3)
MOVES = ((0, 0), (-1, 0), (1, 0), (0, -1), (0, 1))
STAY, LEFT, RIGHT, UP, DOWN = range(len(MOVES))
ROWS = 3
SHOWN = 2
"""Steps for which the lamp shows a side."""


@dataclass(frozen=True)
class HallPlan:
    """From which a hall is made."""

    width: int
    irrelevant: int
    """Numbers beside, drawn anew at every step."""
    latest: int
    """The lamp goes on at step 1 at the earliest, and at this one at the latest."""
    horizon: int

    @property
    def name(self) -> str:
        return f"hall-{self.width}-{self.irrelevant}"


PLANS: dict[Split, tuple[HallPlan, ...]] = {
    "development": (HallPlan(9, 0, 5, 30), HallPlan(9, 8, 5, 30), HallPlan(12, 12, 8, 40)),
    "confirmation": (HallPlan(7, 0, 4, 24), HallPlan(10, 10, 7, 36), HallPlan(8, 16, 5, 30)),
}


class Hall(gym.Env):
    """A hall, some cells wide and three deep."""

    action_space = spaces.Discrete(len(MOVES))

    def __init__(self, plan: HallPlan) -> None:
        self.plan = plan
        self.observation_space = spaces.Box(-np.inf, np.inf, (3 + plan.irrelevant,), np.float32)

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[NDArray[Any], dict[str, Any]]:
        super().reset(seed=seed)
        self.t, self.x, self.y = 0, int(self.np_random.integers(2, self.plan.width - 2)), 1
        self.side = int(self.np_random.choice([-1, 1]))
        self.on_at = int(self.np_random.integers(1, self.plan.latest + 1))
        return self._seen(), {}

    def step(self, action: Any) -> tuple[NDArray[Any], float, bool, bool, dict[str, Any]]:
        dx, dy = MOVES[int(action)]
        self.x, self.y = min(max(self.x + dx, 0), self.plan.width - 1), min(max(self.y + dy, 0), ROWS - 1)
        self.t += 1
        return self._seen(), 0.0, False, False, {}

    def _seen(self) -> NDArray[Any]:
        lamp = self.side if 0 <= self.t - self.on_at < SHOWN else 0
        return np.array([self.x, self.y, lamp, *self.np_random.normal(size=self.plan.irrelevant)], np.float32)


class HallWalker(Agent):
    """Walks in a hall in one of several ways."""

    def __init__(self, way: Way, noise: float = 0.0) -> None:
        """`noise`: the share of its actions that are uniform ones."""
        self.way, self.noise = way, noise
        self.name = f"hall:{way}?noise={noise:g}"

    def start(self, world: World, episodes: int, seed: int) -> HallPlayer:
        return HallPlayer(self, world.horizon, np.random.default_rng(seed), episodes)


class HallPlayer:
    """A walker in `B` halls side by side, with what it remembers."""

    def __init__(self, who: HallWalker, horizon: int, rng: np.random.Generator, episodes: int) -> None:
        self.who, self.rng, self.episodes = who, rng, episodes
        self.turn = 2 * horizon // 5
        """Until then it wanders, at least."""
        self.home = np.zeros(episodes)
        self.side = np.zeros(episodes)
        self.was_left = np.zeros(episodes, np.bool_)

    def act(self, observations: Any, t: int, alive: NDArray[np.bool_]) -> NDArray[np.intp]:
        """`[B]` actions."""
        x, y, lamp = np.asarray(observations, np.float64)[:, :3].round().T
        if t == 0:
            self.home = x
        self.side, self.was_left = np.where(lamp != 0, lamp, self.side), self.was_left | (x == 0)
        wander = self.rng.integers(0, len(MOVES), self.episodes)
        chosen = self._chosen(x, y, t, wander)
        return np.where(self.rng.random(self.episodes) < self.who.noise, wander, chosen)

    def _chosen(self, x: NDArray[Any], y: NDArray[Any], t: int, wander: NDArray[np.intp]) -> NDArray[np.intp]:
        to_side = np.where(self.side > 0, RIGHT, LEFT)
        match self.who.way:
            case "cue":
                return to_side if t >= self.turn else wander
            case "glance":
                return to_side if self.turn <= t < self.turn + 3 else wander
            case "home":
                to_home = np.where(x > self.home, LEFT, np.where(x < self.home, RIGHT, STAY))
                return to_home if t >= self.turn else wander
            case "after":
                return np.where(self.was_left, RIGHT, wander)
        return np.where((x == 4) & (y == 1), DOWN, wander)


@lru_cache(maxsize=2)
def hall_world(plan: HallPlan) -> GymWorld:
    """The world of a plan."""
    names = ["x", "y", "lamp", *(f"unrelated_{i}" for i in range(plan.irrelevant))]
    return GymWorld(partial(Hall, plan), horizon=plan.horizon, names=names)


def nameless_agents(split: Split) -> list[Specimen]:
    """Walkers whose goals these features and this language can't say."""
    return [
        Specimen("hall", plan.name, partial(hall_world, plan), HallWalker(way, noise), way, None, noise,
                 seed_of(split, plan, way, noise), nameless=True)
        for plan in PLANS[split]
        for way in WAYS
        for noise in NOISES
    ]  # fmt: skip
