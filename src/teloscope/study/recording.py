"""The recording that a study is about: made, gone on with, opened or imported."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from teloscope.agents.registry import LLM
from teloscope.errors import BadStudy
from teloscope.recordings import Recording, open_recording, record
from teloscope.regimes import readings_in
from teloscope.study.loading import chosen_contexts, load_agent, load_world, user_features
from teloscope.study.study_file import SUBJECTS, StudyFile
from teloscope.values import Values
from teloscope.values.declared import NO_VALUES
from teloscope.worlds.function_source import source_texts

if TYPE_CHECKING:
    from teloscope.agents import Agent
    from teloscope.recordings.record import Progress
    from teloscope.worlds import World

DEFAULT = {"world": "coin", "agent": "onnx:coin.onnx"}
"""What is audited when nothing is named: a network that was trained to get a coin."""
DTYPES = {"number": pl.Float64, "bool": pl.Boolean, "category": pl.String}
"""Kind of a feature -> how it is held."""


def recorded(
    study: StudyFile, trust: bool = False, progress: Progress | None = None, to_judge: bool = False
) -> Recording:
    """The recording that a study is about: made, gone on with, opened or imported.

    Args:
        study: what to record.
        trust: allow loading that executes code.
        progress: told after every shard.
        to_judge: values will be needed; without any, nothing is recorded.

    Raises:
        BadStudy: it isn't clear what to record. BadRecording: the folder holds another run. NotFound, BadRegime: the
            values speak of what the world doesn't have.
    """
    study = complete(study)
    if study.recording is not None:
        return open_recording(study.recording, trust=trust)
    if study.minari is not None:
        return _imported(study.minari, study)
    if study.inspect_log is not None:
        return _imported_log(study.inspect_log, study, trust)
    world, agent = load_world(study, trust), load_agent(study, trust)
    contexts = chosen_contexts(study, world)
    _check_values(study.values.declared() if study.values is not None else world.values, world, to_judge)
    return record(
        agent,
        world,
        episodes=study.episodes,
        contexts=contexts,
        references=study.references,
        seed=study.seed,
        out=study.out or default_folder(study, world, agent),
        progress=progress,
    )


def _check_values(values: Values, world: World, needed: bool) -> None:
    """A typo in a value is told now, not after an hour's recording."""
    if needed and not values:
        raise BadStudy(NO_VALUES)
    nowhere = pl.DataFrame(schema={name: DTYPES[kind] for name, kind in world.feature_kinds.items()})
    readings_in(nowhere, values.regimes())


def _imported(dataset: str, study: StudyFile) -> Recording:
    """The recording that was made of a data set before, or is made now; its id names a version of it."""
    from teloscope.recordings.minari import import_minari
    from teloscope.recordings.storage.recording import MANIFEST

    folder = study.out or _run_folder(f"minari {Path(dataset).name}", [dataset, study.names])
    if study.out is None and (folder / MANIFEST).is_file():
        return open_recording(folder)
    return import_minari(dataset, folder, names=study.names or None)


def _imported_log(logs: Sequence[Path], study: StudyFile, trust: bool) -> Recording:
    """The recording that was made of these very logs before, or is made now."""
    from teloscope.recordings.inspect.import_log import import_inspect
    from teloscope.recordings.inspect.log_files import log_digests
    from teloscope.recordings.storage.recording import MANIFEST

    features = user_features(study, trust)
    identity = [log_digests(logs), study.inspect_context, {name: source_texts(f) for name, f in features.items()}]
    folder = study.out or _run_folder(f"inspect {logs[0].stem}", identity)
    if study.out is None and (folder / MANIFEST).is_file():
        return open_recording(folder)
    return import_inspect(logs, folder, context=study.inspect_context, features=features)


def complete(study: StudyFile) -> StudyFile:
    """The study, once it says what is audited; the embedded default where it says nothing.

    Raises:
        BadStudy: an agent without a world, a world without an agent, or several subjects.
    """
    named = sorted(key for key in SUBJECTS if getattr(study, key) is not None)
    if not named and study.world is None:
        return study.overlaid(**DEFAULT)
    if len(named) > 1:
        raise BadStudy(f"The study names {' and '.join(f'`{key}`' for key in named)}; an audit is about one of them.")
    if study.inspect_context is not None and study.inspect_log is None:
        raise BadStudy("The study gives `inspect_context` without `inspect_log`. Name the logs too, or leave it out.")
    if named == ["recording"] and study.world is not None:
        raise BadStudy(f"A recording knows its world; leave out the world {study.world!r}, or record anew in it.")
    if not named:
        raise BadStudy(
            f"The study names the world {study.world!r} but no agent. `teloscope agents` lists what can act."
        )
    if named == ["agent"] and study.world is None:
        raise BadStudy(f"The study names the agent {study.agent!r} but no world. `teloscope worlds` lists them.")
    return study


def default_folder(study: StudyFile, world: World, agent: Agent) -> Path:
    """A folder under `runs/` for this very run: the same study comes back to it, another one never does."""
    identity = [
        world.digest(),
        agent.digest,
        [entry.model_dump(mode="json") for entry in study.contexts],
        study.references,
        study.episodes,
        study.seed,
    ]
    parts = Path(agent.name).parts[-2 if agent.name.startswith(LLM) else -1 :]  # an engine and its scaffold
    return _run_folder(" ".join([world.name, *parts]), identity)


def _run_folder(title: str, identity: list[Any]) -> Path:
    """A folder under `runs/` that says what it is about, with a digest of everything that makes it this run."""
    digest = hashlib.sha256(json.dumps(identity).encode()).hexdigest()[:8]
    words = re.sub(r"[^A-Za-z0-9.=_]+", "-", title).strip("-.")
    return Path("runs") / f"{words[:60]}-{digest}"
