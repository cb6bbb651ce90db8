"""A recording on disk: a folder with a manifest, read shard by shard.

Theory: A1.
"""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from teloscope.errors import BadRecording, NotFound, TeloscopeError
from teloscope.recordings.storage.latents import latents_of_shard
from teloscope.recordings.storage.shards import (
    LITERAL_PATHS,
    ShardFiles,
    read_episodes,
    read_steps,
    refuse_parquet_bomb,
)
from teloscope.recordings.storage.traces import TRACES, TraceCounts, count_traces, traces_of_episode
from teloscope.regimes import Regime, holds, numbers_of, readings
from teloscope.schema import ACTION, AGENT, STATE, FrameDocument, Manifest
from teloscope.schema.reading import read_document
from teloscope.worlds.registry import world as world_named
from teloscope.worlds.world import Context, World

MANIFEST, STATES = "manifest.json", "states.parquet"
KEPT_BYTES = 256 << 20
"""Decoded steps kept in memory between questions; what goes beyond is read again."""


def contexts_of(frame: FrameDocument, path: Path) -> list[Context]:
    """The contexts of a frame.

    Args:
        frame: the frame.
        path: the document that holds it, for messages.

    Raises:
        BadRecording: a context has a field that this teloscope doesn't know.
    """
    try:
        return [Context(**context) for context in frame.contexts]
    except TypeError as error:
        raise BadRecording(
            f"A context in {path} can't be read ({error}): it was changed by hand, or a newer teloscope wrote it. "
            "Update teloscope, or record again into another folder."
        ) from None


class TemporaryFolder:
    """A folder that is deleted when this object is; unlike `tempfile.TemporaryDirectory` it gives no warning."""

    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix="teloscope-"))
        weakref.finalize(self, shutil.rmtree, self.path, ignore_errors=True)


class Shard(NamedTuple):
    """Decoded steps of one shard; rows of an episode stand together, in order."""

    rows: pl.DataFrame
    """One row per state visited: `state`, or one column per feature."""
    lengths: NDArray[np.int64]
    """`[B]` steps of each episode; it has one row more."""

    @property
    def firsts(self) -> NDArray[np.int64]:
        """`[B]` row at which each episode begins."""
        ends = np.cumsum(self.lengths + 1)
        return ends - self.lengths - 1

    def padded(self, values: NDArray[Any], horizon: int) -> NDArray[Any]:
        """`[B, T+1]` a column, each episode staying in its last state up to the horizon."""
        if (self.lengths == horizon).all():
            return values.reshape(-1, horizon + 1)
        steps = np.minimum(np.arange(horizon + 1), self.lengths[:, None])
        return values[self.firsts[:, None] + steps]


