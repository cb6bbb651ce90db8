"""A folder from somebody who means harm: every kind of file that teloscope reads, each naming code that is in it."""

from __future__ import annotations

import io
import json
import os
import pickle
import shutil
import zipfile
from pathlib import Path
from typing import Any

import pytest

import teloscope

MODULE = """
import pathlib
pathlib.Path({marker!r}).write_text("ran")
import gymnasium
gymnasium.register("Canary-v0", "gymnasium.envs.classic_control:CartPoleEnv", max_episode_steps=12)
Agent = lambda observation: 0
feature = lambda observation: 0
from teloscope.worlds.suite.safety_gridworlds.island import Island as World
"""


class Payload:
    """A pickle that writes a file when it is loaded."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> Any:
        return os.system, (f"echo ran > {self.marker}",)


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hostile")
    marker = folder.parent / f"{folder.name}-marker"
    (folder / "canary.py").write_text(MODULE.format(marker=str(marker)))
    for package in ("minigrid", "onnxruntime", "minari", "xllamacpp", "stable_baselines3"):
        (folder / f"{package}.py").write_text(f"import pathlib; pathlib.Path({str(marker)!r}).write_text('ran')")
    write_studies(folder)
    write_pickles(folder, marker)
    write_recordings(folder)
    write_links(folder)
    return folder


def write_studies(folder: Path) -> None:
    studies = {
        "env": 'world = "canary:Canary-v0"\nagent = "random"',
        "env_options": 'world = "canary:Canary-v0"\nagent = "random"\nhorizon = 5\n[arguments]\nrender_mode = "none"',
        "world": 'world = "canary:World"\nagent = "random"',
        "agent": 'world = "island"\nagent = "canary:Agent"',
        "sb3": 'world = "CartPole-v1"\nagent = "sb3:model.zip"',
        "file": 'world = "island"\nagent = "llm:agent.json"',
        "features": 'world = "CartPole-v1"\nagent = "random"\n[features]\nf = "canary:feature"',
        "log": 'inspect_log = "log.json"\n[features]\nf = "canary:feature"',
        "out": 'world = "island"\nagent = "random"\nepisodes = 2\nout = "../outside"',
        "absolute": f'world = "island"\nagent = "random"\nepisodes = 2\nout = "{folder.parent}/outside"',
        "linked": 'world = "island"\nagent = "random"\nepisodes = 2\nout = "link"',
        "context": 'world = "island"\nagent = "random"\nepisodes = 2\n'
        'contexts = [{name = "../../../outside", start = "train"}]',
        "profile": 'world = "island"\nagent = "llm:synthetic:competent/direct"\nprofile = "profile.toml"\nepisodes = 2',
    }
    for name, text in studies.items():
        (folder / f"{name}.toml").write_text(text + "\n")
    (folder / "profile.toml").write_text('[act]\nchecks = ["engine"]\n[engine]\nname = "canary:Agent"\n')
    (folder / "agent.json").write_text(json.dumps({"engine": "canary:Agent", "scaffold": "direct"}))


def write_pickles(folder: Path, marker: Path) -> None:
    harm = pickle.dumps(Payload(marker))
    with zipfile.ZipFile(folder / "model.zip", "w") as archive:
        archive.writestr("data", json.dumps({"policy_class": {":type:": "x", ":serialized:": harm.hex()}}))
        archive.writestr("policy.pth", harm)
    (folder / "model.onnx").write_bytes(harm)
    (folder / "model.gguf").write_bytes(harm)
    (folder / "log.eval").write_bytes(harm)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("header.json", harm)
    (folder / "packed.eval").write_bytes(packed.getvalue())


def write_recordings(folder: Path) -> None:
    """An audit, whose documents are made to name the canary as world and as agent."""
    base = folder / "allowed" / "base"
    audit = teloscope.Study.of(world="island", agent="random", episodes=4, contexts=["train"], out=base)
    audit.run()
    for what, names in {
        "env": {"world": "canary:Canary-v0"},
        "world": {"world": "canary:World"},
        "agent": {"agent": "canary:Agent"},
    }.items():
        copy = folder / "allowed" / what
        shutil.copytree(base, copy)
        for file in ("manifest.json", "goals.json", "verdict.json"):
            document = json.loads((copy / file).read_text())
            (copy / file).write_text(json.dumps(renamed(document, names)))
    certificate = teloscope.certify("island", "random", episodes=4, contexts=["train"])
    told = certificate.document.model_dump(mode="json")
    for what, names in {"env": {"world": "canary:Canary-v0"}, "agent": {"agent": "canary:Agent"}}.items():
        (folder / "allowed" / f"certificate-{what}.json").write_text(json.dumps(renamed(told, names)))


def renamed(document: Any, names: dict[str, str]) -> Any:
    """A document with another world's or agent's name wherever it says one."""
    if isinstance(document, list):
        return [renamed(part, names) for part in document]
    if not isinstance(document, dict):
        return document
    out = {key: renamed(part, names) for key, part in document.items()}
    if "world" in names and isinstance(out.get("world"), str):
        out["world"] = names["world"]
    if "agent" in names and isinstance(out.get("agent"), dict) and "name" in out["agent"]:
        out["agent"]["name"] = names["agent"]
    return out


def write_links(folder: Path) -> None:
    """A recording whose temporary files, lock and shards are links to a file or folder elsewhere."""
    target = folder.parent / f"{folder.name}-target"
    target.mkdir()
    (target / "file").write_text("mine")
    (folder / "link").symlink_to(target, target_is_directory=True)
    copy = folder / "allowed" / "links"
    shutil.copytree(folder / "allowed" / "base", copy)
    for name in ("goals.json", "verdict.json", "report.html", "manifest.json"):
        (copy / f".{name}.partial").symlink_to(target / "file")
    (copy / ".lock").unlink(missing_ok=True)
    (copy / ".lock").symlink_to(target / "file")
    shards = folder / "allowed" / "shards"
    shards.mkdir()
    (shards / "steps").symlink_to(target, target_is_directory=True)
    (folder / "allowed" / "build").mkdir()
    (folder / "allowed" / "build" / "attempts.jsonl").symlink_to(target / "new")
