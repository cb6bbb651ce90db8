"""Control axes: what a test gives when the candidate is replaced by something that should not have the property.

- time-shifted z: z as it is half an episode later.
- another mind's z: z of a mind with another training seed, in the same worlds.
- random directions: as varied as z; each has an effect of its own, and a candidate must exceed 95 % of them.
- random directions, matched in output: pushed so far that the first action changes as much as with z.
- value, reward and surprise directions: the latents' best linear read-outs of V, of reward, and of how far the latents
  move in a step.
- z, value erased: axes found among latents from which V can't be read (`latents.erasure`).

Source: research on probing and steering (Hewitt & Liang 2019; Belrose et al. 2023).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from teloscope.affect.battery_tests.declared import Declared
from teloscope.affect.criteria.adds import value_of
from teloscope.affect.evidence import START, Evidence, NotAssessable
from teloscope.affect.latents import Axes, erase, find_axes
from teloscope.affect.latents.axes import Axis
from teloscope.affect.statistics.regression import predicted
from teloscope.affect.traces import Trace

QUANTILE = 0.95
LARGEST = 4.0
"""Random directions are pushed at most so many times as far as z to match its output."""
SHIFTED, OTHER, RANDOM, MATCHED = (
    "time-shifted z",
    "another mind's z",
    "random directions",
    "random directions, matched in output",
)
VALUE, REWARD, SURPRISE, ERASED = "value direction", "reward direction", "surprise direction", "z, value erased"


@dataclass(frozen=True)
class Borrowed(Axis):
    """Another mind's coordinate in the same worlds: the mind before it in the order, round the end."""

    def of(self, trace: Trace) -> np.ndarray:
        """`[M, E, T]`."""
        return np.roll(super().of(trace), 1, 0)


def both(axes: Axes, change: Callable[[Axis], Axis]) -> Axes:
    """The axes with each of the two changed."""
    return replace(axes, valence=change(axes.valence), arousal=change(axes.arousal))


def random_axis(evidence: Evidence, draw: int) -> Axis:
    """A direction for each mind, even among standardised latents, scaled to unit variance as z is."""
    trace = evidence.ordinary
    spread = trace.latents.std((1, 2)).astype(float)
    spread = np.where(spread > 1e-8, spread, 0.0)
    drawn = np.random.default_rng([evidence.seed, draw, 7]).standard_normal(spread.shape)
    drawn = np.where(spread > 0, drawn, 0.0)
    drawn /= np.linalg.norm(drawn, axis=1, keepdims=True)
    centre = trace.latents.mean((1, 2)).astype(float)
    axis = Axis(drawn / np.where(spread > 0, spread, 1.0), drawn * spread, centre, f"random {draw}")
    size = np.nanstd(axis.of(trace), axis=(1, 2))[:, None]
    return replace(axis, readout=axis.readout / size, direction=axis.direction * size)


def matched_axis(evidence: Evidence, draw: int, like: Axis) -> Axis:
    """The same, pushed so far that effort in the first step changes as much as with z."""
    axis = random_axis(evidence, draw)
    steps = slice(START, START + 2)
    moved = []
    for each in (like, axis):
        high, low = evidence.pushed(each)
        moved.append(np.sqrt(np.nanmean((high.effort - low.effort)[..., steps] ** 2, axis=(1, 2))))
    ratio = np.clip(moved[0] / np.maximum(moved[1], 1e-9), 1 / LARGEST, LARGEST)[:, None]
    return replace(
        axis, readout=axis.readout / ratio, direction=axis.direction * ratio, key=f"{axis.key} like {like.key}"
    )


def read_axis(evidence: Evidence, target: np.ndarray, name: str) -> Axis:
    """The latents' linear read-out of something, fitted on half A."""
    trace = evidence.ordinary
    minds, width = len(trace.latents), trace.latents.shape[-1]
    centre = trace.latents.mean((1, 2)).astype(float)
    flat = (trace.latents - centre[:, None, None]).reshape(minds, -1, width)
    y = target.reshape(minds, -1)
    weights = predicted(flat, y[..., None], np.isfinite(y))[:, :-1, 0]
    covariance = np.swapaxes(flat, 1, 2) @ flat / flat.shape[1]
    size = np.sqrt(np.maximum(np.einsum("md,mdc,mc->m", weights, covariance, weights), 1e-24))[:, None]
    readout = weights / size
    return Axis(readout, np.einsum("mdc,mc->md", covariance, readout), centre, name)


def erased_axes(evidence: Evidence) -> Axes:
    """The candidate's axes among latents from which the value can't be read."""
    trace = evidence.ordinary
    value = value_of(trace)
    if value is None:
        raise NotAssessable("There is neither a critic nor an oracle, so there is no value to erase.")
    cleaned = replace(trace, latents=erase(trace.latents, value))
    return find_axes(cleaned, evidence.basis, f"{evidence.chosen} erased")


def control_axes(evidence: Evidence, test: Declared, *, all_of_them: bool = True) -> Iterator[tuple[str, Axes]]:
    """Name and axes of each control that makes sense for a test.

    Args:
        evidence: the subject's.
        test: tests that do not use the axes have none.
        all_of_them: False: only those that the decision needs.
    """
    axes, minds = evidence.axes, evidence.subject.description.minds
    if test.axis == "none":
        return
    half = evidence.alone().shape[2] // 2
    if test.axis == "read":
        yield SHIFTED, both(axes, lambda axis: replace(axis, shift=half))
    if all_of_them or RANDOM in test.exceeds:
        for draw in range(-(-evidence.directions // minds)):
            axis = random_axis(evidence, draw)
            yield (
                RANDOM,
                replace(
                    axes, valence=axis, arousal=random_axis(evidence, draw + 10_000) if test.axis == "read" else axis
                ),
            )
    if not all_of_them:
        return
    if test.axis == "pushed":
        like = axes.arousal if test.name in ("activity", "outlasts") else axes.valence
        yield MATCHED, both(axes, lambda _: matched_axis(evidence, 0, like))
    elif minds > 1:
        yield OTHER, both(axes, lambda axis: Borrowed(axis.readout, axis.direction, axis.centre, axis.key))
    trace = evidence.ordinary
    moves = np.linalg.norm(np.diff(trace.latents, axis=2, prepend=np.nan), axis=-1)
    targets = {VALUE: value_of(trace), REWARD: trace.reward, SURPRISE: moves}
    for name, target in targets.items():
        if target is not None:
            axis = read_axis(evidence, target, name)
            yield name, both(axes, lambda _, axis=axis: axis)
    yield ERASED, erased_axes(evidence)


def control_effects(evidence: Evidence, test: Declared, *, all_of_them: bool = True) -> dict[str, np.ndarray]:
    """Control -> effects of the test's first measure, one a mind and direction."""
    found: dict[str, list[np.ndarray]] = {}
    for name, axes in control_axes(evidence, test, all_of_them=all_of_them):
        try:
            measures = test.measure(evidence, axes)
        except NotAssessable:
            continue
        found.setdefault(name, []).append(measures[0].by_mind())
    return {name: np.concatenate(parts) for name, parts in found.items()}
