"""Kills, counted: processes that are ended at random moments, disks that are full, clocks that go back.

    python bench/kills.py                       all kinds; what bench/kills.json holds is kept and counts
    python bench/kills.py --only sigkill        kinds whose name contains a text
    python bench/kills.py --seconds 400         stop after so long; the next run goes on
    python bench/kills.py --sigkills 1000       how many of each sort there shall be in all

Each trial ends a process at a moment drawn evenly over the time that it takes, then starts the same command again in
the same folder, perhaps to be ended again. A trial holds if

    nothing is lost       whatever stood there whole is still there, byte for byte, and was not written again
    the same bytes        when the command at last runs to its end, its files are those of a run that nobody disturbed
    no traceback          standard error holds none
    in time               after SIGINT and SIGTERM it has ended in less than 2 seconds, with status 130 or 143, in words

SIGKILL is sent to forks of a process that has loaded everything, so that the moments fall into the work; SIGINT and
SIGTERM to command lines as a user starts them. The commands are small: a record, an audit, a build with a synthetic
engine, an engine whose answers are kept, a part of the zoo for `calibrate`.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

RESULTS = Path(__file__).with_suffix(".json")
ANSWER_S = 2.0
"""In less than this an interruption is to be answered."""
TO_THE_END = 0.2
"""How often a command that was ended is left to run to its end."""
QUESTIONS, QUESTION_S = 40, 0.004
MEMORY = Path("/dev/shm")
"""Where there is such a place, trials run in memory, where nothing waits for a disk: ten times as many fit an hour."""
IN_A_ROW = 5
"""Trials of one sort before the next sort's turn."""
COMMANDS = {
    "record": "record island --agent random --episodes 60 --out here",
    "audit": "audit island --agent random --episodes 12 --out here",
    "audit of an environment": "audit CartPole-v1 --agent random --episodes 6 --want end(pole_angle<1) --out here",
    "build": "build island --engine synthetic:competent --budget 200calls --seed 1 --out here",
}
CLOCK = re.compile(r'"(seconds|recording_s)": ?[0-9.e+-]+')
"""What documents say of the time that they took; the page of a build draws it, so only that it stands there counts."""


def ask() -> int:
    """Ask an engine that counts how often it was really asked, through the cache of answers."""
    from teloscope.engines.cache import CachedEngine
    from teloscope.engines.engine import Decoding, Engine, Prompt, Reply, on_answer

    class Slow(Engine):
        name, digest = "slow", "0" * 64

        def complete(self, prompts: Any, decoding: Any, draws: Any = None) -> list[Reply]:
            replies, tell = [], on_answer.get()
            for place, prompt in enumerate(prompts):
                time.sleep(QUESTION_S)
                replies.append(Reply(prompt.text[::-1]))
                with open("asked", "a", encoding="utf-8") as file:
                    file.write("x")
                if tell is not None:
                    tell(place, replies[-1])
            return replies

        def choose(self, prompts: Any, options: Any) -> list[Any]:
            raise NotImplementedError

    engine = CachedEngine(Slow(), Path("calls.sqlite"))
    texts = [r.text for r in engine.complete([Prompt.plain(f"{i:03}") for i in range(QUESTIONS)], Decoding())]
    Path("answers.json").write_text(json.dumps(texts), encoding="utf-8")
    return 0


def visit() -> int:
    """A small part of the zoo, as `teloscope calibrate` walks it, in this process."""
    from teloscope.zoo.calibrate import animals_of
    from teloscope.zoo.measuring.audit_rounds import Visit, walk
    from teloscope.zoo.measuring.evaluate import Sorted, sort_out
    from teloscope.zoo.measuring.kept_results import KeptResults

    few = [Visit("suite", "suite", sort_out, animal, Sorted) for animal in animals_of("rooms", "development").suite[:3]]
    walk(few, 1, KeptResults(Path("here")))
    return 0


def command(name: str) -> int:
    """Run a command to its end, in this process and the current folder."""
    if name == "engine":
        return ask()
    if name == "calibrate":
        return visit()
    from teloscope.cli import main

    return main(COMMANDS[name].split())


class Trial(NamedTuple):
    """One attempt to disturb a command."""

    kind: str
    case: str
    fault: str = ""
    """What did not hold; empty: everything did."""
    seconds: float = 0.0
    """After SIGINT and SIGTERM: how long it took to end."""


