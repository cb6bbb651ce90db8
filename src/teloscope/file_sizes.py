"""Files that unpack to more than this machine should be asked for, refused before they are read.

A few kilobytes of a zip or of Parquet can unpack to terabytes, and a document from somebody else can be larger than the
memory. What a file says of its own size is read first. Whoever has data as large as that sets `TELOSCOPE_MAX_GB`.
"""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

from teloscope.errors import BadRecording, TeloscopeError

MAX_DOCUMENT = 512 * 2**20
"""Bytes of a document (JSON, TOML), at most."""
MAX_GB = 16.0
"""Gigabytes (2^30 bytes) that one file may unpack to, where `TELOSCOPE_MAX_GB` says nothing else."""
_NAME = "TELOSCOPE_MAX_GB"


def read_text_file(path: Path, error: type[TeloscopeError] = BadRecording) -> str:
    """The text of a document in UTF-8.

    Raises:
        TeloscopeError: of the given class: it is larger than `MAX_DOCUMENT`. OSError, UnicodeDecodeError: it can't be
            read.
    """
    if (size := path.stat().st_size) > MAX_DOCUMENT:
        raise error(
            f"{path} has {size / 2**20:,.0f} MB; a document has {MAX_DOCUMENT / 2**20:,.0f} at most. It was not read. "
            "Expected a file that teloscope or you wrote."
        )
    return path.read_text("utf-8")


def refuse_unpacked(path: Path, unpacked: int, error: type[TeloscopeError] = BadRecording) -> None:
    """Raise an error where a file would unpack to more bytes than is allowed."""
    if unpacked > limit_bytes():
        raise error(
            f"{path} has {path.stat().st_size / 2**20:,.1f} MB and says that it unpacks to {unpacked / 2**30:,.1f} GB; "
            f"at most {limit_bytes() / 2**30:g} are read. If it is yours and that large, set {_NAME}."
        )


def refuse_zip_bomb(path: Path) -> None:
    """Raise `BadRecording` where a zip says that its members are larger than is allowed; what is no zip passes."""
    try:
        with zipfile.ZipFile(path) as archive:
            refuse_unpacked(path, sum(member.file_size for member in archive.infolist()))
    except (OSError, zipfile.BadZipFile, NotImplementedError):
        return  # whoever reads it says what is wrong with it


def limit_bytes() -> float:
    """Bytes that one file may unpack to."""
    try:
        return float(os.environ.get(_NAME, "")) * 2**30
    except ValueError:
        return MAX_GB * 2**30
