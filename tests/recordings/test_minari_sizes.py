"""Data sets that unpack to too much, or keep their values elsewhere, are refused before they are read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("minari", reason="the extra minari is not installed")
h5py = pytest.importorskip("h5py")
pa = pytest.importorskip("pyarrow")

from teloscope.errors import BadRecording  # noqa: E402
from teloscope.recordings.minari import import_minari  # noqa: E402
from teloscope.recordings.minari_sizes import refuse_minari_bomb  # noqa: E402


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "set" / "data").mkdir(parents=True)
    return tmp_path / "set" / "data"


def test_hdf5_that_unpacks_to_too_much(data: Path) -> None:
    with h5py.File(data / "main_data.hdf5", "w") as file:
        group = file.create_group("episode_0")
        group.create_dataset("rewards", (10**12,), np.float64, chunks=(10**6,), compression="gzip")
        group["again"] = h5py.SoftLink("/episode_0/rewards")
    assert (data / "main_data.hdf5").stat().st_size < 1 << 20
    with pytest.raises(BadRecording, match=r"unpacks to 7,450\.6 GB; at most 16 are read"):
        import_minari(data.parent)


@pytest.mark.parametrize("form", ["arrow", "parquet"])
def test_rows_that_take_no_room_in_the_file_are_counted(data: Path, monkeypatch, form: str) -> None:
    from pyarrow import dataset

    table = pa.table({"rewards": pa.nulls(10**6), "observations": pa.nulls(10**6)})
    dataset.write_dataset(table, data / "0", format=form, max_rows_per_file=10**7)
    refuse_minari_bomb(data)
    monkeypatch.setenv("TELOSCOPE_MAX_GB", "0.01")
    with pytest.raises(BadRecording, match="TELOSCOPE_MAX_GB"):
        refuse_minari_bomb(data)


@pytest.mark.parametrize("kind", ["link", "external", "virtual"])
def test_values_in_other_files_are_not_read(data: Path, tmp_path: Path, kind: str) -> None:
    secret = tmp_path / "secret"
    with h5py.File(secret, "w") as file:
        file["x"] = np.arange(3.0)
    with h5py.File(data / "main_data.hdf5", "w") as file:
        group = file.create_group("episode_0")
        if kind == "link":
            group["rewards"] = h5py.ExternalLink(str(secret), "/x")
        elif kind == "external":
            group.create_dataset("rewards", (8,), np.uint8, external=[(str(secret), 0, 8)])
        else:
            layout = h5py.VirtualLayout((3,), np.float64)
            layout[:] = h5py.VirtualSource(str(secret), "x", shape=(3,))
            group.create_virtual_dataset("rewards", layout)
    with pytest.raises(BadRecording, match=r"episode_0/rewards of .*(link to|other files).*nothing was read"):
        refuse_minari_bomb(data)


def test_what_is_no_hdf5_is_said_in_words(data: Path) -> None:
    (data / "main_data.hdf5").write_bytes(b"nothing")
    with pytest.raises(BadRecording, match="can't be read as HDF5"):
        refuse_minari_bomb(data)
