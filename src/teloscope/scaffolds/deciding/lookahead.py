"""Lookahead: the world foresees the outcome of each action, the engine judges each outcome once, a planner adds up.

    Q(s, a) = sum_k prob[s,a,k] (worth[sentence[s,a,k]] + DISCOUNT * max_b Q(next[s,a,k], b)),   depth steps deep

A scaffold may judge outcomes for the errand apart from harm (`errand_worth`). And a critic may read the plan: what it
finds harmful among the outcomes that the plan leads to is barred, and the plan is made anew, until it finds nothing.

The engine judges only sentences such as "You step into the water and drown.", so the number of
questions is the number of distinct sentences, whatever the size of the world. Actions of equal value share the choice.
The policy is stationary: it looks `depth` steps ahead at every step, also beyond the horizon, which it doesn't know.

Theory: A5 (the scaffold makes the agent).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from teloscope.engines import Engine
from teloscope.scaffolds.deciding.errand_worth import errand_worth
from teloscope.scaffolds.judging.judge import judge_sentences
from teloscope.scaffolds.judging.judges import errand_judge_named, judge_named
from teloscope.scaffolds.prompting.prompts import values_text
from teloscope.scaffolds.scaffold import Scaffold
from teloscope.scaffolds.trace import Line, Trace
from teloscope.worlds.table.arrays import Table
from teloscope.worlds.table.planning import Policy, action_values, greedy, reward_task
from teloscope.worlds.table.world import TableWorld

DISCOUNT = 0.98
"""Discount factor a step: the same outcome sooner is better."""


SENTENCE = "(…)"
"""Placeholder for an outcome in the trace's copy of the question."""


BARRED = -200.0
"""Worth (nats) of an outcome that the critic barred: worse than not to end the errand."""
ROUNDS = 6
"""Plans that a critic reads, at most."""
LIKELY = 0.01
"""Probability, over an episode from a training start, from which on an outcome belongs to the plan."""


class Lookahead(NamedTuple):
    """The judged outcomes of a world, and the policy planned on them."""

    policy: Policy
    """`[S, A]`"""
    values: NDArray[np.float64]
    """`[S, A]` action values, in nats of judgement."""
    scores: NDArray[np.float64]
    """`[sentences]` the judge's scores of the outcomes, in nats."""
    worth: NDArray[np.float64]
    """`[sentences]` what the planner adds up: the scores, with those within the margin set to 0; or `errand_worth`."""
    question: str
    """The questions that the engine was asked about each outcome, with `SENTENCE` in its place."""
    barred: tuple[int, ...] = ()
    """Sentences that the critic barred, in the order in which it did."""


def look_ahead(engine: Engine, scaffold: Scaffold, world: TableWorld) -> Lookahead:
    """Judge every outcome sentence of the world, and plan on the scores.

    Raises:
        BadEngine: the engine fails. NotFound: no such judge.
    """
    sentences, judge, task = world.texts.sentences, judge_named(scaffold.judge), told_task(scaffold, world)
    scores = judge_sentences(engine, judge, sentences, task)
    asked = [*judge.prompts(SENTENCE, task)]
    if scaffold.serves:
        errand_judge = errand_judge_named(scaffold.serves)
        serving = judge_sentences(engine, errand_judge, sentences, world.task)
        worth = errand_worth(scores, serving, scaffold.aim, scaffold.margin, scaffold.ranked)
        asked += errand_judge.prompts(SENTENCE, world.task)
    else:
        worth = np.where(np.abs(scores) <= scaffold.margin, 0.0, scores)
    question = "\n\n".join(prompt.render() for prompt, _ in asked)
    found = Lookahead(*_plan(world, scaffold, worth), scores, worth, question)
    return _criticised(engine, scaffold, world, found) if scaffold.critic else found


def told_task(scaffold: Scaffold, world: TableWorld) -> str:
    """What a judge of harm is told: the world's task, and its values if the scaffold says so."""
    return f"{world.task} {values_text(world.values)}".strip() if scaffold.told == "values" else world.task


def _plan(world: TableWorld, scaffold: Scaffold, worth: NDArray[np.float64]) -> tuple[Policy, NDArray[np.float64]]:
    """The policy and the action values `[S, A]` for the worth of each sentence."""
    table = uninterrupted(world) if scaffold.interruptible else world.table
    discount = 1.0 if scaffold.serves else DISCOUNT  # where every step is a risk, sooner is better without a discount
    values = planned_values(table, worth[world.texts.sentence], scaffold.depth, discount)
    return greedy(values, temperature=scaffold.sample), values


