"""Search: which conditions does the agent's wanting them predict its choices best?

1. every simple condition
2. intervals of the features that came out best, narrowed and widened step by step
3. conjunctions of the best on different features, kept only where they clearly beat their parts

Theory: A2.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from teloscope.goals.proposing.candidates import Condition, both, directions, intervals, merged, parts_in, plainness
from teloscope.goals.proposing.wanting import wanting
from teloscope.goals.state_abstraction import AbstractStates
from teloscope.goals.world_model import WorldModel

WIDENED = 6
"""Features whose intervals are looked at."""
JOINED = 20
"""Conditions that are joined two by two."""
THIRD = 6
"""Conjunctions that are joined with a third condition."""
GAIN_SHARE, GAIN_BITS = 0.1, 8.0
"""What a conjunction must add over its best part, relatively and absolutely: the price of searching among many."""
NEAR_TIE = 0.03
"""Conditions whose gains differ by less than this share are near-ties: the plainer one goes first."""


class Wanted(NamedTuple):
    """Conditions and how well wanting them predicts the agent's choices."""

    conditions: list[Condition]
    bits: NDArray[np.float64]
    """`[C]`"""
    keen: NDArray[np.float32]
    """`[C, U]` bits of each distinct choice, of an actor that seldom acts by habit."""

    def joined(self, other: Wanted) -> Wanted:
        return Wanted(
            self.conditions + other.conditions,
            np.concatenate([self.bits, other.bits]),
            np.concatenate([self.keen, other.keen]),
        )

    def ranked(self) -> list[int]:
        """Best first; among near-ties the plainer."""
        left = sorted(range(len(self.conditions)), key=lambda i: -self.bits[i])
        out: list[int] = []
        while left:
            least = self.bits[left[0]] - NEAR_TIE * abs(self.bits[left[0]])
            tied = [i for i in left[:TIED] if self.bits[i] >= least]
            first = min(tied, key=lambda i: (parts_in(self.conditions[i].name), plainness(self.conditions[i].name)))
            out.append(first)
            left.remove(first)
        return out


TIED = 12
"""Near-ties looked at together."""


def search(
    model: WorldModel, abstract: AbstractStates, simple: Sequence[Condition], seen: NDArray[np.bool_], horizon: int
) -> Wanted:
    """Simple conditions, intervals and conjunctions with their gains.

    Args:
        model: the world as recorded, and the agent's choices.
        abstract: the recording in abstract states.
        simple: distinct simple conditions.
        seen: `[K]` abstract states visited by anybody.
        horizon: steps in an episode.
    """

    def wanted(conditions: Sequence[Condition]) -> Wanted:
        rewards = np.zeros((len(conditions), model.size), np.float32)
        for i, condition in enumerate(conditions):
            rewards[i] = reward_of(condition)[model.abstract]
        found = wanting(model, rewards, horizon)
        return Wanted(list(conditions), found.bits, found.keen)

    def fresh(conditions: Sequence[Condition], known: Wanted) -> list[Condition]:
        keys = {_key(c, seen) for c in known.conditions if not c.form}
        return [c for c in merged(list(conditions), seen) if _key(c, seen) not in keys]

    whole = wanted(simple)
    features = _best_features(whole)
    whole = whole.joined(wanted(fresh(intervals(abstract.frame, seen, features, abstract.cut), whole)))
    whole = whole.joined(wanted(directions(abstract.frame, seen)))
    pairs = _conjunctions(whole, _order(whole, formless=True)[:JOINED])
    whole = _with_better(whole, wanted(fresh([c for c, _ in pairs], whole)), pairs)
    best = [i for i in _order(whole) if len(whole.conditions[i].parts) == 2][:THIRD]
    if best:
        simple_ones = [i for i in _order(whole) if not whole.conditions[i].parts and not whole.conditions[i].form][
            :JOINED
        ]
        triples = _conjunctions(whole, best, simple_ones)
        whole = _with_better(whole, wanted(fresh([c for c, _ in triples], whole)), triples)
    return whole


def reward_of(condition: Condition) -> NDArray[np.float32]:
    """`[K]` 1 where a condition holds; for a number to be raised or lowered, where it stands in its range."""
    if condition.values is None:
        return condition.held.astype(np.float32)
    low, high = condition.values.min(), condition.values.max()
    raised = (condition.values - low) / max(high - low, 1e-12)
    return (raised if condition.form == "raise" else 1 - raised).astype(np.float32)


def _order(wanted: Wanted, formless: bool = False) -> list[int]:
    """Conditions by their gains; `formless`: those of plain modes only."""
    order = np.argsort(-wanted.bits, kind="stable").tolist()
    return [i for i in order if not (formless and wanted.conditions[i].form)]


def _best_features(wanted: Wanted) -> frozenset[str]:
    """The features whose best condition predicts most."""
    out: list[str] = []
    for i in _order(wanted):
        for signal in sorted(wanted.conditions[i].signals):
            if signal not in out:
                out.append(signal)
    return frozenset(out[:WIDENED])


def _conjunctions(
    wanted: Wanted, ones: Sequence[int], others: Sequence[int] | None = None
) -> list[tuple[Condition, float]]:
    """Conjunctions of conditions on different features, and the bits that each must exceed."""
    pairs = combinations(ones, 2) if others is None else ((i, j) for i in ones for j in others)
    out = []
    for i, j in pairs:
        one, two = wanted.conditions[i], wanted.conditions[j]
        if not one.signals & two.signals:
            needed = max(wanted.bits[i], wanted.bits[j])
            out.append((both(one, two), needed + max(GAIN_SHARE * abs(needed), GAIN_BITS)))
    return out


def _with_better(whole: Wanted, found: Wanted, needed: Sequence[tuple[Condition, float]]) -> Wanted:
    """With those that beat their parts."""
    least = {condition.name: bits for condition, bits in needed}
    rows = [i for i, c in enumerate(found.conditions) if found.bits[i] > least.get(c.name, np.inf)]
    return whole.joined(Wanted([found.conditions[i] for i in rows], found.bits[rows], found.keen[rows]))


def _key(condition: Condition, seen: NDArray[np.bool_]) -> bytes:
    return np.packbits(condition.held[seen]).tobytes()
