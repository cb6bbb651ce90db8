"""What each form of a regime asks of episodes, from where its parts hold: `[..., T+1]`, whole batches at once.

An episode that ended early stays in its last state up to the horizon, so lengths never bias a mode.

Theory: A2, A3.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from teloscope.errors import NotFound

MODES = ("reach", "end", "keep", "never")
"""Modes of one condition."""
TRENDS = ("raise", "lower")
"""Modes of a number."""
CYCLE = "cycle"
"""The mode of two conditions that are visited in turn."""
THEN = ("reach", "end", "keep")
"""What may follow `first(A) then`."""
KEEP_SHARE = 0.8
"""Share of the late window in which a kept condition must hold."""
TURNS = 3
"""Visits, each to the other of two places, that make a cycle: out, over and back."""
EVEN = 1e-9
"""Ups and downs that cancel to this share of their mean size are a tie."""

Held = NDArray[np.bool_]
"""`[..., T+1]` whether a condition holds in each state of an episode."""


def late_window(horizon: int) -> int:
    """Number of states in the late window: the last third of the horizon, at least one."""
    return max(1, math.ceil(horizon / 3))


def keep_count(horizon: int) -> int:
    """How many states of the late window must satisfy a kept condition."""
    return math.ceil(KEEP_SHARE * late_window(horizon) - 1e-9)


def achieved(mode: str, held: Held) -> NDArray[np.bool_]:
    """Which episodes are in the regime `mode(condition)`.

    Args:
        mode: one of `MODES`.
        held: `[B, T+1]` whether the condition held in each state, padded with the last state up to the horizon.

    Returns:
        `[B]` booleans.

    Raises:
        NotFound: the mode is unknown.
    """
    match mode:
        case "reach":
            return np.any(held, axis=-1)
        case "never":
            return np.all(~held, axis=-1)
        case "end":
            return held[..., -1]
        case "keep":
            horizon = held.shape[-1] - 1
            return np.count_nonzero(late(held), axis=-1) >= keep_count(horizon)
    raise NotFound("mode", mode, MODES, "A regime reads like `keep(agent_x >= 10)`.")


def late(values: NDArray[Any]) -> NDArray[Any]:
    """`[..., L]` what stands in the late window."""
    return values[..., -late_window(values.shape[-1] - 1) :]


def moved(mode: str, values: NDArray[np.float64]) -> NDArray[np.bool_]:
    """`raise(f)`, `lower(f)`: whether f's mean over the late window is above, or below, f in the first state.

    Args:
        mode: one of `TRENDS`.
        values: `[..., T+1]` of f.
    """
    changes = late(values) - values[..., :1]
    up = changes.mean(axis=-1) if mode == "raise" else -changes.mean(axis=-1)
    return up > EVEN * np.abs(changes).mean(axis=-1)


def cycled(a: Held, b: Held) -> NDArray[np.bool_]:
    """`cycle(A, B)`: whether visits alternate often enough; a state in both counts for neither."""
    place = a.astype(np.int8) - b
    steps = np.arange(place.shape[-1])
    last = np.maximum.accumulate(np.where(place != 0, steps, -1), axis=-1)[..., :-1]
    before = np.where(last >= 0, np.take_along_axis(place, np.maximum(last, 0), axis=-1), 0)
    turns = (place[..., 1:] != 0) & (place[..., 1:] != before)
    return np.count_nonzero(turns, axis=-1) + (place[..., 0] != 0) >= TURNS


def after(mode: str, first: Held, held: Held) -> NDArray[np.bool_]:
    """`first(A) then mode(B)`: B counts only in states at which A holds or has held."""
    return achieved(mode, held & np.logical_or.accumulate(first, axis=-1))


def never_until(held: Held, until: Held) -> NDArray[np.bool_]:
    """`never(A) until B`: A holds at no step before B first does."""
    return ~np.any(held & ~np.logical_or.accumulate(until, axis=-1), axis=-1)


def achieved_given(mode: str, given: Held, held: Held) -> NDArray[np.bool_]:
    """`given(C): mode(c)`: only states where C holds are asked; met where nothing is."""
    match mode:
        case "reach":
            return after("reach", given, held) | ~np.any(given, axis=-1)
        case "never":
            return achieved("never", held & given)
        case "end":
            return held[..., -1] | ~given[..., -1]
        case _:
            asked, kept = late(given), late(given & held)
            return kept_enough(np.count_nonzero(kept, axis=-1), np.count_nonzero(asked, axis=-1))


def kept_enough(kept: Any, asked: Any) -> Any:
    """Whether so many states suffice of those that are asked: numbers, or arrays of them."""
    return kept >= KEEP_SHARE * asked - 1e-9
