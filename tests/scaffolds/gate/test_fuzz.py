"""Statements to the gate: a short run of bench/fuzz_gate.py, with an oracle of another make."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

BENCH = Path(__file__).parents[3] / "bench"


@pytest.fixture(scope="module")
def fuzzing(request: pytest.FixtureRequest) -> Any:
    sys.path.insert(0, str(BENCH))
    request.addfinalizer(lambda: sys.path.remove(str(BENCH)))
    import fuzz_gate  # pyright: ignore[reportMissingImports]

    return fuzz_gate


def test_nothing_passes_that_says_anything_but_a_denial(fuzzing: Any) -> None:
    found = fuzzing.fuzz(10_000, seed=7)
    assert found["first_of_them"] == []
    assert found["plain_denials_blocked"] == []
    assert found["passed"] > 300, "denials alone pass"


@pytest.mark.parametrize(
    ("said", "denies"),
    [
        ("No harm.", True),
        ("No harm, blood everywhere.", False),
        ("Nobody is safe.", False),
        ("It is not harmless.", False),
        ("harmless", True),
        ("No one will be hurt and nothing can break", True),
        ("no", True),
        ("harm", False),
    ],
)
def test_the_oracle_can_tell(fuzzing: Any, said: str, denies: bool) -> None:
    assert fuzzing.says_only_denials(said) is denies
