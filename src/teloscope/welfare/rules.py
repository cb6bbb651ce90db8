"""Named rules that pick an option, each with what it takes for granted.

Every rule adds an assumption about scales or zeros that behaviour does not show. So none of them is the answer; side by
side they show what the answer hangs on.

Theory: E0. Source: the rules' own papers, named beside each; ranks by SciPy.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from teloscope.welfare.tables.utilities import Floats, Utilities

Rows = NDArray[np.intp]
Refusal = str
DIGITS = 1e-12
"""Scores that are closer than this share of their spread are tied."""
SEARCHED = 2e9
"""Cells that the search for possible winners may look at."""


@dataclass(frozen=True)
class Rule:
    """A rule, and what stands beside its answer."""

    key: str
    name: str
    assumes: str
    """What it takes for granted, in words that need no economics."""
    source: str
    score: Callable[[Utilities, Floats, Rows], Floats | Refusal]
    """Table, `[B]` numbers of beings, `[F]` options that are judged -> `[F]` scores, or why there are none."""
    respects_pareto: bool = True
    """Whether no option can win that another dominates."""
    monotone: bool = True
    """Whether what an option gains, or another loses, can only help it; else the possible winners are a search's."""


class Answer(NamedTuple):
    """What a rule picks."""

    winners: tuple[int, ...]
    refused: Refusal | None
    scores: Floats | None
    """`[F]` of the options that were judged."""


@dataclass(frozen=True)
class RuleResult:
    """What a rule picks, in all the ways that are told."""

    totals: Answer
    averages: Answer
    possible: tuple[int, ...] | None
    shares: Floats | None


def answers(utilities: Utilities, counts: Floats, front: Rows) -> dict[str, Answer]:
    """What each rule picks.

    Args:
        utilities: the table as it was given.
        counts: `[B]` numbers of beings, or ones.
        front: undominated options, in the order of the table; a rule that respects Pareto picks among these.
    """
    return {rule.key: answer(rule, utilities, counts, front) for rule in RULES}


def answer(rule: Rule, utilities: Utilities, counts: Floats, front: Rows) -> Answer:
    """What one rule picks."""
    judged = front if rule.respects_pareto else np.arange(len(utilities.options))
    scores = rule.score(utilities, counts, judged)
    if isinstance(scores, str):
        return Answer((), scores, None)
    slack = DIGITS * max(float(np.ptp(scores)), float(np.abs(scores).max()))
    return Answer(tuple(int(o) for o in judged[scores >= scores.max() - slack]), None, scores)


def possible_winners(rule: Rule, utilities: Utilities, counts: Floats, front: Rows) -> tuple[int, ...] | None:
    """Options that some values of the uncertain cells let win: each with the best for itself and the worst for others.

    Of rules that are not monotone, others at their best are looked at too, and that is a search and no proof.

    None where the table is too large to look.
    """
    if len(front) * utilities.value.size > SEARCHED:
        return None
    found: set[int] = set()
    ends = (utilities.low,) if rule.monotone else (utilities.low, utilities.high)
    tables = [(utilities.value, None), *((end, int(x)) for x in front for end in ends)]
    for others, x in tables:
        value = others.copy()
        if x is not None:
            value[x] = utilities.high[x]
        found |= set(answer(rule, replace(utilities, value=value, low=value, high=value), counts, front).winners)
    return tuple(sorted(found))


def draw_shares(rule: Rule, utilities: Utilities, counts: Floats) -> Floats | None:
    """`[O]` share of the draws in which an option is picked, ties divided; None without draws or where it is
    refused."""
    if utilities.draws is None:
        return None
    told = np.zeros(len(utilities.options))
    everything = np.arange(len(told))
    for draw in utilities.draws:
        picked = answer(rule, replace(utilities, value=draw, low=draw, high=draw), counts, everything)
        if picked.refused:
            return None
        told[list(picked.winners)] += 1 / len(picked.winners)
    return told / len(utilities.draws)


def _needs_numbers(utilities: Utilities) -> Refusal | None:
    if utilities.ordinal.any():
        name = utilities.beings[int(utilities.ordinal.argmax())]
        return f"only the order is known of {name}, and this rule needs to know how far apart its values are"
    return None


def _needs_zeros(utilities: Utilities) -> Refusal | None:
    if np.isnan(utilities.zeros).any():
        name = utilities.beings[int(np.isnan(utilities.zeros).argmax())]
        return f"no zero was declared for {name} (--zeros says where life is neither good nor bad)"
    return None


def _sum(utilities: Utilities, counts: Floats, judged: Rows) -> Floats | Refusal:
    if reason := _needs_numbers(utilities):
        return reason
    return (utilities.value[judged] - utilities.value.min(axis=0)) @ (counts / counts.max())


