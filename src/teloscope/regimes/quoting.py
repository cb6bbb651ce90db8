"""What is quoted or in brackets in a condition: 'texts', and "names" that are no plain words.

Theory: A2, A3.
"""

from __future__ import annotations

import re
from itertools import accumulate

_QUOTED = re.compile(r"""('(?:[^']|'')*'|"(?:[^"]|"")*"|`[^`]*`)""")


def pieces(text: str) -> list[str]:
    """The text cut at its quotes: pieces at even places stand outside, those at odd places are quoted."""
    return _QUOTED.split(text)


def hollow(text: str) -> str:
    """The text with nothing left between its quotes, so that what stands there is not taken for SQL."""
    cut = pieces(text)
    cut[1::2] = [quoted[0] * 2 for quoted in cut[1::2]]
    return "".join(cut)


def masked(text: str) -> str:
    """The text, as long as it was, with underscores for what stands between its quotes."""
    cut = pieces(text)
    cut[1::2] = [quoted[0] + "_" * (len(quoted) - 2) + quoted[0] for quoted in cut[1::2]]
    return "".join(cut)


def squeezed(text: str) -> str:
    """The text with single spaces outside its quotes, and none at its ends."""
    cut = pieces(text)
    cut[::2] = [re.sub(r"\s+", " ", piece) for piece in cut[::2]]
    return "".join(cut).strip()


def balanced(text: str) -> bool:
    """Whether every bracket outside quotes closes in order, so that `a) or (b` is not taken for a condition."""
    depths = _depths(text)
    return min(depths, default=0) >= 0 and not (depths and depths[-1])


def closing(text: str, opening: int) -> int | None:
    """Where the bracket that opens here closes; None where it doesn't."""
    depths = _depths(text[opening:])
    return opening + depths.index(0) if 0 in depths else None


def listed(text: str) -> list[str]:
    """The text cut at the commas that stand outside quotes and brackets."""
    cuts = [
        i for i, (char, depth) in enumerate(zip(masked(text), _depths(text), strict=True)) if char == "," and not depth
    ]
    return [text[i + 1 : j] for i, j in zip([-1, *cuts], [*cuts, len(text)], strict=True)]


def _depths(text: str) -> list[int]:
    """How many brackets outside quotes are open after each character."""
    return list(accumulate((char in "([") - (char in ")]") for char in masked(text)))
