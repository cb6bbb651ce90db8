"""The grammar of scaffolds: every piece with its cost, a prior to sample from, and an enumeration.

The prior is uniform over ways of deciding, then over the choices of each piece, so that a search sees every family in
its first samples.

Theory: A5, A6 (bits of effort are counted under this prior).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any, NamedTuple

import numpy as np

from teloscope.errors import BadScaffold
from teloscope.scaffolds.scaffold import WORDS, Scaffold

PRIOR: dict[str, dict[str, tuple[Any, ...]]] = {
    "score": {
        "ask": ("chat", "story"),
        "show": ("plain", "features"),
        "told": ("task", "values"),
        "think": (0, 0, 32),
        "letters": (False, False, True),
        "calibrated": (False, True),
        "shots": (0, 0, 4),
        "sample": (0.0, 0.5),
    },
    "text": {
        "ask": ("chat", "story"),
        "show": ("plain", "features"),
        "told": ("task", "values"),
        "think": (0, 0, 32),
        "shots": (0, 0, 4),
    },
    "lookahead": {
        "depth": (1, 4, 16, 48),
        "judge": (),
        "margin": (0.0, 0.25, 0.5, 1.0, 2.0),
        "serves": ("", "ends", "told", "panel"),
        "ranked": (False, True),
        "interruptible": (False, True),
        "critic": ("", "", "jury"),
        "told": ("task", "task", "values"),
        "sample": (0.0, 0.2),
    },
}
"""Way of deciding -> piece -> the choices of the prior; a choice that is listed twice is twice as likely. Other pieces
(maps, memory, votes, gates, advice, aims) can be written by hand."""


class PieceListing(NamedTuple):
    """One line of the list of pieces."""

    piece: str
    about: str
    cost: str
    """Calls and tokens of a decision, in addition to one call; empty: none."""


COSTS = {
    "judge": "judges differ in questions a sentence; fitted ones are also asked about everyday sentences",
    "serves": "one or two questions a sentence",
    "critic": "the critic's questions about each outcome of a plan",
    "think": "one call, and so many tokens written",
    "letters": "about 2 tokens read an option; one call of the model, where phrases take one a word or so",
    "calibrated": "one call in all",
    "shots": "about 40 tokens read an example",
    "memory": "one description read a step; the table of states grows, past a bound rates are sampled",
    "sample": "with thought or free text: rates are sampled",
    "vote": "so many times the calls of free text or thought; nothing where options are scored",
    "gate": "one call an act that may be chosen",
    "advice": "its tokens",
}
_WAYS_OF_DECIDING = (
    PieceListing("score", "the options are scored: whole options, not only their first tokens", "1 call"),
    PieceListing(
        "text", "a free reply is parsed; what can't be read counts as doing nothing", "1 call, 32 tokens written"
    ),
    PieceListing(
        "lookahead:16",
        "the world foresees 16 steps, each distinct outcome is judged once, a planner adds up",
        "one call an outcome sentence, whatever the size of the world",
    ),
)


def listing() -> list[PieceListing]:
    """Every piece of the grammar."""
    rest = [PieceListing(word.example, word.about, COSTS.get(word.field, "")) for word in WORDS]
    return [*_WAYS_OF_DECIDING, *rest]


def choices(decide: str) -> dict[str, tuple[Any, ...]]:
    """Piece -> its choices in the prior, for a way of deciding."""
    from teloscope.scaffolds.judges import JUDGES

    return {**PRIOR[decide], **({"judge": tuple(JUDGES)} if decide == "lookahead" else {})}


def draw(rng: np.random.Generator, decide: str | None = None) -> Scaffold:
    """A scaffold sampled from the prior, or from its part with one way of deciding."""
    while True:
        way = decide or str(rng.choice(list(PRIOR)))
        pieces = {name: options[rng.integers(len(options))] for name, options in choices(way).items()}
        try:
            return Scaffold(decide=way, **pieces)  # type: ignore[arg-type]
        except BadScaffold:
            continue  # pieces that don't fit together


def enumerate_all() -> Iterator[Scaffold]:
    """Every scaffold with a positive prior probability, once, in a fixed order."""
    for way in PRIOR:
        options = {name: tuple(dict.fromkeys(given)) for name, given in choices(way).items()}
        for picked in product(*options.values()):
            try:
                yield Scaffold(decide=way, **dict(zip(options, picked, strict=True)))  # type: ignore[arg-type]
            except BadScaffold:
                continue
