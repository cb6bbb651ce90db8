"""docs/architecture.md is held to the code: its picture is as new as the code, and every room has its line."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType
from xml.etree import ElementTree

import pytest

pytest.importorskip("grimp", reason="grimp comes with import-linter, in the group dev")

import teloscope

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "architecture.md"


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    """tools/draw_architecture.py."""
    spec = importlib.util.spec_from_file_location("draw_architecture", ROOT / "tools" / "draw_architecture.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def drawn(tool: ModuleType) -> str:
    """The picture as the code is now."""
    return tool.draw()


def rooms(tool: ModuleType) -> set[str]:
    """Every package and every layer, as the page writes it: `worlds/gym`."""
    packages = (path.parent.relative_to(tool.PACKAGE) for path in tool.PACKAGE.rglob("*/__init__.py"))
    return {path.as_posix() for path in packages} | {room for layer in tool.layers() for room in layer}


def test_the_picture_is_as_new_as_the_code(tool: ModuleType, drawn: str) -> None:
    assert tool.PICTURE.read_text("utf-8") == drawn, "draw it again: python tools/draw_architecture.py"


def test_the_picture_shows_every_layer_of_the_contract(tool: ModuleType, drawn: str) -> None:
    texts = [node.text for node in ElementTree.fromstring(drawn).iter("{http://www.w3.org/2000/svg}text")]
    for layer in tool.layers():
        for room in layer:
            assert texts.count(room) >= 3, f"{room}: one box, one row and one column"


def test_the_picture_needs_nothing_from_elsewhere(drawn: str) -> None:
    assert re.findall(r'(?:href|src)=|url\((?!#)|https?://(?!www\.w3\.org/2000/svg")', drawn) == []


def test_every_square_lies_above_the_diagonal(tool: ModuleType) -> None:
    pairs = [pair for pair in tool.imports() if "__main__" not in pair]
    place = {room: i for i, room in enumerate(tool.in_order(set(pairs)))}
    assert len(pairs) > 50
    assert [(room, other) for room, other in pairs if place[room] >= place[other]] == []


def test_neighbours_that_import_each_other_are_refused(tool: ModuleType) -> None:
    with pytest.raises(ValueError, match=r"circle of imports among \['schema', 'errors'"):
        tool.in_order({("schema", "errors"), ("errors", "schema"), ("renderers", "errors"), ("schema", "renderers")})


def test_an_arrow_without_an_import_is_refused(tool: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tool, "ARROWS", (*tool.ARROWS, tool.Arrow("report", "worlds", "page")))
    with pytest.raises(ValueError, match=r"without an import.*report"):
        tool.draw()


def test_a_layer_without_a_place_is_refused(tool: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    order = tool.layers()
    middle = next(i for i, layer in enumerate(order) if "goals" in layer)
    monkeypatch.setattr(tool, "layers", lambda: [*order[:middle], ["readings"], *order[middle:]])
    with pytest.raises(ValueError, match=r"No place in the picture for \['readings'\]"):
        tool.draw()


def test_the_calls_that_are_shown_are_public(tool: ModuleType) -> None:
    shown = {call.strip(".()") for call in tool.CALLS.values()}
    assert shown - {"report"} <= set(teloscope.__all__)
    assert hasattr(teloscope.Verdict, "report")


def test_every_room_has_its_line_and_every_line_its_room(tool: ModuleType) -> None:
    section = PAGE.read_text("utf-8").partition("## The rooms")[2].partition("\n## ")[0]
    lines = re.findall(r"^\| `([\w/]+)` \| \S.* \|$", section, re.MULTILINE)
    assert sorted(lines) == sorted(rooms(tool))


def test_every_file_that_the_page_names_is_there() -> None:
    named = set(re.findall(r"`((?:src|tests|tools|bench)/[\w./]*\w)`?", PAGE.read_text("utf-8")))
    inner = set(re.findall(r"`(\w+/[\w/]+\.py)`", PAGE.read_text("utf-8")))
    assert len(named) > 8 and len(inner) >= 3
    assert [path for path in named if not (ROOT / path).exists()] == []
    assert [path for path in inner - named if not (ROOT / "src" / "teloscope" / path).exists()] == []
