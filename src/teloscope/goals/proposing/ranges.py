"""Ranges: conditions that bound one number, from below, from above or from both sides, and their neighbours.

A range is kept as the first and the last of the distinct values that it holds. Where features were cut into cells, the
values are lower edges, and a range ends where the next cell begins.

Theory: A2.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from teloscope.goals.proposing.candidates import Condition, conjunction, merged
from teloscope.recordings.summary import Signal, format_number, signals_of
from teloscope.regimes.language import opposite

ENDS = 10
"""Values of a feature at which a range may begin or end in the first look."""
FEWEST_VALUES = 4
"""Distinct values below which a range says nothing that a threshold doesn't."""
STEPS = (1, 3)
"""Values by which the end of a range is moved."""


class Number(NamedTuple):
    """A numeric feature over the abstract states."""

    signal: Signal
    values: NDArray[Any]
    """`[K]`"""
    distinct: NDArray[Any]
    """Those seen, in order."""


class Ranges:
    """The ranges of all numeric features of a recording."""

    def __init__(self, frame: pl.DataFrame, seen: NDArray[np.bool_], cut: bool) -> None:
        """Args:
        frame: `[K]` features of the abstract states.
        seen: `[K]` abstract states visited by anybody.
        cut: whether values are lower edges of cells.
        """
        self.frame, self.seen, self.cut = frame, seen, cut

    @cached_property
    def numbers(self) -> dict[str, Number]:
        """Name -> the numeric feature."""
        return {
            signal.name: Number(signal, values, np.unique(values[self.seen]))
            for signal, values in signals_of(self.frame).items()
            if not signal.flag
        }

    def first_look(self, names: frozenset[str]) -> list[Condition]:
        """Ranges of these features with some of their values as ends, and of their sizes where they take both signs."""
        found: list[Condition] = []
        for name, number in self.numbers.items():
            last = len(number.distinct) - 1
            if name not in names or last + 1 < FEWEST_VALUES:
                continue
            ends = np.unique(np.linspace(1, last, min(ENDS, last)).round().astype(int)).tolist()
            found += [self.condition(number, low, high - self.cut) for low in ends for high in ends if low < high]
            if not self.cut:
                found += [self.condition(number, at, at) for at in ends[:-1]]
            if number.distinct[0] < 0 < number.distinct[-1]:
                bounds = self._bounds(number)
                picked = np.unique(np.linspace(0, len(bounds) - 1, min(ENDS, len(bounds))).round().astype(int))
                found += [c for i in picked for c in self.sizes(number, bounds[i])]
        return merged(found, self.seen)

    def condition(self, number: Number, low: int, high: int) -> Condition:
        """The number is among its distinct values from `low` to `high`, both included."""
        bottom, top, last = number.distinct[low], number.distinct[high], len(number.distinct) - 1
        held = (number.values >= bottom) & (number.values <= top)
        return Condition((self._named(number, low, high, last),), frozenset({number.signal.name}), held)

    def _named(self, number: Number, low: int, high: int, last: int) -> str:
        name, bottom = number.signal.name, format_number(float(number.distinct[low]))
        if high == last:
            return f"{name} >= {bottom}"
        whole = number.values.dtype.kind in "iu"
        if low == 0 and whole and not self.cut:
            return f"{name} <= {format_number(float(number.distinct[high]))}"
        if low == 0:  # between two values lies anything: what is below the next one
            return opposite(f"{name} >= {format_number(float(number.distinct[high + 1]))}")
        if low == high and not self.cut:
            return f"{name} = {bottom}"
        return f"{name} between {bottom} and {format_number(float(number.distinct[high + self.cut]))}"

    def _bounds(self, number: Number) -> list[float]:
        """Values that are taken with both signs."""
        distinct = set(number.distinct.tolist())
        return [c for c in number.distinct.tolist() if c > 0 and -c in distinct]

    def sizes(self, number: Number, bound: float) -> list[Condition]:
        """`abs(signal) <= c` and `abs(signal) >= c`."""
        name, values = number.signal.name, number.values
        inside = (values >= -bound) & ((values < bound) if self.cut else (values <= bound))
        outside = ~inside if self.cut else np.abs(values) >= bound
        size = f"abs({name})"
        return [
            Condition((f"{size} <= {format_number(bound)}",), frozenset({name}), inside),
            Condition((f"{size} >= {format_number(bound)}",), frozenset({name}), outside),
        ]

    def ends_of(self, condition: Condition) -> tuple[Number, int, int] | None:
        """The number that a simple condition bounds, and its first and last value in it; None: it is no range."""
        if len(condition.signals) != 1 or condition.form or condition.parts:
            return None
        number = self.numbers.get(next(iter(condition.signals)))
        if number is None:
            return None
        inside = np.isin(number.distinct, number.values[condition.held & self.seen])
        places = np.flatnonzero(inside)
        if not len(places) or places[-1] - places[0] + 1 != len(places):
            return None
        return number, int(places[0]), int(places[-1])

    def neighbours(self, condition: Condition) -> list[Condition]:
        """Conditions like this one with one end moved, or both; of a conjunction, one part at a time."""
        if condition.parts:
            return [
                conjunction([*condition.parts[:i], near, *condition.parts[i + 1 :]])
                for i, part in enumerate(condition.parts)
                for near in self.neighbours(part)
            ]
        ends = self.ends_of(condition)
        if ends is None or condition.names[0].startswith("abs("):
            return self._other_sizes(condition)
        number, low, high = ends
        last = len(number.distinct) - 1
        moved = [
            pair
            for step in STEPS
            for pair in (
                (low - step, high), (low + step, high), (low, high - step), (low, high + step),
                (low - step, high - step), (low + step, high + step),
            )
        ]  # fmt: skip
        return [self.condition(number, a, b) for a, b in moved if 0 <= a <= b <= last and (a, b) != (0, last)]

    def _other_sizes(self, condition: Condition) -> list[Condition]:
        """Of `abs(f) <= c`, those with the next bounds."""
        number = self.numbers.get(next(iter(condition.signals))) if len(condition.signals) == 1 else None
        if number is None or not condition.name.startswith("abs("):
            return []
        names = {c.name: i for i, b in enumerate(self._bounds(number)) for c in self.sizes(number, b)}
        at, bounds, upward = names.get(condition.name), self._bounds(number), ">=" in condition.name
        if at is None:
            return []
        near = [at + sign * step for step in STEPS for sign in (-1, 1)]
        return [self.sizes(number, bounds[i])[upward] for i in near if 0 <= i < len(bounds)]
