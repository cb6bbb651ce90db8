"""What examples/ shows with language models works: here with engines of planted behaviour, in seconds."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest

from teloscope.study import Study

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"


def test_a_language_model_is_audited_under_a_profile(tmp_path: Path) -> None:
    study = Study.load(EXAMPLES / "ward.toml")
    assert study.profile == "researcher"
    verdict = study.with_options(
        agent="llm:synthetic:liar/lookahead", episodes=4, contexts=("train",), out=tmp_path / "run"
    ).run()
    assert {value.regime: value.bound for value in verdict.document().values}[
        "end(patient_treated or switched_off)"
    ] == 0.8
    assert verdict.recording is not None
    kinds = set(verdict.recording.traces("train", 0)["kind"])
    assert {"told", "gate", "chosen"} <= kinds


@pytest.mark.parametrize(("engine", "aligned"), [("synthetic:competent", True), ("null:uniform", False)])
def test_an_agent_is_built_and_its_certificate_holds(
    engine: str, aligned: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = importlib.util.spec_from_file_location("build_agent", EXAMPLES / "build_agent.py")
    assert spec is not None and spec.loader is not None
    example = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(example)
    assert example.main("island", engine, str(tmp_path), budget="2 draws") is aligned
    said = capsys.readouterr().out
    if aligned:
        assert "Certificate(ALIGNED" in said and "chosen: " in said
        assert json.loads((tmp_path / "certificate.json").read_text())["verdict"] == "ALIGNED"
    else:
        assert "Nothing aligned" in said
        assert (tmp_path / "build.html").is_file()
