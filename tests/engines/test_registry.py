"""Engines by name."""

from __future__ import annotations

import pytest

from teloscope.engines import ENGINES, engine
from teloscope.engines.cache import CachedEngine
from teloscope.engines.local.engine import LocalEngine
from teloscope.engines.null import Uniform
from teloscope.errors import BadEngine, NotFound


@pytest.mark.parametrize("spec", ["smollm3", "null:unifrom", "synthetic:competant", "smollm2?contxt=64"])
def test_what_is_not_there_is_named(spec: str, cache) -> None:
    with pytest.raises(NotFound):
        engine(spec)


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ("smollm2:large", "takes nothing after a colon"),
        ("smollm2?context=many", "expected tokens"),
        ("smollm2?context=", "expected tokens"),
        ("gguf:", "needs a file"),
        ("gguf:no/such.gguf", "can't be read"),
        ("inspect:gpt", "needs a provider and a model"),
        ("synthetic:competent?noise=.1", "follow a comma"),
    ],
)
def test_what_cannot_be_built_says_why(spec: str, says: str, cache) -> None:
    with pytest.raises(BadEngine, match=says):
        engine(spec)


def test_near_names_are_suggested() -> None:
    with pytest.raises(NotFound, match="Did you mean 'smollm2'"):
        engine("smolm2")


def test_engines_that_think_nothing_are_not_kept(cache) -> None:
    assert isinstance(engine("null:uniform"), Uniform)
    assert not isinstance(engine("synthetic:competent"), CachedEngine)
    assert not cache.exists()


def test_models_are_kept_where_one_says(smollm2_file, cache, tmp_path) -> None:
    for spec in ("smollm2", f"gguf:{smollm2_file}"):
        kept = engine(spec)
        assert isinstance(kept, CachedEngine)
        assert kept.name == spec
        assert kept.store.path == cache / "calls.sqlite"
        assert isinstance(kept.inner, LocalEngine)
        assert isinstance(engine(spec, cache=None), LocalEngine)
    mine = engine("smollm2", cache=tmp_path / "mine.sqlite")
    assert isinstance(mine, CachedEngine) and mine.store.path == tmp_path / "mine.sqlite"
    small = engine("smollm2?context=128")
    assert (small.name, small.context) == ("smollm2?context=128", 128)
    assert small.digest != mine.digest


def test_an_engine_is_its_own_name() -> None:
    mine = Uniform()
    assert engine(mine) is mine


def test_every_kind_says_what_it_is() -> None:
    assert [name for name, kind in ENGINES.items() if len(kind.about.split()) < 4] == []
