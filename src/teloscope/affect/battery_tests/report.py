"""`report`: can the rest of the mind say it?

    effect = R2(z | other latents, observation) - R2(z | observation), cross-fitted over episodes

Theory: E1. Source: Alain & Bengio 2017 (linear probes); Hewitt & Liang 2019 (control tasks).
"""

from __future__ import annotations

import numpy as np

from teloscope.affect.battery_tests.declared import Declared
from teloscope.affect.evidence import Evidence, NotAssessable
from teloscope.affect.latents import Axes
from teloscope.affect.statistics import Measure, increment
from teloscope.affect.statistics.regression import share

BOUND = 0.02


def others(latents: np.ndarray, basis: np.ndarray) -> np.ndarray:
    """`[M, E, T, D]`: latents without the candidate's subspace."""
    inverse = np.linalg.pinv(basis)  # [M, K, D]
    return latents - np.einsum("metd,mdk,mkc->metc", latents, np.swapaxes(inverse, 1, 2), np.swapaxes(basis, 1, 2))


def measure(evidence: Evidence, axes: Axes) -> list[Measure]:
    """Whether a linear read-out of the rest says valence."""
    if evidence.basis.shape[2] >= evidence.basis.shape[1]:
        raise NotAssessable("The candidate is all of the latents, so there is no rest that could say it.")
    trace = evidence.alone()
    rest = others(trace.latents, evidence.basis)
    moments = increment(trace.observation, rest, axes.valence.of(trace))
    return [Measure("R2 of the rest beyond the observation", moments, share, BOUND)]


TEST = Declared(
    name="report",
    theory="E1",
    question="Can the rest of the mind say it?",
    statistic="share of valence's variance that a ridge read-out of all other latents explains beyond the present "
    "observation, fitted on even and tested on odd episodes and the reverse",
    null="the rest says no more than the observation does: 0",
    intervention="none",
    effect="share of variance, 0 to 1",
    lies=(
        "Decodable is not reported: a recurrent net mixes everything, so a read-out may find what nothing uses.",
        "A slow trend that all latents share is decodable too; the time-shifted control shows how much that gives.",
    ),
    measure=measure,
    axis="read",
    exceeds=("time-shifted z",),
)
