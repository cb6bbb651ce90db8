"""What a condition comes to, row by row: every part is worked out once, and must be defined everywhere.

Truth values and numbers are NumPy arrays, texts are polars series; constants have no axis. Arithmetic of integers is
done in 64-bit floats, so that small integers don't wrap around; a constant takes the precision of the feature that it
meets, so that `x = 0.1` holds for a 32-bit 0.1. Time is linear in the condition's length times the rows.

Theory: A2, A3.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import reduce
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from teloscope.regimes.parsing import Expression, Node

EXACT = 2**53
"""Integers beyond this are not exact in arithmetic."""
MAX_PATTERN = 200
"""Characters in a pattern of `like`, at most."""

Values = NDArray[Any] | pl.Series | str
"""`[rows]` values, or one constant: an array without axes, or a text."""

_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_ARITHMETIC: dict[str, Callable[[NDArray[Any], NDArray[Any]], NDArray[Any]]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "//": lambda a, b: np.trunc(np.divide(a, b)),
    "%": np.fmod,
}
_CALLS: dict[str, Callable[..., NDArray[Any]]] = {
    "abs": np.abs,
    "ceil": np.ceil,
    "exp": np.exp,
    "floor": np.floor,
    "greatest": lambda *a: reduce(np.maximum, a),
    "least": lambda *a: reduce(np.minimum, a),
    "ln": np.log,
    "mod": np.fmod,
    "pow": np.power,
    "power": np.power,
    "round": lambda a, digits=0: np.round(a, int(digits)),
    "sign": np.sign,
    "sqrt": np.sqrt,
}


class Undefined(Exception):
    """Raised when a part has no value in some row; `language` makes a `BadRegime` of it."""

    def __init__(self, part: str, rows: int, why: str) -> None:
        self.part, self.rows, self.why = part, rows, why
        super().__init__(part)


class Mismatched(Exception):
    """Raised when a part's values are of the wrong kind; `language` makes a `BadRegime` of it."""


def evaluate(expression: Expression, frame: pl.DataFrame) -> Values:
    """What the expression comes to in each row.

    Args:
        expression: what to work out; every feature it speaks of is a column.
        frame: `[rows]`, one column a feature.

    Returns:
        `[rows]` truth values, numbers or texts; a constant where it speaks of no feature.

    Raises:
        Undefined: in some row a part has no value. Mismatched: kinds don't fit.
    """
    with np.errstate(all="ignore"):
        return _Evaluation(expression, frame).value(expression.root)


