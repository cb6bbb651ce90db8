"""Headers of model files."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from teloscope.engines.local.gguf import read_header
from teloscope.errors import BadEngine


def text(said: str) -> bytes:
    return struct.pack("<Q", len(said.encode())) + said.encode()


def written(weights: int = 64) -> bytes:
    """A file with metadata of several kinds and two tensors, the second at byte 32."""
    pairs = [
        text("general.architecture") + struct.pack("<I", 8) + text("llama"),
        text("llama.context_length") + struct.pack("<II", 4, 8192),
        text("tokens") + struct.pack("<IIQ", 9, 8, 2) + text("a") + text("b"),
        text("scores") + struct.pack("<IIQ", 9, 6, 3) + struct.pack("<3f", 1, 2, 3),
        text("spaced") + struct.pack("<I?", 7, True),
    ]
    tensors = [text(n) + struct.pack("<IQQIQ", 2, 4, 2, 0, at) for n, at in (("one", 0), ("two", 32))]
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(pairs)) + b"".join(pairs + tensors)
    return head + b"\0" * (-len(head) % 32) + b"w" * weights


def test_what_a_header_says(tmp_path: Path) -> None:
    (tmp_path / "a.gguf").write_bytes(written())
    says, least = read_header(tmp_path / "a.gguf")
    assert says["llama.context_length"] == 8192
    assert (says["general.architecture"], says["tokens"], says["scores"], says["spaced"]) == ("llama", 2, 3, True)
    assert least == len(written()) - 32


@settings(max_examples=30)
@given(st.integers(0, len(written()) - 33))
def test_a_file_that_is_cut_off_is_refused(tmp_path_factory, length: int) -> None:
    path = tmp_path_factory.mktemp("cut") / "a.gguf"
    path.write_bytes(written()[:length])
    with pytest.raises(BadEngine, match=r"ends in its header|cut off|no GGUF"):
        read_header(path)


@given(st.binary(max_size=200))
def test_anything_is_read_or_refused(tmp_path_factory, rest: bytes) -> None:
    path = tmp_path_factory.mktemp("any") / "a.gguf"
    path.write_bytes(written()[:40] + rest)
    with pytest.raises(BadEngine):
        read_header(path)


def test_no_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(BadEngine, match="No such file"):
        read_header(tmp_path / "none.gguf")
    with pytest.raises(BadEngine, match="Is a directory"):
        read_header(tmp_path)


@pytest.mark.parametrize(
    ("there", "says"), [(b"", "begins with b''"), (b"hi", "b'hi'"), (b"GGUF\x09\0\0\0", "version 9")]
)
def test_what_is_no_model_is_said_to_be_none(there: bytes, says: str, tmp_path: Path) -> None:
    (tmp_path / "a.gguf").write_bytes(there)
    with pytest.raises(BadEngine, match=f"no GGUF file .*{says}"):
        read_header(tmp_path / "a.gguf")
