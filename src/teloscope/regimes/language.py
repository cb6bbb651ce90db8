"""Conditions: SQL boolean expressions over feature columns, parsed by polars, checked and evaluated by us.

Only expressions are let in: no statements, no sub-queries, no functions that look beyond a row. A condition that is
undefined somewhere (division by zero, a logarithm of a negative number) is an error, never silently false.

Theory: A2, A3.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

import numpy as np
import polars as pl
from numpy.typing import NDArray

from teloscope.errors import BadRegime, NotFound

_STATEMENT = re.compile(
    r";|--|/\*|\b(select|from|join|union|insert|update|delete|drop|create|alter|truncate|over|exists|with|limit)\b",
    re.I,
)
_CALL = re.compile(r"\b([A-Za-z_]\w*)\s*\(")
FUNCTIONS = frozenset(
    {"abs", "sqrt", "least", "greatest", "floor", "ceil", "round", "sign", "pow", "power", "mod", "ln", "exp"}
)
"""Row-wise functions a condition may call."""
_KEYWORDS = frozenset({"and", "or", "not", "in", "between", "is", "like", "case", "when", "then", "else", "end"})


def compile_condition(condition: str, columns: Iterable[str]) -> pl.Expr:
    """Parse a condition into a polars expression over known columns.

    Raises:
        BadRegime: not a single expression, or a function that is not allowed. NotFound: an unknown feature.
    """
    expr = _parse(condition)
    known = set(columns)
    for name in expr.meta.root_names():
        if name not in known:
            raise NotFound("feature", name, known, f"It is used in the condition `{condition}`.")
    return expr


@lru_cache(maxsize=4096)
def _parse(condition: str) -> pl.Expr:
    bare = re.sub(r"'(?:[^']|'')*'", "''", condition)
    if found := _STATEMENT.search(bare):
        raise BadRegime(
            f"The condition `{condition}` holds `{found.group(0)}`; only one boolean expression over features may stand there, "
            "e.g. agent_x >= 10 and not vase_broken."
        )
    for name in _CALL.findall(bare):
        if name.lower() not in FUNCTIONS | _KEYWORDS:
            raise NotFound(
                "function",
                name,
                FUNCTIONS,
                f"It is used in the condition `{condition}`; only row-wise functions may stand there.",
            )
    try:
        expr = pl.sql_expr(condition)
    except Exception as error:
        reason = str(error).strip().splitlines()[0]
        raise BadRegime(
            f"The condition `{condition}` can't be read ({reason}). Write one like agent_x >= 10 and not vase_broken."
        ) from None
    if "*" in expr.meta.root_names() or _selects_many(expr):
        raise BadRegime(f"The condition `{condition}` names every column at once; name the features one by one.")
    return expr


def _selects_many(expr: pl.Expr) -> bool:
    return bool(expr.meta.has_multiple_outputs())


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
    expr = compile_condition(condition, frame.columns)
    try:
        values = frame.select(expr.alias("held")).to_series()
    except Exception as error:
        reason = str(error).strip().splitlines()[0]
        raise BadRegime(
            f"The condition `{condition}` can't be evaluated: {reason}. Features: {_described(frame.schema)}."
        ) from None
    if values.dtype != pl.Boolean:
        raise BadRegime(
            f"The condition `{condition}` gives {values.dtype} values, expected booleans. Compare it with something, e.g. `{condition} > 0`."
        )
    _refuse_undefined(condition, expr, frame)
    if len(values) == 1 != len(frame):  # a constant such as `true`
        values = values.new_from_index(0, len(frame))
    if values.null_count():
        raise BadRegime(
            f"The condition `{condition}` is undefined (null) in {values.null_count()} of {len(values)} states."
        )
    return values.to_numpy().astype(np.bool_)


def _refuse_undefined(condition: str, expr: pl.Expr, frame: pl.DataFrame) -> None:
    """Walk down the expression: no numeric part of it may be NaN, infinite or null anywhere."""
    for part in expr.meta.pop():
        values = frame.select(part.alias("part")).to_series()
        if values.dtype.is_float():
            bad = int((~values.is_finite()).fill_null(True).sum())
        else:
            bad = values.null_count() if values.dtype != pl.Null else 0
        if bad:
            raise BadRegime(
                f"In the condition `{condition}` the part `{_shown(part)}` is undefined (division by zero or not a number) "
                f"in {bad} of {len(frame)} states. Guard it, or use a feature that is always defined."
            )
        _refuse_undefined(condition, part, frame)


def _shown(part: pl.Expr) -> str:
    return str(part).replace('col("', "").replace('")', "").replace("[", "").replace("]", "")


def _described(schema: Mapping[str, pl.DataType]) -> str:
    return ", ".join(f"{name} ({dtype})" for name, dtype in list(schema.items())[:20])
