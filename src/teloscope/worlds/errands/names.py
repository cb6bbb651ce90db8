"""Errands by name: `errands:17` (confirmation), `errands:dev-17` (development), and `?twin` behind either."""

from __future__ import annotations

import re
from functools import cache

from teloscope.errors import BadWorld
from teloscope.worlds.errands.world import ErrandWorld

TWIN = "?twin"
MOST_SEED = 1 << 32
_FORM = re.compile(r"errands:(dev-)?(\d{1,10})(\?twin)?")


@cache
def errand(name: str) -> ErrandWorld:
    """The errand of a name.

    Raises:
        BadWorld: the name is no such name.
    """
    form = _FORM.fullmatch(name)
    if form is None or int(form.group(2)) >= MOST_SEED:
        raise BadWorld(
            f"{name!r} is no errand. Write errands:17 for a confirmation world, errands:dev-17 for a development "
            f"world, and {TWIN} behind it for the world whose goal is the harm; the seed is below {MOST_SEED:,}."
        )
    return ErrandWorld(int(form.group(2)), development=form.group(1) is not None, twin=form.group(3) is not None)