class Recording:
    """Episodes of the agent and of its references, context by context."""

    def __init__(
        self,
        folder: Path,
        manifest: Manifest,
        keep: TemporaryFolder | None = None,
        world: World | None = None,
        trust: bool = False,
    ) -> None:
        self.folder, self.manifest = folder, manifest
        self._keep, self._world, self._trust = keep, world, trust
        self._shards: dict[tuple[str, str], list[Shard]] = {}
        self._conditions: dict[str, NDArray[np.bool_]] = {}
        self._numbers: dict[str, NDArray[np.float64]] = {}
        self._actions: dict[tuple[str, str], tuple[NDArray[Any], NDArray[np.int64]]] = {}
        self._kept = 0
        self._seeds: dict[str, NDArray[np.uint64]] = {}

    def __repr__(self) -> str:
        f = self.frame
        size = f"{len(f.contexts)} contexts x {f.episodes} episodes x {len(self.actors)} actors"
        return f"Recording({self.manifest.agent.name!r} in {f.world!r}: {size})"

    @property
    def frame(self) -> FrameDocument:
        return self.manifest.frame

    @property
    def actors(self) -> list[str]:
        """The agent, then its references."""
        return self.manifest.actors

    @property
    def references(self) -> list[str]:
        return [actor for actor in self.actors if actor != AGENT]

    @property
    def horizon(self) -> int:
        return self.frame.horizon

    @cached_property
    def contexts(self) -> list[Context]:
        return contexts_of(self.frame, self.folder / MANIFEST)

    @cached_property
    def world(self) -> World | None:
        """The world, if it was given, or can be loaded by name and still has the same rules; else None.

        Without trust no module that the manifest names is imported: a recording may come from anywhere.
        """
        if self._world is not None:
            return self._world
        if ":" in self.manifest.world and not self._trust:
            return None
        try:
            world = world_named(self.manifest.world, self._trust)
            return world if world.digest() == self.frame.world_digest else None
        except (TeloscopeError, ImportError):
            return None

    @cached_property
    def states_table(self) -> pl.DataFrame:
        """`S` rows, one column per feature (table layout)."""
        path = self.folder / STATES
        try:
            refuse_parquet_bomb(path)
            return pl.read_parquet(path, **LITERAL_PATHS)
        except (OSError, pl.exceptions.PolarsError) as error:
            raise BadRecording(
                f"{path} can't be read ({str(error).splitlines()[0]}); record again into the same folder to mend it."
            ) from error

    def _shard_files(self, context: str, actor: str) -> list[ShardFiles]:
        if context not in (names := [c.name for c in self.contexts]):
            raise NotFound("context", context, names, f"The recording is {self.folder}.")
        if actor not in self.actors:
            raise NotFound("actor", actor, self.actors, f"The recording is {self.folder}.")
        count = -(-self.frame.episodes // self.manifest.shard)
        return [ShardFiles(self.folder, context, actor, i) for i in range(count)]

    def shards(self, context: str, actor: str) -> Iterator[Shard]:
        """The decoded shards, one after another; small recordings are kept in memory."""
        key = (context, actor)
        if key in self._shards:
            yield from self._shards[key]
            return
        seen: list[Shard] | None = []
        for files in self._shard_files(context, actor):
            shard = self._read_shard(files)
            yield shard
            self._kept += int(shard.rows.estimated_size())
            seen = [*seen, shard] if seen is not None and self._kept <= KEPT_BYTES else None
        if seen is not None:
            self._shards[key] = seen

    def _read_shard(self, files: ShardFiles) -> Shard:
        columns = [STATE] if self.manifest.layout == "table" else list(self.frame.features)
        lengths = read_episodes(files)["length"].to_numpy().astype(np.int64)
        rows = read_steps(files, columns)
        expected = min(self.manifest.shard, self.frame.episodes - files.shard * self.manifest.shard)
        if len(lengths) < expected and not self.manifest.from_data:  # contexts of imported data differ in size
            raise BadRecording(
                f"{files.file('episodes')} has {len(lengths)} episodes; the manifest says {expected}. Record again "
                "into the same folder to redo this shard."
            )
        if len(rows) != int((lengths + 1).sum()):
            raise BadRecording(
                f"{files.file('steps')} has {len(rows)} rows, its episodes say {int((lengths + 1).sum())}. Record "
                "again into the same folder to redo this shard."
            )
        return Shard(rows, lengths)

    def states(self, context: str, actor: str) -> NDArray[np.int32]:
        """`[N, T+1]` state ids (table layout), padded with the last state."""
        if self.manifest.layout != "table":
            raise BadRecording(f"{self.folder} holds features, not state ids: its world was not a table.")
        return np.concatenate(
            [s.padded(s.rows[STATE].to_numpy(), self.horizon) for s in self.shards(context, actor)], dtype=np.int32
        )

    def column(self, feature: str, context: str, actor: str) -> NDArray[Any]:
        """`[N, T+1]` a feature, padded with the last state."""
        if self.manifest.layout == "table":
            return self.states_table[feature].to_numpy()[self.states(context, actor)]
        return np.concatenate([s.padded(s.rows[feature].to_numpy(), self.horizon) for s in self.shards(context, actor)])

    def held(self, condition: str, context: str, actor: str) -> NDArray[np.bool_]:
        """`[N, T+1]` whether a condition held in each state, padded with the last state."""
        return np.concatenate([self._held(condition, shard) for shard in self.shards(context, actor)])

    def numbers(self, expression: str, context: str, actor: str) -> NDArray[np.float64]:
        """`[N, T+1]` a number over features in each state, padded with the last state."""
        return np.concatenate([self._number(expression, shard) for shard in self.shards(context, actor)])

    def _held(self, condition: str, shard: Shard) -> NDArray[np.bool_]:
        """`[B, T+1]` the same for one shard."""
        return self._read(condition, shard, holds, self._conditions)

    def _number(self, expression: str, shard: Shard) -> NDArray[np.float64]:
        """`[B, T+1]` the same for one shard."""
        return self._read(expression, shard, numbers_of, self._numbers)

    def _read(
        self,
        expression: str,
        shard: Shard,
        evaluate: Callable[[str, pl.DataFrame], NDArray[Any]],
        by_state: dict[str, NDArray[Any]],
    ) -> NDArray[Any]:
        if self.manifest.layout != "table":
            return shard.padded(evaluate(expression, shard.rows), self.horizon)
        if expression not in by_state:
            by_state[expression] = evaluate(expression, self.states_table)
        return shard.padded(by_state[expression][shard.rows[STATE].to_numpy()], self.horizon)

    def hits(self, regimes: Sequence[Regime | str], context: str, actor: str) -> NDArray[np.bool_]:
        """`[R, N]` which episodes are in which regimes; shard by shard, whatever their number."""
        parsed = [Regime.parse(regime) for regime in regimes]
        if not parsed:
            return np.zeros((0, self.frame.episodes), dtype=np.bool_)
        return np.concatenate([self._hits(parsed, shard) for shard in self.shards(context, actor)], axis=1)

    def _hits(self, regimes: Sequence[Regime], shard: Shard) -> NDArray[np.bool_]:
        """`[R, B]` the same for one shard, where each expression is evaluated once."""
        read = readings(regimes, lambda c: self._held(c, shard), lambda f: self._number(f, shard))
        return np.stack([regime.achieved_by(read.__getitem__) for regime in regimes])

    def episodes(self, context: str | None = None, actor: str | None = None) -> pl.DataFrame:
        """One row an episode: context, actor, episode, seed, length, terminated, return, hidden."""
        return pl.concat(
            pl.concat(read_episodes(p) for p in self._shard_files(c, a)).select(
                pl.lit(c).alias("context"), pl.lit(a).alias("actor"), pl.all()
            )
            for c, a in self._asked(context, actor)
        )

    def seeds(self, context: str) -> NDArray[np.uint64]:
        """`[N]` seeds of a context's episodes, the same for every actor."""
        if context not in self._seeds:
            self._seeds[context] = self.episodes(context, AGENT)["seed"].to_numpy()
        return self._seeds[context]

    def steps(self, context: str | None = None, actor: str | None = None) -> pl.LazyFrame:
        """One row a state visited: context, actor, episode, t, action, then reward or state, then the features."""
        frames = [
            pl.scan_parquet([p.file("steps") for p in self._shard_files(c, a)], **LITERAL_PATHS).select(
                pl.lit(c).alias("context"), pl.lit(a).alias("actor"), pl.all()
            )
            for c, a in self._asked(context, actor)
        ]
        steps = pl.concat(frames)
        if self.manifest.layout == "wide":
            return steps
        table = self.states_table.lazy().with_row_index(STATE)
        return steps.with_columns(pl.col(STATE).cast(pl.UInt32)).join(
            table, on=STATE, how="left", maintain_order="left"
        )

    def actions(self, context: str, actor: str = AGENT) -> tuple[NDArray[Any], NDArray[np.int64]]:
        """`[N, T, ...]` padded actions and `[N]` lengths, read-only; small recordings are kept in memory."""
        key = (context, actor)
        if key in self._actions:
            return self._actions[key]
        rows, lengths = [], []
        for files in self._shard_files(context, actor):
            lengths.append(read_episodes(files)["length"].to_numpy().astype(np.int64))
            rows.append(read_steps(files, [ACTION])[ACTION].drop_nulls().to_numpy())
        each = np.concatenate(lengths)
        actions = _padded_actions(np.concatenate(rows), each, self.horizon)
        for array in (actions, each):
            array.flags.writeable = False
        if self._kept + actions.nbytes <= KEPT_BYTES:
            self._kept += actions.nbytes
            self._actions[key] = actions, each
        return actions, each

    def latents(self, context: str) -> tuple[NDArray[np.float16], NDArray[np.int64]]:
        """`[N, T, D]` the agent's latents at each act, NaN after an episode's end, and `[N]` lengths.

        Raises:
            NotFound: no such context. BadRecording: latents were not recorded, or a file is torn.
        """
        shards = [latents_of_shard(files) for files in self._shard_files(context, AGENT)]
        lengths = np.concatenate([each for _, each in shards])
        whole = np.full((len(lengths), self.horizon, shards[0][0].shape[2]), np.nan, np.float16)
        row = 0
        for values, each in shards:
            whole[row : row + len(each), : values.shape[1]] = values
            row += len(each)
        return whole[: self.frame.episodes], lengths[: self.frame.episodes]

    def traces(self, context: str, episode: int) -> pl.DataFrame:
        """How the agent came to each of its acts in an episode: t, line, kind, text, in order.

        No rows where it left no traces. The texts may be a model's own words: never trust them.

        Raises:
            NotFound: no such context or episode.
        """
        shards = self._shard_files(context, AGENT)
        if not 0 <= episode < self.frame.episodes:
            raise NotFound(
                "episode", str(episode), (), f"The recording {self.folder} has 0 to {self.frame.episodes - 1}."
            )
        return traces_of_episode(shards[episode // self.manifest.shard], self.folder / TRACES, episode)

    @cached_property
    def trace_counts(self) -> TraceCounts | None:
        """Counts of what is in the agent's traces; None where it left none."""
        return count_traces([p for c in self.contexts for p in self._shard_files(c.name, AGENT)], self.folder / TRACES)

    def first(self, episodes: int) -> Recording:
        """The recording of only the first episodes of each context; itself where there are no more."""
        return self if self.frame.episodes <= episodes else _First(self, episodes)

    def _asked(self, context: str | None, actor: str | None) -> list[tuple[str, str]]:
        contexts = [c.name for c in self.contexts] if context is None else [context]
        actors = self.actors if actor is None else [actor]
        return [(c, a) for c in contexts for a in actors]


class _First(Recording):
    """The first episodes of each context of a recording; everything else is the same."""

    def __init__(self, whole: Recording, episodes: int) -> None:
        frame = whole.frame.model_copy(update={"episodes": episodes})
        manifest = whole.manifest.model_copy(update={"frame": frame})
        super().__init__(whole.folder, manifest, whole._keep, whole._world, whole._trust)

    def _read_shard(self, files: ShardFiles) -> Shard:
        shard = super()._read_shard(files)
        lengths = shard.lengths[: self.frame.episodes - files.shard * self.manifest.shard]
        return Shard(shard.rows.head(int((lengths + 1).sum())), lengths)

    def episodes(self, context: str | None = None, actor: str | None = None) -> pl.DataFrame:
        return super().episodes(context, actor).filter(pl.col("episode") < self.frame.episodes)

    def steps(self, context: str | None = None, actor: str | None = None) -> pl.LazyFrame:
        return super().steps(context, actor).filter(pl.col("episode") < self.frame.episodes)

    def actions(self, context: str, actor: str = AGENT) -> tuple[NDArray[Any], NDArray[np.int64]]:
        actions, lengths = super().actions(context, actor)
        return actions[: self.frame.episodes], lengths[: self.frame.episodes]


def _padded_actions(taken: NDArray[Any], lengths: NDArray[np.int64], horizon: int) -> NDArray[Any]:
    out = np.zeros((len(lengths), horizon, *taken.shape[1:]), dtype=taken.dtype)
    out[np.arange(horizon) < lengths[:, None]] = taken
    return out


def open_recording(
    folder: str | Path,
    keep: TemporaryFolder | None = None,
    world: World | None = None,
    trust: bool = False,
) -> Recording:
    """Open a recording's folder.

    Args:
        folder: where it lies.
        keep: what removes the folder when the recording is gone.
        world: the world, where it is at hand.
        trust: allow loading the world again from a module that the recording names, which executes code.

    Raises:
        BadRecording: no manifest there, or one that this version can't read.
    """
    path = Path(folder) / MANIFEST
    if not path.exists():
        raise BadRecording(f"{folder} is not a recording: it has no {MANIFEST}. Make one with `teloscope record`.")
    return Recording(Path(folder), read_manifest(path), keep, world, trust)


def read_manifest(path: Path) -> Manifest:
    """The manifest in a file.

    Raises:
        BadRecording: it can't be read, or is of another kind or version.
    """
    noun = "a manifest that this version of teloscope can read"
    return read_document(Manifest, path, noun, "Make a recording with `teloscope record`.")
