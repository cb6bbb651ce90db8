"""Record an agent and its references in a world.

The agent is recorded first, in every context; then the references that repeat its action statistics. Episodes are
written shard by shard, so that a killed run goes on where it stopped and ends with the same bytes.

Theory: A1, A2.
"""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from teloscope.agents.agent import Agent
from teloscope.agents.references import ACTION_MATCHED, ActionHistory
from teloscope.agents.registry import agent as agent_named
from teloscope.errors import BadRecording, BadStudy
from teloscope.file_writing import held_folder
from teloscope.recordings.rollouts.batch import TIMES, Batch, PlayedBatch, references_for
from teloscope.recordings.rollouts.collector import Collector, collector_for
from teloscope.recordings.rollouts.table_collector import TableCollector
from teloscope.recordings.seeds import episode_seeds
from teloscope.recordings.storage.recording import (
    MANIFEST,
    STATES,
    Recording,
    TemporaryFolder,
    contexts_of,
    open_recording,
    read_manifest,
)
from teloscope.recordings.storage.shards import (
    ShardFiles,
    has_columns,
    is_done,
    is_whole,
    write_parquet,
    write_shard,
    write_text,
)
from teloscope.recordings.storage.traces import STATE_TRACE_COLUMNS, TRACES, states_acted_in, traces_of_states
from teloscope.regimes import late_window
from teloscope.schema import AGENT, STATE, AgentDocument, FrameDocument, Manifest
from teloscope.worlds.registry import world as world_named
from teloscope.worlds.table.world import TableWorld
from teloscope.worlds.world import Context, World

Progress = Callable[[int, int, str], None]
"""Called with (shards done, shards in all, what was done)."""
THREADS = 2
MANY = 2_000
"""From this many episodes a context, threads save time in table worlds."""
MOST_STEPS = int(np.iinfo(TIMES).max)


def record(
    agent: str | Agent | Callable[..., Any],
    world: str | World,
    *,
    episodes: int = 200,
    contexts: Sequence[str | Context] | None = None,
    references: Iterable[str] | None = None,
    seed: int = 0,
    out: str | Path | None = None,
    latents: bool = False,
    shard: int | None = None,
    extend: bool = False,
    progress: Progress | None = None,
    trust: bool = False,
) -> Recording:
    """Record an agent and its references.

    Args:
        agent: an agent or how to load it.
        world: a world or its name.
        episodes: episodes in each context, of each actor; all share their seeds.
        contexts: names, or contexts of your own; None: every context of the world that is not `offered`.
        references: some of uniform, marginal, replay, idle; None: all that the world allows.
        seed: every random draw follows from it.
        out: folder; None: a temporary one that lives as long as the recording. A folder with the same run in it is
            continued, one with another run is refused.
        latents: keep the agent's latents beside its steps, in half precision; its player must have them.
        shard: episodes in a file; None: as many as suit the world.
        extend: a folder that holds the same run with fewer episodes gets the rest; with more, it keeps them. Whole
            shards of the agent stay; the references that act as often as it does, which follow from all its episodes,
            are recorded anew.
        progress: told after every shard.
        trust: allow loading an agent or a world that executes code.

    Returns:
        The recording, complete.

    Raises:
        BadRecording: the folder holds another run, is in use, or can't be written.
        BadAgent: the agent acts illegally, raises or hangs.
        BadWorld, NotFound: the world can't be set up as a context says.
    """
    world, agent = world_named(world, trust), agent_named(agent, trust)
    collector = collector_for(world, latents)
    if shard is not None and shard < 1:
        raise BadStudy(f"Got shard={shard}; expected at least 1 episode in a file.")
    manifest = _manifest(
        agent, world, episodes, contexts, references, seed, min(shard or collector.shard, collector.shard)
    )
    manifest = manifest.model_copy(update={"latents": latents})
    keep = TemporaryFolder() if out is None else None
    folder = keep.path if keep else Path(out or "")
    with nullcontext() if keep else held_folder(folder, "recording"), engine_progress(agent, progress):
        _Run(
            agent,
            world,
            collector,
            _extend(folder, manifest) if extend else _write_or_check_manifest(folder, manifest),
            folder,
            durable=keep is None,
            progress=progress,
        ).all()
    return open_recording(folder, keep, world)


def _manifest(
    agent: Agent,
    world: World,
    episodes: int,
    contexts: Sequence[str | Context] | None,
    references: Iterable[str] | None,
    seed: int,
    shard: int,
) -> Manifest:
    if episodes < 1:
        raise BadStudy(f"Got episodes={episodes}; expected at least 1, and some dozens for anything to be confirmed.")
    if not 1 <= world.horizon <= MOST_STEPS:
        raise BadStudy(f"World {world.name!r} has horizon {world.horizon}; expected 1 to {MOST_STEPS} steps.")
    chosen = (
        world.recorded_contexts()
        if contexts is None
        else tuple(world.context(c) if isinstance(c, str) else c for c in contexts)
    )
    if not chosen:
        raise BadStudy(
            f"World {world.name!r} was asked to record no context; name at least one of "
            f"{[c.name for c in world.contexts]}."
        )
    if len({c.name for c in chosen}) < len(chosen):
        raise BadStudy(f"Two contexts have one name: {[c.name for c in chosen]}. Give each its own.")
    for context in chosen:
        world.check_context(context)
    actors = references_for(world, tuple(references) if references is not None else None)
    frame = frame_of(world, chosen, actors, episodes, seed)
    return Manifest(
        layout="table" if isinstance(world, TableWorld) else "wide",
        world=world.spec or world.name,
        frame=frame,
        agent=AgentDocument(name=agent.name, digest=agent.digest),
        actors=[AGENT, *actors],
        shard=shard,
        paired=getattr(world, "seeded", True),
        shove_steps=world.shove_steps,
        values=world.values.to_dict(),
        notes=list(world.remarks),
        versions=versions(),
    )


