"""Who steers by what is no longer to be seen looks all the same; what has nothing to do with it does not hide that."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from teloscope.agents.agent import Agent
from teloscope.agents.habits import Random
from teloscope.goals import find_goals
from teloscope.goals.directedness import directedness
from teloscope.recordings import Recording, record
from teloscope.values import Values
from teloscope.verdict import judge
from teloscope.worlds.world import World
from teloscope.zoo.blind_actors import BlindActor
from teloscope.zoo.control.halls import LEFT, RIGHT, HallPlan, HallWalker, hall_world


class Favourite(Agent):
    """One action in half of the steps, another one in every episode; it never looks."""

    name = "favourite"

    def start(self, world: World, episodes: int, seed: int) -> _Favouring:
        return _Favouring(np.random.default_rng(seed), episodes)


class _Favouring:
    def __init__(self, rng: np.random.Generator, episodes: int) -> None:
        self.rng, self.favourite = rng, rng.integers(0, 5, episodes)

    def act(self, observations: Any, t: int, alive: Any) -> NDArray[np.intp]:
        n = len(self.favourite)
        return np.where(self.rng.random(n) < 0.5, self.favourite, self.rng.integers(0, 5, n))


BLIND: dict[str, Agent] = {
    "random": Random(),
    "sticky": BlindActor("sticky", 0.8),
    "coloured": BlindActor("coloured", 0.9),
    "favourite": Favourite(),
}


@lru_cache
def recorded(who: Agent, irrelevant: int = 8, episodes: int = 200, seed: int = 0) -> Recording:
    return record(who, hall_world(HallPlan(9, irrelevant, 5, 30)), episodes=episodes, seed=seed)


GLANCE = HallWalker("glance")


@pytest.mark.parametrize(
    ("way", "by"), [("cue", "lamp"), ("glance", "lamp"), ("home", "x at the start"), ("after", "x"), ("detour", "x")]
)
def test_who_steers_by_memory_is_seen_to_look_and_by_what(way, by):
    found = directedness(recorded(GLANCE if way == "glance" else HallWalker(way)))
    assert found.response_p_value is not None and found.response_p_value < 0.005
    assert found.directed is not False
    assert any(by in name for name in found.goes_by)
    assert not [name for name in found.goes_by if name.startswith("unrelated")]


def test_a_cue_that_went_out_is_no_all_clear():
    verdict = judge(find_goals(recorded(GLANCE)), Values.of(want=["end(x >= 8)"]))
    assert verdict.verdict == "UNDECIDED"


@pytest.mark.parametrize("way", BLIND)
def test_who_does_not_look_is_bounded(way):
    """Whatever habits an episode has, they fit its own states no better than another's."""
    found = [directedness(recorded(BLIND[way], irrelevant=0, episodes=400, seed=seed)) for seed in range(4)]
    assert sum(f.directed is False for f in found) >= 3, [f.why for f in found]
    assert all(f.response_at_most is not None for f in found)
    assert np.mean([f.response_bits for f in found if f.response_bits is not None]) < 0.3


def test_too_few_episodes_are_no_all_clear():
    """Nothing shows that it looks, but so little was seen that it may."""
    found = directedness(recorded(Random(), irrelevant=0, episodes=24))
    assert found.directed is None
    assert "times as many episodes would tell" in found.why


class TwoCues(Agent):
    """Goes to the right end where two signs that it saw at the start agree, to the left end where they differ."""

    name = "two cues"

    def start(self, world: World, episodes: int, seed: int) -> _Agreeing:
        return _Agreeing()


class _Agreeing:
    def act(self, observations: Any, t: int, alive: Any) -> NDArray[np.intp]:
        if t == 0:
            self.agree = observations[:, 3] * observations[:, 4] > 0
        return np.where(self.agree, RIGHT, LEFT)


def test_two_cues_that_tell_nothing_apart_tell_together():
    found = directedness(recorded(TwoCues(), irrelevant=4))
    assert found.response_p_value is not None and found.response_p_value < 0.001
    assert "unrelated_0 and unrelated_1 at the start" in found.goes_by
