"""Shards: whole or not at all. Torn ones are redone, foreign ones refused, a full disk loses nothing."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from teloscope import file_writing
from teloscope.errors import BadRecording
from teloscope.recordings import open_recording, record
from teloscope.recordings.storage.shards import ShardFiles, is_done, write_parquet


@pytest.fixture
def folder(tmp_path, marsh) -> Path:
    record("random", marsh, episodes=20, seed=1, out=tmp_path)
    return tmp_path


def again(marsh, folder: Path):
    return record("random", marsh, episodes=20, seed=1, out=folder)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*.*") if p.is_file()}


FILES = ("steps/noisy/agent-00000.parquet", "episodes/noisy/agent-00000.parquet", "steps/dry/replay-00000.parquet")


@pytest.mark.parametrize("name", [*FILES, "states.parquet"])
@pytest.mark.parametrize("kept", [0, 3, 0.5, 0.99])
def test_a_torn_file_is_named_when_read_and_redone_when_recorded(marsh, folder, name, kept):
    before = contents(folder)
    whole = (folder / name).read_bytes()
    (folder / name).write_bytes(whole[: kept if isinstance(kept, int) else int(len(whole) * kept)])
    with pytest.raises(BadRecording, match=rf"{name} can't be read .*torn|{name} can't be read .*mend it"):
        read_everything(folder)
    again(marsh, folder)
    assert contents(folder) == before


def read_everything(folder: Path) -> None:
    recording = open_recording(folder)
    recording.episodes()
    for context in recording.contexts:
        for actor in recording.actors:
            recording.hits(["reach(wet)"], context.name, actor)


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_named_and_redone(marsh, folder, name):
    before = contents(folder)
    (folder / name).unlink()
    with pytest.raises(BadRecording, match=rf"{name} is missing: the recording is unfinished"):
        read_everything(folder)
    again(marsh, folder)
    assert contents(folder) == before


@pytest.mark.parametrize("name", [*FILES, "states.parquet"])
def test_a_foreign_parquet_file_is_refused_and_left_alone(marsh, folder, name):
    pl.DataFrame({"price": [1.5, 2.5]}).write_parquet(folder / name)
    before = contents(folder)
    with pytest.raises(BadRecording, match=rf"{name} has the columns price; expected .* too"):
        again(marsh, folder)
    if name != "states.parquet":
        with pytest.raises(BadRecording, match=rf"{name} has the columns price; expected .* too"):
            read_everything(folder)
    assert contents(folder) == before


def test_steps_and_episodes_that_do_not_agree(marsh, folder):
    path = folder / FILES[0]
    before = contents(folder)
    pl.read_parquet(path).head(-3).write_parquet(path)
    with pytest.raises(BadRecording, match=r"has \d+ rows, its episodes say \d+"):
        read_everything(folder)
    again(marsh, folder)
    assert contents(folder) == before


def test_a_full_disk(marsh, tmp_path, monkeypatch):
    """A real one: the device that is always full stands where one shard would be written."""
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full on this machine")
    partial = tmp_path / "steps" / "noisy" / ".agent-00000.parquet.partial"
    honest = file_writing._locked_and_empty

    def opened(path: Path):
        return os.fdopen(os.open("/dev/full", os.O_WRONLY), "wb") if path == partial else honest(path)

    monkeypatch.setattr(file_writing, "_locked_and_empty", opened)
    with pytest.raises(BadRecording, match=r"The disk is full: .*agent-00000.parquet was not written.*make room"):
        again(marsh, tmp_path)
    monkeypatch.undo()
    done = tmp_path / "episodes" / "dry" / "agent-00000.parquet"
    kept = done.stat().st_mtime_ns
    recording = again(marsh, tmp_path)
    assert done.stat().st_mtime_ns == kept
    assert len(recording.episodes()) == 20 * 5 * 3


@pytest.mark.parametrize("sync", range(1, 8))
def test_a_disk_that_fills_up_at_any_moment(marsh, tmp_path, monkeypatch, sync):
    synced, count = os.fsync, iter(range(1, 1000))

    def fsync(file) -> None:
        if next(count) == sync:
            raise OSError(errno.ENOSPC, "No space left on device")
        synced(file)

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(BadRecording, match="The disk is full"):
        again(marsh, tmp_path)
    assert not list(tmp_path.rglob("*.partial"))
    whole = record("random", marsh, episodes=20, seed=1)
    resumed = again(marsh, tmp_path)
    assert resumed.steps().collect().equals(whole.steps().collect())


def test_a_disk_that_fails_otherwise_is_quoted(tmp_path, monkeypatch):
    def fsync(file) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(BadRecording, match=r"Writing failed \(.*Input/output error\).*go on"):
        write_parquet(tmp_path / "x.parquet", pl.DataFrame({"a": [1]}))
    assert not list(tmp_path.iterdir())


def test_nothing_there_is_not_done(tmp_path):
    assert not is_done(ShardFiles(tmp_path, "dry", "agent", 0))


def test_rows_are_one_per_state_visited(folder):
    steps = pl.read_parquet(folder / FILES[0])
    episodes = pl.read_parquet(folder / FILES[1])
    assert steps.schema == {"episode": pl.UInt32, "t": pl.UInt16, "action": pl.UInt8, "state": pl.UInt16}
    lasts = np.cumsum(episodes["length"].to_numpy() + 1) - 1
    assert steps["action"].is_null().arg_true().to_list() == lasts.tolist()
    assert steps["t"].to_list() == [t for n in episodes["length"] for t in range(n + 1)]
    lengths = episodes["length"].to_list()
    assert 1 <= min(lengths) < max(lengths) == 9
