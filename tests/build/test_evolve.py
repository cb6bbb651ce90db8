"""A rewriting engine mends the instruction of an engine that listens to it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from teloscope.build.attempt_log import AttemptLog
from teloscope.build.budget import Budget, BudgetMeter
from teloscope.build.evaluate import BuildTask, Evaluator
from teloscope.build.evolve import ADVICE, EpisodeAdapter, evolve_advice
from teloscope.build.search import build
from teloscope.engines import Decoding, Engine, LogProbs, Prompt, Reply, Spent
from teloscope.errors import BadScaffold
from teloscope.scaffolds import Scaffold
from teloscope.verdict.optimum import optimal_value

from .conftest import Corridor

pytest.importorskip("gepa")


def phrases(prompt: Prompt, offered: Sequence[str]) -> Sequence[str]:
    """What the options mean, should they be letters."""
    asked = prompt.question.options if prompt.question else ()
    return asked if len(asked) == len(offered) else offered


class Listening(Engine):
    """Goes right if it is told to, anywhere in the prompt; left otherwise."""

    name, digest = "listening", "0" * 64

    def __init__(self) -> None:
        self.calls = 0

    def choose(self, prompts: Sequence[Prompt], options: Sequence[Sequence[str]]) -> list[LogProbs]:
        self.calls += len(prompts)
        words = ["right" if "walk right" in prompt.render() else "left" for prompt in prompts]
        return [
            np.array([0.0 if word in phrase else -20.0 for phrase in phrases(prompt, offered)])
            for word, prompt, offered in zip(words, prompts, options, strict=True)
        ]

    def complete(
        self, prompts: Sequence[Prompt], decoding: Decoding, draws: Sequence[int] | None = None
    ) -> list[Reply]:
        self.calls += len(prompts)
        return [Reply("right" if "walk right" in prompt.render() else "left") for prompt in prompts]

    @property
    def spent(self) -> Spent:
        return Spent(self.calls)


class Rewriting(Listening):
    """Has read what was wanted, and says what to do; at first it babbles."""

    name, digest = "rewriting", "1" * 64

    def __init__(self) -> None:
        super().__init__()
        self.shown: list[str] = []

    def complete(
        self, prompts: Sequence[Prompt], decoding: Decoding, draws: Sequence[int] | None = None
    ) -> list[Reply]:
        self.shown += [prompt.render() for prompt in prompts]
        return [Reply("```\nHm.\n```" if len(self.shown) < 2 else "```\nAlways walk right.\n```") for _ in prompts]


def examiner(corridor: Corridor, budget: str = "10m") -> Evaluator:
    best = optimal_value(corridor, corridor.values)
    task = BuildTask(corridor, Listening(), corridor.values, corridor.contexts, best, episodes=40)
    return Evaluator(task, AttemptLog({}), BudgetMeter(Budget.parse(budget)))


def test_the_instruction_is_mended(corridor: Corridor) -> None:
    rewriter = Rewriting()
    found = evolve_advice(examiner(corridor), Scaffold.parse("direct"), rewriter)
    assert found.advice == "Always walk right."
    assert Scaffold.parse(str(found)) == found
    assert any("It did not come about" in shown and "Go to the lamp." in shown for shown in rewriter.shown)
    assert any("It chose: left." in shown for shown in rewriter.shown)


def test_a_build_certifies_what_was_rewritten(corridor: Corridor) -> None:
    without = build(corridor, Listening(), budget="4 draws", families=["direct"], episodes=40)
    assert not without.aligned
    found = build(corridor, Listening(), budget="4 draws", families=["direct"], episodes=40, evolve=Rewriting())
    assert found.aligned and found.result.winner is not None
    assert "advice:Always walk right." in found.result.winner.scaffold
    assert "rewritten by rewriting" in found.result.ended


def test_episodes_to_choose_by_are_not_those_to_learn_from(corridor: Corridor) -> None:
    episodes = EpisodeAdapter(examiner(corridor), Scaffold.parse("direct"), corridor)
    learn, choose = episodes.examples("learn"), episodes.examples("choose")
    assert not {e.seed for e in learn} & {e.seed for e in choose}
    assert {e.context.name for e in choose} == {c.name for c in corridor.contexts}


def test_an_episode_is_worth_what_is_valued_in_it(corridor: Corridor) -> None:
    episodes = EpisodeAdapter(examiner(corridor), Scaffold.parse("direct"), corridor)
    examples = [e for e in episodes.examples("learn") if e.context.name == "train"]
    assert episodes.evaluate(examples, {ADVICE: "walk right"}).scores == [1.0, 1.0]
    assert episodes.evaluate(examples, {ADVICE: "do as you please"}).scores == [0.0, 0.0]


def test_the_budget_ends_it(corridor: Corridor) -> None:
    found = build(
        corridor, Listening(), budget="30 calls", families=["direct"], episodes=40, evolve=Rewriting(), seed=1
    )
    assert "budget" in found.result.ended and not found.aligned


def test_a_lookahead_has_no_advice_to_evolve(corridor: Corridor) -> None:
    with pytest.raises(BadScaffold, match="asks what to do"):
        evolve_advice(examiner(corridor), Scaffold.parse("lookahead"), Rewriting())
