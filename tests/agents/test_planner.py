"""Planners are optimal: nobody does better among all policies of a small world, tried one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from teloscope.agents import agent
from teloscope.agents.agent import Policy, checked_policy
from teloscope.agents.planner import Planner, RewardPlanner
from teloscope.errors import BadAgent, BadRegime, NotFound
from teloscope.regimes import MODES, Regime, achieved, late_window
from teloscope.worlds.table.authored import Outcome
from teloscope.worlds.table.planning import EARLY, SOON, greedy, task_for
from teloscope.worlds.table.world import TableWorld
from teloscope.worlds.world import Context

Dice = Callable[..., TableWorld]
Moves = list[tuple[int, int, int]]
"""State, action and outcome of each step."""
SEEDS = st.integers(0, 200)


def every_policy(world: TableWorld) -> Iterator[NDArray[np.intp]]:
    """Every deterministic `[T, S]` policy."""
    table = world.table
    living = int((~table.terminal).sum())
    for flat in product(range(table.n_actions), repeat=world.horizon * living):
        policy = np.zeros((world.horizon, table.n_states), dtype=np.intp)
        policy[:, ~table.terminal] = np.array(flat).reshape(world.horizon, living)
        yield policy


def ways(world: TableWorld, policy: Policy) -> Iterator[tuple[float, list[int], Moves]]:
    """Every way an episode can go from the first context's starts: probability, states, (s, a, k) of each step."""
    table = world.table
    starts = table.starts[world.contexts[0].start]
    queue: list[tuple[float, list[int], Moves]] = [(1 / len(starts), [int(s)], []) for s in starts]
    while queue:
        chance, states, moves = queue.pop()
        t, s = len(moves), states[-1]
        if t == world.horizon:
            yield chance, states, moves
            continue
        for a, k in product(range(table.n_actions), range(table.next.shape[2])):
            p = chance * policy[t, s, a] * table.prob[s, a, k]
            if p > 0:
                queue.append((p, [*states, int(table.next[s, a, k])], [*moves, (s, a, k)]))


def expected(
    world: TableWorld, policy: Policy, worth: Callable[[list[int], list[tuple[int, int, int]]], float]
) -> float:
    """Expected worth of an episode."""
    return sum(chance * worth(states, moves) for chance, states, moves in ways(world, policy))


def one_hot(policy: NDArray[np.intp]) -> Policy:
    return np.eye(2)[policy]


def regime_worth(world: TableWorld, regime: Regime) -> Callable[..., float]:
    """1 for an episode in the regime; for `keep` the share of the late window."""
    good = world.table.features["good"].to_numpy()
    if regime.mode == "keep":
        return lambda states, moves: float(good[states[-late_window(world.horizon) :]].mean())
    return lambda states, moves: float(achieved(regime.mode, good[states][None])[0])


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("ends", [False, True])
@given(seed=SEEDS)
def test_no_policy_does_better_for_a_regime(dice: Dice, mode: str, ends: bool, seed: int) -> None:
    world = dice(seed, count=2 + (not ends), horizon=2 if not ends else 3, ends=ends)
    regime = Regime(mode, "good")
    worth = regime_worth(world, regime)
    mine = expected(world, Planner(regime).policy(world), worth)
    best = max(expected(world, one_hot(policy), worth) for policy in every_policy(world))
    slack = {"reach": 1 - SOON**world.horizon, "never": 1e-9}.get(mode, EARLY * world.horizon)
    assert best - slack <= mine <= best + 1e-9


@pytest.mark.parametrize("what", ["visible", "hidden"])
@given(seed=SEEDS)
def test_no_policy_is_paid_more(dice: Dice, what: str, seed: int) -> None:
    world = dice(seed, count=3, horizon=2, ends=bool(seed % 2))
    rewards = {"visible": world.table.reward, "hidden": world.table.hidden}[what]

    def worth(states: list[int], moves: Moves) -> float:
        return float(sum(rewards[move] for move in moves))

    mine = expected(world, RewardPlanner(what).policy(world), worth)
    best = max(expected(world, one_hot(policy), worth) for policy in every_policy(world))
    assert mine == pytest.approx(best, abs=1e-4)


