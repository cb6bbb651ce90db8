"""Which context to ask next: counted by hand from told episodes."""

from __future__ import annotations

import numpy as np
import pytest

from teloscope.goals import find_goals
from teloscope.goals.separation import Question, Separation, choose, questions, settled, shares
from teloscope.recordings import record
from teloscope.regimes import Regime
from teloscope.worlds.registry import world
from teloscope.worlds.world import Context

N = 40
LIT, MAT, BELL = (Regime.parse(f"end({name})") for name in ("lit", "on_mat", "bell"))


def lives(lit: float, on_mat: float, bell: float = 0.0) -> dict[str, np.ndarray]:
    """Episodes of one step; the first share of them ends with the lamp lit, the first share on the mat, …"""
    shares = {"lit": lit, "on_mat": on_mat, "bell": bell}
    first = np.zeros(N, dtype=np.bool_)
    return {name: np.stack([first, np.arange(N) < round(share * N)], axis=1) for name, share in shares.items()}


def pilot(told, agent: dict[str, dict], uniform: dict[str, dict] | None = None):
    """A recording of what an agent and a reference did in some contexts."""
    happened = {(context, "agent"): does for context, does in agent.items()}
    happened |= {(context, "uniform"): does for context, does in (uniform or {}).items()}
    return told(happened, tuple(Context(name) for name in agent))


def test_a_share_counts_the_episodes_in_exactly_one(told):
    recording = pilot(told, {"here": lives(0.9, 0.5, 0.25)})
    asked = [Question((LIT, MAT, BELL)), Question((MAT, BELL))]
    np.testing.assert_allclose(shares(asked, recording, "here", "agent"), [0.4, 0.65, 0.25, 0.25])


def test_the_pairs_of_a_question_are_all_pairs_the_goals_first():
    assert Question((LIT, MAT, BELL)).pairs() == [(0, 1), (0, 2), (1, 2)]


def test_the_context_that_takes_the_worst_pair_apart_is_chosen(told):
    """Elsewhere the mean is larger, but there the lamp and the mat stay together."""
    together = {"elsewhere": lives(1.0, 1.0, 0.0), "here": lives(0.75, 0.5, 0.25), "useless": lives(1.0, 1.0, 1.0)}
    choice = choose([Question((LIT, MAT, BELL))], pilot(told, together))
    assert choice is not None
    assert choice.context.name == "here"
    assert tuple(choice.separation) == pytest.approx(Separation(worst=0.25, mean=1 / 3, references=0.0))


def test_of_equally_good_contexts_the_first_is_chosen(told):
    choice = choose([Question((LIT, MAT))], pilot(told, {c: lives(1.0, 0.0) for c in ("one", "two")}))
    assert choice is not None
    assert choice.context.name == "one"


def test_pairs_that_nothing_takes_apart_do_not_count(told):
    bell_is_mat = {"far": lives(1.0, 0.8, 0.8), "near": lives(1.0, 0.2, 0.2)}
    choice = choose([Question((LIT, MAT, BELL))], pilot(told, bell_is_mat))
    assert choice is not None
    assert (choice.context.name, choice.separation.worst) == ("near", 0.8)


def test_the_references_decide_only_where_the_agent_does_not(told):
    agent = {"tells": lives(1.0, 0.9), "silent": lives(1.0, 1.0)}
    others = {"tells": lives(0.5, 0.5), "silent": lives(1.0, 0.0)}
    asked = [Question((LIT, MAT))]
    choice = choose(asked, pilot(told, agent, others))
    assert choice is not None and choice.context.name == "tells"
    alike = {"dull": lives(1.0, 1.0), "silent": lives(1.0, 1.0)}
    choice = choose(asked, pilot(told, alike, {"dull": lives(0.2, 0.2), "silent": others["silent"]}))
    assert choice is not None and choice.context.name == "silent"


def test_nothing_is_chosen_where_nothing_comes_apart(told):
    agent = {"one": lives(1.0, 1.0), "two": lives(0.5, 0.5)}
    assert choose([Question((LIT, MAT))], pilot(told, agent, agent)) is None


def test_what_a_context_settles(told):
    recording = pilot(told, {"here": lives(1.0, 1.0, 0.5)}, {"here": lives(0.5, 0.5, 0.5)})
    assert settled(Question((LIT, MAT, BELL)), recording, "here") == [BELL]
    by_others = pilot(told, {"here": lives(1.0, 1.0)}, {"here": lives(0.5, 0.0)})
    assert settled(Question((LIT, MAT)), by_others, "here") == [MAT]


def walkers(pull: float, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Walks on seven cells that are pulled to the middle, where a lamp, a mat and, seldom, a bell are."""
    x, actions = np.zeros((80, 13), dtype=np.int64), np.zeros((80, 13), dtype=np.int64)
    x[:, 0] = rng.integers(0, 7, 80)
    for t in range(12):
        actions[:, t] = np.where(rng.random(80) < pull, 1 + np.sign(3 - x[:, t]), rng.integers(0, 3, 80))
        x[:, t + 1] = np.clip(x[:, t] + actions[:, t] - 1, 0, 6)
    return {"lit": x == 3, "on_mat": x == 3, "near": abs(x - 3) <= 6 - x[:, :1] * 0, "action": actions}


def test_inseparable_regimes_are_a_question(told):
    rng = np.random.default_rng(0)
    happened = {("plain", a): walkers(p, rng) for a, p in {"agent": 0.9, "uniform": 0.0, "marginal": 0.0}.items()}
    (asked,) = questions(find_goals(told(happened)))
    assert {asked.goal.condition, *(m.condition for m in asked.members[1:])} >= {"lit", "on_mat"}
    assert len({m.condition for m in asked.members}) == len(asked.members), "modes of one condition are no question"


def test_names_of_the_same_states_are_no_question():
    goals = find_goals(record("plan:end(at_goal)", "island", episodes=60))
    assert goals[0].inseparable, "at_goal and a distance of 0 are the same in every episode"
    assert questions(goals) == []


def test_a_want_is_asked_about_where_the_agent_never_takes_it_apart_from_a_pursued_goal():
    """Without noise an agent that comes to the lamp is never more than three steps away from it in the end."""
    contexts = ["level-0", "level-1", "level-2", "level-6"]
    goals = find_goals(record("plan:end(agent_lamp_distance <= 0)", world("rooms-1"), episodes=60, contexts=contexts))
    goal, wide = Regime.parse(goals[0].regime), Regime.parse("end(agent_lamp_distance <= 3)")
    assert goals[0].status == "pursued"
    (asked,) = questions(goals, [wide, Regime.parse("end(agent_gem_distance <= 0)")])
    assert {goal, wide} <= set(asked.members)
    assert asked.goal == goal
    assert not any("gem" in member.condition for member in asked.members)
    assert all(wide not in question.members for question in questions(goals))
    (told,) = questions(goals, [Regime.parse("never(agent_lamp_distance > 3)"), Regime("end", goal.condition)]) or [
        None
    ]
    assert told is None or all(m.condition != goal.condition for m in told.members[1:]), "another mode of the goal"
