"""Two axes of a candidate, set apart: valence colours judgement, arousal moves effort.

Valence is the direction that predicts, beyond the cue, whom the mind takes for a foe; where the mind's judgement can't
be predicted so, it is the direction that says how prospects changed lately. Its sign is that of the change of
prospects. (Directions that are fitted to change alone undo an asymmetry between losses and gains with the help of any
latent that follows their size, so the mind's gain ratio would always be 1.) Arousal is the direction that predicts
effort to come, made uncorrelated with valence; where nothing is left of it, the candidate has one axis, and it stands
for both. Both lie in the candidate's subspace and are fitted on episodes that are not tested.

Theory: E3 (calm and sad both lower activity, stress raises it: one axis can't say that).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from teloscope.affect.latents.candidates import future_effort
from teloscope.affect.statistics.regression import increment, logistic, predicted, share
from teloscope.affect.traces import Push, Trace

RECENT = 10
"""Steps over which changes of prospects are summed."""
JUDGED = 0.002
"""The least share of judgement, cross-fitted, that a candidate must explain for valence to be read from it."""
SECOND_AXIS = 0.1
"""The least share of arousal's variance that valence must not explain for there to be two axes."""


@dataclass(frozen=True)
class Axis:
    """A direction among the latents of each mind, with unit spread on the episodes that it was fitted on."""

    readout: np.ndarray
    """`[M, D]`: the coordinate is `(latents - centre) @ readout`."""
    direction: np.ndarray
    """`[M, D]`: the smallest change within the candidate's subspace that raises the coordinate by 1."""
    centre: np.ndarray
    """`[M, D]`."""
    key: str
    """Names recordings in which the axis is set."""
    shift: int = 0
    """Control: read as many steps late, round the end of the episode."""

    def of(self, trace: Trace) -> np.ndarray:
        """`[M, E, T]`: the coordinate, in standard deviations; NaN once the episode is over."""
        read = np.einsum("metd,md->met", trace.latents - self.centre[:, None, None], self.readout)
        return np.roll(np.where(trace.alive > 0, read, np.nan), self.shift, -1)

    def push(self, level: float, start: int, stop: int, base: np.ndarray | None = None) -> Push:
        """Displace it by a level against a base, or without one clamp it at the level."""
        return Push(self.readout, self.direction, self.centre, level, start, stop, base)


@dataclass(frozen=True)
class Axes:
    """The axes of a candidate."""

    valence: Axis
    arousal: Axis
    basis: np.ndarray
    """`[M, D, K]`: the candidate's subspace."""
    two: np.ndarray
    """`[M]`: whether arousal is another axis than valence."""


def recent_change(trace: Trace) -> np.ndarray:
    """`[M, E, T]`: changes of prospects summed over the last steps; of rewards less their mean where there is no
    oracle."""
    if trace.innovation is not None:
        source = np.nan_to_num(trace.innovation.mean(-1))
    else:
        source = np.nan_to_num(trace.reward - np.nanmean(trace.reward, (1, 2), keepdims=True))
    total = np.cumsum(source, -1)
    total[..., RECENT:] -= total[..., :-RECENT].copy()
    return total


def find_axes(trace: Trace, basis: np.ndarray, name: str = "slow") -> Axes:
    """The axes of a candidate.

    Args:
        trace: episodes that are not tested.
        basis: `[M, D, K]`, from `candidate`.
        name: the candidate's.
    """
    minds, _, _ = trace.shape
    centre = trace.latents.mean((1, 2)).astype(float)
    inside = np.einsum("metd,mdk->metk", trace.latents - centre[:, None, None], basis)
    spread = inside.std((1, 2))
    basis = basis / np.where(spread > 1e-8, spread, np.inf)[:, None]
    flat = np.einsum("metd,mdk->metk", trace.latents - centre[:, None, None], basis).reshape(minds, -1, basis.shape[-1])
    change, effort = recent_change(trace), future_effort(trace)[..., :2].mean(-1)
    toward_change, toward_effort = (_fit(flat, y.reshape(minds, -1)) for y in (change, effort))
    covariance = np.swapaxes(flat, 1, 2) @ flat / flat.shape[1]
    toward_judgement, judges = _judgement(trace, flat.reshape(*trace.shape, -1))
    sign = np.sign(np.einsum("mk,mkl,ml->m", toward_judgement, covariance, toward_change) + 1e-30)
    toward = np.where(judges[:, None], sign[:, None] * toward_judgement, toward_change)
    valence = _scaled(toward, covariance)
    # Arousal: what predicts effort and is uncorrelated with valence.
    along = np.einsum("mk,mkl,ml->m", valence, covariance, toward_effort)
    rest = toward_effort - along[:, None] * valence
    left = np.einsum("mk,mkl,ml->m", rest, covariance, rest)
    whole = np.einsum("mk,mkl,ml->m", toward_effort, covariance, toward_effort)
    two = left > SECOND_AXIS * whole
    arousal = np.where(two[:, None], _scaled(rest, covariance), np.sign(along + 1e-12)[:, None] * valence)
    return Axes(
        _axis(valence, basis, centre, f"{name} valence"), _axis(arousal, basis, centre, f"{name} arousal"), basis, two
    )


def _judgement(trace: Trace, inside: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """`[M, K]`: the direction that predicts avoiding beyond the cue; `[M]`: whether it predicts anything."""
    minds = len(inside)
    if not trace.has("avoid"):
        return np.zeros((minds, inside.shape[-1])), np.zeros(minds, bool)
    cue = np.nan_to_num(trace.cue)[..., None]
    explained = share(increment(cue, inside, trace.avoid).sum(1))
    design = np.concatenate([inside, cue], -1).reshape(minds, -1, inside.shape[-1] + 1)
    target = trace.avoid.reshape(minds, -1)
    kept = np.isfinite(target) & np.isfinite(design).all(-1)
    return logistic(design, target, kept)[:, :-2], explained > JUDGED


def _fit(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """`[M, K]` ridge coefficients of a centred target."""
    kept = np.isfinite(y) & np.isfinite(x).all(-1)
    return predicted(x, y[..., None], kept)[:, :-1, 0]


def _scaled(weights: np.ndarray, covariance: np.ndarray) -> np.ndarray:
    size = np.sqrt(np.maximum(np.einsum("mk,mkl,ml->m", weights, covariance, weights), 1e-24))
    return weights / size[:, None]


def _axis(weights: np.ndarray, basis: np.ndarray, centre: np.ndarray, key: str) -> Axis:
    """An axis from weights of the standardised coordinates of a basis."""
    readout = np.einsum("mdk,mk->md", basis, weights)
    inverse = np.linalg.pinv(np.swapaxes(basis, 1, 2))  # [M, D, K]: moves one coordinate by 1
    direction = np.einsum("mdk,mk->md", inverse, weights)
    size = (readout * direction).sum(1, keepdims=True)
    return Axis(readout, direction / np.where(np.abs(size) > 1e-12, size, 1.0), centre, key)
