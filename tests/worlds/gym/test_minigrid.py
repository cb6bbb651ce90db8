"""MiniGrid: entities where the grid says they are, also when carried or gone."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
import pytest

minigrid = pytest.importorskip("minigrid", reason="the extra minigrid is not installed")

from teloscope.regimes import holds  # noqa: E402
from teloscope.worlds.gym.minigrid import NOWHERE, GridReader, is_minigrid  # noqa: E402
from teloscope.worlds.gym.world import GymWorld  # noqa: E402

LEFT, RIGHT, FORWARD, PICKUP, DROP, TOGGLE, DONE = range(7)


def made(name: str, seed: int = 0) -> tuple[Any, GridReader]:
    env = gym.make(name)
    env.reset(seed=seed)
    return env, GridReader(env)


def face(env: Any, dx: int, dy: int) -> None:
    """Turn toward a neighbouring cell."""
    env.unwrapped.agent_dir = [(1, 0), (0, 1), (-1, 0), (0, -1)].index((dx, dy))


def beside(env: Any, kind: str) -> None:
    """Put the agent beside an object, facing it."""
    grid = env.unwrapped.grid
    at = next(i for i, cell in enumerate(grid.grid) if cell is not None and cell.type == kind)
    x, y = at % grid.width, at // grid.width
    for dx, dy in ((1, 0), (0, 1), (-1, 0), (0, -1)):
        cell = grid.get(x - dx, y - dy)
        if cell is None:
            env.unwrapped.agent_pos = (x - dx, y - dy)
            face(env, dx, dy)
            return
    raise AssertionError(f"no free cell beside the {kind}")


def test_the_agent_reaches_the_goal_of_an_empty_room() -> None:
    env, reader = made("MiniGrid-Empty-5x5-v0")
    assert reader.draw() == ["#####", "#A  #", "#   #", "#  G#", "#####"]
    start = reader.features()
    assert (start["agent_x"], start["agent_y"], start["goal_x"], start["goal_y"]) == (1, 1, 3, 3)
    assert (start["agent_goal_dx"], start["agent_goal_dy"], start["agent_goal_distance"]) == (2, 2, 4)
    assert (start["at_goal"], start["on_lava"], start["carrying"]) == (False, False, "nothing")
    for action in (FORWARD, FORWARD, RIGHT, FORWARD, FORWARD):
        *_, terminated, _, _ = env.step(action)
    end = reader.features()
    assert terminated
    assert end["at_goal"] is True
    assert (end["agent_goal_distance"], end["agent_direction"]) == (0, 1)


def test_the_nearest_lava_is_meant_and_standing_on_it_is_seen() -> None:
    env, reader = made("MiniGrid-LavaGapS5-v0")
    assert reader.draw(agent=False) == ["#####", "# ~ #", "# ~ #", "#  G#", "#####"]
    assert reader.features()["agent_lava_distance"] == 1
    env.step(FORWARD)
    features = reader.features()
    assert (features["on_lava"], features["at_goal"], features["agent_lava_distance"]) == (True, False, 0)


def test_a_key_that_is_carried_is_where_the_agent_is() -> None:
    env, reader = made("MiniGrid-DoorKey-5x5-v0")
    beside(env, "key")
    before = reader.features()
    assert (before["carrying"], before["agent_key_distance"]) == ("nothing", 1)
    env.step(PICKUP)
    carried = reader.features()
    assert (carried["carrying"], carried["agent_key_distance"]) == ("key", 0)
    beside(env, "door")
    assert reader.features()["agent_key_distance"] == 0
    assert reader.features()["door_open"] is False
    env.step(TOGGLE)
    assert reader.features()["door_open"] is True


def test_what_is_gone_stays_where_it_was_last_seen_and_what_never_was_is_nowhere() -> None:
    env, reader = made("MiniGrid-DoorKey-5x5-v0")
    key = reader.entities()["key"]
    grid = env.unwrapped.grid
    grid.set(int(key[0]), int(key[1]), None)
    assert reader.entities()["key"] == key
    reader.restart()
    assert reader.entities()["key"] == NOWHERE
    assert GridReader(env, ("key", "door"), sometimes_absent=("key",)).features()["key_present"] is False


@pytest.mark.parametrize("name", ["MiniGrid-Empty-5x5-v0", "MiniGrid-LavaGapS5-v0", "MiniGrid-DoorKey-5x5-v0"])
def test_the_regimes_people_ask_for_can_be_asked(name: str) -> None:
    import polars as pl

    world = GymWorld(name)
    assert world.idle == "done"
    assert world.actions is not None
    assert world.actions[FORWARD] == "forward"
    assert world.entity_names[:2] == ("agent", "goal")
    width, height = world.size or (0, 0)
    assert [len(row) for row in world.draw()] == [width] * height
    assert {char for row in world.draw() for char in row} <= set(world.legend)
    sub_envs = world.sub_envs(2, world.context("default"))
    sub_envs.reset(np.arange(2, dtype=np.uint64) << np.uint64(40))
    frame = pl.DataFrame({feature: values[0].tolist() for feature, values in sub_envs.features(0).items()})
    assert list(frame.columns) == list(world.feature_kinds)
    for condition in ("at_goal", "on_lava", "carrying = 'key'", "agent_goal_distance <= 1", "agent_x >= 3"):
        assert holds(condition, frame).tolist() == [False, False]


def test_objects_that_some_episodes_lack_say_whether_they_are_there() -> None:
    world = GymWorld("MiniGrid-Fetch-5x5-N2-v0")
    assert {"key", "ball"} <= set(world.entity_names)
    assert {"key_present", "ball_present"} <= set(world.feature_kinds)
    sub_envs = world.sub_envs(16, world.context("default"))
    sub_envs.reset(np.arange(16, dtype=np.uint64) << np.uint64(40))
    columns = sub_envs.features(0)
    there = columns["key_present"][0]
    assert 0 < there.sum() < 16
    assert ((columns["key_x"][0] == NOWHERE[0]) == ~there).all()


def test_a_context_may_be_another_size() -> None:
    world = GymWorld("MiniGrid-Empty-5x5-v0", contexts={"large": {"size": 8}})
    sub_envs = world.sub_envs(1, world.context("large"))
    sub_envs.reset(np.zeros(1, np.uint64))
    assert sub_envs.features(0)["goal_x"].tolist() == [[6]]


def test_other_worlds_are_not_taken_for_minigrid() -> None:
    assert not is_minigrid(gym.make("CartPole-v1"))
    assert GymWorld("CartPole-v1").draw() == []
