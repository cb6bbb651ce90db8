"""The one place that strings the steps together; each reads what the one before wrote into the run's folder.

    record -> manifest.json, steps, …     goals -> goals.json     judge -> verdict.json     report -> report.html

Theory: A1-A3.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from teloscope.errors import BadRecording
from teloscope.goals import Goals, find_goals, read_goals
from teloscope.recordings import Recording, open_recording
from teloscope.study.recorded import recorded
from teloscope.study.study import Study
from teloscope.study.tables import ValuesTable
from teloscope.values import Values
from teloscope.verdict import Verdict, judge

if TYPE_CHECKING:
    from teloscope.recordings.record import Progress

GOALS, VERDICT, REPORT = "goals.json", "verdict.json", "report.html"
"""What the steps write into the run's folder."""


def audited(study: Study, trust: bool = False, progress: Progress | None = None) -> Verdict:
    """Every step of a study."""
    recording = recorded(study, trust, progress)
    goals = find_goals(recording, seed=study.seed)
    verdict = judge(goals, values_of(study.values, recording), exact=study.exact)
    goals.save(recording.folder / GOALS)
    verdict.save(recording.folder / VERDICT)
    verdict.report(recording.folder / REPORT)
    return verdict


def report_of(verdict: Verdict) -> Path:
    """Where the report of an audit is."""
    assert verdict.goals.recording is not None, "an audit holds its recording"
    return verdict.goals.recording.folder / REPORT


def values_of(given: ValuesTable | None, recording: Recording) -> Values:
    """The values to judge by: those given, or else those that the recorded world declares."""
    return given.declared() if given is not None else Values.from_dict(recording.manifest.values)


def found_goals(folder: Path, seed: int = 0) -> tuple[Goals, Path]:
    """The goals in a recording, and the file beside it that they were written to."""
    recording = open_recording(folder)
    goals = find_goals(recording, seed=seed)
    goals.save(path := recording.folder / GOALS)
    return goals, path


def judged(goals: Path, values: ValuesTable | None = None, exact: bool = False) -> tuple[Verdict, Path]:
    """The verdict on goals that were found before, and the file beside them that it was written to."""
    path = written_by("goals", goals, GOALS)
    recording = open_recording(path.parent)
    found = replace(read_goals(path), recording=recording)  # beside the file, wherever the folder was moved to
    verdict = judge(found, values_of(values, recording), exact=exact)
    verdict.save(path := path.with_name(VERDICT))
    return verdict, path


def reported(verdict: Path) -> Path:
    """The page on a verdict that was found before, beside it."""
    path = written_by("judge", verdict, VERDICT)
    page = path.with_name(REPORT)
    Verdict.load(path).report(page)
    return page


def written_by(step: str, path: Path, name: str) -> Path:
    """The file that a step wrote: given itself, or by its folder.

    Raises:
        BadRecording: the step has not been done there.
    """
    path = path / name if path.is_dir() else path
    if not path.is_file():
        raise BadRecording(f"{path} is not there. `teloscope {step} {path.parent}` writes it.")
    return path
