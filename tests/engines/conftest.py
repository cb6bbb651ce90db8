"""Engines for tests: the embedded model where it is installed, and one that is scripted and counts."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from teloscope.engines import Decoding, Engine, Prompt, Reply, Spent
from teloscope.engines.local.engine import LocalEngine
from teloscope.engines.local.models import MODELS, find


class Scripted(Engine):
    """Answers from the letters of a prompt; remembers what it was asked."""

    name, digest = "scripted", hashlib.sha256(b"scripted").hexdigest()

    def __init__(self) -> None:
        self.heard: list[str] = []

    def complete(self, prompts: Sequence[Prompt], decoding: Decoding, draws: Sequence[int] | None = None):
        self.heard += [p.render() for p in prompts]
        return [
            Reply(f"{p.render()}{decoding.temperature}{draw}", tokens_read=len(p.render()))
            for p, draw in zip(prompts, draws or [0] * len(prompts), strict=True)
        ]

    def choose(self, prompts: Sequence[Prompt], options: Sequence[Sequence[str]]):
        self.heard += [p.render() for p in prompts]
        return [np.array([-len(o) - len(p.render()) / 7 for o in os]) for p, os in zip(prompts, options, strict=True)]

    @property
    def spent(self) -> Spent:
        return Spent(calls=len(self.heard))


@pytest.fixture
def scripted() -> Scripted:
    return Scripted()


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder for what engines keep."""
    monkeypatch.setenv("TELOSCOPE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture(scope="session")
def smollm2_file() -> Path:
    """The embedded model's file."""
    pytest.importorskip("xllamacpp")
    path = find(MODELS["smollm2"])
    if path is None:
        pytest.skip("the model smollm2 is not on this machine: `make test` or `teloscope engines --fetch smollm2`")
    return path


@pytest.fixture(scope="session")
def loaded(smollm2_file: Path) -> LocalEngine:
    """Keeps the model in memory while tests ask it."""
    engine = LocalEngine("smollm2", smollm2_file, weights=MODELS["smollm2"].sha256)
    engine._server()
    return engine


@pytest.fixture
def smollm2(smollm2_file: Path, loaded: LocalEngine) -> LocalEngine:
    """The embedded model, counting from zero; loaded once a process."""
    return LocalEngine("smollm2", smollm2_file, weights=MODELS["smollm2"].sha256)
