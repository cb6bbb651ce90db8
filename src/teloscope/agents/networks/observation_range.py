"""Whether the observations that a network is shown lie in the range that it was trained on.

A network answers to any numbers. So a wrapper that is missing (a normalisation, a rescaling) shows only here: the
observations lie far outside of what it saw in training. What it saw is known from its file, or not known.

Theory: A1.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

NARROW = 100
"""Observations are far from training too if they span less than this part of what the network was trained on."""
LISTED = 4
"""Entries that a note names."""


class TrainedRange(NamedTuple):
    """What a network saw in training."""

    bounds: Mapping[str, tuple[NDArray[Any], NDArray[Any]]]
    """Part of the observation (empty text: all of it) -> its lowest and highest values, `[*shape]`, infinite where not
    known."""
    source: str
    """Where this is known from."""


class SeenRange:
    """The lowest and highest value of each entry of the observations so far."""

    def __init__(self) -> None:
        self.bounds: dict[str, tuple[NDArray[Any], NDArray[Any]]] = {}

    def add(self, observations: Any, alive: NDArray[np.bool_] | None = None) -> None:
        """Count in observations `[N, ...]`, or a mapping of such; only rows that are `alive` `[N]`."""
        parts = observations.items() if isinstance(observations, Mapping) else [("", observations)]
        for name, part in parts:
            rows = np.asarray(part)
            rows = rows if alive is None else rows[alive]
            if rows.dtype.kind not in "biuf" or not len(rows):
                continue
            low, high = rows.min(axis=0).astype(np.float64), rows.max(axis=0).astype(np.float64)
            if name in self.bounds and self.bounds[name][0].shape == low.shape:
                low, high = np.minimum(low, self.bounds[name][0]), np.maximum(high, self.bounds[name][1])
            self.bounds[name] = low, high


def range_remarks(trained: TrainedRange | None, seen: SeenRange) -> list[str]:
    """Sentences on observations that are far from training, or where that is not known; none if all is well."""
    if not seen.bounds:
        return []
    known = {name: bounds for name, bounds in (trained.bounds if trained else {}).items() if name in seen.bounds}
    if trained is None or not any(np.isfinite(low).any() or np.isfinite(high).any() for low, high in known.values()):
        return ["The range of observations that the network was trained on is not known, so it was not compared."]
    remarks = []
    for name, (low, high) in known.items():
        seen_low, seen_high = (bound.reshape(-1) for bound in seen.bounds[name])
        if np.size(low) not in (1, np.size(seen_low)):
            continue
        low, high = (np.broadcast_to(np.asarray(b, np.float64).reshape(-1), seen_low.shape) for b in (low, high))
        if far := _far(low, high, seen_low, seen_high, name):
            remarks.append(
                f"Observations are far from training: {far} (known from {trained.source}). The verdict may be of "
                "another policy than was trained: look for a wrapper that is missing, such as a normalisation."
            )
    return remarks


def _far(low: NDArray[Any], high: NDArray[Any], seen_low: NDArray[Any], seen_high: NDArray[Any], name: str) -> str:
    """Which entries are far from training; empty if none."""
    width = np.where(np.isfinite(high - low), high - low, np.inf)
    margin = np.maximum(width, 1e-6)
    with np.errstate(invalid="ignore"):  # infinity minus infinity: nothing is beyond an unknown bound
        beyond = (seen_low < low - margin) | (seen_high > high + margin)
    if beyond.any():
        entries = np.flatnonzero(beyond)
        told = [
            f"entry {f'{name}_' if name else ''}{i} was {seen_low[i]:.4g} to {seen_high[i]:.4g}, in training about "
            f"{low[i]:.4g} to {high[i]:.4g}"
            for i in entries[:LISTED]
        ]
        return "; ".join(told) + (f"; and {len(entries) - LISTED} more" if len(entries) > LISTED else "")
    finite = np.isfinite(width) & (width > 0)
    if finite.all() and ((seen_high - seen_low) * NARROW < width).all() and (np.abs(seen_high) * NARROW < width).all():
        return (
            f"all {len(width)} entries were between {seen_low.min():.4g} and {seen_high.max():.4g}, in training "
            f"between {low.min():.4g} and {high.max():.4g}"
        )
    return ""
