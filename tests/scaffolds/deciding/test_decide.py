"""Deciding by asking: what is asked, and what is made of the answers."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import softmax

from teloscope.errors import BadScaffold
from teloscope.scaffolds import Scaffold
from teloscope.scaffolds.deciding.decide import DecisionSetup, check_engine, decide
from teloscope.scaffolds.prompting.prompts import (
    NO_DESCRIPTION,
    Example,
    Situation,
    TaskBrief,
    act_prompt,
    think_prompt,
)

BRIEF = TaskBrief("Feed the cat.", ("go left", "go right", "wait"), 2)
HERE = Situation("You are in the hall.")


def asking(engine, line, brief=BRIEF, shots=()):
    return DecisionSetup(engine, Scaffold.parse(line), brief, shots)


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
        return habit + (option == " go right" and NO_DESCRIPTION not in prompt.render())

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


def test_each_draw_casts_its_vote_by_lot(scripted):
    """What can't be read votes for any action, where nothing can't be done; not always for the first."""
    asked = asking(scripted(), "text+sample:1+vote:3", BRIEF._replace(idle=None))
    won = np.mean([d.probabilities for d in decide(asked, [HERE] * 600, list(range(600)))], axis=0)
    np.testing.assert_allclose(won, 1 / 3, atol=0.07)
    scores = {" go left": np.log(0.6), " go right": np.log(0.4), " wait": -99.0}
    asked = asking(scripted(score=lambda prompt, option: scores[option]), "think:4+sample:1+vote:3")
    won = np.mean([d.probabilities for d in decide(asked, [HERE] * 600, list(range(600)))], axis=0)
    np.testing.assert_allclose(won, [0.648, 0.352, 0], atol=0.07)  # 0.6^3 + 3 * 0.6^2 * 0.4


def test_votes_of_different_draws_share_no_question(scripted):
    asked: list[int] = []
    engine = scripted(reply=lambda prompt, draw: asked.append(draw) or "wait")
    decide(asking(engine, "text+sample:1+vote:5"), [HERE] * 4, [0, 1, 2, 7])
    assert len(set(asked)) == len(asked) == 20


@pytest.mark.parametrize(
    "line", ["think:8", "story+think:8+shots:1", "letters+think:8+shots:1", "story+letters+think:8"]
)
def test_the_question_what_to_do_goes_on_from_the_thought(line):
    """So the trace, which shows the one, shows what was asked before as well."""
    scaffold, shots = Scaffold.parse(line), (Example("It is here.", "wait"),) * ("shots" in line)
    thinks = think_prompt(scaffold, BRIEF, HERE, shots).render()
    asks = act_prompt(scaffold, BRIEF, HERE, shots, "The cat is near.", True).render()
    between = asks.removeprefix(thinks)
    assert between != asks and between.split("\n")[0].strip().removeprefix("[assistant] ") in ("The cat is near.", "")
    assert "The cat is near." in between


def test_calibration_of_a_thought_has_the_form_of_a_thought(scripted):
    engine = scripted(reply=lambda prompt, draw: "The cat is near.")
    decide(asking(engine, "think:8+calibrated"), [HERE])
    here, anyway = (prompt.render() for prompt in engine.chosen)
    assert anyway == here.replace("You are in the hall.", NO_DESCRIPTION).replace("The cat is near.", NO_DESCRIPTION)


@pytest.mark.parametrize("ask", ["chat", "story"])
def test_letters_are_scored_instead_of_phrases(scripted, ask):
    engine = scripted(score=lambda prompt, option: {" A": -3.0, " B": -1.0, " C": -2.0}[option])
    shots = (Example("The cat is here.", "wait"),)
    (decision,) = decide(asking(engine, f"letters+{ask}+shots:1", shots=shots), [HERE])
    assert decision.probabilities.tolist() == [0, 1, 0] and decision.trace[-1].text == "go right"
    shown = engine.chosen[0].render()
    assert "A. go left\nB. go right\nC. wait" in shown and "Answer: C." in shown and shown.endswith("Answer:")
    assert engine.chosen[0].question.options == BRIEF.phrases
    unbegun = scripted(score=lambda prompt, option: {"A": -3.0, "B": -1.0, "C": -2.0}[option], continues=False)
    assert decide(asking(unbegun, "letters"), [HERE])[0].trace[-1].text == "go right"
    assert unbegun.chosen[0].render().endswith("Answer with its letter.")


def test_more_actions_than_letters_are_refused(scripted):
    many = BRIEF._replace(phrases=tuple(f"go to room {i}" for i in range(27)))
    with pytest.raises(BadScaffold, match="27 actions"):
        decide(asking(scripted(), "letters", many), [HERE])


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
        check_engine(scripted(scores=False), Scaffold.parse("score"))
    with pytest.raises(BadScaffold, match="leave out 'story'"):
        check_engine(scripted(continues=False), Scaffold.parse("text+story"))
    check_engine(scripted(scores=False, continues=False), Scaffold.parse("text"))