def forked(name: str, folder: Path, before: Callable[[], None] | None = None) -> int:
    """A fork that runs a command in a folder; its process id."""
    pid = os.fork()
    if pid:
        return pid
    status = 99
    try:
        os.chdir(folder)
        for stream, file in ((1, "stdout"), (2, "stderr")):
            os.dup2(os.open(f"../{folder.name}.{file}", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644), stream)
        sys.stdout, sys.stderr = os.fdopen(1, "w"), os.fdopen(2, "w")
        if before:
            before()
        status = command(name)
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException:
        import traceback

        os.write(2, traceback.format_exc().encode())
    os._exit(status)


def ended(pid: int) -> int:
    """Wait for a fork; its exit status, or minus the signal that ended it."""
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def said(folder: Path) -> str:
    """What the command in a folder wrote to standard error."""
    return read_words(folder.with_name(f"{folder.name}.stderr"))


def unclear_end(status: int, folder: Path) -> str:
    """What is wrong with how a command ended that met a full or read-only folder; empty: it was done, or refused."""
    words = said(folder)
    if "Traceback" in words:
        return "traceback: " + words[-400:]
    return "" if status in (0, 2) else f"status {status}: {words[-300:]}"


def read_words(path: Path) -> str:
    """What a command wrote, without the folders of this machine."""
    text = path.read_text("utf-8", errors="replace") if path.exists() else ""
    return re.sub(r'File "[^"]*/([^"/]+)"', r'File "\1"', text)


