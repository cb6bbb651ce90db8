"""Second opinions: the part of a world is as good as the whole, planted goals are agreed with, and limits are said."""

from __future__ import annotations

import numpy as np
import pytest

import teloscope
from teloscope.errors import NotExact
from teloscope.goals.second_opinions.demonstration import demonstration
from teloscope.goals.second_opinions.irl import fit
from teloscope.goals.second_opinions.meg import known_utility, unknown_utility
from teloscope.goals.second_opinions.opinions import IRL, MEG_KNOWN, MEG_UNKNOWN, second_opinions
from teloscope.goals.second_opinions.soft_planning import Dynamics, Finite
from teloscope.recordings import Recording, open_recording
from teloscope.regimes import holds
from teloscope.schema import AGENT
from teloscope.worlds.suite.rooms import Rooms
from teloscope.worlds.table.world import TableWorld

PLANTED = "keep(agent_lamp_distance <= 1)"


@pytest.fixture(scope="module")
def rooms() -> Recording:
    return teloscope.record(teloscope.agent(f"plan:{PLANTED}?eps=0.2"), Rooms(3, size=6, horizon=24), episodes=60)


@pytest.fixture(scope="module")
def whisky() -> Recording:
    contexts = ["train", "elsewhere", "small", "shoved", "drunk"]
    return teloscope.record(
        teloscope.agent("optimal:visible"), teloscope.world("whisky"), episodes=30, contexts=contexts
    )


def whole(recording: Recording) -> tuple[Finite, np.ndarray, list[str]]:
    """The same task on the whole table, put together by hand; with the visits and the contexts."""
    assert isinstance(recording.world, TableWorld)
    plain = [c.name for c in recording.contexts if c.shove_at is None and not c.noise and c.kind != "fixing"]
    episodes = np.concatenate([recording.states(name, AGENT) for name in plain])
    table = recording.world.table
    start = np.bincount(episodes[:, 0], minlength=table.n_states) / len(episodes)
    visits = np.bincount(episodes.ravel(), minlength=table.n_states) / len(episodes)
    return Finite(Dynamics.of(table), start, recording.horizon), visits, plain


def test_a_planted_goal_is_agreed_with(rooms: Recording) -> None:
    goals = teloscope.find_goals(rooms)
    policy = teloscope.agent(f"plan:{PLANTED}?eps=0.2").policy(rooms.world)  # type: ignore[arg-type]
    unknown, known, irl = second_opinions(rooms, goals, policy=policy)
    assert [said.name for said in (unknown, known, irl)] == [MEG_UNKNOWN, MEG_KNOWN, IRL]
    assert known.regime == goals[0].regime
    assert irl.agrees
    assert irl.value > 0.8
    assert unknown.ceiling is not None
    assert 0 < known.value <= unknown.value <= unknown.ceiling
    assert "known in every state" in irl.source


def test_another_goal_is_differed_from(rooms: Recording) -> None:
    planted = teloscope.find_goals(rooms)[0]
    wrong = planted.model_copy(update={"regime": "keep(agent_gem_distance <= 1)", "inseparable": []})
    irl = second_opinions(rooms, [wrong])[-1]
    assert irl.agrees is False
    assert f"{wrong.regime} comes to" in irl.note
    assert second_opinions(rooms, [])[-1].agrees is None


def test_the_part_of_a_world_stands_for_the_whole(whisky: Recording) -> None:
    task, visits, plain = whole(whisky)
    policy = np.asarray(teloscope.agent("random").policy(whisky.world))  # type: ignore[arg-type]
    policy = 0.7 * policy + 0.3 * np.eye(policy.shape[-1])[0]
    policy[whisky.world.table.terminal] = 1 / policy.shape[-1]  # type: ignore[union-attr]
    shown = demonstration(whisky, policy)
    assert shown.contexts == tuple(plain)
    assert len(shown.states) < task.dynamics.n_states, "or the test would show nothing"
    assert shown.visits == pytest.approx(visits[shown.states])
    assert visits.sum() == pytest.approx(shown.visits.sum())
    held = holds("at_gold", whisky.states_table).astype(float)
    for mine, theirs in (
        (unknown_utility(shown.task, shown.policy).nats, unknown_utility(task, policy).nats),
        (known_utility(shown.task, shown.policy, held[shown.states]).nats, known_utility(task, policy, held).nats),
    ):
        assert mine == pytest.approx(theirs, abs=1e-5)
        assert mine > 0.01
    ours, all_of_it = fit(shown.task, shown.visits), fit(task, visits)
    assert ours.reward == pytest.approx(all_of_it.reward[shown.states], abs=1e-3)


