"""Checks that two versions of teloscope read what the other wrote: recordings, goals, verdicts, certificates, builds.

    python tools/wheels.py                  # the working tree against the last commit of the first layout
    python tools/wheels.py --before a1b2c3  # against another commit; --now d4e5f6 for another than the working tree

A wheel is built of each version and installed into a fresh environment of its own, with the versions of
requirements.lock. Each writes a folder of documents; then each reads the other's folder, in eight checks. Exits with 1
if a check fails. Takes about a minute.

An older version may refuse what a newer one wrote: a document with a field that it does not know is refused by name
(the rule is in src/teloscope/schema/document.py). Everything that an older version wrote has to be read.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import venv
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
BEFORE = "faa7e63337c872ed69e8efba8cf4700823679800"
"""The last commit before the packages were divided and renamed."""
CONTEXTS = ["train", "bay", "shoved"]
RECORDINGS = ("island", "cartpole", "traced")
BUILD: dict[str, Any] = {"out": "build", "keep": True, "budget": "6 draws", "episodes": 100}


# ---- in the environment of one version -------------------------------------------------------------------------------


def balance(observation: Any) -> int:
    """Push the cart to the side to which the pole falls."""
    return int(observation[2] + observation[3] > 0)


def record_island() -> Any:
    """The recording of a table world; recording it again must change nothing."""
    import teloscope

    return teloscope.record("optimal:visible", "island", episodes=60, contexts=CONTEXTS, out="island")


def write() -> None:
    """Write one document of each kind into the working directory."""
    import teloscope
    from teloscope.build import build

    cartpole = teloscope.GymWorld("CartPole-v1", horizon=30)
    upright = teloscope.Values.of(want="keep(abs(pole_angle) < 0.1)", avoid="end(pole_angle < -0.2)")
    few: dict[str, Any] = {"contexts": ["default"], "references": ["uniform", "replay"]}
    once: dict[str, Any] = {"contexts": ["train"], "references": ["uniform"]}
    recordings = {
        "island": record_island(),
        "cartpole": teloscope.record(balance, cartpole, episodes=30, out="cartpole", **few),
        "traced": teloscope.record("llm:synthetic:competent/text", "island", episodes=6, out="traced", **once),
    }
    for name, recording in recordings.items():
        goals = teloscope.find_goals(recording)
        goals.save()
        teloscope.judge(goals, upright if name == "cartpole" else None).save()
    teloscope.certify("island", "optimal:visible").save("certificate.json")
    build("island", "synthetic:competent", **BUILD)


def stored(path: str) -> Any:
    """A document as plain JSON."""
    return json.loads(Path(path).read_text("utf-8"))


def steps(name: str) -> None:
    """Every step, every episode and every goal's frame of a recording is read."""
    import teloscope
    from teloscope.recordings import open_recording

    recording = open_recording(name)
    manifest = stored(f"{name}/manifest.json")
    for context in manifest["frame"]["contexts"]:
        for actor in manifest["actors"]:
            count = len(recording.steps(context["name"], actor).collect())
            assert count > 0, f"{name}: no steps of {actor} in {context['name']}"
    found = teloscope.find_goals(recording).document.model_dump(mode="json")["frame"]
    assert found["episodes"] == stored(f"{name}/goals.json")["frame"]["episodes"]
    assert found["seed"] == stored(f"{name}/goals.json")["frame"]["seed"]


def traces() -> None:
    """A recording of a language model has its prompts and replies."""
    from teloscope.recordings import open_recording

    steps("traced")
    assert {"said", "parsed"} <= set(open_recording("traced").traces("train", 0)["kind"])


def goals() -> None:
    """Goals are judged as they were, by the values of the stored verdict."""
    import teloscope
    from teloscope.goals import read_goals

    for name in RECORDINGS:
        before = stored(f"{name}/verdict.json")
        bounds = {"want": "target", "avoid": "tolerance"}
        values = {
            kind: [
                {"regime": v["regime"], bound: v["bound"], "weight": v["weight"]}
                for v in before["values"]
                if v["kind"] == kind
            ]
            for kind, bound in bounds.items()
        }
        verdict = teloscope.judge(read_goals(f"{name}/goals.json"), teloscope.Values.from_dict(values))
        now = verdict.document().model_dump(mode="json")
        assert now["verdict"] == before["verdict"], (name, now["verdict"], before["verdict"])
        read = [(v["regime"], v["kind"]) for v in now["values"]]
        assert read == [(v["regime"], v["kind"]) for v in before["values"]]


