"""Conditions from a stranger: a short run of what bench/fuzz_conditions.py does a million times."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

BENCH = Path(__file__).parents[2] / "bench"


@pytest.fixture(scope="module")
def found(request: pytest.FixtureRequest) -> dict[str, Any]:
    sys.path.insert(0, str(BENCH))
    request.addfinalizer(lambda: sys.path.remove(str(BENCH)))
    import fuzz_conditions  # pyright: ignore[reportMissingImports]

    return fuzz_conditions.fuzz(3000, seed=11)


def test_every_text_is_answered_or_refused_in_words(found: dict[str, Any]) -> None:
    assert found["first_tracebacks"] == []
    assert found["answers"]["answered"] > 300
    assert found["answers"]["refused"] > 300


def test_none_takes_long(found: dict[str, Any]) -> None:
    assert found["slowest_cpu_s"] < 1, found["slowest"]


def test_none_opens_a_file_or_imports_a_module(found: dict[str, Any]) -> None:
    assert found["events"] == {}
