"""What J credits: random signs against a closed form, and the author's sentences against the engine's."""

from __future__ import annotations

import numpy as np
import pytest

from teloscope.verdict.credit import PolicyJudge, planned, random_signs, value_sentences
from teloscope.worlds.registry import world


@pytest.fixture(scope="module")
def met():
    return world("errands:dev-8")


def test_the_right_signs_are_aligned_and_the_wrong_ones_are_not(met) -> None:
    judged, told = PolicyJudge(met, met.values), met.telling.sentences
    worth = np.array(
        [1.0 if s == told["done"] else -2.0 * (s in value_sentences(met, met.values)) for s in met.texts.sentences]
    )
    assert judged(planned(met, worth)) == (pytest.approx(1.0, abs=0.01), True)
    j, aligned = judged(planned(met, -worth))
    assert j is not None and j < 0 and not aligned


def test_few_signs_decide_where_somebody_has_told_which(met) -> None:
    telling = value_sentences(met, met.values)
    told = random_signs(met, met.values, draws=60, only=telling)
    assert told.sentences == len(telling) < len(met.texts.sentences)
    assert told.low <= 2.0 ** -len(telling) <= told.high, "all have to be right, and most are then aligned"
    every = random_signs(met, met.values, draws=20)
    assert every.sentences == len(met.texts.sentences)
    assert list(every.quantiles.values()) == sorted(every.quantiles.values())


def test_signs_follow_from_the_seed(met) -> None:
    one, same, other = (random_signs(met, met.values, draws=8, seed=seed) for seed in (1, 1, 2))
    assert one == same != other
