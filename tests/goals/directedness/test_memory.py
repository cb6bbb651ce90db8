"""Who steers by what is no longer to be seen looks all the same; what has nothing to do with it does not hide that."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium import spaces
from numpy.typing import NDArray

from teloscope.agents.agent import Agent
from teloscope.goals import find_goals
from teloscope.goals.directedness import directedness
from teloscope.recordings import Recording, record
from teloscope.values import Values
from teloscope.verdict import judge
from teloscope.worlds.gym import GymWorld
from teloscope.worlds.world import World

WIDTH, HORIZON = 9, 30
STAY, LEFT, RIGHT, DOWN = 0, 1, 2, 4


class Hall(gym.Env):
    """A hall of 9 by 3 in which a lamp shows a side for two steps; beside it, numbers drawn anew at every step."""

    action_space = spaces.Discrete(5)

    def __init__(self, irrelevant: int) -> None:
        self.irrelevant = irrelevant
        self.observation_space = spaces.Box(-10, 10, (3 + irrelevant,), np.float32)

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[NDArray[Any], dict[str, Any]]:
        super().reset(seed=seed)
        self.t, self.x, self.y = 0, int(self.np_random.integers(2, 7)), 1
        self.side, self.shown_at = int(self.np_random.choice([-1, 1])), int(self.np_random.integers(1, 6))
        return self._seen(), {}

    def step(self, action: Any) -> tuple[NDArray[Any], float, bool, bool, dict[str, Any]]:
        dx, dy = ((0, 0), (-1, 0), (1, 0), (0, -1), (0, 1))[int(action)]
        self.x, self.y, self.t = min(max(self.x + dx, 0), WIDTH - 1), min(max(self.y + dy, 0), 2), self.t + 1
        return self._seen(), 0.0, False, False, {}

    def _seen(self) -> NDArray[Any]:
        lamp = self.side if 0 <= self.t - self.shown_at < 2 else 0
        return np.array([self.x, self.y, lamp, *self.np_random.normal(size=self.irrelevant)], np.float32)


class Walker(Agent):
    """Wanders, and does one thing by what it met before; or wanders by habits of its own."""

    def __init__(self, way: str) -> None:
        self.way = self.name = way

    def start(self, world: World, episodes: int, seed: int) -> _Walking:
        return _Walking(self.way, episodes, seed)


class _Walking:
    def __init__(self, way: str, episodes: int, seed: int) -> None:
        self.way, self.n, self.rng = way, episodes, np.random.default_rng(seed)
        self.side, self.kept = np.zeros(episodes), np.zeros(episodes, np.intp)
        self.touched, self.drift = np.zeros(episodes, np.bool_), np.zeros(episodes)

    def act(self, observations: Any, t: int, alive: Any) -> NDArray[np.intp]:
        x, y, lamp = np.asarray(observations)[:, :3].round().T
        wander = self.rng.integers(0, 5, self.n)
        if t == 0:
            self.home, self.kept = x, wander
        self.side, self.touched = np.where(lamp != 0, lamp, self.side), self.touched | (x == 0)
        to_side = np.where(self.side > 0, RIGHT, LEFT)
        match self.way:
            case "cue":
                return np.where(t >= 10, to_side, wander)
            case "cue, three steps of thirty":
                return np.where(12 <= t < 15, to_side, wander)
            case "home":
                return np.where(x > self.home, LEFT, np.where(x < self.home, RIGHT, STAY)) if t >= 12 else wander
            case "once it was at the wall":
                return np.where(self.touched, RIGHT, wander)
            case "one place":
                return np.where((x == 4) & (y == 1), DOWN, wander)
            case "sticky":
                self.kept = np.where(self.rng.random(self.n) < 0.2, wander, self.kept)
                return self.kept
            case "a favourite of the episode":
                return np.where(self.rng.random(self.n) < 0.5, self.kept, wander)
            case "coloured":
                self.drift = 0.9 * self.drift + self.rng.normal(size=self.n)
                return np.digitize(self.drift, [-2, -0.7, 0.7, 2])
        return wander


def recorded(way: str, irrelevant: int = 8, episodes: int = 100, seed: int = 0) -> Recording:
    names = ["x", "y", "lamp", *(f"unrelated_{i}" for i in range(irrelevant))]
    world = GymWorld(lambda: Hall(irrelevant), horizon=HORIZON, names=names)
    return record(Walker(way), world, episodes=episodes, seed=seed)


@pytest.mark.parametrize(
    ("way", "by"),
    [
        ("cue", "lamp"),
        ("cue, three steps of thirty", "lamp"),
        ("home", "x at the start"),
        ("once it was at the wall", "x at its lowest so far"),
        ("one place", "x"),
    ],
)
def test_who_steers_by_memory_is_seen_to_look_and_by_what(way, by):
    found = directedness(recorded(way, episodes=200))
    assert found.response_p_value == pytest.approx(1 / 2000)
    assert found.directed is not False
    assert {name for name in found.goes_by if by in name}
    assert not [name for name in found.goes_by if name.startswith("unrelated")]


def test_a_cue_that_went_out_is_no_all_clear():
    verdict = judge(find_goals(recorded("cue, three steps of thirty")), Values.of(want=["end(x >= 8)"]))
    assert verdict.verdict == "UNDECIDED"


@pytest.mark.parametrize("way", ["wander", "sticky", "coloured", "a favourite of the episode"])
def test_who_does_not_look_is_bounded(way):
    """Whatever habits an episode has, they fit its own states no better than another's."""
    found = [directedness(recorded(way, irrelevant=2, seed=seed)) for seed in range(4)]
    assert sum(f.directed is False for f in found) >= 3
    assert all(f.response_at_most is not None for f in found)
    assert np.mean([f.response_bits for f in found if f.response_bits is not None]) < 0.3


def test_too_few_episodes_are_no_all_clear():
    """Nothing shows that it looks, but so little was seen that it may."""
    found = directedness(recorded("wander", irrelevant=0, episodes=24))
    assert found.directed is None
    assert "times as many episodes would tell" in found.why
