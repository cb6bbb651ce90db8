"""Majority vote, computed exactly: the probability that each option is drawn most often.

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

MOST_OUTCOMES = 200_000
"""The largest number of multinomial outcomes that is enumerated."""
SMALLEST_PROBABILITY = 1e-300
"""Replaces a probability of 0, so that it has a logarithm."""


def majority_probabilities(probabilities: NDArray[np.float64], draws: int) -> NDArray[np.float64]:
    """`[N, A]` probability that each option wins; ties are broken at random.

    Args:
        probabilities: `[N, A]` of a single draw.
        draws: how many votes there are.

    Raises:
        BadScaffold: too many options and draws to enumerate.
    """
    if draws == 1:
        return probabilities
    counts, weight, probabilities_text = _multinomial_outcomes(draws, probabilities.shape[1])
    logs = np.log(np.maximum(probabilities, SMALLEST_PROBABILITY))
    return np.exp(weight + logs @ counts.T) @ probabilities_text


def most_frequent(options: Sequence[int], n: int) -> NDArray[np.float64]:
    """`[n]` 1 for the option that was drawn most often; ties share."""
    counts = np.bincount(np.asarray(options, dtype=np.intp), minlength=n)
    best = (counts == counts.max()).astype(np.float64)
    return best / best.sum()


@cache
def _multinomial_outcomes(draws: int, n: int) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """All outcomes of a multinomial: counts `[M, n]`, logs of the coefficients `[M]`, shares of the win `[M, n]`."""
    if comb(draws + n - 1, n - 1) > MOST_OUTCOMES:
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
