"""Parsing a free reply: which of the options does it name? It never raises, whatever the reply is.

These parts are searched in this order, and the first part that names an option decides:

    what follows the last announcement of a decision    "So I will go left."
    its first sentence                                  "Go left."
    the whole reply

If that part names two options, the reply counts as unparsed, and the default action is taken. An option under a
negation ("I will not go left.") does not count as named.

Theory: S2 (agents are elicited from a simulator by prompting and parsing).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

LONGEST_REPLY = 4_000
"""Characters of a reply that are searched; an option named later is not found."""
_ANNOUNCEMENT = re.compile(r"\b(?:i will|i'll|i would|i choose(?: to)?|answer|action|decision|choice)\b[:\s]*(.*)")
_NEGATIONS = frozenset(
    {"not", "never", "cannot", "can't", "don't", "won't", "shouldn't", "mustn't", "wouldn't", "without"}
)
_NEGATION_REACH = 3
"""How many words before an option a negation may stand."""
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)?")


class ParsedReply(NamedTuple):
    """The option that a reply names, or why there is none."""

    option: int | None
    """Index of the option; None: not parsed."""
    why: str
    """In words, for the trace."""


def parse_reply(reply: str, options: Sequence[str]) -> ParsedReply:
    """The option that a reply names.

    Args:
        reply: whatever the engine wrote.
        options: how the options read.
    """
    text = normalized(reply[:LONGEST_REPLY])
    if not text:
        return ParsedReply(None, "nothing was said")
    words = [tuple(_WORD.findall(normalized(option))) for option in options]
    for where, part in _reply_parts(text):
        named = _named_options(part, words)
        if len(named) == 1:
            return ParsedReply(named[0], f"named {where}")
        if named:
            return ParsedReply(None, f"{len(named)} options are named {where}")
    return ParsedReply(None, "no option is named")


def normalized(text: str) -> str:
    """The text in lower case and Unicode normal form (NFKC), with plain apostrophes."""
    return unicodedata.normalize("NFKC", text).casefold().replace("’", "'").strip()


def _reply_parts(text: str) -> list[tuple[str, str]]:
    """(where it stands, text) of the parts of a reply, in the order in which they are searched."""
    lines = [line for line in text.splitlines() if line.strip()]
    announced = [found.group(1) for line in lines for found in _ANNOUNCEMENT.finditer(line)]
    first = re.split(r"(?<=[.!?])\s|\n", text, maxsplit=1)[0]
    return [
        *(("where a decision is announced", part) for part in announced[-1:]),
        ("in the first sentence", first),
        ("in the whole reply", text),
    ]


def _named_options(text: str, options: Sequence[tuple[str, ...]]) -> list[int]:
    """Options whose words stand in the text in sequence and without a negation; at one place the longest one."""
    words = _WORD.findall(text)
    found: set[int] = set()
    at = since = 0
    while at < len(words):
        here = [i for i, option in enumerate(options) if option and tuple(words[at : at + len(option)]) == option]
        if here:
            best = max(here, key=lambda i: len(options[i]))
            if not _NEGATIONS.intersection(words[max(since, at - _NEGATION_REACH) : at]):
                found.add(best)
            at = since = at + len(options[best])
        else:
            at += 1
    return sorted(found)
