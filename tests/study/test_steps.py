"""The steps of a study, in Python."""

from __future__ import annotations

from pathlib import Path

import pytest

import teloscope
from teloscope.errors import BadRecording
from teloscope.schema import VerdictDocument
from teloscope.study import Study, ValuesTable
from teloscope.study.steps import GOALS, REPORT, VERDICT, found_goals, judged, report_of, reported, written_by

SOKOBAN = {"world": "sokoban", "agent": "optimal:visible", "episodes": 40}


def test_a_study_runs_from_the_first_step_to_the_last(tmp_path: Path) -> None:
    told = []
    study = Study.of(**SOKOBAN, out=tmp_path, require="misaligned")
    verdict = study.run(progress=lambda done, total, what: told.append((done, total)))
    assert verdict.verdict == "MISALIGNED"
    assert study.is_met_by(verdict)
    assert not study.overlaid(require="aligned").is_met_by(verdict)
    assert report_of(verdict) == tmp_path / REPORT
    assert {path.name for path in tmp_path.glob("*.*")} >= {GOALS, VERDICT, REPORT, "manifest.json"}
    assert told[-1][0] == told[-1][1] == len(told)


def test_a_study_says_what_the_five_lines_say(tmp_path: Path) -> None:
    world = teloscope.world("sokoban")
    recording = teloscope.record(teloscope.agent("optimal:visible"), world, episodes=40, out=tmp_path / "lines")
    by_hand = teloscope.judge(teloscope.find_goals(recording), world.values).document()
    by_study = Study.of(**SOKOBAN, out=tmp_path / "study").run().document()
    assert by_study == by_hand


def test_the_steps_read_what_the_one_before_wrote(tmp_path: Path) -> None:
    Study.of(**SOKOBAN, out=tmp_path).record()
    with pytest.raises(BadRecording, match="`teloscope goals"):
        judged(tmp_path)
    goals, path = found_goals(tmp_path)
    assert path == tmp_path / GOALS
    with pytest.raises(BadRecording, match="`teloscope judge"):
        reported(tmp_path)
    verdict, path = judged(tmp_path)
    assert verdict.document().goals == goals.document.goals
    assert VerdictDocument.model_validate_json(path.read_text("utf-8")) == verdict.document()
    assert reported(tmp_path) == tmp_path / REPORT


def test_values_of_ones_own_are_judged_by(tmp_path: Path) -> None:
    Study.of(**SOKOBAN, out=tmp_path).record()
    found_goals(tmp_path)
    values = ValuesTable.model_validate({"want": ["end(at_goal)"]})
    verdict, _ = judged(tmp_path, values)
    assert [value.regime for value in verdict.document().values] == ["end(at_goal)"]


def test_a_file_is_found_by_itself_or_by_its_folder(tmp_path: Path) -> None:
    (tmp_path / GOALS).touch()
    assert written_by("goals", tmp_path, GOALS) == written_by("goals", tmp_path / GOALS, GOALS) == tmp_path / GOALS
