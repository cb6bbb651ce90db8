"""PettingZoo's environments: one agent is audited, the others are part of the world, and masks are kept to."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from gymnasium import spaces

from teloscope.agents import agent
from teloscope.errors import BadWorld, NotFound
from teloscope.recordings import Recording, record
from teloscope.worlds.gym import GymWorld
from teloscope.worlds.gym.adapters.pettingzoo import OneOfSeveral

pettingzoo: Any = pytest.importorskip("pettingzoo")
STEPS = 8


class Tug(pettingzoo.ParallelEnv):
    """Both pull a rope at once; the place of the knot is seen and paid."""

    metadata = {"name": "tug"}  # noqa: RUF012  (PettingZoo's own form)
    possible_agents = ["left", "right"]  # noqa: RUF012

    def observation_space(self, agent: str) -> Any:
        return spaces.Box(-99, 99, (2,), np.float32)

    def action_space(self, agent: str) -> Any:
        return spaces.Discrete(3)

    def see(self) -> dict[str, Any]:
        return {name: np.array([self.x, self.t], np.float32) for name in self.possible_agents}

    def reset(self, seed: int | None = None, options: Any = None) -> Any:
        self.rng = np.random.default_rng(seed)
        self.agents, self.x, self.t = list(self.possible_agents), int(self.rng.integers(-3, 4)), 0
        return self.see(), {name: {} for name in self.agents}

    def step(self, actions: dict[str, Any]) -> Any:
        self.x, self.t = self.x + int(actions["right"]) - int(actions["left"]), self.t + 1
        self.pulled = actions["left"]
        ended = dict.fromkeys(self.agents, abs(self.x) > 5)
        late = dict.fromkeys(self.agents, self.t >= STEPS)
        paid = {"left": -float(self.x), "right": float(self.x)}
        answer = self.see(), paid, ended, late, {name: {} for name in self.agents}
        if ended["left"] or late["left"]:
            self.agents = []
        return answer


class Turns(pettingzoo.AECEnv):
    """Two take turns; a mask forbids what the other just did, and breaking it raises."""

    metadata = {"name": "turns"}  # noqa: RUF012
    possible_agents = ["first", "second"]  # noqa: RUF012

    def observation_space(self, agent: str) -> Any:
        place = spaces.Box(-99, 99, (2,), np.float32)
        return spaces.Dict({"observation": place, "action_mask": spaces.MultiBinary(3)})

    def action_space(self, agent: str) -> Any:
        return spaces.Discrete(3)

    def observe(self, agent: str) -> Any:
        mask = (np.arange(3) != self.before).astype(np.int8)
        return {"observation": np.array([self.x, self.t], np.float32), "action_mask": mask}

    def reset(self, seed: int | None = None, options: Any = None) -> None:
        self.agents, self.x, self.t, self.before = list(self.possible_agents), 0, 0, -1
        self.agent_selection = "first"
        self.rewards = dict.fromkeys(self.agents, 0.0)
        self._cumulative_rewards = dict.fromkeys(self.agents, 0.0)
        self.terminations, self.truncations = dict.fromkeys(self.agents, False), dict.fromkeys(self.agents, False)
        self.infos = {name: {} for name in self.agents}

    def step(self, action: Any) -> None:
        me = self.agent_selection
        if self.terminations[me] or self.truncations[me]:
            self._was_dead_step(action)
            return
        if action == self.before:
            raise ValueError(f"{action} is forbidden")
        self._cumulative_rewards[me] = 0.0
        self.before, self.x, self.t = int(action), self.x + int(action) - 1, self.t + 1
        self.rewards = {name: float(self.x) for name in self.agents}
        if self.t >= 2 * STEPS:
            self.truncations = dict.fromkeys(self.agents, True)
        self.agent_selection = "second" if me == "first" else "first"
        self._accumulate_rewards()


def recorded(world: GymWorld, episodes: int = 6) -> Recording:
    return record(agent("random"), world, episodes=episodes)


def test_one_of_those_who_act_at_once() -> None:
    world = GymWorld(Tug, agent="right", others=lambda seen, name: 1)
    assert world.name == "tug" and list(world.feature_kinds) == ["obs_0", "obs_1"]
    made = recorded(world)
    steps = made.steps("default", "agent").collect().to_dicts()
    for now, then in pairwise(steps):
        if now["action"] is not None:
            assert then["obs_0"] == now["obs_0"] + now["action"] - 1
            assert now["reward"] == then["obs_0"]
    ended = made.episodes("default", "agent").to_dicts()
    assert all(e["terminated"] or e["length"] == STEPS for e in ended)


def test_the_others_act_by_the_seed_alone() -> None:
    one, two = recorded(GymWorld(Tug)), recorded(GymWorld(Tug))
    assert one.steps("default").collect().equals(two.steps("default").collect())
    env = OneOfSeveral(Tug())
    seen = set()
    for seed in range(20):
        env.reset(seed=seed)
        env.step(0)
        seen.add(env.env.x)
    assert len(seen) > 3


@pytest.mark.parametrize("who", ["first", "second"])
def test_one_of_those_who_take_turns_under_masks(who: str) -> None:
    world = GymWorld(Turns, agent=who)
    assert world.masks_actions and list(world.feature_kinds) == ["observation_0", "observation_1"]
    made = recorded(world)  # every forbidden action of anybody would raise
    steps = made.steps("default", "uniform").collect()
    first = steps.filter(steps["t"] == 0)["observation_1"]
    assert set(first.to_list()) == ({0.0} if who == "first" else {1.0})
    later = steps.filter(steps["t"] == 1)["observation_1"] - (0 if who == "first" else 1)
    assert set(later.to_list()) == {2.0}, "the other has acted in between"
    assert set(made.episodes("default", "agent")["terminated"].to_list()) == {False}


def test_a_ready_made_environment_and_wrong_names() -> None:
    assert recorded(GymWorld(Tug()), episodes=2).frame.episodes == 2
    with pytest.raises(NotFound, match=r"'lefty' not found\. Did you mean 'left'"):
        GymWorld(Tug, agent="lefty")
    with pytest.raises(NotFound, match="named among the `others`"):
        GymWorld(Tug, others={"nobody": lambda seen, name: 0})
    with pytest.raises(BadWorld, match=r"has one agent, so `agent` and `others` mean nothing"):
        GymWorld("CartPole-v1", agent="left")


def test_who_is_audited_and_how_the_others_act_are_part_of_the_world() -> None:
    worlds = [GymWorld(Tug), GymWorld(Tug, agent="right"), GymWorld(Tug, others=lambda s, n: 0)]
    worlds.append(GymWorld(Tug, others=lambda s, n: 2))
    assert len({world.digest() for world in worlds}) == 4
