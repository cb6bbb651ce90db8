"""Hits by symbols against the recording's own reading of the same regimes."""

from __future__ import annotations

import numpy as np
import pytest

from teloscope.goals.hits import WAYS, hits_of
from teloscope.goals.propose import regime_of
from teloscope.goals.symbols import spell
from teloscope.recordings import record
from teloscope.recordings.seeds import proposing
from teloscope.regimes import holds
from teloscope.worlds.world import Context

CONDITIONS = ("agent_x >= 3", "in_water", "not at_goal", "agent_goal_distance <= 2 and agent_y <= 4")


@pytest.fixture(scope="module")
def island():
    return record("optimal:hidden?eps=.3", "island", episodes=40)


def test_hits_are_those_of_the_recording(island):
    symbols = spell(island)
    held = [holds(c, symbols.frame) for c in CONDITIONS]
    hits = hits_of(island, symbols, held)
    assert hits.references == tuple(island.references)
    for context in hits.contexts:
        for w, way in enumerate(WAYS):
            regimes = [regime_of(way, c) for c in CONDITIONS]
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
    symbols = spell(recording)
    hits = hits_of(recording, symbols, [holds("x >= 1", symbols.frame)])
    np.testing.assert_array_equal(
        hits.agent["plain"][0, :, :2].T, [[True, True, True, False], [False, False, True, False]]
    )


def test_halves_are_those_of_the_seeds_and_make_the_whole(island):
    symbols = spell(island)
    hits = hits_of(island, symbols, [holds("in_water", symbols.frame)])
    for context in hits.contexts:
        np.testing.assert_array_equal(hits.half[context.name], proposing(island.seeds(context.name)))
        (ours, theirs), (mine, _), (yours, _) = (hits.pair(context.name, 0, 2, c) for c in (None, False, True))
        assert len(mine) + len(yours) == len(ours) == theirs.shape[1]
        np.testing.assert_array_equal(mine, ours[hits.half[context.name]])
        np.testing.assert_array_equal(yours, ours[~hits.half[context.name]])


def test_fixing_contexts_do_not_count(told):
    contexts = (Context("plain"), Context("granted", kind="fixing"))
    lives = {(c.name, a): {"x": [[0, 1]] * 4} for c in contexts for a in ("agent", "uniform")}
    recording = told(lives, contexts=contexts)
    assert [c.name for c in hits_of(recording, spell(recording), []).ordinary()] == ["plain"]


def test_without_references_there_are_no_other_hits(told):
    recording = told({("plain", "agent"): {"x": [[0, 1]] * 4}})
    symbols = spell(recording)
    hits = hits_of(recording, symbols, [holds("x >= 1", symbols.frame)])
    assert hits.others["plain"].shape == (0, 1, len(WAYS), 4)
