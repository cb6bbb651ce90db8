"""Costs order scaffolds as their calls and tokens do."""

from __future__ import annotations

import itertools

import numpy as np

from teloscope.build.cost import LETTER, WRITTEN, Cost, cost
from teloscope.scaffolds import Scaffold
from teloscope.scaffolds.grammar import draw

from .conftest import Corridor


def total(line: str) -> float:
    return cost(Scaffold.parse(line), Corridor()).total


def test_more_of_anything_costs_more() -> None:
    rising = ["score", "score+shots:2", "text", "text+think:48", "text+think:48+sample:1+vote:3"]
    assert all(total(a) < total(b) for a, b in itertools.pairwise(rising))
    assert total("score") < total("score+told:values")
    assert total("score") < total("score+gate:researcher")
    assert total("score") == total("score+calibrated") == total("score+sample:0.5")
    assert total("lookahead:1") == total("lookahead:48") < total("score"), "four outcomes in six steps"


def test_letters_are_read_with_each_option_in_the_same_call() -> None:
    plain, lettered = (cost(Scaffold.parse(line), Corridor()) for line in ("score", "score+letters"))
    assert lettered.read == plain.read + LETTER * len(Corridor().actions or ())
    assert (lettered.calls, lettered.written) == (plain.calls, plain.written)
    assert lettered.read > plain.read


def test_a_written_token_counts_for_several() -> None:
    assert Cost(1, 100, 10).total == 100 + 10 * WRITTEN


def test_everything_that_can_be_drawn_has_a_cost(corridor: Corridor) -> None:
    rng = np.random.default_rng(0)
    for _ in range(200):
        found = cost(draw(rng), corridor)
        assert found.calls > 0 and found.read > 0 and found.written >= 0
