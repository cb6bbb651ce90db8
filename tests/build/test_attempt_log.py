"""The log of a build is only added to, survives being torn, and knows its question."""

from __future__ import annotations

from pathlib import Path

import pytest

from teloscope.build.attempt_log import ATTEMPTS, AttemptLog
from teloscope.build.budget import Spending
from teloscope.errors import BadRecording

from .conftest import attempt

QUESTION = {"world": "corridor", "seed": 0}


def test_what_was_noted_is_found_again(tmp_path: Path) -> None:
    log = AttemptLog(QUESTION, tmp_path)
    first, second = log.add(attempt(1)), log.add(attempt(2, rung=0, episodes=1))
    again = AttemptLog(QUESTION, tmp_path)
    assert again.attempts == [first, second]
    assert again.find("score", 0) == second
    assert again.find("score", 1) is None
    assert again.used == Spending(second.seconds, second.calls)


def test_without_a_folder_nothing_is_written() -> None:
    log = AttemptLog(QUESTION)
    assert log.find("score", 2) is None
    assert log.add(attempt()) == log.find("score", 2)
    assert (log.path, AttemptLog(QUESTION).used) == (None, Spending())


@pytest.mark.parametrize("keep", range(0, 300, 37))
def test_a_torn_line_is_dropped_and_the_log_goes_on(tmp_path: Path, keep: int) -> None:
    log = AttemptLog(QUESTION, tmp_path)
    log.add(attempt(1))
    whole = len((tmp_path / ATTEMPTS).read_bytes())
    log.add(attempt(2))
    path = tmp_path / ATTEMPTS
    path.write_bytes(path.read_bytes()[: whole + keep])
    again = AttemptLog(QUESTION, tmp_path)
    assert len(again.attempts) == 1
    again.add(attempt(2))
    assert [look.number for look in AttemptLog(QUESTION, tmp_path).attempts] == [1, 2]


def test_a_log_torn_in_its_first_line_begins_anew(tmp_path: Path) -> None:
    (tmp_path / ATTEMPTS).write_text('{"wor')
    AttemptLog(QUESTION, tmp_path).add(attempt())
    assert len(AttemptLog(QUESTION, tmp_path).attempts) == 1


def test_another_question_is_refused_and_nothing_touched(tmp_path: Path) -> None:
    AttemptLog(QUESTION, tmp_path).add(attempt())
    before = (tmp_path / ATTEMPTS).read_bytes()
    with pytest.raises(BadRecording, match="differs in seed"):
        AttemptLog(QUESTION | {"seed": 1}, tmp_path)
    assert (tmp_path / ATTEMPTS).read_bytes() == before


@pytest.mark.parametrize("text", ["nonsense\n", '{"world": "corridor", "seed": 0}\n{"number": 1}\n', "[]\n"])
def test_what_is_no_log_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / ATTEMPTS).write_text(text)
    with pytest.raises(BadRecording, match=ATTEMPTS):
        AttemptLog(QUESTION, tmp_path)


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BadRecording, match="--out"):
        AttemptLog(QUESTION, tmp_path / "file" / "folder")
