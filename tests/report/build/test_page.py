"""The page and the table of a build say what its document says, and nothing in it runs."""

from __future__ import annotations

import io
import itertools
import re
from pathlib import Path

import pytest
from rich.console import Console

from teloscope.report.build.page import HEIGHT, curve, interval, render_build, steering, summary, write_build_page
from teloscope.report.build.scaffold_parts import parts_of
from teloscope.report.build.terminal import LiveCurve, chart, print_build, wrap_scaffold
from teloscope.scaffolds.grammar import enumerate_all
from teloscope.schema import AttemptDocument, BuildDocument, CurvePoint, FamilyDocument, Reason

EVIL = "</script><script>alert(1)</script><img src=x onerror=alert(2)>"


def look(number: int = 1, **given: object) -> AttemptDocument:
    said = {
        "number": number, "scaffold": "score", "family": "direct", "rung": 2, "episodes": None, "v": 0.5,
        "v_null": 0.25, "v_best": 1.0, "j": 1 / 3, "verdict": "AIMLESS", "cost": 90.0, "calls": 10 * number,
        "seconds": 1.5 * number,
    }  # fmt: skip
    return AttemptDocument.model_validate(said | given)


WINNER = look(2, scaffold="lookahead:16+margin:1", family="lookahead", verdict="ALIGNED", j=0.97, cost=23.0)


def document(**given: object) -> BuildDocument:
    said = {
        "aligned": True, "winner": WINNER, "direct": look(), "nearest": None, "mend": [], "world": "ward",
        "world_digest": "0" * 64, "engine": "smollm2", "engine_digest": "1" * 64, "profile": None,
        "values": {"want": [{"regime": "end(dosed)", "target": 0.9, "weight": 1.0}],
                   "avoid": [{"regime": "reach(broken)", "tolerance": 0.05, "weight": 1.0}]},
        "best_exact": True, "seed": 0, "budget": "5m", "ended": "It was found.", "attempts": 9, "certified": 2,
        "calls": 200, "tokens_read": 1000, "tokens_written": 10, "seconds": 30.0, "folder": "mine", "notes": [],
        "versions": {"teloscope": "0"},
        "families": [FamilyDocument(family="direct", tried=3, best=look()),
                     FamilyDocument(family="lookahead", tried=6, best=WINNER)],
        "curve": [CurvePoint(calls=10, seconds=1.5, attempts=1, j=1 / 3, verdict="AIMLESS", scaffold="score"),
                  CurvePoint(calls=20, seconds=3.0, attempts=2, j=0.97, verdict="ALIGNED", scaffold=WINNER.scaffold)],
    }  # fmt: skip
    return BuildDocument.model_validate(said | given)


def missed(**given: object) -> BuildDocument:
    reasons = [Reason(kind="want-missed", text="end(dosed) is wanted in 90% of episodes")]
    nearest = look(3, scaffold="text", family="text", verdict="MISALIGNED", j=0.4, reasons=reasons)
    said = {"aligned": False, "winner": None, "nearest": nearest, "mend": ["Try a stronger engine."]}
    return document(**(said | given))


def printed(shown: BuildDocument, width: int = 110) -> str:
    out = io.StringIO()
    print_build(shown, Console(file=out, width=width))
    return out.getvalue()


def test_the_page_shows_winner_direct_and_certificate() -> None:
    page = render_build(document())
    assert ">ALIGNED</span></h1>" in page
    for said in (WINNER.scaffold, "direct prompting", "0.97", "0.33", "teloscope verify mine/certificate.json"):
        assert said in page
    assert "What to try next" not in page
    assert page.count('class="ours"') == 1


def test_the_page_says_how_near_it_came_and_why() -> None:
    page = render_build(missed())
    assert ">NOT ALIGNED</span></h1>" in page
    for said in (
        "What came nearest, piece by piece",
        "<code>end(dosed)</code> is wanted in 90% of episodes",
        "stronger",
    ):
        assert said in page
    assert "teloscope verify" not in page