def planned_values(
    table: Table, worth: NDArray[np.float64], depth: int, discount: float = DISCOUNT
) -> NDArray[np.float64]:
    """`[S, A]` the worth of each action, so many steps deep; `worth`: `[S, A, K]` of each outcome."""
    rewards = np.where(table.terminal[:, None, None], 0.0, worth)
    return action_values(table, reward_task(table, rewards, depth, discount), depth)[0]


def uninterrupted(world: TableWorld) -> Table:
    """The world's table without interruptions: outcomes that end the episode though the agent does nothing.

    They are the outcomes of each state's idle action that end the episode, by their sentences; what remains of an
    action's outcomes shares their probability. An action that leads to nothing else keeps its outcomes.

    Source: Orseau & Armstrong 2016, Safely Interruptible Agents.
    """
    table, sentence = world.table, world.texts.sentence
    if world.idle is None:
        return table
    idle = (world.actions or ()).index(world.idle)
    ends = table.terminal[table.next] & (table.prob > 0) & ~table.terminal[:, None, None]
    by_others = np.zeros((table.n_states, len(world.texts.sentences)), dtype=np.bool_)
    rows, outcomes = np.nonzero(ends[:, idle])
    by_others[rows, sentence[rows, idle, outcomes]] = True
    stopped = ends & np.take_along_axis(by_others[:, None, :], sentence, axis=2)
    kept = np.where(stopped, 0.0, table.prob)
    total = kept.sum(axis=2, keepdims=True)
    return replace(table, prob=np.where(total > 0, kept / np.where(total > 0, total, 1.0), table.prob))


def _criticised(engine: Engine, scaffold: Scaffold, world: TableWorld, found: Lookahead) -> Lookahead:
    """The plan after its critic has read it; the critic is asked about each outcome of a plan once."""
    judge, task = judge_named(scaffold.critic), told_task(scaffold, world)
    known: dict[int, float] = {}
    for _ in range(ROUNDS):
        new = [s for s in plan_outcomes(world, found.policy) if s not in known]
        told = judge_sentences(engine, judge, [world.texts.sentences[s] for s in new], task) if new else []
        known |= dict(zip(new, map(float, told), strict=True))
        barred = [s for s in new if known[s] < -scaffold.margin]
        if not barred:
            break
        worth = found.worth.copy()
        worth[barred] = BARRED
        policy, values = _plan(world, scaffold, worth)
        found = found._replace(policy=policy, values=values, worth=worth, barred=(*found.barred, *barred))
    return found


def plan_outcomes(world: TableWorld, policy: Policy) -> list[int]:
    """Sentences that a policy leads to within an episode from the training starts, ascending."""
    table, texts = world.table, world.texts
    training = [c.start for c in world.contexts if c.kind == "train"] or [world.contexts[0].start]
    at = np.zeros(table.n_states)
    for start in training:
        np.add.at(at, table.starts[start], 1 / (len(table.starts[start]) * len(training)))
    seen = np.zeros(len(texts.sentences))
    acting = np.asarray(policy, dtype=np.float64) * ~table.terminal[:, None]
    for _ in range(world.horizon):
        flow = at[:, None, None] * acting[:, :, None] * table.prob
        np.add.at(seen, texts.sentence, flow)
        at = np.bincount(table.next.ravel(), flow.ravel(), minlength=table.n_states)
    return [int(s) for s in np.flatnonzero(seen >= LIKELY)]


def lookahead_trace(found: Lookahead, world: TableWorld, state: int, phrases: Sequence[str]) -> Trace:
    """The trace of a decision in a state: the question about outcomes, the foreseen outcomes with their scores, and the
    action values. The engine is never told the state itself."""
    table, texts = world.table, world.texts
    lines = [Line("told", found.question)]
    for action, phrase in enumerate(phrases):
        ends = {int(texts.sentence[state, action, k]) for k in np.flatnonzero(table.prob[state, action] > 0)}
        for end in sorted(ends):
            counts = f"{found.worth[end]:+.2f}" if found.worth[end] else f"{found.scores[end]:+.2f}, within the margin"
            counts += ", barred by the critic" if end in found.barred else ""
            lines.append(Line("judged", f"{phrase}: {texts.sentences[end]} ({counts})"))
    best = ", ".join(f"{phrase} {value:+.2f}" for phrase, value in zip(phrases, found.values[state], strict=True))
    return (*lines, Line("parsed", f"worth of each action: {best}"))
