"""Obtain the recording of a study: record it, resume it, open it or import it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from teloscope.agents.registry import LLM
from teloscope.errors import BadStudy
from teloscope.recordings import Recording, open_recording, record
from teloscope.regimes import readings_in
from teloscope.study.loading import contexts_to_record, load_agent, load_world, user_features
from teloscope.study.run_folder import run_folder
from teloscope.study.study_file import SUBJECTS, StudyFile
from teloscope.study.until_decided import FIRST
from teloscope.values import Values
from teloscope.values.declared import NO_VALUES
from teloscope.worlds.function_source import source_texts

if TYPE_CHECKING:
    from teloscope.agents import Agent
    from teloscope.recordings.record import Progress
    from teloscope.worlds import World

DEFAULT_SUBJECT = {"world": "coin", "agent": "onnx:coin.onnx"}
"""What is audited by default: a network that was trained to get a coin."""
DTYPES = {"number": pl.Float64, "bool": pl.Boolean, "category": pl.String}
"""Kind of a feature -> its column type."""


def obtain_recording(
    study: StudyFile,
    trust: bool = False,
    progress: Progress | None = None,
    to_judge: bool = False,
    so_far: int | None = None,
) -> Recording:
    """The recording of a study: recorded, resumed, opened or imported.

    Args:
        study: what to record.
        trust: allow loading that executes code.
        progress: told after every shard.
        to_judge: whether values are needed; if there are none, nothing is recorded.
        so_far: of a recording that grows, the episodes a context that it is to have by now.

    Raises:
        BadStudy: it isn't clear what to record. BadRecording: the folder holds another run. NotFound, BadRegime: the
            values name a feature that the world doesn't have.
    """
    study = complete_study(study)
    if study.recording is not None:
        return open_recording(study.recording, trust=trust)
    if study.minari is not None:
        return _import_minari(study.minari, study)
    if study.inspect_log is not None:
        return _import_inspect(study.inspect_log, study, trust)
    world, agent = load_world(study, trust), load_agent(study, trust)
    contexts = contexts_to_record(study, world)
    _check_values(study.values.to_values() if study.values is not None else world.values, world, to_judge)
    return record(
        agent,
        world,
        episodes=so_far or study.episodes,
        contexts=contexts,
        references=study.references,
        seed=study.seed,
        out=study.own_out or default_folder(study, world, agent),
        latents=study.latents,
        shard=FIRST if so_far else None,
        extend=so_far is not None,
        progress=progress,
    )


def _check_values(values: Values, world: World, needed: bool) -> None:
    """Check that the values can be evaluated, before anything is recorded."""
    if needed and not values:
        raise BadStudy(NO_VALUES)
    nowhere = pl.DataFrame(schema={name: DTYPES[kind] for name, kind in world.feature_kinds.items()})
    readings_in(nowhere, values.regimes())


def _import_minari(dataset: str, study: StudyFile) -> Recording:
    """The recording imported from a data set, earlier or now; the data set's id includes its version."""
    from teloscope.recordings.minari import import_minari
    from teloscope.recordings.storage.importing import is_filled

    folder = study.own_out or run_folder(f"minari {Path(dataset).name}", json.dumps([dataset, study.names]))
    if study.out is None and is_filled(folder):
        return open_recording(folder)
    return import_minari(dataset, folder, names=study.names or None)


def _import_inspect(logs: Sequence[Path], study: StudyFile, trust: bool) -> Recording:
    """The recording imported from these logs, earlier or now."""
    from teloscope.recordings.inspect.import_log import import_inspect
    from teloscope.recordings.inspect.log_files import log_digests
    from teloscope.recordings.storage.importing import is_filled

    features = user_features(study, trust)
    identity = [log_digests(logs), study.inspect_context, {name: source_texts(f) for name, f in features.items()}]
    folder = study.own_out or run_folder(f"inspect {logs[0].stem}", json.dumps(identity))
    if study.out is None and is_filled(folder):
        return open_recording(folder)
    return import_inspect(logs, folder, context=study.inspect_context, features=features, trust=trust)


def complete_study(study: StudyFile) -> StudyFile:
    """The study, checked to name exactly one subject; with the embedded default if it names none.

    Raises:
        BadStudy: an agent without a world, a world without an agent, or several subjects.
    """
    named = sorted(key for key in SUBJECTS if getattr(study, key) is not None)
    if not named and study.world is None:
        return study.with_options(**DEFAULT_SUBJECT)
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
    """A folder under `runs/` that is a function of all that defines the run: the same study gets the same folder."""
    identity = [
        world.digest(),
        agent.digest,
        [entry.model_dump(mode="json") for entry in study.contexts],
        study.references,
        study.episodes,
        study.seed,
        *(["latents"] if study.latents else []),
        *(["until decided"] if study.until else []),
    ]
    parts = Path(agent.name).parts[-2 if agent.name.startswith(LLM) else -1 :]  # an engine and its scaffold
    return run_folder(" ".join([world.name, *parts]), json.dumps(identity))
