"""Latents: what an agent's network held when it acted, stored beside the steps in half precision.

They are kept where recording was asked for them, in shards of their own, one row an act. So a probe reads a recording
and never a live agent, and an old recording can be asked a new question.

    latents/<context>/agent-<shard>.parquet    episode, t, latents (array of D numbers)

Theory: E7 (affects are latent variables).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from teloscope.errors import BadAgent, BadRecording
from teloscope.recordings.storage.shards import LATENT_COLUMNS, ShardFiles, read_episodes, read_rows
from teloscope.schema import EPISODE, TIME

LATENTS = "latents"
"""The column, the folder, and the attribute of a player: `[B, D]` what made its last action."""
MOST = float(np.finfo(np.float16).max)
"""The largest number that half precision holds: 65504."""


def latents_of_act(player: Any, rows: int, alive: NDArray[np.bool_], who: str) -> NDArray[np.float16]:
    """`[B, D]` in half precision, from a player that has just acted; rows that are not alive are 0.

    Args:
        player: what has the attribute `latents`.
        rows: `B`.
        alive: `[B]`
        who: the agent, for messages.

    Raises:
        BadAgent: it has none, or they are of another shape, not finite, or too large for half precision.
    """
    found = getattr(player, LATENTS, None)
    if found is None:
        raise BadAgent(
            f"{who} has no latents to record: its player has no attribute `latents`. Record it without them."
        )
    values = np.asarray(found, dtype=np.float32)
    if values.ndim != 2 or len(values) != rows or values.shape[1] == 0:
        raise BadAgent(f"{who} gives latents of shape {values.shape}; expected ({rows}, D), one row an episode.")
    values = np.where(alive[:, None], values, np.float32(0))
    bad = ~(np.abs(values) <= MOST)
    if bad.any():
        row, column = np.argwhere(bad)[0]
        raise BadAgent(
            f"{who} gives the latent {column} of row {row} as {values[row, column]}; expected finite numbers up to "
            f"{MOST:g}. Look for a network that diverged, or scale its latents."
        )
    return values.astype(np.float16)


def latent_rows(
    latents: Sequence[NDArray[np.float16]], episodes: NDArray[Any], lengths: NDArray[np.int64], who: str
) -> pl.DataFrame:
    """The frame of a shard's latents, one row an act.

    Args:
        latents: `[T]` of `[B, D]`.
        episodes: `[B]` number of each row's episode.
        lengths: `[B]` steps of each.
        who: the agent, for messages.

    Raises:
        BadAgent: the number of latents changes from step to step.
    """
    widths = {step.shape[1] for step in latents}
    if len(widths) > 1:
        raise BadAgent(f"{who} gives {sorted(widths)} latents in different steps; expected the same number in all.")
    acted = np.arange(len(latents)) < lengths[:, None]
    stacked = np.stack(latents, axis=1)
    times = np.broadcast_to(np.arange(len(latents), dtype=np.uint16), acted.shape)
    return pl.DataFrame(
        {
            EPISODE: np.repeat(episodes.astype(np.uint32), lengths),
            TIME: times[acted],
            LATENTS: stacked[acted],
        }
    )


def latents_of_shard(files: ShardFiles) -> tuple[NDArray[np.float16], NDArray[np.int64]]:
    """`[B, T, D]` the latents of a shard, NaN after an episode's end, and `[B]` its lengths.

    Raises:
        BadRecording: they were not recorded, or the file is torn, or of another length than its episodes say.
    """
    path = files.file(LATENTS)
    if not path.exists():
        raise BadRecording(
            f"{path} is missing: this recording holds no latents. Record with `latents=True` (--latents) into a new "
            "folder."
        )
    lengths = read_episodes(files)["length"].to_numpy().astype(np.int64)
    rows = read_rows(path, LATENT_COLUMNS)
    if len(rows) != int(lengths.sum()):
        raise BadRecording(
            f"{path} has {len(rows)} rows; its episodes say {int(lengths.sum())}. Record again into the same folder to "
            "redo this shard."
        )
    values = rows[LATENTS].to_numpy()
    out = np.full((len(lengths), int(lengths.max(initial=0)), values.shape[1]), np.nan, np.float16)
    out[np.arange(out.shape[1]) < lengths[:, None]] = values
    return out, lengths