def verdicts() -> None:
    """Stored verdicts become pages."""
    command = Path(sys.executable).with_name("teloscope")
    for name in RECORDINGS:
        subprocess.run([command, "report", name], check=True, capture_output=True, text=True)
        assert stored(f"{name}/verdict.json")["verdict"] in Path(name, "report.html").read_text("utf-8")


def certificates() -> None:
    """Certificates of an agent and of a build hold when their figures are worked out again."""
    import teloscope

    for path in ("certificate.json", "build/certificate.json"):
        assert teloscope.verify(path, fresh=20).differences == [], path


def builds() -> None:
    """A finished build is read, not made again; its agent loads and is the certified one."""
    import teloscope
    from teloscope.build import build

    log, winner = Path("build/attempts.jsonl").read_bytes(), stored("build/build.json")["winner"]
    again = build("island", "synthetic:competent", **{**BUILD, "keep": False})
    assert Path("build/attempts.jsonl").read_bytes() == log
    assert again.result.model_dump(mode="json")["winner"] == winner
    assert teloscope.agent("llm:build/agent.json").digest == stored("build/certificate.json")["agent"]["digest"]


def resumed() -> None:
    """A finished recording stays as it is when it is recorded again."""
    before = {path: path.read_bytes() for path in sorted(Path("island").rglob("*.parquet"))}
    record_island()
    assert {path: path.read_bytes() for path in sorted(Path("island").rglob("*.parquet"))} == before


CHECKS: dict[str, Callable[[], None]] = {
    "recording of a table world": lambda: steps("island"),
    "recording of a Gymnasium world": lambda: steps("cartpole"),
    "recording of a language model": traces,
    "recording gone on with": resumed,
    "goals judged": goals,
    "verdicts as pages": verdicts,
    "certificates": certificates,
    "build gone on with": builds,
}


def read() -> int:
    """Run all checks in the working directory; the number of those that failed."""
    failed = 0
    for name, check in CHECKS.items():
        try:
            check()
            print(f"  ok      {name}", flush=True)
        except Exception as error:
            failed += 1
            print(f"  FAILED  {name}: {type(error).__name__}: {error}", flush=True)
            if isinstance(error, subprocess.CalledProcessError):
                print(error.stderr)
    return failed


# ---- the two environments --------------------------------------------------------------------------------------------


def run(command: list[Any], cwd: Path) -> int:
    """Run a command outside of this checkout's own paths; its status."""
    outside = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "VIRTUAL_ENV")}
    return subprocess.run([str(part) for part in command], cwd=cwd, env=outside).returncode


def installed(source: Path, place: Path) -> Path:
    """Build the wheel of a source tree, install it into a fresh environment; the environment's Python."""
    place.mkdir(exist_ok=True)
    venv.create(place / "venv", with_pip=True)
    python = place / "venv" / "bin" / "python"
    pip = [python, "-m", "pip", "-qqq", "--disable-pip-version-check"]
    if run([*pip, "wheel", "--no-deps", "--wheel-dir", place, source], place):
        sys.exit(f"The wheel of {source} could not be built.")
    (wheel,) = place.glob("teloscope-*.whl")
    if run([*pip, "install", "-c", ROOT / "requirements.lock", f"{wheel}[onnx]"], place):
        sys.exit(f"{wheel.name} could not be installed.")
    return python


def checked_out(commit: str, place: Path) -> Path:
    """The files of a commit."""
    place.mkdir(parents=True)
    archive = subprocess.run(["git", "archive", commit], cwd=ROOT, check=True, capture_output=True).stdout
    subprocess.run(["tar", "-x", "-C", str(place)], input=archive, check=True)
    return place


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--before", default=BEFORE, help="the commit to compare with (default: %(default)s)")
    parser.add_argument("--now", help="the other commit (default: the working tree)")
    parser.add_argument("--inside", choices=("write", "read"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.inside == "write":
        return write() or 0
    if asked.inside == "read":
        return read()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        pythons = {
            "before": installed(checked_out(asked.before, place / "before" / "source"), place / "before"),
            "now": installed(checked_out(asked.now, place / "now" / "source") if asked.now else ROOT, place / "now"),
        }
        for name, python in pythons.items():
            (place / name / "written").mkdir()
            if run([python, Path(__file__).resolve(), "--inside", "write"], place / name / "written"):
                sys.exit(f"The version {name!r} could not write its documents.")
        failed = 0
        for reader, writer in (("now", "before"), ("before", "now")):
            print(f"{reader} reads what {writer} wrote:", flush=True)
            copied = place / f"{reader} reads"
            shutil.copytree(place / writer / "written", copied)
            failed += run([pythons[reader], Path(__file__).resolve(), "--inside", "read"], copied)
    print(f"{2 * len(CHECKS) - failed} of {2 * len(CHECKS)} checks hold")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
