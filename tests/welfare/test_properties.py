"""What has to hold of every table, with ties, dominated options and opposed beings among them.

Fifty tables each in every run; a thousand each with `HYPOTHESIS_PROFILE=explore pytest tests/welfare`.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations, product

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from teloscope import welfare
from teloscope.welfare import Utilities
from teloscope.welfare.robustness.dominance import dominates, find_dominance
from teloscope.welfare.robustness.nearest_scales import nearest_by_spread
from teloscope.welfare.robustness.setting import Counting, Setting, make_setting
from teloscope.welfare.robustness.support import Support, find_support
from teloscope.welfare.robustness.switching_ratios import Ratios, find_ratios
from teloscope.welfare.rules import RULES, answer, answers
from teloscope.welfare.scales.chances import chances
from teloscope.welfare.scales.priors import LogNormal
from teloscope.welfare.scales.sampling import best_shares, uniforms, weights_of


@st.composite
def tables(draw, most_options: int = 5, most_beings: int = 4, least_beings: int = 1) -> Utilities:
    """A table of small whole numbers, so that ties are common."""
    options = draw(st.integers(2, most_options))
    beings = draw(st.integers(least_beings, most_beings))
    cells = draw(st.lists(st.integers(-4, 4), min_size=options * beings, max_size=options * beings))
    return made(np.array(cells, dtype=float).reshape(options, beings))


def made(values: NDArray[np.float64], **more) -> Utilities:
    return welfare.table(
        [f"o{i}" for i in range(values.shape[0])], [f"b{i}" for i in range(values.shape[1])], values, **more
    )


scales = st.lists(st.floats(1e-3, 1e3), min_size=4, max_size=4)
shifts = st.lists(st.floats(-50, 50), min_size=4, max_size=4)


def ratios_of(setting: Setting, counting: Counting = "averages") -> Ratios:
    return find_ratios(setting.values, setting.ordinal, setting.kind_counts(counting))


def support_of(setting: Setting, x: int) -> Support:
    return find_support(setting.values, setting.ordinal, x)


def supports_of(setting: Setting) -> list[Support]:
    return [support_of(setting, x) for x in range(len(setting.rows))]


@given(tables(), scales, shifts, st.integers(0, 4))
def test_rescaling_and_shifting_changes_nothing(table: Utilities, a: list[float], c: list[float], which: int) -> None:
    """Levels 1 to 3 (level 2 for one option of each table), and the rules that are made not to depend on scales."""
    beings = len(table.beings)
    other = made(table.value * np.array(a[:beings]) + np.array(c[:beings]))
    one, two = make_setting(table, "range"), make_setting(other, "range")
    assert one.dominance.by == two.dominance.by
    assert one.dominance.twins == two.dominance.twins
    assert one.rows.tolist() == two.rows.tolist()
    assert one.kinds == two.kinds
    x = which % len(one.rows)
    assert support_of(one, x).kind == support_of(two, x).kind
    for first, second in zip(ratios_of(one, "totals"), ratios_of(two, "totals"), strict=True):
        np.testing.assert_allclose(first, second, rtol=1e-7, atol=1e-12)
    counts = np.ones(beings)
    before, after = (answers(u, counts, s.dominance.front) for u, s in ((table, one), (other, two)))
    for key in ("range", "variance", "rank", "borda"):
        assert before[key].winners == after[key].winners, key


@given(tables(), scales)
def test_a_nash_product_needs_zeros_and_no_common_scale(table: Utilities, a: list[float]) -> None:
    beings = len(table.beings)
    factors, positive = np.array(a[:beings]), table.value + 5.0
    one = made(positive, zeros=np.zeros(beings))
    two = made(positive * factors, zeros=np.zeros(beings))
    front = find_dominance(one).front
    picks = [answers(u, np.ones(beings), front)["nash"] for u in (one, two)]
    assert picks[0].refused is None
    assert picks[0].winners == picks[1].winners


@given(tables(most_options=6))
def test_dominated_options_never_win(table: Utilities) -> None:
    """Even where every option is judged, and not only the undominated ones."""
    u = replace(table, zeros=np.full(len(table.beings), -5.0))
    dominance = find_dominance(u)
    everything, counts = np.arange(len(u.options)), np.ones(len(u.beings))
    for rule in RULES:
        picked = answer(rule, u, counts, everything)
        assert picked.refused is None
        if rule.respects_pareto:
            assert not set(picked.winners) & set(dominance.by), rule.name
        assert set(picked.winners) - set(dominance.by) or not rule.respects_pareto
    scaled = u.in_ranges().value
    for loser in sorted(dominance.by)[:1]:
        assert find_support(scaled, u.ordinal, loser).kind == "never"
    share = best_shares(weights_of(LogNormal(2).logs(uniforms(len(u.beings), 0, 2)[0, :128]), counts) @ scaled.T)
    assert not share[sorted(dominance.by)].any()


@given(tables(most_options=6))
def test_dominance_is_its_definition(table: Utilities) -> None:
    v = table.value
    expected = {y for y, x in product(range(len(v)), repeat=2) if all(v[x] >= v[y]) and any(v[x] > v[y])}
    found = find_dominance(table)
    assert set(found.by) == expected
    assert sorted([*found.by, *found.front]) == list(range(len(v)))
    for loser, winners in found.by.items():
        assert all(dominates(v, v, np.array([w]), np.array([loser])).item() for w in winners)
        assert not set(winners) & set(found.by), "those that are named are undominated themselves"


@given(tables(), st.randoms(use_true_random=False))
def test_symmetric_input_has_symmetric_output(table: Utilities, rng) -> None:
    """Beings in another order change nothing; options in another order change their places only."""
    o, b = list(range(len(table.options))), list(range(len(table.beings)))
    rng.shuffle(o), rng.shuffle(b)
    other = made(table.value[np.ix_(o, b)])
    one, two = make_setting(table, "range"), make_setting(other, "range")
    place = {old: new for new, old in enumerate(o)}
    assert {place[x] for x in one.dominance.front.tolist()} == set(two.dominance.front.tolist())
    first = answers(table, np.ones(len(b)), one.dominance.front)
    second = answers(other, np.ones(len(b)), two.dominance.front)
    for rule in RULES:
        assert {place[x] for x in first[rule.key].winners} == set(second[rule.key].winners), rule.name
    if len(one.rows) == len(one.dominance.front):
        at = [two.rows.tolist().index(place[x]) for x in one.rows.tolist()]
        np.testing.assert_allclose(
            ratios_of(one, "totals").needed, ratios_of(two, "totals").needed[np.ix_(at, at)], rtol=1e-9
        )
        assert support_of(one, 0).kind == support_of(two, at[0]).kind


@given(st.integers(2, 4), st.lists(st.integers(-3, 3), min_size=4, max_size=4))
def test_beings_in_a_circle_leave_options_level(beings: int, values: list[int]) -> None:
    """Each being wants the next option most, and so on: no option is told from another by anything."""
    row = values[:beings]
    table = made(np.array([np.roll(row, shift) for shift in range(beings)], dtype=float))
    setting = make_setting(table, "range")
    for rule in RULES:
        picked = answer(rule, table, np.ones(beings), setting.dominance.front)
        assert picked.refused or len(picked.winners) == beings, rule.name
    assert support_of(setting, 0).kind == support_of(setting, len(setting.rows) - 1).kind


@given(tables(), st.data())
def test_one_more_being_of_a_kind_changes_no_ratio(table: Utilities, data) -> None:
    """Between kinds as wholes; what one of a kind counts against one of another changes by the numbers alone."""
    like = data.draw(st.integers(0, len(table.beings) - 1))
    a, c = data.draw(st.floats(1e-2, 1e2)), data.draw(st.floats(-9, 9))
    more = made(np.hstack([table.value, a * table.value[:, [like]] + c]))
    one, two = make_setting(table, "range"), make_setting(more, "range")
    assert len(one.kinds) == len(two.kinds)
    for first, second in zip(ratios_of(one), ratios_of(two), strict=True):
        np.testing.assert_allclose(first, second, rtol=1e-7, atol=1e-12)
    if len(one.kinds) == 2:
        before, after = one.kind_counts("totals"), two.kind_counts("totals")
        d = one.values[:, None] - one.values[None]
        gains = np.where(d[..., [0]] > 0, after[0] / before[0], 1) * np.where(d[..., [1]] > 0, after[1] / before[1], 1)
        losses = np.where(d[..., [0]] < 0, after[0] / before[0], 1) * np.where(d[..., [1]] < 0, after[1] / before[1], 1)
        expected = ratios_of(one, "totals").needed * (losses / gains)[..., 0]
        np.testing.assert_allclose(ratios_of(two, "totals").needed, expected, rtol=1e-7)


@given(tables(), st.floats(-5, 5))
def test_an_indifferent_being_changes_no_ratio(table: Utilities, value: float) -> None:
    more = made(np.hstack([table.value, np.full((len(table.options), 1), value)]))
    one, two = make_setting(table, "range"), make_setting(more, "range")
    assert one.kinds == two.kinds and one.rows.tolist() == two.rows.tolist()
    for first, second in zip(ratios_of(one, "totals"), ratios_of(two, "totals"), strict=True):
        np.testing.assert_array_equal(first, second)


GRID = {
    1: np.ones((1, 1)),
    2: np.array([(i, 60 - i) for i in range(61)]) / 60,
    3: np.array([(i, j, 40 - i - j) for i in range(41) for j in range(41 - i)]) / 40,
}
"""Beings -> weights all over the simplex."""
MESH = {1: 0.0, 2: 2 / 60, 3: 4 / 40}
"""How far, in the sum of absolute differences, weights may be from the nearest of the grid."""


@given(tables(most_options=5, most_beings=3))
def test_programmes_agree_with_brute_force(table: Utilities) -> None:
    """The lead is 1-Lipschitz in the weights, so the grid brackets the largest one from both sides."""
    setting = make_setting(table, "range")
    values = setting.values
    assume(values.shape[1] and len(values) > 1)
    grid, mesh = GRID[values.shape[1]], MESH[values.shape[1]]
    totals = grid @ values.T
    for x, found in enumerate(supports_of(setting)):
        rivals = np.delete(totals, x, axis=1).max(axis=1)
        largest = float((totals[:, x] - rivals).max())
        reached = float((found.weights @ values[x]) - np.delete(values @ found.weights, x).max())
        assert found.weights.sum() == pytest.approx(1) and (found.weights >= 0).all()
        if found.kind == "best":
            assert reached == pytest.approx(found.margin, abs=1e-9)
            assert largest - 1e-9 <= found.margin <= largest + mesh + 1e-9
        else:
            assert largest <= 1e-9
        if found.kind == "tied":
            assert abs(reached) <= 1e-6 and (found.weights > 0).all()
        if found.kind == "never":
            inner = grid[(grid > 0.01).all(axis=1)] if values.shape[1] > 1 else grid
            lead = inner @ values[x] - np.delete(inner @ values.T, x, axis=1).max(axis=1)
            assert (lead < 1e-9).all() and not (np.abs(lead) < 1e-12).any()


@given(tables(most_options=4, most_beings=3), st.lists(st.integers(1, 5), min_size=3, max_size=3))
def test_the_nearest_scales_agree_with_brute_force(table: Utilities, sizes: list[int]) -> None:
    """Within the ratio found nothing beats the rivals, and at it something does: scales at the ends of their range."""
    setting = make_setting(table, "range")
    values = setting.values
    assume(values.shape[1] and len(values) > 1)
    counts = np.array(sizes[: values.shape[1]], dtype=float)
    ratios = find_ratios(values, setting.ordinal, counts)
    for x in range(len(values)):
        apart = values[x] - np.delete(values, x, axis=0)
        found = nearest_by_spread(apart, counts, max(1.0, float(np.nanmax(ratios.needed[x]))))
        assert found.ratio >= 1
        if np.isfinite(found.ratio):
            assert found.scales.max() / found.scales.min() <= found.ratio * (1 + 1e-6)
            assert ((apart * counts) @ found.scales >= -1e-6 * found.ratio).all()
        within = min(found.ratio, 1e3) * (1 - 1e-6)
        if within > 1:
            ends = np.array(list(product(np.geomspace(1, within, 9), repeat=values.shape[1])))
            assert (((apart * counts) @ ends.T).min(axis=0) < 1e-9).all()
        if len(values) == 2:
            assert found.ratio == pytest.approx(max(1.0, float(ratios.needed[x, 1 - x])), rel=1e-6)


@given(tables(most_beings=2, least_beings=2), st.floats(1.2, 1e4))
def test_exact_chances_agree_with_drawn_ones(table: Utilities, sd: float) -> None:
    setting = make_setting(table, "range")
    assume(len(setting.members) == 2 and len(setting.rows) > 1)
    values = setting.scaled.value[np.ix_(setting.rows, setting.members)]
    prior, counts = LogNormal(np.log(sd)), np.ones(2)
    exact, is_exact = chances(values, counts, prior, 0)
    assert is_exact and exact.share.sum() == pytest.approx(1)
    drawn = best_shares(weights_of(prior.logs(uniforms(2, 0, 4).reshape(-1, 2)), counts) @ values.T)
    tied = len(setting.kinds) == 1
    assert tied or np.abs(exact.share - drawn).max() < 0.02


@given(tables(most_options=4, most_beings=3))
def test_every_pair_agrees_with_its_sum_at_the_ratio(table: Utilities) -> None:
    """Raising those who prefer x by the ratio, and no one else, makes x exactly as good."""
    setting = make_setting(table, "range")
    counts = np.ones(len(setting.kinds))
    needed = ratios_of(setting).needed
    for x, y in permutations(range(len(setting.rows)), 2):
        d = setting.values[x] - setting.values[y]
        assert needed[x, y] == pytest.approx(1 / needed[y, x])
        scaled = np.where(d > 0, needed[x, y], 1.0) * counts
        assert float(d @ scaled) == pytest.approx(0, abs=1e-9)
