"""`teloscope engines`."""

from __future__ import annotations

from teloscope.engines import ENGINES, registry
from teloscope.engines.local import models
from teloscope.engines.local.models import MODELS


def test_engines_have_a_line_each_and_say_what_they_lack(typed, monkeypatch) -> None:
    monkeypatch.setattr(registry, "readiness", lambda kind: "a thing" if kind == "gguf" else "")
    lines = typed("engines").out.splitlines()
    assert [line.split()[0] for line in lines if not line.startswith(" ")] == list(ENGINES)
    assert [line.strip() for line in lines if line.startswith(" ")] == ["not ready: a thing"]
    assert typed("engines --json").document == [
        {"engine": n, "about": k.about, "ready": n != "gguf", "lacks": "a thing" if n == "gguf" else ""}
        for n, k in ENGINES.items()
    ]


def test_what_is_not_here_says_how_to_get_it(typed, monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("TELOSCOPE_CACHE", str(tmp_path))
    monkeypatch.setattr(registry.importlib.util, "find_spec", lambda name: None if name == "inspect_ai" else object())
    lacks = {row["engine"]: row["lacks"] for row in typed("engines --json").document}
    assert "teloscope engines --fetch gemma270m" in lacks["gemma270m"]
    assert lacks["inspect"] == "pip install 'teloscope[inspect]'"
    assert lacks["null"] == lacks["synthetic"] == ""


def test_a_model_is_fetched(typed, monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(models, "obtain", lambda model: tmp_path / model.file)
    there = str(tmp_path / MODELS["smollm2"].file)
    assert typed("engines --fetch smollm2").out == f"{there}\n"
    assert typed("engines --fetch smollm2 --json").document == {"engine": "smollm2", "file": there}


def test_only_known_models_are_fetched(typed) -> None:
    ran = typed("engines --fetch smollm3")
    assert ran.status == 2
    assert "Did you mean 'smollm2'" in ran.err
