"""What of a sentence is set as code: what it has in backticks, and names that are known.

Theory: A8.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from markupsafe import Markup, escape

BACKTICKS = "`[^`]+`"


def marking(known: Iterable[str], patterns: Iterable[str] = ()) -> Callable[[str], Markup]:
    """A filter that sets parts of a sentence as code and escapes all of it.

    Args:
        known: texts that are set as code wherever they stand; of two, the longer.
        patterns: regular expressions of more such texts.
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
