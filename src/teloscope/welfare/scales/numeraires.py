"""Expected sums in the unit of each being: means of ratios of scales differ from unit to unit, so all are shown.

In the unit of being n the expected sum is

    V_n(x) = sum_b n_b E[a_b / a_n] u[x, b]

and E[a_1 / a_2] is not 1 / E[a_2 / a_1]: each being looks large in the other's unit. Where the best option depends
on n,
an expected value of that kind answers nothing. No mean of ratios is therefore used anywhere else.

Theory: E0. Source: the two-envelope problem (Kraitchik 1943; Nalebuff 1989); for moral weights Tomasik 2013.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from teloscope.welfare.tables.utilities import Floats


class Numeraire(NamedTuple):
    """What the largest expected sum is in one being's unit."""

    being: int
    best: tuple[int, ...]
    """Options with the largest expected sum; empty where means are infinite."""
    ratios: Floats
    """`[B]` mean scale of each being in this one's unit."""


def numeraires(values: Floats, counts: Floats, mean_ratios: Floats) -> list[Numeraire]:
    """The best option in each being's unit.

    Args:
        values: `[F, B]` undominated options, each column shifted so that differences are what matters.
        counts: `[B]` numbers of beings, or ones.
        mean_ratios: `[B, B]` mean of the scale of the column over that of the row.
    """
    told = []
    for n, ratios in enumerate(mean_ratios):
        if not np.isfinite(ratios).all():
            told.append(Numeraire(n, (), ratios))
            continue
        weights = ratios * counts
        sums = values @ (weights / weights.max())
        best = np.flatnonzero(sums >= sums.max() - 1e-12 * max(1.0, float(np.abs(sums).max())))
        told.append(Numeraire(n, tuple(int(x) for x in best), ratios))
    return told
