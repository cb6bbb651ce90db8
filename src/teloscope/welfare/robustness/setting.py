"""The table as the further levels read it: undominated options x kinds of beings, in ranges, and how beings count.

Theory: E0.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from teloscope.welfare.robustness.dominance import Dominance, find_dominance
from teloscope.welfare.robustness.kinds import Groups, find_kinds, first_of
from teloscope.welfare.tables.utilities import Floats, Utilities

Unit = Literal["range", "given"]
Counting = Literal["totals", "averages"]


@dataclass(frozen=True)
class Setting:
    """What everything is worked out from."""

    utilities: Utilities
    scaled: Utilities
    """In ranges: each being's worst option is 0, its best 1."""
    dominance: Dominance
    rows: NDArray[np.intp]
    """`F` undominated options, of twins the first."""
    kinds: Groups
    """`K` kinds of beings; who is indifferent to all belongs to none."""
    unit: Unit
    spans: Floats
    """`[B]` how many units a being's range is: 1 each, or its range in the given numbers."""

    @cached_property
    def values(self) -> Floats:
        """`[F, K]` of undominated options, for one being of each kind, in ranges."""
        return self.scaled.value[np.ix_(self.rows, first_of(self.kinds))]

    @cached_property
    def lows(self) -> Floats:
        """`[F, K]` lower ends."""
        return self.scaled.low[np.ix_(self.rows, first_of(self.kinds))]

    @cached_property
    def highs(self) -> Floats:
        """`[F, K]` upper ends."""
        return self.scaled.high[np.ix_(self.rows, first_of(self.kinds))]

    @property
    def draws(self) -> Floats | None:
        """`[D, F, K]` draws."""
        if self.scaled.draws is None:
            return None
        return self.scaled.draws[:, self.rows[:, None], first_of(self.kinds)]

    @property
    def ordinal(self) -> NDArray[np.bool_]:
        """`[K]` kinds of whom only the order is known."""
        return self.utilities.ordinal[first_of(self.kinds)]

    @property
    def members(self) -> NDArray[np.intp]:
        """`[B']` beings who belong to a kind, kind by kind."""
        return np.array([b for kind in self.kinds for b in kind], dtype=np.intp)

    @property
    def countings(self) -> tuple[Counting, ...]:
        """Totals; and averages, where they differ."""
        numbers = [self.utilities.sizes[list(kind)].sum() for kind in self.kinds]
        return ("totals", "averages") if any(number != 1 for number in numbers) else ("totals",)

    def counts(self, counting: Counting) -> Floats:
        """`[B]` how much a being's column counts at equal strength, in its range."""
        return self.people(counting) * self.spans

    def people(self, counting: Counting) -> Floats:
        """`[B]` how many beings a column counts for: all of them, or its share of its kind."""
        sizes = self.utilities.sizes.copy()
        if counting == "totals":
            return sizes
        for kind in self.kinds:
            sizes[list(kind)] /= sizes[list(kind)].sum()
        return np.where(self.utilities.informative, sizes, 1.0)

    def kind_counts(self, counting: Counting) -> Floats:
        """`[K]` how much a kind counts at equal strength."""
        counts = self.counts(counting)
        return np.array([counts[list(kind)].sum() for kind in self.kinds])

    def kind_names(self, k: int) -> list[str]:
        """The beings of a kind."""
        return self._names[k]

    @cached_property
    def _names(self) -> list[list[str]]:
        return [[self.utilities.beings[b] for b in kind] for kind in self.kinds]

    def option(self, x: int) -> str:
        """The name of an undominated option."""
        return self.utilities.options[self.rows[x]]


def make_setting(utilities: Utilities, unit: Unit) -> Setting:
    """The setting of a table.

    Args:
        utilities: the table.
        unit: what counts alike at equal strength: everyone's range, or everyone's given numbers.
    """
    dominance = find_dominance(utilities)
    scaled = utilities.in_ranges()
    kinds = find_kinds(scaled)
    later = {o for twins in dominance.twins for o in twins[1:]}
    rows = np.array([o for o in dominance.front if int(o) not in later], dtype=np.intp)
    span = np.ptp(utilities.value, axis=0)
    spans = np.where(span > 0, span, 1.0) if unit == "given" else np.ones(len(span))
    return Setting(utilities, scaled, dominance, rows, kinds, unit, spans)
