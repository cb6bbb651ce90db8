"""Missing cells, intervals and draws: what is certain, what is possible, and how often."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from teloscope import welfare
from teloscope.welfare import Utilities
from teloscope.welfare.robustness.dominance import find_dominance
from teloscope.welfare.robustness.switching_ratios import ratio_bounds, ratio_of
from teloscope.welfare.rules import RULES, answer, possible_winners


@st.composite
def intervals(draw) -> Utilities:
    """Three options, two beings; up to three cells are intervals."""
    low = np.array(draw(st.lists(st.integers(-3, 3), min_size=6, max_size=6)), dtype=float).reshape(3, 2)
    wide = np.zeros(6)
    for cell in draw(st.sets(st.integers(0, 5), min_size=1, max_size=3)):
        wide[cell] = draw(st.integers(1, 4))
    high = low + wide.reshape(3, 2)
    return welfare.table(["a", "b", "c"], ["x", "y"], (low + high) / 2, low, high, zeros=[-9.0, -9.0])


def corners(u: Utilities, steps: int = 2):
    """Every table with each uncertain cell at its ends, and between."""
    cells = np.argwhere(u.low < u.high)
    for ends in product(np.linspace(0, 1, steps), repeat=len(cells)):
        value = u.low.copy()
        for (o, b), end in zip(cells, ends, strict=True):
            value[o, b] = u.low[o, b] + end * (u.high[o, b] - u.low[o, b])
        yield replace(u, value=value, low=value, high=value)


@given(intervals())
def test_what_is_certain_holds_in_every_table(u: Utilities) -> None:
    found = find_dominance(u)
    told = [find_dominance(corner) for corner in corners(u)]
    for loser in found.by:
        assert all(loser in corner.by for corner in told)
    sometimes = {o for corner in told for o in corner.by}
    assert set(found.by) <= sometimes <= set(found.by) | set(found.depends)


@given(intervals())
def test_possible_winners_are_those_of_some_table(u: Utilities) -> None:
    """Exact for the rules that say so: no table within the intervals has another winner, and each is one's."""
    front, counts = find_dominance(u).front, np.ones(2)
    for rule in RULES:
        possible = possible_winners(rule, u, counts, front)
        assert possible is not None
        seen = {w for corner in corners(u, 3) for w in answer(rule, corner, counts, np.arange(3)).winners}
        if rule.respects_pareto and rule.monotone:
            assert seen == set(possible), rule.name
        assert set(possible) <= {w for corner in corners(u, 3) for w in answer(rule, corner, counts, front).winners}


@given(intervals())
def test_ratios_lie_within_their_bounds(u: Utilities) -> None:
    counts = np.ones(2)
    for x, y in ((0, 1), (2, 0)):
        low, high = ratio_bounds(u.low[x], u.high[x], u.low[y], u.high[y], counts)
        told = [float(ratio_of(c.value[x] - c.value[y], counts)) for c in corners(u, 3)]
        assert low - 1e-12 <= min(told) and max(told) <= high + 1e-12
        assert low in told or low == min(told)


def test_a_missing_cell_leaves_open_what_it_decides() -> None:
    found = welfare.compare({"option": ["a", "b", "c"], "x": [1, None, 0], "y": [0, 1, 2], "z": [1, 0, 0.5]}).document()
    assert any("What x gets from b is missing" in note for note in found.notes)
    assert any(rule.possible and len(rule.possible) > 1 for rule in found.rules)
    assert any("depending on the cells that are not known exactly, it picks" in text for text in found.changes)


def test_a_missing_cell_that_decides_dominance_is_told() -> None:
    found = welfare.compare({"option": ["a", "b", "c"], "x": [3, None, 0], "y": [2, 1, 0]})
    statuses = dict(found.options().select("option", "status").iter_rows())
    assert statuses == {"a": "undominated", "b": "dominated", "c": "depends"} or statuses["b"] in (
        "dominated",
        "depends",
    )
    assert found.document().options[0].possibly in ("best", "tied", "never")


def long(draws: np.ndarray) -> dict[str, list]:
    rows = [(d, f"o{o}", f"b{b}", draws[d, o, b]) for d, o, b in np.ndindex(draws.shape)]
    return {name: [row[i] for row in rows] for i, name in enumerate(("draw", "option", "being", "utility"))}


def test_draws_are_carried_through() -> None:
    rng = np.random.default_rng(0)
    mean = np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, -1.0]])
    found = welfare.compare(long(mean + rng.normal(0, 0.1, (200, 3, 2))), unit="given")
    document = found.document()
    lost = next(o for o in document.options if o.name == "o2")
    assert lost.undominated_share == 0
    rival = document.counted[0].rivals[0]
    assert rival.ratio_low is not None and rival.ratio_high is not None and rival.ratio is not None
    assert rival.ratio_low < rival.ratio < rival.ratio_high
    shares = next(rule.shares for rule in document.rules if rule.key == "sum")
    assert shares is not None and sum(shares.values()) == pytest.approx(1)
    assert 0.2 < shares["o0"] < 0.8
    assert not document.counted[0].priors[0].exact, "over draws, chances are drawn"


def test_chances_over_draws_mix_both_uncertainties() -> None:
    """Two tables with opposite answers, equally likely: each option is best in half of the draws, at every scale."""
    draws = np.array([[[2.0, 2.0], [1.0, 1.0]], [[1.0, 1.0], [2.0, 2.0]]])
    told = welfare.compare(long(draws)).chances()
    assert told["chance"].to_list() == pytest.approx([0.5] * len(told), abs=0.02)


def test_ranges_of_draws_use_the_same_unit_throughout() -> None:
    draws = np.array([[[4.0, 0.0], [0.0, 1.0]], [[2.0, 0.0], [0.0, 1.0]]])
    found = welfare.compare(long(draws), unit="given")
    rival = found.document().counted[0].rivals[0]
    assert (rival.ratio, rival.ratio_low, rival.ratio_high) == (3, 2, 4)
