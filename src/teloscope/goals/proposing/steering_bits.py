"""Steering bits: does the agent drive into a condition and hold in it, given where it was?

At every abstract state the agent moved on from, the references say how a like actor would have moved from there: one
step in
the strongest reference's place. Pooled over abstract states outside the condition, `n` moves, `x` of them entering
where `e` were expected:

    in  =  n KL(x/n || e/n) bits, signed by x - e        out = the same for not leaving, from inside
    steering bits = in + out          (2 in, where nobody could have left: a flag that stays, an end of the episode)

Occupancy alone confuses a goal with its surroundings (an agent on its way stands near the goal, an agent at noise .8
mostly stands beside it). Crossing a boundary against the odds, from the very states from which the crossing was open,
happens only at the boundary of what the agent steers into: beyond it, it is indifferent; before it, it is rarely there.
Steering bits rank candidates. They confirm nothing: that is the other half's job.

Theory: A2.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from teloscope.goals.state_abstraction import Transitions

CHUNK = 256
"""Conditions looked at together."""
LEAST = 1e-3
"""Chance of crossing below which an abstract state does not border the condition."""


class Steering(NamedTuple):
    """Evidence in bits, one number a condition."""

    into: NDArray[np.float64]
    holds: NDArray[np.float64]
    """For conditions that nobody could have left, the same as `into`: there was nothing to hold against."""

    @property
    def bits(self) -> NDArray[np.float64]:
        return self.into + self.holds


def steering(moves: Transitions, conditions: NDArray[np.bool_]) -> Steering:
    """Steering bits of many conditions.

    Args:
        moves: transitions of the agent and the references.
        conditions: `[C, K]` in which abstract states each condition holds.
    """
    parts = [_steering(moves, conditions[i : i + CHUNK]) for i in range(0, len(conditions), CHUNK)]
    if not parts:
        return Steering(np.zeros(0), np.zeros(0))
    return Steering(np.concatenate([p.into for p in parts]), np.concatenate([p.holds for p in parts]))


def _steering(moves: Transitions, conditions: NDArray[np.bool_]) -> Steering:
    at = moves.visited
    held = np.ascontiguousarray(conditions.T, dtype=np.float64)  # a product with columns copies them every time
    inside = held[at]
    counts = moves.agent[at]
    n, entered = np.asarray(counts.sum(axis=1)).reshape(-1, 1), np.asarray(counts @ held)
    strongest = np.max([np.asarray(chances[at] @ held) for chances in moves.unlooking], axis=0)
    into = _signed_bits(n, entered, strongest, (inside == 0) & (strongest > LEAST))
    leavable = (inside == 1) & (strongest < 1 - LEAST)
    holds = np.where(leavable.any(axis=0), _signed_bits(n, entered, strongest, leavable), np.maximum(into, 0))
    return Steering(into, holds)


def _signed_bits(
    n: NDArray[np.float64], entered: NDArray[np.float64], chance: NDArray[np.float64], border: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """`[C]` pooled over the bordering abstract states: positive where more ended inside than expected."""
    total = (n * border).sum(axis=0)
    seen = (entered * border).sum(axis=0)
    expected = (n * chance * border).sum(axis=0)
    safe = np.maximum(total, 1)
    p, q = np.clip(seen / safe, 1e-9, 1 - 1e-9), np.clip(expected / safe, 1e-4, 1 - 1e-4)
    kl = p * np.log2(p / q) + (1 - p) * np.log2((1 - p) / (1 - q))
    return total * kl * np.sign(p - q)
