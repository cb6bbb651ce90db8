"""Deciding by asking what to do: an engine scores the options, or answers freely and is parsed.

    think (if the scaffold does)  ->  ask  ->  score or parse  ->  calibrate, vote  ->  probabilities of the actions

Contextual calibration subtracts what the options score where nothing is described.

Theory: A5, S2. Source: Zhao et al. 2021, Calibrate Before Use, arXiv:2102.09690.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from teloscope.engines import Decoding, Engine, Prompt
from teloscope.errors import BadScaffold
from teloscope.scaffolds.deciding.majority_vote import majority, most_named
from teloscope.scaffolds.deciding.parse_reply import read_reply
from teloscope.scaffolds.prompting.prompts import (
    NOTHING_SEEN,
    Brief,
    Example,
    Situation,
    act_prompt,
    answers,
    think_prompt,
)
from teloscope.scaffolds.scaffold import Scaffold
from teloscope.scaffolds.trace import UNPARSED, Line, Trace
from teloscope.worlds.table.planning import greedy

REPLY_TOKENS = 32
"""Length of a free reply."""


class Decision(NamedTuple):
    """What came of one situation."""

    probabilities: NDArray[np.float64]
    """`[A]`"""
    trace: Trace


class Asking(NamedTuple):
    """Everything that all decisions of one agent in one world share."""

    engine: Engine
    scaffold: Scaffold
    brief: Brief
    shots: tuple[Example, ...] = ()


def check(engine: Engine, scaffold: Scaffold) -> None:
    """Whether an engine can work in a scaffold.

    Raises:
        BadScaffold: it gives no log-probabilities, or takes no text that was begun for it, and the scaffold needs that.
    """
    if scaffold.decide != "text" and not engine.scores:
        raise BadScaffold(
            f"The engine {engine.name!r} gives no log-probabilities, which {str(scaffold)!r} needs. Use a scaffold "
            "that reads free replies, such as text or text+think:48."
        )
    if scaffold.ask == "story" and not engine.continues:
        raise BadScaffold(
            f"The engine {engine.name!r} is a chat model and can't go on with a plain text; leave out 'story'."
        )


def decide(asking: Asking, situations: Sequence[Situation], draws: Sequence[int] | None = None) -> list[Decision]:
    """Decide in each situation.

    Args:
        asking: who is asked, and how.
        situations: `n` of them.
        draws: `[n]` which draw each is, where the scaffold draws; None: all 0.

    Raises:
        BadEngine: the engine fails.
    """
    if not situations:
        return []
    scaffold, first = asking.scaffold, list(draws) if draws is not None else [0] * len(situations)
    if scaffold.tabulates:
        single = _once(asking, situations, first)
        won = majority(np.stack([d.probabilities for d in single]), scaffold.vote)
        return [_chosen(Decision(p, d.trace), asking.brief) for p, d in zip(won, single, strict=True)]
    rounds = [_once(asking, situations, [d * scaffold.vote + i for d in first]) for i in range(scaffold.vote)]
    lots = [np.random.default_rng(d).random(scaffold.vote) for d in first]
    return [_voted(asking.brief, *drawn) for drawn in zip(zip(*rounds, strict=True), lots, strict=True)]


def _voted(brief: Brief, ballots: Sequence[Decision], lots: NDArray[np.float64]) -> Decision:
    """What the majority of drawn decisions comes to, each of which casts its vote by lot; a single one is its own
    majority."""
    trace = tuple(line for ballot in ballots for line in ballot.trace)
    if len(ballots) == 1:
        return _chosen(Decision(ballots[0].probabilities, trace), brief)
    edges = np.cumsum([b.probabilities for b in ballots], axis=1)[:, :-1]
    won = most_named((lots[:, None] >= edges).sum(axis=1), len(brief.phrases))
    return _chosen(Decision(won, trace), brief)


def _chosen(decision: Decision, brief: Brief) -> Decision:
    return decision._replace(trace=(*decision.trace, Line("chosen", shares(decision.probabilities, brief))))


def shares(probabilities: NDArray[np.float64], brief: Brief) -> str:
    """Probabilities in words, the likeliest first; what is certain without a number."""
    order = [i for i in np.argsort(-probabilities, kind="stable") if probabilities[i] >= 0.005]
    if len(order) == 1:
        return brief.phrases[order[0]]
    return ", ".join(f"{brief.phrases[i]} {probabilities[i]:.0%}" for i in order)


def _once(asking: Asking, situations: Sequence[Situation], draws: Sequence[int]) -> list[Decision]:
    """One draw of each decision."""
    thoughts = _thoughts(asking, situations, draws)
    prompts = _prompts(asking, situations, thoughts)
    begun = [
        (Line("told", prompt.render()), *([Line("thought", thought)] if asking.scaffold.think else []))
        for prompt, thought in zip(prompts, thoughts, strict=True)
    ]
    decided = _replied(asking, prompts, draws) if asking.scaffold.decide == "text" else _scored(asking, prompts)
    return [Decision(d.probabilities, (*lines, *d.trace)) for lines, d in zip(begun, decided, strict=True)]


def _thoughts(asking: Asking, situations: Sequence[Situation], draws: Sequence[int]) -> list[str]:
    scaffold = asking.scaffold
    if not scaffold.think:
        return [""] * len(situations)
    prompts = [think_prompt(scaffold, asking.brief, situation, asking.shots) for situation in situations]
    replies = asking.engine.complete(prompts, Decoding(scaffold.think, scaffold.sample), draws)
    return [reply.text.strip() for reply in replies]


def _prompts(asking: Asking, situations: Sequence[Situation], thoughts: Sequence[str]) -> list[Prompt]:
    return [
        act_prompt(asking.scaffold, asking.brief, situation, asking.shots, thought, asking.engine.continues)
        for situation, thought in zip(situations, thoughts, strict=True)
    ]


def _replied(asking: Asking, prompts: Sequence[Prompt], draws: Sequence[int]) -> list[Decision]:
    """Free replies, read; an unread one counts as the declared default, and says so."""
    phrases, decided = asking.brief.phrases, []
    for reply in asking.engine.complete(prompts, Decoding(REPLY_TOKENS, asking.scaffold.sample), draws):
        read = read_reply(reply.text, phrases)
        if read.option is None:
            probabilities, meant = default(asking.brief)
            parsed = f"{UNPARSED}: {read.why}; {meant}"
        else:
            probabilities = np.eye(len(phrases))[read.option]
            parsed = f"{phrases[read.option]} ({read.why})"
        decided.append(Decision(probabilities, (Line("said", reply.text), Line("parsed", parsed))))
    return decided


def default(brief: Brief) -> tuple[NDArray[np.float64], str]:
    """What is done where a reply can't be read: nothing; where nothing can't be done, anything. And how that reads."""
    n = len(brief.phrases)
    if brief.idle is None:
        return np.full(n, 1 / n), "any action, by lot"
    return np.eye(n)[brief.idle], brief.phrases[brief.idle]


def _scored(asking: Asking, prompts: Sequence[Prompt]) -> list[Decision]:
    """Options by their log-probabilities, calibrated if the scaffold says so."""
    engine, scaffold, brief = asking.engine, asking.scaffold, asking.brief
    options = _options(asking)
    asked = list(prompts)
    if scaffold.calibrated:
        asked += _prompts(asking, [Situation(NOTHING_SEEN)], [NOTHING_SEEN if scaffold.think else ""])
    scores = engine.choose(asked, [options] * len(asked))
    anyway = scores.pop() if scaffold.calibrated else np.zeros(len(options))
    decided = []
    for score in scores:
        said = ", ".join(f"{phrase} {s:.2f}" for phrase, s in zip(brief.phrases, score - anyway, strict=True))
        what = "calibrated log-probabilities" if scaffold.calibrated else "log-probabilities"
        chances = greedy(score - anyway, temperature=scaffold.sample).astype(np.float64)
        decided.append(Decision(chances, (Line("parsed", f"{what}: {said}"),)))
    return decided


def _options(asking: Asking) -> list[str]:
    """As they follow a text that was begun, with their space; else as a reply of their own."""
    begun = asking.engine.continues
    return [f" {answer}" if begun else answer for answer in answers(asking.scaffold, asking.brief)]
