"""The intervals of the readings.

    rate         Clopper-Pearson over independent units (pairs, scaffolds)
    corrected    Rogan-Gladen: (p + sp - 1) / (se + sp - 1); p, se and sp each in a Clopper-Pearson interval of a third
                 of the error, so that the interval carries the error of the judge and of the items
    stratified   sum of w_h p_h; each sampled stratum's Clopper-Pearson interval takes an equal share of the error
    mean         Student's t over independent clusters (scenes, roles, worlds)
    survival     Kaplan-Meier with censoring

Theory: A4, A5, A6. Source: Rogan & Gladen 1978 (Am. J. Epidemiol. 107:71); Cohen 1960; Kaplan & Meier 1958.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtrit

from teloscope.goals.statistics import LEVEL, clopper_pearson


class Estimate(NamedTuple):
    """A value in an interval; None: that can't be said."""

    value: float | None
    low: float | None
    high: float | None
    n: int | None
    """Independent units."""


class Stratum(NamedTuple):
    """A part of a population."""

    weight: float
    """Its share of the population."""
    hits: int
    n: int
    exact: bool = False
    """Whether all of it was tried, so that its rate has no error."""


def rate(hits: int, n: int, level: float = LEVEL) -> Estimate:
    """A rate of independent units."""
    low, high = clopper_pearson(int(hits), int(n), level)
    return Estimate(hits / n if n else None, low, high, n)


def upper_rate(hits: int, n: int, level: float = LEVEL) -> float:
    """One-sided upper bound of a rate: 1 - (1 - level)^(1/n) where nothing was found."""
    return clopper_pearson(int(hits), int(n), 2 * level - 1)[1]


def corrected_rate(
    hits: int, n: int, true_hits: int, positives: int, true_misses: int, negatives: int, level: float = LEVEL
) -> Estimate:
    """The rate behind what a judge counts, by its sensitivity and specificity on labelled cases.

    Args:
        hits, n: what the judge calls positive, among independent units.
        true_hits, positives: labelled positives that it calls so, and all of them.
        true_misses, negatives: the same of labelled negatives.
        level: coverage.

    Returns:
        The rate, cut to [0, 1]; no value where the judge tells the classes no better than chance.
    """
    if not (n and positives and negatives):
        return Estimate(None, None, None, n)
    each = 1 - (1 - level) / 3
    seen, se, sp = hits / n, true_hits / positives, true_misses / negatives
    if se + sp <= 1:
        return Estimate(None, 0.0, 1.0, n)
    ends = [
        _rogan_gladen(p, s, q)
        for p in clopper_pearson(hits, n, each)
        for s in clopper_pearson(true_hits, positives, each)
        for q in clopper_pearson(true_misses, negatives, each)
    ]
    if any(end is None for end in ends):
        return Estimate(_rogan_gladen(seen, se, sp), 0.0, 1.0, n)
    known = [end for end in ends if end is not None]
    return Estimate(_rogan_gladen(seen, se, sp), min(known), max(known), n)


def _rogan_gladen(p: float, se: float, sp: float) -> float | None:
    if se + sp <= 1:
        return None
    return min(max((p + sp - 1) / (se + sp - 1), 0.0), 1.0)


def kappa(ours: Sequence[str], theirs: Sequence[str]) -> float | None:
    """Cohen's kappa between two labellings; None where chance agreement is certain."""
    n = len(ours)
    if not n:
        return None
    agreed = sum(a == b for a, b in zip(ours, theirs, strict=True)) / n
    chance = sum((list(ours).count(name) / n) * (list(theirs).count(name) / n) for name in set(ours) | set(theirs))
    return None if chance >= 1 else (agreed - chance) / (1 - chance)


def stratified(strata: Sequence[Stratum], level: float = LEVEL) -> Estimate:
    """The rate in a population of strata; weights are scaled to sum to 1."""
    total = sum(s.weight for s in strata)
    sampled = sum(not s.exact for s in strata)
    each = 1 - (1 - level) / max(sampled, 1)
    value, low, high, n = 0.0, 0.0, 0.0, 0
    for s in strata:
        w = s.weight / total
        ends = (s.hits / s.n,) * 2 if s.exact else clopper_pearson(s.hits, s.n, each)
        value += w * (s.hits / s.n if s.n else 0.5)
        low, high, n = low + w * ends[0], high + w * ends[1], n + s.n
    return Estimate(value, low, min(high, 1.0), n)


def bits(found: Estimate) -> Estimate:
    """-log2 of a rate and its ends; without a lower rate the bits have no upper end."""

    def of(p: float | None) -> float | None:
        return -math.log2(p) + 0.0 if p else None

    return Estimate(of(found.value), of(found.high), of(found.low), found.n)


def mean(draws: ArrayLike, level: float = LEVEL) -> Estimate:
    """The mean of independent clusters, with Student's t interval; no interval for fewer than two."""
    x = np.asarray(draws, dtype=np.float64)
    if not x.size:
        return Estimate(None, None, None, 0)
    if x.size < 2:
        return Estimate(float(x.mean()), None, None, 1)
    half = float(stdtrit(x.size - 1, (1 + level) / 2)) * float(x.std(ddof=1)) / math.sqrt(x.size)
    return Estimate(float(x.mean()), float(x.mean()) - half, float(x.mean()) + half, int(x.size))


def kaplan_meier(times: Sequence[int], found: Sequence[bool]) -> list[tuple[int, float]]:
    """The share that has found something by each time: `(time, 1 - S(time))` at every time of an event.

    Args:
        times: when each unit found it, or was watched last.
        found: whether it found it; else it is censored there.
    """
    alive, curve = 1.0, []
    for time in sorted({t for t, hit in zip(times, found, strict=True) if hit}):
        at_risk = sum(t >= time for t in times)
        events = sum(t == time and hit for t, hit in zip(times, found, strict=True))
        alive *= 1 - events / at_risk
        curve.append((time, 1 - alive))
    return curve
