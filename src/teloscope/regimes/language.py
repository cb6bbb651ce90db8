"""Conditions and numbers: SQL expressions over feature columns, parsed by polars, checked and evaluated by us.

Only expressions are let in: no statements, no sub-queries, no functions that look beyond a row. What is undefined
somewhere (division by zero, a logarithm of a negative number) is an error, never silently false.

Theory: A2, A3.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

import numpy as np
import polars as pl
from numpy.typing import NDArray

from teloscope.errors import BadRegime, NotFound
from teloscope.regimes.quoting import hollow, pieces

FUNCTIONS = frozenset(
    {"abs", "sqrt", "least", "greatest", "floor", "ceil", "round", "sign", "pow", "power", "mod", "ln", "exp"}
)
"""Row-wise functions a condition may call."""
CONDITION, NUMBER = "condition", "number"
"""What an expression may be."""
EXAMPLES = {CONDITION: "agent_x >= 10 and not vase_broken", NUMBER: "agent_x - 2 * agent_y"}

_STATEMENT = re.compile(
    r";|--|/\*|\b(select|from|join|union|insert|update|delete|drop|create|alter|truncate|over|exists|with|limit|as|"
    r"current_date|current_time|current_timestamp|localtime|localtimestamp)\b",
    re.IGNORECASE,
)
_CALL = re.compile(r"""(\b[A-Za-z_]\w*|""|``)\s*\(""")
_KEYWORDS = frozenset({"and", "or", "not", "in", "between", "is", "like", "case", "when", "then", "else", "end"})


def compile_condition(condition: str, columns: Iterable[str], kind: str = CONDITION) -> pl.Expr:
    """Parse a condition, or a number, into a polars expression over known columns.

    Raises:
        BadRegime: not a single expression. NotFound: an unknown feature, or a function that is not allowed.
    """
    expr = _parse(condition, kind)
    known = set(columns)
    for name in expr.meta.root_names():
        if name not in known:
            raise NotFound("feature", name, known, f"It is used in the {kind} `{condition}`.")
    return expr


@lru_cache(maxsize=4096)
def column(name: str) -> str:
    """A feature's name as it is written in a condition: `agent_x`, but `"distance (m)"` and `"end"` in quotes."""
    if re.fullmatch(r"[A-Za-z_]\w*", name) and name.lower() not in _KEYWORDS:
        try:
            if _parse(f"{name} >= 1 and not {name}").meta.root_names() == [name, name]:
                return name
        except (BadRegime, NotFound):
            pass  # a word of SQL's own
    return '"' + name.replace('"', '""') + '"'


_OPPOSITES = {" >= ": " < ", " <= ": " > ", " = ": " <> ", " <> ": " = ", " < ": " >= ", " > ": " <= "}


def opposite(condition: str) -> str:
    """The condition that holds where this one doesn't, in plain words: `x < 3` for `x >= 3`, `not lit` for `lit`."""
    bare = hollow(condition)
    signs = [sign for sign in _OPPOSITES if sign in bare]
    if len(signs) == 1 and bare.count(" ") == 2:
        return _replaced(condition, signs[0], _OPPOSITES[signs[0]])
    if bare.startswith("not ") and bare.count(" ") == 1:
        return condition.removeprefix("not ")
    return f"not {condition}" if " " not in bare else f"not ({condition})"


def _replaced(condition: str, sign: str, other: str) -> str:
    """With one sign, which stands once outside quotes, put in another's place."""
    cut = pieces(condition)
    cut[::2] = [piece.replace(sign, other) for piece in cut[::2]]
    return "".join(cut)


@lru_cache(maxsize=4096)
def _parse(condition: str, kind: str = CONDITION) -> pl.Expr:
    _refuse_statements(condition, kind)
    try:
        expr = pl.sql_expr(condition)
    except Exception as error:
        raise BadRegime(
            f"The {kind} `{condition}` can't be read ({_first_line(error)}). Write one like {EXAMPLES[kind]}."
        ) from None
    if expr.meta.has_multiple_outputs():
        raise BadRegime(f"The {kind} `{condition}` names many columns at once; name the features one by one.")
    return expr


def _refuse_statements(condition: str, kind: str) -> None:
    """Let nothing in but an expression over one row."""
    bare = hollow(condition)
    if found := _STATEMENT.search(bare):
        raise BadRegime(
            f"The {kind} `{condition}` holds `{found.group(0)}`; only one expression over features may stand there, "
            f"e.g. {EXAMPLES[kind]}. A feature of that name is written in double quotes."
        )
    for name in _CALL.findall(bare):
        if name.lower() not in FUNCTIONS | _KEYWORDS:
            raise NotFound(
                "function",
                name,
                FUNCTIONS,
                f"It is used in the {kind} `{condition}`; only row-wise functions may stand there, unquoted.",
            )


def holds(condition: str, frame: pl.DataFrame) -> NDArray[np.bool_]:
    """Whether the condition holds in each row.

    Args:
        condition: SQL boolean expression.
        frame: one row per state, one column per feature.

    Returns:
        `[rows]` booleans.

    Raises:
        BadRegime: the condition is not boolean or is undefined in some row. NotFound: unknown feature or function.
    """
    return _evaluated(condition, frame, CONDITION).to_numpy().astype(np.bool_)


def numbers_of(expression: str, frame: pl.DataFrame) -> NDArray[np.float64]:
    """The number in each row.

    Args:
        expression: SQL numeric expression, such as `score` or `agent_x - coin_x`.
        frame: one row per state, one column per feature.

    Returns:
        `[rows]` finite floats.

    Raises:
        BadRegime: it is not numeric or is undefined in some row. NotFound: unknown feature or function.
    """
    return _evaluated(expression, frame, NUMBER).cast(pl.Float64).to_numpy()


def _evaluated(expression: str, frame: pl.DataFrame, kind: str) -> pl.Series:
    """`[rows]` of the kind expected, every one defined."""
    expr = compile_condition(expression, frame.columns, kind)
    try:
        values = frame.select(expr.alias("value")).to_series()
    except Exception as error:
        raise BadRegime(
            f"The {kind} `{expression}` can't be evaluated: {_first_line(error)}. Features: {_described(frame.schema)}."
        ) from None
    _refuse_another_kind(expression, values.dtype, kind)
    _refuse_undefined(expression, [expr] if kind == NUMBER else expr.meta.pop(), frame, kind)
    if values.null_count():
        said = "true or false" if kind == CONDITION else "a number"
        raise BadRegime(
            f"The {kind} `{expression}` is undefined (null) in {values.null_count()} of {len(frame)} states. "
            f"Make it say {said} everywhere, e.g. with an `else` in its `case`."
        )
    if len(values) == len(frame):
        return values
    if expr.meta.root_names():
        raise BadRegime(f"The {kind} `{expression}` looks beyond one state; use row-wise expressions only.")
    return values.new_from_index(0, len(frame))  # a constant such as `true`


def _refuse_another_kind(expression: str, dtype: pl.DataType, kind: str) -> None:
    if kind == CONDITION and dtype != pl.Boolean:
        raise BadRegime(
            f"The condition `{expression}` gives {dtype} values, expected booleans. "
            f"Compare it with something, e.g. `{expression} > 0`."
        )
    if kind == NUMBER and not dtype.is_numeric():
        counted = f"case when {expression} then 1 else 0 end" if dtype == pl.Boolean else EXAMPLES[NUMBER]
        raise BadRegime(
            f"The number `{expression}` gives {dtype} values, expected numbers. Write one like `{counted}`."
        )


def _refuse_undefined(expression: str, parts: Sequence[pl.Expr], frame: pl.DataFrame, kind: str) -> None:
    """Walk up the expression: no numeric part of it may be NaN, infinite or null anywhere."""
    for part in parts:
        _refuse_undefined(expression, part.meta.pop(), frame, kind)
        _refuse_undefined_part(expression, part, frame, kind)


def _refuse_undefined_part(expression: str, part: pl.Expr, frame: pl.DataFrame, kind: str) -> None:
    values = frame.select(part.alias("part")).to_series()
    if values.dtype.is_float():
        bad = int((~values.is_finite()).fill_null(True).sum())
    else:
        bad = values.null_count() if values.dtype != pl.Null else 0
    if bad:
        count = bad if len(values) == len(frame) else len(frame)
        raise BadRegime(
            f"In the {kind} `{expression}` the part `{_shown(part)}` is undefined (division by zero or not a "
            f"number) in {count} of {len(frame)} states. Say it without, e.g. `a > 2 * b` for `a / b > 2`, or use "
            "a feature that is always defined."
        )


def _shown(part: pl.Expr) -> str:
    """A part of an expression, nearer to how it was written than polars prints it."""
    plain = re.sub(r'col\("([^"]*)"\)', r"\1", str(part))
    plain = re.sub(r"\bdyn (?:int|float): ", "", plain)
    plain = re.sub(r"(.+)\.sql_(div|rem|int_div)\(\[(.+?)\]\)", lambda m: f"{m[1]} {_SIGNS[m[2]]} {m[3]}", plain)
    return re.sub(r"[\[\]]", "", plain)


_SIGNS = {"div": "/", "rem": "%", "int_div": "//"}


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def _described(schema: Mapping[str, pl.DataType]) -> str:
    return ", ".join(f"{name} ({dtype})" for name, dtype in list(schema.items())[:20])
