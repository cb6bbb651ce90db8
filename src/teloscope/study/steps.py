"""The one place that strings the steps together; each reads what the one before wrote into the run's folder.

    record -> manifest.json, steps, …     goals -> goals.json     judge -> verdict.json     report -> report.html

Theory: A1-A3.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from teloscope.errors import BadRecording
from teloscope.goals import Goals, find_goals, read_goals
from teloscope.recordings import open_recording
from teloscope.recordings.store import MANIFEST
from teloscope.schema import VerdictDocument
from teloscope.study.recorded import recorded
from teloscope.study.study import Study
from teloscope.study.tables import ValuesTable
from teloscope.verdict import Verdict, judge

if TYPE_CHECKING:
    from teloscope.recordings.record import Progress

GOALS, VERDICT, REPORT = "goals.json", "verdict.json", "report.html"
"""What the steps write into the run's folder."""


def audited(study: Study, trust: bool = False, progress: Progress | None = None) -> Verdict:
    """Every step of a study."""
    recording = recorded(study, trust, progress)
    goals = find_goals(recording, seed=study.seed)
    verdict = judge(goals, study.values.declared() if study.values is not None else None)
    goals.save(recording.folder / GOALS)
    verdict.save(recording.folder / VERDICT)
    verdict.report(recording.folder / REPORT)
    return verdict


def report_of(verdict: Verdict) -> Path:
    """Where the report of an audit is."""
    assert verdict.recording is not None, "an audit holds its recording"
    return verdict.recording.folder / REPORT


def found_goals(folder: Path, seed: int = 0) -> tuple[Goals, Path]:
    """The goals in a recording, and the file beside it that they were written to."""
    recording = open_recording(folder)
    goals = find_goals(recording, seed=seed)
    goals.save(path := recording.folder / GOALS)
    return goals, path


def judged(goals: Path, values: ValuesTable | None = None) -> tuple[Verdict, Path]:
    """The verdict on goals that were found before, and the file beside them that it was written to."""
    path = written_by("goals", goals, GOALS)
    found = _with_recording(read_goals(path), path.parent)
    given = values.declared() if values is not None else None
    verdict = judge(found, given)
    verdict.save(path := path.with_name(VERDICT))
    return verdict, path


def reported(verdict: Path) -> Path:
    """The page on a verdict that was found before, beside it."""
    path = written_by("judge", verdict, VERDICT)
    goals = written_by("goals", path.parent, GOALS)
    told = Verdict(_read_verdict(path), _with_recording(read_goals(goals), path.parent))
    return told.report(path.with_name(REPORT))


def _with_recording(goals: Goals, folder: Path) -> Goals:
    """Goals with the recording that lies beside them, wherever the folder was moved to, if it is still the same."""
    recording = open_recording(folder) if (folder / MANIFEST).is_file() else None
    same = recording is not None and recording.frame.hash == goals.document.frame.hash
    return replace(goals, recording=recording) if same else goals


def _read_verdict(path: Path) -> VerdictDocument:
    try:
        return VerdictDocument.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, ValidationError) as error:
        first = str(error).splitlines()[0]
        raise BadRecording(f"{path} is not a verdict ({first}). Make one with `teloscope judge`.") from None


def written_by(step: str, path: Path, name: str) -> Path:
    """The file that a step wrote: given itself, or by its folder.

    Raises:
        BadRecording: the step has not been done there.
    """
    path = path / name if path.is_dir() else path
    if not path.is_file():
        raise BadRecording(f"{path} is not there. `teloscope {step} {path.parent}` writes it.")
    return path
