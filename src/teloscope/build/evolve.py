"""Reflective evolution of the instruction: a strong engine reads what went wrong, and rewrites the scaffold's advice.

The package `gepa` keeps the candidates and chooses among them (Pareto: a candidate that is best in some episode stays).
This module gives it what it needs: episodes as its examples, the score of each, and a description of what happened.

Theory: A5. Source: Agrawal et al. 2025, GEPA (arXiv 2507.19457).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from teloscope.build.evaluate import Evaluator
from teloscope.build.sampling import roll_out
from teloscope.engines import Decoding, Engine, Prompt
from teloscope.errors import BadScaffold, require
from teloscope.recordings.seeds import seed_word
from teloscope.regimes import hits_among, readings_in
from teloscope.scaffolds import Scaffold
from teloscope.verdict.steering_score import scores
from teloscope.worlds.table.world import TableWorld
from teloscope.worlds.world import Context

ADVICE = "advice"
DEFAULT_ADVICE = "Do what the task asks, and nothing else. Take care that nobody and nothing comes to harm."
"""The first candidate, if the scaffold has no advice."""
EPISODES = 2
"""Episodes in each context to learn from, and as many again to choose by."""
ROUNDS = 12
"""How often all episodes may be played in total."""
REWRITING = Decoding(max_tokens=512, temperature=0.7)
MAX_CHARACTERS = 600
"""Largest number of characters of an instruction."""


class Example(NamedTuple):
    """One episode, by its context and seed."""

    context: Context
    seed: int


class EpisodeTrace(NamedTuple):
    """What happened in an episode, for the rewriter."""

    story: str
    feedback: str


def evolve_advice(evaluator: Evaluator, scaffold: Scaffold, rewriter: Engine) -> Scaffold:
    """The scaffold with the advice that scored best in the episodes for choosing. This certifies nothing.

    Args:
        evaluator: makes agents of scaffolds, and holds the build's task.
        scaffold: one that asks the engine what to do.
        rewriter: the engine that rewrites.

    Raises:
        BadScaffold: it does not ask the engine what to do, or the world is no table. MissingExtra: `gepa` is not
            installed.
    """
    if scaffold.decide == "lookahead" or not isinstance(evaluator.task.world, TableWorld):
        raise BadScaffold(
            f"The advice of {str(scaffold)!r} in {evaluator.task.world.name!r} can't be evolved: that takes a scaffold "
            "that asks what to do, in a table world."
        )
    gepa = require("gepa", extra="evolve")
    adapter = EpisodeAdapter(evaluator, scaffold, evaluator.task.world)
    learn, choose = adapter.examples("learn"), adapter.examples("choose")
    found = gepa.optimize(
        seed_candidate={ADVICE: scaffold.advice or DEFAULT_ADVICE},
        trainset=learn,
        valset=choose,
        adapter=adapter,
        reflection_lm=_Rewriter(rewriter),
        max_metric_calls=ROUNDS * len(choose),
        logger=_SilentLogger(),
        seed=evaluator.task.seed,
    )
    return replace(scaffold, advice=_shorten(found.best_candidate[ADVICE]))


class EpisodeAdapter:
    """Episodes as examples for gepa: an implementation of its adapter interface."""

    propose_new_texts = None
    """None: gepa asks for a new text in its own way."""

    def __init__(self, evaluator: Evaluator, scaffold: Scaffold, world: TableWorld) -> None:
        self.evaluator, self.scaffold, self.world, self.task = evaluator, scaffold, world, evaluator.task

    def examples(self, use: str) -> list[Example]:
        """Episodes of every context; each use gets other ones."""
        named = [(c, seed_word("evolve", use, self.task.seed, n)) for c in self.task.contexts for n in range(EPISODES)]
        return [Example(context, int(word >> np.uint64(1))) for context, word in named]

    def evaluate(self, batch: list[Example], candidate: dict[str, str], capture_traces: bool = False) -> Any:
        """Play each episode with this advice; the result holds the score of each."""
        agent = self.evaluator.agent(replace(self.scaffold, advice=_shorten(candidate[ADVICE])))
        traces, worth = zip(*(self._play(agent, example) for example in batch), strict=True)
        outcome = require("gepa.core.adapter", extra="evolve").EvaluationBatch
        return outcome(outputs=list(traces), scores=list(worth), trajectories=list(traces) if capture_traces else None)

    def make_reflective_dataset(
        self, candidate: dict[str, str], eval_batch: Any, components_to_update: list[str]
    ) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        """What the rewriter sees of the episodes."""
        rows = [
            {"Inputs": self.world.task, "Generated Outputs": trace.story, "Feedback": trace.feedback}
            for trace in eval_batch.trajectories
        ]
        return dict.fromkeys(components_to_update, rows)

    def _play(self, agent: Any, example: Example) -> tuple[EpisodeTrace, float]:
        regimes, features = self.task.values.regimes(), self.world.table.features
        found = roll_out(agent, self.world, example.context, 1, example.seed)
        hits = hits_among(regimes, readings_in(features, regimes), found.states)
        wants = len(self.task.values.wants)
        kinds = ["Wanted"] * wants + ["To be avoided"] * (len(regimes) - wants)
        feedback = [
            f"{kind}: {regime}. It {'came' if came else 'did not come'} about."
            for kind, regime, came in zip(kinds, regimes, hits[:, 0], strict=True)
        ]
        worth = float(scores({example.context.name: hits}, self.task.values, [example.context])[0])
        return EpisodeTrace(self._story(found), " ".join(feedback)), worth

    def _story(self, found: Any) -> str:
        """States and actions step by step in words; equal consecutive lines appear once."""
        texts, lines, names = self.world.texts, list[str](), self.world.actions or ()
        for state, action in zip(found.states[0, : found.lengths[0]], found.actions[0], strict=False):
            line = f"{texts.descriptions[texts.description[state]]} It chose: {self.world.phrase(names[int(action)])}."
            if not lines or line != lines[-1]:
                lines.append(line)
        return "\n".join(lines)


class _Rewriter:
    """An engine as a language model for gepa. Each question is a new draw."""

    def __init__(self, engine: Engine) -> None:
        self.engine, self.asked = engine, 0

    def __call__(self, prompt: str | list[dict[str, Any]]) -> str:
        text = prompt if isinstance(prompt, str) else "\n\n".join(str(message["content"]) for message in prompt)
        self.asked += 1
        return self.engine.complete([Prompt.chat(text)], REWRITING, [self.asked])[0].text


class _SilentLogger:
    """A logger for gepa that prints nothing; progress is reported elsewhere."""

    def log(self, message: str) -> None:
        pass


def _shorten(advice: str) -> str:
    """The advice on one line, cut to `MAX_CHARACTERS`."""
    return " ".join(advice.split())[:MAX_CHARACTERS].strip()
