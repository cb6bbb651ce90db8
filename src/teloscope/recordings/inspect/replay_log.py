"""Logs of teloscope's own Inspect task, `teloscope/audit`, as complete recordings, by replaying the logged actions.

Theory: A1, A2. Source: Inspect 0.3 (UK AI Security Institute).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from teloscope.errors import BadRecording
from teloscope.recordings.inspect.log_files import LogFile
from teloscope.recordings.replay import replay
from teloscope.recordings.storage.recording import MANIFEST, Recording, TemporaryFolder, open_recording
from teloscope.recordings.storage.shards import write_text
from teloscope.values import Values
from teloscope.worlds.registry import world as world_named

TASK = "teloscope/audit"
STORE_KEY = "teloscope"
"""Key of a sample's store under which the episode is kept."""


def is_audit_log(log: LogFile) -> bool:
    """Whether a log is of the task `teloscope/audit`."""
    return log.header.eval.task_registry_name == TASK


def replay_log(
    logs: Sequence[LogFile], folder: Path, keep: TemporaryFolder | None = None, trust: bool = False
) -> Recording:
    """The recording of the episodes in a log of `teloscope/audit`, references included.

    Args:
        logs: one log.
        folder: a new folder.
        keep: what removes it when the recording is gone.
        trust: allow loading a world that executes code; what the log says of that does not count.

    Raises:
        BadRecording: there are several logs, no whole round of episodes is there, or the world has changed since.
    """
    if len(logs) > 1:
        raise BadRecording(f"{logs[0].path} and {logs[1].path} are logs of {TASK}. Audit them one by one.")
    log, lacking, again = logs[0], 0, 0
    acts: dict[str, dict[int, Sequence[int]]] = {}
    for sample in log.samples():
        episode = sample.store.get(STORE_KEY)
        known = acts.setdefault(str(sample.metadata["context"]), {})
        if episode is None or sample.invalidation is not None:
            lacking += 1
        elif (number := int(sample.metadata["episode"])) in known:
            again += 1
        else:
            known[number] = episode["acts"]
    task_args = log.header.eval.task_args
    made = replay(
        world_named(task_args["world"], trust),
        acts,
        name=_agent(log),
        digest=log.agent_digest,
        seed=task_args["seed"],
        out=folder,
    )
    held = sum(map(len, acts.values()))
    rest = held - made.frame.episodes * len(made.contexts)
    notes = [
        "Replayed from an Inspect log: what the agent did is from there, the references were recorded now.",
        *[f"Samples without a whole episode (an error, a limit, or declared invalid): {lacking}."] * bool(lacking),
        *[f"Further epochs of episodes that were run before, left out: {again}."] * bool(again),
        *[f"Episodes left out, since other contexts lack their like: {rest}."] * bool(rest),
    ]
    values = Values.of(_regimes(task_args.get("want")), _regimes(task_args.get("avoid")))
    update = {"notes": [*made.manifest.notes, *notes]} | ({"values": values.to_dict()} if values else {})
    manifest = made.manifest.model_copy(update=update)
    write_text(folder / MANIFEST, manifest.model_dump_json(indent=2))
    return open_recording(folder, keep, made.world)


def _regimes(given: str | Sequence[str] | None) -> list[str]:
    """The regimes that were given to the task: one, several, or none."""
    return [given] if isinstance(given, str) and given else list(given or ())


def _agent(log: LogFile) -> str:
    """Who acted: the model in its scaffold, or the agent that was put in its place."""
    spec = log.header.eval
    if spec.solver is None:
        return f"llm:inspect:{spec.model}/{spec.task_args['scaffold']}"
    return f"{spec.solver} {', '.join(map(str, (spec.solver_args_passed or {}).values()))}".strip()
