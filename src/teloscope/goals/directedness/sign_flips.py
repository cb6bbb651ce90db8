"""Sign flips: an exact test that paired differences don't lean to one side.

Where agent and reference could as well have changed places in any episode, each difference could as well have had the
other sign. So their sum is ranked among sums with signs drawn by lot; nothing is assumed of their distribution.

Source: Fisher 1935 (The Design of Experiments, section 21).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

DRAWS = 9_999
"""Lots drawn; no p-value is below 1 / (DRAWS + 1)."""
ROUNDING = 1e-5
"""Share of the differences' sizes by which sums may differ through rounding alone."""


def sign_flips(differences: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    """`[M]` one-sided p-values that `[n, M]` differences lean upward: rows are flipped whole."""
    signs = 2.0 * rng.integers(0, 2, (DRAWS, len(differences))).astype(np.float32) - 1.0
    slack = ROUNDING * np.abs(differences).sum(axis=0)
    as_high = signs @ differences.astype(np.float32) >= differences.sum(axis=0) - slack
    return (1 + as_high.sum(axis=0)) / (DRAWS + 1)
