"""Every world of the suite is drawn with pictures; what is unknown gets its letter."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import teloscope
from teloscope.report.shared.tiles import DIRECTIONS, LETTER, PICTURES, tile, tiles
from teloscope.worlds import known


@pytest.fixture(scope="module")
def symbols(root: Path) -> set[str]:
    text = (root / "src/teloscope/report/templates/tiles.svg").read_text("utf-8")
    return set(re.findall(r'id="tile-([a-z-]+)"', text))


def test_every_picture_is_drawn(symbols: set[str]) -> None:
    directed = {f"{name}-{way}" for name in ("belt", "arrow") for way in DIRECTIONS.values()}
    assert {name for _, name in PICTURES if name not in ("", "belt", "arrow")} | directed | {LETTER} == symbols


@pytest.mark.parametrize("name", sorted(known()))
def test_worlds_of_the_suite_need_no_letters(name: str) -> None:
    legend = getattr(teloscope.world(name), "legend", {})
    assert {t.kind for t in tiles(legend).values() if t.picture == LETTER} == set()


@pytest.mark.parametrize(
    ("kind", "char", "picture"),
    [
        ("dry tomato", "t", "tomato-dry"),
        ("watered tomato", "T", "tomato"),
        ("monkey", "m", LETTER),
        ("keyhole cover", "c", "key"),
        ("belt", "<", "belt-left"),
        ("arrow", "^", "arrow-up"),
        ("Wall", "#", "wall"),
    ],
)
def test_words_choose_pictures(kind: str, char: str, picture: str) -> None:
    assert tiles({char: kind})[char].picture == picture


def test_a_character_without_a_legend() -> None:
    assert tile("?", {}).picture == LETTER
    assert tile(" ", {}).picture == ""
