"""What an actor could go by: each feature as it is, as it was, and what was true so far in the episode.

Of every feature there are, at each moment,

    now      its value
    start    its value in the first state
    before   the value it had before it last changed
    lowest, highest    of its values so far

so that a cue that has gone out, the place an episode began at, and having once been somewhere are seen as well as what
is there now. And of every two features that began differently in different episodes

    product  of their starting values, each less its median

since trees that are grown step by step don't see that two cues agree, where neither tells anything by itself.

Theory: A2.
"""

from __future__ import annotations

from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from teloscope.goals.directedness.sampled import Sampled

KINDS = ("now", "start", "before", "lowest", "highest")
PAIRED = 12
"""Features of which products are made, at most."""
LARGEST = 1e30
"""Numbers beyond are taken to be this large, so that they fit into single precision."""


class Histories(NamedTuple):
    """Columns that a model of the agent's choices sees."""

    names: list[tuple[str, str]]
    """Feature and kind of each column."""
    values: NDArray[np.float32]
    """`[C, 2, N, P, D]`; NaN: there is none."""


def histories(sampled: Sampled, features: list[str], actors: list[str], points: NDArray[np.intp]) -> Histories:
    """Histories of features at some points; columns that never differ are left out.

    Args:
        sampled: the recording.
        features: `F` names.
        actors: two of those that were recorded.
        points: `[P]` steps.
    """
    names: list[tuple[str, str]] = []
    columns: list[NDArray[np.float32]] = []
    for feature in features:
        read = sampled.recording.column
        whole = numbers(np.stack([[read(feature, c.name, a) for a in actors] for c in sampled.contexts]))
        for kind in KINDS:
            column = _of_kind(kind, whole)[..., points]
            first = column.flat[0]
            if ((column == first) | (np.isnan(column) & np.isnan(first))).all():
                continue
            names.append((feature, kind))
            columns.append(column)
    starts = [(name, column) for (name, kind), column in zip(names, columns, strict=True) if kind == "start"]
    for (one, a), (two, b) in combinations(starts[:PAIRED], 2):
        product = (a - np.float32(np.median(a))) * (b - np.float32(np.median(b)))
        if np.isfinite(product).all() and np.ptp(product) > 0:
            names.append((f"{one} and {two}", "start"))
            columns.append(product.astype(np.float32))
    empty = np.zeros((len(sampled.contexts), len(actors), sampled.recording.frame.episodes, len(points), 0), np.float32)
    return Histories(names, np.stack(columns, axis=-1) if columns else empty)


def numbers(values: NDArray[Any]) -> NDArray[np.float32]:
    """Values as numbers: categories by their place among all."""
    if values.dtype.kind in "biuf":
        return np.nan_to_num(values.astype(np.float64)).clip(-LARGEST, LARGEST).astype(np.float32)
    return np.unique(values, return_inverse=True)[1].reshape(values.shape).astype(np.float32)


def phrase(name: tuple[str, str]) -> str:
    """A column as one says it."""
    feature, kind = name
    said = {"now": "", "start": " at the start", "before": " before it last changed"}
    return feature + said.get(kind, f" at its {kind} so far")


def _of_kind(kind: str, whole: NDArray[np.float32]) -> NDArray[np.float32]:
    """One kind of history of `[..., T+1]` values, alike in shape."""
    match kind:
        case "start":
            return np.broadcast_to(whole[..., :1], whole.shape)
        case "before":
            changed = np.zeros(whole.shape, np.bool_)
            changed[..., 1:] = whole[..., 1:] != whole[..., :-1]
            since = np.maximum.accumulate(np.where(changed, np.arange(whole.shape[-1]), 0), axis=-1)
            return np.where(since > 0, np.take_along_axis(whole, (since - 1).clip(min=0), axis=-1), np.float32(np.nan))
        case "lowest":
            return np.minimum.accumulate(whole, axis=-1)
        case "highest":
            return np.maximum.accumulate(whole, axis=-1)
        case _:
            return whole
