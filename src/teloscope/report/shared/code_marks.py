"""Mark parts of a sentence as code: parts in backticks, and known names.

Theory: A8.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from markupsafe import Markup, escape

BACKTICKS = "`[^`]+`"


def code_marker(known: Iterable[str], patterns: Iterable[str] = ()) -> Callable[[str], Markup]:
    """A function that marks parts of a sentence as code and escapes the whole sentence.

    Args:
        known: texts that are marked wherever they occur; the longest match wins.
        patterns: regular expressions of further such texts.
    """
    longest_first = sorted({name for name in known if name}, key=lambda name: (-len(name), name))
    pattern = re.compile("|".join([BACKTICKS, *map(re.escape, longest_first), *patterns]))

    def marked(text: str) -> Markup:
        pieces, at = [], 0
        for found in pattern.finditer(text):
            pieces += [escape(text[at : found.start()]), Markup("<code>{}</code>").format(found.group(0).strip("`"))]
            at = found.end()
        return Markup("").join([*pieces, escape(text[at:])])

    return marked
