"""The one pass: recorded steps become one row per episode, whatever their number.

For a threshold on a numeric feature every mode is a comparison on a per-episode statistic:

    reach(f >= c)  high >= c          end(f >= c)   last >= c
    keep(f >= c)   late_low >= c      never(f >= c) high < c

`late_low` is the order statistic of the late window that at least 80 % of it reach or exceed; `late_high` the one that
80 % stay at or below. Memory grows with episodes x features, not with steps.

Theory: A2.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from teloscope.recordings.store import Recording, Shard
from teloscope.regimes.regime import keep_count, late_window
from teloscope.schema import STATE

THREADS = 2
STATISTICS = ("first", "last", "low", "high", "late_low", "late_high")
"""Rows of a signal's statistics, in order."""
FIRST, LAST, LOW, HIGH, LATE_LOW, LATE_HIGH = range(6)


@dataclass(frozen=True)
class Signal:
    """One number per state: a numeric feature, or a flag that is 0 or 1."""

    name: str
    """For a flag: the condition under which it is 1, e.g. `vase_broken` or `tile = 'lava'`."""
    flag: bool

    def condition(self, upward: bool, threshold: float) -> str:
        """The condition `signal >= threshold` (upward) or `signal <= threshold`, as people write it."""
        if self.flag:
            opposite = self.name.replace(" = ", " <> ", 1) if " " in self.name else f"not {self.name}"
            return self.name if upward else opposite
        return f"{self.name} {'>=' if upward else '<='} {number(threshold)}"


def number(value: float) -> str:
    """A threshold as written in a condition: whole numbers without a point, others so that they read back exactly."""
    return str(int(value)) if float(value).is_integer() and abs(value) < 1e15 else repr(float(value))


@dataclass(frozen=True)
class Summary:
    """Statistics of one actor's episodes in one context."""

    signals: tuple[Signal, ...]
    statistics: Mapping[str, NDArray[Any]]
    """Signal name -> `[6, N]`, rows as in `STATISTICS`."""

    def to_frame(self) -> pl.DataFrame:
        """One row an episode, columns `<signal>.<statistic>`."""
        return pl.DataFrame(
            {f"{name}.{s}": rows[i] for name, rows in self.statistics.items() for i, s in enumerate(STATISTICS)}
        )


def signals_of(frame: pl.DataFrame) -> dict[Signal, NDArray[Any]]:
    """The signals in a frame of features, each as compact numbers: categories become one flag per value."""
    out: dict[Signal, NDArray[Any]] = {}
    for column in frame:
        if column.dtype == pl.Boolean:
            out[Signal(column.name, True)] = column.to_numpy().astype(np.int8)
        elif column.dtype.is_numeric():
            out[Signal(column.name, False)] = _compact(column.to_numpy())
        else:
            for value in column.unique().sort().drop_nulls().to_list():
                quoted = str(value).replace("'", "''")
                out[Signal(f"{column.name} = '{quoted}'", True)] = (column == value).to_numpy().astype(np.int8)
    return out


def _compact(values: NDArray[Any]) -> NDArray[Any]:
    """Whole numbers in the smallest integers that hold them; others as they are."""
    if values.dtype.kind in "iu" and len(values):
        return values.astype(np.result_type(np.min_scalar_type(values.min()), np.min_scalar_type(values.max())))
    return values


def summarise(recording: Recording, context: str, actor: str) -> Summary:
    """Read one actor's steps in one context once, in streams.

    Returns:
        Statistics of every signal, `N` episodes in order.
    """
    table = signals_of(recording.states_table) if recording.manifest.layout == "table" else None
    parts: list[dict[Signal, NDArray[Any]]] = []
    with ThreadPoolExecutor(THREADS) as pool:
        for shard in recording.shards(context, actor):
            parts.append(_summarise_shard(shard, table, recording.horizon, pool))
    signals = tuple(dict.fromkeys(s for part in parts for s in part))
    statistics = {s.name: _joined(parts, s) for s in signals}
    return Summary(signals, statistics)


def _joined(parts: list[dict[Signal, NDArray[Any]]], signal: Signal) -> NDArray[Any]:
    """A signal over all shards; a category value that a shard never met was 0 there."""
    filled = [p[signal] if signal in p else np.zeros_like(next(iter(p.values())), dtype=np.int8) for p in parts]
    return filled[0] if len(filled) == 1 else np.concatenate(filled, axis=1)


def _summarise_shard(
    shard: Shard, table: Mapping[Signal, NDArray[Any]] | None, horizon: int, pool: ThreadPoolExecutor
) -> dict[Signal, NDArray[Any]]:
    if table is None:
        columns = signals_of(shard.rows)
        return dict(
            zip(columns, pool.map(lambda v: episode_statistics(v, shard, horizon), columns.values()), strict=True)
        )
    state = shard.rows[STATE].to_numpy()
    work = pool.map(lambda v: episode_statistics(v[state], shard, horizon), table.values())
    return dict(zip(table, work, strict=True))


def episode_statistics(values: NDArray[Any], shard: Shard, horizon: int) -> NDArray[Any]:
    """`[6, B]` statistics of one signal.

    Args:
        values: one number per row of the shard.
        shard: where its episodes begin and how long they are.
        horizon: steps that every episode is held up to, in its last state.
    """
    firsts, lasts = shard.firsts, shard.firsts + shard.lengths
    window, kept = late_window(horizon), keep_count(horizon)
    if (shard.lengths == horizon).all():
        rows = values.reshape(-1, horizon + 1)
        low, high, late = rows.min(axis=1), rows.max(axis=1), rows[:, -window:]
    else:
        low, high = np.minimum.reduceat(values, firsts), np.maximum.reduceat(values, firsts)
        steps = np.minimum(np.arange(horizon + 1 - window, horizon + 1), shard.lengths[:, None])
        late = values[firsts[:, None] + steps]
    ordered = np.partition(late, (window - kept, kept - 1), axis=1)
    return np.stack([values[firsts], values[lasts], low, high, ordered[:, window - kept], ordered[:, kept - 1]])
