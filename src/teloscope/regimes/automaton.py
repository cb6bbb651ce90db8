"""Regimes as small automata: what has to be remembered of an episode, state by state, to know whether it is in one.

    memory_{t+1} = see(memory_t, what the regime reads in the state at t, t)        True or False once it is decided

The same definitions as in `modes`, one episode and one state at a time, for dynamic programming over memories.

Theory: A2, A3.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from teloscope.regimes.modes import TURNS, keep_count, kept_enough, late_window
from teloscope.regimes.regime import Regime

Memory = Hashable
"""What is remembered; `True` and `False` are verdicts and stay, `None` stands before the first state."""
Seen = tuple[Any, ...]
"""What a state comes to: the regime's `condition`, then its `other` or `given` where it has one."""
See = Callable[[Any, Seen, int], Memory]
"""(memory, seen, step) -> memory afterwards; at the horizon a verdict."""

FINE, MOST_UNITS = 10**6, 10**6
"""Parts in which a unit that numbers have in common is counted, and how many units their range may be."""


def automaton(regime: Regime, horizon: int) -> See:
    """How a regime's memory goes on; of a trend's numbers it sees those that `whole` makes."""
    steps = _Steps(horizon)
    if regime.at_start and regime.form == "mode":
        return steps.in_episodes_that_start(getattr(steps, regime.mode))
    match regime.form:
        case "cycle":
            return steps.cycle
        case "first":
            return {"reach": steps.then_reach, "end": steps.then_end, "keep": steps.then_keep}[regime.mode]
        case "until":
            return steps.until
        case "trend":
            return steps.trend(1 if regime.mode == "raise" else -1)
    return {"reach": steps.reach, "end": steps.end, "keep": steps.keep, "never": steps.never}[regime.mode]


class _Steps:
    """One step of each form. Conditions come as (about, other or given); a plain mode's `given` is left out."""

    def __init__(self, horizon: int) -> None:
        self.horizon, self.late, self.count = horizon, horizon + 1 - late_window(horizon), keep_count(horizon)

    def _open(self, memory: Memory, t: int, otherwise: bool) -> Memory:
        """What is undecided goes on, until the horizon decides."""
        return memory if t < self.horizon else otherwise

    def in_episodes_that_start(self, see: See) -> See:
        """The mode asked everywhere in episodes that start where the second condition holds; the others are met."""

        def seen_since(memory: Any, seen: Seen, t: int) -> Memory:
            return True if memory is None and not seen[1] else see(memory, seen[:1], t)

        return seen_since

    def reach(self, memory: Any, seen: Seen, t: int) -> Memory:
        """Remembers whether it was asked."""
        asked = memory == "asked" or all(seen[1:])
        return True if asked and seen[0] else self._open("asked" if asked else "waiting", t, not asked)

    def never(self, memory: Any, seen: Seen, t: int) -> Memory:
        return False if all(seen) else self._open("never", t, True)

    def end(self, memory: Any, seen: Seen, t: int) -> Memory:
        return self._open("waiting", t, bool(seen[0] or not all(seen[1:])))

    def keep(self, memory: Any, seen: Seen, t: int) -> Memory:
        """Remembers in how many late states it was asked and kept; decided when what is left can't change it."""
        asked, kept = memory or (0, 0)
        if t >= self.late and all(seen[1:]):
            asked, kept = asked + 1, kept + bool(seen[0])
        left = self.horizon - max(t, self.late - 1)
        if kept_enough(kept, asked + left):
            return True
        return (asked, kept) if kept_enough(kept + left, asked + left) else False

    def cycle(self, memory: Any, seen: Seen, t: int) -> Memory:
        """Remembers the place visited last and how many visits took turns."""
        place, turns = memory or ("", 0)
        here = "A" if seen[0] else "B"
        if seen[0] != seen[1] and here != place:
            place, turns = here, turns + 1
        return True if turns >= TURNS else self._open((place, turns), t, False)

    def then_reach(self, memory: Any, seen: Seen, t: int) -> Memory:
        since = memory == "since" or seen[1]
        return True if since and seen[0] else self._open("since" if since else "waiting", t, False)

    def then_end(self, memory: Any, seen: Seen, t: int) -> Memory:
        since = memory == "since" or seen[1]
        return self._open("since" if since else "waiting", t, bool(since and seen[0]))

    def then_keep(self, memory: Any, seen: Seen, t: int) -> Memory:
        since, kept = memory or (False, 0)
        since = bool(since or seen[1])
        kept += bool(t >= self.late and since and seen[0])
        if kept >= self.count:
            return True
        return (since, kept) if kept + self.horizon - max(t, self.late - 1) >= self.count else False

    def until(self, memory: Any, seen: Seen, t: int) -> Memory:
        if seen[0] or seen[1]:
            return bool(seen[1])
        return self._open("never", t, True)

    def trend(self, sign: int) -> See:
        """Remembers the first number, and by how much the late ones are above it together."""
        rounded = late_window(self.horizon)  # one part a late state, at most

        def see(memory: Any, seen: Seen, t: int) -> Memory:
            if memory is None and not all(seen[1:]):
                return True
            first, above = memory or (seen[0], 0)
            above += seen[0] - first if t >= self.late else 0
            return self._open((first, above), t, sign * above > rounded)

        return see


def whole(values: NDArray[np.float64]) -> NDArray[np.int64]:
    """How far the numbers are above the least, in whole parts, so that sums are exact and alike whatever their order.

    The parts are a fraction of the largest unit that the numbers have in common; else of their range.
    """
    distinct, place = np.unique(values, return_inverse=True)
    if len(distinct) < 2:
        return np.zeros(len(values), dtype=np.int64)
    gaps = (distinct - distinct[0]) / np.diff(distinct).min()
    fractions = [Fraction(float(gap)).limit_denominator(1000) for gap in gaps]
    unit = math.lcm(*(f.denominator for f in fractions))
    if np.allclose([float(f) for f in fractions], gaps, rtol=1e-9, atol=0) and unit * gaps[-1] <= MOST_UNITS:
        return np.array([int(f * unit) * FINE for f in fractions], dtype=np.int64)[place]
    return np.rint(gaps / gaps[-1] * FINE * FINE).astype(np.int64)[place]


def read_in(regime: Regime, read: Mapping[str, NDArray[Any]]) -> Sequence[NDArray[Any]]:
    """What its automaton sees, part by part, from what its expressions come to."""
    about = read[regime.condition]
    return [whole(about) if regime.numbers else about, *(read[p] for p in (regime.other, regime.trigger) if p)]