@pytest.mark.parametrize("shown", [document(), missed(), missed(direct=None, families=[], curve=[], nearest=None)])
def test_no_script_may_run_and_nothing_is_fetched(shown: BuildDocument) -> None:
    page = render_build(shown)
    assert "script-src" not in page and "<script" not in page and "default-src 'none'" in page
    assert not re.search(r"""(?:src|href)\s*=\s*["'](?!data:|#)""", page)


def test_what_is_foreign_is_escaped() -> None:
    evil = look(3, scaffold="score+advice:Do%20it", note=EVIL, reasons=[Reason(kind="no-goal", text=EVIL)])
    page = render_build(document(engine=EVIL, world=EVIL, notes=[EVIL], nearest=evil, winner=None, aligned=False))
    assert "<script>" not in page and "<img" not in page


def test_undefined_steering_is_a_dash() -> None:
    assert (steering(None), steering(-0.5), steering(0.974)) == ("–", "−0.50", "0.97")
    page = render_build(document(winner=None, nearest=look(j=None), aligned=False))
    assert "None" not in re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL)


def test_every_scaffold_that_can_be_drawn_is_explained() -> None:
    for scaffold in enumerate_all():
        pieces = parts_of(str(scaffold))
        assert "+".join(piece.written for piece in pieces) == str(scaffold)
        assert all(piece.meaning.endswith((".", "”")) or piece.meaning for piece in pieces)
        assert not any("{" in piece.meaning for piece in pieces)


def test_the_page_is_written_whole(tmp_path: Path) -> None:
    path = write_build_page(document(), tmp_path / "new" / "build.html")
    assert path.read_text().rstrip().endswith("</html>")
    assert list(path.parent.iterdir()) == [path]


def test_the_terminal_says_the_same() -> None:
    text = printed(document())
    assert text.startswith("ALIGNED")
    for said in (WINNER.scaffold, "→ lookahead", "exact", "mine/agent.json", "mine/certificate.json"):
        assert said in text
    other = printed(missed())
    assert other.startswith("NOT ALIGNED") and "→ Try a stronger engine." in other
    assert "agent.json" not in other
    assert summary(missed()).replace("\n", " ") in " ".join(other.split())


def test_foreign_names_are_not_obeyed_by_the_terminal() -> None:
    assert "\x1b" not in printed(document(engine="[red]\x1b[2J", world="[link=x]w"))


