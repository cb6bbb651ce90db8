"""Decisions by rules that are declared before: present, absent, undecided, or not assessable.

A test has one or more measures that must all hold (intersection-union: its p value is the largest of theirs). Holm's
procedure runs over the declared tests that could be assessed.

Source: Holm 1979; Berger 1982 (intersection-union tests).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np

from teloscope.goals.statistics import holm as holm_adjusted

ALPHA = 0.05
Decision = Literal["present", "absent", "undecided", "not assessable"]


def holm(p: Mapping[str, float]) -> dict[str, float]:
    """Name -> p value adjusted by Holm's procedure over all names."""
    return dict(zip(p, holm_adjusted(list(p.values())).tolist(), strict=True))


def decide(p: Mapping[str, tuple[float, float]], *, alpha: float = ALPHA) -> dict[str, Decision]:
    """Name -> present, absent or undecided.

    Args:
        p: name -> p of "every measure is above its bound" and p of "some measure is below its bound", of the tests
            that could be assessed.
        alpha: the chance of any false "present" among all of them; "absent" is decided test by test.
    """
    adjusted = holm({name: above for name, (above, _) in p.items()})
    return {
        name: "present" if adjusted[name] <= alpha else "absent" if below <= alpha else "undecided"
        for name, (_, below) in p.items()
    }


def smallest_detectable(minds: int, tests: int, *, power: float = 0.8, alpha: float = ALPHA) -> float:
    """The standardised effect (mean over spread between minds) that a test finds with the given power; inf for one
    mind, which has no spread."""
    from scipy import optimize, stats

    if minds < 2:
        return np.inf
    free = minds - 1
    critical = stats.t.isf(alpha / tests, free)

    def spare(effect: float) -> float:
        return float(stats.nct.sf(critical, free, effect * np.sqrt(minds))) - power

    largest = 200.0
    if spare(largest) <= 0:
        return np.inf
    return float(optimize.root_scalar(spare, bracket=(0.0, largest), method="brentq").root)
