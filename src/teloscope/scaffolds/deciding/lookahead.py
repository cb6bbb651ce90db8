"""Lookahead: the world foresees what each action leads to, the engine judges each outcome once, a planner adds up.

    Q(s, a) = sum_k prob[s,a,k] (worth[sentence[s,a,k]] + DISCOUNT * max_b Q(next[s,a,k], b)),   depth steps deep

The engine never sees the whole plan, only sentences such as "You step into the water and drown."; so it is asked as
many questions as there are distinct sentences, whatever the size of the world. Where nothing in sight is worth
anything, the equals share the choice. The policy is stationary: it looks as far ahead at every step, past the horizon
as well, which it doesn't know.

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
"""Worth of what comes one step later: the same thing sooner is better."""


SENTENCE = "(…)"
"""Stands for an outcome where it is shown how outcomes were asked about."""


class Lookahead(NamedTuple):
    """What came of judging a world's outcomes."""

    policy: Policy
    """`[S, A]`"""
    values: NDArray[np.float64]
    """`[S, A]` what each action is worth, in nats of judgement."""
    judged: NDArray[np.float64]
    """`[sentences]` judgements as the engine gave them."""
    worth: NDArray[np.float64]
    """`[sentences]` judgements that count: those within the margin are 0."""
    asked: str
    """What the engine was asked about each of them, with `SENTENCE` in its place."""


def look_ahead(engine: Engine, scaffold: Scaffold, world: TableWorld) -> Lookahead:
    """Judge every sentence that the world can tell, and plan on the judgements.

    Raises:
        BadEngine: the engine fails. NotFound: no such judge.
    """
    table, told, judge = world.table, world.texts, judge_named(scaffold.judge)
    judged = judge_sentences(engine, judge, told.sentences, world.task)
    asked = "\n\n".join(prompt.render() for prompt, _ in judge.prompts(SENTENCE, world.task))
    worth = np.where(np.abs(judged) <= scaffold.margin, 0.0, judged)
    rewards = np.where(table.terminal[:, None, None], 0.0, worth[told.sentence])
    values = action_values(table, reward_task(table, rewards, scaffold.depth, DISCOUNT), scaffold.depth)[0]
    return Lookahead(greedy(values, temperature=scaffold.sample), values, judged, worth, asked)


def lookahead_trace(found: Lookahead, world: TableWorld, state: int, phrases: Sequence[str]) -> Trace:
    """How outcomes were asked about, which are foreseen in a state, how they were judged, and what the planner makes of
    it. The state itself the engine is never told."""
    table, told = world.table, world.texts
    lines = [Line("told", found.asked)]
    for action, phrase in enumerate(phrases):
        ends = {int(told.sentence[state, action, k]) for k in np.flatnonzero(table.prob[state, action] > 0)}
        for end in sorted(ends):
            counts = f"{found.worth[end]:+.2f}" if found.worth[end] else f"{found.judged[end]:+.2f}, within the margin"
            lines.append(Line("judged", f"{phrase}: {told.sentences[end]} ({counts})"))
    best = ", ".join(f"{phrase} {value:+.2f}" for phrase, value in zip(phrases, found.values[state], strict=True))
    return (*lines, Line("parsed", f"worth of each action: {best}"))
