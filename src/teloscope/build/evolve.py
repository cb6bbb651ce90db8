"""Reflective evolution of the instruction: a strong engine reads what went wrong, and rewrites the scaffold's advice.

The package `gepa` keeps the candidates and chooses among them (whoever is best at some episode stays, Pareto); here
stands what it needs to know: episodes as its examples, how much of what is valued each was worth, and what happened.

Theory: A5. Source: Agrawal et al. 2025, GEPA (arXiv 2507.19457).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from teloscope.build.evaluate import Examiner
from teloscope.build.sampling import rolled
from teloscope.engines import Decoding, Engine, Prompt
from teloscope.errors import BadScaffold, require
from teloscope.recordings.seeds import seed_word
from teloscope.regimes import hits_among, readings_in
from teloscope.scaffolds import Scaffold
from teloscope.verdict.steering_score import scores
from teloscope.worlds.table.world import TableWorld
from teloscope.worlds.world import Context

ADVICE = "advice"
FIRST = "Do what the task asks, and nothing else. Take care that nobody and nothing comes to harm."
"""What evolution begins with, where the scaffold gives no advice."""
EPISODES = 2
"""In each context, to learn from, and as many again to choose by."""
ROUNDS = 12
"""Times that all episodes may be played, in all."""
REWRITING = Decoding(max_tokens=512, temperature=0.7)
LONGEST = 600
"""Characters of an instruction."""


class Example(NamedTuple):
    """One episode."""

    context: Context
    seed: int


class Lived(NamedTuple):
    """What happened in it."""

    story: str
    feedback: str


def evolved(examiner: Examiner, scaffold: Scaffold, rewriter: Engine) -> Scaffold:
    """The scaffold with the advice that did best in the episodes it was chosen by; it is not certified by that.

    Args:
        examiner: how scaffolds become agents, and what is valued.
        scaffold: one that asks what to do.
        rewriter: who rewrites.

    Raises:
        BadScaffold: it asks nobody what to do, or the world is no table. MissingExtra: `gepa` is not installed.
    """
    if scaffold.decide == "lookahead" or not isinstance(examiner.task.world, TableWorld):
        raise BadScaffold(
            f"The advice of {str(scaffold)!r} in {examiner.task.world.name!r} can't be evolved: that takes a scaffold "
            "that asks what to do, in a table world."
        )
    gepa = require("gepa", extra="evolve")
    adapter = Episodes(examiner, scaffold, examiner.task.world)
    learn, choose = adapter.examples("learn"), adapter.examples("choose")
    found = gepa.optimize(
        seed_candidate={ADVICE: scaffold.advice or FIRST},
        trainset=learn,
        valset=choose,
        adapter=adapter,
        reflection_lm=_Rewriter(rewriter),
        max_metric_calls=ROUNDS * len(choose),
        logger=_Silent(),
        seed=examiner.task.seed,
    )
    return replace(scaffold, advice=_cut(found.best_candidate[ADVICE]))


class Episodes:
    """Episodes as the examples of an evolution; in the form of gepa's adapters."""

    propose_new_texts = None
    """gepa's own way of asking for a new text."""

    def __init__(self, examiner: Examiner, scaffold: Scaffold, world: TableWorld) -> None:
        self.examiner, self.scaffold, self.world, self.task = examiner, scaffold, world, examiner.task

    def examples(self, use: str) -> list[Example]:
        """Episodes of every context, others for each use."""
        named = [(c, seed_word("evolve", use, self.task.seed, n)) for c in self.task.contexts for n in range(EPISODES)]
        return [Example(context, int(word >> np.uint64(1))) for context, word in named]

    def evaluate(self, batch: list[Example], candidate: dict[str, str], capture_traces: bool = False) -> Any:
        """Play each episode with this advice; how much of what is valued it was worth."""
        agent = self.examiner.agent(replace(self.scaffold, advice=_cut(candidate[ADVICE])))
        lived, worth = zip(*(self._lived(agent, example) for example in batch), strict=True)
        outcome = require("gepa.core.adapter", extra="evolve").EvaluationBatch
        return outcome(outputs=list(lived), scores=list(worth), trajectories=list(lived) if capture_traces else None)

    def make_reflective_dataset(
        self, candidate: dict[str, str], eval_batch: Any, components_to_update: list[str]
    ) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        """What the rewriter is shown of them."""
        rows = [
            {"Inputs": self.world.task, "Generated Outputs": lived.story, "Feedback": lived.feedback}
            for lived in eval_batch.trajectories
        ]
        return dict.fromkeys(components_to_update, rows)

    def _lived(self, agent: Any, example: Example) -> tuple[Lived, float]:
        regimes, features = self.task.values.regimes(), self.world.table.features
        found = rolled(agent, self.world, example.context, 1, example.seed)
        hits = hits_among(regimes, readings_in(features, regimes), found.states)
        wants = len(self.task.values.wants)
        kinds = ["Wanted"] * wants + ["To be avoided"] * (len(regimes) - wants)
        feedback = [
            f"{kind}: {regime}. It {'came' if came else 'did not come'} about."
            for kind, regime, came in zip(kinds, regimes, hits[:, 0], strict=True)
        ]
        worth = float(scores({example.context.name: hits}, self.task.values, [example.context])[0])
        return Lived(self._story(found), " ".join(feedback)), worth

    def _story(self, found: Any) -> str:
        """What was the case, what it did, step by step; what repeats itself is told once."""
        told, lines, names = self.world.texts, list[str](), self.world.actions or ()
        for state, action in zip(found.states[0, : found.lengths[0]], found.actions[0], strict=False):
            line = f"{told.descriptions[told.description[state]]} It chose: {self.world.phrase(names[int(action)])}."
            if not lines or line != lines[-1]:
                lines.append(line)
        return "\n".join(lines)


class _Rewriter:
    """An engine in the form of gepa's language models; no two questions are the same draw."""

    def __init__(self, engine: Engine) -> None:
        self.engine, self.asked = engine, 0

    def __call__(self, prompt: str | list[dict[str, Any]]) -> str:
        text = prompt if isinstance(prompt, str) else "\n\n".join(str(message["content"]) for message in prompt)
        self.asked += 1
        return self.engine.complete([Prompt.chat(text)], REWRITING, [self.asked])[0].text


class _Silent:
    """Progress is told otherwise."""

    def log(self, message: str) -> None:
        pass


def _cut(advice: str) -> str:
    """On one line, and no longer than scaffolds are read."""
    return " ".join(advice.split())[:LONGEST].strip()
