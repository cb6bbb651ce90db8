"""Sign flips against every sign there is, and their level."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from teloscope.goals.directedness.sign_flips import DRAWS, sign_flips


@pytest.mark.parametrize("seed", range(5))
def test_all_signs(seed):
    rng = np.random.default_rng(seed)
    differences = rng.normal(0.3, 1, (9, 4)).round(1)
    signs = np.array(list(product([-1, 1], repeat=9)))
    exact = (signs @ differences >= differences.sum(axis=0) - 1e-9).mean(axis=0)
    np.testing.assert_allclose(sign_flips(differences, rng), exact, atol=4.5 * 0.5 / np.sqrt(DRAWS))


@given(st.integers(1, 40), st.integers(0, 1_000))
def test_nothing_leans_nowhere(n, seed):
    p_value = sign_flips(np.zeros((n, 1)), np.random.default_rng(seed))
    assert p_value == 1


def test_its_level_holds_whatever_the_distribution():
    """Skewed sizes, a few huge, most of them zero: symmetric signs are all it needs."""
    rng = np.random.default_rng(8)
    sizes = np.where(rng.random((40, 2_000)) < 0.3, rng.pareto(1.0, (40, 2_000)), 0.0)
    differences = sizes * rng.choice([-1, 1], sizes.shape)
    assert (sign_flips(differences, rng) < 0.05).mean() < 0.065
