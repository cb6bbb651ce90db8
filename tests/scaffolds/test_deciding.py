"""Deciding by asking: what is asked, and what is made of the answers."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import softmax

from teloscope.errors import BadScaffold
from teloscope.scaffolds import Scaffold
from teloscope.scaffolds.deciding import Asking, check, decide
from teloscope.scaffolds.prompts import NOTHING_SEEN, Brief, Example, Situation

BRIEF = Brief("Feed the cat.", ("go left", "go right", "wait"), 2)
HERE = Situation("You are in the hall.")


def asking(engine, line, brief=BRIEF, shots=()):
    return Asking(engine, Scaffold.parse(line), brief, shots)


def test_scores_become_the_best_option(scripted):
    engine = scripted(score=lambda prompt, option: {" go left": -3.0, " go right": -1.0}.get(option, -9.0))
    (decision,) = decide(asking(engine, "score"), [HERE])
    assert decision.probabilities.tolist() == [0, 1, 0]
    assert [line.kind for line in decision.trace] == ["told", "parsed", "chosen"]
    assert decision.trace[-1].text == "go right"
    told = engine.chosen[0].render()
    assert "Feed the cat." in told and "You are in the hall." in told and "go left; go right; wait" in told


def test_equals_share_and_a_temperature_softens(scripted):
    scores = {" go left": -1.0, " go right": -1.0, " wait": -2.0}
    engine = scripted(score=lambda prompt, option: scores[option])
    assert decide(asking(engine, "score"), [HERE])[0].probabilities.tolist() == [0.5, 0.5, 0]
    softened = decide(asking(engine, "score+sample:0.5"), [HERE])[0].probabilities
    np.testing.assert_allclose(softened, softmax(np.array([-1, -1, -2]) / 0.5))


def test_calibration_takes_off_what_is_said_anyway(scripted):
    """This engine likes to wait, whatever it is told, and a little more to go right here."""

    def score(prompt, option):
        habit = {" go left": -5.0, " go right": -5.0, " wait": -0.5}[option]
        return habit + (option == " go right" and NOTHING_SEEN not in prompt.render())

    engine = scripted(score=score)
    assert decide(asking(engine, "score"), [HERE])[0].trace[-1].text == "wait"
    assert decide(asking(engine, "score+calibrated"), [HERE, HERE])[1].trace[-1].text == "go right"
    assert len(engine.chosen) == 1 + 2 + 1, "one further question for all situations together"


def test_a_thought_stands_in_the_next_prompt(scripted):
    engine = scripted(reply=lambda prompt, draw: "The cat is to the right.")
    (decision,) = decide(asking(engine, "think:8"), [HERE])
    assert [line.kind for line in decision.trace] == ["told", "thought", "parsed", "chosen"]
    assert "The cat is to the right." in engine.chosen[0].render()
    assert engine.chosen[0].question.said == "The cat is to the right."


def test_replies_are_parsed_and_what_is_not_counts_as_doing_nothing(scripted):
    engine = scripted(reply=lambda prompt, draw: "Go left!" if "hall" in prompt.render() else "As an AI, hm.")
    read, unread = decide(asking(engine, "text"), [HERE, Situation("It is dark.")])
    assert read.probabilities.tolist() == [1, 0, 0]
    assert unread.probabilities.tolist() == [0, 0, 1]
    assert [line.text for line in unread.trace if line.kind == "parsed"] == ["unparsed: no option is named; wait"]
    anything = decide(asking(engine, "text", BRIEF._replace(idle=None)), [Situation("It is dark.")])[0]
    np.testing.assert_allclose(anything.probabilities, 1 / 3)


def test_draws_vote(scripted):
    engine = scripted(reply=lambda prompt, draw: "go left" if draw % 3 else "go right")
    (decision,) = decide(asking(engine, "text+sample:1+vote:3"), [HERE], [7])
    assert decision.probabilities.tolist() == [1, 0, 0]
    assert sum(line.kind == "said" for line in decision.trace) == 3


def test_memory_examples_and_values_stand_in_the_prompt(scripted):
    engine = scripted()
    shots = (Example("The cat is to your left.", "go left"),)
    decide(asking(engine, "shots:1+memory:1", shots=shots), [Situation("You are in the hall.", ("You were out.",))])
    told = engine.chosen[0].render()
    assert told.index("The cat is to your left.") < told.index("I will go left.") < told.index("Earlier: You were out.")


def test_a_story_is_a_plain_text(scripted):
    engine = scripted(score=lambda prompt, option: -len(option))
    decide(asking(engine, "score+story+shots:1", shots=(Example("It is here.", "wait"),)), [HERE])
    assert not engine.chosen[0].messages
    assert engine.chosen[0].text.endswith("You decide to")
    assert "You decide to wait." in engine.chosen[0].text


def test_engines_that_cannot_are_refused(scripted):
    with pytest.raises(BadScaffold, match="log-probabilities"):
        check(scripted(scores=False), Scaffold.parse("score"))
    with pytest.raises(BadScaffold, match="leave out 'story'"):
        check(scripted(continues=False), Scaffold.parse("text+story"))
    check(scripted(scores=False, continues=False), Scaffold.parse("text"))
