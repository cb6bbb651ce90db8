"""What is certified holds, though it was searched for. 500 builds are in bench/."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

from .conftest import Corridor


def test_certificates_of_builds_cover(corridor: Corridor, race: Callable[[str], ModuleType]) -> None:
    found = race("build_coverage").coverage(corridor, builds=15)
    assert found.intervals >= 30
    assert found.held / found.intervals >= 0.94
    assert found.builds == 15 and found.later > 0, "some are certified after others were tried"
