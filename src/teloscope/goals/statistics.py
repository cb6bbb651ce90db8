"""The few statistics everything rests on.

    bits       KL(Bern(p) || Bern(q)) in bits, counts smoothed by a half (Jeffreys), 0 where p <= q
    interval   Clopper-Pearson, two-sided; 0 of n is not zero
    test       paired exact McNemar, one-sided: does the agent get there more than the reference on the same seeds?
    family     intersection-union over contexts and references (the largest p), Holm over candidates

Theory: A2.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import bdtrc, betaincinv

LEVEL = 0.95
"""Coverage of every interval."""
ALPHA = 0.05
"""Family-wise error of confirmation."""


@lru_cache(maxsize=65_536)
def clopper_pearson(hits: int, n: int, level: float = LEVEL) -> tuple[float, float]:
    """Exact two-sided interval of a rate; (0, 1) where nothing was seen."""
    if n == 0:
        return 0.0, 1.0
    tail = (1 - level) / 2
    low = float(betaincinv(hits, n - hits + 1, tail)) if hits else 0.0
    high = float(betaincinv(hits + 1, n - hits, 1 - tail)) if hits < n else 1.0
    return low, high


def kl_bits(p: ArrayLike, q: ArrayLike) -> NDArray[np.float64]:
    """KL(Bern(p) || Bern(q)) in bits, elementwise, 0 where p <= q, infinite where q = 0 < p."""
    p, q = np.asarray(p, dtype=np.float64), np.asarray(q, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        rest = np.where(p < 1, (1 - p) * np.log2((1 - p) / (1 - q)), 0.0)
        return np.where(p > q, p * np.log2(p / q) + rest, 0.0)


def smoothed(hits: ArrayLike, n: int) -> NDArray[np.float64]:
    """Rates from counts, a half added to hits and to misses."""
    return (np.asarray(hits, dtype=np.float64) + 0.5) / (n + 1)


def at_least(heads: ArrayLike, tosses: ArrayLike) -> NDArray[np.float64]:
    """Probability of so many heads or more among so many tosses of a fair coin."""
    return np.asarray(bdtrc(np.asarray(heads) - 1, np.asarray(tosses), 0.5))


def mcnemar(ours: NDArray[np.bool_], theirs: NDArray[np.bool_]) -> NDArray[np.float64]:
    """One-sided exact p-values that we hit more often than they do on the same seeds.

    Args:
        ours, theirs: `[..., n]` hits, paired along the last axis.
    """
    only_ours = (ours & ~theirs).sum(axis=-1)
    only_theirs = (theirs & ~ours).sum(axis=-1)
    return at_least(only_ours, only_ours + only_theirs)


def fisher(ours: NDArray[np.bool_], theirs: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The same for episodes that don't share seeds: Fisher's exact test, one-sided."""
    from scipy import stats  # half a second to load, and hardly ever needed

    n, m = ours.shape[-1], theirs.shape[-1]
    a, b = ours.sum(axis=-1), theirs.sum(axis=-1)
    return np.asarray(stats.hypergeom.sf(a - 1, n + m, a + b, n))


def holm(p_values: ArrayLike) -> NDArray[np.float64]:
    """Holm-adjusted p-values, in the order given."""
    p = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(p)
    scaled = np.minimum(1.0, p[order] * (len(p) - np.arange(len(p))))
    adjusted = np.empty_like(p)
    adjusted[order] = np.maximum.accumulate(scaled)
    return adjusted


def evidence_bits(agent: NDArray[Any], references: NDArray[Any], n: int) -> NDArray[np.float64]:
    """Bits against the strongest reference.

    Args:
        agent: `[...]` hits of n. references: `[R, ...]` hits of n, on the same seeds.
    """
    return kl_bits(smoothed(agent, n), smoothed(references, n).max(axis=0))
