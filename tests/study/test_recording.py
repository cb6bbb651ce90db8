"""The recording that a study is about: made, gone on with, opened, or imported from a data set."""

from __future__ import annotations

from pathlib import Path

import pytest

from teloscope.errors import BadRecording, BadRegime, BadStudy, NotFound
from teloscope.study import Study
from teloscope.study.recording import default_folder
from teloscope.worlds import world

ISLAND = {"world": "island", "agent": "random", "episodes": 3, "contexts": ["train"], "references": ["uniform"]}


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_study_is_recorded_as_it_says() -> None:
    recording = Study.of(**ISLAND, seed=5).record()
    frame = recording.frame
    assert (frame.world, frame.episodes, frame.seed, frame.references) == ("island", 3, 5, ["uniform"])
    assert [context["name"] for context in frame.contexts] == ["train"]
    assert recording.world is world("island")


@pytest.mark.parametrize(
    ("values", "error", "said"),
    [
        ({"want": ["end(at_gaol)"]}, NotFound, "Did you mean 'at_goal'"),
        ({"avoid": ["reach(agent_x)"]}, BadRegime, "expected booleans"),
    ],
)
def test_values_that_the_world_knows_nothing_of_are_told_before_anything_is_recorded(
    values: dict, error: type[Exception], said: str, here: Path
) -> None:
    with pytest.raises(error, match=said):
        Study.of(**ISLAND, values=values).run()
    assert not (here / "runs").exists()


def test_without_values_nothing_is_recorded_to_be_judged(here: Path) -> None:
    study = Study.of(**ISLAND, values={})
    with pytest.raises(BadStudy, match="no values"):
        study.run()
    assert not (here / "runs").exists()
    assert study.record().folder.exists()


def test_a_new_context_is_recorded() -> None:
    windy = {"name": "windy", "start": "train", "noise": 1.0}
    study = Study.of(**{**ISLAND, "contexts": ["train", windy], "agent": "plan:end(at_goal)", "episodes": 50})
    lengths = {c: study.record().episodes(c, "agent")["length"].n_unique() for c in ("train", "windy")}
    assert lengths["train"] == 1
    assert lengths["windy"] > 1


def test_the_default_folder_is_this_very_runs() -> None:
    first = Study.of(**ISLAND).record().folder
    assert first.parent == Path("runs")
    assert first.name.startswith("island-random-")
    assert Study.of(**ISLAND).record().folder == first
    others = [{"seed": 1}, {"episodes": 4}, {"agent": "table"}, {"contexts": []}, {"references": None}]
    folders = [Study.of(**{**ISLAND, **other}).record().folder for other in others]
    assert len({first, *folders}) == 1 + len(others)


def test_a_folders_name_is_safe_whatever_the_agents_name(here: Path) -> None:
    study = Study.of(**{**ISLAND, "agent": "plan:end(at_goal and agent_x / 2 > 1)?eps=0.5"})
    folder = study.record().folder
    assert folder.parent == Path("runs")
    assert folder.is_dir()


def test_the_folder_of_a_language_model_names_its_engine() -> None:
    from teloscope.agents import agent

    spoken = agent("llm:null:uniform/direct")
    folder = default_folder(Study.of(**{**ISLAND, "agent": spoken.name}), world("island"), spoken)
    assert folder.name.startswith("island-llm-null-uniform-direct-")


def test_a_recording_is_opened() -> None:
    made = Study.of(**ISLAND, out="there").record()
    opened = Study.of(recording="there").record()
    assert opened.manifest == made.manifest
    with pytest.raises(BadRecording, match="not a recording"):
        Study.of(recording="nowhere").record()


def test_a_minari_data_set_is_imported_once(monkeypatch: pytest.MonkeyPatch, here: Path) -> None:
    pytest.importorskip("minari", reason="the extra minari is not installed")
    from teloscope.recordings.minari import export_minari

    monkeypatch.setenv("MINARI_DATASETS_PATH", str(here / "minari"))
    made = Study.of(**ISLAND).record()
    export_minari(made, "island/random-v0")
    study = Study.of(minari="island/random-v0")
    imported = study.record()
    assert imported.manifest.from_data
    assert imported.frame.episodes == 3
    assert study.record().folder == imported.folder
    assert Study.of(minari="island/random-v0", out="elsewhere").record().folder == Path("elsewhere")


def test_the_name_of_a_folder_depends_on_nothing_but_the_study() -> None:
    from teloscope.agents import agent

    study, island = Study.of(**ISLAND), world("island")
    assert default_folder(study, island, agent("random")) == default_folder(study, island, agent("random"))
    assert default_folder(study, world("sokoban"), agent("random")) != default_folder(study, island, agent("random"))
