"""Shards: Parquet files that are written atomically.

A shard holds many episodes of one actor in one context, as two files. The steps are written first, one row per state
visited; then the episodes, one row each, which mark the shard as done. If the agent keeps traces, they
are written before both, and the episodes say how many lines each has; so are latents, where they were asked for. Each
file is written under another name, synced and renamed, so that a killed run leaves no partial file.

    latents/<context>/<actor>-<shard>.parquet     episode, t, latents
    traces/<context>/<actor>-<shard>.parquet      episode, t, line, kind, text
    steps/<context>/<actor>-<shard>.parquet       episode, t, action (null on the last row), state | reward + features
    episodes/<context>/<actor>-<shard>.parquet    episode, seed, length, terminated, return, hidden (, lines)
"""

from __future__ import annotations

import errno
import hashlib
import io
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import polars as pl

from teloscope.errors import BadRecording
from teloscope.file_sizes import refuse_unpacked
from teloscope.file_writing import whole_file
from teloscope.schema import REWARD

ROW_GROUP = 1 << 16
"""Rows in a row group. State ids shrink well under zstd; measured features hardly shrink, so lz4 saves the time."""
LONGEST = 150
"""Characters of a quoted name; a longer one is cut and told apart by its hash."""
LITERAL_PATHS: Any = {"glob": False, "hive_partitioning": False}
"""Paths are literal, even where a folder's name holds brackets, stars or equals signs."""
SMALL = 1 << 20
"""Bytes up to which a file is read at once; polars takes twice as long to read a small file by its path."""
SHAPES = 4096
"""Files of which rows and columns are kept."""
STEP_COLUMNS = ("episode", "t", "action")
EPISODE_COLUMNS = ("episode", "seed", "length", "terminated", "return", "hidden")
TRACE_COLUMNS = ("episode", "t", "line", "kind", "text")
LATENT_COLUMNS = ("episode", "t", "latents")
LINES = "lines"
"""Column of the episodes: how many lines their traces have, where there are traces."""


class ShardFiles(NamedTuple):
    """The files of one shard."""

    folder: Path
    context: str
    actor: str
    shard: int

    def file(self, what: str) -> Path:
        """Path of its `steps`, `episodes`, `traces` or `latents`."""
        return self.folder / what / _file_name(self.context) / f"{_file_name(self.actor)}-{self.shard:05d}.parquet"


def _file_name(name: str) -> str:
    """A name quoted so that it stays in its folder, whatever it is: no separators, never `.` or `..`, not too long."""
    quoted = quote(name, safe=" ")
    if len(quoted) > LONGEST:
        quoted = f"{quoted[:LONGEST]}~{hashlib.sha256(name.encode()).hexdigest()[:16]}"
    return "%2E" + quoted[1:] if quoted.startswith(".") else quoted


def write_shard(
    files: ShardFiles,
    steps: pl.DataFrame,
    episodes: pl.DataFrame,
    durable: bool = True,
    traces: pl.DataFrame | None = None,
    latents: pl.DataFrame | None = None,
) -> None:
    """Write the files of a shard, the episodes last.

    Raises:
        BadRecording: the disk is full or the folder can't be written; what was recorded before is safe.
    """
    if traces is not None:
        lines = traces.group_by("episode").len(LINES)
        episodes = episodes.join(lines, on="episode", how="left", maintain_order="left").fill_null(0)
        write_parquet(files.file("traces"), traces, durable)
    if latents is not None:
        write_parquet(files.file("latents"), latents, durable)
    for what, frame in (("steps", steps), ("episodes", episodes)):
        write_parquet(files.file(what), frame, durable)


def write_parquet(path: Path, frame: pl.DataFrame, durable: bool = True) -> None:
    """Write a frame whole or not at all."""
    wide = REWARD in frame.columns
    try:
        _refuse_links(path)
        with whole_file(path, durable) as file:
            frame.write_parquet(
                file,
                compression="lz4" if wide else "zstd",
                compression_level=None if wide else 1,
                statistics=False,
                row_group_size=ROW_GROUP,
            )
            file.flush()
            stat = os.fstat(file.fileno())
        _keep_shape(path, stat, Shape(frame.height, tuple(frame.columns)))
    except (OSError, pl.exceptions.PolarsError) as error:
        raise _unwritten(path, error) from error


def write_text(path: Path, text: str) -> None:
    """Write a small file whole or not at all.

    Raises:
        BadRecording: it can't be written.
    """
    try:
        with whole_file(path) as file:
            file.write(text.encode("utf-8"))
    except OSError as error:
        raise _unwritten(path, error) from error


def _refuse_links(path: Path) -> None:
    """Raise `BadRecording` where a shard's folders are links, which could lead out of the recording."""
    for folder in (path.parent, path.parent.parent):
        if folder.is_symlink():
            raise BadRecording(
                f"{folder} is a link, and a recording writes into its own folder only. Record into a new folder."
            )


def _unwritten(path: Path, error: Exception) -> BadRecording:
    full = getattr(error, "errno", None) == errno.ENOSPC or "No space left" in str(error)
    what = "The disk is full" if full else f"Writing failed ({error})"
    return BadRecording(
        f"{what}: {path} was not written. Everything recorded before it is safe; make room and run the same command "
        "again to go on."
    )


