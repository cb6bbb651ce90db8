"""Conditions: what they mean row by row, and what may not stand in one."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from teloscope.errors import BadRegime, NotFound, TeloscopeError
from teloscope.regimes import column, compile_condition, holds

FRAME = pl.DataFrame(
    {
        "x": [0, 1, 2, 3],
        "speed": [0.5, -1.0, 2.0, 0.0],
        "broken": [True, False, True, False],
        "tile": ["lava", "grass", "it's", ""],
        "distance (m)": [3, 2, 1, 0],
        "end": [1, 2, 3, 4],
        'say "no"': [0, 0, 1, 1],
    }
)
SIGNS: dict[str, Callable[[Any, Any], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
    "=": operator.eq,
    "<>": operator.ne,
}


def true_in(condition: str) -> list[int]:
    """The rows in which a condition holds."""
    return np.flatnonzero(holds(condition, FRAME)).tolist()


@pytest.mark.parametrize(
    ("condition", "rows"),
    [
        ("broken", [0, 2]),
        ("not broken and x >= 2", [3]),
        ("broken or x = 1", [0, 1, 2]),
        ("x between 1 and 2", [1, 2]),
        ("x in (0, 3)", [0, 3]),
        ("tile = 'lava'", [0]),
        ("tile <> 'lava' and tile <> ''", [1, 2]),
        ("tile = 'it''s'", [2]),
        ("tile in ('lava', 'grass')", [0, 1]),
        ("tile like '%a%'", [0, 1]),
        ('"distance (m)" < 2', [2, 3]),
        ('"end" > 3', [3]),
        ('"say ""no""" = 1', [2, 3]),
        ("abs(x - 2) + abs(speed) < 2", [3]),
        ("x * 2 - 1 > speed", [1, 2, 3]),
        ("-speed > 0", [1]),
        ("x / 2 = 1.5", [3]),
        ("case when broken then x > 1 else x > 2 end", [2, 3]),
        ("(x >= 1)", [1, 2, 3]),
        ("true", [0, 1, 2, 3]),
        ("1 = 2", []),
    ],
)
def test_a_condition_means_what_it_says(condition: str, rows: list[int]) -> None:
    assert true_in(condition) == rows


@given(st.sampled_from(sorted(SIGNS)), st.integers(-2, 5), st.sampled_from(["x", "speed", "distance (m)"]))
def test_comparisons_agree_with_python(sign: str, threshold: int, feature: str) -> None:
    expected = [SIGNS[sign](value, threshold) for value in FRAME[feature].to_list()]
    assert holds(f"{column(feature)} {sign} {threshold}", FRAME).tolist() == expected


def test_a_condition_on_no_rows_has_no_answers() -> None:
    for condition in ("x > 1", "true", "broken"):
        assert holds(condition, FRAME.clear()).shape == (0,)


@given(st.text(st.characters(blacklist_categories=("Cs", "Cc")), min_size=1, max_size=12))
def test_any_name_can_be_written_in_a_condition(name: str) -> None:
    assume(name != "*" and not (name.startswith("^") and name.endswith("$")))  # polars reads these as patterns
    frame = pl.DataFrame({name: [1, 2]})
    assert holds(f"{column(name)} >= 2 and not {column(name)} < 2", frame).tolist() == [False, True]


@pytest.mark.parametrize("name", ["end", "limit", "select", "not", "case", "true", "current_date", "as", "b.c", "1st"])
def test_words_of_sql_are_quoted(name: str) -> None:
    assert column(name) == f'"{name}"'
    frame = pl.DataFrame({name: [True, False]})
    assert holds(f"not {column(name)}", frame).tolist() == [False, True]


@pytest.mark.parametrize("name", ["agent_x", "left", "day", "Vase", "_x1"])
def test_plain_names_stand_as_they_are(name: str) -> None:
    assert column(name) == name


