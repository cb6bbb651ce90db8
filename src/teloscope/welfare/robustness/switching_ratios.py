"""Switching ratios: how many times as strongly some must feel as others for the answer to change.

Let d = u_x - u_y, in the unit of each kind of being. With G the sum of what those gain who prefer x, and L the sum of
what the others lose, x is better than y

    if and only if      the ones count more than L / G times as much as the others,   where those who agree count alike;
    never               while nobody counts more than L / G times as much as anybody else;

both exact. With two kinds of beings the first says all there is to say.

Theory: E0.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from teloscope.welfare.tables.utilities import SAME, Floats


class Ratios(NamedTuple):
    """Switching ratios between all undominated options, at given numbers of beings."""

    needed: Floats
    """`[F, F]` how many times as much those who prefer x must count as those who prefer y, for x to be as good as y: 0
    where nobody prefers y, inf where nobody prefers x, nan on the diagonal and where only orders are known."""
    low: Floats
    """`[F, K]` from how many times the others' weight a kind makes x best, all others counting alike."""
    high: Floats
    """`[F, K]` up to how many times; both nan where no weight of this kind alone makes x best."""


def find_ratios(values: Floats, ordinal: NDArray[np.bool_], counts: Floats) -> Ratios:
    """Every pair's switching ratio, and for each option and kind the weights that make it best alone.

    Args:
        values: `[F, K]` undominated options x kinds of beings, each in its own unit.
        ordinal: `[K]` kinds of whom only the order is known.
        counts: `[K]` how many beings of a kind count, each as much as one of another kind: all ones for averages.
    """
    f, k = values.shape
    needed = np.full((f, f), np.nan)
    low, high = np.full((f, k), np.nan), np.full((f, k), np.nan)
    for x in range(f):
        apart = values[x] - values
        apart[np.abs(apart) <= SAME] = 0.0
        needed[x] = ratio_of(apart, counts)
        needed[x, (apart[:, ordinal] != 0).any(axis=1)] = np.nan
        needed[x, x] = np.nan
        if not ordinal.any():
            low[x], high[x] = _alone(np.delete(apart, x, axis=0) * counts)
    return Ratios(needed, low, high)


def ratio_of(apart: Floats, counts: Floats) -> Floats:
    """`[...]` L / G of differences `[..., K]`; 0 where nobody loses, inf where somebody loses and nobody gains."""
    gained = np.clip(apart, 0.0, None) @ counts
    lost = np.clip(-apart, 0.0, None) @ counts
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(lost == 0, 0.0, lost / gained)


def ratio_bounds(x_low: Floats, x_high: Floats, y_low: Floats, y_high: Floats, counts: Floats) -> tuple[Floats, Floats]:
    """The least and the largest ratio that uncertain cells allow: it falls in everything that x gets."""
    return ratio_of(x_high - y_low, counts), ratio_of(x_low - y_high, counts)


def _alone(apart: Floats) -> tuple[Floats, Floats]:
    """`[K]`, `[K]` weights of one kind, the others at 1, between which no rival is better.

    Args:
        apart: `[F - 1, K]` differences to each rival, times the numbers of beings.
    """
    if not len(apart):
        return np.zeros(apart.shape[1]), np.full(apart.shape[1], np.inf)
    others = apart.sum(axis=1, keepdims=True) - apart
    scale = np.abs(apart).sum(axis=1, keepdims=True)
    others[np.abs(others) <= SAME * scale] = 0.0
    with np.errstate(divide="ignore", invalid="ignore"):
        at = -others / apart
    low = np.where(apart > 0, at, 0.0).max(axis=0).clip(min=0.0)
    high = np.where(apart < 0, at, np.inf).min(axis=0)
    lost = ((apart == 0) & (others < 0)).any(axis=0)
    impossible = lost | (low > high * (1 + SAME)) | (high <= 0)
    return np.where(impossible, np.nan, low), np.where(impossible, np.nan, np.maximum(high, low))