def is_done(files: ShardFiles, latents: bool = False) -> bool:
    """Whether all its files are there, whole, and agree; a torn shard is not done and will be recorded again.

    Args:
        files: the shard.
        latents: whether it should hold latents too.

    Raises:
        BadRecording: a whole Parquet file stands there that is not ours; it is left alone.
    """
    traced = LINES in _columns_if_whole(files.file("episodes"))
    tables = [("steps", STEP_COLUMNS), ("episodes", EPISODE_COLUMNS), *([("traces", TRACE_COLUMNS)] if traced else [])]
    tables += [("latents", LATENT_COLUMNS)] if latents else []
    for what, expected in tables:
        if not has_columns(files.file(what), expected):
            return False
    try:
        refuse_parquet_bomb(files.file("episodes"))
        episodes = pl.read_parquet(files.file("episodes"), **LITERAL_PATHS)
        traces_agree = not traced or _height(files.file("traces")) == int(episodes[LINES].sum())
        latents_agree = not latents or _height(files.file("latents")) == int(episodes["length"].sum())
        return (
            traces_agree
            and latents_agree
            and _height(files.file("steps")) == int((episodes["length"].cast(pl.Int64) + 1).sum())
        )
    except (OSError, pl.exceptions.PolarsError):
        return False


def is_whole(path: Path, frame: pl.DataFrame) -> bool:
    """Whether a file holds that frame.

    Raises:
        BadRecording: a whole Parquet file with other columns stands there; it is left alone.
    """
    if not has_columns(path, frame.columns):
        return False
    try:
        return _height(path) == len(frame) and pl.read_parquet(path, **LITERAL_PATHS).equals(frame)
    except (OSError, pl.exceptions.PolarsError):
        return False


def has_columns(path: Path, expected: Sequence[str]) -> bool:
    """Whether a whole file stands there, with these columns.

    Raises:
        BadRecording: a whole Parquet file with other columns stands there; it is left alone.
    """
    found = _columns_if_whole(path)
    if found:
        _refuse_foreign(path, found, expected)
    return bool(found)


class Shape(NamedTuple):
    """What a Parquet file says of its size."""

    rows: int
    columns: tuple[str, ...]


_shapes: dict[tuple[Path, int, int], Shape] = {}
"""Path, bytes, time of change in ns -> shape; a file that stays as it is, is asked once."""


def _shape(path: Path) -> Shape:
    """Rows and columns of a Parquet file."""
    stat = path.stat()
    if known := _shapes.get((path, stat.st_size, stat.st_mtime_ns)):
        return known
    scanned = pl.scan_parquet(path, **LITERAL_PATHS)
    columns = tuple(scanned.collect_schema().names())
    return _keep_shape(path, stat, Shape(scanned.select(pl.len()).collect().item(), columns))


def _keep_shape(path: Path, stat: os.stat_result, shape: Shape) -> Shape:
    if len(_shapes) >= SHAPES:
        _shapes.clear()
    return _shapes.setdefault((path, stat.st_size, stat.st_mtime_ns), shape)


def refuse_parquet_bomb(path: Path) -> None:
    """Raise `BadRecording` where a Parquet file has more cells than is allowed, each of which takes 8 bytes."""
    shape = _shape(path)
    refuse_unpacked(path, 8 * shape.rows * len(shape.columns))


def _height(path: Path) -> int:
    """The rows of a Parquet file."""
    return _shape(path).rows


def _columns_if_whole(path: Path) -> tuple[str, ...]:
    """The columns of a Parquet file; none if the file is missing or torn."""
    try:
        return _shape(path).columns
    except (OSError, pl.exceptions.PolarsError):
        return ()


def read_episodes(files: ShardFiles) -> pl.DataFrame:
    """One row an episode.

    Raises:
        BadRecording: the file is missing, torn or foreign.
    """
    return _read(files.file("episodes"), EPISODE_COLUMNS).select(EPISODE_COLUMNS)


def read_steps(files: ShardFiles, columns: list[str] | None = None) -> pl.DataFrame:
    """One row a state visited.

    Raises:
        BadRecording: the file is missing, torn or foreign.
    """
    return _read(files.file("steps"), columns or (), columns)


def read_rows(path: Path, columns: Sequence[str]) -> pl.DataFrame:
    """The rows of a file with these columns: of traces, or of latents.

    Raises:
        BadRecording: the file is missing, torn or foreign.
    """
    return _read(path, tuple(columns), list(columns))


def _read(path: Path, expected: tuple[str, ...] | list[str], columns: list[str] | None = None) -> pl.DataFrame:
    if not path.exists():
        raise BadRecording(
            f"{path} is missing: the recording is unfinished. Run the command that records it again; it goes on where "
            "it stopped."
        )
    try:
        if columns is not None:
            _refuse_foreign(path, _shape(path).columns, expected)
        refuse_parquet_bomb(path)
        source = io.BytesIO(path.read_bytes()) if path.stat().st_size <= SMALL else path
        frame = pl.read_parquet(source, columns=columns, **LITERAL_PATHS)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise BadRecording(
            f"{path} can't be read ({str(error).splitlines()[0]}): it is torn or not a Parquet file of teloscope's. "
            "Record again into the same folder to redo just this shard."
        ) from error
    _refuse_foreign(path, frame.columns, expected)
    return frame


def _refuse_foreign(path: Path, columns: Sequence[str], expected: Sequence[str]) -> None:
    if missing := set(expected) - set(columns):
        raise BadRecording(
            f"{path} has the columns {', '.join(columns)}; expected {', '.join(sorted(missing))} too. It was not "
            "written by this run. Nothing was touched; move it away to record that shard again."
        )
