"""A round through the zoo: results are kept, torn ones are redone, and what it will take is said."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pytest

from teloscope.zoo.measuring.audit_rounds import Clock, Visit, spoken, walk
from teloscope.zoo.measuring.kept_results import KeptResults


class Seen(NamedTuple):
    """What comes of a visit."""

    number: int


@dataclass(frozen=True)
class Beast:
    """Something to visit."""

    number: int

    @property
    def key(self) -> str:
        return str(self.number)


def look(beast: Beast) -> Seen:
    return Seen(10 * beast.number)


def visits(count: int) -> list[Visit]:
    return [Visit("looking", f"group {i % 2}", look, Beast(i), Seen) for i in range(count)]


@pytest.mark.parametrize("jobs", [1, 2])
def test_results_come_in_order(tmp_path: Path, jobs: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(Path(__file__).parents[3]))  # workers are spawned, and import this file by its name
    results, reused = walk(visits(5), jobs, KeptResults(tmp_path))
    assert [r.number for r in results] == [0, 10, 20, 30, 40]
    assert reused == 0


def test_a_round_goes_on_where_it_was(tmp_path: Path) -> None:
    walk(visits(3), 1, KeptResults(tmp_path))
    told: list[tuple[int, int, str]] = []
    results, reused = walk(visits(5), 1, KeptResults(tmp_path), progress=lambda *now: told.append(now))
    assert reused == 3
    assert [r.number for r in results] == [0, 10, 20, 30, 40]
    assert [(done, total) for done, total, _ in told] == [(4, 5), (5, 5)]


def test_fresh_means_anew(tmp_path: Path) -> None:
    walk(visits(3), 1, KeptResults(tmp_path))
    assert walk(visits(3), 1, KeptResults(tmp_path, fresh=True))[1] == 0


def test_a_torn_result_is_redone(tmp_path: Path) -> None:
    kept = KeptResults(tmp_path)
    walk(visits(3), 1, kept)
    (kept.folder / "seen-1.json").write_text('{"num', encoding="utf-8")
    (kept.folder / "seen-2.json").write_text('{"other": 3}', encoding="utf-8")
    results, reused = walk(visits(3), 1, kept)
    assert reused == 1
    assert [r.number for r in results] == [0, 10, 20]


def test_other_code_has_another_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    walk(visits(3), 1, KeptResults(tmp_path))
    monkeypatch.setattr("teloscope.zoo.measuring.kept_results.code_digest", lambda: "another")
    assert walk(visits(3), 1, KeptResults(tmp_path))[1] == 0


def test_the_time_is_said_once_one_of_each_group_is_known(tmp_path: Path) -> None:
    said: list[str] = []
    walk(visits(6), 1, KeptResults(tmp_path), say=said.append)
    assert len(said) == 1
    assert said[0].startswith("4 audits will take about 1 s more, going by the first 2.")


def test_the_clock_reckons_by_groups() -> None:
    rounds = visits(6)
    clock = Clock(rounds, jobs=2)
    clock.done(rounds[0], 10.0)
    assert not clock.ready
    clock.done(rounds[1], 2.0)
    assert clock.ready
    assert clock.seconds == pytest.approx((2 * 10 + 2 * 2) / 2)
    assert spoken(24.0) == "about 24 s"
    assert spoken(600.0) == "about 10 min"


CROWD = """
import os, sys, time
from pathlib import Path
from typing import NamedTuple
from teloscope.zoo.measuring.kept_results import KeptResults
from teloscope.zoo.measuring.audit_rounds import Visit, walk

class Told(NamedTuple):
    pid: int

class Animal(NamedTuple):
    key: str

def live(animal):
    Path(animal.key).write_text(str(os.getpid()))
    time.sleep(60)

if __name__ == "__main__":
    walk([Visit("x", "x", live, Animal(key), Told) for key in "ab"], 2, KeptResults(Path("kept")))
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_workers_end_with_their_parent(tmp_path: Path, number: signal.Signals) -> None:
    (tmp_path / "crowd.py").write_text(CROWD)
    with subprocess.Popen([sys.executable, "crowd.py"], cwd=tmp_path, stderr=subprocess.DEVNULL) as parent:
        until(lambda: all((tmp_path / key).is_file() and (tmp_path / key).read_text() for key in "ab"))
        parent.send_signal(number)
    workers = [int((tmp_path / key).read_text()) for key in "ab"]
    until(lambda: not any(is_running(worker) for worker in workers))


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def until(true: Callable[[], bool], seconds: float = 60) -> None:
    """Wait for something."""
    began = time.monotonic()
    while not true():
        assert time.monotonic() - began < seconds
        time.sleep(0.05)
