"""Everything found by a comparison: a document, dataframes, and a page.

Theory: E0.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from teloscope.errors import NotFound
from teloscope.renderers import render_page
from teloscope.schema import WelfareDocument
from teloscope.welfare.counting import Counted, of_members
from teloscope.welfare.robustness.setting import Counting, Setting
from teloscope.welfare.robustness.supports import Supports
from teloscope.welfare.rules import RULES, RuleResult
from teloscope.welfare.scales.chances import pair_chances
from teloscope.welfare.scales.numeraires import Numeraire
from teloscope.welfare.scales.welfare_ranges import WelfareRanges

if TYPE_CHECKING:
    from teloscope.welfare.tables.utilities import Utilities


@dataclass(frozen=True)
class Welfare:
    """What can be said of options for beings whose scales are unknown."""

    setting: Setting
    supports: Supports
    counted: tuple[Counted, ...]
    rules: dict[str, RuleResult]
    numeraires: tuple[tuple[str, list[Numeraire]], ...]
    ranges: WelfareRanges | None
    seed: int
    source: str
    """`returns` or `feature` where the utilities come from recordings."""

    def __repr__(self) -> str:
        u = self.utilities
        return (
            f"Welfare({len(u.options)} options x {len(u.beings)} beings, "
            f"{len(self.setting.dominance.front)} undominated)"
        )

    @property
    def utilities(self) -> Utilities:
        """The table that was compared."""
        return self.setting.utilities

    def document(self) -> WelfareDocument:
        """All of it that is printed as JSON and shown on the page."""
        return self._document

    @cached_property
    def _document(self) -> WelfareDocument:
        from teloscope.welfare.document import tell

        return tell(self)

    def report(self, path: str | Path) -> Path:
        """Write the page.

        Raises:
            TeloscopeError: the file can't be written.
        """
        return render_page("welfare", self.document(), path)

    def options(self) -> pl.DataFrame:
        """One row an option: `option`, `status`, `by` (one that dominates it), `dominators`, `support`, `margin`."""
        dominance, names = self.setting.dominance, self.utilities.options
        support = {int(o): s for o, s in zip(self.setting.rows, self.supports.found, strict=True)}
        for twins in dominance.twins:
            support |= {o: support[twins[0]] for o in twins[1:]}
        rows = []
        for o, name in enumerate(names):
            by = dominance.by.get(o, ())
            status = "dominated" if by else "depends" if o in dominance.depends else "undominated"
            s = support.get(o)
            dominators = dominance.counts.get(o, 0)
            first = names[by[0]] if by else None
            rows.append((name, status, first, dominators, s.kind if s else None, s.margin if s else None))
        schema = {
            "option": pl.String,
            "status": pl.String,
            "by": pl.String,
            "dominators": pl.Int64,
            "support": pl.String,
            "margin": pl.Float64,
        }
        return pl.DataFrame(rows, schema=schema, orient="row")

    def weights(self) -> pl.DataFrame:
        """`option`, `being`, `weight`: weights on the beings' ranges that make each undominated option best."""
        rows = [
            (self.setting.option(x), being, float(weight))
            for x, s in enumerate(self.supports.found)
            for k, share in enumerate(s.weights)
            for being, weight in self._shared(k, share)
        ]
        return pl.DataFrame(rows, schema={"option": pl.String, "being": pl.String, "weight": pl.Float64}, orient="row")

    def _shared(self, k: int, weight: float) -> list[tuple[str, float]]:
        names = self.setting.kind_names(k)
        return [(name, weight / len(names)) for name in names]

    def ratios(self) -> pl.DataFrame:
        """`counting`, `option`, `over`, `ratio`: of every ordered pair of undominated options, the switching ratio."""
        return self._pairs({c.counting: c.ratios.needed for c in self.counted}, "counting", "ratio")

    def alone(self) -> pl.DataFrame:
        """`counting`, `option`, `beings`, `low`, `high`: where a kind's weight alone makes an option best."""
        rows = []
        for c in self.counted:
            for x, k in np.argwhere(~np.isnan(c.ratios.low)):
                names = ", ".join(self.setting.kind_names(int(k)))
                low, high = float(c.ratios.low[x, k]), float(c.ratios.high[x, k])
                rows.append((c.counting, self.setting.option(int(x)), names, low, high))
        schema = dict.fromkeys(("counting", "option", "beings"), pl.String) | {"low": pl.Float64, "high": pl.Float64}
        return pl.DataFrame(rows, schema=schema, orient="row")

    def chances(self) -> pl.DataFrame:
        """`counting`, `prior`, `option`, `chance`, `error`: how likely each undominated option is best."""
        rows = [
            (c.counting, told.prior.name, self.setting.option(x), float(share), float(error))
            for c in self.counted
            for told in (*c.priors, *c.ranges)
            for x, (share, error) in enumerate(zip(*told.best, strict=True))
        ]
        schema = dict.fromkeys(("counting", "prior", "option"), pl.String) | {"chance": pl.Float64, "error": pl.Float64}
        return pl.DataFrame(rows, schema=schema, orient="row")

    def pairs(self, prior: str, counting: Counting = "totals") -> pl.DataFrame:
        """`prior`, `option`, `over`, `chance`, `error`: how likely each undominated option is better than each other.

        Raises:
            NotFound: no such prior was asked for.
        """
        setting, members = self.setting, self.setting.members
        known = {told.prior.name: told.prior for c in self.counted[:1] for told in (*c.priors, *c.ranges)}
        if prior not in known:
            raise NotFound("prior", prior, known)
        values = setting.scaled.value[np.ix_(setting.rows, members)]
        counts = setting.counts(counting)[members]
        told = pair_chances(values, counts, of_members(known[prior], members), self.seed)
        frame = self._pairs({prior: told.share}, "prior", "chance")
        x, y = np.nonzero(~np.eye(len(values), dtype=np.bool_))
        return frame.with_columns(pl.Series("error", told.error[x, y]))

    def picks(self) -> pl.DataFrame:
        """`rule`, `counting`, `option`: what each rule picks; refused rules have no rows."""
        rows = [
            (rule.name, counting, self.utilities.options[o])
            for rule in RULES
            for counting, told in (("totals", self.rules[rule.key].totals), ("averages", self.rules[rule.key].averages))
            for o in told.winners
        ]
        return pl.DataFrame(rows, schema=dict.fromkeys(("rule", "counting", "option"), pl.String), orient="row")

    def _pairs(self, tables: dict[str, np.ndarray], first: str, last: str) -> pl.DataFrame:
        names = np.array([self.setting.option(x) for x in range(len(self.setting.rows))])
        x, y = np.nonzero(~np.eye(len(names), dtype=np.bool_))
        frames = [
            pl.DataFrame(
                {first: [key] * len(x), "option": names[x].tolist(), "over": names[y].tolist(), last: told[x, y]}
            )
            for key, told in tables.items()
        ]
        return pl.concat(frames)
