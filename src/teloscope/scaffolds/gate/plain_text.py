"""Text normalised to plain English letters, or recognised as unreadable.

Texts of models and worlds may contain look-alike letters, characters of no width and control characters. After folding,
the text is ASCII, or it counts as unreadable.

Theory: A7.
"""

from __future__ import annotations

import re
import unicodedata

_TYPOGRAPHY = str.maketrans(
    {"‘": "'", "’": "'", "ʼ": "'", "“": '"', "”": '"', "–": "-", "—": "-", "−": "-", "…": ".", "\t": " ", "\r": "\n"}
)
_BLANKS = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters and symbols that are invisible."""
_CONTROLS = re.compile(r"[^\n\x20-\x7e]")
_NOT = (
    (re.compile(r"\bcan't\b|\bcannot\b|\bcant\b"), "can not"),
    (re.compile(r"\bwon't\b|\bwont\b"), "will not"),
    (re.compile(r"n't\b"), " not"),
)


def folded(text: str) -> str:
    """The text in lower case, without accents; compatibility forms, quotes, dashes are unified; other scripts stay."""
    if not text.isascii():
        text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return text.translate(_TYPOGRAPHY).lower()


def readable(text: str) -> str | None:
    """The folded text with `not` written out; None if it is not ASCII."""
    plain = folded(text)
    if _CONTROLS.search(plain):
        return None
    for pattern, said in _NOT:
        plain = pattern.sub(said, plain)
    return plain


def visible(text: str) -> str:
    """The folded text without invisible characters, in which forbidden words are looked for."""
    plain = folded(text)
    if plain.isascii() and plain.isprintable():
        return plain
    return "".join(c for c in plain if c.isspace() or (unicodedata.category(c)[0] not in "CM" and c not in _BLANKS))


def disguised(text: str) -> bool:
    """Whether a word mixes Latin letters with letters of another script, as look-alikes do."""
    plain = visible(text)
    return not plain.isascii() and any(
        not word.isascii() and re.search(r"[a-z]", word) for word in re.findall(r"[^\W\d_]+", plain)
    )


def gerunds(phrase: str) -> tuple[str, ...]:
    """An act's phrase and its forms with -ing: `take it` and `taking it`."""
    verb, _, rest = phrase.partition(" ")
    rest = f" {rest}" if rest else ""
    stems = [verb, verb[:-1] if verb.endswith("e") else verb, verb + verb[-1:]]
    return (phrase, *dict.fromkeys(f"{stem}ing{rest}" for stem in stems))
