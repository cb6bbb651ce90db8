"""Hits by abstract states against the recording's own reading of the same regimes."""

from __future__ import annotations

import numpy as np
import pytest

from teloscope.goals.episode_hits import GOAL_MODES, hits_of
from teloscope.goals.proposing.propose import regime_of
from teloscope.goals.state_abstraction import abstract_states
from teloscope.recordings import record
from teloscope.recordings.seeds import in_proposal_half
from teloscope.regimes import holds
from teloscope.worlds.world import Context

CONDITIONS = ("agent_x >= 3", "in_water", "not at_goal", "agent_goal_distance <= 2 and agent_y <= 4")


@pytest.fixture(scope="module")
def island():
    return record("optimal:hidden?eps=.3", "island", episodes=40)


def test_hits_are_those_of_the_recording(island):
    abstract = abstract_states(island)
    held = [holds(c, abstract.frame) for c in CONDITIONS]
    hits = hits_of(island, abstract, held)
    assert hits.references == tuple(island.references)
    for context in hits.contexts:
        for w, mode in enumerate(GOAL_MODES):
            regimes = [regime_of(mode, c) for c in CONDITIONS]
            np.testing.assert_array_equal(hits.agent[context.name][:, w], island.hits(regimes, context.name, "agent"))
            for r, reference in enumerate(hits.references):
                theirs = island.hits(regimes, context.name, reference)
                np.testing.assert_array_equal(hits.others[context.name][r, :, w], theirs)


def test_always_is_never_the_opposite():
    assert str(regime_of("always", "in_water")) == "never(not in_water)"
    assert str(regime_of("always", "agent_x >= 3")) == "never(agent_x < 3)"


def test_hits_where_episodes_end_early(told):
    lives = {("plain", a): {"x": [[0, 1], [1, 0, 0, 0, 0, 0, 0]] * 10} for a in ("agent", "uniform")}
    recording = told(lives, horizon=6)
    abstract = abstract_states(recording)
    hits = hits_of(recording, abstract, [holds("x >= 1", abstract.frame)])
    np.testing.assert_array_equal(
        hits.agent["plain"][0, :, :2].T, [[True, True, True, False], [False, False, True, False]]
    )


def test_halves_are_those_of_the_seeds_and_make_the_whole(island):
    abstract = abstract_states(island)
    hits = hits_of(island, abstract, [holds("in_water", abstract.frame)])
    for context in hits.contexts:
        np.testing.assert_array_equal(hits.split[context.name], in_proposal_half(island.seeds(context.name)))
        (ours, theirs), (mine, _), (yours, _) = (hits.pair(context.name, 0, 2, c) for c in (None, False, True))
        assert len(mine) + len(yours) == len(ours) == theirs.shape[1]
        np.testing.assert_array_equal(mine, ours[hits.split[context.name]])
        np.testing.assert_array_equal(yours, ours[~hits.split[context.name]])


def test_fixing_contexts_do_not_count(told):
    contexts = (Context("plain"), Context("granted", kind="fixing"))
    lives = {(c.name, a): {"x": [[0, 1]] * 4} for c in contexts for a in ("agent", "uniform")}
    recording = told(lives, contexts=contexts)
    assert [c.name for c in hits_of(recording, abstract_states(recording), []).ordinary()] == ["plain"]


def test_without_references_there_are_no_other_hits(told):
    recording = told({("plain", "agent"): {"x": [[0, 1]] * 4}})
    abstract = abstract_states(recording)
    hits = hits_of(recording, abstract, [holds("x >= 1", abstract.frame)])
    assert hits.others["plain"].shape == (0, 1, len(GOAL_MODES), 4)
