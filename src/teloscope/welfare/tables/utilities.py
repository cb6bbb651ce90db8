"""What each being gets from each option: a table in which every column has a scale and a zero of its own.

    a_b * u[o, b] + c_b,    a_b > 0 unknown, c_b unknown

says the same of being b as u[o, b]: no choice that b makes tells them apart. So a number may be compared with another
of the same column, and with nothing else, until an assumption is added.

Theory: E0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from teloscope.errors import BadUtilities

Floats = NDArray[np.float64]
SAME = 1e-9
"""Differences below this share of a being's range are rounding: they decide nothing."""


@dataclass(frozen=True)
class Utilities:
    """Options x beings. A being may be a group of equal beings: `sizes` says of how many."""

    options: tuple[str, ...]
    """`O` names."""
    beings: tuple[str, ...]
    """`B` names."""
    value: Floats
    """`[O, B]` each in its being's own unit; of an interval or of draws the middle."""
    low: Floats
    """`[O, B]` the least that it may be; where it is known, `value`."""
    high: Floats
    """`[O, B]` the most that it may be."""
    sizes: Floats
    """`[B]` whole numbers of beings."""
    zeros: Floats
    """`[B]` the value at which life is neither good nor bad for the being; nan where none was declared."""
    ordinal: NDArray[np.bool_]
    """`[B]` of this being only the order is known."""
    draws: Floats | None = None
    """`[D, O, B]` equally likely tables, or None."""
    notes: tuple[str, ...] = ()
    """What was assumed when the table was read."""
    origin: str = ""
    """`returns` or `feature` where recordings were read; empty where somebody gave the numbers."""

    @property
    def uncertain(self) -> bool:
        """Whether some value is an interval."""
        return bool((self.low < self.high).any())

    @property
    def constant(self) -> NDArray[np.bool_]:
        """`[B]` beings to whom all options are the same."""
        same = self.high.max(axis=0) <= self.low.min(axis=0)
        return same if self.draws is None else same & (np.ptp(self.draws, axis=1) == 0).all(axis=0)

    @property
    def informative(self) -> NDArray[np.bool_]:
        """`[B]` beings whose values differ, so that something follows from them."""
        return ~self.constant

    def only(self, rows: NDArray[np.intp]) -> Utilities:
        """The table of some options."""
        draws = None if self.draws is None else self.draws[:, rows]
        names = tuple(self.options[i] for i in rows)
        return replace(
            self, options=names, value=self.value[rows], low=self.low[rows], high=self.high[rows], draws=draws
        )

    def in_ranges(self) -> Utilities:
        """The table in the one unit that every rescaling leaves alone: a being's range over these options.

        The worst option is 0 and the best is 1, for every being; to whom all are the same, all are 0. Of ordinal beings
        the ranks are taken, since their numbers mean no more.
        """
        ranked = self._ranked()
        least, most = ranked.value.min(axis=0), ranked.value.max(axis=0)
        apart = np.where(most > least, most - least, ranked.high.max(axis=0) - ranked.low.min(axis=0))
        if ranked.draws is not None:
            apart = np.where(most > least, most - least, np.ptp(ranked.draws, axis=(0, 1)))
        unit = np.where(apart > 0, apart, 1.0)

        def scaled(values: Floats) -> Floats:
            return (values - least) / unit

        draws = None if ranked.draws is None else scaled(ranked.draws)
        parts = {"value": scaled(ranked.value), "low": scaled(ranked.low), "high": scaled(ranked.high)}
        return replace(ranked, **parts, zeros=scaled(ranked.zeros), draws=draws)

    def _ranked(self) -> Utilities:
        """The table with the ranks of ordinal beings in place of their numbers."""
        if not self.ordinal.any():
            return self
        value, low, high = self.value.copy(), self.low.copy(), self.high.copy()
        zeros = self.zeros.copy()
        for b in np.flatnonzero(self.ordinal):
            levels = np.unique(np.concatenate([self.value[:, b], self.low[:, b], self.high[:, b]]))
            for table, source in ((value, self.value), (low, self.low), (high, self.high)):
                table[:, b] = np.searchsorted(levels, source[:, b])
            zeros[b] = np.nan
        return replace(self, value=value, low=low, high=high, zeros=zeros)


