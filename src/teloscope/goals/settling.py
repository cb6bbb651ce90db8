"""Settling: where a number stays that the agent controls, and how far it gets.

Where features are continuous, no single value is sought. What can be said of a goal is where the agent settles (between
which numbers a feature stays in the late states of most episodes), and how far it goes (the number that it passes in
most episodes). Asked of the agent's proposing half, in all ordinary contexts; the unit is the episode.

Theory: A2 (consistently navigates into).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from teloscope.recordings.seeds import in_proposal_half
from teloscope.recordings.storage.recording import Recording
from teloscope.regimes import late_window
from teloscope.schema import AGENT

MOST = 0.8
"""Share of episodes that count as most."""
NEARLY_ALL = 0.95
"""Share of episodes in which a number must get so far."""
ROOM = 0.5
"""What is left on either side of where a number settles, as a share of the width between."""
DIGITS = 3
"""Significant digits of the bounds."""
SIGNED = 0.02
"""Share of the agent's states on either side of zero from which on a feature is said to take both signs."""


class Settling(NamedTuple):
    """Where one feature settles and how far it gets."""

    low: float
    high: float
    """Between these it stays; rounded outward."""
    lowest: float
    highest: float
    """So low, and so high, it gets; rounded inward."""
    size: float | None
    """At least so large, of either sign, it stays; None: it doesn't take both signs."""

    @property
    def roomy(self) -> tuple[float, float]:
        """`low` and `high` with some room left on either side."""
        room = ROOM * (self.high - self.low)
        return rounded(self.low - room, -1), rounded(self.high + room, 1)

    @property
    def bounds(self) -> list[float]:
        """All numbers at which something begins or ends."""
        sizes = [] if self.size is None else [-self.size, self.size]
        return [self.low, self.high, *self.roomy, self.lowest, self.highest, *sizes]


def settling(recording: Recording, feature: str) -> Settling:
    """Where a numeric feature settles in the agent's proposing half, and how far it gets; all 0 where that is empty."""
    values = _proposing(recording, feature)
    if not len(values):
        return Settling(0.0, 0.0, 0.0, 0.0, None)
    late = values[:, -late_window(recording.horizon) :]
    low, high = np.quantile(late.min(axis=1), 1 - MOST), np.quantile(late.max(axis=1), MOST)
    lowest, highest = np.quantile(values.min(axis=1), NEARLY_ALL), np.quantile(values.max(axis=1), 1 - NEARLY_ALL)
    size = None
    if min((late < 0).mean(), (late > 0).mean()) >= SIGNED:
        least = rounded(float(np.quantile(np.abs(late).min(axis=1), 1 - MOST)), -1)
        size = least if least > 0 else None
    return Settling(rounded(low, -1), rounded(high, 1), rounded(lowest, 1), rounded(highest, -1), size)


def _proposing(recording: Recording, feature: str) -> NDArray[np.float64]:
    """`[N, T+1]` a feature in the agent's proposing episodes of all ordinary contexts."""
    parts = [
        recording.column(feature, c.name, AGENT)[in_proposal_half(recording.seeds(c.name))]
        for c in recording.contexts
        if c.counts
    ]
    return np.concatenate(parts).astype(np.float64)


def rounded(value: float, sign: int) -> float:
    """A number to `DIGITS` significant digits, rounded up (1) or down (-1)."""
    if value == 0 or not math.isfinite(value):
        return 0.0
    unit = 10.0 ** (math.floor(math.log10(abs(value))) + 1 - DIGITS)
    return float(f"{(math.ceil if sign > 0 else math.floor)(value / unit) * unit:.{DIGITS + 1}g}")
