"""`interpretation`: set valence low, do ambiguous others look more hostile, and no less distinguishable?

    effect = (c(held high) - c(held low)) / (high - low);      and |change of c| - |change of d'| > 0

Theory: E3. Source: Green & Swets 1966.
"""

from __future__ import annotations

import numpy as np

from teloscope.affect.battery_tests.declared import Declared
from teloscope.affect.evidence import LEVEL, START, STOP, Evidence, needs
from teloscope.affect.latents import Axes
from teloscope.affect.statistics import Measure, bias, sensitivity
from teloscope.affect.statistics.signal_detection import counts
from teloscope.affect.traces import Trace

BOUND = 0.05


def judged(trace: Trace, window: slice) -> np.ndarray:
    """`[M, E, 4]`: counts of the encounters in some steps."""
    needs(trace, "avoid", "foe")
    return counts(trace.avoid[..., window], trace.foe[..., window])


def bias_shift(sums: np.ndarray) -> np.ndarray:
    """Change of c per standard deviation; sums hold the counts held high, then held low."""
    return (bias(sums[..., :4]) - bias(sums[..., 4:])) / (2 * LEVEL)


def bias_over_sensitivity(sums: np.ndarray) -> np.ndarray:
    """How much more c changes than d' does."""
    change = (sensitivity(sums[..., :4]) - sensitivity(sums[..., 4:])) / (2 * LEVEL)
    return np.abs(bias_shift(sums)) - np.abs(change)


def measure(evidence: Evidence, axes: Axes) -> list[Measure]:
    """What valence does to the criterion and to sensitivity."""
    held = slice(START, STOP)
    high, low = (judged(t, held) for t in evidence.pushed(axes.valence))
    moments = np.concatenate([high, low], -1)
    return [
        Measure("criterion c per SD of valence", moments, bias_shift, BOUND),
        Measure("change of c less change of d'", moments, bias_over_sensitivity, 0.0),
    ]


TEST = Declared(
    name="interpretation",
    theory="E3",
    question="Set valence low: do others look more hostile?",
    statistic="criterion c of taking another for a foe with valence held high less held low; and by how much c changes "
    "more than d' does",
    null="the criterion stays as it is: 0",
    intervention="the candidate's valence axis is set",
    effect="c per standard deviation of valence",
    lies=(
        "If others really are more often foes when valence is low, the shift is knowledge; here foes are as likely at "
        "every level, since the lab sets it.",
        "A blurred cue moves d' and, near a ceiling, c too; so c must change more than d' does.",
    ),
    measure=measure,
    axis="pushed",
    exceeds=("random directions",),
)