def contents(folder: Path) -> dict[str, bytes]:
    """File -> its bytes, without what the clock says, and without what is there only to be locked or taken over."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.is_file() and not path.name.startswith(".") and "calls.sqlite" not in name and name != "asked":
            raw = path.read_bytes() if path.name != "build.html" else b""
            found[name] = CLOCK.sub("", raw.decode()).encode() if path.suffix in (".json", ".jsonl") else raw
    return found


def stamps(folder: Path, whole: dict[str, bytes]) -> dict[str, int]:
    """Files that are what they shall be in the end -> when they were written. The steps of a shard count once its
    episodes stand there, which are written after them and mark it as done."""
    now = contents(folder)
    kept = [n for n in now if now[n] == whole.get(n) and ("parquet" in n or (n.endswith("json") and "here/" in n))]
    marked = [n for n in kept if "/steps/" not in n or n.replace("/steps/", "/episodes/") in kept]
    return {name: (folder / name).stat().st_mtime_ns for name in marked if "attempts" not in name}


REWRITTEN = ("goals.json", "verdict.json", "build.json", "certificate.json", "agent.json", "answers.json")
"""Documents that the last steps write anew, from what was recorded."""


def lost(before: dict[str, int], folder: Path) -> str:
    """What was whole and is gone, or was written again."""
    for name, when in before.items():
        path = folder / name
        if path.name not in REWRITTEN and (not path.exists() or path.stat().st_mtime_ns != when):
            return f"{name} was whole, and was {'written again' if path.exists() else 'lost'}"
    return ""


def log_lines(folder: Path) -> list[bytes]:
    """The attempts of a build that are on the disk, whole."""
    log = folder / "here" / "attempts.jsonl"
    return log.read_bytes().split(b"\n")[:-1] if log.exists() else []


class Bench:
    """Commands, what they come to undisturbed, and how long they take."""

    def __init__(self, seed: str) -> None:
        self.place = Path(tempfile.mkdtemp(prefix="kills-", dir=MEMORY if MEMORY.is_dir() else None))
        self.random = random.Random(seed)
        self.whole: dict[str, dict[str, bytes]] = {}
        self.takes: dict[str, float] = {}
        self.folders = 0
        os.environ["TELOSCOPE_CACHE"] = str(self.place / "cache")
        os.environ["XDG_STATE_HOME"] = str(self.place / "state")

    def folder(self) -> Path:
        """A new folder; folders bear one name, since goals name theirs."""
        self.folders += 1
        made = self.place / f"{self.folders}" / "x"
        made.mkdir(parents=True)
        return made

    def undisturbed(self, case: str) -> dict[str, bytes]:
        """The files of a run that nobody disturbs."""
        if case not in self.whole:
            times = []
            for _ in range(2):
                folder, began = self.folder(), time.perf_counter()
                status = ended(forked(case, folder))
                times.append(time.perf_counter() - began)
                if status:
                    raise RuntimeError(f"{case}: status {status}: {said(folder)}")
                now = contents(folder)
                if self.whole.setdefault(case, now) != now:
                    differing = [n for n in now if now[n] != self.whole[case].get(n)]
                    raise RuntimeError(f"{case}: two undisturbed runs differ in {differing}")
            self.takes[case] = min(times)
        return self.whole[case]

    def finish(self, case: str, folder: Path) -> str:
        """Run the command to its end; what is wrong with what it comes to."""
        if status := ended(forked(case, folder)):
            return f"run again, it ended with status {status}: {said(folder)[-300:]}"
        now, whole = contents(folder), self.undisturbed(case)
        if now != whole:
            return f"other bytes: {sorted(n for n in {*now, *whole} if now.get(n) != whole.get(n))[:4]}"
        if case == "engine" and (more := len((folder / "asked").read_text()) - QUESTIONS) > self.under_way:
            return f"{more} questions were asked again; {self.under_way} were under way"
        return ""

    under_way = 0

    def kills(self, case: str) -> Iterator[Trial]:
        """SIGKILLs, one after another, in one folder after another."""
        whole = self.undisturbed(case)
        while True:
            folder, self.under_way = self.folder(), 0
            while True:
                fault = ""
                pid = forked(case, folder)
                time.sleep(self.random.uniform(0, 1.05 * self.takes[case]))
                os.kill(pid, signal.SIGKILL)
                status = ended(pid)
                self.under_way += status == -signal.SIGKILL
                before, lines = stamps(folder, whole), log_lines(folder)
                if "Traceback" in said(folder):
                    fault = "traceback: " + said(folder)[-300:]
                if status != -signal.SIGKILL or self.random.random() < TO_THE_END:
                    fault = fault or self.finish(case, folder)
                    fault = fault or lost(before, folder)
                    if log_lines(folder)[: len(lines)] != lines:
                        fault = fault or "attempts that were logged are gone"
                    if status == -signal.SIGKILL:
                        yield Trial("sigkill", case, fault)
                    break
                yield Trial("sigkill", case, fault)
            shutil.rmtree(folder.parent)

    def interruptions(self, case: str) -> Iterator[Trial]:
        """SIGINT and SIGTERM to command lines as a user starts them."""
        whole, took = self.undisturbed(case), 0.0
        own = [sys.executable, __file__, "--run", case] if case in ("engine", "calibrate") else None
        line = own or [sys.executable, "-m", "teloscope", *COMMANDS[case].split()]
        while True:
            folder, number = self.folder(), self.random.choice([signal.SIGINT, signal.SIGTERM])
            with open(folder.with_name("err"), "wb") as err:
                began = time.perf_counter()
                running = subprocess.Popen(line, cwd=folder, stdout=subprocess.DEVNULL, stderr=err)
                if not took:
                    running.wait()
                    took = time.perf_counter() - began
                    continue
                time.sleep(self.random.uniform(0, took))
                running.send_signal(number)
                sent = time.perf_counter()
                try:
                    status = running.wait(30)
                except subprocess.TimeoutExpired:
                    running.kill()
                    status = running.wait()
            seconds, words = time.perf_counter() - sent, read_words(folder.with_name("err"))
            fault = ""
            if "Traceback" in words:
                fault = f"traceback: {words[-500:]}"
            elif status not in (0, 128 + number, -number):
                fault = f"status {status}: {words[-300:]}"
            elif status == 128 + number and "Interrupted." not in words:
                fault = "no word"
            elif seconds >= ANSWER_S:
                fault = f"it took {seconds:.1f} s"
            before, self.under_way = stamps(folder, whole), 1
            if not fault and self.random.random() < 2 * TO_THE_END:
                fault = self.finish(case, folder) or lost(before, folder)
            yield Trial(number.name.lower(), case, fault, round(seconds, 2))
            shutil.rmtree(folder.parent)

    def two_at_once(self, case: str) -> Iterator[Trial]:
        """Two processes in one folder: one works, the other waits or says that somebody is there."""
        self.undisturbed(case)
        while True:
            folder = self.folder()
            one, two = self.folder(), self.folder()
            for place in (one, two):
                place.rmdir()
                place.symlink_to(folder)
            pids = [forked(case, one)]
            time.sleep(self.random.uniform(0, self.takes[case] / 2))
            pids.append(forked(case, two))
            statuses = [ended(pid) for pid in pids]
            words = [said(place) for place in (one, two)]
            fault = ""
            if statuses[0] or statuses[1] not in (0, 2):
                fault = f"statuses {statuses}: {words}"
            elif statuses[1] == 2 and "right now" not in words[1]:
                fault = f"refused otherwise: {words[1][-300:]}"
            self.under_way = QUESTIONS
            fault = fault or ("traceback" if "Traceback" in "".join(words) else "") or self.finish(case, folder)
            yield Trial("two in one folder", case, fault)
            for place in (one, two, folder):
                shutil.rmtree(place.parent)

    def full_disks(self, case: str) -> Iterator[Trial]:
        """A disk with so much room, then enough: words, and the same bytes afterwards."""
        whole = self.undisturbed(case)
        size = sum(map(len, whole.values())) + 200_000
        while True:
            folder = self.folder()
            room = max(4096, int(self.random.uniform(0, size)))
            with tmpfs(folder, room):
                fault = unclear_end(ended(forked(case, folder)), folder)
                mounted("remount,size=64m", folder)
                before, self.under_way = stamps(folder, whole), 1
                fault = fault or self.finish(case, folder) or lost(before, folder)
            yield Trial("full disk", case, fault)
            shutil.rmtree(folder.parent)

    def read_only(self, case: str) -> Iterator[Trial]:
        """A folder that can't be written, at first or from some moment on."""
        whole = self.undisturbed(case)
        while True:
            folder = self.folder()
            with tmpfs(folder, 64 << 20):
                if self.random.random() < 0.5:
                    pid = forked(case, folder)
                    time.sleep(self.random.uniform(0, self.takes[case]))
                    os.kill(pid, signal.SIGKILL)
                    ended(pid)
                before = stamps(folder, whole)
                mounted("remount,ro", folder)
                fault = unclear_end(ended(forked(case, folder)), folder)
                mounted("remount,rw", folder)
                self.under_way = QUESTIONS
                fault = fault or self.finish(case, folder) or lost(before, folder)
            yield Trial("read-only folder", case, fault)
            shutil.rmtree(folder.parent)

    def clocks(self, case: str) -> Iterator[Trial]:
        """A clock that was set back between two runs, and jumps in the second one."""
        whole = self.undisturbed(case)
        while True:
            folder, jump = self.folder(), random.Random(self.random.random())
            pid = forked(case, folder)
            time.sleep(self.random.uniform(0, self.takes[case]))
            os.kill(pid, signal.SIGKILL)
            ended(pid)
            for path in folder.rglob("*"):
                os.utime(path, (4e9, 4e9))
            before, real = stamps(folder, whole), time.time

            def jumping(jump: random.Random = jump, real: Callable[[], float] = real) -> None:
                time.time = lambda: real() - jump.uniform(0, 1e9)

            self.under_way = 1
            status = ended(forked(case, folder, jumping))
            fault = f"status {status}: {said(folder)[-300:]}" if status else lost(before, folder)
            yield Trial("clock set back", case, fault or self.finish(case, folder))
            shutil.rmtree(folder.parent)


