"""A condition cut into words, numbers, quoted texts and names, and signs; whatever is none of these is refused.

Theory: A2, A3.
"""

from __future__ import annotations

import re
from typing import NamedTuple

MAX_LENGTH = 10_000
"""Characters in one condition, at most."""
KEYWORDS = frozenset(
    ("and", "or", "not", "in", "between", "is", "like", "ilike", "case", "when", "then", "else", "end")
) | {"true", "false", "null"}
"""Words with a meaning of their own; a feature of such a name is written in double quotes."""

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?(?![\w.]))
      | (?P<word>[^\W\d](?:\w|[^\x00-\x7f\s])*)
      | (?P<text>'(?:[^']|'')*')
      | (?P<name>"(?:[^"]|"")*"|`[^`]*`)
      | (?P<sign><=|>=|<>|!=|==|//|[-+*/%<>=(),])
    )""",
    re.VERBOSE,
)


class Token(NamedTuple):
    """One piece of a condition."""

    kind: str
    """`number`, `word` (a bare name or function), `keyword`, `text`, `name` (quoted), `sign`, or `end`."""
    said: str
    """What it says: keywords in small letters, texts and names without their quotes."""
    begin: int
    """Where it begins in the condition."""
    stop: int
    """Where it ends."""


class Unreadable(Exception):
    """Raised while a condition is read; `language` makes a `BadRegime` of it that shows the condition."""


def tokens_of(condition: str) -> list[Token]:
    """The pieces of a condition in order, and an `end`; in time linear in its length.

    Raises:
        Unreadable: a character begins no piece.
    """
    out: list[Token] = []
    at, whole = 0, len(condition.rstrip())
    while at < whole:
        found = _TOKEN.match(condition, at)
        if found is None or not (found["word"] or "_").isidentifier():
            raise Unreadable(f"nothing that may stand there begins with {condition[at:].lstrip()[:12]!r}")
        at = found.end()
        out.append(_token(found))
    return [*out, Token("end", "", whole, whole)]


def _token(found: re.Match[str]) -> Token:
    kind = str(found.lastgroup)
    said, begin, stop = found.group(kind), found.start(kind), found.end(kind)
    if kind == "word" and said.lower() in KEYWORDS:
        return Token("keyword", said.lower(), begin, stop)
    if kind in ("text", "name"):
        said = said[1:-1].replace(said[0] * 2, said[0])
    return Token(kind, said, begin, stop)
