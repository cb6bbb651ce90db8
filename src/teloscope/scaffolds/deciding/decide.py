"""Deciding by asking what to do: an engine scores the options, or answers in free text that is parsed.

    think (if the scaffold says so)  ->  ask  ->  score or parse  ->  calibrate, vote  ->  probabilities of the actions

Contextual calibration subtracts the scores that the options get in a prompt without a description.

Theory: A5, S2. Source: Zhao et al. 2021, Calibrate Before Use, arXiv:2102.09690.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from teloscope.engines import Decoding, Engine, Prompt
from teloscope.errors import BadScaffold
from teloscope.scaffolds.deciding.majority_vote import majority_probabilities, most_frequent
from teloscope.scaffolds.deciding.parse_reply import parse_reply
from teloscope.scaffolds.prompting.prompts import (
    NO_DESCRIPTION,
    Example,
    Situation,
    TaskBrief,
    act_prompt,
    answer_texts,
    think_prompt,
)
from teloscope.scaffolds.scaffold import Scaffold
from teloscope.scaffolds.trace import UNPARSED, Line, Trace
from teloscope.worlds.table.planning import greedy

REPLY_TOKENS = 32
"""Length of a free reply, in tokens."""


class Decision(NamedTuple):
    """What an agent decides in one situation."""

    probabilities: NDArray[np.float64]
    """`[A]` of the actions."""
    trace: Trace


class DecisionSetup(NamedTuple):
    """What all decisions of one agent in one world have in common."""

    engine: Engine
    scaffold: Scaffold
    brief: TaskBrief
    examples: tuple[Example, ...] = ()
    """Worked examples for the prompt."""


def check_engine(engine: Engine, scaffold: Scaffold) -> None:
    """Check that an engine can do what a scaffold needs.

    Raises:
        BadScaffold: the scaffold needs log-probabilities or the continuation of a plain text, and the engine can't
            give it.
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


def decide(setup: DecisionSetup, situations: Sequence[Situation], draws: Sequence[int] | None = None) -> list[Decision]:
    """Decide in each situation.

    Args:
        setup: the engine, the scaffold, and what all prompts have in common.
        situations: `n` of them.
        draws: `[n]` number of each draw, where the scaffold samples; None: all 0.

    Raises:
        BadEngine: the engine fails.
    """
    if not situations:
        return []
    scaffold, first = setup.scaffold, list(draws) if draws is not None else [0] * len(situations)
    if scaffold.tabulates:
        single = _decide_once(setup, situations, first)
        won = majority_probabilities(np.stack([d.probabilities for d in single]), scaffold.vote)
        return [_with_choice(Decision(p, d.trace), setup.brief) for p, d in zip(won, single, strict=True)]
    rounds = [_decide_once(setup, situations, [d * scaffold.vote + i for d in first]) for i in range(scaffold.vote)]
    uniforms = [np.random.default_rng(d).random(scaffold.vote) for d in first]
    votes = zip(zip(*rounds, strict=True), uniforms, strict=True)
    return [_count_votes(setup.brief, ballots, numbers) for ballots, numbers in votes]


def _count_votes(brief: TaskBrief, ballots: Sequence[Decision], uniforms: NDArray[np.float64]) -> Decision:
    """The majority of sampled decisions. Each vote is one action drawn from its decision; a single decision is returned
    as it is."""
    trace = tuple(line for ballot in ballots for line in ballot.trace)
    if len(ballots) == 1:
        return _with_choice(Decision(ballots[0].probabilities, trace), brief)
    edges = np.cumsum([b.probabilities for b in ballots], axis=1)[:, :-1]
    won = most_frequent((uniforms[:, None] >= edges).sum(axis=1), len(brief.phrases))
    return _with_choice(Decision(won, trace), brief)


def _with_choice(decision: Decision, brief: TaskBrief) -> Decision:
    return decision._replace(trace=(*decision.trace, Line("chosen", probabilities_text(decision.probabilities, brief))))


def probabilities_text(probabilities: NDArray[np.float64], brief: TaskBrief) -> str:
    """Probabilities in words, the most likely action first; a certain action stands without a number."""
    order = [i for i in np.argsort(-probabilities, kind="stable") if probabilities[i] >= 0.005]
    if len(order) == 1:
        return brief.phrases[order[0]]
    return ", ".join(f"{brief.phrases[i]} {probabilities[i]:.0%}" for i in order)


