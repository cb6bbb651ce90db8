"""Lookahead: each sentence is judged once, within the margin it counts as nothing, and the planner adds up."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest

from teloscope.errors import NotFound
from teloscope.scaffolds import Scaffold
from teloscope.scaffolds.deciding.lookahead import DISCOUNT, look_ahead, lookahead_trace
from teloscope.worlds import Context, Outcome, TableWorld
from teloscope.worlds.table.texts import OVER


class Place(NamedTuple):
    x: int


class Corridor(TableWorld):
    """Cells 0 to 4 in a row; a cake at 4, a puddle at 0."""

    name, horizon, actions, idle = "corridor", 10, ("left", "right", "stay"), "stay"
    task = "Find something to eat."
    contexts = (Context("train", kind="train", start="start"),)

    def starts(self, start):
        return [Place(2)]

    def step(self, state, action):
        x = min(max(state.x + {"left": -1, "right": 1, "stay": 0}[action], 0), 4)
        return Outcome(Place(x), done=x == 4)

    def features(self, state):
        return {"x": float(state.x)}

    def describe(self, state):
        return "You are somewhere."

    def tell(self, state, action, to):
        return "You eat cake." if to.x == 4 else "You step into a puddle." if to.x == 0 else "You walk."


WORTH = {"You eat cake.": 2.0, "You step into a puddle.": -3.0, "You walk.": 0.4}


def judging(scripted, worth=WORTH):
    return scripted(score=lambda p, o: (worth.get(p.question.about, 0.0) / 2) * (1 if o.strip() == "good" else -1))


def policy_of(scripted, line, worth=WORTH):
    found = look_ahead(judging(scripted, worth), Scaffold.parse(line), Corridor())
    world = Corridor()
    return found, [found.policy[world.index(Place(x))].tolist() for x in range(4)]


def test_values_are_backward_induction_on_judgements(scripted):
    found, rows = policy_of(scripted, "lookahead:8+margin:0.5")
    world = Corridor()
    right = (world.actions or ()).index("right")
    for x, steps in ((3, 0), (2, 1), (1, 2)):
        assert found.values[world.index(Place(x)), right] == pytest.approx(2.0 * DISCOUNT**steps)
        assert rows[x] == [0, 1, 0], "the cake is in sight"
    assert found.worth[world.texts.sentences.index("You walk.")] == 0, "within the margin"
    assert found.scores[world.texts.sentences.index("You walk.")] == pytest.approx(0.4)


def test_what_is_out_of_sight_leaves_equals_to_share(scripted):
    _, rows = policy_of(scripted, "lookahead:1+margin:0.5")
    assert rows[3] == [0, 1, 0]
    assert rows[2] == pytest.approx([1 / 3] * 3), "nothing is in sight"
    assert rows[1] == pytest.approx([0, 0.5, 0.5]), "the puddle is, and is shunned"


def test_without_a_margin_small_pleasures_are_farmed(scripted):
    """Walking is judged a little pleasant; without a margin the agent walks as long as it can before it eats."""
    _, rows = policy_of(scripted, "lookahead:100", WORTH | {"You eat cake.": 0.1})
    assert rows[3][1] == 0


def test_each_sentence_is_asked_once_whatever_the_number_of_states(scripted):
    engine = judging(scripted)
    look_ahead(engine, Scaffold.parse("lookahead:8"), Corridor())
    asked = [p.question.about for p in engine.chosen]
    assert len(asked) == len(set(asked)) == len(Corridor().texts.sentences)


def test_the_trace_says_what_was_foreseen(scripted):
    found, _ = policy_of(scripted, "lookahead:8+margin:0.5")
    world = Corridor()
    trace = lookahead_trace(found, world, world.index(Place(3)), ("go left", "go right", "stay"))
    told, judged = (
        [line.text for line in trace if line.kind == "told"],
        [line.text for line in trace if line.kind == "judged"],
    )
    asked = judging(scripted)
    look_ahead(asked, Scaffold.parse("lookahead:8"), world)
    assert told == ["(…) This is a very"], "what the engine was asked, and nothing that it wasn't"
    assert {told[0].replace("(…)", s) for s in world.texts.sentences} == {prompt.render() for prompt in asked.chosen}
    assert judged == [
        "go left: You walk. (+0.40, within the margin)",
        "go right: You eat cake. (+2.00)",
        "stay: You walk. (+0.40, within the margin)",
    ]


def test_what_is_told_after_the_end_is_worth_nothing(scripted):
    _, plain = policy_of(scripted, "lookahead:8+margin:0.5")
    _, rows = policy_of(scripted, "lookahead:8+margin:0.5", WORTH | {OVER: 50.0})
    assert rows == plain and OVER in Corridor().texts.sentences


def test_unknown_judges_are_refused(scripted):
    with pytest.raises(NotFound, match="judge"):
        look_ahead(scripted(), Scaffold.parse("lookahead:2+judge:odd"), Corridor())


def test_a_temperature_softens(scripted):
    _, sharp = policy_of(scripted, "lookahead:8+margin:0.5")
    _, soft = policy_of(scripted, "lookahead:8+margin:0.5+sample:1")
    assert np.argmax(soft[2]) == np.argmax(sharp[2]) and min(soft[2]) > 0
