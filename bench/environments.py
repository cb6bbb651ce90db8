"""The sweep: every environment id that the installed packages register, audited with two episodes.

    python bench/environments.py                      all of them; what bench/environments.json holds is kept
    python bench/environments.py --only CartPole      ids that contain a text

Each id is recorded, searched for goals, judged and reported in a new process with a time limit. It is then

    audited        a report was written
    refused        teloscope said why not, in a `TeloscopeError`
    not made       `gymnasium.make` itself fails, or needs what is not installed; these don't count
    crashed        any other error, or the time limit

The packages: gymnasium's own ids, and those of PACKAGES that are installed:
`pip install minigrid mo-gymnasium highway-env box2d mujoco ale-py gymnasium-robotics`.
"""

from __future__ import annotations

import argparse
import importlib
import json
import multiprocessing
import re
import resource
import tempfile
import time
import warnings
from collections import Counter
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import gymnasium
import psutil

import teloscope
from teloscope.errors import TeloscopeError

PACKAGES = ("minigrid", "mo_gymnasium", "highway_env", "ale_py", "gymnasium_robotics")
EPISODES, LONGEST = 2, 30
"""Episodes of each actor in each context, and their steps at most."""
LIMIT_S, WAIT_S = 60.0, 1800.0
"""Processor time of one id at most; and how long is waited for it at all, on a machine that does other things too."""
RESULTS = Path(__file__).with_suffix(".json")
OUTCOMES = ("audited", "refused", "crashed", "not made")


def register() -> dict[str, str]:
    """Import what registers environments; package -> version."""
    found = {"gymnasium": gymnasium.__version__}
    for package in PACKAGES:
        try:
            module = importlib.import_module(package)
            if hasattr(gymnasium, "register_envs"):
                gymnasium.register_envs(module)
            found[package] = version(package.replace("_", "-"))
        except (ImportError, PackageNotFoundError):
            continue
    return found


def family(env_id: str) -> str:
    """Which package an id is of."""
    spec = gymnasium.registry[env_id]
    home = spec.entry_point if isinstance(spec.entry_point, str) else getattr(spec.entry_point, "__module__", "")
    return str(home).partition(":")[0].partition(".")[0]


def want(world: Any) -> str:
    """Some regime of a world's first feature: a verdict needs values."""
    name, kind = next(iter(world.feature_kinds.items()))
    return {"bool": f"reach({name})", "number": f"reach({name} >= 1)"}.get(kind, f"reach({name} = 'x')")


def audit(env_id: str, answer: Any) -> None:
    """Audit one id and send (outcome, why, features)."""
    warnings.simplefilter("ignore")
    register()
    try:
        gymnasium.make(env_id, disable_env_checker=True).close()
    except BaseException as error:
        answer.send(("not made", f"{type(error).__name__}: {error}"[:200], 0))
        return
    try:
        world = teloscope.GymWorld(env_id)
        if world.horizon > LONGEST:
            world = teloscope.GymWorld(env_id, horizon=LONGEST)
        recording = teloscope.record("random", world, episodes=EPISODES)
        verdict = teloscope.judge(teloscope.find_goals(recording), teloscope.Values.of(want=[want(world)]))
        verdict.report(f"{tempfile.mkdtemp()}/report.html")
        answer.send(("audited", "; ".join(world.remarks)[:300], len(world.feature_kinds)))
    except TeloscopeError as error:
        answer.send(("refused", str(error)[:400], 0))
    except BaseException as error:
        answer.send(("crashed", f"{type(error).__name__}: {error}"[:400], 0))


def processor_time(pid: int | None) -> float:
    """Seconds that a process and its children have computed; 0 where it has ended."""
    try:
        process = psutil.Process(pid)
        return sum(sum(p.cpu_times()[:2]) for p in (process, *process.children(recursive=True)))
    except psutil.Error:
        return 0.0


def timed_audit(env_id: str) -> dict[str, Any]:
    """One id in a process of its own."""
    ours, theirs = multiprocessing.Pipe(duplex=False)
    began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    process = multiprocessing.get_context("spawn").Process(target=audit, args=(env_id, theirs))
    process.start()
    theirs.close()
    outcome, why, features = "crashed", "", 0
    try:
        while not ours.poll(1.0):
            if processor_time(process.pid) > LIMIT_S or time.perf_counter() - began > WAIT_S:
                process.kill()
                why = f"it took more than {LIMIT_S:.0f} s of processor time, or {WAIT_S:.0f} s in all"
                break
        else:
            outcome, why, features = ours.recv()
    except EOFError:
        why = "its process ended"
    process.join()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = round(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, 1)
    if cpu > LIMIT_S and outcome == "audited":
        outcome, why = "crashed", f"it took {cpu} s of processor time"
    row = {"id": env_id, "family": family(env_id), "outcome": outcome, "features": features, "cpu_s": cpu}
    return {**row, "wall_s": round(time.perf_counter() - began, 1), "why": why}


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
        "slowest_cpu_s": max((row["cpu_s"] for row in made), default=0.0),
        "families": {name: dict(counts) for name, counts in sorted(by_family.items())},
    }


def write(rows: list[dict[str, Any]], packages: dict[str, str], out: str) -> None:
    """The results so far: a head, and one id a line."""
    head = {
        "episodes": EPISODES,
        "longest": LONGEST,
        "limit_s": LIMIT_S,
        "packages": packages,
        "summary": summary(rows),
    }
    text = json.dumps(head | {"rows": []}, indent=1).removesuffix("[]\n}")
    lines = ",\n".join(f"  {json.dumps(row)}" for row in rows)
    Path(out).write_text(f"{text}[\n{lines}\n ]\n}}\n", encoding="utf-8")


def finished(out: str, packages: dict[str, str]) -> dict[str, dict[str, Any]]:
    """What an earlier sweep with the same packages has done: id -> its row."""
    try:
        before = json.loads(Path(out).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return {row["id"]: row for row in before["rows"]} if before["packages"] == packages else {}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", default="", help="ids that match this regular expression")
    parser.add_argument("--every", type=int, default=1, help="of these, every n-th")
    parser.add_argument("--out", default=str(RESULTS), help="where the results go")
    parser.add_argument("--again", action="store_true", help="audit anew what the results hold already")
    asked = parser.parse_args()
    packages = register()
    chosen = [i for i in gymnasium.registry if re.search(asked.only, i)]
    ids = sorted(chosen, key=lambda i: (family(i) == "minigrid", family(i), i))[:: asked.every]
    done = {} if asked.again else finished(asked.out, packages)
    rows: list[dict[str, Any]] = []
    for number, env_id in enumerate(ids, start=1):
        rows.append(done.get(env_id) or timed_audit(env_id))
        print(f"{number}/{len(ids)} {env_id}: {rows[-1]['outcome']} {rows[-1]['cpu_s']} s", flush=True)
        write(rows, packages, asked.out)
    print(json.dumps(summary(rows), indent=1))


if __name__ == "__main__":
    main()