def frame_of(
    world: World, contexts: Sequence[Context], references: Sequence[str], episodes: int, seed: int
) -> FrameDocument:
    """The frame, with its hash: SHA-256 over everything that a claim is relative to."""
    parts: dict[str, Any] = {
        "world": world.name,
        "world_digest": world.digest(),
        "contexts": [c.to_dict() for c in contexts],
        "features": dict(world.feature_kinds),
        "references": list(references),
        "horizon": world.horizon,
        "late_window": late_window(world.horizon),
        "episodes": episodes,
        "seed": seed,
    }
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"))
    return FrameDocument(hash=hashlib.sha256(text.encode()).hexdigest(), **parts)


def versions() -> dict[str, str]:
    """What was installed, for reproducing."""
    found = {"python": platform.python_version()}
    for package in ("teloscope", "numpy", "polars", "gymnasium"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found


@contextmanager
def engine_progress(agent: Agent, progress: Progress | None) -> Iterator[None]:
    """Within this context manager, an agent's engine reports its progress."""
    engine: Any = getattr(agent, "engine", None)
    if engine is None or progress is None:
        yield
        return
    engine.progress = lambda done, total: progress(done, total, f"questions to {engine.name}")
    try:
        yield
    finally:
        engine.progress = None


def _write_or_check_manifest(folder: Path, manifest: Manifest) -> Manifest:
    """Write the manifest, or check that the folder holds this very run; returns the manifest that is there."""
    path = folder / MANIFEST
    if not path.exists():
        if any(folder.glob("steps/*/*.parquet")):
            raise BadRecording(
                f"{folder} holds recorded steps but no {MANIFEST}; nothing was touched. Choose another folder, or "
                "restore the manifest."
            )
        write_text(path, manifest.model_dump_json(indent=2))
        return manifest
    old = read_manifest(path)
    for what, mine, theirs in (
        ("frame", manifest.frame.hash[:12], old.frame.hash[:12]),
        (
            "agent",
            f"{manifest.agent.name} ({manifest.agent.digest[:12]})",
            f"{old.agent.name} ({old.agent.digest[:12]})",
        ),
        ("latents", "latents" if manifest.latents else "none", "latents" if old.latents else "none"),
    ):
        if mine != theirs:
            raise BadRecording(
                f"{folder} holds a run with the {what} {theirs}; this one has {mine}. Nothing was touched; choose "
                "another folder with --out."
            )
    return old


def _extend(folder: Path, manifest: Manifest) -> Manifest:
    """Make room for more episodes of the run that the folder holds; returns the manifest of all.

    What follows from how many there are is deleted before the manifest says that there are more: a run that is killed
    in between is the shorter one, and is completed as such. Where there are more already, they stay.
    """
    path = folder / MANIFEST
    if not path.exists():
        return _write_or_check_manifest(folder, manifest)
    old = read_manifest(path)
    had, wanted = old.frame.episodes, manifest.frame.episodes
    as_long = manifest.frame.model_copy(update={"episodes": had, "hash": old.frame.hash})
    if as_long != old.frame or old.shard != manifest.shard:
        return _write_or_check_manifest(folder, manifest)
    _write_or_check_manifest(folder, manifest.model_copy(update={"frame": old.frame}))  # another agent is refused
    if had >= wanted:
        return old
    last = had // old.shard
    for context in (c["name"] for c in old.frame.contexts):
        for actor in old.actors:
            for shard in range(0 if actor in ACTION_MATCHED else last, -(-had // old.shard)):
                files = ShardFiles(folder, context, actor, shard)
                for what in ("episodes", "steps", "traces", "latents"):
                    files.file(what).unlink(missing_ok=True)
    (folder / TRACES).unlink(missing_ok=True)
    grown = old.model_copy(update={"frame": manifest.frame})
    write_text(path, grown.model_dump_json(indent=2))
    return grown


class _Job(NamedTuple):
    files: ShardFiles
    batch: Batch


class _Run:
    """One recording under way."""

    def __init__(
        self,
        agent: Agent,
        world: World,
        collector: Collector,
        manifest: Manifest,
        folder: Path,
        durable: bool,
        progress: Progress | None,
    ) -> None:
        self.agent, self.world, self.manifest, self.folder = agent, world, manifest, folder
        self.durable, self.progress = durable, progress
        self.collector = collector
        self.contexts = contexts_of(manifest.frame, folder / MANIFEST)
        self.done = 0

    def all(self) -> None:
        """Record what has not been recorded yet."""
        if isinstance(self.world, TableWorld) and not is_whole(self.folder / STATES, self.world.table.features):
            write_parquet(self.folder / STATES, self.world.table.features, self.durable)
        actors = self.manifest.actors
        self.total = len(actors) * sum(1 for _ in self._jobs(AGENT))
        matched = [actor for actor in actors if actor in ACTION_MATCHED]
        for actor in actors:
            if actor not in matched:
                self._record(actor, None)
        if isinstance(self.world, TableWorld) and isinstance(self.collector, TableCollector):
            self._write_state_traces(self.world, self.collector)
        missing = any(not self._is_recorded(job) for actor in matched for job in self._jobs(actor))
        habits = self._habits() if missing else None
        for actor in matched:
            self._record(actor, habits)

    def _jobs(self, actor: str) -> Iterator[_Job]:
        total, size, seed = self.manifest.frame.episodes, self.manifest.shard, self.manifest.frame.seed
        for index, context in enumerate(self.contexts):
            for shard, first in enumerate(range(0, total, size)):
                numbers = np.arange(first, min(first + size, total))
                batch = Batch(context, index, numbers, episode_seeds(seed, context.name, numbers))
                yield _Job(ShardFiles(self.folder, context.name, actor, shard), batch)

    def _is_recorded(self, job: _Job) -> bool:
        """Whether an earlier run has recorded this; a temporary folder has no earlier run."""
        return self.durable and is_done(job.files, self.manifest.latents and job.files.actor == AGENT)

    def _record(self, actor: str, habits: ActionHistory | None) -> None:
        def play(job: _Job) -> PlayedBatch | None:
            if self._is_recorded(job):
                return None
            played = self.collector.play(actor, self.agent, habits, job.batch)
            if actor == AGENT and job.batch.index == 0 and job.batch.episodes[0] == 0:
                self._note_remarks(played.episodes["return"].to_list())
            return played

        def write(job: _Job, played: PlayedBatch | None) -> str:
            if played is not None:
                write_shard(job.files, played.steps, played.episodes, self.durable, played.traces, played.latents)
            return job.files.context

        for context in self._play_and_write(actor, play, write):
            self.done += 1
            if self.progress:
                self.progress(self.done, self.total, f"{actor} in {context}")

    def _note_remarks(self, returns: list[float]) -> None:
        """Write what the agent remarks after its first shard into the manifest, before that shard is written: a run
        that is killed in between comes to the same remarks again."""
        remarks = [note for note in self.agent.remarks(returns) if note not in self.manifest.notes]
        if remarks:
            self.manifest = self.manifest.model_copy(update={"notes": [*self.manifest.notes, *remarks]})
            write_text(self.folder / MANIFEST, self.manifest.model_dump_json(indent=2))

    def _write_state_traces(self, world: TableWorld, collector: TableCollector) -> None:
        """Keep the traces of a tabulated agent, in every state that it acted in."""
        path = self.folder / TRACES
        if self.agent.traces(world, ()) is None or not collector.can_run_in_parallel(AGENT, self.agent):
            return
        if not has_columns(path, STATE_TRACE_COLUMNS):
            states = states_acted_in(job.files for job in self._jobs(AGENT))[STATE].to_list()
            write_parquet(path, traces_of_states(states, self.agent.traces(world, states) or ()), self.durable)

    def _play_and_write(
        self, actor: str, play: Callable[[_Job], PlayedBatch | None], write: Callable[[_Job, PlayedBatch | None], str]
    ) -> Iterator[str]:
        """Play and write every shard: policies in table worlds on two threads (NumPy releases the GIL), stepped agents
        one batch at a time, while the batch before is written."""
        jobs = list(self._jobs(actor))
        if isinstance(self.collector, TableCollector) and self.collector.can_run_in_parallel(actor, self.agent):
            yield from _on_threads(lambda job: write(job, play(job)), jobs, self.manifest.frame.episodes >= MANY)
            return
        with ThreadPoolExecutor(1) as writer:
            written: list[Future[str]] = []
            for job in jobs:
                played = play(job)
                yield from (future.result() for future in written)
                written = [writer.submit(write, job, played)]
            yield from (future.result() for future in written)

    def _habits(self) -> ActionHistory:
        """The agent's actions in every context, read back from its shards."""
        recording = Recording(self.folder, self.manifest)
        parts = [recording.actions(context.name) for context in self.contexts]
        return ActionHistory(
            np.concatenate([actions for actions, _ in parts]),
            np.concatenate([lengths for _, lengths in parts]).astype(np.int32),
            np.repeat(np.arange(len(parts), dtype=np.int32), [len(lengths) for _, lengths in parts]),
        )


def _on_threads(work: Callable[[_Job], str], jobs: list[_Job], many: bool) -> Iterator[str]:
    if not many:
        yield from map(work, jobs)
        return
    with ThreadPoolExecutor(THREADS) as pool:
        yield from pool.map(work, jobs)
