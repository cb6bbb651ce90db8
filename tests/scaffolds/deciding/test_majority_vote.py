"""The majority of several draws, against counting every sequence of draws."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from teloscope.errors import BadScaffold
from teloscope.scaffolds.deciding.majority_vote import majority_probabilities, most_frequent


def by_sequences(p, draws):
    """Every sequence of draws, one by one."""
    won = np.zeros(len(p))
    for sequence in product(range(len(p)), repeat=draws):
        won += np.prod(p[list(sequence)]) * most_frequent(sequence, len(p))
    return won


@given(st.lists(st.floats(0, 1), min_size=2, max_size=4).filter(lambda p: sum(p) > 0.1), st.integers(1, 5))
def test_as_counting_every_sequence(weights, draws):
    p = np.array(weights) / sum(weights)
    found = majority_probabilities(p[None], draws)[0]
    np.testing.assert_allclose(found, by_sequences(p, draws), atol=1e-12)
    assert found.sum() == pytest.approx(1)


def test_a_majority_sharpens():
    p = np.array([[0.6, 0.4]])
    assert majority_probabilities(p, 9)[0, 0] > majority_probabilities(p, 3)[0, 0] > 0.6


def test_too_many_ways_are_refused():
    with pytest.raises(BadScaffold, match="fewer draws"):
        majority_probabilities(np.full((1, 40), 1 / 40), 15)
