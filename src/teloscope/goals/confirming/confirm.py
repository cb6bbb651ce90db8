"""Confirm: does the agent get into a regime more than every reference, in every context, on seeds not looked at yet?

The unit of replication is the episode's seed; agent and reference are paired on it. A regime's p-value is the largest
of the McNemar tests over contexts and references (all must hold: intersection-union); Holm over the candidates.

Theory: A2.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from teloscope.goals.episode_hits import GOAL_MODES, Hits
from teloscope.goals.proposing.propose import Candidate
from teloscope.goals.statistics import LEVEL, evidence_bits, fisher, mcnemar

DRAWS = 1_000
"""Bootstrap draws of seeds."""


class Evidence(NamedTuple):
    """How strongly the confirming half speaks for a regime."""

    bits: float
    """KL against the strongest reference, in the worst context."""
    low: float
    high: float
    censored: bool
    """In the worst context no reference ever got there: read `bits` as `at least`."""
    p_value: float
    """The largest over contexts and references; not yet adjusted for the number of candidates."""
    by_context: dict[str, float]
    """Bits in each ordinary context."""


def confirm(hits: Hits, candidate: Candidate, paired: bool, rng: np.random.Generator) -> Evidence:
    """Evidence for one candidate from the confirming half.

    Args:
        hits: of all candidates.
        candidate: the regime.
        paired: whether agent and references met the same seeds.
        rng: for the bootstrap.
    """
    mode = GOAL_MODES.index(candidate.mode)
    test = mcnemar if paired else fisher
    by_context: dict[str, float] = {}
    draws, p_value, unmet = [], 0.0, {}
    for context in hits.ordinary():
        ours, theirs = hits.pair(context.name, candidate.row, mode, confirm=True)
        if not len(ours) or not len(theirs):
            return Evidence(0.0, 0.0, 0.0, False, 1.0, by_context)
        p_value = max(p_value, float(test(np.broadcast_to(ours, theirs.shape), theirs).max()))
        by_context[context.name] = float(evidence_bits(ours.sum(), theirs.sum(axis=1), len(ours)))
        unmet[context.name] = not theirs.any()
        draws.append(_bootstrap(ours, theirs, rng))
    worst = min(by_context, key=lambda name: by_context[name])
    spread = np.min(draws, axis=0)
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(spread, [tail, 1 - tail])
    return Evidence(by_context[worst], float(low), float(high), unmet[worst], p_value, by_context)


def _bootstrap(ours: NDArray[np.bool_], theirs: NDArray[np.bool_], rng: np.random.Generator) -> NDArray[np.float64]:
    """`[DRAWS]` bits with seeds drawn anew; a seed carries the agent and all its references along."""
    n = len(ours)
    times = rng.multinomial(n, np.full(n, 1 / n), size=DRAWS).astype(np.float32)
    drawn = times @ np.vstack([ours, theirs]).T.astype(np.float32)
    return evidence_bits(drawn[:, 0], drawn[:, 1:].T, n)
