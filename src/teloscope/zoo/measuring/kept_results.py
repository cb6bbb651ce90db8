"""Results that are kept: one small file an animal, so that a calibration that was stopped goes on where it was.

A result counts only for the very code that made it: its folder is named by a digest over every source file of
teloscope and the versions of what it computes with.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import teloscope
from teloscope.engines.cache_folder import cache_folder
from teloscope.recordings.record import versions
from teloscope.recordings.storage.shards import write_text


@cache
def code_digest() -> str:
    """Identity (hex) of teloscope's code and of what it computes with."""
    sha = hashlib.sha256(repr(sorted(versions().items())).encode())
    root = Path(teloscope.__file__).parent
    for file in sorted(root.rglob("*.py")):
        sha.update(str(file.relative_to(root)).encode() + file.read_bytes())
    return sha.hexdigest()[:16]


class KeptResults:
    """A folder of results."""

    def __init__(self, folder: Path | None = None, fresh: bool = False) -> None:
        """`folder`: where they are kept, by default in the user's cache; `fresh`: what lies there doesn't count."""
        self.folder = (folder or cache_folder() / "calibration") / code_digest()
        self.fresh = fresh

    def read(self, key: str, kind: Callable[..., Any]) -> Any:
        """A result of this kind; None if it isn't there, or can't be read."""
        if self.fresh:
            return None
        try:
            told: dict[str, Any] = json.loads((self.folder / f"{key}.json").read_text(encoding="utf-8"))
            return kind(**told)
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def write(self, key: str, result: Any) -> None:
        """Keep a result, which is a named tuple of plain values."""
        write_text(self.folder / f"{key}.json", json.dumps(result._asdict()))
