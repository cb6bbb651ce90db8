"""Files that are written whole or not at all, also where a process is killed or two write at once.

A file is written under another name in its folder, synced, and renamed. The other name is always the same, so that a
killed run leaves one file that the next run takes over; it is locked meanwhile, so that two processes that write the
same file do so one after the other.
"""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from teloscope.errors import BadRecording, os_reason

LOCK = ".lock"
"""The file by which a folder is held; it stays there, empty."""


@contextmanager
def whole_file(path: Path, durable: bool = True) -> Iterator[IO[bytes]]:
    """A file to write; when the context ends without an error, it stands under its name.

    Args:
        path: its name; folders that are missing are made.
        durable: wait until it is on the disk.

    Raises:
        OSError: it can't be written. What stood under its name stands there still.
    """
    partial = path.with_name(f".{path.name}.partial")
    try:
        opened = _locked_and_empty(partial)
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        opened = _locked_and_empty(partial)
    with opened as file:
        try:
            yield file
            file.flush()
            if durable:
                os.fsync(file.fileno())
            partial.replace(path)
        except BaseException:
            with suppress(OSError):
                partial.unlink()
            raise


def _locked_and_empty(path: Path) -> IO[bytes]:
    """A file of that name, empty and held by us alone.

    A folder from somebody else may hold a link of that name to a file elsewhere: it is removed, never followed.
    """
    while True:
        try:
            file = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW, 0o666), "wb")
        except OSError as error:
            if error.errno != errno.ELOOP:
                raise
            path.unlink(missing_ok=True)
            continue
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            if os.fstat(file.fileno()).st_nlink > 1:
                path.unlink(missing_ok=True)
            elif _stands_at(file, path):  # else another process has renamed or removed it while we waited
                file.truncate(0)
                return file
        except BaseException:
            file.close()
            raise
        file.close()


def _stands_at(file: IO[bytes], path: Path) -> bool:
    """Whether an open file is still the one of that name."""
    try:
        return os.path.samestat(os.fstat(file.fileno()), os.lstat(path))
    except FileNotFoundError:
        return False


@contextmanager
def held_folder(folder: Path, doing: str, lock: str = LOCK) -> Iterator[None]:
    """Hold a folder, which is made if it is missing: no two processes write into it at once.

    Args:
        folder: the folder.
        doing: what another process would be doing in it, e.g. `recording`.
        lock: the file by which it is held.

    Raises:
        BadRecording: another process holds it, or it can't be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = os.fdopen(os.open(folder / lock, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o644), "w")
    except OSError as error:
        raise BadRecording(
            f"The folder {folder} can't be written: {os_reason(error)}. Choose another with --out."
        ) from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise BadRecording(
                f"Another run is {doing} into {folder} right now. Wait for it, or choose another folder."
            ) from None
        yield
