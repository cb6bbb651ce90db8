"""What is quoted in a condition: 'texts', and "names" that are no plain words.

Theory: A2, A3.
"""

from __future__ import annotations

import re

_QUOTED = re.compile(r"""('(?:[^']|'')*'|"(?:[^"]|"")*"|`[^`]*`)""")


def pieces(text: str) -> list[str]:
    """The text cut at its quotes: pieces at even places stand outside, those at odd places are quoted."""
    return _QUOTED.split(text)


def hollow(text: str) -> str:
    """The text with nothing left between its quotes, so that what stands there is not taken for SQL."""
    cut = pieces(text)
    cut[1::2] = [quoted[0] * 2 for quoted in cut[1::2]]
    return "".join(cut)


def squeezed(text: str) -> str:
    """The text with single spaces outside its quotes, and none at its ends."""
    cut = pieces(text)
    cut[::2] = [re.sub(r"\s+", " ", piece) for piece in cut[::2]]
    return "".join(cut).strip()


def balanced(text: str) -> bool:
    """Whether every bracket outside quotes closes in order, so that `a) or (b` is not taken for a condition."""
    depth = 0
    for char in hollow(text):
        depth += (char == "(") - (char == ")")
        if depth < 0:
            return False
    return depth == 0
