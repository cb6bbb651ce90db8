"""Conditions and numbers: SQL expressions over feature columns, read, checked and evaluated here and nowhere else.

Only expressions over one row are let in: a short list of signs and functions, no statements, no sub-queries, nothing
that reads a file or the environment. Length and nesting are bounded; reading and evaluating take linear time, so that
a condition from anybody can be tried. What is undefined somewhere (division by zero, a logarithm of a negative
number) is an error, never silently false.

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
from teloscope.regimes.evaluating import Mismatched, Undefined, Values, evaluate
from teloscope.regimes.parsing import FUNCTIONS, Expression, UnknownFunction, parse_expression
from teloscope.regimes.quoting import hollow, pieces
from teloscope.regimes.tokens import KEYWORDS, MAX_LENGTH, Unreadable

CONDITION, NUMBER = "condition", "number"
"""What an expression may be."""
EXAMPLES = {CONDITION: "agent_x >= 10 and not vase_broken", NUMBER: "agent_x - 2 * agent_y"}

_STATEMENT_WORDS = frozenset(
    re.findall(
        r"\w+",
        "select from join union insert update delete drop create alter truncate over exists with limit as current_date "
        "current_time current_timestamp localtime localtimestamp",
    )
)
_STATEMENT = re.compile(rf"""--|/\*|;|\b({"|".join(sorted(_STATEMENT_WORDS))})\b""", re.IGNORECASE)
_WORDS_OF_SQL = frozenset(
    re.findall(
        r"\w+",
        "interval trim struct values having group order where offset fetch intersect except minus lateral into view "
        "user current_user session_user",
    )
)
"""Further words that are quoted as names, for other readers of SQL; here they are read without quotes too."""
_SHOWN = 300
"""Characters of a condition that a message shows, at most."""


def compile_condition(condition: str, columns: Iterable[str], kind: str = CONDITION) -> Expression:
    """Read a condition, or a number, over known columns.

    Raises:
        BadRegime: not a single expression, too long or nested too deep. NotFound: an unknown feature, or a function
            that is not allowed.
    """
    expression = _parse(condition, kind)
    known = set(columns)
    for name in expression.features:
        if name not in known:
            raise NotFound("feature", name, known, f"It is used in the {kind} `{shown(condition)}`.")
    return expression


@lru_cache(maxsize=4096)
def column(name: str) -> str:
    """A feature's name as it is written in a condition: `agent_x`, but `"distance (m)"` and `"end"` in quotes."""
    if re.fullmatch(r"[A-Za-z_]\w*", name) and name.lower() not in KEYWORDS | _STATEMENT_WORDS | _WORDS_OF_SQL:
        return name
    return '"' + name.replace('"', '""') + '"'


def shown(condition: str) -> str:
    """A condition as a message shows it: cut where it is very long."""
    return condition if len(condition) <= _SHOWN else f"{condition[:_SHOWN]}…"


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
def _parse(condition: str, kind: str = CONDITION) -> Expression:
    refuse_long(condition, kind)
    if found := _STATEMENT.search(hollow(condition)):
        raise BadRegime(
            f"The {kind} `{shown(condition)}` holds `{found.group(0)}`; only one expression over features may stand "
            f"there, e.g. {EXAMPLES[kind]}. A feature of that name is written in double quotes."
        )
    try:
        return parse_expression(condition)
    except UnknownFunction as error:
        raise NotFound(
            "function",
            str(error),
            FUNCTIONS,
            f"It is used in the {kind} `{shown(condition)}`; only row-wise functions may stand there, unquoted.",
        ) from None
    except Unreadable as error:
        raise BadRegime(
            f"The {kind} `{shown(condition)}` can't be read ({error}). Write one like {EXAMPLES[kind]}."
        ) from None


def refuse_long(text: str, kind: str = CONDITION, most: int = MAX_LENGTH) -> None:
    """Raise `BadRegime` for a text that is too long to be read."""
    if len(text) > most:
        raise BadRegime(
            f"The {kind} `{text[:60]}…` has {len(text):,} characters; at most {most:,} are read. Add a feature to the "
            "world that says it shorter."
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
    return _evaluated(condition, frame, CONDITION).astype(np.bool_)


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
    return _evaluated(expression, frame, NUMBER).astype(np.float64)


def _evaluated(text: str, frame: pl.DataFrame, kind: str) -> NDArray[np.bool_ | np.number]:
    """`[rows]` of the kind expected, every one defined."""
    expression = compile_condition(text, frame.columns, kind)
    try:
        values = evaluate(expression, frame)
    except Undefined as error:
        raise BadRegime(_undefined(text, error, len(frame), kind)) from None
    except (Mismatched, Exception, pl.exceptions.PanicException) as error:
        raise BadRegime(
            f"The {kind} `{shown(text)}` can't be evaluated: {_first_line(error)}. Features: "
            f"{_described(frame.schema)}."
        ) from None
    return np.broadcast_to(_of_kind(text, values, kind), (len(frame),))  # a constant such as `true` has no rows


def _of_kind(text: str, values: Values, kind: str) -> NDArray[np.bool_ | np.number]:
    if isinstance(values, (str, pl.Series)):
        dtype = "String"
    else:
        dtype = "Boolean" if values.dtype == np.bool_ else str(values.dtype).capitalize()
        if (dtype == "Boolean") == (kind == CONDITION):
            return values
    if kind == CONDITION:
        raise BadRegime(
            f"The condition `{shown(text)}` gives {dtype} values, expected booleans. "
            f"Compare it with something, e.g. `{shown(text)} > 0`."
        )
    counted = f"case when {shown(text)} then 1 else 0 end" if dtype == "Boolean" else EXAMPLES[NUMBER]
    raise BadRegime(f"The number `{shown(text)}` gives {dtype} values, expected numbers. Write one like `{counted}`.")


def _undefined(text: str, error: Undefined, rows: int, kind: str) -> str:
    if error.why == "null":
        said = "true or false" if kind == CONDITION else "a number"
        return (
            f"The {kind} `{shown(text)}` is undefined (null) in {error.rows} of {rows} states. "
            f"Make it say {said} everywhere, e.g. with an `else` in its `case`."
        )
    return (
        f"In the {kind} `{shown(text)}` the part `{shown(error.part)}` is undefined (division by zero or not a "
        f"number) in {error.rows} of {rows} states. Say it without, e.g. `a > 2 * b` for `a / b > 2`, or use "
        "a feature that is always defined."
    )


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def _described(schema: Mapping[str, pl.DataType]) -> str:
    return ", ".join(f"{name} ({dtype})" for name, dtype in list(schema.items())[:20])
