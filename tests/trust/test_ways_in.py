"""Without --trust nothing that a name or a file says runs code: every way in, under an audit hook.

Names, studies, recordings, logs, certificates, agent files, profiles and caches import no module, open no pickle, start
no process and write nothing outside their folder.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

WATCHED = Path(__file__).with_name("watched.py")
SOURCES = Path(__file__).parents[2] / "src"
REFUSED = [
    "audit env.toml",
    "audit env_options.toml",
    "audit world.toml",
    "audit agent.toml",
    "audit sb3.toml",
    "audit file.toml",
    "audit features.toml",
    "audit log.toml",
    "audit out.toml",
    "audit absolute.toml",
    "audit linked.toml",
    "audit profile.toml",
    "audit canary:Canary-v0 --agent random",
    "audit canary:Canary-v0+hold --agent random",
    "audit --world canary:World --agent random",
    "audit island --agent canary:Agent",
    "audit island --agent llm:canary:Agent/direct",
    "audit island --agent llm:agent.json",
    "audit CartPole-v1 --agent sb3:model.zip",
    "audit CartPole-v1 --agent onnx:model.onnx",
    "audit island --agent llm:gguf:model.gguf/direct",
    "audit island --agent llm:synthetic:competent/direct --profile profile.toml",
    "audit --inspect-log log.eval",
    "audit --inspect-log packed.eval",
    "audit --minari canary",
    "record canary:Canary-v0 --agent random",
    "worlds canary:Canary-v0",
    "worlds canary:World",
    "build canary:Canary-v0 --engine synthetic:competent --budget 2draws",
    "build canary:World --engine synthetic:competent --budget 2draws",
    "build island --engine canary:Agent --budget 2draws",
    "build island --engine synthetic:competent --budget 2draws --out allowed/build",
    "verify allowed/certificate-env.json",
    "verify allowed/certificate-agent.json",
    "judge allowed/agent/goals.json --exact",
    "judge allowed/world/goals.json --exact",
    "audit island --agent random --episodes 2 --contexts train --out allowed/shards",
    "audit island --agent random --episodes 4 --contexts train --out allowed/links",
]
"""Refused in words."""
HARMLESS = [
    "audit context.toml",
    "goals allowed/env",
    "goals allowed/world",
    "goals allowed/links",
    "judge allowed/env/goals.json",
    "judge allowed/links/goals.json",
    "report allowed/env/verdict.json",
    "report allowed/world/verdict.json",
    "report allowed/agent/verdict.json",
    "report allowed/links/verdict.json",
    "audit --recording allowed/world",
    "agents",
    "engines",
    "worlds",
]
"""Done as asked, as nothing of the canary's is needed."""


@pytest.fixture(scope="module")
def done(hostile: Path) -> dict[str, dict[str, Any]]:
    cache = hostile / "cache"
    cache.mkdir(exist_ok=True)
    (cache / "calls.sqlite").write_bytes((hostile / "model.onnx").read_bytes())
    found = subprocess.run(
        [sys.executable, str(WATCHED), str(hostile)],
        input=json.dumps([command.split() for command in REFUSED + HARMLESS]),
        capture_output=True,
        text=True,
        cwd=hostile,
        env={
            **os.environ,
            "PYTHONPATH": str(SOURCES),
            "TELOSCOPE_CACHE": str(cache),
            "COLUMNS": "200",
            "MINARI_DATASETS_PATH": str(cache),
        },
    )
    assert found.returncode == 0, found.stderr
    return {" ".join(one["command"]): one for one in json.loads(found.stdout)}


@pytest.mark.parametrize("command", REFUSED + HARMLESS)
def test_nothing_runs_and_nothing_is_written_elsewhere(command: str, done: dict[str, dict[str, Any]]) -> None:
    assert done[command]["events"] == []
    assert not str(done[command]["status"]).count("Error"), "a traceback"


@pytest.mark.parametrize("command", REFUSED)
def test_what_would_run_is_refused_in_words(command: str, done: dict[str, dict[str, Any]]) -> None:
    assert done[command]["status"] == 2, done[command]["said"]
    assert "error:" in done[command]["said"]


@pytest.mark.parametrize("command", HARMLESS)
def test_what_needs_no_code_is_done(command: str, done: dict[str, dict[str, Any]]) -> None:
    assert done[command]["status"] in (0, None), done[command]["said"]


def test_no_canary_sang(hostile: Path, done: dict[str, dict[str, Any]]) -> None:
    target = hostile.parent / f"{hostile.name}-target"
    assert not (hostile.parent / f"{hostile.name}-marker").exists()
    assert not (hostile.parent / "outside").exists()
    assert sorted(os.listdir(target)) == ["file"]
    assert (target / "file").read_text() == "mine"


def test_the_hook_sees_what_it_should(hostile: Path) -> None:
    commands = ["audit env.toml --trust --episodes 2", "audit agent.toml --trust --episodes 2"]
    commands = [f"{command} --want reach(false)" for command in commands]
    found = subprocess.run(
        [sys.executable, str(WATCHED), str(hostile)],
        input=json.dumps([command.split() for command in commands]),
        capture_output=True,
        text=True,
        cwd=hostile,
        env={**os.environ, "PYTHONPATH": str(SOURCES), "TELOSCOPE_CACHE": str(hostile / "cache")},
    )
    assert found.returncode == 0, found.stderr
    for one in json.loads(found.stdout):
        assert any(event.startswith("exec") and "canary" in event for event in one["events"]), one["said"]
        assert any(event.startswith("write") and "marker" in event for event in one["events"]), one["said"]
    (hostile.parent / f"{hostile.name}-marker").unlink()


def test_a_file_in_the_current_folder_is_not_taken_for_a_package(hostile: Path) -> None:
    for package in ("minigrid", "onnxruntime", "minari", "xllamacpp"):
        (hostile / f"{package}.py").touch()
    found = subprocess.run(
        [sys.executable, "-m", "teloscope", "worlds", "MiniGrid-Empty-5x5-v0"],
        capture_output=True,
        text=True,
        cwd=hostile,
        env={**os.environ, "PYTHONPATH": str(SOURCES)},
    )
    assert not (hostile.parent / f"{hostile.name}-marker").exists(), found.stderr