def table(
    options: Sequence[str],
    beings: Sequence[str],
    value: Floats,
    low: Floats | None = None,
    high: Floats | None = None,
    draws: Floats | None = None,
    sizes: Sequence[float] | Floats | None = None,
    zeros: Sequence[float] | Floats | None = None,
    ordinal: Sequence[bool] | NDArray[np.bool_] | None = None,
    notes: Sequence[str] = (),
) -> Utilities:
    """A checked table of utilities, in which what is missing has bounds.

    Args:
        options: `O` names.
        beings: `B` names.
        value: `[O, B]`; nan where nothing is known.
        low: `[O, B]` lower ends of intervals; nan where there is none.
        high: `[O, B]` upper ends.
        draws: `[D, O, B]` equally likely tables.
        sizes: `[B]` how many beings a column stands for; 1 each by default.
        zeros: `[B]` each being's neutral point; nan where it is unknown.
        ordinal: `[B]` whether only the order of a column is known.
        notes: what was assumed so far.

    Raises:
        BadUtilities: a name is there twice, a value is infinite, a size is no whole number above 0, nothing is left to
            compare.
    """
    value = np.asarray(value, dtype=np.float64)
    _check_names(options, beings)
    low = np.where(np.isnan(value), np.nan, value) if low is None else np.where(np.isnan(low), value, low)
    high = np.where(np.isnan(value), np.nan, value) if high is None else np.where(np.isnan(high), value, high)
    value = np.where(np.isnan(value), low / 2 + high / 2, value)
    for part in (value, low, high):
        _check_finite(part, options, beings)
    told = list(notes)
    value, low, high = _filled(options, beings, value, low, high, told)
    if (bad := np.argwhere((low > value) | (value > high))).size:
        o, b = bad[0].tolist()
        raise BadUtilities(
            f"The interval of {beings[b]!r} for {options[o]!r} runs from {low[o, b]:g} to {high[o, b]:g} and its value "
            f"is {value[o, b]:g}; expected low <= value <= high."
        )
    counted = np.ones(len(beings)) if sizes is None else _sizes(np.asarray(sizes, dtype=np.float64), beings)
    flags = np.zeros(len(beings), dtype=np.bool_) if ordinal is None else np.asarray(ordinal, dtype=np.bool_)
    neutral = np.full(len(beings), np.nan) if zeros is None else np.asarray(zeros, dtype=np.float64)
    made = Utilities(
        options=tuple(options),
        beings=tuple(beings),
        value=value,
        low=low,
        high=high,
        sizes=counted,
        zeros=neutral,
        ordinal=flags,
        draws=draws,
    )
    told += _said_of_columns(made)
    return replace(made, notes=tuple(told))


def _check_names(options: Sequence[str], beings: Sequence[str]) -> None:
    for noun, names in (("option", options), ("being", beings)):
        seen: set[str] = set()
        for name in names:
            if name in seen:
                raise BadUtilities(f"The {noun} {name!r} is there twice; give each {noun} a name of its own.")
            seen.add(name)
        if not names:
            raise BadUtilities(f"The table has no {noun}s. Give one row an option and one column a being.")
    if len(options) < 2:
        raise BadUtilities(f"There is one option, {options[0]!r}, so there is nothing to compare. Give at least two.")


def _check_finite(values: Floats, options: Sequence[str], beings: Sequence[str]) -> None:
    if (bad := np.argwhere(np.isinf(values))).size:
        o, b = bad[0].tolist()
        raise BadUtilities(
            f"{beings[b]!r} gets {values[o, b]:g} from {options[o]!r}. An infinite utility outweighs everything at "
            "every scale, so no ratio exists; give a finite number, or leave the cell empty if it is not known."
        )
    if (bad := np.argwhere(np.abs(values) > 1e150)).size:
        o, b = bad[0].tolist()
        raise BadUtilities(
            f"{beings[b]!r} gets {values[o, b]:g} from {options[o]!r}, too large for sums to be computed; give the "
            "column in another unit (any positive factor says the same)."
        )


def _filled(
    options: Sequence[str], beings: Sequence[str], value: Floats, low: Floats, high: Floats, told: list[str]
) -> tuple[Floats, Floats, Floats]:
    """Cells of which nothing is known get the bounds of their column, and that is said."""
    value, low, high = value.copy(), low.copy(), high.copy()
    missing = np.isnan(value)
    if not missing.any():
        return value, low, high
    for b in np.flatnonzero(missing.any(axis=0)).tolist():
        known = ~missing[:, b]
        if not known.any():
            raise BadUtilities(
                f"The column {beings[b]!r} is empty: nothing is known of this being. Leave the column out; what "
                "holds without it is what is known."
            )
        low[~known, b], high[~known, b] = low[known, b].min(), high[known, b].max()
        value[~known, b] = low[~known, b] / 2 + high[~known, b] / 2
        names = [options[o] for o in np.flatnonzero(~known).tolist()]
        shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
        told.append(
            f"What {beings[b]} gets from {shown} is missing. It is taken to lie between the least and the most that "
            f"is known of {beings[b]} ({low[~known, b][0]:g} to {high[~known, b][0]:g}); what would change if it lay "
            "elsewhere there is said, what would change if it lay beyond is not."
        )
    return value, low, high


def _sizes(sizes: Floats, beings: Sequence[str]) -> Floats:
    for b, size in enumerate(sizes):
        if not np.isfinite(size) or size < 1 or size != np.floor(size):
            raise BadUtilities(
                f"The group {beings[b]!r} has {size:g} beings; expected a whole number, 1 or more. Leave out a group "
                "that has none; turn shares into numbers (2.5 and 1 are 5 and 2)."
            )
    return sizes


def _said_of_columns(made: Utilities) -> list[str]:
    """What a table's columns can't tell."""
    told = []
    if made.constant.any():
        names = ", ".join(name for name, flat in zip(made.beings, made.constant, strict=True) if flat)
        told.append(
            f"All options are the same to {names}: that says nothing about scale, and changes no comparison, whatever "
            "the strength."
        )
    if len(made.beings) == 1:
        told.append(
            f"There is one being, {made.beings[0]}, so nothing has to be compared between beings: the order of its own "
            "values is the answer."
        )
    if made.ordinal.any():
        names = ", ".join(name for name, only in zip(made.beings, made.ordinal, strict=True) if only)
        told.append(
            f"Only the order is known of {names}. Whatever needs more than the order uses the ranks instead, and says "
            "so, or is refused."
        )
    return told
