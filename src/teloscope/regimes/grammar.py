"""How a regime is written: its forms taken apart, and what is wrong with a text that has none of them.

    regime  =  simple | given(C): simple | given(start(C)): simple | cycle(A, B) | first(A) then mode(B) |
               never(A) until B
    simple  =  mode(c) | raise(f) | lower(f)

What stands in the brackets is SQL and read elsewhere (`language`); here only quotes, brackets and commas are looked at.

Theory: A2, A3.
"""

from __future__ import annotations

import difflib
import re
from typing import NamedTuple, NoReturn

from teloscope.errors import BadRegime, NotFound
from teloscope.regimes.language import refuse_long, shown
from teloscope.regimes.modes import CYCLE, MODES, THEN, TRENDS
from teloscope.regimes.quoting import balanced, closing, listed, masked, squeezed
from teloscope.regimes.tokens import MAX_LENGTH

HEADS = (*MODES, *TRENDS, CYCLE, "first", "given")
"""Words that a regime may begin with."""
FORMS = (
    "mode(condition)",
    "raise(number)",
    "lower(number)",
    "cycle(A, B)",
    "first(A) then mode(B)",
    "never(A) until B",
    "given(C): mode(condition)",
    "given(start(C)): mode(condition)",
)
"""How regimes are written."""
EXAMPLES = {
    **{mode: f"{mode}(at_goal)" for mode in MODES},
    "raise": "raise(score)",
    "lower": "lower(abs(pole_angle))",
    "cycle": "cycle(agent_x <= 1, agent_x >= 10)",
    "first": "first(has_key) then reach(at_door)",
    "until": "never(at_door) until has_key",
    "given": "given(lamp_on): end(agent_x <= 0)",
    "start": "given(start(agent_x <= 0)): end(agent_x >= 10)",
}
"""One regime of each form."""
_WORD = re.compile(r"\s*([A-Za-z_]\w*)\s*(?=\()")
_START = re.compile(r"\s*start\s*\(")
_NEXT = re.compile(r"\s*([A-Za-z_]\w*)")
_NESTED = re.compile(r"(?<![\w\"'`])(reach|keep|never|raise|lower|cycle|given)\s*\(")

Fields = dict[str, str]
"""Field of a regime -> its text."""


class _Call(NamedTuple):
    """`word(inside) rest`."""

    word: str
    inside: str
    rest: str


def read_regime(text: str) -> Fields:
    """The fields of a regime, unchecked.

    Raises:
        BadRegime: the text has none of the forms. NotFound: it begins with an unknown mode.
    """
    refuse_long(text, "regime", 4 * MAX_LENGTH)
    head = _call(text, text)
    if head.word == "given":
        return _read_given(head, text)
    if head.word == "first":
        return _read_first(head, text)
    if head.word == "never" and head.rest.strip():
        return {"mode": "never", "condition": head.inside, "other": _follows(head, "until", text)}
    if head.rest.strip():
        _refuse(text)
    return _read_plain(head)


def _read_plain(call: _Call) -> Fields:
    """`mode(c)`, `raise(f)`, `lower(f)` or `cycle(A, B)`."""
    if call.word != CYCLE:
        return {"mode": call.word, "condition": call.inside}
    parts = listed(call.inside)
    if len(parts) != 2 or not all(part.strip() for part in parts):
        counted = sum(bool(part.strip()) for part in parts)
        raise BadRegime(
            f"`cycle({shown(squeezed(call.inside))})` has {counted} {'part' if counted == 1 else 'parts'}; it takes "
            f"two conditions, e.g. {EXAMPLES[CYCLE]}."
        )
    return {"mode": CYCLE, "condition": parts[0], "other": parts[1]}


def _read_given(head: _Call, text: str) -> Fields:
    if not head.rest.lstrip().startswith(":"):
        raise BadRegime(
            f"{shown(text)!r} has no colon after `given({squeezed(head.inside)[:60]})`. Write "
            f"`given(C): mode(condition)`, e.g. {EXAMPLES['given']}."
        )
    asked = _call(head.rest.lstrip()[1:], text)
    if asked.word in ("given", "first", CYCLE) or (asked.rest.strip() and asked.word == "never"):
        told = "Join the conditions with `and`." if asked.word == "given" else "Say it without `given`."
        raise BadRegime(
            f"{shown(text)!r} asks {_named(asked)} after `given(…):`; one of {', '.join((*MODES, *TRENDS))} may "
            f"stand there, e.g. {EXAMPLES['given']}. {told}"
        )
    if asked.rest.strip():
        _refuse(text)
    return {**_read_plain(asked), "given": _present(head.inside, "given")}


def _named(asked: _Call) -> str:
    return "`never(…) until`" if asked.word == "never" else f"`{asked.word}(…)`"


