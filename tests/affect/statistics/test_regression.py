"""Regressions: slopes that noise does not bend, and what a regressor adds out of fold."""

from __future__ import annotations

import numpy as np
import pytest

from teloscope.affect.statistics import increment, slopes
from teloscope.affect.statistics.regression import cross_moments, predicted, share


def test_split_halves_undo_what_noise_does_to_a_slope() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(1, 40, 500, 2))
    y = 1.0 * x[..., 0] + 0.5 * x[..., 1]
    one = np.ones((*x.shape[:3], 1))
    first, second = (np.concatenate([x + [1.5, 0.0] * rng.normal(size=x.shape), one], -1) for _ in range(2))
    corrected = slopes(cross_moments(first, second, y).sum(1), 3)[0]
    bent = slopes(cross_moments(first, first, y).sum(1), 3)[0]
    assert corrected == pytest.approx([1.0, 0.5, 0.0], abs=0.05)
    assert bent[0] < 0.4, "ordinary least squares shrinks it"


def test_slopes_that_are_not_identified_are_not_given() -> None:
    x = np.ones((1, 2, 10, 2))
    assert np.isnan(slopes(cross_moments(x, x, np.ones((1, 2, 10))).sum(1), 2)).all()


def test_ridge_against_the_normal_equations() -> None:
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(3, 50, 4)), rng.normal(size=(3, 50, 1))
    kept = rng.random((3, 50)) < 0.8
    found = predicted(x, y, kept, ridge=0.0)
    for m in range(3):
        design = np.column_stack([x[m], np.ones(50)])[kept[m]]
        wanted = np.linalg.lstsq(design, y[m][kept[m]], rcond=None)[0]
        assert found[m] == pytest.approx(wanted, abs=1e-6)


def test_only_what_is_there_is_added() -> None:
    rng = np.random.default_rng(2)
    base, new, noise = (rng.normal(size=(2, 10, 60, 1)) for _ in range(3))
    y = base[..., 0] + new[..., 0]
    assert share(increment(base, new, y).sum(1)) == pytest.approx(0.5, abs=0.05)
    assert share(increment(base, noise, y).sum(1)) == pytest.approx(0.0, abs=0.04)
    y[0, 0, 0] = np.nan
    assert np.isfinite(share(increment(base, new, y).sum(1))).all()
