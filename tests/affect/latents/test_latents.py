"""Erasure, candidates and axes against known latents."""

from __future__ import annotations

import numpy as np
import pytest

from teloscope.affect.evidence import Evidence
from teloscope.affect.latents import CANDIDATES, candidate, erase, find_axes
from teloscope.affect.planted.minds import AROUSAL, SLOW, VALENCE, PlantedMinds
from teloscope.errors import BadStudy, NotFound


def test_after_erasure_no_linear_read_out_says_the_concept() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2, 5, 40, 6)) @ rng.normal(size=(6, 6))
    concept = x[..., 0] + 0.3 * x[..., 3] + rng.normal(size=x.shape[:3])
    cleaned = erase(x, concept)
    for m in range(2):
        flat, z = cleaned[m].reshape(-1, 6), concept[m].ravel()
        assert np.abs(np.cov(flat.T, z)[-1, :-1]).max() < 1e-8
        fitted = np.linalg.lstsq(flat - flat.mean(0), z - z.mean(), rcond=None)[0]
        assert np.var(flat @ fitted) < 1e-8


def test_erasure_changes_as_little_as_it_can() -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=(1, 1, 4000, 3)) * [1.0, 2.0, 3.0]
    concept = x[..., 0] + x[..., 1]
    change = np.var(erase(x, concept) - x)
    cross = np.array([np.cov(x[0, 0, :, i], concept[0, 0])[0, 1] for i in range(3)])
    plain = x - (x @ cross)[..., None] * cross / (cross @ cross)  # a projection also erases, and changes more
    assert 0 < change <= np.var(plain - x) + 1e-9


def test_a_constant_latent_and_a_constant_concept_do_no_harm() -> None:
    x = np.random.default_rng(2).normal(size=(1, 3, 50, 4))
    x[..., 2] = 1.0
    assert np.isfinite(erase(x, x[..., 0])).all()
    assert erase(x, np.ones(x.shape[:3])) == pytest.approx(x)


@pytest.fixture(scope="module")
def ordinary():
    minds = PlantedMinds("full", minds=4, seed=0)
    evidence = Evidence(minds, episodes=16, steps=80)
    return evidence.ordinary


@pytest.mark.parametrize("name", CANDIDATES)
def test_every_candidate_finds_the_mood(name: str, ordinary) -> None:
    slow = tuple(range(SLOW))
    axes = find_axes(ordinary, candidate(name, ordinary, slow), name)
    valence, arousal = axes.valence.of(ordinary), axes.arousal.of(ordinary)
    assert valence.std((1, 2)) == pytest.approx(np.ones(4), abs=1e-3)
    moods = {"valence": ordinary.latents[..., VALENCE], "arousal": ordinary.latents[..., AROUSAL]}
    r = {k: [np.corrcoef(z[m].ravel(), moods[k][m].ravel())[0, 1] for m in range(4)]
         for k, z in (("valence", valence), ("arousal", arousal))}  # fmt: skip
    assert min(r["valence"]) > 0.6
    if name == "slow":
        assert axes.two.all()
        assert min(r["valence"]) > 0.9 and min(r["arousal"]) > 0.9
    for axis in (axes.valence, axes.arousal):
        assert (axis.readout * axis.direction).sum(1) == pytest.approx(np.ones(4))


def test_a_candidate_that_is_not_there(ordinary) -> None:
    with pytest.raises(NotFound, match=r"'slwo' not found\. Did you mean 'slow'"):
        candidate("slwo", ordinary, (0,))
    with pytest.raises(BadStudy, match="no slow channel"):
        candidate("slow", ordinary, ())
