"""Reading a free reply: which of the options does it name? Never raises, whatever was written.

Looked for in this order, and the first that names an option decides:

    what follows the last announcement of a decision    "So I will go left."
    its first sentence                                  "Go left."
    the whole reply

Where two options are named there, the reply is not read: it counts as unparsed, and the declared default is taken. An
option that is only named to be denied ("I will not go left.") isn't named.

Theory: S2 (agents are elicited from a simulator by prompting and parsing).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

LONGEST_READ = 4_000
"""Characters of a reply that are read; an act named later than that is not found."""
_ANNOUNCED = re.compile(r"\b(?:i will|i'll|i would|i choose(?: to)?|answer|action|decision|choice)\b[:\s]*(.*)")
_DENYING = frozenset(
    {"not", "never", "cannot", "can't", "don't", "won't", "shouldn't", "mustn't", "wouldn't", "without"}
)
_REACH = 3
"""Words over which a denial reaches to the option that it denies."""
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)?")


class Read(NamedTuple):
    """What was made of a reply."""

    option: int | None
    """Index of the option; None: not parsed."""
    why: str
    """In words, for the trace."""


def read_reply(reply: str, options: Sequence[str]) -> Read:
    """The option that a reply names.

    Args:
        reply: whatever the engine wrote.
        options: how the options read.
    """
    text = plain(reply[:LONGEST_READ])
    if not text:
        return Read(None, "nothing was said")
    words = [tuple(_WORD.findall(plain(option))) for option in options]
    for where, part in _parts(text):
        named = _named(part, words)
        if len(named) == 1:
            return Read(named[0], f"named {where}")
        if named:
            return Read(None, f"{len(named)} options are named {where}")
    return Read(None, "no option is named")


def plain(text: str) -> str:
    """In lower case, without accents' compositions and typographic apostrophes."""
    return unicodedata.normalize("NFKC", text).casefold().replace("’", "'").strip()


def _parts(text: str) -> list[tuple[str, str]]:
    """The parts of a reply in the order in which they are believed."""
    lines = [line for line in text.splitlines() if line.strip()]
    announced = [found.group(1) for line in lines for found in _ANNOUNCED.finditer(line)]
    first = re.split(r"(?<=[.!?])\s|\n", text, maxsplit=1)[0]
    return [
        *(("where a decision is announced", part) for part in announced[-1:]),
        ("in the first sentence", first),
        ("in the whole reply", text),
    ]


def _named(text: str, options: Sequence[tuple[str, ...]]) -> list[int]:
    """Options whose words stand in the text, one after the other and not denied; of those at one place the longest."""
    words = _WORD.findall(text)
    named: set[int] = set()
    at = since = 0
    while at < len(words):
        here = [i for i, option in enumerate(options) if option and tuple(words[at : at + len(option)]) == option]
        if here:
            best = max(here, key=lambda i: len(options[i]))
            if not _DENYING.intersection(words[max(since, at - _REACH) : at]):
                named.add(best)
            at = since = at + len(options[best])
        else:
            at += 1
    return sorted(named)
