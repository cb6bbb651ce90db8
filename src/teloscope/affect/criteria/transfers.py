"""C2 `transfers`: fitted on hunger, does it hold for injury?

    w: the candidate's direction that predicts whom the mind takes for a foe, fitted where hunger sets the mood
    effects = shift of the latents along w in injured minds,   shift of the criterion c there

Theory: E7.
"""

from __future__ import annotations

import numpy as np

from teloscope.affect.battery_tests.declared import Declared
from teloscope.affect.battery_tests.interpretation import judged
from teloscope.affect.battery_tests.regulate import mean_effect, paired
from teloscope.affect.evidence import Evidence, needs
from teloscope.affect.latents import Axes
from teloscope.affect.latents.axes import Axis
from teloscope.affect.statistics import Measure, bias
from teloscope.affect.statistics.regression import logistic

BOUND, BIAS_BOUND = 0.3, 0.05
SETTLED = slice(15, 80)


def hostility(evidence: Evidence) -> Axis:
    """Direction of the candidate that predicts avoiding, given the cue, where half of the episodes are hungry."""
    trace = needs(evidence.alone("judging", half="A"), "avoid", "cue")
    minds, basis, centre = trace.shape[0], evidence.axes.basis, evidence.axes.valence.centre
    inside = np.einsum("metd,mdk->metk", trace.latents - centre[:, None, None], basis).reshape(
        minds, -1, basis.shape[2]
    )
    cue = trace.cue.reshape(minds, -1)
    avoid = trace.avoid.reshape(minds, -1)
    kept = np.isfinite(cue) & np.isfinite(avoid)
    design = np.concatenate([inside, np.nan_to_num(cue)[..., None]], -1)
    weights = logistic(design, np.nan_to_num(avoid), kept, ridge=0.1)[:, : basis.shape[2]]
    readout = np.einsum("mdk,mk->md", basis, weights)
    ordinary = evidence.alone(half="A")
    spread = np.einsum("metd,md->met", ordinary.latents - centre[:, None, None], readout).std((1, 2))
    readout = readout / np.where(spread > 1e-9, spread, np.inf)[:, None]
    return Axis(readout, readout, centre, "hostility")


def bias_change(sums: np.ndarray) -> np.ndarray:
    """How much lower c is in the first four counts than in the last four."""
    return bias(sums[..., 4:]) - bias(sums[..., :4])


def measure(evidence: Evidence, axes: Axes) -> list[Measure]:
    """What injury does to the direction that was fitted on hunger, and to judgement."""
    axis, injured, ordinary = hostility(evidence), evidence.alone("injured"), evidence.alone()
    shift = paired(axis.of(injured)[..., SETTLED], axis.of(ordinary)[..., SETTLED])
    judgement = np.concatenate([judged(injured, SETTLED), judged(ordinary, SETTLED)], -1)
    return [
        Measure("shift of the hunger-fitted direction by injury, SD", shift, mean_effect, BOUND),
        Measure("fall of the criterion c by injury", judgement, bias_change, BIAS_BOUND),
    ]


TEST = Declared(
    name="transfers",
    theory="C2, E7",
    question="Fitted on hunger, does it hold for injury?",
    statistic="shift, in injured minds, of the latents along the direction that predicts avoidance where hunger sets "
    "the mood (half A); and fall of the criterion c there",
    null="injury does not move that direction: 0",
    intervention="hunger and injury are set by the lab",
    effect="standard deviations; c",
    lies=(
        "A value falls with hunger and with injury too; a value tracker may pass this one.",
        "If injury also costs energy, it is hunger again; injured minds here start with full energy.",
    ),
    measure=measure,
    axis="none",
)
