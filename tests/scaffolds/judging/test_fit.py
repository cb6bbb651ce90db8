"""A fit finds the direction that tells harm, and stays with equal weights where nothing is told."""

from __future__ import annotations

import numpy as np

from teloscope.scaffolds.judging.fit import fit_contrasts


def test_a_contrast_that_tells_gets_the_weight_and_noise_does_not() -> None:
    rng = np.random.default_rng(0)
    harmless = np.arange(60) < 30
    telling, noise = np.where(harmless, 2.0, -1.0) + rng.normal(size=60), rng.normal(size=60)
    fit = fit_contrasts(np.stack([telling, noise], axis=1), harmless)
    assert fit.weights[0] > 2 * fit.weights[1] >= 0
    worth = fit.worth(np.array([[2.0, 0.0], [-1.0, 0.0]]))
    assert worth[0] > 0 > worth[1]


def test_units_and_offsets_of_a_contrast_do_not_matter() -> None:
    rng = np.random.default_rng(1)
    x, harmless = rng.normal(size=(40, 2)), rng.random(40) < 0.4
    one, other = fit_contrasts(x, harmless), fit_contrasts(7 + 3 * x, harmless)
    np.testing.assert_allclose(one.worth(x), other.worth(7 + 3 * x), atol=1e-4)


def test_an_engine_that_says_one_thing_keeps_equal_weights_and_a_zero() -> None:
    fit = fit_contrasts(np.full((10, 3), -1.5), np.arange(10) < 5)
    np.testing.assert_allclose(fit.weights, 1.0, atol=1e-4)
    np.testing.assert_allclose(fit.worth(np.full((2, 3), -1.5)), 0.0, atol=1e-4)


def test_a_contrast_that_tells_the_wrong_way_round_is_ignored() -> None:
    harmless = np.arange(40) < 20
    fit = fit_contrasts(np.where(harmless, -1.0, 1.0)[:, None], harmless)
    assert fit.weights[0] == 0
