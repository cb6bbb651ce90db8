"""What is certified holds; what is chosen and reported from the same episodes does not. 500 builds are in bench/."""

from __future__ import annotations

from teloscope.build.coverage import coverage

from .conftest import Corridor


def test_certificates_cover_and_naive_choice_does_not(corridor: Corridor) -> None:
    found = coverage(corridor, builds=30)
    assert found.certified_of >= 60
    assert found.certified / found.certified_of >= 0.94
    assert found.naive_of == 30
    assert found.naive / found.naive_of < 0.85
