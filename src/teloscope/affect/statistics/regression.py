"""Ridge regressions of many minds at once, cross-fitted over episodes, and slopes that noise in a regressor can't bend.

Errors in variables: the oracle estimates F_t by two disjoint halves of the clones, `x1 = x + e1` and `x2 = x + e2` with
independent errors. Then `E[x1 x2'] = E[x x']` and `E[x1 y] = E[x y]`, so

    slopes = (sum x1 x2' + x2 x1')^-1 (sum (x1 + x2) y)

is consistent however few clones there are; ordinary least squares would shrink the slope on the noisier regressor.

Source: Angrist & Krueger 1995 (split-sample instruments); Fuller 1987 (measurement error).
"""

from __future__ import annotations

import numpy as np
from scipy.special import expit

RIDGE = 1e-2
"""Penalty, in units of a standardised regressor's variance."""
NEWTON_STEPS = 6


def increment(base: np.ndarray, added: np.ndarray, target: np.ndarray, *, ridge: float = RIDGE) -> np.ndarray:
    """`[M, E, 3]`: squared errors without and with the added regressors, and the target's own, out of fold.

    Folds are the even and the odd episodes. Steps with a NaN anywhere count nowhere. `share` reduces the sums.

    Args:
        base: `[M, E, T, P]`.
        added: `[M, E, T, Q]`.
        target: `[M, E, T]`.
    """
    both = np.concatenate([base, added], -1)
    kept = np.isfinite(both).all(-1) & np.isfinite(target)
    without, own = _errors(base, target, kept, ridge)
    full, _ = _errors(both, target, kept, ridge)
    return np.stack([without, full, own], -1)


def share(sums: np.ndarray) -> np.ndarray:
    """The added share of explained variance: `(without - with) / own`."""
    with np.errstate(all="ignore"):
        return np.where(sums[..., 2] > 0, (sums[..., 0] - sums[..., 1]) / sums[..., 2], 0.0)


def explained(sums: np.ndarray) -> np.ndarray:
    """The share explained by all regressors together."""
    with np.errstate(all="ignore"):
        return np.where(sums[..., 2] > 0, 1 - sums[..., 1] / sums[..., 2], 0.0)


def predicted(x: np.ndarray, y: np.ndarray, kept: np.ndarray, ridge: float = RIDGE) -> np.ndarray:
    """`[M, P + 1, Q]`: ridge coefficients, the intercept last, of each mind.

    Args:
        x: `[M, N, P]`; NaN allowed where not kept.
        y: `[M, N, Q]`.
        kept: `[M, N]`.
        ridge: penalty.
    """
    mask = kept.astype(np.float64)
    design = np.concatenate([np.nan_to_num(x), np.ones((*x.shape[:2], 1))], -1).astype(np.float64)
    weighted = design * mask[..., None]
    gram = np.swapaxes(weighted, 1, 2) @ design
    scale = np.einsum("mpp->mp", gram).copy()
    scale[:, -1] = 0.0
    penalty = ridge * scale + 1e-9 * (1 + mask.sum(1, keepdims=True))
    gram[:, np.arange(gram.shape[1]), np.arange(gram.shape[1])] += penalty
    return np.linalg.solve(gram, np.swapaxes(weighted, 1, 2) @ np.nan_to_num(y))


def logistic(x: np.ndarray, y: np.ndarray, kept: np.ndarray, ridge: float = RIDGE) -> np.ndarray:
    """`[M, P + 1]`: ridge coefficients of a logistic regression of 0 and 1, the intercept last, by Newton's steps.

    A linear fit would let whatever follows the size of a saturating regressor take some of its weight.

    Args:
        x: `[M, N, P]`.
        y: `[M, N]`, 0 or 1.
        kept: `[M, N]`.
        ridge: penalty, in units of each regressor's own share of the information.
    """
    design = np.concatenate([np.where(kept[..., None], x, 0.0), np.ones((*x.shape[:2], 1))], -1).astype(np.float64)
    target = np.where(kept, y, 0.0)
    beta = np.zeros((len(x), design.shape[-1]))
    for _ in range(NEWTON_STEPS):
        chance = expit(np.einsum("mnp,mp->mn", design, beta))
        weighted = design * (np.maximum(chance * (1 - chance), 1e-6) * kept)[..., None]
        gram = np.swapaxes(weighted, 1, 2) @ design
        penalty = ridge * np.einsum("mpp->mp", gram).copy()
        penalty[:, -1] = 0.0
        penalty += 1e-9 * (1 + kept.sum(1, keepdims=True))
        slope = np.einsum("mnp,mn->mp", design, (target - chance) * kept) - penalty * beta
        gram[:, np.arange(gram.shape[1]), np.arange(gram.shape[1])] += penalty
        beta = beta + np.linalg.solve(gram, slope[..., None])[..., 0]
    return beta