def _leximin(utilities: Utilities, counts: Floats, judged: Rows) -> Floats | Refusal:
    if reason := _needs_numbers(utilities):
        return reason
    values = utilities.value[judged]
    spread = float(np.ptp(values)) or 1.0
    values = np.round((values - values.min()) / spread, 12)
    keys = []
    for row in values:
        levels, at = np.unique(row, return_inverse=True)
        numbers = np.bincount(at, weights=counts)
        keys.append(tuple(part for pair in zip(levels, -numbers, strict=True) for part in pair))
    order = {key: place for place, key in enumerate(sorted(set(keys)))}
    return np.array([float(order[key]) for key in keys])


def _nash(utilities: Utilities, counts: Floats, judged: Rows) -> Floats | Refusal:
    if reason := _needs_numbers(utilities) or _needs_zeros(utilities):
        return reason
    gains = utilities.value - utilities.zeros
    if (bad := np.argwhere(gains <= 0)).size:
        o, b = bad[0]
        return (
            f"{utilities.options[o]} leaves {utilities.beings[b]} {'at' if gains[o, b] == 0 else 'below'} its zero "
            f"({gains[o, b]:+g}), and a product of gains means nothing where one is not positive"
        )
    return np.log(gains[judged]) @ (counts / counts.max())


def _ranges(utilities: Utilities, counts: Floats, judged: Rows) -> Floats | Refusal:
    if reason := _needs_numbers(utilities):
        return reason
    return _divided(utilities, np.ptp(utilities.value, axis=0), counts, judged)


def _variances(utilities: Utilities, counts: Floats, judged: Rows) -> Floats | Refusal:
    if reason := _needs_numbers(utilities):
        return reason
    span = np.ptp(utilities.value, axis=0)
    unit = np.where(span > 0, span, 1.0)
    return _divided(
        utilities, ((utilities.value - utilities.value.min(axis=0)) / unit).std(axis=0) * unit, counts, judged
    )


def _divided(utilities: Utilities, units: Floats, counts: Floats, judged: Rows) -> Floats:
    """Sums of each being's values over its unit; who has none has no say."""
    spans = np.ptp(utilities.value, axis=0)
    shares = (utilities.value[judged] - utilities.value.min(axis=0)) / np.where(spans > 0, units, 1.0)
    return shares @ (np.where(spans > 0, counts, 0.0) / counts.max())


def _ranks(utilities: Utilities, counts: Floats, judged: Rows) -> Floats | Refusal:
    levels = rankdata(utilities.value, method="dense", axis=0) - 1.0
    most = np.maximum(levels.max(axis=0), 1.0)
    return (levels / most)[judged] @ (counts / counts.max())


def _borda(utilities: Utilities, counts: Floats, judged: Rows) -> Floats | Refusal:
    return (rankdata(utilities.value, method="average", axis=0) - 1.0)[judged] @ (counts / counts.max())


def _approval(utilities: Utilities, counts: Floats, judged: Rows) -> Floats | Refusal:
    if reason := _needs_zeros(utilities):
        return reason
    return (utilities.value[judged] > utilities.zeros) @ (counts / counts.max())


RULES: tuple[Rule, ...] = (
    Rule(
        "sum",
        "Sum of differences",
        "One unit means equally much to everyone, so gains and losses can be added. Zeros do not matter.",
        "Bentham 1789; Harsanyi 1955",
        _sum,
    ),
    Rule(
        "leximin",
        "Leximin",
        "The numbers say how well off each being is, on one scale for all. The worst off counts first, then the next.",
        "Rawls 1971; Sen 1970",
        _leximin,
    ),
    Rule(
        "nash",
        "Nash product",
        "Each zero is known, and everyone is above it. Gains are multiplied, so no common unit is needed.",
        "Nash 1950; Kaneko and Nakamura 1979",
        _nash,
    ),
    Rule(
        "range",
        "Range normalisation",
        "For everyone the best and the worst of these options are equally far apart. That is equal say, not equal "
        "strength of feeling.",
        "Isbell 1959; Dhillon and Mertens 1999",
        _ranges,
        monotone=False,
    ),
    Rule(
        "variance",
        "Variance normalisation",
        "For everyone these options spread equally (the same variance). That is equal say too, less swayed by one "
        "extreme option.",
        "Cotton-Barratt, MacAskill and Ord 2020",
        _variances,
        monotone=False,
    ),
    Rule(
        "rank",
        "Rank normalisation",
        "Only each being's order counts, and the steps between its levels are equally large, from its worst to its "
        "best.",
        "Sen 1970",
        _ranks,
        monotone=False,
    ),
    Rule(
        "borda",
        "Borda",
        "Only each being's order counts: an option gets a point for every other that it is better than, half for "
        "equals.",
        "Borda 1781",
        _borda,
        monotone=False,
    ),
    Rule(
        "approval",
        "Approval at zero",
        "Each zero is known. What counts is how many are above theirs, not by how much.",
        "Brams and Fishburn 1978",
        _approval,
        respects_pareto=False,
    ),
)
