"""Non-agents: what they do doesn't depend on where they are, or to no end."""

from __future__ import annotations

from collections.abc import Callable

import gymnasium
import numpy as np
import pytest

import teloscope
from teloscope.agents.habits import Drift, Idle, Random, RandomTable
from teloscope.errors import BadAgent
from teloscope.worlds import world
from teloscope.worlds.gym.world import GymWorld
from teloscope.worlds.table.world import TableWorld
from teloscope.worlds.world import World

Dice = Callable[..., TableWorld]
LANES = 4_000


def named(idle: str | None = None, actions: tuple[str, ...] | None = ("a", "b", "c")) -> World:
    """A bare world with some actions."""
    made = World()
    made.name, made.actions, made.idle = "bare", actions, idle
    return made


def shares(habit: Random | Idle | Drift, where: World) -> np.ndarray:
    """How often each action is taken when the habit is stepped."""
    taken = habit.start(where, LANES, seed=1).act(None, 0, np.ones(LANES, np.bool_))
    return np.bincount(taken, minlength=len(where.actions or ())) / LANES


@pytest.mark.parametrize("habit", [Random(), Drift(3), Drift(4, evenness=5.0), Idle()])
def test_a_habit_is_the_same_in_every_state_and_when_stepped(dice: Dice, habit: Random | Idle | Drift) -> None:
    table_world = dice(7, count=4)
    policy = habit.policy(table_world)
    assert policy.shape == (table_world.table.n_states, 2)
    assert (policy == policy[0]).all()
    assert policy[0].sum() == pytest.approx(1)
    np.testing.assert_allclose(shares(habit, table_world), policy[0], atol=0.03)


def test_random_is_even_and_idle_does_nothing() -> None:
    np.testing.assert_allclose(shares(Random(), named()), 1 / 3, atol=0.03)
    np.testing.assert_array_equal(shares(Idle(), named(idle="b")), [0, 1, 0])


def test_drift_is_uneven_and_its_own_for_each_seed(dice: Dice) -> None:
    habits = [Drift(seed).policy(dice(1))[0] for seed in range(20)]
    assert np.mean([h.max() for h in habits]) > 0.7
    assert len({h.tobytes() for h in habits}) == 20
    even = [Drift(seed, evenness=100.0).policy(dice(1))[0] for seed in range(20)]
    assert np.max([h.max() for h in even]) < 0.7


def test_a_random_table_reacts_to_states_in_a_fixed_way() -> None:
    coin = world("coin")
    assert isinstance(coin, TableWorld)
    hard, soft = RandomTable(1).policy(coin), RandomTable(1, soft=True).policy(coin)
    assert set(np.unique(hard).tolist()) == {0.0, 1.0}
    np.testing.assert_allclose(hard.sum(axis=1), 1)
    np.testing.assert_allclose(soft.sum(axis=1), 1)
    assert 0 < soft.max(axis=1).mean() < 1
    np.testing.assert_array_equal(RandomTable(1).policy(coin), hard)
    assert (RandomTable(2).policy(coin) != hard).any()


def test_who_needs_named_actions_says_so() -> None:
    for habit in (Drift(1), Random()):
        with pytest.raises(BadAgent, match=r"'bare' has none. Only `random`"):
            habit.start(named(actions=None), 1, 0)
    for where in (named(), named(actions=None), named(idle="d")):
        with pytest.raises(BadAgent, match="'bare' has no action that does nothing"):
            Idle().start(where, 1, 0)
    with pytest.raises(BadAgent, match=r"'table\?seed=0' acts only in table worlds"):
        RandomTable().start(named(), 1, 0)


def test_random_acts_where_actions_are_numbers() -> None:
    pendulum = GymWorld("Pendulum-v1", horizon=5)
    forces = Random().start(pendulum, LANES, seed=1).act(None, 0, np.ones(LANES, np.bool_))
    assert forces.shape == (LANES, 1)
    assert forces.min() < -1.9
    assert forces.max() > 1.9
    recording = teloscope.record("random", pendulum, episodes=3, contexts=["default"])
    assert recording.episodes(actor="agent")["length"].to_list() == [5, 5, 5]


def test_a_habit_in_a_gymnasium_world_is_recorded() -> None:
    cart = GymWorld(lambda: gymnasium.make("CartPole-v1"), horizon=8)
    recording = teloscope.record("drift?seed=2", cart, episodes=40, contexts=["default"])
    pushed = recording.steps(actor="agent").collect()["action"].drop_nulls().mean()
    assert pushed == pytest.approx(Drift(2).weights(2)[1], abs=0.15)


@pytest.mark.parametrize("options", [{"seed": -1}, {"evenness": 0.0}, {"evenness": float("nan")}, {"evenness": -1.0}])
def test_a_drift_out_of_range_is_refused(options: dict) -> None:
    with pytest.raises(BadAgent, match=r"A drift got .*expected seed >= 0"):
        Drift(**options)
    with pytest.raises(BadAgent, match=r"A random table got seed=-1"):
        RandomTable(seed=-1)
