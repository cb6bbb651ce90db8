"""Errors say what came, what is known, and what to do; and they survive the way between processes."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from teloscope import errors
from teloscope.errors import MissingExtra, NotFound, TeloscopeError, os_reason, require


def test_the_tree_in_the_docstring_is_the_tree() -> None:
    named = {line.split()[1] for line in (errors.__doc__ or "").splitlines() if line.strip().startswith(("├", "└"))}
    assert named == {kind.__name__ for kind in TeloscopeError.__subclasses__() if kind.__module__ == errors.__name__}


def test_a_near_name_is_suggested() -> None:
    error = NotFound("world", "conveyer", ["coin", "conveyor", "keys"], "List them with `teloscope worlds`.")
    assert str(error) == ("World 'conveyer' not found. Did you mean 'conveyor'? List them with `teloscope worlds`.")


def test_else_what_is_known_is_listed_in_part() -> None:
    assert str(NotFound("world", "zzz", ["b", "a"])) == "World 'zzz' not found. Known: a, b."
    assert str(NotFound("file", "zzz", [])) == "File 'zzz' not found."
    many = str(NotFound("world", "zzz", [f"w{i:02}" for i in range(20)]))
    assert "w11, …" in many
    assert "w12" not in many


def test_only_the_first_letter_is_raised() -> None:
    assert str(NotFound("Gymnasium environment", "A", [])).startswith("Gymnasium environment 'A'")


@pytest.mark.parametrize("error", [NotFound("world", "coim", ["coin"], "Hint."), MissingExtra("torch", "sb3")])
def test_errors_come_back_from_another_process(error: TeloscopeError) -> None:
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert str(again) == str(error)


def test_a_missing_extra_prints_the_command() -> None:
    with pytest.raises(MissingExtra, match=r"pip install 'teloscope\[sb3\]'"):
        require("no_such_package_anywhere", extra="sb3")
    assert require("json", extra="none").dumps([]) == "[]"


def test_a_package_that_misses_another_is_not_called_missing(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "half_installed.py").write_text("import no_such_package_anywhere\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="no_such_package_anywhere"):
        require("half_installed", extra="sb3")


def test_why_a_file_cannot_be_used_is_said_in_plain_words(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for path, said in ((tmp_path / "no", "it is not there"), (tmp_path, "a folder stands where a file is meant")):
        with pytest.raises(OSError) as found:
            path.read_text()
        assert os_reason(found.value) == said
    with pytest.raises(OSError) as found:
        (tmp_path / "file").mkdir()
    assert os_reason(found.value) == "a file stands where a folder is meant"
    assert os_reason(PermissionError(13, "Permission denied")) == "you have no permission"
    assert os_reason(OSError(5, "Input/output error")) == "input/output error"
    assert os_reason(OSError("odd")) == "oserror"