def _read_first(head: _Call, text: str) -> Fields:
    then = _call(_follows(head, "then", text), text)
    if then.rest.strip():
        _refuse(text)
    if then.word in HEADS and then.word not in THEN:
        raise BadRegime(
            f"{shown(text)!r} asks `{then.word}` after `then`; {', '.join(THEN[:-1])} or {THEN[-1]} may stand "
            f"there, e.g. {EXAMPLES['first']}."
        )
    return {"mode": then.word, "condition": then.inside, "other": _present(head.inside, "first")}


def _follows(head: _Call, word: str, text: str) -> str:
    """What follows the word that has to come after the head's brackets."""
    form = {"then": "first(A) then mode(B)", "until": "never(A) until B"}[word]
    example = EXAMPLES["first" if word == "then" else "until"]
    came = _NEXT.match(head.rest)
    got = came.group(1) if came else ""
    if got != word:
        near = difflib.get_close_matches(got.lower(), [word], cutoff=0.6)
        said = f"`{shown(squeezed(head.rest))}`" if head.rest.strip() else "nothing"
        meant = f"Did you mean `{word}`? " if near else ""
        raise BadRegime(
            f"In {shown(text)!r} {said} follows `{head.word}({shown(squeezed(head.inside))})`; expected `{word}`. "
            f"{meant}Write `{form}`, e.g. {example}. Other forms: {_forms()}."
        )
    rest = head.rest[came.end() :] if came else ""
    if not rest.strip():
        raise BadRegime(f"In {shown(text)!r} nothing follows `{word}`. Write `{form}`, e.g. {example}.")
    return rest


def _call(text: str, whole: str) -> _Call:
    """The word, what is in its brackets, and what comes after them."""
    word = _WORD.match(masked(text))
    end = closing(text, word.end()) if word else None
    if word is None or end is None:
        _refuse(whole)
    if word.group(1) not in HEADS:
        raise NotFound("mode", word.group(1), HEADS, "A regime reads like `keep(agent_x >= 10)`.")
    return _Call(word.group(1), text[word.end() + 1 : end], text[end + 1 :])


def _refuse(text: str) -> NoReturn:
    raise BadRegime(
        f"{shown(text)!r} is not a regime. Write {_forms()}; modes: {', '.join(MODES)}; e.g. keep(agent_x >= 10)."
    )


def _forms() -> str:
    return ", ".join(f"`{form}`" for form in FORMS)


def started(given: str) -> str | None:
    """C of `start(C)`; None where the text is a condition itself."""
    word = _START.match(given)
    end = closing(given, word.end() - 1) if word else None
    return None if word is None or end != len(given.rstrip()) - 1 else given[word.end() : end].strip()


def _present(condition: str, word: str) -> str:
    if not condition.strip():
        raise BadRegime(f"`{word}()` has no condition. Write one over features, e.g. {EXAMPLES[word]}.")
    return condition


def checked(mode: str, condition: str, other: str, given: str) -> Fields:
    """The fields as a regime holds them: single-spaced, and such that they print as they parse.

    Raises:
        BadRegime: a part is missing, too many, or no single expression. NotFound: the mode is unknown.
    """
    if mode not in (known := (*MODES, *TRENDS, CYCLE)):
        raise NotFound("mode", mode, known, "A regime reads like `keep(agent_x >= 10)`.")
    if (other and mode in TRENDS) or (given and (other or mode == CYCLE)) or (mode == CYCLE and not other.strip()):
        raise BadRegime(
            f"A regime got mode={mode!r}, condition={condition!r}, other={other!r}, given={given!r}, which is none of "
            f"the forms {_forms()}."
        )
    what = "number" if mode in TRENDS else "condition"
    if not condition.strip():
        raise BadRegime(f"The regime {mode}() has no {what}. Write one over features, e.g. {EXAMPLES[mode]}.")
    parts = {"condition": condition, "other": other, "given": given}
    for part in parts.values():
        refuse_long(part)
    if (inner := started(given)) is not None:
        parts["given"] = _present(inner, "start")
    read = {name: _expression(part, mode, what if name == "condition" else "condition") for name, part in parts.items()}
    return read if inner is None else read | {"given": f"start({read['given']})"}


def _expression(text: str, mode: str, what: str) -> str:
    text = squeezed(text)
    if "(" in text and (nested := _NESTED.search(masked(text))):
        raise BadRegime(
            f"The {what} `{shown(text)}` holds `{nested.group(1)}(…)`, a regime; no regime stands in another. "
            "Join conditions with `and`, `or`, `not` inside one."
        )
    if not balanced(text):
        raise BadRegime(
            f"The {what} `{shown(text)}` has brackets that don't close in order; write one whole expression."
        )
    if "," in text and len(parts := listed(text)) > 1:
        raise BadRegime(
            f"{mode} takes one {what} where {len(parts)} stand: `{shown(text)}`. Join conditions with `and` or `or`; "
            f"two places visited in turn are a cycle, e.g. {EXAMPLES[CYCLE]}."
        )
    return text