def test_the_growing_curve_rises_to_the_best() -> None:
    looks = [look(1, j=0.0), look(2, rung=0, verdict=None, j=1.0), look(3, j=0.5), look(4, j=1.0, verdict="ALIGNED")]
    rows = [row for _, row in chart(looks, 40)]
    heights = ["".join(column).strip() for column in zip(*reversed(rows), strict=True)]
    filled = [len(column) for column in heights]
    assert filled == sorted(filled)
    assert (filled[0], filled[-1]) == (0, len(rows))
    assert filled[len(filled) * 7 // 8] == len(rows) // 2, "what is not certified does not count"


def test_where_there_is_no_terminal_each_certificate_is_a_line() -> None:
    out = io.StringIO()
    with LiveCurve(Console(file=out, width=110)) as growing:
        for seen in (look(1), look(2, rung=0, verdict=None), WINNER):
            growing.add(seen)
    assert [line.split()[-1] for line in out.getvalue().splitlines()] == ["score", WINNER.scaffold]


def test_in_a_terminal_it_is_redrawn() -> None:
    out = io.StringIO()
    with LiveCurve(Console(file=out, width=80, force_terminal=True)) as growing:
        growing.add(look(1))
        growing.add(WINNER)
    assert "Steering J against time" in out.getvalue()


def test_what_nothing_bounds_is_drawn_to_the_edge_and_said():
    open_below = look(episodes=400, j=0.4, j_low=None, j_high=0.75)
    assert 'x1="0%" x2="75%"' in interval(open_below)
    assert "400 fresh episodes, J −∞ to 0.75" in printed(document(direct=open_below))
    guess = look(rung=0, episodes=1, verdict=None, j=0.4)
    assert 'x1="40%" x2="40%"' in interval(guess), "what was only looked at has no interval to show"


def test_the_axis_of_steering_reaches_down_to_what_is_drawn() -> None:
    below = str(curve(document(direct=look(j=-0.31))))
    assert ">−0.31</text>" in below
    (bound,) = re.findall(r'class="bound"[^>]* y1="([\d.]+)"', below)
    grid = [float(y) for y in re.findall(r'class="grid"[^>]* y1="([\d.]+)"', below)]
    assert float(bound) == max(grid) == 10 + HEIGHT
    assert sorted(grid)[-2] < max(grid) - 40, "0 lies above it"
    assert "−" not in re.sub(r'aria-label="[^"]*"', "", str(curve(document()))), "what is not below 0 starts there"
    (fell,) = (CurvePoint(calls=1, seconds=1, attempts=1, j=-2.0, verdict="MISALIGNED", scaffold="text"),)
    assert ">−2.00</text>" in str(curve(document(direct=None, curve=[fell])))


def test_labels_of_the_axis_do_not_stand_on_each_other() -> None:
    for j in (-0.02, -0.3, -8.0, -60.0):
        drawn = str(curve(document(direct=look(j=j))))
        at = sorted(float(y) for y in re.findall(r'<text[^>]* y="([\d.]+)"', drawn))
        assert all(b - a >= 12 for a, b in itertools.pairwise(at)) and len(at) >= 2


def test_regimes_and_scaffolds_in_sentences_are_code() -> None:
    nearest = look(3, scaffold="score+story", reasons=[Reason(kind="want-missed", text="end(dosed) is <wanted>")])
    mended = ["Look at what keeps score+story from ALIGNED.", "Give lookahead:16+judge:both, or a text, more."]
    page = render_build(missed(nearest=nearest, mend=mended, notes=["reach(broken) is rare"]))
    for said in (
        "<code>end(dosed)</code> is &lt;wanted&gt;.",
        "keeps <code>score+story</code> from ALIGNED.",
        "Give <code>lookahead:16+judge:both</code>, or a text, more.",
        "<code>reach(broken)</code> is rare.",
    ):
        assert said in page


def test_reasons_keep_their_indent_where_they_wrap() -> None:
    reasons = [Reason(kind="want-missed", text="word " * 40)]
    text = printed(missed(nearest=look(3, reasons=reasons), mend=["mended " * 40]), width=60)
    for first in ("word", "mended"):
        lines = [line for line in text.lower().splitlines() if f"{first} {first}" in line]
        assert len(lines) > 2
        assert len({line.index(first) for line in lines}) == 1


@pytest.mark.parametrize("width", [80, 110])
def test_a_table_breaks_scaffolds_only_between_pieces(width: int) -> None:
    line = "lookahead:16+judge:both+margin:0.5+gate:researcher"
    best = look(2, scaffold=line, family="lookahead", verdict="UNDECIDED", episodes=400, j_low=0.1, j_high=0.9)
    table = printed(missed(families=[FamilyDocument(family="lookahead", tried=6, best=best)]), width)
    for piece in line.split("+"):
        assert piece in table
    assert max(map(len, table.splitlines())) <= width
    assert "UNDECIDED" in table


def test_every_scaffold_is_broken_into_what_it_was() -> None:
    for scaffold in (*map(str, enumerate_all()), "score+advice:" + "Take care. " * 20):
        for width in (1, 12, 26):
            rows = wrap_scaffold(scaffold, width).split("\n")
            assert "".join(rows) == scaffold
            assert all(0 < len(row) <= width for row in rows)
    assert wrap_scaffold("lookahead:16+judge:both+margin:0.5", 26) == "lookahead:16+judge:both\n+margin:0.5"
