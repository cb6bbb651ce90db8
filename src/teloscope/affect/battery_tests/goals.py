"""`goals`: a double dissociation: set the hungry pattern and food is sought, set the sleepy pattern and rest is.

    effects = food(hungry pattern) - food(sleepy pattern),   rest(sleepy pattern) - rest(hungry pattern)

Theory: E3. The patterns are mean latents in hungry and in sleepy episodes of half A, less those in forage; they are set
in minds that are neither.
"""

from __future__ import annotations

import numpy as np

from teloscope.affect.battery_tests.declared import Declared
from teloscope.affect.battery_tests.regulate import mean_effect, paired
from teloscope.affect.evidence import START, STOP, Evidence, NotAssessable, needs
from teloscope.affect.latents import Axes
from teloscope.affect.latents.axes import Axis
from teloscope.affect.statistics import Measure
from teloscope.affect.subject import TARGETS
from teloscope.affect.traces import Trace

BOUND = 0.05


def pattern(evidence: Evidence, context: str) -> Axis:
    """What a context does to the candidate's latents."""
    there, here = evidence.alone(context, half="A"), evidence.alone(half="A")
    shift = there.latents.mean((1, 2)) - here.latents.mean((1, 2))
    basis = evidence.axes.basis
    inside = np.einsum("mdk,mkc,mc->md", basis, np.linalg.pinv(basis), shift)
    size = (inside**2).sum(1, keepdims=True)
    if not (size > 1e-12).any():
        raise NotAssessable(f"The context {context!r} does not move the candidate's latents at all.")
    readout = inside / np.where(size > 1e-12, size, np.inf)
    return Axis(readout, inside, here.latents.mean((1, 2)), f"{evidence.chosen} {context}")


def share_of(trace: Trace, target: str) -> np.ndarray:
    """`[M, E, T]`: whether an action is directed at a target, while the push is held."""
    return sought(needs(trace, "target"), target)


def sought(trace: Trace, target: str) -> np.ndarray:
    """`[M, E, T]`: the same, NaN where the subject does not say it."""
    chosen = trace.target[..., START:STOP]
    return np.where(np.isfinite(chosen), chosen == TARGETS[target], np.nan)


def measure(evidence: Evidence, axes: Axes) -> list[Measure]:
    """What the two patterns do to what is sought."""
    hungry, sleepy = (evidence.displaced(pattern(evidence, context), 1.0) for context in ("hungry", "sleepy"))
    return [
        Measure(
            f"{target} sought, share of steps",
            paired(share_of(first, target), share_of(second, target)),
            mean_effect,
            BOUND,
        )
        for target, first, second in (("food", hungry, sleepy), ("rest", sleepy, hungry))
    ]


TEST = Declared(
    name="goals",
    theory="E3",
    question="Do hungry and sleepy patterns each bring their own goal?",
    statistic="share of actions directed at food with the hungry less with the sleepy pattern set, and at rest the "
    "other way round, in forage; both must rise",
    null="what is sought does not depend on the pattern: 0",
    intervention="the candidate's latents are set to the pattern of the context",
    effect="share of actions",
    lies=(
        "If the pattern copies what the senses show, setting it fakes a sense and no feeling.",
        "One latent that says food or rest gives both effects; the dissociation is in behaviour, not in latents.",
    ),
    measure=measure,
    axis="none",
)
