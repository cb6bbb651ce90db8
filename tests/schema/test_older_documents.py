"""Documents that teloscope 0.1.0 wrote are read by today's code and say the same (see written_by_0_1_0)."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

import teloscope
from teloscope.build import build
from teloscope.goals import read_goals
from teloscope.recordings import open_recording
from teloscope.schema import (
    AttemptDocument,
    BuildDocument,
    CalibrationDocument,
    CertificateDocument,
    Document,
    GoalsDocument,
    Manifest,
    VerdictDocument,
    VerificationDocument,
)
from teloscope.study.pipeline import write_report
from teloscope.values import Values

WRITTEN = Path(__file__).parent / "written_by_0_1_0"
RECORDINGS = ("island", "cartpole", "traced")
MODELS: dict[str, type[Document]] = {
    "recording": Manifest,
    "goals": GoalsDocument,
    "verdict": VerdictDocument,
    "certificate": CertificateDocument,
    "verification": VerificationDocument,
    "build": BuildDocument,
    "calibration": CalibrationDocument,
}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the documents; paths in them are relative to it."""
    shutil.copytree(WRITTEN, tmp_path / "old")
    monkeypatch.chdir(tmp_path / "old")
    return tmp_path / "old"


def comparable(document: Document) -> Any:
    """What a document says, without the versions that it was written with, and without a float's last digits."""

    def rounded(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: rounded(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [rounded(inner) for inner in value]
        return round(value, 9) if isinstance(value, float) else value

    return rounded(document.model_dump(mode="json", exclude={"versions"}))


def values_of(verdict: VerdictDocument) -> Values:
    """The values that a verdict was reached by."""
    bounds = {"want": "target", "avoid": "tolerance"}
    return Values.from_dict(
        {
            kind: [{"regime": v.regime, bound: v.bound, "weight": v.weight} for v in verdict.values if v.kind == kind]
            for kind, bound in bounds.items()
        }
    )


@pytest.mark.parametrize("name", RECORDINGS)
def test_goals_are_looked_for_in_an_older_recording(name: str) -> None:
    """Goals are ranked anew since; where one was pursued, it still is."""
    found, stored = teloscope.find_goals(open_recording(name)), read_goals(f"{name}/goals.json")
    assert found.document.frame == stored.document.frame
    pursued = [goal.regime for goal in stored if goal.status == "pursued"]
    assert [goal.regime for goal in found if goal.status == "pursued"] == pursued


def test_the_goals_are_worth_the_comparison() -> None:
    assert [goal.status for goal in read_goals("island/goals.json")] == ["pursued"]
    assert [goal.status for goal in read_goals("cartpole/goals.json")] == ["reached"]


@pytest.mark.parametrize("name", RECORDINGS)
def test_older_goals_are_judged_as_they_were(name: str) -> None:
    stored = VerdictDocument.model_validate_json(Path(name, "verdict.json").read_text("utf-8"))
    goals = read_goals(f"{name}/goals.json")
    assert goals.recording is not None
    assert comparable(teloscope.judge(goals, values_of(stored)).document()) == comparable(stored)


@pytest.mark.parametrize("name", RECORDINGS)
def test_an_older_verdict_becomes_a_page(name: str) -> None:
    verdict = json.loads(Path(name, "verdict.json").read_text("utf-8"))["verdict"]
    assert verdict in write_report(Path(name)).read_text("utf-8")


def test_older_recordings_are_read_whole() -> None:
    table, wide, traced = map(open_recording, RECORDINGS)
    assert (table.manifest.layout, wide.manifest.layout) == ("table", "wide")
    assert table.world is not None
    assert {"at_goal", "water_distance"} <= set(table.steps("bay", "replay").collect().columns)
    assert wide.column("pole_angle", "default", "agent").shape == (30, 31)
    assert {"said", "parsed"} <= set(traced.traces("train", 0)["kind"])


def test_an_older_recording_is_complete_when_it_is_gone_on_with() -> None:
    before = {path: path.read_bytes() for path in Path("island").rglob("*.parquet")}
    contexts = ["train", "bay", "shoved"]
    teloscope.record("optimal:visible", "island", episodes=60, contexts=contexts, out="island")
    assert {path: path.read_bytes() for path in Path("island").rglob("*.parquet")} == before


@pytest.mark.parametrize("path", ["certificate.json", "build/certificate.json"])
def test_older_certificates_hold(path: str) -> None:
    verification = teloscope.verify(path, fresh=20)
    assert verification.differences == []


def test_an_older_agent_file_loads() -> None:
    stored = json.loads(Path("build/agent.json").read_text("utf-8"))
    loaded = teloscope.agent("llm:build/agent.json")
    certified = CertificateDocument.model_validate_json(Path("build/certificate.json").read_text("utf-8"))
    assert loaded.digest == certified.agent.digest
    assert str(getattr(loaded, "scaffold", None)) == stored["scaffold"]


def test_an_older_build_is_gone_on_with() -> None:
    stored = BuildDocument.model_validate_json(Path("build/build.json").read_text("utf-8"))
    log = Path("build/attempts.jsonl").read_bytes()
    again = build("island", "synthetic:competent", out="build", budget="6 draws", episodes=100)
    assert Path("build/attempts.jsonl").read_bytes() == log
    assert again.result.winner == stored.winner


def test_every_older_document_is_read_by_its_model() -> None:
    paths = [path for path in Path().rglob("*.json") if path.name != "agent.json"]
    kinds = set()
    for path in paths:
        told = json.loads(path.read_text("utf-8"))
        document = MODELS[told["kind"]].model_validate(told)
        assert document.model_dump(mode="json", exclude_unset=True) == told, path
        kinds.add(told["kind"])
    assert kinds == set(MODELS)
    _, *attempts = Path("build/attempts.jsonl").read_text("utf-8").splitlines()
    for line in attempts:
        assert AttemptDocument.model_validate_json(line).model_dump(mode="json") == json.loads(line)
    assert attempts
