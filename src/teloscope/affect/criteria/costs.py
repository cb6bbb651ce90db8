"""C5 `costs`: does it cost where it is beside the point, while minds without it have fewer offspring?

    effects = reward(valence held at its mean) - reward(free) where hunger is beside the point, in SD of reward,
              share of offspring that the channel adds

Theory: E2, E7.
"""

from __future__ import annotations

import numpy as np

from teloscope.affect.battery_tests import fitness
from teloscope.affect.battery_tests.declared import Declared
from teloscope.affect.battery_tests.regulate import mean_effect, paired
from teloscope.affect.battery_tests.spillover import WARM_UP
from teloscope.affect.evidence import Evidence
from teloscope.affect.latents import Axes
from teloscope.affect.statistics import Measure

BOUND = 0.01


def measure(evidence: Evidence, axes: Axes) -> list[Measure]:
    """What it costs in the judging task, and what its absence costs in life."""
    lost = fitness.measure(evidence, axes)
    free, held = evidence.alone("judging"), evidence.clamped(axes.valence, "judging")
    unit = np.sqrt(np.nanvar(free.reward, axis=(1, 2)))[:, None, None]
    moments = paired(held.reward[..., WARM_UP:], free.reward[..., WARM_UP:], np.where(unit > 1e-9, unit, np.inf))
    return [Measure("reward with valence held less free, SD", moments, mean_effect, BOUND), *lost]


TEST = Declared(
    name="costs",
    theory="C5, E2, E7",
    question="Does it cost where it is beside the point, and yet pay in life?",
    statistic="reward per step in a task whose payoff is independent of hunger, with valence held at its mean less "
    "free; and the share of offspring that the channel adds",
    null="holding it changes nothing, or its absence costs nothing: 0",
    intervention="valence is held; training again without the channel",
    effect="standard deviations of reward; share of offspring",
    lies=(
        "A mind that was never trained on the task is bad at it for other reasons; the comparison is within the task.",
        "See fitness.",
    ),
    measure=measure,
    axis="none",
)
