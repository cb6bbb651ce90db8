"""Worlds of one's own, by the place they are written in."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import teloscope
from teloscope.errors import BadWorld, NotFound, NotTrusted
from teloscope.recordings import open_recording
from teloscope.worlds import world
from teloscope.worlds.gym.world import GymWorld
from teloscope.worlds.table.world import TableWorld
from teloscope.worlds.user_code import is_import_path
from teloscope.worlds.world import Context

MODULE = """
import gymnasium
from teloscope.worlds import Context, Outcome, TableWorld

class Line(TableWorld):
    name, horizon, actions, idle = "line", 4, ("stay", "right"), "stay"
    contexts = (Context("train", kind="train"),)
    def starts(self, start): return [0]
    def step(self, state, action): return Outcome(min(state + (action == "right"), 3))
    def features(self, state): return {"x": state}

class Sized(Line):
    def __init__(self, size): self.size = size

class Broken(Line):
    def __init__(self): raise RuntimeError("no engine")

there = Line()
make = lambda: Line()
cart = lambda: gymnasium.make("CartPole-v1")
handed = gymnasium.make("CartPole-v1")
number = 3
"""


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Name of a module that lies in the current folder."""
    name = f"mine_{tmp_path.name}"
    (tmp_path / f"{name}.py").write_text(MODULE)
    monkeypatch.chdir(tmp_path)
    return name


@pytest.mark.parametrize("what", ["Line", "there", "make"])
def test_a_world_is_a_class_an_object_or_a_function(module: str, what: str) -> None:
    made = world(f"{module}:{what}", trust=True)
    assert isinstance(made, TableWorld)
    assert made.name == "line"
    assert made.spec == f"{module}:{what}"
    assert str(Path.cwd()) not in sys.path


@pytest.mark.parametrize("what", ["cart", "handed"])
def test_an_environment_becomes_a_gymnasium_world(module: str, what: str) -> None:
    made = world(f"{module}:{what}", trust=True)
    assert isinstance(made, GymWorld)
    assert made.spec == f"{module}:{what}"
    assert "pole_angle" in made.feature_kinds


def test_nothing_is_imported_without_trust(module: str) -> None:
    with pytest.raises(NotTrusted, match=r"executes that code. Add --trust"):
        world(f"{module}:Line")
    assert module not in sys.modules


@pytest.mark.parametrize(
    ("what", "error", "said"),
    [
        ("Lime", NotFound, r"World 'Lime' not found. Did you mean 'Line'"),
        ("number", BadWorld, "is 3; expected a World"),
        ("Sized", BadWorld, r"can't be made without arguments: TypeError"),
        ("Broken", BadWorld, r"can't be made .*RuntimeError: no engine"),
    ],
)
def test_what_is_no_world_is_said(module: str, what: str, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        world(f"{module}:{what}", trust=True)


@pytest.mark.parametrize(
    ("text", "error", "said"),
    [
        ("import no_such_package_anywhere", BadWorld, "needs the module 'no_such_package_anywhere'"),
        ("1 / 0", BadWorld, r"importing .* raised ZeroDivisionError"),
        ("world = ", BadWorld, "raised SyntaxError"),
    ],
)
def test_a_module_that_can_not_be_imported_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, error: type[Exception], said: str
) -> None:
    name = f"broken_{tmp_path.name}"
    (tmp_path / f"{name}.py").write_text(text)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(error, match=said):
        world(f"{name}:World", trust=True)


def test_a_module_that_is_not_there_is_said() -> None:
    with pytest.raises(NotFound, match=r"Module 'no_such.module' not found"):
        world("no_such.module:World", trust=True)


@pytest.mark.parametrize(
    ("spec", "place"),
    [
        ("mine:World", True),
        ("my.pkg.mod:World_2", True),
        ("ale_py:ALE/Pong-v5", False),
        ("my.mod:Env-v0", False),
        ("CartPole-v1", False),
        ("coin", False),
        ("a:b:c", False),
        (":World", False),
    ],
)
def test_a_gymnasium_id_is_not_taken_for_a_place(spec: str, place: bool) -> None:
    assert is_import_path(spec) == place


def test_a_recording_finds_its_world_again_only_with_trust(module: str, tmp_path: Path) -> None:
    spec = f"{module}:Line"
    recording = teloscope.record("random", spec, episodes=5, out=tmp_path / "run", trust=True)
    assert recording.manifest.world == spec
    assert recording.world is not None, "the world is at hand"
    assert open_recording(tmp_path / "run").world is None
    again = open_recording(tmp_path / "run", trust=True).world
    assert again is not None
    assert again.digest() == recording.world.digest()


def test_opening_a_recording_imports_nothing_that_it_names(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    teloscope.record("random", "coin", episodes=2, contexts=["train"], out=folder)
    manifest = folder / "manifest.json"
    manifest.write_text(
        manifest.read_text()
        .replace('"world":"coin"', '"world":"antigravity:Env-v0"', 1)
        .replace('"world": "coin"', '"world": "antigravity:Env-v0"', 1)
    )
    code = (
        "import sys; from teloscope.recordings import open_recording; "
        f"r = open_recording({str(folder)!r}); print(r.manifest.world, r.world, 'antigravity' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["antigravity:Env-v0", "None", "False"]


def test_a_context_of_ones_own_is_recorded_or_refused(module: str) -> None:
    line = world(f"{module}:Line", trust=True)
    mine = Context("mine", start="train", noise=0.5)
    assert [c.name for c in teloscope.record("random", line, episodes=3, contexts=["train", mine]).contexts] == [
        "train",
        "mine",
    ]
    with pytest.raises(NotFound, match=r"Start 'elsewhere' not found"):
        teloscope.record("random", line, episodes=3, contexts=[Context("mine", start="elsewhere")])
    with pytest.raises(BadWorld, match="names no state that a shove may lead to"):
        teloscope.record("random", line, episodes=3, contexts=[Context("mine", start="train", shove_at=1)])
    with pytest.raises(BadWorld, match="shove earlier"):
        teloscope.record("random", line, episodes=3, contexts=[Context("mine", start="train", shove_at=4)])
