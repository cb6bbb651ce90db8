"""What a GGUF file says about itself, read without loading it, and whether it is whole.

Source: the format's specification (ggml, docs/gguf.md), versions 2 and 3.
"""

from __future__ import annotations

import math
import struct
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from teloscope.errors import BadEngine

_PLAIN = {0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q", 12: "<d"}
"""Kind of value -> how it is packed."""
_TEXT, _ARRAY = 8, 9


class Header(NamedTuple):
    """What stands ahead of the weights."""

    says: dict[str, Any]
    """Metadata; of arrays only the length."""
    least: int
    """Bytes that the file must have at the very least: where its last tensor begins."""


def read_header(path: Path) -> Header:
    """Read a file's header.

    Raises:
        BadEngine: it is no GGUF file, or it ends too soon.
    """
    try:
        with path.open("rb") as file:
            header = _header(file, path)
            size = file.seek(0, 2)
    except OSError as error:
        raise BadEngine(f"The model file {path} can't be read ({error.strerror}). Name a GGUF file.") from None
    except (struct.error, UnicodeDecodeError, OverflowError, MemoryError):
        raise BadEngine(f"The model file {path} ends in its header, or is damaged: get it again.") from None
    if size <= header.least:
        raise BadEngine(
            f"The model file {path} is cut off: it has {size:,} bytes, and needs more than {header.least:,}. "
            "Get it again."
        )
    return header


def _header(file: BinaryIO, path: Path) -> Header:
    magic = file.read(4)
    if magic != b"GGUF" or (version := _plain(file, 4)) not in (2, 3):
        what = f"begins with {magic!r}" if magic != b"GGUF" else f"is of version {version}"
        raise BadEngine(f"{path} is no GGUF file of version 2 or 3 (it {what}). Name a GGUF file.")
    tensors, pairs = _plain(file, 10), _plain(file, 10)
    says = {_text(file): _value(file, _plain(file, 4)) for _ in range(pairs)}
    last = max((_tensor(file) for _ in range(tensors)), default=0)
    aligned = int(says.get("general.alignment", 32))
    return Header(says, math.ceil(file.tell() / aligned) * aligned + last)


def _plain(file: BinaryIO, kind: int) -> Any:
    packed = _PLAIN[kind]
    return struct.unpack(packed, file.read(struct.calcsize(packed)))[0]


def _text(file: BinaryIO) -> str:
    length = _plain(file, 10)
    text = file.read(length) if length < 1 << 28 else b""
    if len(text) < length:
        raise struct.error("cut off")
    return text.decode("utf-8", "replace")


def _value(file: BinaryIO, kind: int) -> Any:
    """One value; an array is passed over, and only its length kept."""
    if kind == _TEXT:
        return _text(file)
    if kind != _ARRAY:
        if kind not in _PLAIN:
            raise struct.error(f"unknown kind of value {kind}")
        return _plain(file, kind)
    inner, length = _plain(file, 4), _plain(file, 10)
    if inner in _PLAIN:
        file.seek(struct.calcsize(_PLAIN[inner]) * length, 1)
    else:
        for _ in range(length):
            _value(file, inner)
    return length


def _tensor(file: BinaryIO) -> int:
    """Where a tensor begins, counted from the first one."""
    _text(file)
    dimensions = _plain(file, 4)
    file.seek(8 * dimensions + 4, 1)
    return _plain(file, 10)
