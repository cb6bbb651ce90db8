"""Evidence: the recordings of a subject that the battery asks for, made when first asked for and kept.

Half A of the episodes finds the candidate and its axes; half B, with other worlds, is tested. Both halves have seeds of
their own.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from teloscope.affect.latents import Axes, candidate, find_axes
from teloscope.affect.latents.axes import Axis
from teloscope.affect.subject import Subject
from teloscope.affect.traces import Push, Trace, joined, record

LEVEL = 1.5
"""Pushes displace a coordinate by this many standard deviations, up and down."""
START, STOP = 10, 30
"""Steps in which a push is held."""
FITTED = ("forage", "mirror", "symmetric")
"""Contexts that directions are fitted on, as far as a subject offers them."""
PUSHED_STEPS = 46
"""Steps of a recording with a push."""


class NotAssessable(Exception):
    """A test can't be made with this subject; the message says why, and what it needs."""


@dataclass
class Evidence:
    """A subject and what was recorded of it."""

    subject: Subject
    without: Subject | None = None
    """The same minds trained without the candidate's channel."""
    episodes: int = 24
    """Of each mind and half."""
    steps: int = 100
    seed: int = 0
    clones: int = 64
    """How many clones estimate F_t."""
    directions: int = 200
    """How many random directions are controls, over all minds."""
    chosen: str = "slow"
    """The candidate."""
    kept: dict[tuple, Trace] = field(default_factory=dict)

    def trace(self, context: str, push: Push | None = None, key: str = "", clones: int = 0, half: str = "B") -> Trace:
        """A recording; with a push, `key` names it.

        Raises:
            NotAssessable: the subject does not offer the context, or can't be intervened on.
        """
        name = (context, key, half, clones)
        if name in self.kept:
            return self.kept[name]
        about = self.subject.description
        if context not in about.contexts:
            raise NotAssessable(f"{about.name} does not offer the context {context!r}.")
        if push is not None and not about.settable:
            raise NotAssessable(f"The latents of {about.name} can't be set.")
        steps = min(about.horizon, self.steps if push is None or key.startswith("clamp") else PUSHED_STEPS)
        seed = 2 * self.seed + (half == "B")
        made = record(
            self.subject,
            context,
            episodes=self.episodes,
            steps=steps,
            seed=seed,
            push=push,
            clones=clones,
            carry=STOP if half == "B" and not key and about.settable else 0,
        )
        self.kept[name] = made
        return made

    def alone(self, context: str = "forage", half: str = "B") -> Trace:
        """A recording without intervention; with the oracle where the subject has one and the context is `forage` or a
        variant of it."""
        oracle = self.subject.description.clonable and context in ("forage", "mirror", "symmetric", "no_shock")
        return self.trace(context, clones=self.clones if oracle else 0, half=half)

    def pushed(self, axis: Axis, context: str = "forage") -> tuple[Trace, Trace]:
        """Recordings with the axis displaced up and down, in the same worlds."""
        return self.displaced(axis, LEVEL, context), self.displaced(axis, -LEVEL, context)

    def displaced(self, axis: Axis, level: float, context: str = "forage") -> Trace:
        """A recording with the axis displaced by some standard deviations while the push is held."""
        if not self.subject.description.settable:
            raise NotAssessable(f"The latents of {self.subject.description.name} can't be set.")
        push = axis.push(level, START, STOP, self.alone(context).carried)
        return self.trace(context, push, f"{axis.key} {level:+g}")

    def clamped(self, axis: Axis, context: str) -> Trace:
        """A recording with the axis held at its mean all along."""
        return self.trace(context, axis.push(0.0, 0, self.steps), f"clamp {axis.key}")

    @cached_property
    def ordinary(self) -> Trace:
        """Half A of the standard, the mirrored and the symmetric world together, so that the direction of events and
        their size are apart; what directions are fitted on."""
        worlds = [name for name in FITTED if name in self.subject.description.contexts]
        return joined([self.alone(name, half="A") for name in worlds])

    @cached_property
    def basis(self) -> np.ndarray:
        """`[M, D, K]`: the candidate's subspace, found on half A."""
        return candidate(self.chosen, self.ordinary, self.subject.description.slow)

    @cached_property
    def axes(self) -> Axes:
        """The candidate's axes, found on half A."""
        return find_axes(self.ordinary, self.basis, self.chosen)

    @cached_property
    def spread(self) -> dict[str, np.ndarray]:
        """Field -> `[M, 1]`, its standard deviation on half A, the unit of effects on it."""
        trace = self.alone(half="A")
        found = {}
        for name in ("effort", "avoid", "calm", "reward"):
            values = trace.steps[name]
            spread = (
                np.sqrt(np.nanvar(values, axis=(1, 2))) if np.isfinite(values).any() else np.full(len(values), np.nan)
            )
            found[name] = np.where(spread > 1e-9, spread, np.nan)[:, None]
        return found


def needs(trace: Trace, *names: str) -> Trace:
    """The trace, if the subject gives these fields.

    Raises:
        NotAssessable: it does not.
    """
    missing = [name for name in names if not trace.has(name)]
    if missing:
        raise NotAssessable(f"The subject does not give {', '.join(missing)} in the context {trace.context!r}.")
    return trace