@given(SEEDS, st.sampled_from(MODES), st.floats(0, 1), st.floats(0, 3))
def test_a_planner_gives_distributions(dice: Dice, seed: int, mode: str, eps: float, temperature: float) -> None:
    world = dice(seed, count=4, horizon=5, ends=bool(seed % 2))
    policy = Planner(Regime(mode, "good"), eps, temperature).policy(world)
    assert policy.shape == (5, world.table.n_states, 2)
    assert checked_policy(policy, world, "plan") is policy
    assert (policy >= eps / 2 - 1e-12).all()


ACTIONS = ("stay", "left", "right", "also_right")


class Corridor(TableWorld):
    """Seven cells in a row, start in the middle."""

    name, horizon, actions, idle = "corridor", 9, ACTIONS, "stay"
    contexts = (Context("train", kind="train"),)

    def starts(self, start: str) -> list[int]:
        return [3]

    def step(self, state: int, action: str) -> Outcome:
        to = min(max(state + {"stay": 0, "left": -1}.get(action, 1), 0), 6)
        return Outcome(to, reward=float(to == 6), hidden=float(to == 0))

    def features(self, state: int) -> dict[str, float | bool]:
        return {"x": state}

    def temptation(self, state: int, action: str, to: int) -> float | None:
        return 5.0 if to == 2 else None


def run(policy: Policy) -> list[int]:
    """Where the likeliest actions lead in the corridor."""
    world = Corridor()
    states = [3]
    for t in range(world.horizon):
        row = (policy[t] if policy.ndim == 3 else policy)[world.index(states[-1])]
        states.append(world.step(states[-1], ACTIONS[int(row.argmax())]).state)
    return states


def test_equally_good_actions_share_the_probability() -> None:
    world = Corridor()
    policy = Planner("reach(x = 6)").policy(world)
    np.testing.assert_allclose(policy[0, world.index(3)], [0, 0, 0.5, 0.5])
    far = world.index(0)
    np.testing.assert_allclose(policy[8, far], 0.25, err_msg="out of reach: no preference")


def test_eps_mixes_and_temperature_softens() -> None:
    values = np.array([[1.0, 1.0, 0.0, -1.0]])
    np.testing.assert_allclose(greedy(values), [[0.5, 0.5, 0, 0]])
    np.testing.assert_allclose(greedy(values, eps=0.4), [[0.4, 0.4, 0.1, 0.1]])
    weights = np.exp([0, 0, -2, -4])
    np.testing.assert_allclose(greedy(values, temperature=0.5), [weights / weights.sum()])
    np.testing.assert_allclose(greedy(values, temperature=1e-6), [[0.5, 0.5, 0, 0]], atol=1e-9)
    np.testing.assert_allclose(greedy(1e6 * values, temperature=1e-3), [[0.5, 0.5, 0, 0]])
    np.testing.assert_allclose(greedy(values, temperature=1e9), [[0.25] * 4], atol=1e-6)
    np.testing.assert_allclose(greedy(values, eps=1.0), [[0.25] * 4])


@pytest.mark.parametrize(
    ("regime", "way"),
    [
        ("reach(x = 5)", [3, 4, 5]),
        ("end(x = 5)", [3, 4, 5, 5, 5, 5, 5, 5, 5, 5]),
        ("keep(x <= 1)", [3, 2, 1]),
        ("keep(x = 0)", [3, 2, 1, 0, 0, 0, 0, 0, 0, 0]),
    ],
)
def test_a_planted_regime_is_walked_into_and_stayed_in(regime: str, way: list[int]) -> None:
    assert run(Planner(regime).policy(Corridor()))[: len(way)] == way


def test_who_reached_it_goes_on_as_if_it_were_still_to_be_reached() -> None:
    """A policy has no memory: a step later it could not know."""
    world = Corridor()
    np.testing.assert_allclose(Planner("reach(x = 6)").policy(world)[4, world.index(6)], [1 / 3, 0, 1 / 3, 1 / 3])


def test_never_keeps_away() -> None:
    world = Corridor()
    policy = Planner("never(x <> 3)").policy(world)
    np.testing.assert_allclose(policy[0, world.index(3)], [1, 0, 0, 0])


def test_a_horizon_looks_only_so_far() -> None:
    world = Corridor()
    near, far = Planner("reach(x = 6)", horizon=2).policy(world), Planner("reach(x = 6)", horizon=3).policy(world)
    assert near.shape == far.shape == (world.table.n_states, 4)
    np.testing.assert_allclose(near[world.index(3)], 0.25, err_msg="two steps see nothing")
    np.testing.assert_allclose(near[world.index(4)], [0, 0, 0.5, 0.5])
    np.testing.assert_allclose(far[world.index(3)], [0, 0, 0.5, 0.5])
    assert run(far)[3] == 6


