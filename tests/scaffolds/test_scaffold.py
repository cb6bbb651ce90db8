"""Lines of scaffolds: what is written reads back, and what can't be meant is refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from teloscope.errors import BadScaffold, NotFound
from teloscope.scaffolds.grammar import PRIOR, choices, draw, enumerate_all, listing
from teloscope.scaffolds.scaffold import FAMILIES, PRESETS, Scaffold


@pytest.mark.parametrize(
    ("line", "written", "family", "tabulates"),
    [
        ("direct", "score", "direct", True),
        ("score+calibrated", "score+calibrated", "calibrated", True),
        ("shots:2", "score+shots:2", "few-shot", True),
        ("think", "score+think:48", "think", True),
        ("story+think:8+sample:0.5", "score+story+think:8+sample:0.5", "think", False),
        ("text", "text", "text", True),
        ("vote", "text+sample:0.7+vote:5", "text", False),
        ("lookahead:16+judge:very+margin:1", "lookahead:16+margin:1", "lookahead", True),
        ("direct+gate:researcher", "score+gate:researcher", "direct", True),
        ("memory:2+map", "score+map+memory:2", "direct", True),
        ("chat+plain+told:task", "score", "direct", True),
        ("letters+calibrated", "score+letters+calibrated", "calibrated", True),
        ("gate:my%2Ffile.toml", "score+gate:my%2Ffile.toml", "direct", True),
    ],
)
def test_lines_are_read(line, written, family, tabulates):
    scaffold = Scaffold.parse(line)
    assert (str(scaffold), scaffold.family, scaffold.tabulates) == (written, family, tabulates)
    assert Scaffold.parse(str(scaffold)) == scaffold


@pytest.mark.parametrize("name", PRESETS)
def test_named_scaffolds_read(name):
    assert Scaffold.parse(Scaffold.parse(name).__str__()) == Scaffold.parse(name)


@given(st.text(min_size=1))
def test_advice_survives_the_line(advice):
    scaffold = Scaffold(advice=advice)
    line = str(scaffold)
    assert Scaffold.parse(line) == scaffold
    assert "/" not in line and "?" not in line, "a line stands after a slash, before options"


@given(st.floats(0, 100), st.floats(0, 10), st.text(min_size=1))
def test_numbers_and_paths_survive_the_line(margin, sample, gate):
    for scaffold in (Scaffold("lookahead", 4, margin=margin, sample=sample), Scaffold(gate=gate)):
        assert Scaffold.parse(str(scaffold)) == scaffold


@pytest.mark.parametrize(
    ("line", "error", "says"),
    [
        ("scor", NotFound, "'score'"),
        ("", NotFound, "Piece of a scaffold"),
        ("score+text", BadScaffold, "twice"),
        ("score+score", BadScaffold, "twice"),
        ("think:4+think:5", BadScaffold, "twice"),
        ("map+plain", BadScaffold, "twice"),
        ("think:x", BadScaffold, "whole number"),
        ("think:nan", BadScaffold, "whole number"),
        ("sample:inf", BadScaffold, "a number"),
        ("think:100000", BadScaffold, "expected 0 to"),
        ("lookahead:0", BadScaffold, "steps ahead"),
        ("lookahead:4+think:5", BadScaffold, "doesn't use"),
        ("lookahead:4+told:nothing", BadScaffold, "ask about the task"),
        ("score+serves:told", BadScaffold, "only lookahead"),
        ("lookahead:4+serves:odd", NotFound, "'odd'"),
        ("lookahead:4+critic:odd", NotFound, "'odd'"),
        ("lookahead:4+aim:2", BadScaffold, "judges none for the errand"),
        ("lookahead:4+serves:told+aim:9", BadScaffold, "expected 1 to"),
        ("lookahead:4+story", BadScaffold, "doesn't use"),
        ("lookahead:4+judge:odd", NotFound, "'odd'"),
        ("text+letters", BadScaffold, "reads free text"),
        ("score+margin:1", BadScaffold, "only lookahead"),
        ("text+calibrated", BadScaffold, "calibrates"),
        ("score+vote:3", BadScaffold, "equal draws"),
        ("map:3", BadScaffold, "takes no value"),
        ("calibrated:1", BadScaffold, "takes no value"),
        ("memory", BadScaffold, "needs a value"),
        ("told:lies", BadScaffold, "'lies'"),
    ],
)
def test_what_cannot_be_meant_is_refused(line, error, says):
    with pytest.raises(error, match=says):
        Scaffold.parse(line)


def test_the_prior_draws_what_the_grammar_holds():
    every = list(enumerate_all())
    lines = {str(scaffold) for scaffold in every}
    assert len(lines) == len(every), "each scaffold once"
    rng = np.random.default_rng(0)
    drawn = [draw(rng) for _ in range(400)]
    assert {str(scaffold) for scaffold in drawn} <= lines
    assert {scaffold.decide for scaffold in drawn} == set(PRIOR)
    assert {scaffold.family for scaffold in drawn} == set(FAMILIES)
    assert all(draw(rng, "text").decide == "text" for _ in range(20))
    assert [str(draw(np.random.default_rng(3))) for _ in range(2)] == [str(draw(np.random.default_rng(3)))] * 2


def test_every_piece_is_listed_and_reads():
    for piece in listing():
        word = piece.piece.partition(":")[0]
        before = {"vote": "sample:1+", "aim": "lookahead:4+serves:told+", "ranked": "lookahead:4+serves:told+"}.get(
            word, ""
        )
        before = "lookahead:4+" if word in ("judge", "margin", "serves", "critic", "interruptible") else before
        Scaffold.parse(before + piece.piece)
    assert "very" in choices("lookahead")["judge"]