@pytest.mark.parametrize(
    ("condition", "part", "states"),
    [
        ("x / 0 > 1", "x / 0", 4),
        ("1 / x > 1", "1 / x", 1),
        ("1 / speed > 1", "1 / speed", 1),
        ("broken or 1 / x > 1", "1 / x", 1),
        ("not (tile = 'lava' and 2 < abs(1 / x))", "1 / x", 1),
        ("x % 0 > 1", "x % 0", 4),
        ("mod(x, x) = 0", "x % x", 1),
        ("sqrt(speed) > 0", "speed.sqrt()", 1),
        ("ln(x) > 0", "x.log(2.718281828459045)", 1),
        ("exp(1000 * x) > 1", None, 3),
        ("case when x > 0 then 1 / x > 2 else false end", "1 / x", 1),
        ("x < 1e999", "inf", 4),
        ("1 / 0 > x", "1 / 0", 4),
    ],
)
def test_undefined_is_an_error_wherever_it_stands(condition: str, part: str | None, states: int) -> None:
    with pytest.raises(BadRegime, match=f"undefined .* in {states} of 4 states") as raised:
        holds(condition, FRAME)
    assert part is None or f"the part `{part}`" in str(raised.value)


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), None])
def test_a_feature_that_is_not_a_number_is_an_error(bad: float | None) -> None:
    frame = pl.DataFrame({"speed": [1.0, bad]})
    with pytest.raises(BadRegime, match=r"the part `speed` is undefined .* in 1 of 2 states"):
        holds("speed > 0 or true", frame)


def test_a_case_without_else_is_an_error() -> None:
    with pytest.raises(BadRegime, match=r"undefined \(null\) in 1 of 4 states"):
        holds("case when x > 0 then true end", FRAME)


@pytest.mark.parametrize("condition", ["x", "x + 1", "tile", "'lava'", "1", "null", "speed * 2"])
def test_a_condition_must_be_boolean(condition: str) -> None:
    with pytest.raises(BadRegime, match="expected booleans"):
        holds(condition, FRAME)


@pytest.mark.parametrize("condition", ["tile > 3", "x = 'lava'", "broken + tile > 1", "x[0] > 1", "tile::int > 1"])
def test_mixed_up_kinds_are_an_error_that_lists_the_features(condition: str) -> None:
    with pytest.raises(BadRegime, match=r"can't be evaluated: .*Features: x \(Int64\), speed \(Float64\)"):
        holds(condition, FRAME)


ATTACKS = [
    "x > 1; drop table states",
    "x > (select max(x) from self)",
    "x in (select x from self)",
    "exists (select 1)",
    "x > 1 -- and no more",
    "x > 1 /* and no more */",
    "x > 1 union select true",
    "x > 1 as broken",
    "max(x) > 1",
    '"max"(x) > 1',
    '"max" (x) > 1',
    "`max`(x) > 1",
    "MAX (x) > 1",
    "x > avg(x)",
    "sum(x) over (order by x) > 1",
    "row_number() over (order by x) > 1",
    "lag(x) > 1",
    "count(*) > 1",
    "columns('x') > 1",
    "x > all (x)",
    "first(x) = x",
    "random() > 0.5",
    "current_timestamp > x",
    "current_date is not null",
    "read_csv('/etc/passwd') is null",
    "*",
    '"*" > 1',
    "x > 1, x < 2",
    "select x > 1",
    "with a as (select 1) select true",
    "unnest(x) > 1",
    "__import__('os').system('true')",
]


@pytest.mark.parametrize("condition", ATTACKS)
def test_nothing_but_a_row_wise_expression_gets_in(condition: str) -> None:
    with pytest.raises((BadRegime, NotFound)):
        holds(condition, FRAME)


@pytest.mark.parametrize("condition", ["", "x >", "x > 1 and", "end", "x = = 1", "(x > 1", "'lava", 'x > "1'])
def test_what_can_not_be_read_says_so_with_an_example(condition: str) -> None:
    with pytest.raises(BadRegime, match=r"can't be read .*agent_x >= 10"):
        holds(condition, FRAME)


@given(st.text(max_size=30))
def test_any_text_is_answered_or_refused_in_words(text: str) -> None:
    try:
        answer = holds(text, FRAME)
    except TeloscopeError as error:
        assert len(str(error)) > 20
    else:
        assert answer.shape == (len(FRAME),)


def test_unknown_names_are_met_with_the_nearest() -> None:
    with pytest.raises(NotFound, match=r"Feature 'spead' not found. Did you mean 'speed'"):
        compile_condition("spead > 1 or broken", FRAME.columns)
    with pytest.raises(NotFound, match=r"Function 'flor' not found. Did you mean 'floor'"):
        holds("flor(x) > 1", FRAME)
    with pytest.raises(NotFound, match=r"Feature 'X' not found"):
        holds("X > 1", FRAME)


def test_a_word_of_sql_as_a_feature_is_told_to_be_quoted() -> None:
    with pytest.raises(BadRegime, match=r"holds `limit`.*double quotes"):
        holds("limit > 1", pl.DataFrame({"limit": [1]}))
    assert holds("tile = 'select * from limit; drop'", FRAME).sum() == 0
