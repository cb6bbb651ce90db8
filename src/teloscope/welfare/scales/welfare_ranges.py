"""Published welfare ranges: how strongly, by one model each, a kind of being can feel; shown beside each other.

A CSV file with `being`, `model`, `median` and, where they are published, `low` and `high` (5th and 95th percentile) and
`source`. Models disagree by factors of hundreds about one species. That is disagreement between models, not chance, so
their answers stand side by side and are never averaged.

Theory: E0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from teloscope.errors import BadUtilities
from teloscope.welfare.tables.reading import read_frame
from teloscope.welfare.tables.utilities import Floats

Z95 = float(ndtri(0.95))


@dataclass(frozen=True)
class RangeModel:
    """One model's scales."""

    name: str
    median: Floats
    """`[B]`"""
    low: Floats
    """`[B]` 5th percentile; nan where none was published."""
    high: Floats
    """`[B]` 95th percentile."""
    source: str

    @property
    def about(self) -> str:
        return f"the welfare ranges of {self.name}" + (f" ({self.source})" if self.source else "")

    @property
    def certain(self) -> bool:
        """Whether it says points only."""
        return bool(np.isnan(self.low).all())

    def only(self, beings: NDArray[np.intp]) -> RangeModel:
        """The scales of some beings."""
        return replace(self, median=self.median[beings], low=self.low[beings], high=self.high[beings])

    def logs(self, uniforms: Floats) -> Floats:
        """`[N, B]` log scales: log-normal halves through the three percentiles that were published."""
        z = ndtri(uniforms)
        down = np.where(np.isnan(self.low), 0.0, np.log(self.median) - np.log(self.low)) / Z95
        up = np.where(np.isnan(self.high), 0.0, np.log(self.high) - np.log(self.median)) / Z95
        return np.log(self.median) + np.where(z < 0, down, up) * z

    def mean_ratios(self, beings: int) -> Floats:
        """`[B, B]` ratios of the medians: within one model no mean is needed."""
        return self.median[None, :] / self.median[:, None]


@dataclass(frozen=True)
class WelfareRanges:
    """A table of welfare ranges."""

    models: tuple[RangeModel, ...]
    disagreement: Floats
    """`[B]` the largest median over the smallest, between models."""
    left_out: tuple[str, ...]
    """Models that lack a being, and which."""


def read_ranges(source: object, beings: Sequence[str]) -> WelfareRanges:
    """The welfare ranges of these beings.

    Args:
        source: a CSV or Parquet file, or a dataframe.
        beings: `B` names; each must be in the table under this name.

    Raises:
        BadUtilities: a column is missing, no model has all beings, or a range is not positive.
    """
    frame = read_frame(source)
    if missing := [name for name in ("being", "model", "median") if name not in frame.columns]:
        raise BadUtilities(
            f"The table of welfare ranges has no column {missing[0]!r}; expected being, model, median, and where they "
            "are published low, high (5th and 95th percentile) and source."
        )
    rows: dict[str, dict[str, tuple[float, float, float]]] = {}
    sources: dict[str, str] = {}
    for row in frame.iter_rows(named=True):
        name, being = str(row["model"]), str(row["being"])
        sources.setdefault(name, str(row.get("source") or ""))
        if being in rows.setdefault(name, {}):
            raise BadUtilities(f"The welfare ranges have two rows for {being!r} in the model {name!r}; expected one.")
        rows[name][being] = _numbers(row, being, name)
    models, left_out = [], []
    for name, told in rows.items():
        if lacking := [being for being in beings if being not in told]:
            left_out.append(f"{name} (no {lacking[0]})")
            continue
        low, median, high = np.array([told[being] for being in beings]).T
        models.append(RangeModel(name, median, low, high, sources[name]))
    if not models:
        known = sorted({being for told in rows.values() for being in told})
        raise BadUtilities(
            f"No model of the welfare ranges has all of {', '.join(beings)}; it has {', '.join(known)}. Give the table "
            "and the ranges the same names."
        )
    medians = np.stack([model.median for model in models])
    return WelfareRanges(tuple(models), medians.max(axis=0) / medians.min(axis=0), tuple(left_out))


def _numbers(row: dict[str, object], being: str, model: str) -> tuple[float, float, float]:
    try:
        low, median, high = (
            float("nan") if row.get(name) is None else float(str(row[name])) for name in ("low", "median", "high")
        )
    except ValueError as error:
        raise BadUtilities(f"The welfare range of {being!r} in {model!r} is no number ({error}).") from None
    bad = [value for value in (low, median, high) if not np.isnan(value) and not (0 < value < np.inf)]
    if bad or np.isnan(median):
        raise BadUtilities(
            f"The welfare range of {being!r} in the model {model!r} is {bad[0] if bad else median:g}; expected "
            f"positive "
            "numbers. A being that feels nothing has no place in a comparison: leave it out."
        )
    if np.isnan(low) != np.isnan(high) or not (np.isnan(low) or low <= median <= high):
        raise BadUtilities(
            f"The welfare range of {being!r} in the model {model!r} is {low:g}, {median:g}, {high:g}; expected low <= "
            "median <= high, or no low and no high."
        )
    return low, median, high
