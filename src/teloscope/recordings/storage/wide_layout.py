"""The wide layout: steps of worlds that aren't tables, one row per state visited, with reward and features.

episode u32, t u16, action (null on the last row), reward f32 (of the action; 0 on the last row), one column a feature
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from teloscope.errors import BadWorld
from teloscope.schema import ACTION, EPISODE, REWARD, TIME


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
        BadWorld: a reward or feature is not finite.
    """
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