def _decide_once(setup: DecisionSetup, situations: Sequence[Situation], draws: Sequence[int]) -> list[Decision]:
    """One sample of each decision."""
    thoughts = _think(setup, situations, draws)
    prompts = _act_prompts(setup, situations, thoughts)
    prompt_lines = [
        (Line("told", prompt.render()), *([Line("thought", thought)] if setup.scaffold.think else []))
        for prompt, thought in zip(prompts, thoughts, strict=True)
    ]
    by_reply = setup.scaffold.decide == "text"
    decisions = _decide_by_reply(setup, prompts, draws) if by_reply else _decide_by_score(setup, prompts)
    return [Decision(d.probabilities, (*lines, *d.trace)) for lines, d in zip(prompt_lines, decisions, strict=True)]


def _think(setup: DecisionSetup, situations: Sequence[Situation], draws: Sequence[int]) -> list[str]:
    scaffold = setup.scaffold
    if not scaffold.think:
        return [""] * len(situations)
    prompts = [think_prompt(scaffold, setup.brief, situation, setup.examples) for situation in situations]
    replies = setup.engine.complete(prompts, Decoding(scaffold.think, scaffold.sample), draws)
    return [reply.text.strip() for reply in replies]


def _act_prompts(setup: DecisionSetup, situations: Sequence[Situation], thoughts: Sequence[str]) -> list[Prompt]:
    return [
        act_prompt(setup.scaffold, setup.brief, situation, setup.examples, thought, setup.engine.continues)
        for situation, thought in zip(situations, thoughts, strict=True)
    ]


def _decide_by_reply(setup: DecisionSetup, prompts: Sequence[Prompt], draws: Sequence[int]) -> list[Decision]:
    """Free replies, parsed. A reply that can't be parsed counts as the default action, and its trace says so."""
    phrases, decided = setup.brief.phrases, []
    for reply in setup.engine.complete(prompts, Decoding(REPLY_TOKENS, setup.scaffold.sample), draws):
        parsed_reply = parse_reply(reply.text, phrases)
        if parsed_reply.option is None:
            probabilities, meant = default_action(setup.brief)
            parsed = f"{UNPARSED}: {parsed_reply.why}; {meant}"
        else:
            probabilities = np.eye(len(phrases))[parsed_reply.option]
            parsed = f"{phrases[parsed_reply.option]} ({parsed_reply.why})"
        decided.append(Decision(probabilities, (Line("said", reply.text), Line("parsed", parsed))))
    return decided


def default_action(brief: TaskBrief) -> tuple[NDArray[np.float64], str]:
    """Probabilities `[A]` and text of the action for a reply that can't be parsed: do nothing, or else any action."""
    n = len(brief.phrases)
    if brief.idle is None:
        return np.full(n, 1 / n), "any action, by lot"
    return np.eye(n)[brief.idle], brief.phrases[brief.idle]


def _decide_by_score(setup: DecisionSetup, prompts: Sequence[Prompt]) -> list[Decision]:
    """Options scored by their log-probabilities, calibrated if the scaffold says so."""
    engine, scaffold, brief = setup.engine, setup.scaffold, setup.brief
    options = _option_texts(setup)
    all_prompts = list(prompts)
    if scaffold.calibrated:
        all_prompts += _act_prompts(setup, [Situation(NO_DESCRIPTION)], [NO_DESCRIPTION if scaffold.think else ""])
    scores = engine.choose(all_prompts, [options] * len(all_prompts))
    baseline = scores.pop() if scaffold.calibrated else np.zeros(len(options))
    decided = []
    for score in scores:
        listed = ", ".join(f"{phrase} {s:.2f}" for phrase, s in zip(brief.phrases, score - baseline, strict=True))
        what = "calibrated log-probabilities" if scaffold.calibrated else "log-probabilities"
        chances = greedy(score - baseline, temperature=scaffold.sample).astype(np.float64)
        decided.append(Decision(chances, (Line("parsed", f"{what}: {listed}"),)))
    return decided


def _option_texts(setup: DecisionSetup) -> list[str]:
    """The options as the engine scores them: with a leading space where they continue a text, else as whole replies."""
    continues = setup.engine.continues
    return [f" {answer}" if continues else answer for answer in answer_texts(setup.scaffold, setup.brief)]
