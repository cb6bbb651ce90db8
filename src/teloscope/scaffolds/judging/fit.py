"""Fit a judge to an engine: zero, scale and weights of its contrasts, on everyday sentences that are no world's.

    x_k(s)   = (contrast_k(s) - mean over the calibration set) / its standard deviation there
    worth(s) = b + sum_k w_k x_k(s)        the log-odds that s does no harm

by logistic regression with a ridge toward equal weights: it minimises

    sum_s -log P(kind of s) + RIDGE / 2 * sum_k (w_k - 1)^2

So an engine that says nothing of the calibration set keeps equal weights, and one whose contrasts tell harm from no
harm the wrong way round is not trusted the right way round: weights are at least 0.

Theory: A5.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

RIDGE = 1.0
SMALLEST_SPREAD = 1e-6
"""Standard deviation (nats) below which an engine says nothing of the set; contrasts are then taken as they are."""


class Fit(NamedTuple):
    """Zero, scale and weights of `K` contrasts."""

    centre: NDArray[np.float64]
    """`[K]` nats."""
    spread: NDArray[np.float64]
    """`[K]` nats."""
    weights: NDArray[np.float64]
    """`[K]`, at least 0."""
    bias: float

    def worth(self, contrasts: NDArray[np.float64]) -> NDArray[np.float64]:
        """`[n]` log-odds that there is no harm, from `[n, K]` contrasts."""
        return self.bias + ((contrasts - self.centre) / self.spread) @ self.weights


def fit_contrasts(contrasts: NDArray[np.float64], harmless: NDArray[np.bool_]) -> Fit:
    """The fit of `[n, K]` contrasts to which of the `n` sentences do no harm."""
    centre, spread = contrasts.mean(axis=0), contrasts.std(axis=0)
    spread = np.where(spread < SMALLEST_SPREAD, 1.0, spread)
    x = (contrasts - centre) / spread
    signs = np.where(harmless, 1.0, -1.0)
    balance = np.where(harmless, 0.5 / max(harmless.sum(), 1), 0.5 / max((~harmless).sum(), 1)) * len(signs)

    def loss(parameters: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        w, b = parameters[:-1], parameters[-1]
        margins = signs * (x @ w + b)
        slopes = -signs * balance * expit(-margins)
        gradient = np.append(x.T @ slopes + RIDGE * (w - 1), slopes.sum() + RIDGE * b)
        penalty = RIDGE / 2 * (float(((w - 1) ** 2).sum()) + b**2)
        return float((balance * np.logaddexp(0, -margins)).sum()) + penalty, gradient

    width = contrasts.shape[1]
    begin = np.append(np.ones(width), 0.0)
    bounds = [(0.0, None)] * width + [(None, None)]
    found = minimize(loss, begin, jac=True, bounds=bounds, method="L-BFGS-B").x
    return Fit(centre, spread, found[:-1], float(found[-1]))
