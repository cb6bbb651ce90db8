"""The sweep: every environment id that the installed packages register, audited with two episodes.

    python bench/environments.py                      all of them; what bench/environments.json holds is kept
    python bench/environments.py --only CartPole      ids that match a regular expression
    python bench/environments.py --most 60            of a package with more ids than that, so many spread evenly
    python bench/environments.py --seconds 400        stop after so long; the next run goes on

Each id is recorded, searched for goals, judged and reported in a process with a time limit, which does several ids one
after another; what is not audited there is tried again in a process of its own, and that counts. An id is then

    audited        a report was written
    as advised     it was refused with the advice `seedless=True`, since its episodes don't follow from the seed, and
                   with that it is audited; agent and references are then not paired
    refused        teloscope said why not, in a `TeloscopeError`
    not made       `gymnasium.make`, or the first reset or step of the environment itself, fails or needs what is not
                   installed; these don't count
    too slow       it takes more than a minute of processor time
    crashed        any other error

The packages: gymnasium's own ids, and those of PACKAGES that are installed, in a Python of their own:
`pip install teloscope psutil` and the names of `PACKAGES`, with `-` for `_`, and `gymnasium[box2d,mujoco]`.
"""

from __future__ import annotations

import argparse
import importlib
import json
import multiprocessing
import os
import re
import tempfile
import time
import warnings
from collections import Counter
from importlib.metadata import PackageNotFoundError, version
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import gymnasium
import psutil

import teloscope
from teloscope.errors import TeloscopeError

PACKAGES = (
    "minigrid",
    "mo_gymnasium",
    "highway_env",
    "ale_py",
    "gymnasium_robotics",
    "flappy_bird_gymnasium",
    "popgym",
    "panda_gym",
    "lbforaging",
    "rware",
    "gym_anytrading",
    "gym_pusht",
    "gym_aloha",
    "gym_xarm",
    "metaworld",
    "pybullet_envs_gymnasium",
    "gym_simplegrid",
    "tetris_gymnasium",
    "gym_trading_env",
    "buffalo_gym",
    "gym_classics2",
    "gymnasium_2048",
    "gymnasium_search_race",
    "matrix_mdp",
    "gym_mtsim",
    "gym_anm",
    "ap_gym",
    "bluesky_gym",
    "gymnasium_cartpole_swingup",
    "gymnasium_snake_game",
    "gymnasium_sudoku",
    "gym_sokoban",
    "pogema",
)
EPISODES, LONGEST = 2, 30
"""Episodes of each actor in each context, and their steps at most."""
LIMIT_S, WAIT_S = 60.0, 200.0
"""Processor time of one id at most; and how long is waited for it at all, on a machine that does other things too."""
IN_A_ROW = 20
"""Ids that one process audits."""
RESULTS = Path(__file__).with_suffix(".json")
OUTCOMES = ("audited", "as advised", "refused", "too slow", "crashed", "not made")


def register() -> dict[str, str]:
    """Import what registers environments; package -> version."""
    warnings.simplefilter("ignore")
    found = {"gymnasium": gymnasium.__version__}
    for package in PACKAGES:
        try:
            module = importlib.import_module(package)
            gymnasium.register_envs(module)
            found[package] = version(package.replace("_", "-"))
        except (ImportError, PackageNotFoundError):
            continue
        except Exception as error:
            found[package] = f"can't be imported: {type(error).__name__}"
    return found


def family(env_id: str) -> str:
    """Which package an id is of."""
    entry: Any = gymnasium.registry[env_id].entry_point
    entry = getattr(entry, "func", entry)
    home = entry if isinstance(entry, str) else getattr(entry, "__module__", "")
    return str(home).partition(":")[0].partition(".")[0]


def want(world: Any) -> str:
    """Some regime of a world's first feature: a verdict needs values."""
    name, kind = next(iter(world.feature_kinds.items()))
    return {"bool": f"reach({name})", "number": f"reach({name} >= 1)"}.get(kind, f"reach({name} = 'x')")


def works(env_id: str) -> str:
    """What fails in an environment itself, a reset and a step of which are all that is asked; empty: nothing."""
    try:
        env = gymnasium.make(env_id, disable_env_checker=True)
        env.action_space.seed(0)
        env.reset(seed=0)
        env.step(env.action_space.sample())
        env.close()
    except BaseException as error:
        return f"{type(error).__name__}: {error}"[:200]
    return ""


