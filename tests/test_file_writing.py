"""Files stand under their names whole or not at all, whoever writes at once and whatever lies there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from teloscope.errors import BadRecording
from teloscope.file_writing import held_folder, whole_file

WRITER = """
import sys
from pathlib import Path
from teloscope.file_writing import whole_file
for _ in range(40):
    with whole_file(Path(sys.argv[1]), durable=False) as file:
        for _ in range(20):
            file.write(sys.argv[2].encode() * 1000)
            file.flush()
"""


def test_several_processes_that_write_one_file_leave_one_of_theirs(tmp_path: Path) -> None:
    path = tmp_path / "f"
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, str(path), letter]) for letter in "ab"]
    seen = set()
    while any(writer.poll() is None for writer in writers):
        if path.exists():
            seen.add(path.read_bytes())
    assert [writer.returncode for writer in writers] == [0, 0]
    assert seen | {path.read_bytes()} <= {b"a" * 20_000, b"b" * 20_000}
    assert os.listdir(tmp_path) == ["f"]


def test_an_error_leaves_what_stood_there(tmp_path: Path) -> None:
    path = tmp_path / "new" / "f"
    with whole_file(path) as file:
        file.write(b"first")
    with pytest.raises(KeyboardInterrupt), whole_file(path) as file:
        file.write(b"second")
        raise KeyboardInterrupt
    assert path.read_bytes() == b"first"
    assert os.listdir(path.parent) == ["f"]


@pytest.mark.parametrize("link", [os.symlink, os.link])
def test_links_are_not_written_through(tmp_path: Path, link) -> None:
    precious = tmp_path / "precious"
    precious.write_bytes(b"mine")
    (tmp_path / "in").mkdir()
    link(precious, tmp_path / "in" / ".f.partial")
    with whole_file(tmp_path / "in" / "f") as file:
        file.write(b"theirs")
    assert (precious.read_bytes(), (tmp_path / "in" / "f").read_bytes()) == (b"mine", b"theirs")
    assert os.listdir(tmp_path / "in") == ["f"]


def test_a_killed_writers_leavings_are_taken_over(tmp_path: Path) -> None:
    (tmp_path / ".f.partial").write_bytes(b"half a longer file")
    with whole_file(tmp_path / "f") as file:
        file.write(b"whole")
    assert (tmp_path / "f").read_bytes() == b"whole"


def test_a_folder_is_held_by_one(tmp_path: Path) -> None:
    with (
        held_folder(tmp_path / "x", "building"),
        pytest.raises(BadRecording, match=r"Another run is building into .*x right now"),
        held_folder(tmp_path / "x", "building"),
    ):
        raise AssertionError("never reached")
    with held_folder(tmp_path / "x", "building"):
        pass
