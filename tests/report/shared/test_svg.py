"""Elements are escaped wherever foreign text enters."""

from __future__ import annotations

from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from teloscope.report.shared.svg import joined, share, tag

TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"), exclude_characters="\ufffe\uffff"))


@given(TEXT, TEXT)
def test_text_and_attributes_come_back_as_they_went_in(text: str, attribute: str) -> None:
    read = ElementTree.fromstring(tag("text", text, data_tip=attribute))
    assert (read.text or "") == text
    assert read.get("data-tip") == attribute


def test_attributes_are_spelled_as_svg_spells_them() -> None:
    made = tag("g", tag("path", d="M0 0"), class_="agent", stroke_width=1.25, x=None)
    assert made == Markup('<g class="agent" stroke-width="1.25"><path d="M0 0"/></g>')


def test_nothing_is_joined_to_nothing() -> None:
    assert joined(None, tag("g"), None) == Markup("<g/>")
    assert joined() == Markup("")


def test_positions_stay_on_the_axis() -> None:
    assert [share(r) for r in (-1.0, 0.0, 1 / 3, 1.0, 2.0)] == ["0%", "0%", "33.33%", "100%", "100%"]
