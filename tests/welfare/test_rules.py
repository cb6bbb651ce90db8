"""The named rules: beside pref_voting, beside whole-number arithmetic, and where they are refused."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from teloscope import welfare
from teloscope.welfare.rules import RULES, answer

KEPT = Path(__file__).resolve().parents[2] / "bench" / "welfare_rules.json"
RULE = {rule.key: rule for rule in RULES}


def picks(key: str, values, sizes=None, **more) -> set[int] | str:
    array = np.array(values, dtype=float)
    u = welfare.table([f"o{i}" for i in range(len(array))], [f"b{i}" for i in range(array.shape[1])], array, **more)
    counts = np.ones(array.shape[1]) if sizes is None else np.array(sizes, dtype=float)
    found = answer(RULE[key], u, counts, np.arange(len(array)))
    return found.refused or set(found.winners)


def exact_ranges(values: list[list[int]]) -> set[int]:
    """Range normalisation without rounding."""
    columns = list(zip(*values, strict=True))
    sums = [
        sum(Fraction(row[b] - min(c), max(c) - min(c)) for b, c in enumerate(columns) if max(c) > min(c))
        for row in values
    ]
    return {o for o, total in enumerate(sums) if total == max(sums)}


def test_pref_voting_picks_the_same() -> None:
    """400 random profiles, ties among them; what pref_voting picked was written by bench/welfare_rules.py."""
    kept = json.loads(KEPT.read_text("utf-8"))
    assert len(kept["profiles"]) == 400
    for profile in kept["profiles"]:
        values, expected = profile["values"], profile["picks"]
        for key in ("sum", "leximin", "borda"):
            assert picks(key, values) == set(expected[key]), (key, values)
        assert picks("nash", values, zeros=np.zeros(len(values[0]))) == set(expected["nash"]), values
        assert picks("range", values) == exact_ranges(values), values
        assert set(expected["range"]) <= exact_ranges(values), "pref_voting breaks ties of sums by their rounding"


def test_leximin_looks_at_the_next_worst_off_and_at_numbers() -> None:
    values = [[1, 5, 2], [1, 2, 9], [0, 9, 9]]
    assert picks("leximin", values) == {1}, "1 2 5 and 1 2 9: 9 decides"


def test_leximin_of_equal_worst_levels_prefers_fewer_there() -> None:
    assert picks("leximin", [[1, 1, 9], [1, 2, 2]]) == {1}
    assert picks("leximin", [[1, 9], [9, 1]], sizes=[3, 2]) == {1}, "fewer are at the bottom"
    assert picks("leximin", [[1, 9], [9, 1]]) == {0, 1}


def test_variance_normalisation_is_less_swayed_by_one_extreme_option() -> None:
    """In a's favour one being puts all its range on z; normalised by variance its other differences still count."""
    values = [[10, 0], [9.9, 1], [0, 0.9], [9.95, 0.5]]
    spread = np.std(np.array(values), axis=0)
    sums = (np.array(values) / spread).sum(axis=1)
    assert picks("variance", values) == {int(sums.argmax())}


def test_rank_normalisation_makes_levels_even_and_borda_counts_options() -> None:
    values = [[3, 1], [2, 2], [2, 1.5], [2, 1.2]]
    assert picks("rank", values) == {0, 1}, "the worst and the best level are as far apart for both"
    assert picks("borda", values) == {1}
    assert picks("rank", [[1, 0], [0, 1], [0, 0.5], [0, 0.2]]) == {0, 1}
    assert picks("borda", [[1, 0], [0, 1], [0, 0.5], [0, 0.2]]) == {1}, "2: 3 + 1; 1: 3 + 0 against 1 + 3"


def test_approval_counts_who_is_above_zero() -> None:
    assert picks("approval", [[1, 1, -9], [5, -1, -1], [0, 1, 1]], zeros=np.zeros(3)) == {0, 2}


def test_numbers_of_beings_count_in_sums_and_not_by_kind() -> None:
    assert picks("sum", [[1, 0], [0, 1]], sizes=[1, 3]) == {1}
    assert picks("sum", [[2, 0], [0, 1]]) == {0}


@pytest.mark.parametrize("gain", [0, -1])
def test_nash_is_refused_where_somebody_is_not_above_zero(gain: float) -> None:
    refused = picks("nash", [[1, 2], [gain, 4]], zeros=np.zeros(2))
    assert isinstance(refused, str)
    assert "o1 leaves b0" in refused and "where one is not positive" in refused


def test_rules_that_need_zeros_say_so() -> None:
    for key in ("nash", "approval"):
        assert "no zero was declared for b1" in str(picks(key, [[1, 2], [3, 4]], zeros=np.array([0, np.nan])))


def test_rules_that_need_distances_are_refused_where_only_orders_are_known() -> None:
    for rule in RULES:
        found = picks(rule.key, [[1, 2], [2, 1]], zeros=np.zeros(2), ordinal=[True, False])
        assert isinstance(found, str) == (rule.key in ("sum", "leximin", "nash", "range", "variance")), rule.key


def test_every_rule_states_its_assumption_and_source() -> None:
    for rule in RULES:
        assert len(rule.assumes.split()) > 8 and any(c.isdigit() for c in rule.source)


def test_the_table_of_agreement_and_the_option_that_no_rule_picks() -> None:
    found = welfare.compare({"option": ["a", "b", "c"], "x": [9, 4, 0], "y": [0, 4, 9], "z": [3, 2.5, 0]}).document()
    picked = {name for rule in found.rules for name in rule.winners}
    assert set(found.picked) == picked
    assert set(found.never_picked) == {"a", "b", "c"} - picked
    assert all(rule.name in found.picked[name] for rule in found.rules for name in rule.winners)
