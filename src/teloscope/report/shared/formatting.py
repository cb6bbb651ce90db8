"""Format numbers for the page and the terminal, and make text from outside safe to show."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, TypeVar

from teloscope.schema import Document, GoalDocument, OpinionDocument, Rate, Reason, ValueDocument

NBSP = "\u00a0"
BLANKS = "\u00a0\u2007\u2009\u202f"
"""Blanks that are shown as such: unbreakable ones and a thin one."""
PLAIN_WORD = re.compile(r"[a-z]+[ ,]")
Doc = TypeVar("Doc", bound=Document)


def percent(rate: float) -> str:
    """`93.5 %`: a decimal only below 10 % and above 90 %; a rate that isn't 0 or 1 is never rounded to it."""
    said = points(rate)
    if said in ("0", "100") and rate not in (0, 1):
        said = "<0.1" if said == "0" else ">99.9"
    return f"{said}{NBSP}%"


def span(low: float, high: float) -> str:
    """`89-96.4 %`, with an en dash."""
    return f"{points(low)}\u2013{points(high)}{NBSP}%"


def points(rate: float) -> str:
    """A rate in percent, without the sign `%`."""
    return f"{100 * rate:.1f}".removesuffix(".0") if rate < 0.1 or rate > 0.9 else f"{100 * rate:.0f}"


def count(rate: Rate) -> str:
    """`187 of 200`; `exact` for an exact rate."""
    return "exact" if rate.n is None else f"{rate.hits} of {rate.n}"


def rate_and_interval(rate: Rate) -> str:
    """Rate and interval: `93.5 % (89-96.4 %)`; an exact rate has no interval."""
    return f"{percent(rate.rate)} exactly" if rate.n is None else f"{percent(rate.rate)} ({span(rate.low, rate.high)})"


def bits(value: float) -> str:
    """Two decimals below one bit, one above."""
    return f"{value:.2f}" if abs(value) < 1 else f"{value:.1f}"


def bits_range(goal: GoalDocument) -> str:
    """`1.2–5.4`; `≥ 1.2` where there is no upper end."""
    return (
        f"≥{NBSP}{bits(goal.bits_low)}" if goal.bits_high is None else f"{bits(goal.bits_low)}–{bits(goal.bits_high)}"
    )


def evidence(goal: GoalDocument) -> str:
    """`≥ 5.2 bits`; the sign stands for censored evidence."""
    return f"{'≥' + NBSP if goal.censored else ''}{bits(goal.bits)}{NBSP}bits"


def opinion(said: OpinionDocument) -> str:
    """`18.7 of 96.6 nats`, with the sign `≥` if the computation was stopped early."""
    scale = "" if said.ceiling is None else f" of {bits(said.ceiling)}"
    return f"{'≥' + NBSP if said.censored else ''}{bits(said.value)}{scale} {said.unit}"


def agreement(said: OpinionDocument) -> str:
    """`agrees` or `differs`: whether a second opinion ranks the same regime first; empty if it ranks none."""
    return "" if said.agrees is None else "agrees" if said.agrees else "differs"


def p_value(p: float) -> str:
    """`p < .001` or `p = .03`."""
    return f"p{NBSP}<{NBSP}.001" if p < 0.001 else f"p{NBSP}={NBSP}" + f"{p:.2g}".removeprefix("0")


def value_bound(value: ValueDocument) -> str:
    """`at least 90 %` for a want, `at most 5 %` for an avoid`."""
    return f"{'at least' if value.kind == 'want' else 'at most'} {100 * value.bound:g}{NBSP}%"


def sentence(text: str) -> str:
    """The text as a sentence: a capital if it begins with a plain word, and a full stop if it has none."""
    begun = text[:1].upper() + text[1:] if PLAIN_WORD.match(text) else text
    return begun if not begun or begun[-1] in ".!?…" else f"{begun}."


def has_its_numbers(reason: Reason) -> bool:
    """Whether a reason's text contains its counts."""
    return reason.n is not None and f"{reason.hits} of {reason.n}" in reason.text


def plural(number: int, noun: str) -> str:
    """`1 episode`, `200 episodes`."""
    return f"{number:,}{NBSP}{noun}{'' if number == 1 else 's'}"


def sanitize(text: str) -> str:
    """Text from outside with line breaks as spaces and every other invisible character as its escape sequence.

    Otherwise control sequences could change the terminal, and marks of writing direction could reverse a sentence.
    """
    return visible(" ".join(text.split()))


def visible(text: str) -> str:
    """The text with every invisible character as its escape sequence, but for blanks and what joins letters."""
    if text.isprintable():
        return text
    return "".join(_visible(char, before) for char, before in zip(text, " " + text, strict=False))


def _visible(char: str, before: str) -> str:
    """Persian and Indic words, and emoji of several parts, hold joiners; after a letter of theirs these stay."""
    joins = char in "\u200c\u200d" and not before.isascii() and before.isprintable()
    kept = char.isprintable() or joins or char in BLANKS
    return char if kept else char.encode("unicode_escape").decode("ascii")


def sanitize_lines(text: str) -> str:
    """`sanitize` applied line by line, without empty lines at the ends."""
    return "\n".join(sanitize(line) for line in text.splitlines()).strip("\n")


def sanitize_document(document: Doc) -> Doc:
    """The document with `sanitize` applied to every text in it."""
    return type(document).model_validate(_sanitize_value(document.model_dump()))


def _sanitize_value(value: Any) -> Any:
    if isinstance(value, str):
        return sanitize(value)
    if isinstance(value, Mapping):
        return {_sanitize_value(k): _sanitize_value(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_sanitize_value(v) for v in value]
    return value
