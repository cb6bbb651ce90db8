"""C4 `spreads`: does one direction move at least three effectors?

    effects = change of effort, avoidance, calm actions, food seeking, rest seeking, each in SD per SD of valence

Three of them must not be 0: the third smallest of their two-sided p values, times three (a partial conjunction).

Theory: E7. Source: Benjamini & Heller 2008.
"""

from __future__ import annotations

import numpy as np

from teloscope.affect.battery_tests.declared import Declared
from teloscope.affect.battery_tests.goals import sought
from teloscope.affect.battery_tests.regulate import mean_effect, paired
from teloscope.affect.evidence import LEVEL, START, STOP, Evidence, NotAssessable
from teloscope.affect.latents import Axes
from teloscope.affect.statistics import Measure
from teloscope.affect.subject import TARGETS
from teloscope.affect.traces import Trace

BOUND = 0.02
AT_LEAST = 3
EFFECTORS = ("effort", "avoid", "calm", "food", "rest")


def moved(trace: Trace, effector: str) -> np.ndarray:
    """`[M, E, T]`: what an effector does while the push is held."""
    return sought(trace, effector) if effector in TARGETS else trace.steps[effector][..., START:STOP]


def measure(evidence: Evidence, axes: Axes) -> list[Measure]:
    """What valence does to each effector that the mind has."""
    high, low = evidence.pushed(axes.valence)
    ordinary = evidence.alone(half="A")
    found = []
    for effector in EFFECTORS:
        values = moved(ordinary, effector)
        if not np.isfinite(values).any():
            continue
        spread = np.sqrt(np.nanvar(values, axis=(1, 2)))[:, None, None]
        unit = 2 * LEVEL * np.where(spread > 1e-6, spread, np.inf)
        moments = paired(moved(high, effector), moved(low, effector), unit)
        found.append(Measure(f"{effector}, SD per SD of valence", moments, mean_effect, BOUND))
    if len(found) < AT_LEAST:
        raise NotAssessable(f"The subject shows {len(found)} of the effectors {', '.join(EFFECTORS)}; 3 are needed.")
    return found


TEST = Declared(
    name="spreads",
    theory="C4, E7",
    question="Does one direction move at least three effectors?",
    statistic="change of each effector (effort, avoidance, calm actions, food and rest seeking) with valence held high "
    "less held low, in the same worlds",
    null="fewer than three are moved",
    intervention="the candidate's valence axis is set",
    effect="standard deviations of the effector per standard deviation of valence; the third largest counts",
    lies=(
        "Effectors hang together: who seeks food can't rest. Three of five with two that exclude each other is weak.",
        "A push that is large enough moves everything; the random directions show how much.",
    ),
    measure=measure,
    axis="pushed",
    two_sided=True,
    at_least=AT_LEAST,
)
