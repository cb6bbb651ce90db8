"""Search: which conditions does the agent's wanting them predict its choices best?

1. every simple condition
2. ranges of the features that came out best
3. conjunctions of the best on different features, kept only where they clearly beat their parts
4. the best of them with their bounds moved step by step, as long as that helps

Axis letters: `C` conditions, `U` distinct choices, `K` abstract states.

Theory: A2.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import combinations
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from teloscope.goals.proposing.candidates import Condition, both, directions, merged, parts_in, plainness
from teloscope.goals.proposing.ranges import Ranges
from teloscope.goals.proposing.wanting import CHUNK, best_gains, gains_at, odds_of
from teloscope.goals.world_model import WorldModel

WIDENED = 6
"""Features whose ranges are looked at."""
JOINED = 20
"""Conditions that are joined two by two."""
THIRD = 6
"""Conjunctions that are joined with a third condition."""
GAIN_SHARE, GAIN_BITS = 0.1, 8.0
"""What a conjunction must add over its best part, relatively and absolutely: the price of searching among many."""
NEAR_TIE, TIED = 0.03, 12
"""Conditions whose gains differ by less than this share are near-ties: the plainer one goes first; and how many are
looked at together."""
TREND = 0.8
"""Factor of the gain of raising or lowering a number: it says less of where the agent wants to be than a condition."""
MOVED, MOVES = 8, 6
"""Conditions whose bounds are moved, and how often."""
KEEN = 0.3
"""The eps at which gains are compared choice by choice."""


class Wanted:
    """Conditions and how well wanting them predicts the agent's choices."""

    def __init__(self, conditions: Sequence[Condition], bits: NDArray[np.float64], keen: NDArray[np.float32]) -> None:
        self.conditions, self.bits, self.keen = list(conditions), bits, keen
        """`C` conditions; `[C]` their gains over habit; `[C, U]` of each distinct choice at eps = `KEEN`."""

    def order(self, formless: bool = False) -> list[int]:
        """Best first; `formless`: those of plain modes only."""
        order = np.argsort(-self.bits, kind="stable").tolist()
        return [i for i in order if not (formless and self.conditions[i].form)]

    def ranked(self) -> list[int]:
        """Best first; among near-ties the plainer."""
        left, out = self.order(), []
        while left:
            least = self.bits[left[0]] - NEAR_TIE * abs(self.bits[left[0]])
            tied = [i for i in left[:TIED] if self.bits[i] >= least]
            first = min(tied, key=lambda i: (parts_in(self.conditions[i].name), plainness(self.conditions[i].name)))
            out.append(first)
            left.remove(first)
        return out


class _Known(NamedTuple):
    """What was worked out of one condition."""

    bits: float
    """Gain over habit at the best eps."""
    odds: NDArray[np.float32]
    """`[U]` as `wanting.odds_of` says."""
    keen: NDArray[np.float32]
    """`[U]` gain of each distinct choice at eps = `KEEN`."""


