"""The steps of an audit, in order. Each step reads the file that the step before wrote into the run's folder.

    record -> manifest.json, steps, …     goals -> goals.json     judge -> verdict.json     report -> report.html

A probe records further contexts into folders within the run's folder; later files are written beside the last of them.

Theory: A1-A3.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from teloscope.errors import BadRecording, BadStudy, NotExact
from teloscope.goals import Goals, find_goals, read_goals
from teloscope.goals.find import GOALS
from teloscope.recordings import Recording, open_recording
from teloscope.recordings.exact_rates import exact_rates
from teloscope.recordings.storage.recording import MANIFEST
from teloscope.schema import VerdictDocument
from teloscope.schema.reading import read_document
from teloscope.study.loading import load_agent, reload_agent
from teloscope.study.probing.probe import probe
from teloscope.study.recording import complete_study, obtain_recording
from teloscope.study.study_file import StudyFile
from teloscope.study.toml_tables import ValuesTable
from teloscope.study.until_decided import FIRST, MOST, until_decided
from teloscope.values import Values
from teloscope.verdict import Verdict, judge
from teloscope.verdict.judge import VERDICT

if TYPE_CHECKING:
    from teloscope.recordings.record import Progress
    from teloscope.verdict.judge import Rates

REPORT = "report.html"
"""What the last step writes into the run's folder, beside goals and verdict."""


def run_audit(study: StudyFile, trust: bool = False, progress: Progress | None = None) -> Verdict:
    """Run every step of a study and return the verdict."""
    if study.probe and (study.minari is not None or study.inspect_log is not None):
        raise BadStudy("Recorded data can't be probed: there is no agent to meet further contexts. Leave out `probe`.")
    if study.until is not None:
        verdict = _until_decided(study, trust, progress)
    else:
        recording = obtain_recording(study, trust, progress, to_judge=True)
        goals = _probe(recording, study, trust, progress) if study.probe else find_goals(recording, seed=study.seed)
        verdict = _judge(goals, goals.recording or recording, study.values, study.exact, trust)
    recording, goals = verdict.recording, verdict.goals
    assert recording is not None and goals is not None, "an audit holds its recording"
    if study.second_opinions:
        from teloscope.study.opinions import add_second_opinions  # its optimisers take a quarter of a second to load

        verdict = add_second_opinions(verdict, trust)
    goals.save(recording.folder / GOALS)
    verdict.save(recording.folder / VERDICT)
    verdict.report(recording.folder / REPORT)
    return verdict


def _until_decided(study: StudyFile, trust: bool, progress: Progress | None) -> Verdict:
    """The verdict of the first look that decides.

    Raises:
        BadStudy: what is audited can't grow, or the study asks for a probe too.
    """
    complete = complete_study(study)
    if complete.agent is None:
        raise BadStudy("What was recorded already can't grow: `until` needs a world and an agent. Leave it out.")
    if study.probe:
        raise BadStudy("A study records until it is decided or probes further contexts; leave out `until` or `probe`.")
    return until_decided(
        lambda episodes: obtain_recording(study, trust, progress, to_judge=True, so_far=episodes),
        lambda goals, recording: _judge(goals, recording, study.values, study.exact, trust),
        FIRST,
        study.episodes if "episodes" in study.model_fields_set else MOST,
        study.seed,
    )


def _judge(goals: Goals, recording: Recording, given: ValuesTable | None, exact: bool, trust: bool) -> Verdict:
    """Judge by the given values, or else by those that the recorded world declares."""
    values = _values_or_declared(given, recording)
    return judge(goals, values, exact=_exact_rates(recording, values, trust) if exact else None)


