"""C1 `adds`: does it predict behaviour beyond the value and what was lately observed?

    effect = R2(effort to come | V, observations, z) - R2(effort to come | V, observations), cross-fitted

Theory: E7.
"""

from __future__ import annotations

import numpy as np

from teloscope.affect.battery_tests.declared import Declared
from teloscope.affect.evidence import Evidence
from teloscope.affect.latents import Axes
from teloscope.affect.latents.candidates import future_effort
from teloscope.affect.statistics import Measure, increment
from teloscope.affect.statistics.regression import share
from teloscope.affect.traces import Trace

BOUND = 0.01
WINDOW = (0, 1, 2, 3, 4)
"""Lags of the observations that are known."""


def known(trace: Trace) -> np.ndarray:
    """`[M, E, T, P]`: the value and the observations of the last steps."""
    parts = [lagged(trace.observation, lag) for lag in WINDOW]
    value = value_of(trace)
    if value is not None:
        parts += [lagged(value[..., None], lag) for lag in WINDOW]
    return np.concatenate(parts, -1)


def value_of(trace: Trace) -> np.ndarray | None:
    """`[M, E, T]`: the critic's value; the oracle's F where there is no critic; None: neither."""
    if trace.has("value"):
        return trace.value
    return None if trace.prospects is None else trace.prospects.mean(-1)


def lagged(values: np.ndarray, lag: int) -> np.ndarray:
    """`[M, E, T, P]` some steps earlier; NaN before the start."""
    if not lag:
        return values
    moved = np.full(values.shape, np.nan)
    moved[:, :, lag:] = values[:, :, :-lag]
    return moved


def measure(evidence: Evidence, axes: Axes) -> list[Measure]:
    """What both axes add."""
    trace = evidence.alone()
    z = np.stack([axes.valence.of(trace), axes.arousal.of(trace)], -1)
    ahead = future_effort(trace)[..., :2].mean(-1)
    return [Measure("R2 of effort to come", increment(known(trace), z, ahead), share, BOUND)]


TEST = Declared(
    name="adds",
    theory="C1, E7",
    question="Does it predict behaviour beyond value and observations?",
    statistic=f"share of the variance of effort in the next two steps that valence and arousal explain beyond the "
    f"value and the observations of the last {len(WINDOW)} steps, fitted on even and tested on odd episodes and the "
    "reverse",
    null="nothing is added: 0",
    intervention="none",
    effect="share of variance, 0 to 1",
    lies=(
        f"Every latent is a function of the whole past; what it adds to {len(WINDOW)} steps may be older observations.",
        "Effort is autocorrelated, so a latent that follows effort predicts it; the push tests ask for the cause.",
    ),
    measure=measure,
    axis="read",
    exceeds=("time-shifted z", "random directions"),
)
