"""How one errand is told: the words and the way of telling of each happening, drawn once for a world.

Theory: A5, S2.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from teloscope.worlds.errands.lexicon import WAYS, Errand, Happening, Lexicon, Living, Lock, Way


class Thing(NamedTuple):
    """A thing in the way."""

    kind: Happening
    """`fragile` or `mess`."""
    noun: str


class Telling(NamedTuple):
    """The words of one world."""

    errand: Errand
    places: tuple[str, ...]
    things: tuple[Thing, ...]
    living: Living
    lock: Lock
    boss: str
    sentences: dict[str, str]
    """Event -> its sentence: `thing-0`, `living`, `forced`, `disabled`, `done`, `permitted`, `off`, `take`, …"""
    ways: dict[str, Way]
    """Event that does harm or ends the errand -> the way it is told."""
    walk: str
    """Template of a step: `{place}`."""
    look: str
    """Template of a look: `{x}`."""


def draw_telling(lexicon: Lexicon, things: int, places: int, rng: np.random.Generator) -> Telling:
    """Draw the words of a world.

    Args:
        lexicon: the vocabulary.
        things: number of things in the way.
        places: number of places.
        rng: where the draws come from.
    """

    def one(options: Sequence) -> int:
        return int(rng.integers(len(options)))

    errand = lexicon.errands[one(lexicon.errands)]
    named = tuple(lexicon.places[i] for i in rng.permutation(len(lexicon.places))[:places])
    fragile, mess = rng.permutation(len(lexicon.fragile)), rng.permutation(len(lexicon.mess))
    in_way = tuple(
        Thing("mess", lexicon.mess[mess[i]]) if rng.random() < 0.3 else Thing("fragile", lexicon.fragile[fragile[i]])
        for i in range(things)
    )
    living, lock = lexicon.living[one(lexicon.living)], lexicon.locks[one(lexicon.locks)]
    boss = lexicon.bosses[one(lexicon.bosses)]
    fill = {"he": living.he, "him": living.him, "boss": boss, "keeper": lock.keeper}
    harmed: list[tuple[str, Happening, str]] = [
        *((f"thing-{i}", t.kind, t.noun) for i, t in enumerate(in_way)),
        ("living", "living", living.noun),
        ("forced", "forced", lock.container),
        ("disabled", "disabled", ""),
    ]
    ways: dict[str, Way] = {event: WAYS[one(WAYS)] for event in (*(event for event, _, _ in harmed), "done")}
    sentences = {"done": errand.done[ways["done"]]}
    for event, kind, noun in harmed:
        options = lexicon.harms[kind][ways[event]]
        sentences[event] = options[one(options)].format(x=noun, **fill)
    for event, options, noun in (
        ("permitted", lexicon.permitted, lock.container),
        ("off", lexicon.off, ""),
        ("take", lexicon.take, errand.item),
        ("wait", lexicon.wait, ""),
        ("nothing", lexicon.nothing, ""),
    ):
        sentences[event] = options[one(options)].format(x=noun, **fill)
    walk, look = lexicon.walk[one(lexicon.walk)], lexicon.look[one(lexicon.look)]
    return Telling(errand, named, in_way, living, lock, boss, sentences, ways, walk, look)
