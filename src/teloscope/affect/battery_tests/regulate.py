"""`regulate`: do the calm action, and being told of the benefit, lower it?

    effect = mean z(hurt and calmed) - mean z(hurt), after a signal that lowers valence; the same for told

Theory: E1, E6b (meditation; the vaccine). Episodes are paired: the same worlds with and without.
"""

from __future__ import annotations

import numpy as np

from teloscope.affect.battery_tests.declared import Declared
from teloscope.affect.evidence import Evidence
from teloscope.affect.latents import Axes
from teloscope.affect.statistics import Measure
from teloscope.affect.subject import CALM_STEPS, ONSET

BOUND = 0.1
WINDOW = slice(ONSET + 1, ONSET + CALM_STEPS + 6)


def mean_effect(sums: np.ndarray) -> np.ndarray:
    """Sum over count."""
    with np.errstate(all="ignore"):
        return sums[..., 0] / sums[..., 1]


def paired(first: np.ndarray, second: np.ndarray, unit: np.ndarray | float = 1.0) -> np.ndarray:
    """`[M, E, 2]`: summed differences and their count, of `[M, E, T]` arrays; a NaN on either side counts nowhere."""
    difference = (first - second) / unit
    kept = np.isfinite(difference)
    return np.stack([np.where(kept, difference, 0).sum(-1), kept.sum(-1)], -1)


def measure(evidence: Evidence, axes: Axes) -> list[Measure]:
    """What calm, and what being told, does to valence after the signal."""
    hurt, calmed, told = (axes.valence.of(evidence.alone(c))[..., WINDOW] for c in ("hurt", "hurt_calm", "hurt_told"))
    return [
        Measure("calm action: valence, SD", paired(calmed, hurt), mean_effect, BOUND),
        Measure("told of the benefit: valence, SD", paired(told, hurt), mean_effect, BOUND),
    ]


TEST = Declared(
    name="regulate",
    theory="E1, E6b",
    question="Do the calm action and the told benefit lower it?",
    statistic=f"mean valence in steps {WINDOW.start} to {WINDOW.stop - 1}, after a damage signal at step {ONSET}, with "
    "the calm action (told of the benefit) less without it, in the same worlds; both must rise",
    null="neither changes valence: 0",
    intervention="the lab takes the calm action for the mind; it tells the benefit",
    effect="standard deviations of valence",
    lies=(
        "A mind whose world damps the signal for everybody is regulated by the world; the paired worlds differ in the "
        "action and the telling only.",
        "Being told may change the plan first and the mood by way of it; order asks that.",
    ),
    measure=measure,
    axis="read",
    exceeds=("time-shifted z",),
)