def _errors(x: np.ndarray, y: np.ndarray, kept: np.ndarray, ridge: float) -> tuple[np.ndarray, np.ndarray]:
    """`[M, E]` each: squared errors of predictions by a fit on the other fold, and about the other fold's mean."""
    minds, episodes, steps, width = x.shape
    wrong, own = np.zeros((minds, episodes)), np.zeros((minds, episodes))
    x, y = np.where(kept[..., None], x, 0.0), np.where(kept, y, 0.0)
    centre = (x * kept[..., None]).sum((1, 2), keepdims=True) / np.maximum(kept.sum((1, 2)), 1)[:, None, None, None]
    x = (x - centre) * kept[..., None]
    for fold in (0, 1):
        fit, held = np.arange(episodes) % 2 != fold, np.arange(episodes) % 2 == fold
        if not fit.any():
            continue
        rows = (minds, int(fit.sum()) * steps)
        beta = predicted(
            x[:, fit].reshape(*rows, width), y[:, fit].reshape(*rows, 1), kept[:, fit].reshape(rows), ridge
        )
        guess = np.einsum("metp,mp->met", x[:, held], beta[:, :-1, 0]) + beta[:, None, None, -1, 0]
        counted = kept[:, fit].sum((1, 2))
        mean = y[:, fit].sum((1, 2)) / np.maximum(counted, 1)
        wrong[:, held] = (np.where(kept[:, held], y[:, held] - guess, 0.0) ** 2).sum(-1)
        own[:, held] = (np.where(kept[:, held], y[:, held] - mean[:, None, None], 0.0) ** 2).sum(-1)
    return wrong, own


def cross_moments(first: np.ndarray, second: np.ndarray, y: np.ndarray) -> np.ndarray:
    """`[M, E, P * P + P]`: per episode the sums of which `slopes` makes slopes.

    Args:
        first: `[M, E, T, P]`: the regressors by one half of the clones; a constant is one of them.
        second: the same by the other half.
        y: `[M, E, T]`.
    """
    kept = np.isfinite(first).all(-1) & np.isfinite(second).all(-1) & np.isfinite(y)
    a, b = np.where(kept[..., None], first, 0.0), np.where(kept[..., None], second, 0.0)
    y = np.where(kept, y, 0.0)
    gram = np.einsum("metp,metq->mepq", a, b)
    gram = (gram + np.swapaxes(gram, -1, -2)) / 2
    side = np.einsum("metp,met->mep", (a + b) / 2, y)
    return np.concatenate([gram.reshape(*gram.shape[:2], -1), side], -1)


def slopes(sums: np.ndarray, regressors: int) -> np.ndarray:
    """`[..., P]`: slopes from sums of `cross_moments`; NaN where they are not identified."""
    gram = sums[..., : regressors**2].reshape(*sums.shape[:-1], regressors, regressors)
    side = sums[..., regressors**2 :]
    scale = np.sqrt(np.abs(np.einsum("...pp->...p", gram)) + 1e-30)
    scaled = gram / scale[..., :, None] / scale[..., None, :]
    good = np.isfinite(scaled).all((-1, -2)) & (np.abs(np.linalg.det(np.nan_to_num(scaled))) > 1e-12)
    safe = np.where(good[..., None, None], scaled, np.eye(regressors))
    found = np.linalg.solve(safe, (side / scale)[..., None])[..., 0] / scale
    return np.where(good[..., None], found, np.nan)
