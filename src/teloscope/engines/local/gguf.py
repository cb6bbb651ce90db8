"""The header of a GGUF file, read without loading the model, and a check that the file is complete.

Source: the format's specification (ggml, docs/gguf.md), versions 2 and 3.
"""

from __future__ import annotations

import math
import struct
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from teloscope.errors import BadEngine

_SCALARS = {0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q", 12: "<d"}
"""Type of a value -> its `struct` format."""
_TEXT, _ARRAY = 8, 9


class Header(NamedTuple):
    """The part of the file before the weights."""

    metadata: dict[str, Any]
    """Key -> value; of an array only its length."""
    min_bytes: int
    """The least size of a complete file in bytes: the offset of its last tensor."""


def read_header(path: Path) -> Header:
    """Read a file's header.

    Raises:
        BadEngine: it is no GGUF file, or it is truncated.
    """
    try:
        with path.open("rb") as file:
            header = _header(file, path)
            size = file.seek(0, 2)
    except OSError as error:
        raise BadEngine(f"The model file {path} can't be read ({error.strerror}). Name a GGUF file.") from None
    except (struct.error, UnicodeDecodeError, OverflowError, MemoryError):
        raise BadEngine(f"The model file {path} ends in its header, or is damaged: get it again.") from None
    if size <= header.min_bytes:
        raise BadEngine(
            f"The model file {path} is cut off: it has {size:,} bytes, and needs more than {header.min_bytes:,}. "
            "Get it again."
        )
    return header


def _header(file: BinaryIO, path: Path) -> Header:
    magic = file.read(4)
    if magic != b"GGUF" or (version := _scalar(file, 4)) not in (2, 3):
        what = f"begins with {magic!r}" if magic != b"GGUF" else f"is of version {version}"
        raise BadEngine(f"{path} is no GGUF file of version 2 or 3 (it {what}). Name a GGUF file.")
    tensors, pairs = _scalar(file, 10), _scalar(file, 10)
    metadata = {_text(file): _value(file, _scalar(file, 4)) for _ in range(pairs)}
    last = max((_tensor_offset(file) for _ in range(tensors)), default=0)
    aligned = int(metadata.get("general.alignment", 32))
    return Header(metadata, math.ceil(file.tell() / aligned) * aligned + last)


def _scalar(file: BinaryIO, kind: int) -> Any:
    packed = _SCALARS[kind]
    return struct.unpack(packed, file.read(struct.calcsize(packed)))[0]


def _text(file: BinaryIO) -> str:
    length = _scalar(file, 10)
    text = file.read(length) if length < 1 << 28 else b""
    if len(text) < length:
        raise struct.error("cut off")
    return text.decode("utf-8", "replace")


def _value(file: BinaryIO, kind: int) -> Any:
    """One value; an array is skipped, and its length returned."""
    if kind == _TEXT:
        return _text(file)
    if kind != _ARRAY:
        if kind not in _SCALARS:
            raise struct.error(f"unknown kind of value {kind}")
        return _scalar(file, kind)
    inner, length = _scalar(file, 4), _scalar(file, 10)
    if inner in _SCALARS:
        file.seek(struct.calcsize(_SCALARS[inner]) * length, 1)
    else:
        for _ in range(length):
            _value(file, inner)
    return length


def _tensor_offset(file: BinaryIO) -> int:
    """The offset of a tensor, from the first tensor."""
    _text(file)
    dimensions = _scalar(file, 4)
    file.seek(8 * dimensions + 4, 1)
    return _scalar(file, 10)
