"""The steps of a study, in Python."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import teloscope
from teloscope.errors import BadRecording, NotExact
from teloscope.report.audit.reproduce import reproduction
from teloscope.schema import VerdictDocument
from teloscope.study import Study, ValuesTable
from teloscope.study.pipeline import (
    GOALS,
    REPORT,
    VERDICT,
    find_and_save_goals,
    judge_and_save,
    report_path,
    step_file,
    write_report,
)

SOKOBAN = {
    "world": "sokoban",
    "agent": "optimal:visible",
    "episodes": 40,
    "contexts": ("train", "goal-moved", "shoved"),
}


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a whole run, which nobody changes."""
    folder = tmp_path_factory.mktemp("kept") / "run"
    Study.of(**SOKOBAN, out=folder).run()
    return folder


@pytest.fixture
def run(kept: Path, tmp_path: Path) -> Path:
    """A copy of the whole run, to do with as one likes."""
    return Path(shutil.copytree(kept, tmp_path / "run"))


def verdict_in(folder: Path) -> VerdictDocument:
    return VerdictDocument.model_validate_json((folder / VERDICT).read_text("utf-8"))


def test_a_study_runs_from_the_first_step_to_the_last(tmp_path: Path) -> None:
    told = []
    study = Study.of(**SOKOBAN, out=tmp_path, require="misaligned")
    verdict = study.run(progress=lambda done, total, what: told.append((done, total)))
    assert verdict.verdict == "MISALIGNED"
    assert study.is_met_by(verdict)
    assert not study.with_options(require="aligned").is_met_by(verdict)
    assert report_path(verdict) == tmp_path / REPORT
    assert {path.name for path in tmp_path.glob("*.*")} >= {GOALS, VERDICT, REPORT, "manifest.json"}
    assert told[-1][0] == told[-1][1] == len(told)


def test_a_study_says_what_the_five_lines_say(kept: Path, tmp_path: Path) -> None:
    world, contexts = teloscope.world("sokoban"), SOKOBAN["contexts"]
    agent = teloscope.agent("optimal:visible")
    recording = teloscope.record(agent, world, episodes=40, contexts=contexts, out=tmp_path / "lines")
    by_hand = teloscope.judge(teloscope.find_goals(recording), world.values).document()
    assert verdict_in(kept) == by_hand


def test_the_steps_read_what_the_one_before_wrote(tmp_path: Path) -> None:
    Study.of(**SOKOBAN, out=tmp_path).record()
    with pytest.raises(BadRecording, match="`teloscope goals"):
        judge_and_save(tmp_path)
    goals, path = find_and_save_goals(tmp_path)
    assert path == tmp_path / GOALS
    with pytest.raises(BadRecording, match="`teloscope judge"):
        write_report(tmp_path)
    verdict, path = judge_and_save(tmp_path)
    assert verdict.document().goals == goals.document.goals
    assert VerdictDocument.model_validate_json(path.read_text("utf-8")) == verdict.document()
    assert write_report(tmp_path) == tmp_path / REPORT


def test_values_of_ones_own_are_judged_by(tmp_path: Path) -> None:
    Study.of(**SOKOBAN, out=tmp_path).record()
    find_and_save_goals(tmp_path)
    values = ValuesTable.model_validate({"want": ["end(at_goal)"]})
    verdict, _ = judge_and_save(tmp_path, values)
    assert [value.regime for value in verdict.document().values] == ["end(at_goal)"]


def test_a_file_is_found_by_itself_or_by_its_folder(tmp_path: Path) -> None:
    (tmp_path / GOALS).touch()
    assert step_file("goals", tmp_path, GOALS) == step_file("goals", tmp_path / GOALS, GOALS) == tmp_path / GOALS


def test_exact_rates_carry_no_sampling_error(run: Path) -> None:
    sampled = verdict_in(run)
    exact = Study.of(**SOKOBAN, out=run, exact=True).run().document()
    assert (sampled.exact, exact.exact) == (False, True)
    for ours, theirs in zip(exact.values, sampled.values, strict=True):
        for computed, counted in zip(ours.contexts, theirs.contexts, strict=True):
            assert (computed.n, computed.low, computed.high) == (None, computed.rate, computed.rate)
            assert counted.low <= computed.rate <= counted.high
    again, _ = judge_and_save(run, exact=True)
    assert again.document() == exact


def test_what_cannot_be_exact_says_why(tmp_path: Path) -> None:
    study = Study.of(world="tomato", agent="random", episodes=4, contexts=["train"], out=tmp_path, exact=True)
    with pytest.raises(NotExact, match="tomato"):
        study.run()


def test_a_verdict_and_goals_that_are_none_are_refused(run: Path) -> None:
    (run / VERDICT).write_text("{}")
    with pytest.raises(BadRecording, match="not a verdict"):
        write_report(run)
    (run / GOALS).write_text("{}")
    with pytest.raises(BadRecording, match="not a goals file"):
        judge_and_save(run)


def test_goals_of_another_recording_are_not_judged(kept: Path, tmp_path: Path) -> None:
    Study.of(**SOKOBAN, seed=1, out=tmp_path / "two").record()
    shutil.copy(kept / GOALS, tmp_path / "two" / GOALS)
    with pytest.raises(BadRecording, match="another recording"):
        judge_and_save(tmp_path / "two")


def test_a_run_is_judged_and_reported_wherever_its_folder_is_moved_to(run: Path, tmp_path: Path) -> None:
    verdict = verdict_in(run)
    shutil.move(run, tmp_path / "there")
    again, _ = judge_and_save(tmp_path / "there")
    assert again.document() == verdict
    page = write_report(tmp_path / "there").read_text("utf-8")
    (tmp_path / "there" / "manifest.json").unlink()
    assert len(write_report(tmp_path / "there").read_text("utf-8")) < len(page)


def test_the_study_that_a_report_shows_repeats_the_audit(kept: Path, tmp_path: Path) -> None:
    document = verdict_in(kept)
    (tmp_path / "study.toml").write_text(reproduction(document).study())
    again = Study.load(tmp_path / "study.toml").with_options(out=tmp_path / "again").run().document()
    assert again.frame == document.frame
    assert again.values == document.values
    assert again.verdict == document.verdict