def _probe(recording: Recording, study: StudyFile, trust: bool, progress: Progress | None) -> Goals:
    """The goals after recording further contexts, each in its own folder within the run's folder.

    Raises:
        BadStudy: the world or the agent of a recording can't be loaded again.
    """
    if recording.world is None:
        raise BadStudy(
            f"Probing needs the world itself, and {recording.manifest.world!r} of {recording.folder} can't be loaded "
            "by name (one of your own needs --trust), or has changed since. Leave out `probe`, or audit the world and "
            "the agent at once."
        )
    spec = complete_study(study).agent or recording.manifest.agent.name
    return probe(
        load_agent(study.with_options(agent=spec), trust),
        recording.world,
        recording,
        study.probe,
        values=_values_or_declared(study.values, recording),
        seed=study.seed,
        out=recording.folder,
        progress=progress,
    )


def _values_or_declared(given: ValuesTable | None, recording: Recording) -> Values:
    """The values given, or else those that the recorded world declares."""
    return given.to_values() if given is not None else Values.from_dict(recording.manifest.values)


def _exact_rates(recording: Recording, values: Values, trust: bool) -> Rates:
    """Rates of the values' regimes without sampling error, of the world and agent that were recorded.

    Raises:
        NotExact: world or agent can't be loaded again, have changed since, or are no tables.
    """
    manifest, world = recording.manifest, recording.world
    if manifest.from_data or world is None:
        raise NotExact(
            f"Exact rates need the world itself, and {manifest.world!r} of {recording.folder} can't be loaded by name "
            "(one of your own needs --trust), or has changed since. Leave out --exact, or audit the world and the "
            "agent at once."
        )
    again = reload_agent(manifest, trust)
    if again is None:
        raise NotExact(f"The agent {manifest.agent.name!r} has changed since it was recorded. Record it again.")
    return exact_rates(world, again, values.regimes(), recording.contexts)


def report_path(verdict: Verdict) -> Path:
    """The path of an audit's report."""
    assert verdict.recording is not None, "an audit holds its recording"
    return verdict.recording.folder / REPORT


def find_and_save_goals(folder: Path, seed: int = 0) -> tuple[Goals, Path]:
    """Find the goals in a recording and write them into its folder; the goals and the file."""
    recording = open_recording(folder)
    goals = find_goals(recording, seed=seed)
    goals.save(path := recording.folder / GOALS)
    return goals, path


def judge_and_save(
    goals: Path, values: ValuesTable | None = None, exact: bool = False, trust: bool = False
) -> tuple[Verdict, Path]:
    """Judge goals that were found before and write the verdict beside them; the verdict and the file.

    Raises:
        BadRecording: the goals, or the recording that they were found in, are not there (any more).
    """
    path = step_file("goals", goals, GOALS)
    found = _with_recording(read_goals(path), path.parent, trust)
    if found.recording is None:
        raise BadRecording(
            f"{path} is about another recording than {path.parent}. Run `teloscope goals {path.parent}`."
        )
    verdict = _judge(found, found.recording, values, exact, trust)
    verdict.save(path := path.with_name(VERDICT))
    return verdict, path


def write_report(verdict: Path, trust: bool = False) -> Path:
    """Write the page of an earlier verdict beside it; the path of the page."""
    path = step_file("judge", verdict, VERDICT)
    goals = step_file("goals", path.parent, GOALS)
    with_goals = Verdict(_read_verdict(path), _with_recording(read_goals(goals), path.parent, trust))
    return with_goals.report(path.with_name(REPORT))


def _with_recording(goals: Goals, folder: Path, trust: bool) -> Goals:
    """Goals with the recording in their folder, which may have been moved; None in its place if it is another one."""
    beside = open_recording(folder, trust=trust) if (folder / MANIFEST).is_file() else None
    same = beside is not None and beside.frame.hash == goals.document.frame.hash
    return replace(goals, recording=beside if same else None)


def _read_verdict(path: Path) -> VerdictDocument:
    return read_document(VerdictDocument, path, "a verdict", "Make one with `teloscope judge`.")


def step_file(step: str, path: Path, name: str) -> Path:
    """The file that a step wrote, given by its path or by its folder.

    Raises:
        BadRecording: the step has not been done there.
    """
    path = path / name if path.is_dir() else path
    if not path.is_file():
        raise BadRecording(f"{path} is not there. `teloscope {step} {path.parent}` writes it.")
    return path
