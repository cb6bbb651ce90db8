"""Importing Inspect logs of tool-using agents as recordings, which are audited without the agent.

Each sample (in each epoch) is an episode. Each tool call is a step whose action is the tool's name; one more step,
`end`, leads to the final state. Features of every state:

    calls, failed_calls           tool calls so far, and how many of them came back with an error
    called_<tool>, calls_<tool>   whether and how often a tool was called, with or without an error
    did_<tool>                    it came back without an error; a call that an approver stopped is not counted
    finished, errored, limited    how the sample ended; all false before
    score_<scorer>                the sample's final score, in every state; also `score` where there is one scorer
    scored_<scorer>               whether it was scored; if not, the score is 0 or an empty text

and the user's functions of the conversation so far. Logs of teloscope's own task `teloscope/audit` are replayed instead
(`replay_log`) and become complete recordings.

Theory: A1. Source: Inspect 0.3 (UK AI Security Institute).
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from teloscope.errors import BadRecording, require
from teloscope.recordings.inspect.log_files import SAMPLES, LogFile, context_names, open_logs
from teloscope.recordings.inspect.replay_log import is_audit_log, replay_log
from teloscope.recordings.inspect.tool_features import Columns, step_actions
from teloscope.recordings.inspect.transcript import Features, Transcript, read_transcript
from teloscope.recordings.minari import DataWorld
from teloscope.recordings.record import MOST_STEPS, frame_of, versions
from teloscope.recordings.rollouts.batch import Batch, episode_rows
from teloscope.recordings.seeds import episode_seeds
from teloscope.recordings.storage.importing import filled_folder
from teloscope.recordings.storage.recording import MANIFEST, Recording, TemporaryFolder, open_recording
from teloscope.recordings.storage.shards import ShardFiles, write_shard, write_text
from teloscope.recordings.storage.wide_layout import wide_steps
from teloscope.schema import AGENT, AgentDocument, Manifest
from teloscope.values import Values
from teloscope.worlds.world import Context

NOTES = (
    "Imported from Inspect logs: no references were recorded, so nothing is known about what would happen by itself.",
    "The agent could not be asked, so there are no shoves, no noise and no other contexts.",
)
LISTED = 3
"""Samples that a note names."""


def import_inspect(
    logs: str | Path | Sequence[str | Path],
    out: str | Path | None = None,
    *,
    context: str | None = None,
    features: Features | None = None,
    values: Values | None = None,
    trust: bool = False,
) -> Recording:
    """Inspect logs as a recording of one actor, `agent`.

    Args:
        logs: log files, or folders whose `.eval` files are meant; all of one task and one agent.
        out: a new folder; None: a temporary one that lives as long as the recording.
        context: the entry of the samples' metadata that says which context each is in; None: what differs in the
            task's arguments from log to log does.
        features: name -> a function of the list of chat messages so far, asked in every state.
        values: what people want in that world.
        trust: allow loading the world of a log of `teloscope/audit`, where that executes code.

    Raises:
        BadRecording: a log can't be read, is unfinished, holds no sample or none that calls a tool, or two logs are of
            different tasks or agents; or the folder is taken. MissingExtra: Inspect is not installed.
    """
    require("inspect_ai", extra="inspect")
    keep = TemporaryFolder() if out is None else None
    folder = keep.path if keep else Path(out or "")
    files = open_logs(logs)
    with filled_folder(folder):
        if is_audit_log(files[0]):
            return replay_log(files, folder, keep, trust)
        _fill(folder, _Samples(files, context, features or {}), values)
    return open_recording(folder, keep)


def _fill(folder: Path, samples: _Samples, values: Values | None) -> None:
    """Write shards and manifest."""
    by_context, first = samples.by_context, samples.logs[0]
    columns = Columns.of([t for ts in by_context.values() for t in ts])
    contexts = [Context(name, note=samples.note(name)) for name in by_context]
    digest = _write(folder, contexts, by_context, columns)
    horizon = max(len(t.calls) + 1 for ts in by_context.values() for t in ts)
    if horizon > MOST_STEPS:
        raise BadRecording(f"A sample of {first.path} calls {horizon - 1} tools; at most {MOST_STEPS - 1} can be held.")
    world = DataWorld(first.header.eval.task, horizon, columns.kinds, digest, values or Values(), contexts)
    most = max(map(len, by_context.values()))
    manifest = Manifest(
        layout="wide",
        world=world.name,
        frame=frame_of(world, contexts, (), most, seed=0),
        agent=AgentDocument(name=first.agent_name, digest=samples.agent_digest),
        actors=[AGENT],
        shard=most,
        paired=False,
        from_data=True,
        values=world.values.to_dict(),
        notes=[*NOTES, *samples.notes(columns)],
        versions=versions(),
    )
    write_text(folder / MANIFEST, manifest.model_dump_json(indent=2))  # last: it makes the folder a recording


def _write(
    folder: Path, contexts: Sequence[Context], by_context: Mapping[str, Sequence[Transcript]], columns: Columns
) -> str:
    """One shard a context; returns the digest (hex) of everything that was written."""
    sha = hashlib.sha256()
    for index, context in enumerate(contexts):
        transcripts = by_context[context.name]
        numbers = np.arange(len(transcripts))
        lengths = np.array([len(t.calls) + 1 for t in transcripts], np.int64)
        taken = np.array([act for t in transcripts for act in step_actions(t)], object)
        rows = columns.rows(transcripts)
        steps = wide_steps(numbers, lengths, taken, np.zeros(len(taken)), rows, "the logs")
        ended = np.array([not t.error and not t.limit for t in transcripts])
        unpaid = np.zeros(len(transcripts))
        batch = Batch(context, index, numbers, episode_seeds(0, context.name, numbers))
        episodes = episode_rows(batch, lengths, ended, unpaid, unpaid)
        for frame in (steps, episodes):
            sha.update(frame.hash_rows(seed=0).to_numpy().tobytes())
        write_shard(ShardFiles(folder, context.name, AGENT, 0), steps, episodes)
    return sha.hexdigest()


class _Samples:
    """The samples of all logs by their contexts, and what must be said about them."""

    def __init__(self, logs: Sequence[LogFile], key: str | None, features: Features) -> None:
        self.logs, self.key = logs, key
        self.by_context: dict[str, list[Transcript]] = {}
        """Context -> its samples, in the order of the logs."""
        self.left_out: list[str] = []
        """Where samples are that were declared invalid."""
        epochs: Counter[tuple[Any, ...]] = Counter()
        told: dict[tuple[str, Any, str], tuple[LogFile, frozenset[str]]] = {}
        for log, name in zip(logs, context_names(logs), strict=True):
            for sample in log.samples():
                where = f"{log.path}, sample {sample.id!r}, epoch {sample.epoch}"
                if sample.invalidation is not None:
                    self.left_out.append(where)
                    continue
                epochs[name, sample.id] += 1
                read = read_transcript(sample, where, features)
                _refuse_other_prompts(told, name, sample.id, log, read)
                self.by_context.setdefault(name if key is None else self._context_of(sample), []).append(read)
        self.repeated = max(epochs.values(), default=0)
        self._check()

    def _context_of(self, sample: Any) -> str:
        """The context that a sample's metadata name."""
        value = sample.metadata.get(self.key)
        return f"no {self.key}" if value is None else str(value)

    def _check(self) -> None:
        files = ", ".join(str(log.path) for log in self.logs)
        if not self.by_context:
            raise BadRecording(f"Every sample of {files} was declared invalid; none is left to audit.")
        if not any(t.calls for t in self._all()):
            first = next(self._all()).where
            raise BadRecording(
                f"No sample calls a tool ({first}, and all others), so there are no acts to audit. Expected logs of "
                "an agent that acts by tools."
            )
        if list(self.by_context) == [f"no {self.key}"]:
            raise BadRecording(
                f"No sample of {files} has metadata {self.key!r}, which was to name its context. Leave it out, or name "
                "an entry that the samples have."
            )

    def _all(self) -> Iterator[Transcript]:
        return (t for ts in self.by_context.values() for t in ts)

    @property
    def agent_digest(self) -> str:
        """SHA-256 of whatever changes how the agent acts: what the headers say, its own system prompts, its tools."""
        every = list(self._all())
        told = [
            sorted({log.agent_digest for log in self.logs}),
            sorted({(actor, text) for t in every for actor, texts in t.told.items() for text in texts}),
        ]
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()

    def note(self, context: str) -> str:
        """What makes a context."""
        if self.key is not None:
            return f"samples whose metadata say {self.key}: {context}"
        return "all samples" if context == SAMPLES else f"logs whose task had {context}"

    def notes(self, columns: Columns) -> list[str]:
        """What was left out, filled in, or cut short, with counts."""
        every = list(self._all())
        sizes = {name: len(ts) for name, ts in self.by_context.items()}
        remarks = [
            (self.left_out, "declared invalid in Inspect and left out"),
            ([t.where for t in every if not t.calls], "called no tool; they are episodes of the one step `end`"),
            ([t.where for t in every if t.error], "ended by an error (`errored`)"),
            ([t.where for t in every if t.limit], "ended by a limit (`limited`)"),
            ([t.where for t in every if t.retries], "begun again after an error; only the last try is recorded"),
        ]
        for name in columns.scores:
            lacking = [t.where for t in every if name not in t.scores]
            remarks.append((lacking, f"not scored by {name}: `scored_{name}` is false, `score_{name}` 0 or empty"))
        notes = [f"Samples that became episodes: {len(every)}, of {len(self.logs)} log{'s' * (len(self.logs) > 1)}."]
        notes += [f"Samples {what}: {len(which)} ({_few(which)})." for which, what in remarks if which]
        if len(set(sizes.values())) > 1:
            notes.append(f"Contexts differ in size: {', '.join(f'{n} in {name}' for name, n in sizes.items())}.")
        if self.repeated > 1:
            notes.append(
                f"Samples were run up to {self.repeated} times; intervals take all episodes as independent, so they "
                "are too narrow where runs of one sample are alike."
            )
        return notes


def _refuse_other_prompts(
    told: dict[tuple[str, Any, str], tuple[LogFile, frozenset[str]]],
    context: str,
    sample: Any,
    log: LogFile,
    read: Transcript,
) -> None:
    """Two logs whose agents are told different things about one sample are of two agents. Which other agents one hands
    over to is its own choice; only what those are told counts.

    Raises:
        BadRecording: they are.
    """
    for actor, mine in read.told.items():
        other, theirs = told.setdefault((context, sample, actor), (log, mine))
        if other is not log and mine != theirs:
            differing = sorted(mine ^ theirs)[0]
            raise BadRecording(
                f"{log.path} and {other.path} are of two agents: of sample {sample!r} only one is told "
                f"{differing[:120]!r}. Audit them apart."
            )


def _few(which: Sequence[str]) -> str:
    more = len(which) - LISTED
    return "; ".join(which[:LISTED]) + (f"; and {more} more" if more > 0 else "")
