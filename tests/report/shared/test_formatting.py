"""How numbers are said; how foreign text is made safe to show."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from teloscope.report.shared.formatting import (
    NBSP,
    bits,
    count,
    p_value,
    percent,
    plural,
    rate_and_interval,
    sanitize,
    sanitize_document,
    sentence,
    span,
)
from teloscope.schema import Rate, VerdictDocument


@pytest.mark.parametrize(
    ("rate", "said"),
    [
        (0, "0 %"),
        (0.0001, "<0.1 %"),
        (0.018, "1.8 %"),
        (0.5, "50 %"),
        (0.935, "93.5 %"),
        (0.9999, ">99.9 %"),
        (1, "100 %"),
    ],
)
def test_percent(rate: float, said: str) -> None:
    assert percent(rate).replace(NBSP, " ") == said


@given(st.floats(0, 1))
def test_only_what_is_certain_is_said_to_be(rate: float) -> None:
    assert (percent(rate) == f"0{NBSP}%") is (rate == 0)
    assert (percent(rate) == f"100{NBSP}%") is (rate == 1)


def test_intervals_and_counts() -> None:
    sampled = Rate(hits=187, n=200, rate=0.935, low=0.891, high=0.965)
    exact = Rate(hits=None, n=None, rate=0.25, low=0.25, high=0.25)
    assert span(0.891, 0.965) == f"89–96.5{NBSP}%"
    assert count(sampled) == "187 of 200"
    assert count(exact) == "exact"
    assert rate_and_interval(sampled) == f"93.5{NBSP}% (89–96.5{NBSP}%)"
    assert rate_and_interval(exact) == f"25{NBSP}% exactly"


def test_sentences() -> None:
    assert sentence("it returns") == "It returns."
    assert sentence("end(coin_taken) is wanted") == "end(coin_taken) is wanted."
    assert sentence("Why?") == "Why?"
    assert sentence("") == ""


def test_small_numbers() -> None:
    assert [bits(b) for b in (0, 0.256, 5.24, 12)] == ["0.00", "0.26", "5.2", "12.0"]
    assert [p_value(p).replace(NBSP, " ") for p in (0, 0.03, 0.5, 1)] == ["p < .001", "p = .03", "p = .5", "p = 1"]
    assert [plural(n, "step").replace(NBSP, " ") for n in (0, 1, 1234)] == ["0 steps", "1 step", "1,234 steps"]


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("plain – ≥ ü 漢", "plain – ≥ ü 漢"),
        ("two\nlines\tand more", "two lines and more"),
        ("\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"),
        ("abc\u202edcb", "abc\\u202edcb"),
        ("nul\x00", "nul\\x00"),
        ("half \ud800", "half \\ud800"),
    ],
)
def test_what_is_invisible_is_spelled_out(text: str, seen: str) -> None:
    assert sanitize(text) == seen


@given(st.text())
def test_what_is_shown_can_be_written_and_read(text: str) -> None:
    seen = sanitize(text)
    assert seen.isprintable()
    assert sanitize(seen) == seen
    seen.encode("utf-8")


def test_a_whole_document_is_cleaned(document: VerdictDocument) -> None:
    contexts = [{"name": "a\x1bb", "note": "\x07"}]
    frame = document.frame.model_copy(
        update={"world": "\x1b]0;title\x07", "contexts": contexts, "features": {"\x1b": "bool"}}
    )
    told = sanitize_document(document.model_copy(update={"frame": frame, "notes": ["\x9b31m"]}))
    assert "\x1b" not in told.model_dump_json().encode().decode("unicode_escape").replace("\\x1b", "")
    assert told.frame.world == "\\x1b]0;title\\x07"
    assert told.frame.features == {"\\x1b": "bool"}
    assert told.frame.contexts[0]["name"] == "a\\x1bb"
    assert told.notes == ["\\x9b31m"]
