"""`activity`: set arousal, does vigour follow?

    effect = (mean effort with arousal held high - held low) / (high - low), in standard deviations of effort

Theory: E3. Valence is another axis: calm and sad both lower activity, stress raises it. The page shows the effect of
both.
"""

from __future__ import annotations

import numpy as np

from teloscope.affect.battery_tests.declared import Declared
from teloscope.affect.battery_tests.regulate import mean_effect, paired
from teloscope.affect.evidence import LEVEL, START, STOP, Evidence
from teloscope.affect.latents import Axes
from teloscope.affect.latents.axes import Axis
from teloscope.affect.statistics import Measure

BOUND = 0.05


def effort_moments(evidence: Evidence, axis: Axis, window: slice = slice(START, STOP)) -> np.ndarray:
    """`[M, E, 2]`: effects of a push on effort per standard deviation of the axis."""
    high, low = evidence.pushed(axis)
    unit = 2 * LEVEL * evidence.spread["effort"][..., None]
    return paired(high.effort[..., window], low.effort[..., window], unit)


def measure(evidence: Evidence, axes: Axes) -> list[Measure]:
    """What arousal does to effort while it is held."""
    moments = effort_moments(evidence, axes.arousal)
    return [Measure("effort, SD per SD of arousal", moments, mean_effect, BOUND)]


TEST = Declared(
    name="activity",
    theory="E3",
    question="Set arousal: does vigour follow?",
    statistic=f"mean effort in steps {START} to {STOP - 1} with arousal held {LEVEL} SD high less held {LEVEL} SD low, "
    "in the same worlds",
    null="effort stays as it is: 0",
    intervention="the candidate's arousal axis is set",
    effect="standard deviations of effort per standard deviation of arousal",
    lies=(
        "Any push of that size may disturb a policy; the random directions show how much.",
        "A motor latent moves effort and is no affect; spreads and outlasts ask for more.",
    ),
    measure=measure,
    axis="pushed",
    exceeds=("random directions",),
)
