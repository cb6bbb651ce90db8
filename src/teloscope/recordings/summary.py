"""Summaries: one pass over recorded steps gives one row of statistics per episode.

For a threshold on a numeric feature every mode is a comparison on a per-episode statistic:

    reach(f >= c)  high >= c          end(f >= c)   last >= c
    keep(f >= c)   late_low >= c      never(f >= c) high < c

`late_low` is the order statistic of the late window that at least 80 % of it reach or exceed; `late_high` the one that
80 % stay at or below. Memory grows with episodes x features, not with steps.

Theory: A2.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from teloscope.recordings.storage.recording import Recording, Shard
from teloscope.regimes.language import column as quoted_column
from teloscope.regimes.language import opposite
from teloscope.regimes.regime import keep_count, late_window
from teloscope.schema import STATE

THREADS = 2
BLOCK = 1 << 17
"""Values of a signal that are reduced at once."""
STATISTICS = ("first", "last", "low", "high", "late_low", "late_high")
"""Rows of a signal's statistics, in order."""
FIRST, LAST, LOW, HIGH, LATE_LOW, LATE_HIGH = range(6)


@dataclass(frozen=True)
class Signal:
    """One number per state: a numeric feature, or a flag that is 0 or 1."""

    name: str
    """The feature as it is written in a condition; for a flag the condition under which it is 1, e.g. `vase_broken` or
    `tile = 'lava'`."""
    flag: bool

    def condition(self, upward: bool, threshold: float) -> str:
        """The condition `signal >= threshold` (upward) or `signal <= threshold`, as people write it."""
        if self.flag:
            return self.name if upward else opposite(self.name)
        return f"{self.name} {'>=' if upward else '<='} {format_number(threshold)}"


def format_number(value: float) -> str:
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
            out[Signal(quoted_column(column.name), True)] = column.to_numpy().astype(np.int8)
        elif column.dtype.is_numeric():
            out[Signal(quoted_column(column.name), False)] = _compact(column.to_numpy())
        else:
            for value in column.unique().sort().drop_nulls().to_list():
                quoted = str(value).replace("'", "''")
                out[Signal(f"{quoted_column(column.name)} = '{quoted}'", True)] = (
                    (column == value).to_numpy().astype(np.int8)
                )
    return out


def _compact(values: NDArray[Any]) -> NDArray[Any]:
    """Whole numbers in the smallest integers that hold them; others as they are."""
    if values.dtype.kind in "iu" and len(values):
        low, high = int(values.min()), int(values.max())
        return values.astype(np.min_scalar_type(min(low, -high - 1) if low < 0 else high))
    return values


def summarise(recording: Recording, context: str, actor: str) -> Summary:
    """Read one actor's steps in one context once, in streams.

    Returns:
        Statistics of every signal, `N` episodes in order.
    """
    table = signals_of(recording.states_table) if recording.manifest.layout == "table" else None
    statistics = _Statistics(recording.frame.episodes)
    with ThreadPoolExecutor(THREADS) as pool:
        for shard in recording.shards(context, actor):
            signals = signals_of(shard.rows) if table is None else table
            blocks = list(_blocks(shard, recording.horizon, by_state=table is not None))
            work = pool.map(lambda values, blocks=blocks: _statistics_of(values, blocks), signals.values())
            statistics.add(dict(zip(signals, work, strict=True)), len(shard.lengths))
    return Summary(tuple(statistics.rows), {signal.name: rows for signal, rows in statistics.whole().items()})


class _Statistics:
    """Collects the statistics of one shard after another."""

    def __init__(self, episodes: int) -> None:
        self.episodes, self.filled = episodes, 0
        self.rows: dict[Signal, NDArray[Any]] = {}
        """`[6, N]`; the flag of a category value that a shard does not contain is 0 there."""

    def add(self, part: Mapping[Signal, NDArray[Any]], count: int) -> None:
        for signal, statistics in part.items():
            rows = self.rows.get(signal)
            if rows is None:
                rows = np.zeros((len(STATISTICS), self.episodes), dtype=statistics.dtype)
            rows = rows.astype(np.result_type(rows, statistics), copy=False)
            rows[:, self.filled : self.filled + count] = statistics
            self.rows[signal] = rows
        self.filled += count

    def whole(self) -> dict[Signal, NDArray[Any]]:
        """All statistics; contexts of imported data may have fewer episodes than the frame's largest."""
        return {signal: rows[:, : self.filled] for signal, rows in self.rows.items()}


def _blocks(shard: Shard, horizon: int, by_state: bool) -> Iterator[NDArray[np.intp]]:
    """`[T+1, b]` rows of a signal's values, for blocks of episodes that fit into a cache; ended episodes stay in their
    last state. Steps are the first axis, so that a reduction over them runs along episodes."""
    states = shard.rows[STATE].to_numpy() if by_state else None
    steps = np.arange(horizon + 1)[:, None]
    size = max(1, BLOCK // (horizon + 1))
    for begin in range(0, len(shard.lengths), size):
        block = slice(begin, begin + size)
        rows = shard.firsts[block] + np.minimum(steps, shard.lengths[block])
        yield rows if states is None else states[rows].astype(np.intp)


def _statistics_of(values: NDArray[Any], blocks: Sequence[NDArray[np.intp]]) -> NDArray[Any]:
    return np.concatenate([episode_statistics(values.take(block)) for block in blocks], axis=1)


def episode_statistics(values: NDArray[Any]) -> NDArray[Any]:
    """`[6, B]` statistics of one signal.

    Args:
        values: `[T+1, B]` every episode up to the horizon.
    """
    horizon = len(values) - 1
    window, kept = late_window(horizon), keep_count(horizon)
    late = values[-window:]
    ordered = np.sort(late.astype(np.int16) if late.itemsize == 1 else late, axis=0)  # NumPy sorts no bytes fast
    return np.stack(
        [values[0], values[-1], values.min(axis=0), values.max(axis=0), ordered[window - kept], ordered[kept - 1]],
        dtype=values.dtype,
        casting="unsafe",
    )
