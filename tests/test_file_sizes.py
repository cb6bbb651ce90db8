"""Bombs: small files that say that they unpack to too much are refused before they are read."""

from __future__ import annotations

import zipfile
from pathlib import Path

import polars as pl
import pytest

from teloscope.errors import BadRecording, BadScaffold
from teloscope.file_sizes import MAX_DOCUMENT, read_text_file
from teloscope.recordings.storage.shards import refuse_parquet_bomb


def test_a_log_that_unpacks_to_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("inspect_ai")
    from teloscope.recordings.inspect.log_files import open_logs

    monkeypatch.setenv("TELOSCOPE_MAX_GB", "0.01")
    bomb = tmp_path / "bomb.eval"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("header.json", b"0" * (16 << 20))
    assert bomb.stat().st_size < 1 << 20
    with pytest.raises(BadRecording, match=r"unpacks to 0\.0 GB; at most 0\.01 are read.*TELOSCOPE_MAX_GB"):
        open_logs(bomb)


def test_parquet_with_too_many_cells_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "steps.parquet"
    pl.DataFrame({"x": pl.repeat(0, 3_000_000, eager=True)}).write_parquet(path)
    assert path.stat().st_size < 1 << 20
    refuse_parquet_bomb(path)
    monkeypatch.setenv("TELOSCOPE_MAX_GB", "0.01")
    with pytest.raises(BadRecording, match="TELOSCOPE_MAX_GB"):
        refuse_parquet_bomb(path)


def test_a_document_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "verdict.json"
    with path.open("wb") as file:
        file.truncate(MAX_DOCUMENT + 1)  # a file with a hole takes no room
    with pytest.raises(BadRecording, match=r"has 512 MB; a document has 512 at most"):
        read_text_file(path)
    with pytest.raises(BadScaffold):
        read_text_file(path, BadScaffold)
    (tmp_path / "small").write_text("שלום")
    assert read_text_file(tmp_path / "small") == "שלום"
