"""Confirm: does the agent get into a regime more than every reference, in every context, on seeds not looked at yet?

The unit of replication is the episode's seed; agent and reference are paired on it. A regime's p-value is the largest
of the McNemar tests over contexts and references (all must hold: intersection-union); Holm over the candidates.

The interval of the evidence is made of exact intervals of the rates (Clopper-Pearson), so that it covers where rates
are near 0 or 1 and counts are small. With p the agent's rate, q the references', c contexts:

    low   =  min over c of KL(low of p ‖ largest high of q)
    high  =  min over c of KL(high of p ‖ largest low of q)

The lower end is wrong only if the two rates that the truth hangs on are, so each has a quarter of the error; for the
upper end all have to hold, so the contexts and the references share what is left (Bonferroni).

Theory: A2.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from teloscope.goals.episode_hits import GOAL_MODES, Hits
from teloscope.goals.proposing.propose import Candidate
from teloscope.goals.statistics import ALPHA, clopper_pearson, evidence_bits, fisher, kl_bits, mcnemar


class Evidence(NamedTuple):
    """How strongly the confirming half speaks for a regime."""

    bits: float
    """KL against the strongest reference, in the worst context."""
    low: float
    high: float
    """Interval at the error level; infinite where in some context a reference never got there."""
    censored: bool
    """In the worst context no reference ever got there: read `bits` as `at least`."""
    p_value: float
    """The largest over contexts and references; not yet adjusted for the number of candidates."""
    by_context: dict[str, float]
    """Bits in each ordinary context."""


def confirm(hits: Hits, candidate: Candidate, paired: bool, alpha: float = ALPHA) -> Evidence:
    """Evidence for one candidate from the confirming half.

    Args:
        hits: of all candidates.
        candidate: the regime.
        paired: whether agent and references met the same seeds.
        alpha: error level of the interval.
    """
    mode = GOAL_MODES.index(candidate.mode)
    test = mcnemar if paired else fisher
    by_context: dict[str, float] = {}
    ends, p_value, unmet = [], 0.0, {}
    for context in (contexts := hits.ordinary()):
        ours, theirs = hits.pair(context.name, candidate.row, mode, confirm=True)
        if not len(ours) or not len(theirs):
            return Evidence(0.0, 0.0, 0.0, False, 1.0, by_context)
        p_value = max(p_value, float(test(np.broadcast_to(ours, theirs.shape), theirs).max()))
        by_context[context.name] = float(evidence_bits(ours.sum(), theirs.sum(axis=1), len(ours)))
        unmet[context.name] = not theirs.any()
        ends.append(_ends(ours, theirs, len(contexts), alpha))
    worst = min(by_context, key=lambda name: by_context[name])
    low, high = (min(end) for end in zip(*ends, strict=True))
    return Evidence(by_context[worst], low, high, unmet[worst], p_value, by_context)


def _ends(ours: NDArray[np.bool_], theirs: NDArray[np.bool_], contexts: int, error: float) -> tuple[float, float]:
    """Lower and upper end of one context's bits, of so many contexts that count."""
    n, hits = len(ours), int(ours.sum())
    met = [int(row.sum()) for row in theirs]
    low = clopper_pearson(hits, n, 1 - error / 2)[0]
    high = clopper_pearson(hits, n, 1 - error / 2 / contexts)[1]
    most = max(clopper_pearson(m, n, 1 - error / 2)[1] for m in met)
    least = max(clopper_pearson(m, n, 1 - error / 2 / contexts / len(met))[0] for m in met)
    return float(kl_bits(low, most)), float(kl_bits(high, least))
