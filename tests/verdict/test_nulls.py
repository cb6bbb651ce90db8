"""Nulls: whom an agent is compared with."""

from __future__ import annotations

import numpy as np

from teloscope.agents.habits import Random
from teloscope.agents.llm import LlmAgent
from teloscope.agents.registry import agent
from teloscope.engines.null import Shuffled, Uniform
from teloscope.engines.synthetic import synthetic
from teloscope.verdict.nulls import DRAWS, null_agents
from teloscope.worlds.registry import world
from teloscope.worlds.table.world import TableWorld

ISLAND = world("island")


def test_an_agent_without_an_engine_is_compared_with_a_random_one():
    for tabulated in (True, False):
        found = null_agents(agent("optimal:hidden"), ISLAND, tabulated)
        assert list(found) == ["random"]
        assert isinstance(found["random"][0], Random)


def test_a_language_model_is_compared_with_its_own_scaffold_around_no_mind():
    actor = LlmAgent(synthetic("competent"), "score", profile=None)
    found = null_agents(actor, ISLAND, tabulated=True)
    assert list(found) == ["uniform", "shuffled"]
    assert len(found["shuffled"]) == DRAWS
    for null in (null for alike in found.values() for null in alike):
        assert isinstance(null, LlmAgent)
        assert null.scaffold == actor.scaffold
    (uniform,) = found["uniform"]
    assert isinstance(uniform, LlmAgent) and isinstance(uniform.engine, Uniform)
    assert isinstance(ISLAND, TableWorld)
    policy = uniform.policy(ISLAND)
    assert policy is not None
    np.testing.assert_allclose(policy, 1 / 4)


def test_every_shuffle_is_another_and_seeds_share_none():
    actor = LlmAgent(synthetic("competent"), "score")
    digests = set()
    for seed in range(4):
        for null in null_agents(actor, ISLAND, tabulated=True, seed=seed)["shuffled"]:
            assert isinstance(null, LlmAgent) and isinstance(null.engine, Shuffled)
            digests.add(null.digest)
    assert len(digests) == 4 * DRAWS


def test_what_is_stepped_is_not_shuffled():
    assert list(null_agents(LlmAgent(synthetic("competent"), "score"), ISLAND, tabulated=False)) == ["uniform"]


def test_free_replies_without_a_mind_are_several_lots():
    """Tabulated, one lot is one reply to each prompt for good: a policy of its own luck."""
    found = null_agents(LlmAgent(synthetic("competent"), "text"), ISLAND, tabulated=True)["uniform"]
    assert isinstance(ISLAND, TableWorld)
    policies = [null.policy(ISLAND) for null in found]
    assert len(policies) == DRAWS
    assert all(p is not None and set(np.unique(p[~ISLAND.table.terminal])) == {0.0, 1.0} for p in policies)
    assert len({p.tobytes() for p in policies if p is not None}) == DRAWS
    assert len({null.digest for null in found}) == DRAWS
