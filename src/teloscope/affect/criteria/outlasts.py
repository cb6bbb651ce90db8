"""C3 `outlasts`: after a push is withdrawn, does its effect on behaviour go on?

    effects = effort(was held high) - effort(was held low) in the steps after withdrawal, in SD per SD of arousal,
              the same over the effect while held

Theory: E7. Source: functional-welfare-steering-withdrawal (a steering effect that ends with the steering is no state).
"""

from __future__ import annotations

import numpy as np

from teloscope.affect.battery_tests.activity import effort_moments
from teloscope.affect.battery_tests.declared import Declared
from teloscope.affect.battery_tests.regulate import mean_effect
from teloscope.affect.evidence import STOP, Evidence
from teloscope.affect.latents import Axes
from teloscope.affect.statistics import Measure

BOUND, RETAINED_BOUND = 0.02, 0.1
AFTER = slice(STOP + 3, STOP + 11)
"""Steps after withdrawal that count; the first few may be a delay of the body."""


def retained(sums: np.ndarray) -> np.ndarray:
    """The effect after withdrawal over the effect while held; 0 where nothing was moved."""
    after, held = mean_effect(sums[..., :2]), mean_effect(sums[..., 2:])
    with np.errstate(all="ignore"):
        return np.where(np.abs(held) > 1e-6, after / held, 0.0)


def measure(evidence: Evidence, axes: Axes) -> list[Measure]:
    """What is left of the effect on effort."""
    held, after = effort_moments(evidence, axes.arousal), effort_moments(evidence, axes.arousal, AFTER)
    return [
        Measure("effort after withdrawal, SD per SD of arousal", after, mean_effect, BOUND),
        Measure("share of the effect that is left", np.concatenate([after, held], -1), retained, RETAINED_BOUND),
    ]


TEST = Declared(
    name="outlasts",
    theory="C3, E7",
    question="Does the effect of a push outlast the push?",
    statistic=f"effort in steps {AFTER.start} to {AFTER.stop - 1}, after a push that ended at step {STOP}, with "
    "arousal held high before less held low; and its share of the effect while held",
    null="nothing is left: 0",
    intervention="arousal is set, held and let go",
    effect="standard deviations of effort per standard deviation of arousal; share",
    lies=(
        "A latent that is autocorrelated of itself (a clock) looks persistent in recordings; only a push shows whether "
        "it keeps what it is given.",
        "The world may keep the effect (energy was spent); compare with the effect of random directions.",
    ),
    measure=measure,
    axis="pushed",
    exceeds=("random directions",),
)
