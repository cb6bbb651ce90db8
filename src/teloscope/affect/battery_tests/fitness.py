"""`fitness`: do minds trained without the channel have fewer offspring?

    effect = offspring(trained with) / offspring(trained without) - 1

Theory: E2.
"""

from __future__ import annotations

import numpy as np

from teloscope.affect.battery_tests.declared import Declared
from teloscope.affect.evidence import Evidence, NotAssessable, needs
from teloscope.affect.latents import Axes
from teloscope.affect.statistics import Measure
from teloscope.affect.traces import record

BOUND = 0.005


def gained(sums: np.ndarray) -> np.ndarray:
    """Offspring that the channel adds, as a share of what there is without it."""
    with np.errstate(all="ignore"):
        return sums[..., 0] / sums[..., 1] - 1


def measure(evidence: Evidence, axes: Axes) -> list[Measure]:
    """Offspring in `forage` with and without."""
    if evidence.without is None:
        raise NotAssessable(
            "There are no minds that were trained again without the channel; give them as `without`. Taking the "
            "channel from a trained mind is no substitute: it breaks what has grown around it."
        )
    minds = evidence.subject.description.minds
    if evidence.without.description.minds != minds:
        raise NotAssessable("There must be as many minds without the channel as with it, pair by pair.")
    trace = needs(evidence.alone(), "offspring")
    steps = trace.shape[2]
    other = record(evidence.without, "forage", episodes=evidence.episodes, steps=steps, seed=2 * evidence.seed + 1)
    born = [np.nansum(t.offspring, -1) for t in (trace, needs(other, "offspring"))]
    return [Measure("offspring added by the channel, share", np.stack(born, -1), gained, BOUND)]


TEST = Declared(
    name="fitness",
    theory="E2",
    question="Do minds trained without the channel have fewer offspring?",
    statistic="offspring in forage with the channel over offspring without it, less 1, pair by pair of training "
    "seeds, in the same worlds",
    null="as many offspring without it: 0",
    intervention="training again without the channel",
    effect="share of offspring",
    lies=(
        "The channel is also capacity and memory; the smaller mind may lose by these. Match parameters.",
        "Training luck: with few pairs of seeds one bad run decides.",
    ),
    measure=measure,
    axis="none",
)
