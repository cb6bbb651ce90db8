"""The majority of several draws, exactly: how likely is each option to be drawn most often?

    P(a wins) = sum over counts n_1 + … + n_A = n of  n!/(n_1! … n_A!) prod_i p_i^n_i * [a has the most] / ties

Theory: A5.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from math import comb

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from teloscope.errors import BadScaffold

MOST_COUNTS = 200_000
"""Ways in which draws may fall, at most."""
NEVER = 1e-300
"""Probability of what is never drawn, so that it has a logarithm."""


def majority(probabilities: NDArray[np.float64], draws: int) -> NDArray[np.float64]:
    """`[N, A]` how likely each option wins, ties decided by lot.

    Args:
        probabilities: `[N, A]` of a single draw.
        draws: how many count.

    Raises:
        BadScaffold: too many options and draws to go through.
    """
    if draws == 1:
        return probabilities
    counts, weight, shares = _falls(draws, probabilities.shape[1])
    logs = np.log(np.maximum(probabilities, NEVER))
    return np.exp(weight + logs @ counts.T) @ shares


def most_named(options: Sequence[int], n: int) -> NDArray[np.float64]:
    """`[n]` the option that was drawn most often; ties share."""
    counts = np.bincount(np.asarray(options, dtype=np.intp), minlength=n)
    best = (counts == counts.max()).astype(np.float64)
    return best / best.sum()


@cache
def _falls(draws: int, n: int) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Every way in which draws fall on options: counts `[M, n]`, logs of their multinomials `[M]`, shares `[M, n]`."""
    if comb(draws + n - 1, n - 1) > MOST_COUNTS:
        raise BadScaffold(
            f"A vote of {draws} draws among {n} options falls in too many ways to go through; let fewer draws vote."
        )
    counts = np.asarray(list(_compositions(draws, n)), dtype=np.float64)
    best = (counts == counts.max(axis=1, keepdims=True)).astype(np.float64)
    weight = gammaln(draws + 1) - gammaln(counts + 1).sum(axis=1)
    return counts, weight, best / best.sum(axis=1, keepdims=True)


def _compositions(total: int, parts: int) -> list[tuple[int, ...]]:
    if parts == 1:
        return [(total,)]
    return [(first, *rest) for first in range(total + 1) for rest in _compositions(total - first, parts - 1)]