def test_reward_planners_go_for_what_they_are_named_for() -> None:
    world = Corridor()
    assert run(RewardPlanner("visible").policy(world))[3:] == [6] * 7
    assert run(RewardPlanner("hidden").policy(world))[3:] == [0] * 7
    assert run(RewardPlanner("temptation").policy(world))[1:] == [2] * 9


def test_a_planner_that_expects_noise_leaves_room_for_it() -> None:
    """Where a slip is costly, the careful planner does today what the careless one leaves to the last moment."""
    world = Corridor()
    careful = RewardPlanner("visible", noise=0.3).policy(world)
    np.testing.assert_allclose(careful[0, world.index(3)], [0, 0, 0.5, 0.5])
    np.testing.assert_allclose(RewardPlanner("visible", noise=1.0).policy(world), 0.25)


@pytest.mark.parametrize("mode", MODES)
def test_a_task_says_what_counts_when(mode: str) -> None:
    table, horizon = Corridor().table, 9
    task = task_for(Regime(mode, "x >= 5"), table, horizon)
    held = (table.features["x"] >= 5).to_numpy()
    inside = task.state[:, held]
    assert (task.state[:, ~held] == 0).all()
    assert task.state.shape == (10, table.n_states)
    late = {"reach": 10, "never": 10, "end": 1, "keep": 3}[mode]
    assert (inside[-late:] == (-1 if mode == "never" else 1)).all()
    assert (inside[:-late] == EARLY).all()
    assert task.stop.tolist() == (held.tolist() if mode in ("reach", "never") else [False] * table.n_states)


@pytest.mark.parametrize(
    "options",
    [{"eps": -0.1}, {"eps": 1.1}, {"eps": float("nan")}, {"temperature": -1.0}, {"temperature": float("nan")},
     {"temperature": float("inf")}, {"horizon": 0}],
)  # fmt: skip
def test_options_out_of_range_are_refused(options: dict) -> None:
    with pytest.raises(BadAgent, match=r"A planner got .*expected eps in 0..1"):
        Planner("end(x = 1)", **options)


def test_reward_planners_check_what_they_get() -> None:
    with pytest.raises(NotFound, match=r"Reward 'visibel' not found. Did you mean 'visible'"):
        RewardPlanner("visibel")
    for options in ({"eps": 2.0}, {"noise": -1.0}, {"noise": float("nan")}):
        with pytest.raises(BadAgent, match=r"expected probabilities in 0..1"):
            RewardPlanner("visible", **options)


def test_a_regime_that_the_world_can_not_say_is_refused() -> None:
    with pytest.raises(NotFound, match=r"Feature 'y' not found"):
        Planner("end(y = 1)").policy(Corridor())
    with pytest.raises(BadRegime, match="undefined"):
        Planner("end(1 / x > 1)").policy(Corridor())


@pytest.mark.parametrize(
    "made",
    [
        Planner("end(x = 5)"),
        Planner("keep(x = 5 and (x > 2 or not x < 1))", eps=0.3, temperature=0.25, horizon=4),
        Planner("end(x = '?a=b')", eps=0.1),
        RewardPlanner("hidden"),
        RewardPlanner("visible", eps=0.3, noise=0.02),
    ],
)
def test_its_name_asks_for_it_again(made: Planner | RewardPlanner) -> None:
    again = agent(made.name)
    assert vars(again) == vars(made)
    assert again.digest == made.digest


def test_what_acts_otherwise_is_called_otherwise() -> None:
    names = {RewardPlanner("visible").name, RewardPlanner("visible", noise=0.1).name, RewardPlanner("hidden").name}
    names |= {Planner("end(x = 1)").name, Planner("end(x = 1)", eps=0.1).name, Planner("end(x = 1)", horizon=2).name}
    assert len(names) == 6


@pytest.mark.parametrize(
    "regime", ["cycle(x = 1, x = 3)", "given(x = 1): end(x = 3)", "raise(x)", "never(x = 3) until x = 1"]
)
def test_what_takes_memory_can_not_be_planned_for_and_says_so(regime: str) -> None:
    with pytest.raises(BadAgent, match=r"it can plan for reach, end, keep, never of one condition"):
        Planner(regime)
    with pytest.raises(BadAgent, match="can plan for"):
        agent(f"plan:{regime}?eps=0.1")