class Search:
    """Searches conditions, for all of the agent's choices or for some; what was worked out once is kept."""

    def __init__(
        self,
        model: WorldModel,
        frame: pl.DataFrame,
        cut: bool,
        simple: Sequence[Condition],
        seen: NDArray[np.bool_],
        horizon: int,
    ) -> None:
        """Args:
        model: the world as recorded, and the agent's choices.
        frame: `[K]` the features that conditions are about, of each abstract state.
        cut: whether features were cut into cells.
        simple: distinct simple conditions.
        seen: `[K]` abstract states visited by anybody.
        horizon: steps in an episode.
        """
        self.model, self.simple, self.seen, self.horizon = model, list(simple), seen, horizon
        self.ranges = Ranges(frame, seen, cut)
        self.directions = directions(frame, seen)
        self._known: dict[tuple[str, bytes], _Known] = {}
        self._keys: dict[tuple[str, str], tuple[str, bytes]] = {}

    def odds(self, conditions: Sequence[Condition]) -> NDArray[np.float32]:
        """`[C, U]` as `wanting.odds_of` says."""
        self.wanted(conditions)
        return np.stack([self._known[self._key(c)].odds for c in conditions])

    def wanted(self, conditions: Sequence[Condition], count: NDArray[np.float64] | None = None) -> Wanted:
        """These conditions with their gains.

        Args:
            conditions: `C` of them.
            count: `[U]` how often each of the agent's choices counts, at eps = `KEEN`; None: as often as it was made,
                at the best eps.
        """
        keys = [self._key(c) for c in conditions]
        new = list({key: c for key, c in zip(keys, conditions, strict=True) if key not in self._known}.items())
        for at in range(0, len(new), CHUNK):
            some = new[at : at + CHUNK]
            rewards = np.stack([reward_of(c)[self.model.abstract] for _, c in some])
            odds = odds_of(self.model, rewards, self.horizon)
            bits, keen = best_gains(odds, self.model.choices.count)[0], gains_at(KEEN, odds)
            rows = zip(some, bits, odds, keen, strict=True)
            self._known |= {key: _Known(float(b), o, k) for (key, _), b, o, k in rows}
        found = [self._known[key] for key in keys]
        keen = np.stack([f.keen for f in found]) if found else np.zeros((0, len(self.model.choices.action)), np.float32)
        bits = np.array([f.bits for f in found]) if count is None else (keen @ count.astype(np.float32)).astype(float)
        return Wanted(conditions, bits * np.array([TREND if c.values is not None else 1.0 for c in conditions]), keen)

    def _key(self, condition: Condition) -> tuple[str, bytes]:
        """The same for conditions that hold in the same of the states that were seen."""
        named = (condition.form, condition.name)
        if named not in self._keys:
            form = f"{condition.form} {condition.name}" if condition.values is not None else ""
            self._keys[named] = form, np.packbits(condition.held[self.seen]).tobytes()
        return self._keys[named]

    def __call__(self, count: NDArray[np.float64] | None = None) -> Wanted:
        """Simple conditions, ranges and conjunctions with their gains.

        Args:
            count: `[U]` how often each of the agent's choices counts; None: as often as it was made.
        """
        whole = self.wanted(self.simple, count)
        whole = self._with(whole, [*self._first_ranges(_best_features(whole)), *self.directions], count)
        whole = self._with_better(whole, _conjunctions(whole, whole.order(formless=True)[:JOINED]), count)
        best = [i for i in whole.order() if len(whole.conditions[i].parts) == 2][:THIRD]
        if best:
            ones = [i for i in whole.order(formless=True) if not whole.conditions[i].parts][:JOINED]
            whole = self._with_better(whole, _conjunctions(whole, best, ones), count)
        return self._moved(whole, count)

    @lru_cache(maxsize=32)  # noqa: B019 - a search lives as long as one recording is looked at
    def _first_ranges(self, features: frozenset[str]) -> list[Condition]:
        return self.ranges.first_look(features)

    def _with(self, whole: Wanted, conditions: Sequence[Condition], count: NDArray[np.float64] | None) -> Wanted:
        """With these conditions, unless they are known."""
        known = {self._key(c) for c in whole.conditions}
        fresh = self.wanted([c for c in conditions if self._key(c) not in known], count)
        if not fresh.conditions:
            return whole
        bits, keen = np.concatenate([whole.bits, fresh.bits]), np.concatenate([whole.keen, fresh.keen])
        return Wanted([*whole.conditions, *fresh.conditions], bits, keen)

    def _with_better(
        self, whole: Wanted, needed: Sequence[tuple[Condition, float]], count: NDArray[np.float64] | None
    ) -> Wanted:
        """With those conjunctions that beat their parts; `needed`: each with the bits that it must exceed."""
        least = {condition.name: bits for condition, bits in needed}
        found = self.wanted(merged([c for c, _ in needed], self.seen), count)
        better = [c for c, bits in zip(found.conditions, found.bits, strict=True) if bits > least.get(c.name, np.inf)]
        return self._with(whole, better, count)

    def _moved(self, whole: Wanted, count: NDArray[np.float64] | None) -> Wanted:
        """With the best conditions' bounds moved step by step, as long as that helps."""
        tops: dict[frozenset[str], tuple[Condition, float]] = {}
        for i in whole.order(formless=True):
            tops.setdefault(whole.conditions[i].signals, (whole.conditions[i], float(whole.bits[i])))
            if len(tops) == MOVED:
                break
        moving = set(tops)
        for _ in range(MOVES):
            near = {signals: merged(self.ranges.neighbours(tops[signals][0]), self.seen) for signals in moving}
            tried = self.wanted([c for some in near.values() for c in some], count)
            gained = {self._key(c): float(bits) for c, bits in zip(tried.conditions, tried.bits, strict=True)}
            for signals, some in near.items():
                best = max(some, key=lambda c: gained[self._key(c)], default=None)
                if best is not None and gained[self._key(best)] > tops[signals][1]:
                    tops[signals] = best, gained[self._key(best)]
                else:
                    moving.discard(signals)
        return self._with(whole, [condition for condition, _ in tops.values()], count)


def reward_of(condition: Condition) -> NDArray[np.float32]:
    """`[K]` 1 where a condition holds; for a number to be raised or lowered, where it stands in its range."""
    if condition.values is None:
        return condition.held.astype(np.float32)
    low, high = condition.values.min(), condition.values.max()
    raised = (condition.values - low) / max(high - low, 1e-12)
    return (raised if condition.form == "raise" else 1 - raised).astype(np.float32)


def _best_features(wanted: Wanted) -> frozenset[str]:
    """The features whose best condition predicts most."""
    out: list[str] = []
    for i in wanted.order():
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
