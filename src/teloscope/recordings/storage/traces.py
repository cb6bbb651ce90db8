"""Traces: how the agent decided on each action, stored beside the steps so that they can be read without the agent.

The traces of a stepped agent are part of its shards, one for every action. Those of a tabulated agent are written once
for each state that it acted in. Agents without traces leave neither file.

    traces/<context>/agent-<shard>.parquet    episode, t, line, kind, text
    traces.parquet                            state, line, kind, text

Theory: A7 (what is reasoned out loud can be read).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from teloscope.agents.agent import ActTrace
from teloscope.recordings.storage.shards import TRACE_COLUMNS, ShardFiles, read_rows, read_steps
from teloscope.scaffolds.trace import BLOCKED, UNPARSED, Trace
from teloscope.schema import ACTION, EPISODE, STATE, TIME

TRACES = "traces.parquet"
"""Of tabulated agents, in the recording's folder."""
STATE_TRACE_COLUMNS = ("state", "line", "kind", "text")
LINE, KIND, TEXT = "line", "kind", "text"
LINES = {LINE: pl.UInt16, KIND: pl.String, TEXT: pl.String}
"""The columns of every trace: the line's number, its kind, its text."""
ACTED = pl.col(ACTION).is_not_null()
"""Steps in which the agent acted: all but an episode's last state."""
NO_TRACES = pl.DataFrame(schema={TIME: pl.UInt16, **LINES})
"""The traces of an episode of which none were kept."""

ACTS = "acts"


class TraceCounts(NamedTuple):
    """Counts over the traces of a recording."""

    replies: int
    """Replies of the engine; options that were only scored are not counted."""
    unparsed: int
    """Replies that could not be read."""
    rulings: int
    """Rulings of a gate. For a tabulated agent it rules beforehand, on every action that may be chosen."""
    blocked: int
    """Rulings that block the action."""
    beforehand: bool = False
    """Whether it ruled on actions that may be chosen, not on those that were."""


def traces_of_acts(act_traces: Sequence[ActTrace], episodes: NDArray[Any], lengths: NDArray[Any]) -> pl.DataFrame:
    """The traces of a shard's acts, in order.

    Args:
        act_traces: of the player; those of acts after an episode's end are dropped.
        episodes: `[B]` number of each row's episode.
        lengths: `[B]` steps of each.
    """
    kept = sorted(((row, t, trace) for row, t, trace in act_traces if t < lengths[row]), key=lambda act: act[:2])
    counts = np.array([len(trace) for *_, trace in kept], dtype=np.int64)
    rows = np.array([row for row, *_ in kept], dtype=np.intp)
    times = np.array([t for _, t, _ in kept], dtype=np.uint16)
    acts = {EPISODE: np.repeat(episodes[rows].astype(np.uint32), counts), TIME: np.repeat(times, counts)}
    return pl.DataFrame(acts).hstack(_lines(trace for *_, trace in kept))


def traces_of_states(states: Sequence[int], traces: Sequence[Trace]) -> pl.DataFrame:
    """The traces of a tabulated agent in some states, one trace a state."""
    counts = [len(trace) for trace in traces]
    return pl.DataFrame({STATE: np.repeat(np.array(states, dtype=np.uint32), counts)}).hstack(_lines(traces))


def _lines(traces: Iterable[Trace]) -> pl.DataFrame:
    rows = [(number, line.kind, line.text) for trace in traces for number, line in enumerate(trace)]
    return pl.DataFrame(rows, schema=LINES, orient="row")


def traces_of_episode(files: ShardFiles, states: Path, episode: int) -> pl.DataFrame:
    """t, line, kind, text of one episode's traces, in order; no rows where the agent left none.

    Args:
        files: the episode's shard.
        states: the file of a tabulated agent's traces.
        episode: its number.

    Raises:
        BadRecording: a file is torn or foreign.
    """
    if files.file("traces").exists():
        return read_rows(files.file("traces"), TRACE_COLUMNS).filter(pl.col(EPISODE) == episode).drop(EPISODE)
    if not states.exists():
        return NO_TRACES
    acts = read_steps(files, [EPISODE, TIME, ACTION, STATE]).filter(pl.col(EPISODE) == episode, ACTED)
    traces = read_rows(states, STATE_TRACE_COLUMNS)
    found = acts.select(TIME, pl.col(STATE).cast(pl.UInt32)).join(traces, on=STATE, maintain_order="left_right")
    return found.select(NO_TRACES.columns)


def states_acted_in(shards: Iterable[ShardFiles]) -> pl.DataFrame:
    """The states that the agent acted in, in order, and how often: state, acts."""
    steps = (read_steps(files, [ACTION, STATE]).filter(ACTED) for files in shards)
    each = (rows.group_by(pl.col(STATE).cast(pl.UInt32)).len(ACTS) for rows in steps)
    return pl.concat(each).group_by(STATE).agg(pl.col(ACTS).sum()).sort(STATE)


def count_traces(shards: Sequence[ShardFiles], states: Path) -> TraceCounts | None:
    """Counts over the traces in some shards; None where the agent left none.

    Args:
        shards: the agent's shards.
        states: the file of a tabulated agent's traces; there each line counts as often as its state was acted in.

    Raises:
        BadRecording: a file is torn or foreign.
    """
    if states.exists():
        lines = read_rows(states, STATE_TRACE_COLUMNS).join(states_acted_in(shards), on=STATE)
        return _tally(lines)._replace(beforehand=True)
    stored = [file for files in shards if (file := files.file("traces")).exists()]
    if not stored:
        return None
    each = [_tally(read_rows(file, [KIND, TEXT]).with_columns(pl.lit(1).alias(ACTS))) for file in stored]
    replies, unparsed, rulings, blocked = (sum(counts) for counts in zip(*(tally[:4] for tally in each), strict=True))
    return TraceCounts(replies, unparsed, rulings, blocked)


def _tally(lines: pl.DataFrame) -> TraceCounts:
    """Of kind, text, acts: each line counted as many times as there are acts of it."""

    def count(kind: str, beginning: str = "") -> int:
        counted = lines.filter(pl.col(KIND) == kind, pl.col(TEXT).str.starts_with(beginning))
        return int(counted[ACTS].sum())

    return TraceCounts(count("said"), count("parsed", UNPARSED), count("gate"), count("gate", BLOCKED))