class _Evaluation:
    def __init__(self, expression: Expression, frame: pl.DataFrame) -> None:
        self.expression, self.frame = expression, frame
        self.columns: dict[str, Values] = {}

    def value(self, node: Node) -> Values:
        return getattr(self, f"of_{node.kind}")(node)

    # leaves

    def of_feature(self, node: Node) -> Values:
        name = node.said[0]
        if name not in self.columns:
            self.columns[name] = self.column(node, self.frame[name])
        return self.columns[name]

    def column(self, node: Node, series: pl.Series) -> Values:
        if series.dtype in (pl.Categorical, pl.Enum):
            series = series.cast(pl.String)
        if isinstance(series.dtype, pl.Decimal) or series.dtype == pl.Int128:
            series = series.cast(pl.Float64)
        if not (series.dtype == pl.Boolean or series.dtype.is_numeric() or series.dtype == pl.String):
            raise Mismatched(f"`{self.expression.shown(node)}` holds {series.dtype} values, no numbers or texts")
        if missing := series.null_count():
            raise Undefined(self.expression.shown(node), missing, "not a number")
        return series if series.dtype == pl.String else self.defined(node, series.to_numpy())

    def of_number(self, node: Node) -> Values:
        said = node.said[0]
        whole = int(said) if said.isdecimal() and len(said) < 20 else None
        return self.defined(node, np.asarray(whole if whole is not None and whole < 2**63 else float(said)))

    def of_text(self, node: Node) -> Values:
        return node.said[0]

    def of_truth(self, node: Node) -> Values:
        return np.asarray(node.said[0] == "true")

    def of_null(self, node: Node) -> Values:
        raise Undefined(self.expression.shown(node), len(self.frame), "null")

    # truth

    def of_and(self, node: Node) -> Values:
        return reduce(np.logical_and, (self.truth(part, "and") for part in node.parts))

    def of_or(self, node: Node) -> Values:
        return reduce(np.logical_or, (self.truth(part, "or") for part in node.parts))

    def of_not(self, node: Node) -> Values:
        return np.logical_not(self.truth(node.parts[0], "not"))

    def of_is(self, node: Node) -> Values:
        if node.said[0] == "null":
            self.value(node.parts[0])
            return np.asarray(False)  # what is undefined somewhere was refused
        held = self.truth(node.parts[0], "is")
        return held if node.said[0] == "true" else np.logical_not(held)

    def of_compare(self, node: Node) -> Values:
        left, right = (self.value(part) for part in node.parts)
        return self.compared(node, left, right, node.said[0])

    def of_between(self, node: Node) -> Values:
        about, low, high = (self.value(part) for part in node.parts)
        return np.logical_and(self.compared(node, about, low, ">="), self.compared(node, about, high, "<="))

    def compared(self, node: Node, left: Values, right: Values, sign: str) -> NDArray[np.bool_]:
        kinds = [isinstance(side, (str, pl.Series)) for side in (left, right)]
        if kinds[0] != kinds[1]:
            raise Mismatched(f"`{self.expression.shown(node)}` compares text with {_kind(right if kinds[0] else left)}")
        if isinstance(left, np.ndarray) and isinstance(right, np.ndarray):
            left, right = _matched(left, right)
        came = _COMPARE[sign](left, right)
        return came.to_numpy() if isinstance(came, pl.Series) else np.asarray(came)

    def of_in(self, node: Node) -> Values:
        about = self.value(node.parts[0])
        among = (self.compared(node, about, self.value(part), "=") for part in node.parts[1:])
        return reduce(np.logical_or, among, np.asarray(False))

    def of_like(self, node: Node) -> Values:
        about, (word, pattern) = self.value(node.parts[0]), node.said
        if not isinstance(about, (str, pl.Series)):
            raise Mismatched(f"`{self.expression.shown(node)}` compares {_kind(about)} with a pattern")
        if len(pattern) > MAX_PATTERN:
            raise Mismatched(f"a pattern of `{word}` has {len(pattern)} characters, at most {MAX_PATTERN} may stand")
        texts = pl.Series([about]) if isinstance(about, str) else about
        found = texts.str.contains(_regex(pattern, word == "ilike")).to_numpy()
        return found[0] if isinstance(about, str) else found

    # numbers

    def of_chain(self, node: Node) -> Values:
        total = self.number(node.parts[0])
        for sign, part in zip(node.said, node.parts[1:], strict=True):
            total = _ARITHMETIC[sign](*_matched(total, self.number(part)))
            total = self.defined(Node("chain", (), (), node.begin, part.stop), total)
        return total

    def of_minus(self, node: Node) -> Values:
        return self.defined(node, np.negative(self.number(node.parts[0])))

    def of_call(self, node: Node) -> Values:
        numbers = [self.number(part) for part in node.parts]
        if node.said[0] == "round" and len(numbers) == 2 and (numbers[1].ndim or not 0 <= numbers[1] <= 15):
            raise Mismatched(f"`{self.expression.shown(node)}` rounds to other than 0 to 15 digits")
        return self.defined(node, _CALLS[node.said[0]](*(_matched(*numbers) if len(numbers) == 2 else numbers)))

    # choices

    def of_case(self, node: Node) -> Values:
        met = [self.truth(part, "when") for part in node.parts[:-1:2]]
        return self.first_met(node, met, node.parts)

    def of_switch(self, node: Node) -> Values:
        about, parts = self.value(node.parts[0]), node.parts[1:]
        met = [self.compared(node, about, self.value(part), "=") for part in parts[:-1:2]]
        return self.first_met(node, met, parts)

    def first_met(self, node: Node, met: list[NDArray[Any]], parts: tuple[Node, ...]) -> Values:
        """What `case` comes to; `parts` are a condition, a value, …, and what is given else."""
        values = [self.value(part) for part in parts[1::2]]
        if len(parts) % 2:
            return self.chosen(node, met, [*values, self.value(parts[-1])])
        covered = reduce(np.logical_or, met)
        if not covered.all():
            raise Undefined(self.expression.shown(node), self.rows(~covered), "null")
        return self.chosen(node, met[:-1], values)

    def chosen(self, node: Node, met: list[NDArray[Any]], values: list[Values]) -> Values:
        """The first value whose condition is met, else the last."""
        texts = [isinstance(value, (str, pl.Series)) for value in values]
        if all(texts):
            values = [np.asarray(value, dtype=object) for value in values]
        elif any(texts):
            raise Mismatched(f"`{self.expression.shown(node)}` gives text in one case and something else in another")
        out = np.asarray(values[-1])
        for held, value in zip(reversed(met), reversed(values[:-1]), strict=True):
            out = np.where(held, value, out)  # pyright: ignore[reportArgumentType, reportCallIssue]
        if not all(texts):
            return out
        return pl.Series(out.tolist(), dtype=pl.String) if out.ndim else str(out)

    # kinds

    def truth(self, node: Node, word: str) -> NDArray[Any]:
        value = self.value(node)
        if isinstance(value, (str, pl.Series)) or value.dtype != np.bool_:
            raise Mismatched(f"`{word}` takes conditions, and `{self.expression.shown(node)}` is {_kind(value)}")
        return value

    def number(self, node: Node) -> NDArray[Any]:
        value = self.value(node)
        if isinstance(value, (str, pl.Series)):
            raise Mismatched(f"`{self.expression.shown(node)}` is text where a number is expected")
        if value.dtype.kind in "iu" and value.size and max(int(value.max()), -int(value.min())) > EXACT:
            raise Mismatched(f"`{self.expression.shown(node)}` holds integers beyond 2^53; arithmetic isn't exact")
        return value if value.dtype.kind == "f" else value.astype(np.float64)

    def defined(self, node: Node, value: NDArray[Any]) -> NDArray[Any]:
        """The same, where every row is finite."""
        if value.dtype.kind == "f" and not np.isfinite(value).all():
            raise Undefined(self.expression.shown(node), self.rows(~np.isfinite(value)), "not a number")
        return value

    def rows(self, bad: NDArray[np.bool_]) -> int:
        return int(np.count_nonzero(np.broadcast_to(bad, (len(self.frame),))))


def _matched(left: NDArray[Any], right: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Two numbers; a constant among them in the other's precision."""
    if left.ndim and not right.ndim and left.dtype.kind == "f":
        return left, right.astype(left.dtype)
    if right.ndim and not left.ndim and right.dtype.kind == "f":
        return left.astype(right.dtype), right
    return left, right


def _kind(value: Values) -> str:
    if isinstance(value, (str, pl.Series)):
        return "text"
    return "true or false" if value.dtype == np.bool_ else "a number"


def _regex(pattern: str, any_case: bool) -> str:
    """A pattern of SQL's `like` in the regular expressions that polars reads, which match in linear time."""
    parts = {"%": ".*", "_": "."}
    body = "".join(parts.get(c) or (c if c.isascii() and c.isalnum() else f"\\x{{{ord(c):x}}}") for c in pattern)
    return f"(?s{'i' if any_case else ''})^{body}$"
