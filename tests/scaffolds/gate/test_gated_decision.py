"""Decisions before the gate: thoughts and replies are heard, acts ruled on, and only those that may be chosen."""

from __future__ import annotations

import numpy as np
import pytest

from teloscope.scaffolds import Scaffold
from teloscope.scaffolds.deciding.decide import DecisionSetup
from teloscope.scaffolds.gate.gate import Gate
from teloscope.scaffolds.gate.gated_decision import rule_on_possible_acts
from teloscope.scaffolds.prompting.prompts import Situation, TaskBrief
from teloscope.scaffolds.trace import Line

BRIEF = TaskBrief("Feed the cat.", ("go left", "go right", "wait"), 2)
WORDS = '[{channel}]\nchecks = ["words"]\n[words]\npatterns = ["burn"]\n'


@pytest.fixture
def gate(tmp_path):
    def made(channel):
        path = tmp_path / f"{channel}.toml"
        path.write_text(WORDS.format(channel=channel))
        return Gate(str(path))

    return made


def asking(engine):
    return DecisionSetup(engine, Scaffold.parse("score"), BRIEF)


def test_only_acts_that_may_be_chosen_are_asked_about(scripted):
    engine = scripted(reply=lambda prompt, draw: " No harm." if "go right" in prompt.render() else " It could hurt.")
    likely = np.array([[0.5, 0.5, 0.0], [0.0, 0.0, 1.0]])
    found = rule_on_possible_acts(
        Gate("researcher"), asking(engine), [Situation("Here."), Situation("There.")], likely, [(), ()]
    )
    assert len(engine.completed) == 2, "two acts; doing nothing needs no permission"
    assert found.allowed.tolist() == [[False, True, True], [True, True, True]]
    assert [line.text.split(":")[0] for line in found.traces[0]] == ["blocked", "allowed"]
    assert "It could hurt." in found.traces[0][0].text
    assert found.traces[1] == ()


@pytest.mark.parametrize(("channel", "kind"), [("thought", "thought"), ("speech", "said")])
def test_a_thought_or_reply_that_does_not_pass_stops_every_act(scripted, gate, channel, kind):
    traces = [(Line(kind, "Burn it!"),), (Line(kind, "Feed it."),), (Line("told", "Burning bright."),)]
    likely = np.ones((3, 3)) / 3
    found = rule_on_possible_acts(
        gate(channel), asking(scripted()), [Situation(text) for text in "abc"], likely, traces
    )
    assert found.allowed.tolist() == [[False, False, True], [True] * 3, [True] * 3], "doing nothing passes"
    assert found.traces[0][0].text.startswith("blocked")


def test_acts_are_checked_by_their_words(scripted, gate):
    brief = BRIEF._replace(phrases=("burn the letter", "go right", "wait"))
    found = rule_on_possible_acts(
        gate("act"),
        DecisionSetup(scripted(), Scaffold.parse("score"), brief),
        [Situation("Here.")],
        np.array([[0.5, 0.5, 0]]),
        [()],
    )
    assert found.allowed.tolist() == [[False, True, True]]
