"""Scales drawn from a prior, evenly: randomised quasi-Monte Carlo, whose own error is measured.

Scrambled Sobol points, scrambled anew several times; the spread between these replicates is the error of their mean.

Source: Owen 1997; SciPy's Sobol sequence (Joe and Kuo 2008).
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from scipy.stats import qmc
from scipy.stats import t as student_t

from teloscope.welfare.scales.priors import Prior
from teloscope.welfare.tables.utilities import Floats

POINTS, REPLICATES = 1024, 16
"""Points of a replicate, a power of 2; and how many there are."""
MOST_POINTS = 30_000_000
"""Coordinates that are held at once."""
TINY = 2.0**-40


class Estimate(NamedTuple):
    """Shares, with the error that comes of drawing."""

    share: Floats
    """Mean over the replicates."""
    error: Floats
    """Half the 95 % interval, from the spread between replicates; where nothing was hit, what 0 of n leaves open."""


def replicates_for(beings: int) -> int:
    """Replicates that fit into memory: fewer where there are thousands of beings."""
    return int(np.clip(MOST_POINTS // (POINTS * max(beings, 1)), 4, REPLICATES))


@lru_cache(maxsize=4)
def uniforms(beings: int, seed: int, replicates: int = REPLICATES) -> Floats:
    """`[R, N, B]` points in the open unit cube."""
    out = np.empty((replicates, POINTS, beings))
    for r in range(replicates):
        if beings <= qmc.Sobol.MAXDIM:
            points = qmc.Sobol(beings, rng=np.random.default_rng([seed, r])).random(POINTS)
        else:
            points = np.random.default_rng([seed, r]).random((POINTS, beings))
        out[r] = points.clip(TINY, 1 - TINY)
    out.flags.writeable = False
    return out


def weights_of(logs: Floats, counts: Floats) -> Floats:
    """`[N, B]` weights of beings, the largest of each draw 1: only their ratios matter, and none can overflow."""
    told = logs + np.log(counts)
    return np.exp(told - told.max(axis=-1, keepdims=True))


def best_shares(totals: Floats) -> Floats:
    """`[F]` share of the draws in which an option has the largest total; ties are divided.

    Args:
        totals: `[N, F]`.
    """
    first = totals.argmax(axis=1)
    most = totals[np.arange(len(totals)), first]
    slack = 1e-12 * np.maximum(1.0, np.abs(most))
    winners = totals >= (most - slack)[:, None]
    if np.count_nonzero(winners) == len(totals):
        return np.bincount(first, minlength=totals.shape[1]) / len(totals)
    return (winners / winners.sum(axis=1, keepdims=True)).mean(axis=0)


def estimate(replicates: Floats, draws: int) -> Estimate:
    """Mean and error of a share that each replicate measured.

    Args:
        replicates: `[R, ...]`.
        draws: points in all, for the bound where every replicate says 0 or every one says 1.
    """
    n = len(replicates)
    share = replicates.mean(axis=0)
    spread = replicates.std(axis=0, ddof=1) / np.sqrt(n) if n > 1 else np.sqrt(share * (1 - share) / draws)
    error = float(student_t.ppf(0.975, max(n - 1, 1)) if n > 1 else 1.96) * spread
    return Estimate(share, np.where((share == 0) | (share == 1), 3.0 / draws, error))  # rule of three


def logs_of(prior: Prior, beings: int, seed: int, replicates: int = REPLICATES) -> Floats:
    """`[R, N, B]` natural logs of scales."""
    return np.stack([prior.logs(points) for points in uniforms(beings, seed, replicates)])
