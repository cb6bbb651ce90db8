"""A short look counts what a long one would."""

from __future__ import annotations

import numpy as np
import pytest

from teloscope.agents.llm import LlmAgent
from teloscope.build.sampling import sampled_hits
from teloscope.engines.synthetic import synthetic
from teloscope.recordings.exact_rates import exact_rates

from .conftest import Corridor


def test_shares_come_to_the_exact_rates(corridor: Corridor) -> None:
    agent = LlmAgent(synthetic("competent,temperature=0.02"), "score+sample:1")
    regimes = corridor.values.regimes()
    hits = sampled_hits(agent, corridor, regimes, corridor.contexts, 2000, seed=1)
    exact = exact_rates(corridor, agent, regimes)
    for context in corridor.contexts:
        assert hits[context.name].shape == (2, 2000)
        assert hits[context.name].mean(axis=1) == pytest.approx(exact[context.name], abs=0.04)


def test_looks_follow_from_the_seed(corridor: Corridor) -> None:
    agent = LlmAgent(synthetic("competent,noise=0.5"), "score+sample:1")
    regimes = corridor.values.regimes()
    one, same, other = (sampled_hits(agent, corridor, regimes, corridor.contexts, 50, seed) for seed in (1, 1, 2))
    assert all(np.array_equal(one[name], same[name]) for name in one)
    assert any(not np.array_equal(one[name], other[name]) for name in one)


def test_only_what_is_met_is_asked_about(corridor: Corridor) -> None:
    agent = LlmAgent(synthetic("competent"), "direct")
    sampled_hits(agent, corridor, corridor.values.regimes(), corridor.contexts[:1], 4, seed=0)
    few = agent.engine.asked
    everything = LlmAgent(synthetic("competent"), "direct")
    everything.policy(corridor)
    assert few <= 3 < len(corridor.texts.descriptions)