def mounted(options: str, place: Path) -> None:
    """Mount a tmpfs, or change one, as root can."""
    libc = ctypes.CDLL(None, use_errno=True)
    flags = {"ro": 1 | 32, "rw": 32}.get(options.removeprefix("remount,"), 32 if "remount" in options else 0)
    data = "size=64m" if options.endswith((",ro", ",rw")) else options.removeprefix("remount,")
    if libc.mount(b"tmpfs", str(place).encode(), b"tmpfs", flags, data.encode()):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), str(place))


@contextmanager
def tmpfs(place: Path, size: int) -> Iterator[None]:
    """A file system of that many bytes."""
    mounted(f"size={size}", place)
    try:
        yield
    finally:
        ctypes.CDLL(None).umount2(str(place).encode(), 2)


CASES = (*COMMANDS, "calibrate", "engine")
KINDS: dict[str, tuple[str, tuple[str, ...]]] = {
    "sigkill": ("kills", CASES),
    "signals": ("interruptions", CASES),
    "two in one folder": ("two_at_once", CASES),
    "full disk": ("full_disks", CASES),
    "read-only folder": ("read_only", CASES),
    "clock set back": ("clocks", CASES),
}


def write(trials: list[Trial], out: Path) -> dict[str, Any]:
    """The results so far."""
    table: dict[str, dict[str, dict[str, Any]]] = {}
    for trial in trials:
        row = table.setdefault(trial.kind, {}).setdefault(trial.case, {"trials": 0, "faults": 0, "slowest_s": 0.0})
        row["trials"] += 1
        row["faults"] += bool(trial.fault)
        row["slowest_s"] = max(row["slowest_s"], trial.seconds)
    totals = {
        kind: {what: sum(row[what] for row in rows.values()) for what in ("trials", "faults")}
        for kind, rows in table.items()
    }
    document = {"totals": totals, "table": table, "faults": [list(t) for t in trials if t.fault]}
    text = json.dumps(document, indent=1).removesuffix("\n}")
    lines = ",\n".join(f"  {json.dumps(list(trial))}" for trial in trials)
    partial = out.with_suffix(".partial")
    partial.write_text(f'{text},\n "trials": [\n{lines}\n ]\n}}\n', encoding="utf-8")
    partial.replace(out)
    return totals


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", default="", help="kinds whose name contains this")
    parser.add_argument("--case", default="", help="commands whose name contains this")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="stop after so long")
    parser.add_argument("--sigkills", type=int, default=1000)
    parser.add_argument("--signals", type=int, default=200)
    parser.add_argument("--each", type=int, default=60, help="trials of every other kind")
    parser.add_argument("--out", type=Path, default=RESULTS)
    parser.add_argument("--run", default="", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.run:
        return as_a_command(asked.run)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    trials = [Trial(*row) for row in json.loads(asked.out.read_text("utf-8"))["trials"]] if asked.out.exists() else []
    bench, began = Bench(seed=f"{asked.out.name} {len(trials)}"), time.perf_counter()
    preload()
    wanted = {"sigkill": asked.sigkills, "signals": asked.signals}
    running: dict[tuple[str, str], tuple[Iterator[Trial], int]] = {}
    for kind, (how, cases) in KINDS.items():
        names = ("sigint", "sigterm") if kind == "signals" else (kind,)
        for case in (c for c in cases if asked.only in kind and asked.case in c):
            done = sum(trial.kind in names and trial.case == case for trial in trials)
            running[kind, case] = getattr(bench, how)(case), -(-wanted.get(kind, asked.each) // len(cases)) - done
    while any(left > 0 for _, left in running.values()) and time.perf_counter() - began < asked.seconds:
        for place, (several, left) in running.items():  # in turns, so that a run that is cut short has some of each
            for _, trial in zip(range(min(left, IN_A_ROW)), several, strict=False):
                trials.append(trial)
                if trial.fault:
                    print(trial, flush=True)
            running[place] = several, left - IN_A_ROW
            totals = write(trials, asked.out)
            if time.perf_counter() - began > asked.seconds:
                break
        print(totals, flush=True)
    print(json.dumps(write(trials, asked.out), indent=1))
    shutil.rmtree(bench.place)
    return 0


def as_a_command(name: str) -> int:
    """A command that is no command line, with signals answered as there."""
    from teloscope.cli import interruption

    signal.signal(signal.SIGINT, signal.SIG_DFL)
    interruption.answer_signals()
    try:
        return command(name)
    except BaseException:
        if not interruption.is_interrupted():
            raise
        return interruption.end_interrupted()


def preload() -> None:
    """Import what the commands import, so that forks are in the middle of their work at once."""
    import teloscope.build.search
    import teloscope.cli
    import teloscope.goals
    import teloscope.report.audit.page
    import teloscope.report.audit.terminal
    import teloscope.report.build.page
    import teloscope.report.build.terminal
    import teloscope.study
    import teloscope.study.pipeline
    import teloscope.verdict
    import teloscope.zoo.calibrate  # noqa: F401


if __name__ == "__main__":
    sys.exit(main())
