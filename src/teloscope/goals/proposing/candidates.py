"""Candidate conditions: thresholds, flags, categories and values of features, and what they are called.

Conditions that hold in the same of the visited abstract states are one candidate with several names: the data can't
tell them apart, whatever the mode.

Theory: A2.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from teloscope.recordings.summary import Signal, format_number, signals_of
from teloscope.regimes.language import opposite

MANY = 40
"""Distinct values of a feature beyond which thresholds are quantiles of the states the agent ends in."""
QUANTILES = 24


class Condition(NamedTuple):
    """A candidate and where it holds."""

    names: tuple[str, ...]
    """All names with the same abstract states, the plainest first."""
    signals: frozenset[str]
    """Names of the signals that the plainest name uses."""
    held: NDArray[np.bool_]
    """`[K]` abstract states in which it holds."""
    flag: bool = False
    """Whether the plainest name is a flag or a category."""
    parts: tuple[Condition, ...] = ()
    """The simple conditions it is the conjunction of, if it is one."""

    @property
    def name(self) -> str:
        return self.names[0]


def atoms(frame: pl.DataFrame, late: NDArray[np.int64], seen: NDArray[np.bool_]) -> list[Condition]:
    """All simple conditions worth looking at.

    Args:
        frame: `[K]` features of the abstract states.
        late: abstract states in the agent's late windows (with repeats), for quantiles.
        seen: `[K]` abstract states visited by anybody.

    Returns:
        One candidate for each distinct set of visited abstract states, none that always or never holds.
    """
    found: list[Condition] = []
    for signal, values in signals_of(frame).items():
        found += _atoms_of(signal, values, values[late], values[seen])
    return merged(found, seen)


def _atoms_of(signal: Signal, values: NDArray[Any], late: NDArray[Any], seen: NDArray[Any]) -> list[Condition]:
    def condition(name: str, held: NDArray[np.bool_]) -> Condition:
        return Condition((name,), frozenset({signal.name}), held, signal.flag)

    if signal.flag:
        return [condition(signal.condition(up, 1.0), values == up) for up in (True, False)]
    distinct = np.unique(seen)
    few = len(distinct) <= MANY
    cuts = distinct if few else np.unique(np.quantile(late, np.linspace(0, 1, QUANTILES), method="nearest"))
    whole = values.dtype.kind in "iu"
    out = [condition(signal.condition(True, float(c)), values >= c) for c in cuts]
    if whole:
        out += [condition(signal.condition(False, float(c)), values <= c) for c in cuts]
    else:  # between two values lies anything: what is below the next one
        out += [condition(opposite(signal.condition(True, float(c))), values < c) for c in cuts]
    if few and whole:
        out += [condition(f"{signal.name} = {format_number(float(c))}", values == c) for c in cuts[1:-1]]
    return out


def merged(found: list[Condition], seen: NDArray[np.bool_]) -> list[Condition]:
    """Candidates with the same visited abstract states become one; those that always or never hold are dropped."""
    groups: dict[bytes, list[Condition]] = {}
    for condition in found:
        visible = condition.held[seen]
        if visible.any() and not visible.all():
            groups.setdefault(np.packbits(visible).tobytes(), []).append(condition)
    out = []
    for group in groups.values():
        group.sort(key=lambda c: plainness(c.name))
        out.append(group[0]._replace(names=tuple(dict.fromkeys(n for c in group for n in c.names))))
    return out


def plainness(name: str) -> tuple[int, int, bool, str]:
    """Sort key: few parts before many, flags before numbers, what is about the agent before the rest."""
    return (name.count(" and "), name.count(" "), "agent" not in name, name)


def both(one: Condition, two: Condition) -> Condition:
    """The conjunction of two candidates."""
    return conjunction((*(one.parts or (one,)), *(two.parts or (two,))))


def conjunction(parts: Sequence[Condition]) -> Condition:
    """All of these simple conditions at once, named in a fixed order."""
    if len(parts) == 1:
        return parts[0]
    parts = sorted(parts, key=lambda c: plainness(c.name))
    held = reduce(np.logical_and, (c.held for c in parts))
    signals = frozenset().union(*(c.signals for c in parts))
    return Condition((" and ".join(c.name for c in parts),), signals, held, parts=tuple(parts))
