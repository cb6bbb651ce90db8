"""Ctrl-C and SIGTERM, in real processes: an answer in less than two seconds, whatever the process does."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from typing import NamedTuple

import pytest

WORK = {
    "python": "while True: pass",
    "a call into a library": "import ctypes; ctypes.CDLL(None).sleep(60)",
    "whatever is raised is caught": "deaf()",
    "threads that go on": "with ThreadPoolExecutor(2) as pool: list(pool.map(time.sleep, [60, 60]))",
}
CODE = """
import sys, time
from concurrent.futures import ThreadPoolExecutor
import teloscope.cli
def deaf():
    while True:
        try:
            time.sleep(60)
        except BaseException:
            pass
def work(*_, **__):
    print("begun", flush=True)
    {work}
teloscope.cli.app = work
sys.exit(teloscope.cli.main())
"""


class Ended(NamedTuple):
    status: int
    err: str
    seconds: float
    """Until it had ended."""
    beginning: float
    """Seconds until it had begun, which grow as the others do where the machine is busy."""


def interrupted(work: str, number: signal.Signals) -> Ended:
    code, started = CODE.format(work=work), time.perf_counter()
    with subprocess.Popen([sys.executable, "-c", code], stdout=-1, stderr=-1, text=True) as running:
        assert running.stdout is not None and running.stderr is not None
        assert running.stdout.readline() == "begun\n"
        beginning = time.perf_counter() - started
        time.sleep(0.1)
        running.send_signal(number)
        began = time.perf_counter()
        status = running.wait(50)
        return Ended(status, running.stderr.read(), time.perf_counter() - began, beginning)


@pytest.mark.parametrize("doing", WORK)
def test_a_signal_is_answered_soon_and_in_words(doing: str) -> None:
    ended = interrupted(WORK[doing], signal.SIGINT)
    assert ended.status == 130
    assert ended.err == "error: Interrupted. What was done so far is kept; the same command goes on from there.\n"
    assert ended.seconds < max(2, 5 * ended.beginning)


def test_sigterm_is_answered_like_an_interruption() -> None:
    ended = interrupted(WORK["python"], signal.SIGTERM)
    assert (ended.status, ended.err.startswith("error: Interrupted.")) == (143, True)


def test_a_command_line_within_a_program_leaves_its_signals_alone(typed) -> None:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    assert typed("agents").status == 0
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before
