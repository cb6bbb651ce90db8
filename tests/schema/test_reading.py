"""Documents of another version or another kind are refused in plain words, whichever reader meets them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import teloscope
from teloscope.build import build
from teloscope.errors import BadRecording, TeloscopeError
from teloscope.goals import read_goals
from teloscope.recordings import open_recording
from teloscope.schema import Document, GoalsDocument
from teloscope.schema.document import FORMAT
from teloscope.schema.reading import read_document
from teloscope.study.pipeline import judge_and_save, write_report

WRITTEN = Path(__file__).parent / "written_by_0_1_0"
NOT_FOR_USERS = ("validation error", "pydantic", "Traceback", "Errno")


def built_again(folder: Path) -> Any:
    return build("island", "synthetic:competent", out=folder, budget="6 draws", episodes=100)


READERS: dict[str, tuple[str, Callable[[Path], Any], str]] = {
    "recording": ("island/manifest.json", lambda path: open_recording(path.parent), "not a manifest"),
    "recording gone on with": (
        "island/manifest.json",
        lambda path: teloscope.record("random", "island", out=path.parent),
        "not a manifest",
    ),
    "goals": ("island/goals.json", read_goals, "not a goals file"),
    "goals to judge": ("island/goals.json", judge_and_save, "not a goals file"),
    "verdict": ("island/verdict.json", write_report, "not a verdict"),
    "certificate": ("certificate.json", teloscope.verify, "not a certificate"),
    "agent": ("build/agent.json", lambda path: teloscope.agent(f"llm:{path}"), "not an agent"),
    "log of a build": ("build/attempts.jsonl", lambda path: built_again(path.parent), "not the log of a build"),
}
"""Reader -> a document, what reads it, and what is said where it is none."""


def changed(path: Path, **fields: Any) -> Path:
    """The document with other fields; of a log, its first line."""
    text = path.read_text("utf-8")
    first, rest = text.split("\n", 1) if path.suffix == ".jsonl" else (text, "")
    path.write_text(json.dumps(json.loads(first) | fields) + "\n" + rest, "utf-8")
    return path


@pytest.fixture
def old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(WRITTEN, tmp_path / "old")
    monkeypatch.chdir(tmp_path / "old")
    return tmp_path / "old"


def refused(read: Callable[[Path], Any], path: Path) -> str:
    """What is said of a document that is refused; nothing in its folder is touched."""
    before = {file: file.read_bytes() for file in path.parent.rglob("*") if file.is_file() and file.name != ".lock"}
    with pytest.raises(TeloscopeError) as found:
        read(path)
    assert before == {file: file.read_bytes() for file in before}
    said = str(found.value)
    assert str(path) in said
    assert not any(word in said for word in NOT_FOR_USERS), said
    return said


@pytest.mark.parametrize("reader", READERS)
def test_a_newer_version_is_refused_with_what_to_do(reader: str, old: Path) -> None:
    name, read, _ = READERS[reader]
    said = refused(read, changed(old / name, format=FORMAT + 1, versions={"teloscope": "9.0"}, brand_new=[1]))
    assert f"its format is {FORMAT + 1}, and this teloscope reads {FORMAT}" in said
    assert "written by teloscope 9.0" in said
    assert "pip install --upgrade teloscope" in said


@pytest.mark.parametrize("version", [0, "one", None, 1.5])
@pytest.mark.parametrize("reader", ["recording", "goals", "verdict", "certificate", "agent"])
def test_any_other_version_is_to_be_read_with_what_wrote_it(reader: str, version: Any, old: Path) -> None:
    name, read, _ = READERS[reader]
    said = refused(read, changed(old / name, format=version, versions=None))
    assert f"its format is {version!r}" in said
    assert "a teloscope that it doesn't name" in said
    assert "or write it anew" in said


@pytest.mark.parametrize("reader", READERS)
def test_another_kind_is_refused_by_its_name(reader: str, old: Path) -> None:
    name, read, noun = READERS[reader]
    said = refused(read, changed(old / name, kind="horoscope"))
    assert noun in said
    assert "it calls itself 'horoscope'" in said


@pytest.mark.parametrize("reader", ["recording", "goals", "verdict"])
def test_a_field_that_is_not_known_is_named(reader: str, old: Path) -> None:
    name, read, _ = READERS[reader]
    said = refused(read, changed(old / name, brand_new=[1]))
    assert "unknown to this teloscope, perhaps of a newer one: brand_new" in said


def test_a_context_with_a_field_that_is_not_known_is_said(old: Path) -> None:
    path = old / "island" / "manifest.json"
    contexts = json.loads(path.read_text("utf-8"))["frame"]["contexts"]
    frame = json.loads(path.read_text("utf-8"))["frame"] | {"contexts": [contexts[0] | {"wind": 3}, *contexts[1:]]}
    changed(path, frame=frame)
    said = refused(lambda path: teloscope.find_goals(open_recording(path.parent)), path)
    assert "wind" in said
    assert "a newer teloscope wrote it" in said


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "no whole JSON document"),
        (b'{"kind": "goals", "goals', "no whole JSON document"),
        (b"[" * 100_000, "no whole JSON document"),
        (b"\xff\xfe", "it is not a text"),
        (b"[1]", "the document itself"),
        (b'{"kind": "goals"}', r"missing or unreadable: recording, goals, candidates and \d+ more"),
    ],
)
def test_what_is_no_document_says_why(content: bytes, why: str, tmp_path: Path) -> None:
    path = tmp_path / "goals.json"
    path.write_bytes(content)
    with pytest.raises(BadRecording, match=rf"goals\.json is not a goals file \(.*{why}.*\)\. Make one"):
        read_document(GoalsDocument, path, "a goals file", "Make one with `teloscope goals`.")


def test_what_is_not_there_or_no_file_says_why(tmp_path: Path) -> None:
    for path, why in ((tmp_path / "none.json", "it is not there"), (tmp_path, "a folder stands where a file is meant")):
        with pytest.raises(BadRecording, match=why):
            read_document(GoalsDocument, path, "a goals file", "Make one with `teloscope goals`.")


def test_a_new_field_with_a_default_leaves_older_documents_readable() -> None:
    class Wider(GoalsDocument):
        brand_new: int = 7

    document = read_document(Wider, WRITTEN / "island" / "goals.json", "a goals file", "")
    assert document.brand_new == 7


def test_every_document_with_a_version_has_the_one_version() -> None:
    def all_models(model: type[Document]) -> list[type[Document]]:
        return [each for child in model.__subclasses__() for each in (child, *all_models(child))]

    versioned = [model for model in all_models(Document) if "format" in model.model_fields]
    assert len(versioned) >= 7
    for model in versioned:
        assert model.model_fields["format"].default == FORMAT
        assert isinstance(model.model_fields["kind"].default, str)
