"""Finding goals from end to end: planted ones are found, non-agents have none, and what can't be known is said."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest

from teloscope.errors import BadRecording
from teloscope.goals import Goals, find_goals
from teloscope.goals.find import GOALS, inseparable, read_goals
from teloscope.goals.statistics import clopper_pearson
from teloscope.recordings import Recording, record
from teloscope.regimes import Regime, holds
from teloscope.schema import GoalsDocument
from teloscope.verdict import judge
from teloscope.worlds.registry import world
from teloscope.worlds.world import Context

ROOMS = world("rooms-1")
EPISODES = 100


def same_states(recording: Recording, one: str, two: str) -> bool:
    """Whether two conditions hold in the same of the states that anybody visited."""
    seen = np.zeros(len(recording.states_table), dtype=np.bool_)
    for context in recording.contexts:
        for actor in recording.actors:
            seen[recording.states(context.name, actor).ravel()] = True
    states = recording.states_table
    return bool((holds(one, states)[seen] == holds(two, states)[seen]).all())


@pytest.fixture(scope="module")
def planted() -> Goals:
    return find_goals(record("plan:end(agent_lamp_distance <= 0)?eps=0.3", ROOMS, episodes=EPISODES, seed=3))


@pytest.mark.parametrize("planted", ["keep(agent_x >= 6)", "reach(well_visited)", "keep(agent_gem_distance <= 2)"])
def test_planted_goals_are_found(planted):
    goals = find_goals(record(f"plan:{planted}?eps=0.3", ROOMS, episodes=EPISODES, seed=1))
    assert goals.recording is not None
    assert same_states(goals.recording, goals[0].condition, planted.partition("(")[2][:-1]), goals
    assert goals[0].status == "pursued"


@pytest.mark.parametrize("somebody", ["random", "drift?seed=1", "drift?seed=2", "table?seed=1", "table?seed=2"])
def test_non_agents_have_no_goals(somebody):
    assert len(find_goals(record(somebody, ROOMS, episodes=60, seed=2))) == 0


def test_the_document_says_the_evidence(planted):
    first = planted[0]
    assert first.regime == f"{first.mode}({first.condition})"
    assert first.bits_low <= first.bits <= first.bits_high
    assert first.p_value < 0.05
    assert {c.context for c in first.contexts} == {c.name for c in planted.recording.contexts}
    for row in first.contexts:
        assert (row.low, row.high) == clopper_pearson(row.hits, row.n)
        assert [r.name for r in row.references] == planted.recording.references
        ours = planted.recording.hits([first.regime], row.context, "agent")
        assert row.hits == ours.sum()
        assert row.rate > max(r.rate for r in row.references)
    assert planted.document.confirmed_of <= 10 <= planted.document.candidates
    assert planted.document.frame == planted.recording.frame
    assert "pursued" in repr(planted)


def test_bits_come_from_the_confirming_half_in_the_worst_context(planted):
    first = planted[0]
    bits = [c.bits for c in first.contexts if c.kind != "fixing"]
    assert first.bits == min(bits)


def test_inseparable_regimes_are_those_of_the_same_episodes(planted):
    for goal, candidate in zip(planted, planted.proposal.candidates, strict=False):
        for other in inseparable(planted.proposal, candidate):
            for context in planted.recording.contexts:
                for actor in planted.recording.actors:
                    one, two = planted.recording.hits([str(candidate.regime), other], context.name, actor)
                    np.testing.assert_array_equal(one, two, err_msg=f"{goal.regime} {other}")


def test_the_same_recording_gives_the_same_goals(planted):
    again = find_goals(planted.recording)
    assert again.document == planted.document
    other = find_goals(planted.recording, seed=1)
    assert [g.p_value for g in other] == [g.p_value for g in planted], "the seed is the bootstrap's alone"


def test_goals_as_a_frame(planted):
    frame = planted.to_frame()
    assert len(frame) == sum(len(g.contexts) for g in planted)
    assert frame["rate"].to_list() == [c.rate for g in planted for c in g.contexts]
    empty = find_goals(record("random", ROOMS, episodes=20))
    assert empty.to_frame().schema == frame.schema
    assert len(empty.to_frame()) == 0


def test_saved_goals_are_read_back_with_their_recording(tmp_path):
    recording = record("plan:keep(agent_x >= 6)", ROOMS, episodes=40, out=tmp_path / "run")
    goals = find_goals(recording)
    path = goals.save()
    assert path == tmp_path / "run" / GOALS
    assert GoalsDocument.model_validate(json.loads(path.read_text())) == goals.document
    again = read_goals(path)
    assert again.document == goals.document
    assert again.recording is not None
    assert again.recording.frame == recording.frame
    assert again.proposal is None


def test_goals_whose_recording_is_gone_are_still_read(tmp_path):
    goals = find_goals(record("random", ROOMS, episodes=4))
    path = goals.save(tmp_path / "goals.json")
    moved = goals.document.model_copy(update={"recording": str(tmp_path / "gone")})
    path.write_text(moved.model_dump_json())
    assert read_goals(path).recording is None


@pytest.mark.parametrize("text", [None, "", "{}", '{"kind": "goals"}', "\x00"])
def test_no_goals_file(tmp_path, text):
    path = tmp_path / "goals.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(BadRecording, match=r"is not a goals file .*teloscope goals"):
        read_goals(path)


def test_keys_are_instrumental_to_chests():
    goals = find_goals(record("optimal:hidden", "keys", episodes=200))
    served = {g.serves for g in goals if g.status == "instrumental" and "key" in g.condition}
    assert any(s and "chests_open" in s for s in served), goals
    ends = [g.condition for g in goals if g.status == "pursued"]
    assert any("chests_open" in c for c in ends)
    assert all(g.serves is None for g in goals if g.status != "instrumental")


def climb(n: int, horizon: int = 6, up: bool = True) -> dict[str, np.ndarray]:
    x = np.minimum(np.arange(horizon + 1), 3) if up else np.zeros(horizon + 1, dtype=np.int64)
    return {"x": np.tile(x, (n, 1)), "action": np.tile((np.diff(x, append=x[-1]) > 0).astype(np.int64), (n, 1))}


def notes(goals: Goals) -> str:
    return " ".join(goals.document.notes)


def test_recorded_data_alone_have_no_goals_and_say_so(told):
    goals = find_goals(told({("data", "agent"): climb(40)}, (Context("data"),), from_data=True, notes=["Imported."]))
    assert len(goals) == 0
    assert "Imported." in notes(goals)
    assert "no regime can be called a goal" in notes(goals)


def test_without_references_there_are_no_goals(told):
    goals = find_goals(told({("plain", "agent"): climb(40)}))
    assert len(goals) == 0
    assert "No references were recorded" in notes(goals)


@pytest.mark.parametrize("episodes", [1, 2, 5])
def test_a_handful_of_episodes_confirms_nothing_and_says_so(episodes):
    goals = find_goals(record("plan:keep(agent_x >= 6)", ROOMS, episodes=episodes))
    assert len(goals) == 0
    assert f"Only {episodes} episode" in notes(goals)


def test_features_that_never_change_leave_nothing_to_look_at(told):
    lives = {("plain", a): climb(40, up=False) for a in ("agent", "uniform", "marginal")}
    goals = find_goals(told(lives))
    assert (len(goals), goals.document.candidates) == (0, 0)
    assert "No feature ever changed" in notes(goals)


def test_a_horizon_of_one(told):
    """One step: the agent always lights the lamp, the others half of the time."""
    lit = np.tile([False, True], (80, 1))
    split = lit & (np.arange(80) % 2 == 0)[:, None]
    lives = {
        ("plain", a): {"lit": rows, "action": rows[:, ::-1].astype(np.int64)}
        for a, rows in {"agent": lit, "uniform": split, "marginal": split[::-1]}.items()
    }
    goals = find_goals(told(lives))
    assert [g.condition for g in goals] in ([], ["lit"])
    assert goals.document.frame.horizon == 1


def strolls(told, features) -> Recording:
    """Seven places in a line: the agent is drawn to the middle, the others stroll; what is seen is `features(x)`."""
    rng = np.random.default_rng(0)

    def lives(pull: float) -> dict[str, np.ndarray]:
        x = np.zeros((80, 13), dtype=np.int64)
        actions = np.zeros((80, 13), dtype=np.int64)
        x[:, 0] = rng.integers(0, 7, 80)
        for t in range(12):
            actions[:, t] = np.where(rng.random(80) < pull, 1 + np.sign(3 - x[:, t]), rng.integers(0, 3, 80))
            x[:, t + 1] = np.clip(x[:, t] + actions[:, t] - 1, 0, 6)
        return {**features(x), "action": actions}

    return told({("plain", a): lives(p) for a, p in {"agent": 0.9, "uniform": 0.0, "marginal": 0.0}.items()})


@pytest.mark.parametrize("name", ["distance (m)", "end", "select", 'so "far"', "it's", "1st", "a and b >= 2", "Ümlaut"])
def test_goals_of_oddly_named_features_read_back_and_can_be_judged_by(told, name):
    recording = strolls(told, lambda x: {name: abs(x - 3), f"{name} ": x == 3})
    goals = find_goals(recording)
    (goal,) = goals
    (row,) = goal.contexts
    assert goal.inseparable
    for text in (goal.regime, *goal.inseparable):
        regime = Regime.parse(text)
        assert str(regime) == text
        assert recording.hits([regime], "plain", "agent").sum() == row.hits
    (value,) = judge(goals, {"want": [goal.regime]}).document().values
    assert (value.regime, value.contexts[0].hits) == (goal.regime, row.hits)


def test_contexts_that_never_come_apart_leave_regimes_inseparable(told):
    """Where the lamp is lit there is the door: nobody can say which of the two is sought."""
    goals = find_goals(strolls(told, lambda x: {"lit": x == 3, "at_door": x == 3}))
    (goal,) = goals
    assert {goal.condition, *(r.partition("(")[2][:-1] for r in goal.inseparable)} >= {"lit", "at_door"}
    assert goal.separating is not None
    assert "Only one context" in notes(goals)


def test_worlds_without_seeds_are_said_to_be_compared_unpaired(told):
    lives = {("plain", a): climb(40) for a in ("agent", "uniform")}
    assert "no seeds" in notes(find_goals(told(lives, paired=False)))


def test_a_goal_reads_like_one(planted):
    assert len(planted) == len(planted.document.goals) == len(list(planted))
    assert isinstance(planted.to_frame(), pl.DataFrame)
