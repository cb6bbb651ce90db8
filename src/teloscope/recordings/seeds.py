"""Counter-based randomness: every draw of an episode is a function of its seed, the step and the stream.

    word(seed, t, stream) = splitmix64(seed + golden * (2^16 * stream + t))

So an episode is the same alone and in any batch, and all actors of a context get the same start, the same noise and the
same shoves. The seed's hash also splits episodes into the half that proposes goals and the half that confirms them.

Source: Steele, Lea & Flood 2014 (SplitMix).
"""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_M1, _M2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_S30, _S27, _S31, _S11, _S33 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11), np.uint64(33)

START, WORLD, NOISE, SHOVE, ACT, HALF = range(6)
"""Streams. `ACT` is salted by the actor; the others are shared by all actors of a context."""

INT_RANGE = 1 << 31
"""Random integers are below this; one below p * INT_RANGE has probability p."""

Words = NDArray[np.uint64]
RandomInts = NDArray[np.uint32]
"""Integers in [0, INT_RANGE): comparisons are exact, so that an event of probability 0 never happens."""


def mix64(words: Words) -> Words:
    """SplitMix64's finaliser, elementwise; wraps by design."""
    z = words ^ (words >> _S30)
    z *= _M1
    z ^= z >> _S27
    z *= _M2
    z ^= z >> _S31
    return z


def seed_word(*parts: object) -> np.uint64:
    """A 64-bit word: the hash of the texts of the parts."""
    text = "\x1f".join(str(p) for p in parts)
    return np.uint64(int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little"))


def episode_seeds(seed: int, context: str, episodes: NDArray[np.int64]) -> Words:
    """`[B]` seeds of the episodes of a context, the same for every actor."""
    return mix64(seed_word("episode", seed, context) + GOLDEN * (episodes.astype(np.uint64) + np.uint64(1)))


def random_words(seeds: Words, t: int, stream: int) -> Words:
    """`[B]` random words at a step of a stream."""
    return mix64(seeds + np.uint64(((stream << 16) + t + 1) * int(GOLDEN) & 0xFFFFFFFFFFFFFFFF))


def uniforms(seeds: Words, t: int, stream: int) -> NDArray[np.float64]:
    """`[B]` uniform numbers in [0, 1) at a step of a stream."""
    return (random_words(seeds, t, stream) >> _S11).astype(np.float64) * 2.0**-53


def random_ints(seeds: Words, t: int, stream: int) -> RandomInts:
    """`[B]` random integers in [0, INT_RANGE) at a step of a stream."""
    return (random_words(seeds, t, stream) >> _S33).astype(np.uint32)


def pick_indices(draws: RandomInts, count: NDArray[Any] | int) -> NDArray[np.intp]:
    """`[B]` uniform indices below `count`, from random integers."""
    return ((draws.astype(np.uint64) * np.asarray(count, dtype=np.uint64)) >> _S31).astype(np.intp)


def in_proposal_half(seeds: Words) -> NDArray[np.bool_]:
    """`[B]` whether an episode belongs to the half that proposes; the others confirm."""
    return (random_words(seeds, 0, HALF) & np.uint64(1)).astype(np.bool_)
