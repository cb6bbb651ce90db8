"""Conjunctions: conditions widened round by round, and kept only where they clearly beat their parts.

Each of the best conditions is joined with every simple condition that anybody crosses, since a part of a conjunction
need not be steered into by itself: who goes to a corner may cross neither of its sides against the odds.

Theory: A2.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np
from numpy.typing import NDArray

from teloscope.goals.proposing.candidates import Condition, both, merged
from teloscope.goals.proposing.steering_bits import Steering, steering
from teloscope.goals.state_abstraction import Transitions

BEAM = 16
"""Conditions that are widened in each round."""
SEARCH = 4_000_000
"""Bound on conditions x abstract states looked at in a round."""
LONGEST = 3
"""Conditions in a conjunction, at most."""
GAIN_SHARE, GAIN_BITS = 0.3, 8.0
"""What a conjunction must add over its best part, relatively and absolutely: the price of searching among many."""
Ranked = tuple[Condition, float]
"""A condition and its steering bits."""


def with_conjunctions(
    simple: Sequence[Condition], moves: Transitions, seen: NDArray[np.bool_]
) -> tuple[list[Condition], Steering]:
    """The simple conditions and the conjunctions worth keeping, with their steering.

    Args:
        simple: distinct simple conditions, at least one.
        moves: what steering is judged by.
        seen: `[K]` abstract states visited by anybody.
    """
    conditions, bits = list(simple), steering(moves, np.stack([c.held for c in simple]))
    crossed = [int(i) for i in np.argsort(-bits.bits, kind="stable") if bits.into[i] or bits.holds[i]]
    most = max(BEAM, SEARCH // max(len(moves.visited) * BEAM, 1))
    parts: list[Ranked] = [(conditions[i], float(bits.bits[i])) for i in crossed[:most]]
    front = parts[:BEAM]
    for _ in range(LONGEST - 1):
        needed = _joined(front, parts)
        known = {_key(c, seen) for c in conditions}
        fresh = [c for c in merged([c for c, _ in needed.values()], seen) if _key(c, seen) not in known]
        if not fresh:
            break
        scored = steering(moves, np.stack([c.held for c in fresh]))
        better = [i for i, c in enumerate(fresh) if scored.bits[i] > needed[c.name][1]]
        better = sorted(better, key=lambda i: -scored.bits[i])[:BEAM]
        front = [(fresh[i], float(scored.bits[i])) for i in better]
        conditions += [c for c, _ in front]
        bits = Steering(np.append(bits.into, scored.into[better]), np.append(bits.holds, scored.holds[better]))
    return conditions, bits


def _joined(front: Sequence[Ranked], parts: Sequence[Ranked]) -> dict[str, Ranked]:
    """Conjunctions of conditions on different features: name -> (conjunction, bits it must exceed)."""
    out: dict[str, Ranked] = {}
    for (one, mine), (two, theirs) in product(front, parts):
        if not one.signals & two.signals:
            joined = both(one, two)
            out[joined.name] = (joined, max(mine, theirs) * (1 + GAIN_SHARE) + GAIN_BITS)
    return out


def _key(condition: Condition, seen: NDArray[np.bool_]) -> bytes:
    return np.packbits(condition.held[seen]).tobytes()