def audit(env_id: str) -> tuple[str, str, int]:
    """Audit one id: (outcome, why, features)."""
    try:
        try:
            return "audited", *audited(env_id)
        except TeloscopeError as error:
            if "seedless=True" not in str(error):
                raise
            return "as advised", *audited(env_id, seedless=True)
    except TeloscopeError as error:
        why = str(error)[:400]
        return ("not made", fault, 0) if (fault := works(env_id)) else ("refused", why, 0)
    except BaseException as error:
        why = f"{type(error).__name__}: {error}"[:400]
        return ("not made", fault, 0) if (fault := works(env_id)) else ("crashed", why, 0)


def audited(env_id: str, **given: Any) -> tuple[str, int]:
    """Every step of an audit: (remarks, features)."""
    world = teloscope.GymWorld(env_id, **given)
    if world.horizon > LONGEST:
        world.close()
        world = teloscope.GymWorld(env_id, horizon=LONGEST, **given)
    with tempfile.TemporaryDirectory() as folder:
        recording = teloscope.record("random", world, episodes=EPISODES)
        verdict = teloscope.judge(teloscope.find_goals(recording), teloscope.Values.of(want=[want(world)]))
        verdict.report(f"{folder}/report.html")
    world.close()
    return "; ".join(world.remarks)[:200], len(world.feature_kinds)


def serve(asked: Connection) -> None:
    """Audit ids until there are no more."""
    os.chdir(tempfile.gettempdir())  # simulators leave logs where they run
    register()
    asked.send("ready")
    while (env_id := asked.recv()) is not None:
        before = sum(os.times()[:4])
        outcome, why, features = audit(env_id)
        asked.send((outcome, why, features, round(sum(os.times()[:4]) - before, 1)))


def processor_time(pid: int | None) -> float:
    """Seconds that a process and its children have computed; 0 where it has ended."""
    try:
        process = psutil.Process(pid)
        return sum(sum(p.cpu_times()[:2]) for p in (process, *process.children(recursive=True)))
    except psutil.Error:
        return 0.0


class Auditor:
    """A process that audits one id after another, within limits."""

    def __init__(self) -> None:
        self.asked, theirs = multiprocessing.Pipe()
        self.process = multiprocessing.get_context("spawn").Process(target=serve, args=(theirs,))
        self.process.start()
        theirs.close()
        self.asked.recv()
        self.done = 0

    def audit(self, env_id: str) -> dict[str, Any]:
        """One id's row."""
        began, before = time.perf_counter(), processor_time(self.process.pid)
        outcome, why, features, cpu = "crashed", "", 0, 0.0
        self.asked.send(env_id)
        try:
            while not self.asked.poll(0.2):
                cpu = processor_time(self.process.pid) - before
                if cpu > LIMIT_S or time.perf_counter() - began > WAIT_S:
                    outcome, why = (
                        "too slow",
                        f"it took more than {LIMIT_S:.0f} s of processor time, or {WAIT_S:.0f} s in all",
                    )
                    break
            else:
                outcome, why, features, cpu = self.asked.recv()
        except EOFError:
            why = "its process ended"
        self.done += 1
        if outcome in ("audited", "as advised") and cpu > LIMIT_S:
            outcome, why = "too slow", f"it took {cpu} s of processor time"
        row = {"id": env_id, "family": family(env_id), "outcome": outcome, "features": features}
        return {**row, "cpu_s": round(cpu, 1), "wall_s": round(time.perf_counter() - began, 1), "why": why}

    def end(self) -> None:
        """Stop the process."""
        self.process.kill()
        self.process.join()
        self.asked.close()


