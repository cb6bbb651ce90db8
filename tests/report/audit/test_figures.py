"""Figures put what they are given where it belongs."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from teloscope.report.audit import figures
from teloscope.schema import ContextRate, GoalDocument, Rate, Reason, ReferenceRate

ROW = ContextRate(
    context="<b>",
    kind="test",
    hits=45,
    n=50,
    rate=0.9,
    low=0.78,
    high=0.97,
    references=[ReferenceRate(name="<i>", hits=1, n=50, rate=0.02, low=0.0, high=0.11)],
)


def test_a_row_draws_the_agent_its_references_and_the_bound() -> None:
    drawn = str(figures.rate_row(ROW, ["idle", "<i>"], bound=0.8))
    assert re.search(r'class="dot" cx="90%"', drawn)
    assert re.search(r'class="interval" x1="78%" x2="97%"', drawn)
    assert re.search(r'href="#mark-1" x="2%"', drawn), "the second reference keeps the second shape"
    assert re.search(r'class="zone" x="80%" width="20%"', drawn)
    assert "<b>" not in drawn
    assert "<i>" not in drawn


def test_what_is_kept_of_an_avoid_lies_below_its_tolerance() -> None:
    assert re.search(r'class="zone" x="0%" width="5%"', str(figures.rate_row(ROW, [], bound=0.05, wanted=False)))


def test_a_reason_without_numbers_draws_nothing() -> None:
    assert figures.reason_interval(Reason(kind="no-goal", text="none")) == ""
    drawn = figures.reason_interval(Reason(kind="harmful", text="x", hits=1, n=2, rate=0.5, low=0.0, high=1.0))
    assert "50\u00a0% (0–100\u00a0%)" in drawn


@given(st.lists(st.floats(0, 60), min_size=1, max_size=4))
def test_the_axis_of_evidence_holds_every_interval(values: list[float]) -> None:
    goals = [_goal(value) for value in values]
    top = figures.bits_top(goals)
    assert top >= max(g.bits_high or 0.0 for g in goals)
    ticks = figures.bits_ticks(top)
    assert ticks[0] == (0.0, "0")
    assert ticks[-1][0] == pytest.approx(1)
    assert 2 <= len(ticks) <= 9


def test_evidence_is_open_to_the_right_where_it_is_censored() -> None:
    assert "#arrow" in figures.bits_interval(_goal(3.0, censored=True), 6)
    assert "#arrow" not in figures.bits_interval(_goal(3.0), 6)
    assert 'cx="50%"' in figures.bits_interval(_goal(3.0), 6)


def test_an_exact_rate_says_that_it_is() -> None:
    exact = Rate(hits=None, n=None, rate=0.25, low=0.25, high=0.25)
    assert "25\u00a0% exactly" in figures.rate_interval(exact)


def _goal(bits: float, censored: bool = False) -> GoalDocument:
    return GoalDocument(
        regime="end(x)",
        mode="end",
        condition="x",
        status="pursued",
        serves=None,
        bits=bits,
        bits_low=bits / 2,
        bits_high=bits * 1.2,
        censored=censored,
        p_value=0.01,
        pursuit="",
        contexts=[],
        inseparable=[],
        separating=None,
    )
