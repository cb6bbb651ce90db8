"""Ctrl-C and SIGTERM: a command ends within two seconds, says what is kept, and leaves whole files only.

Python answers a signal between two of its own instructions, which can take long where a library computes. Whatever
stands on the disk is whole at any moment, so a process that has not ended by itself soon is simply ended.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from types import FrameType
from typing import Any

GRACE_S = 1.0
"""Seconds in which a command may end by itself."""
KEPT = "Interrupted. What was done so far is kept; the same command goes on from there."
_SHOW_CURSOR = "\x1b[?25h"
_said = threading.Event()
"""It was said that the command was interrupted."""
_received: list[int] = []
"""The signal that came."""


def is_interrupted() -> bool:
    """Whether a signal came: whatever is raised from then on follows from it, such as the errors of a module that was
    half imported."""
    return bool(_received)


def end_interrupted() -> int:
    """Say that the command was interrupted, and return the exit status that shells give to such a process."""
    sys.stderr.write(f"error: {KEPT}\n")  # without the console, whose modules may be half imported
    sys.stderr.flush()
    _said.set()
    return 128 + next(iter(_received), signal.SIGINT)


def answer_signals() -> None:
    """From now on, SIGINT and SIGTERM end this process within about a second.

    The first raises `KeyboardInterrupt` in the main thread; a thread that the signal wakes up ends the process, if it
    has not ended by then. Only for a process that is teloscope's own.
    """
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    threading.Thread(target=_end_after_grace, args=(reader,), daemon=True).start()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _raise)


def _raise(number: int, frame: FrameType | None) -> None:
    for other in (signal.SIGINT, signal.SIGTERM):
        signal.signal(other, signal.SIG_IGN)  # one is enough; the thread that waits ends what is left
    _received.append(number)
    sys.unraisablehook = threading.excepthook = _say_nothing
    raise KeyboardInterrupt


def _end_after_grace(reader: int) -> None:
    """Wait for a signal, and a little more; then end the process."""
    number = 0
    while number not in (signal.SIGINT, signal.SIGTERM):
        number = os.read(reader, 1)[0]
    time.sleep(GRACE_S)
    if not _said.is_set():
        cursor = _SHOW_CURSOR if os.isatty(2) else ""  # a progress bar may have hidden it
        os.write(2, f"{cursor}error: {KEPT}\n".encode())  # past Python's buffers, whose locks others may hold
    os._exit(128 + number)


def _say_nothing(_: Any) -> None:
    """In the place of what Python says of errors that nobody catches: they follow from the interruption."""
