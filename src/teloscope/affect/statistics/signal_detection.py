"""Signal detection: how well friends and foes are told apart (d'), and how readily anybody is taken for a foe (c).

    d' = z(hit rate) - z(false alarm rate)          c = -(z(hit rate) + z(false alarm rate)) / 2

A hit avoids a foe, a false alarm avoids a friend; c falls as others look more hostile. Half a count is added to every
cell, so that no rate is 0 or 1.

Source: Green & Swets 1966; Hautus 1995 (the log-linear correction).
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri


def counts(avoid: np.ndarray, foe: np.ndarray) -> np.ndarray:
    """`[..., 4]`: foes avoided, foes met, friends avoided, friends met, summed over the last axis.

    Args:
        avoid: `[..., T]`, NaN where nobody is met.
        foe: `[..., T]`.
    """
    met = np.isfinite(avoid) & np.isfinite(foe)
    a, f = np.where(met, avoid, 0.0), np.where(met, foe, 0.0)
    return np.stack([(a * f).sum(-1), f.sum(-1), (a * (1 - f)).sum(-1), (met * (1 - f)).sum(-1)], -1)


def _scores(sums: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    hits = ndtri((sums[..., 0] + 0.5) / (sums[..., 1] + 1))
    false_alarms = ndtri((sums[..., 2] + 0.5) / (sums[..., 3] + 1))
    return hits, false_alarms


def sensitivity(sums: np.ndarray) -> np.ndarray:
    """d' from counts `[..., 4]`."""
    hits, false_alarms = _scores(sums)
    return hits - false_alarms


def bias(sums: np.ndarray) -> np.ndarray:
    """c from counts `[..., 4]`: 0 is neutral, below 0 takes others for foes."""
    hits, false_alarms = _scores(sums)
    return -(hits + false_alarms) / 2
