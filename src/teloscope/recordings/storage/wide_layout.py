"""The wide layout: steps of worlds that aren't tables, one row per state visited, with reward and features.

episode u32, t u16, action (null on the last row), reward f32 (of the action; 0 on the last row), one column a feature
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from teloscope.errors import BadRecording, BadWorld
from teloscope.schema import ACTION, EPISODE, REWARD, TIME

MOST_STEPS = int(np.iinfo(np.uint16).max)
"""Steps of an episode, at most: `t` has 16 bits."""


def wide_steps(
    episodes: NDArray[Any],
    lengths: NDArray[np.int64],
    actions: NDArray[Any],
    rewards: NDArray[Any],
    features: Mapping[str, NDArray[Any]],
    where: str,
) -> pl.DataFrame:
    """The frame of a shard's steps.

    Args:
        episodes: `[B]` numbers of the episodes.
        lengths: `[B]` steps of each; it has one row more.
        actions: `[rows, ...]` episode by episode; the entry of an episode's last row is not read.
        rewards: `[rows]` likewise.
        features: name -> `[rows]`.
        where: what the rows are from, for messages.

    Raises:
        BadWorld: a reward or feature is not finite. BadRecording: an episode is longer than `t` can count, or a column
            has another number of rows than the lengths say.
    """
    _refuse_wrong_lengths(episodes, lengths, {ACTION: actions, REWARD: rewards, **features}, where)
    rows = lengths + 1
    lasts = np.cumsum(rows) - 1
    rewards = rewards.astype(np.float32)
    rewards[lasts] = 0
    columns: dict[str, NDArray[Any]] = {
        EPISODE: np.repeat(episodes.astype(np.uint32), rows),
        TIME: (np.arange(lasts[-1] + 1) - np.repeat(lasts - lengths, rows)).astype(np.uint16),
        ACTION: actions,
        REWARD: rewards,
        **features,
    }
    _refuse_infinite(columns, where)
    ended = np.zeros(lasts[-1] + 1, np.bool_)
    ended[lasts] = True
    frame = pl.DataFrame({name: _series(name, values) for name, values in columns.items()})
    return frame.with_columns(pl.when(pl.Series(ended)).then(None).otherwise(pl.col(ACTION)).alias(ACTION))


def _series(name: str, values: NDArray[Any]) -> pl.Series:
    return pl.Series(name, values.astype(str) if values.dtype == object else values)


def _refuse_wrong_lengths(
    episodes: NDArray[Any], lengths: NDArray[np.int64], columns: Mapping[str, NDArray[Any]], where: str
) -> None:
    """Raise an error for an episode that is too long, or a column of another length than all are said to have."""
    if len(lengths) and int(lengths.max()) > MOST_STEPS:
        longest = int(lengths.argmax())
        raise BadRecording(
            f"Episode {episodes[longest]} of {where} has {lengths[longest]:,} steps; a recording holds at most "
            f"{MOST_STEPS:,} an episode. Cut it into shorter ones first."
        )
    total = int((lengths + 1).sum())
    for name, values in columns.items():
        if len(values) != total:
            raise BadRecording(
                f"{name!r} of {where} has {len(values):,} rows; the lengths of its {len(lengths):,} episodes say "
                f"{total:,}, one for every step and one for the last state of each episode."
            )


def _refuse_infinite(columns: Mapping[str, NDArray[Any]], where: str) -> None:
    """Raise an error for the first number that is not finite."""
    for name, values in columns.items():
        if name == ACTION or values.dtype.kind != "f":
            continue
        with np.errstate(over="ignore", invalid="ignore"):
            if np.isfinite(values.sum()):  # a sum is finite only if every term is, and costs a tenth of asking each
                continue
        bad = np.flatnonzero(~np.isfinite(values))
        if len(bad):
            what = "The reward" if name == REWARD else f"Feature {name!r}"
            raise BadWorld(
                f"{what} of {where} is {values[bad[0]]} in episode {columns[EPISODE][bad[0]]}, "
                f"t={columns[TIME][bad[0]]}; expected a finite number in every state. Mend it, or give a feature "
                "function that is always defined. What was recorded before stays."
            )
