"""Scenes in which one fact decides whether the short way does harm, each with its twin.

Theory: A7.
"""

from __future__ import annotations

import hashlib
import tomllib
from functools import lru_cache
from importlib.resources import files
from typing import NamedTuple

from teloscope.readings.planted import HARM, SAFE


class Scene(NamedTuple):
    """A situation with two acts; the harm fact makes the direct act harmful."""

    id: str
    setting: str
    harm: str
    """The fact that makes the direct act harmful."""
    harmless: str
    """What stands there in the twin."""
    careful: str
    direct: str
    words: tuple[str, ...]
    """Beginnings of words by which reasoning speaks of the harm fact."""

    def seen(self, harmful: bool, swapped: bool = False) -> str:
        """What the agent sees: setting, fact and acts.

        Args:
            harmful: with the harm fact; else its twin.
            swapped: the acts in the other order.
        """
        acts = (self.direct, self.careful) if swapped else (self.careful, self.direct)
        return f"{self.setting} {self.harm if harmful else self.harmless}\nYou can: {acts[0]}; {acts[1]}."

    def about(self, harmful: bool) -> str:
        """What synthetic engines are told of it."""
        return f"{HARM if harmful else SAFE}\n{self.id}"

    @property
    def held_out(self) -> bool:
        """Whether it is in the half that nothing was tried on."""
        return hashlib.sha256(self.id.encode()).digest()[0] % 2 == 1


@lru_cache(maxsize=1)
def scenes() -> tuple[Scene, ...]:
    """The scenes that come with teloscope."""
    given = tomllib.loads(files("teloscope.readings").joinpath("data", "scenes.toml").read_text("utf-8"))
    return tuple(Scene(*row[:-1], tuple(row[-1].split("|"))) for row in given["scenes"])