def test_what_is_too_large_is_cut_down_to_some_starts(rooms: Recording) -> None:
    one, some, every = (demonstration(rooms, most=most) for most in (1, 10_000, 10**9))
    lived = {tuple(e) for context in every.contexts for e in rooms.states(context, AGENT)}
    assert len(np.unique(one.episodes[:, 0])) == 1
    assert len(one.states) < len(some.states) < len(every.states)
    assert some.task.dynamics.n_states * 5 * rooms.horizon <= 10_000
    assert len(some.episodes) < some.recorded == len(every.episodes) == every.recorded
    assert f"{len(some.episodes)} of {some.recorded}" in some.source
    for shown in (one, some, every):
        assert shown.task.start.sum() == pytest.approx(1)
        assert shown.visits.sum() == pytest.approx(rooms.horizon + 1)
        assert {tuple(e) for e in shown.states[shown.episodes]} <= lived


def test_without_a_policy_choices_are_estimated_and_it_is_said(rooms: Recording) -> None:
    goals = teloscope.find_goals(rooms)
    asked = second_opinions(rooms, goals, policy=teloscope.agent(f"plan:{PLANTED}?eps=0.2").policy(rooms.world))  # type: ignore[arg-type]
    estimated = second_opinions(rooms, goals)
    assert "estimated from what it did" in estimated[0].source
    for ours, theirs in zip(estimated[:2], asked[:2], strict=True):
        assert 0.3 * theirs.value < ours.value < theirs.value, "what was hardly met looks like chance"
    assert estimated[-1].regime == asked[-1].regime


def test_a_regime_that_is_kept_clear_of_is_measured_by_its_opposite(whisky: Recording) -> None:
    never, keep = (second_opinions(whisky, [], wants=[regime])[1] for regime in ("never(not at_gold)", "keep(at_gold)"))
    assert (never.regime, keep.regime) == ("never(not at_gold)", "keep(at_gold)")
    assert never.value == pytest.approx(keep.value)
    assert keep.value > 1


def test_an_agent_that_chooses_uniformly_is_not_directed(whisky: Recording) -> None:
    policy = teloscope.agent("random").policy(whisky.world)  # type: ignore[arg-type]
    unknown, known, _ = second_opinions(whisky, [], wants=["end(at_gold)"], policy=policy)
    assert unknown.ceiling == pytest.approx(0, abs=1e-9)
    assert unknown.value == pytest.approx(0, abs=1e-3)
    assert known.value == pytest.approx(0, abs=1e-9)


def test_an_optimiser_that_is_stopped_says_at_least(whisky: Recording, monkeypatch: pytest.MonkeyPatch) -> None:
    policy = teloscope.agent("optimal:visible").policy(whisky.world)  # type: ignore[arg-type]
    found = second_opinions(whisky, [], policy=policy)[0]
    monkeypatch.setattr("teloscope.goals.second_opinions.opinions.EFFORT", 1)
    stopped = second_opinions(whisky, [], policy=policy)[0]
    assert stopped.censored and not found.censored
    assert stopped.value < found.value
    assert "at least" in stopped.note


def test_worlds_without_a_table_and_contexts_without_a_plain_one_are_refused(told) -> None:
    lives = {("plain", AGENT): {"x": np.arange(8).reshape(2, 4)}, ("plain", "uniform"): {"x": np.zeros((2, 4))}}
    with pytest.raises(NotExact, match="table of all its states"):
        second_opinions(told(lives), [])
    shoved = teloscope.record(
        teloscope.agent("random"), teloscope.world("whisky"), episodes=2, contexts=["shoved", "noisy"]
    )
    with pytest.raises(NotExact, match="Record one that has none"):
        second_opinions(shoved, [])
    assert open_recording(shoved.folder).contexts[0].shove_at is not None


def test_the_trained_network_is_told_from_its_want() -> None:
    world, network = teloscope.world("coin"), teloscope.agent("onnx:coin.onnx")
    recording = teloscope.record(
        network, world, episodes=60, contexts=["train", "new-levels", "coin-near", "coin-behind"]
    )
    goals = teloscope.find_goals(recording)
    policy = network.policy(world)  # type: ignore[arg-type]
    _, goal, want, irl = second_opinions(recording, goals, wants=["end(coin_taken)"], policy=policy)
    assert goal.regime == goals[0].regime
    assert goal.value > 1.5 * want.value > 0
    assert irl.regime is not None and "agent_x" in irl.regime
