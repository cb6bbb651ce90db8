"""Settled: goals of continuous worlds, said as the ranges that the agent settles in or gets as far as.

Wanting one thing exactly often predicts choices best (a pole angle within .01) though the agent keeps something wider.
So the conditions that are named are those that the agent consistently gets into (`goals.settling`), one number or two.
They are ranked by both kinds of evidence at once, how well wanting them predicts choices and how much more often than
references the agent is in them; a pair is said as one of its parts where wanting that predicts as much.

Theory: A2.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np

from teloscope.goals.proposing.candidates import Condition, conjunction, merged
from teloscope.goals.proposing.proposal_split import ProposalSplit
from teloscope.goals.proposing.ranges import Number
from teloscope.goals.proposing.search import Search
from teloscope.goals.settling import Settling
from teloscope.regimes.language import column

PAIRED = 14
"""Conditions that are joined two by two."""
SOME_EVIDENCE = 0.05
"""Bits that are added to those of whole episodes, so that choices rank where episodes say nothing."""
AS_MUCH = 0.9
"""Share of a pair's gain from which on one of its parts says it; share of the evidence that room may not cost."""


class Settled(NamedTuple):
    """A condition that the agent settles in."""

    condition: Condition
    bits: float
    """Gain of wanting it over habit."""
    score: float


def settled(search: Search, split: ProposalSplit) -> list[Settled]:
    """Conditions that the agent settles in, best first; none that wanting does not predict choices at all."""
    single = _scored(search, split, merged(_conditions(search, split), split.seen))
    best = sorted(single, key=lambda s: -s.score)[:PAIRED]
    pairs = [
        conjunction([one.condition, two.condition])
        for one, two in combinations(best, 2)
        if not one.condition.signals & two.condition.signals
    ]
    known = {s.condition.name: s for s in single}
    ranked = sorted([*single, *_scored(search, split, merged(pairs, split.seen))], key=lambda s: -s.score)
    return list({s.condition.name: s for s in (_said_simply(s, known) for s in ranked) if s.bits > 0}.values())


def _said_simply(one: Settled, known: dict[str, Settled]) -> Settled:
    """One part of a pair, where wanting it predicts as much."""
    parts = [known[part.name] for part in one.condition.parts if part.name in known]
    enough = [part for part in parts if part.bits >= AS_MUCH * one.bits and part.score > 0]
    return max(enough, key=lambda part: part.bits, default=one)


def _conditions(search: Search, split: ProposalSplit) -> list[Condition]:
    """Where every number settles, how high and how low it gets, and of numbers of either sign how large they stay."""
    found = []
    for name, told in split.abstract.settlings.items():
        number = search.ranges.numbers.get(column(name))
        if number is None:
            continue
        last = len(number.distinct) - 1
        found += _roomiest(search, split, number, told)
        found += [
            search.ranges.condition(number, low, high)
            for low, high in ((_first_from(number, told.highest), last), (0, _last_below(number, told.lowest)))
            if low <= high
        ]
        if told.size is not None:
            found.append(search.ranges.sizes(number, told.size)[1])
    return found


def _roomiest(search: Search, split: ProposalSplit, number: Number, told: Settling) -> list[Condition]:
    """Where a number settles: with some room, unless that tells the agent from references less well."""
    pairs = [(_first_from(number, low), _last_below(number, high)) for low, high in (told.roomy, (told.low, told.high))]
    found = [search.ranges.condition(number, low, high) for low, high in pairs if low <= high]
    evidence = split.evidence_in_all_modes(found)
    return found[:1] if len(found) == 2 and evidence[0] >= AS_MUCH * evidence[1] else found[-1:]


def _first_from(number: Number, bound: float) -> int:
    """The first cell that begins at a bound or beyond."""
    return int(np.searchsorted(number.distinct, bound - 1e-12 * abs(bound), side="left"))


def _last_below(number: Number, bound: float) -> int:
    """The last cell that begins below a bound."""
    return int(np.searchsorted(number.distinct, bound - 1e-12 * abs(bound), side="left")) - 1


def _scored(search: Search, split: ProposalSplit, conditions: Sequence[Condition]) -> list[Settled]:
    bits, evidence = search.wanted(conditions).bits, split.evidence_in_all_modes(conditions)
    return [
        Settled(condition, float(bit), float(bit) * (episodes + SOME_EVIDENCE))
        for condition, bit, episodes in zip(conditions, bits, evidence, strict=True)
        if bit > 0
    ]