class Auditors:
    """Auditors, one after another."""

    def __init__(self) -> None:
        self.now: Auditor | None = None

    def audit(self, env_id: str) -> dict[str, Any]:
        """One id's row: what is not audited by a process that did others before is tried again by a new one."""
        used = self.now is not None and self.now.done > 0
        row = self._once(env_id)
        if row["outcome"] not in ("audited", "as advised") and used:
            self.end()
            row = self._once(env_id)
        if row["outcome"] in ("crashed", "too slow") or (self.now is not None and self.now.done >= IN_A_ROW):
            self.end()
        return row

    def _once(self, env_id: str) -> dict[str, Any]:
        self.now = self.now or Auditor()
        return self.now.audit(env_id)

    def end(self) -> None:
        """Stop the process that is there."""
        if self.now is not None:
            self.now.end()
        self.now = None


def summary(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Counts by family, the share that is audited, and the slowest."""
    made = [row for row in rows if row["outcome"] != "not made"]
    by_family: dict[str, Counter[str]] = {}
    for row in rows:
        by_family.setdefault(row["family"], Counter())[row["outcome"]] += 1
    return {
        "ids": len(rows),
        "can_be_made": len(made),
        **{outcome.replace(" ", "_"): sum(row["outcome"] == outcome for row in rows) for outcome in OUTCOMES},
        "audited_share": round(sum(row["outcome"] == "audited" for row in made) / max(len(made), 1), 4),
        "audited_or_as_advised_share": round(
            sum(row["outcome"] in ("audited", "as advised") for row in made) / max(len(made), 1), 4
        ),
        "slowest_cpu_s": max((row["cpu_s"] for row in made), default=0.0),
        "families": {name: dict(counts) for name, counts in sorted(by_family.items())},
    }


def write(rows: list[dict[str, Any]], packages: dict[str, str], registered: dict[str, int], out: str) -> None:
    """The results so far: a head, and one id a line."""
    head = {
        "episodes": EPISODES,
        "longest": LONGEST,
        "limit_s": LIMIT_S,
        "packages": packages,
        "registered": registered,
        "summary": summary(rows),
    }
    text = json.dumps(head | {"rows": []}, indent=1).removesuffix("[]\n}")
    lines = ",\n".join(f"  {json.dumps(row)}" for row in rows)
    partial = Path(f"{out}.partial")
    partial.write_text(f"{text}[\n{lines}\n ]\n}}\n", encoding="utf-8")
    partial.replace(out)


def finished(out: str, packages: dict[str, str]) -> dict[str, dict[str, Any]]:
    """What an earlier sweep with the same packages has done: id -> its row."""
    try:
        before = json.loads(Path(out).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return {row["id"]: row for row in before["rows"]} if before["packages"].items() <= packages.items() else {}


def spread(ids: list[str], most: int) -> list[str]:
    """Of each package at most so many ids, spread evenly over its names."""
    by_family: dict[str, list[str]] = {}
    for env_id in sorted(ids):
        by_family.setdefault(family(env_id), []).append(env_id)
    return [
        env_id
        for _, those in sorted(by_family.items(), key=lambda item: len(item[1]))
        for env_id in (those if len(those) <= most else [those[i * len(those) // most] for i in range(most)])
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", default="", help="ids that match this regular expression")
    parser.add_argument("--most", type=int, default=100_000, help="ids of a package at most")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="stop after so long")
    parser.add_argument("--out", default=str(RESULTS), help="where the results go")
    parser.add_argument("--again", default="", help="outcomes to be tried again, e.g. crashed,refused; all")
    asked = parser.parse_args()
    packages = register()
    registered = dict(Counter(family(i) for i in gymnasium.registry))
    ids = spread([i for i in gymnasium.registry if re.search(asked.only, i)], asked.most)
    done = finished(asked.out, packages)
    again = {i for i in ids if i in done and (asked.again == "all" or done[i]["outcome"] in asked.again.split(","))}
    began, auditors = time.perf_counter(), Auditors()
    left = [i for i in ids if i not in done or i in again]
    for number, env_id in enumerate(left, start=1):
        if time.perf_counter() - began > asked.seconds:
            break
        done[env_id] = auditors.audit(env_id)
        row = done[env_id]
        print(f"{number}/{len(left)} {env_id}: {row['outcome']} {row['cpu_s']} s {row['why'][:150]}", flush=True)
        write(sorted(done.values(), key=lambda r: (r["family"], r["id"])), packages, registered, asked.out)
    auditors.end()
    print(json.dumps(summary(list(done.values())), indent=1))


if __name__ == "__main__":
    main()
