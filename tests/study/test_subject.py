"""What stands first on the command line: a file, a world, or what is neither."""

from __future__ import annotations

from pathlib import Path

import pytest

from teloscope.errors import BadStudy, TeloscopeError
from teloscope.study.subject import study_for


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.toml").write_text('world = "island"\nagent = "random"\nepisodes = 9\n')
    (tmp_path / "nameless").write_text('world = "keys"\n')
    (tmp_path / "runs").mkdir()
    return tmp_path


def test_a_file_is_read_and_options_are_laid_over_it() -> None:
    study = study_for("mine.toml", world="coin", episodes=3)
    assert (study.world, study.agent, study.episodes) == ("coin", "random", 3)
    assert study_for("nameless").world == "keys"


@pytest.mark.parametrize("name", ["coin", "rooms-7", "CartPole-v1", "my_worlds:Mine"])
def test_whatever_else_is_a_world(name: str) -> None:
    study = study_for(name, agent="random")
    assert (study.world, study.agent) == (name, "random")


def test_nothing_is_an_empty_study_with_the_options() -> None:
    assert study_for(None, episodes=7).model_dump(exclude_unset=True) == {"episodes": 7}


def test_a_file_that_is_not_there_is_a_study_that_is_not_there() -> None:
    with pytest.raises(TeloscopeError, match=r"theirs\.toml"):
        study_for("theirs.toml")


def test_what_is_neither_is_told_so_with_both_possibilities() -> None:
    with pytest.raises(BadStudy, match=r"'coim' is neither a study file .* nor a world.*Did you mean 'coin'"):
        study_for("coim", agent="random")


def test_a_folder_is_no_study_and_no_world() -> None:
    with pytest.raises(BadStudy, match=r"'runs' is a folder.*--recording runs"):
        study_for("runs")


def test_two_worlds_are_one_too_many() -> None:
    with pytest.raises(BadStudy, match=r"'coin' and --world 'keys'"):
        study_for("coin", world="keys")


def test_a_world_beside_recorded_data_is_one_too_many() -> None:
    from teloscope.study.recording import complete_study

    with pytest.raises(BadStudy, match="A recording knows its world"):
        complete_study(study_for("coin", recording=Path("runs")))
