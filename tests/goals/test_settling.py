"""Settling: where most of the agent's proposing episodes stay, and how far they get."""

from __future__ import annotations

import numpy as np
import pytest

from teloscope.goals.settling import rounded, settling
from teloscope.recordings.seeds import in_proposal_half
from teloscope.worlds.world import Context


def hovering(rng: np.random.Generator, n: int = 60, steps: int = 30) -> np.ndarray:
    """`[n, T+1]` from 0 down to -3, then within .2 of it."""
    way = np.linspace(0, -3, steps // 2 + 1)
    stays = -3 + rng.uniform(-0.2, 0.2, (n, steps - steps // 2))
    return np.concatenate([np.tile(way, (n, 1)), stays], axis=1)


def test_where_it_stays_whatever_a_few_episodes_do(told):
    rng = np.random.default_rng(0)
    agent = hovering(rng)
    agent[:2] = 5.0  # one in thirty goes elsewhere
    recording = told({("plain", "agent"): {"x": agent}, ("plain", "uniform"): {"x": -hovering(rng)}})
    told_of = settling(recording, "x")
    assert -3.21 <= told_of.low <= -3.15
    assert -2.85 <= told_of.high <= -2.79
    assert told_of.lowest == pytest.approx(-3.15, abs=0.05)
    assert told_of.size is None or told_of.size > 2.7
    low, high = told_of.roomy
    assert low == pytest.approx(-3.4, abs=0.05)
    assert high == pytest.approx(-2.6, abs=0.05)
    assert {low, high, told_of.low, told_of.high} <= set(told_of.bounds)


def test_only_the_proposing_half_of_ordinary_contexts_is_asked(told):
    rng = np.random.default_rng(1)
    contexts = (Context("plain"), Context("granted", kind="fixing"))
    lives = {(c.name, a): {"x": hovering(rng)} for c in contexts for a in ("agent", "uniform")}
    before = told(lives, contexts=contexts)
    expected = settling(before, "x")
    lives["plain", "agent"]["x"][~in_proposal_half(before.seeds("plain"))] = 70.0
    lives["granted", "agent"]["x"][:] = -70.0
    assert settling(told(lives, contexts=contexts), "x") == expected


def test_how_large_it_stays_whichever_its_sign(told):
    rng = np.random.default_rng(2)
    spin = rng.choice([-1, 1], (60, 1)) * rng.uniform(4, 6, (60, 31))
    lives = {("plain", "agent"): {"x": spin}, ("plain", "uniform"): {"x": rng.normal(size=(60, 31))}}
    assert settling(told(lives), "x").size == pytest.approx(4.1, abs=0.15)


@pytest.mark.parametrize(
    ("value", "up", "down"),
    [(0.12345, 0.124, 0.123), (-0.12345, -0.123, -0.124), (1234.5, 1240.0, 1230.0), (0.0, 0.0, 0.0), (2.5, 2.5, 2.5)],
)
def test_rounded_to_three_digits(value: float, up: float, down: float):
    assert rounded(value, 1) == up
    assert rounded(value, -1) == down
