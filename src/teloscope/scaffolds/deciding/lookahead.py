"""Lookahead: the world foresees the outcome of each action, the engine judges each outcome once, a planner adds up.

    Q(s, a) = sum_k prob[s,a,k] (worth[sentence[s,a,k]] + DISCOUNT * max_b Q(next[s,a,k], b)),   depth steps deep

The engine never sees the plan. It judges only sentences such as "You step into the water and drown.", so the number of
questions is the number of distinct sentences, whatever the size of the world. Actions of equal value share the choice.
The policy is stationary: it looks `depth` steps ahead at every step, also beyond the horizon, which it doesn't know.

Theory: A5 (the scaffold makes the agent).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from teloscope.engines import Engine
from teloscope.scaffolds.judges import judge_named, judge_sentences
from teloscope.scaffolds.scaffold import Scaffold
from teloscope.scaffolds.trace import Line, Trace
from teloscope.worlds.table.planning import Policy, action_values, greedy, reward_task
from teloscope.worlds.table.world import TableWorld

DISCOUNT = 0.98
"""Discount factor a step: the same outcome sooner is better."""


SENTENCE = "(…)"
"""Placeholder for an outcome in the trace's copy of the question."""


class Lookahead(NamedTuple):
    """The judged outcomes of a world, and the policy planned on them."""

    policy: Policy
    """`[S, A]`"""
    values: NDArray[np.float64]
    """`[S, A]` action values, in nats of judgement."""
    scores: NDArray[np.float64]
    """`[sentences]` the judge's scores of the outcomes, in nats."""
    worth: NDArray[np.float64]
    """`[sentences]` the same scores, with those within the margin set to 0."""
    question: str
    """The question that the engine was asked about each outcome, with `SENTENCE` in its place."""


def look_ahead(engine: Engine, scaffold: Scaffold, world: TableWorld) -> Lookahead:
    """Judge every outcome sentence of the world, and plan on the scores.

    Raises:
        BadEngine: the engine fails. NotFound: no such judge.
    """
    table, texts, judge = world.table, world.texts, judge_named(scaffold.judge)
    scores = judge_sentences(engine, judge, texts.sentences, world.task)
    question = "\n\n".join(prompt.render() for prompt, _ in judge.prompts(SENTENCE, world.task))
    worth = np.where(np.abs(scores) <= scaffold.margin, 0.0, scores)
    rewards = np.where(table.terminal[:, None, None], 0.0, worth[texts.sentence])
    values = action_values(table, reward_task(table, rewards, scaffold.depth, DISCOUNT), scaffold.depth)[0]
    return Lookahead(greedy(values, temperature=scaffold.sample), values, scores, worth, question)


def lookahead_trace(found: Lookahead, world: TableWorld, state: int, phrases: Sequence[str]) -> Trace:
    """The trace of a decision in a state: the question about outcomes, the foreseen outcomes with their scores, and the
    action values. The engine is never told the state itself."""
    table, texts = world.table, world.texts
    lines = [Line("told", found.question)]
    for action, phrase in enumerate(phrases):
        ends = {int(texts.sentence[state, action, k]) for k in np.flatnonzero(table.prob[state, action] > 0)}
        for end in sorted(ends):
            counts = f"{found.worth[end]:+.2f}" if found.worth[end] else f"{found.scores[end]:+.2f}, within the margin"
            lines.append(Line("judged", f"{phrase}: {texts.sentences[end]} ({counts})"))
    best = ", ".join(f"{phrase} {value:+.2f}" for phrase, value in zip(phrases, found.values[state], strict=True))
    return (*lines, Line("parsed", f"worth of each action: {best}"))
