"""`spillover`: set by hunger, does it shift judgement where hunger is beside the point?

    effects = c(sated) - c(hungry) in a task whose payoff is independent of hunger,
              the same less what is left with valence held at its mean

Hunger is set by the lab, episode by episode, so no autocorrelation of inputs can make the difference; a mood that
wanders without cause differs between episodes but not between hungry and sated ones.

Theory: E7.
"""

from __future__ import annotations

import numpy as np

from teloscope.affect.battery_tests.declared import Declared
from teloscope.affect.battery_tests.interpretation import judged
from teloscope.affect.evidence import Evidence, NotAssessable, needs
from teloscope.affect.latents import Axes
from teloscope.affect.statistics import Measure, bias
from teloscope.affect.traces import Trace

BOUND, MEDIATED_BOUND = 0.1, 0.05
WARM_UP = 20
"""Steps before hunger has set the mood."""


def split(trace: Trace) -> np.ndarray:
    """`[M, E, 8]`: counts of encounters in sated episodes, then in hungry ones (zeros in the other kind)."""
    energy = needs(trace, "energy").energy[..., 0]
    middle = (np.nanmin(energy, 1, keepdims=True) + np.nanmax(energy, 1, keepdims=True)) / 2
    if not (energy < middle).any():
        raise NotAssessable("All episodes of 'judging' start with the same energy; every second must start hungry.")
    counted = judged(trace, slice(WARM_UP, None))
    hungry = (energy < middle)[..., None]
    return np.concatenate([np.where(hungry, 0, counted), np.where(hungry, counted, 0)], -1)


def shift(sums: np.ndarray) -> np.ndarray:
    """c of sated less c of hungry."""
    return bias(sums[..., :4]) - bias(sums[..., 4:8])


def mediated(sums: np.ndarray) -> np.ndarray:
    """The shift less the shift with valence held."""
    return shift(sums[..., :8]) - shift(sums[..., 8:])


def measure(evidence: Evidence, axes: Axes) -> list[Measure]:
    """How much hunger shifts the criterion, and how much of it by way of valence."""
    free = split(evidence.alone("judging"))
    held = split(evidence.clamped(axes.valence, "judging"))
    return [
        Measure("criterion c, sated less hungry", free, shift, BOUND),
        Measure("of it by way of valence", np.concatenate([free, held], -1), mediated, MEDIATED_BOUND),
    ]


TEST = Declared(
    name="spillover",
    theory="E7",
    question="Set by hunger, does it shift judgement where hunger is beside the point?",
    statistic="criterion c in sated less in hungry episodes of a task whose payoff is independent of hunger; and the "
    "part that is gone when valence is held at its mean",
    null="hunger does not shift the criterion: 0",
    intervention="hunger is set by the lab in every second episode; valence is held",
    effect="criterion c",
    lies=(
        "A policy that reads energy directly also shifts; then holding valence changes nothing.",
        "If foes were more frequent in hungry times of training, the shift is knowledge of that.",
    ),
    measure=measure,
    axis="none",
)
