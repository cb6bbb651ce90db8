"""`order`: does z move before the planner's output does, and without it?

    effects = latency(plan) - latency(z) after sudden events,   response(planner cut) / response(planner on)

The latency is the step, interpolated, at which the mean response reaches half of its largest size. That z is competent
in training before the planner is needs minds saved during training; it is not assessed here.

Theory: E6.
"""

from __future__ import annotations

import numpy as np

from teloscope.affect.battery_tests.declared import Declared
from teloscope.affect.evidence import Evidence, NotAssessable, needs
from teloscope.affect.latents import Axes
from teloscope.affect.statistics import Measure
from teloscope.affect.traces import Trace

LATENCY_BOUND, SURVIVAL_BOUND = 0.5, 0.5
LAGS = 9
"""Steps after an event."""


def locked(trace: Trace, values: np.ndarray) -> np.ndarray:
    """`[M, E, LAGS + 1]`: values after events less before, with the event's sign, summed; and the count of events."""
    event, steps = np.nan_to_num(trace.event), values.shape[-1]
    inside = slice(1, steps - LAGS)
    before = values[..., : steps - LAGS - 1]
    sums = [
        np.nansum(event[..., inside] * (values[..., 1 + lag : steps - LAGS + lag] - before), -1) for lag in range(LAGS)
    ]
    return np.stack([*sums, (event[..., inside] != 0).sum(-1)], -1)


def latency(sums: np.ndarray) -> np.ndarray:
    """Steps until half of the largest response, interpolated; NaN without response."""
    response = np.abs(sums[..., :LAGS])
    half = response.max(-1, keepdims=True) / 2
    first = (response >= half).argmax(-1)
    now = np.take_along_axis(response, first[..., None], -1)[..., 0]
    before = np.where(first > 0, np.take_along_axis(response, np.maximum(first - 1, 0)[..., None], -1)[..., 0], 0.0)
    with np.errstate(all="ignore"):
        return first - (now - half[..., 0]) / (now - before)


def later(sums: np.ndarray) -> np.ndarray:
    """By how many steps the plan follows z."""
    return latency(sums[..., LAGS + 1 :]) - latency(sums[..., : LAGS + 1])


def survival(sums: np.ndarray) -> np.ndarray:
    """Mean response with the planner cut over that with it, in the first steps after the event."""
    on, cut = sums[..., : LAGS + 1], sums[..., LAGS + 1 :]
    with np.errstate(all="ignore"):
        return (cut[..., :LAGS].mean(-1) / cut[..., LAGS]) / (on[..., :LAGS].mean(-1) / on[..., LAGS])


def measure(evidence: Evidence, axes: Axes) -> list[Measure]:
    """Latencies, and what is left without the planner."""
    trace = needs(evidence.alone(), "plan")
    if not (np.abs(np.nan_to_num(trace.event)) > 0).any():
        raise NotAssessable("Nothing sudden happened in 'forage', so there are no events to measure a latency from.")
    cut = evidence.alone("unplanned")
    response = locked(trace, axes.valence.of(trace))
    return [
        Measure(
            "plan later than valence, steps",
            np.concatenate([response, locked(trace, trace.plan)], -1),
            later,
            LATENCY_BOUND,
        ),
        Measure(
            "response left without the planner, share",
            np.concatenate([response, locked(cut, axes.valence.of(cut))], -1),
            survival,
            SURVIVAL_BOUND,
        ),
    ]


TEST = Declared(
    name="order",
    theory="E6",
    question="Does it move before the planner, and without it?",
    statistic="latency of the planner's output less latency of valence after sudden events; share of valence's "
    "response that is left when the planner is cut",
    null="valence follows the plan, or needs it: 0 steps, no response",
    intervention="the planner is cut",
    effect="steps; share",
    lies=(
        "The planner's output may be read too late in its computation; read it where it first exists.",
        "A mind that was trained with a planner may do without it by habit, and still have learned the habit from it.",
    ),
    measure=measure,
    axis="none",
)
