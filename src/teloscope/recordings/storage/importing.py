"""A folder that an import fills: one process at a time, and again from the beginning where one was killed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from teloscope.errors import BadRecording
from teloscope.file_writing import held_folder
from teloscope.recordings.storage.recording import MANIFEST
from teloscope.recordings.storage.shards import write_text

UNFINISHED, HOLD = ".importing", ".importing.lock"
"""What stands in the folder while it is filled, and by what it is held; a recording has a lock of its own."""


@contextmanager
def filled_folder(folder: Path) -> Iterator[None]:
    """Hold an empty folder while it is filled with a recording.

    Raises:
        BadRecording: something stands there, another process fills it, or it can't be written.
    """
    _refuse_taken(folder)
    with held_folder(folder, "importing", HOLD):
        _refuse_taken(folder)
        for entry in folder.iterdir():  # what an import left that was killed
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            elif entry.name not in (HOLD, UNFINISHED):
                entry.unlink()
        write_text(folder / UNFINISHED, "This folder is being filled with a recording.\n")
        yield
        (folder / UNFINISHED).unlink()
        (folder / HOLD).unlink()


def is_filled(folder: Path) -> bool:
    """Whether an import has filled this folder."""
    return (folder / MANIFEST).is_file() and not (folder / UNFINISHED).exists()


def _refuse_taken(folder: Path) -> None:
    names = {entry.name for entry in folder.iterdir()} if folder.is_dir() else set()
    if names - {HOLD} and UNFINISHED not in names:
        raise BadRecording(f"The folder {folder} is not empty. Import into a new one; nothing was touched.")
