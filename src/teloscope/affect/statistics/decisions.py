"""Decisions by rules that are declared before: present, absent, undecided, or not assessable.

A test has one or more measures that must all hold (intersection-union: its p value is the largest of theirs). Holm's
procedure runs over the declared tests that could be assessed.

Source: Holm 1979; Berger 1982 (intersection-union tests).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np

from teloscope.affect.statistics.effects import Measure, t_test

ALPHA = 0.05
Decision = Literal["present", "absent", "undecided", "not assessable"]


def p_values(measures: Sequence[Measure]) -> tuple[float, float]:
    """Of a test: p of "every measure is above its bound", and p of "some measure is below its bound".

    The second is the smallest over the measures, Bonferroni-corrected.
    """
    both = [t_test(m.by_mind(), m.bound, m) for m in measures]
    return max(above for above, _ in both), min(1.0, len(both) * min(below for _, below in both))


def holm(p: Mapping[str, float]) -> dict[str, float]:
    """Name -> p value adjusted by Holm's procedure over all names."""
    order = sorted(p, key=lambda name: p[name])
    adjusted: dict[str, float] = {}
    running = 0.0
    for place, name in enumerate(order):
        running = max(running, min(1.0, (len(order) - place) * p[name]))
        adjusted[name] = running
    return adjusted


def decide(p: Mapping[str, tuple[float, float]], *, alpha: float = ALPHA) -> dict[str, Decision]:
    """Name -> present, absent or undecided.

    Args:
        p: name -> both p values of `p_values`, of the tests that could be assessed.
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
