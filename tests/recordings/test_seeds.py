"""Counter-based draws: the published generator, streams that don't repeat each other, lots without rounding."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from teloscope.recordings import seeds as rng

PUBLISHED = (6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431)
"""First outputs of SplitMix64 from the state 1234567 (Rosetta Code, "Pseudo-random numbers/Splitmix64")."""


def test_words_are_splitmix64():
    seed = np.array([1234567], dtype=np.uint64)
    assert [int(rng.random_words(seed, t, stream=0)[0]) for t in range(4)] == list(PUBLISHED)


def test_no_two_draws_of_an_episode_share_a_word():
    seed = np.array([7], dtype=np.uint64)
    drawn = {int(rng.random_words(seed, t, stream)[0]) for t in range(200) for stream in range(6)}
    assert len(drawn) == 200 * 6


def test_episode_seeds_depend_on_the_number_alone_not_on_the_batch():
    whole = rng.episode_seeds(3, "dry", np.arange(100))
    assert np.array_equal(whole[40:], rng.episode_seeds(3, "dry", np.arange(40, 100)))
    assert len(np.unique(whole)) == 100
    for other in (rng.episode_seeds(4, "dry", np.arange(100)), rng.episode_seeds(3, "wet", np.arange(100))):
        assert not np.intersect1d(whole, other).size


@given(st.integers(1, 300), st.integers(0, 2**32))
def test_picks_are_even_and_in_range(count, seed):
    lots = rng.random_ints(rng.episode_seeds(seed, "c", np.arange(4000)), 0, rng.START)
    picked = rng.pick_indices(lots, count)
    assert picked.min() >= 0 and picked.max() < count
    expected = 4000 / count
    assert np.abs(np.bincount(picked, minlength=count) - expected).max() < 6 * np.sqrt(expected) + 1


def test_the_extreme_lots_pick_the_first_and_the_last():
    assert rng.pick_indices(np.array([0, rng.INT_RANGE - 1], dtype=np.uint32), 7).tolist() == [0, 6]


def test_halves_are_even_and_the_same_for_everyone():
    seeds = rng.episode_seeds(0, "c", np.arange(10_000))
    proposing = rng.in_proposal_half(seeds)
    assert abs(proposing.mean() - 0.5) < 0.02
    assert np.array_equal(proposing[5000:], rng.in_proposal_half(seeds[5000:]))
