"""Pursued or merely reached, sought for itself or for another: told by hand."""

from __future__ import annotations

import numpy as np
import pytest

from teloscope.goals.confirming.pursuit import FEWEST, follows, pursuit, serves
from teloscope.goals.episode_hits import Hits, hits_of
from teloscope.goals.proposing.candidates import Condition
from teloscope.goals.proposing.propose import Candidate
from teloscope.goals.state_abstraction import AbstractStates, abstract_states
from teloscope.recordings.seeds import in_proposal_half
from teloscope.recordings.storage.recording import Recording
from teloscope.regimes import holds
from teloscope.worlds.world import Context

N, SHOVE, HORIZON = 60, 6, 12
SHOVED = (Context("plain"), Context("shoved", shove_at=SHOVE))


def looked_at(recording: Recording, *wanted: tuple[str, str]) -> tuple[Hits, list[Candidate], AbstractStates]:
    """Hits and candidates of (way, condition)."""
    abstract = abstract_states(recording)
    held = [holds(name, abstract.frame) for _, name in wanted]
    candidates = [
        Candidate(Condition((name,), frozenset({name.split()[0]}), h), mode, 0.0, 0.0, row)
        for row, ((mode, name), h) in enumerate(zip(wanted, held, strict=True))
    ]
    return hits_of(recording, abstract, [c.condition for c in candidates]), candidates, abstract


def path(before: int, shoved_to: int, after: int) -> list[int]:
    """Where one is before the shove, right after it, and from then on."""
    return [before] * SHOVE + [shoved_to] + [after] * (HORIZON - SHOVE)


def shoved(told, agent: list[int], reference: list[int], references=("marginal", "replay"), **options) -> Recording:
    """The agent stays in x = 1 where nothing happens; in `shoved` it goes the path given, and so do the references."""
    lives = {
        (c.name, a): {
            "x": [agent if a == "agent" and c.name == "shoved" else reference if c.name == "shoved" else [1] * 13] * N
        }
        for c in SHOVED
        for a in ("agent", *references)
    }
    return told(lives, contexts=SHOVED, **options)


def pursued(recording: Recording, mode: str = "keep", in_set_ups: int = 3, chosen: bool = False):
    hits, (goal,), abstract = looked_at(recording, (mode, "x >= 1"))
    return pursuit(recording, hits, goal, abstract, in_set_ups, chosen)


@pytest.mark.parametrize("in_set_ups", [1, 2])
def test_in_few_set_ups_choices_must_speak_for_it(told, in_set_ups):
    recording = shoved(told, path(1, 0, 1), path(1, 0, 0))
    found = pursued(recording, in_set_ups=in_set_ups)
    assert not found.pursued
    assert "ruts" in found.why
    assert pursued(recording, in_set_ups=in_set_ups, chosen=True).pursued


@pytest.mark.parametrize("mode", ["keep", "end", "reach", "always"])
@pytest.mark.parametrize("paired", [True, False])
def test_who_comes_back_pursues(told, mode, paired):
    found = pursued(shoved(told, path(1, 0, 1), path(1, 0, 0), paired=paired), mode)
    assert found.pursued
    assert "returns more" in found.why


@pytest.mark.parametrize("mode", ["keep", "end", "reach", "always"])
def test_who_does_not_come_back_merely_reached(told, mode):
    """In particular, to have been there before the shove is no return."""
    found = pursued(shoved(told, path(1, 0, 0), path(0, 0, 0)), mode)
    assert not found.pursued
    assert "returned in 0 of" in found.why


def test_coming_back_as_one_who_does_not_look_is_no_pursuit(told):
    found = pursued(shoved(told, path(1, 0, 1), path(1, 0, 1)))
    assert not found.pursued
    assert "not clearly more" in found.why


def test_both_action_matched_references_must_be_beaten(told):
    recording = shoved(told, path(1, 0, 1), path(1, 0, 0))
    lives = {(c.name, a): {"x": recording.column("x", c.name, a)} for c in SHOVED for a in recording.actors}
    lives["shoved", "replay"] = lives["shoved", "agent"]
    assert not pursued(told(lives, contexts=SHOVED)).pursued


def test_only_the_confirming_half_is_asked(told):
    """In the proposing half the agent comes back, in the other it does not."""
    recording = shoved(told, path(1, 0, 1), path(1, 0, 0))
    lives = {(c.name, a): {"x": recording.column("x", c.name, a).copy()} for c in SHOVED for a in recording.actors}
    confirming = ~in_proposal_half(recording.seeds("shoved"))
    lives["shoved", "agent"]["x"][confirming] = path(1, 0, 0)
    assert not pursued(told(lives, contexts=SHOVED)).pursued


def test_what_no_shove_took_away_can_not_be_returned_to(told):
    found = pursued(shoved(told, path(1, 1, 1), path(0, 0, 0)))
    assert found.pursued
    assert "too seldom" in found.why


def test_a_handful_of_shoved_episodes_says_nothing(told):
    recording = shoved(told, path(1, 0, 0), path(0, 0, 0))
    lives = {(c.name, a): {"x": recording.column("x", c.name, a).copy()} for c in SHOVED for a in recording.actors}
    confirming = np.flatnonzero(~in_proposal_half(recording.seeds("shoved")))
    lives["shoved", "agent"]["x"][confirming[FEWEST - 1 :]] = 1
    assert "too seldom" in pursued(told(lives, contexts=SHOVED)).why
    lives["shoved", "agent"]["x"][confirming[FEWEST - 1]] = path(1, 0, 0)
    assert not pursued(told(lives, contexts=SHOVED)).pursued


def test_without_action_matched_references_drift_is_not_ruled_out(told):
    found = pursued(shoved(told, path(1, 0, 1), path(1, 0, 0), references=("uniform", "idle")))
    assert not found.pursued
    assert "drift" in found.why


def test_without_shoves_pursuit_is_not_shown(told):
    lives = {("plain", a): {"x": [[0, 1]] * 8} for a in ("agent", "marginal")}
    found = pursued(told(lives))
    assert not found.pursued
    assert "no context shoves" in found.why


FIXED = (Context("plain"), Context("chest-open", kind="fixing"), Context("key-granted", kind="fixing"))


def fixed(told, key_with_chest_open: float, chest_with_key: float) -> Recording:
    """An agent that gets key and chest, references that get neither; and how often it does where one is granted."""

    def episode(key: bool, chest: bool, key_first: bool = False, chest_first: bool = False) -> list[list[bool]]:
        return [[key_first, key], [chest_first, chest]]

    def lives(agent: bool, context: str) -> dict[str, list[list[bool]]]:
        rows = []
        for i in range(N):
            if context == "plain":
                rows.append(episode(agent, agent))
            elif context == "chest-open":
                rows.append(episode(agent and i < key_with_chest_open * N, True, chest_first=True))
            else:
                rows.append(episode(True, agent and i < chest_with_key * N, key_first=True))
        return {"key": [r[0] for r in rows], "chest": [r[1] for r in rows]}

    named = ("agent", "marginal", "replay")
    return told({(c.name, a): lives(a == "agent", c.name) for c in FIXED for a in named}, contexts=FIXED)


@pytest.mark.parametrize(
    ("key_with_chest_open", "chest_with_key", "expected"),
    [
        (0.0, 1.0, {0: 1}),  # with the chest open it has no use for keys: they were for the chest
        (1.0, 1.0, {}),  # it wants both
        (1.0, 0.0, {1: 0}),  # with a key in hand it leaves the chest: chests were for keys
        (0.0, 0.0, {}),  # each is left where the other is there: neither is shown to be the end
    ],
)
def test_what_is_no_longer_sought_where_another_is_granted_serves_it(
    told, key_with_chest_open, chest_with_key, expected
):
    hits, goals, abstract = looked_at(
        fixed(told, key_with_chest_open, chest_with_key), ("end", "key"), ("end", "chest")
    )
    assert serves(hits, goals, abstract) == expected


def test_without_fixing_contexts_nothing_serves(told):
    lives = {("plain", a): {"key": [[False, True]] * 8, "chest": [[False, True]] * 8} for a in ("agent", "marginal")}
    hits, goals, abstract = looked_at(told(lives), ("end", "key"), ("reach", "chest"))
    assert serves(hits, goals, abstract) == {}


def by_product(told, alone: float) -> tuple[Hits, list[Candidate]]:
    """Whoever gets to the door crosses the mat; `alone`: how often the agent is on the mat without the door."""
    rng = np.random.default_rng(0)

    def lives(door: float, mat_alone: float) -> dict[str, np.ndarray]:
        at_door = rng.random(200) < door
        on_mat = at_door | (rng.random(200) < mat_alone)
        return {name: np.stack([np.zeros(200, bool), v, v], axis=1) for name, v in (("door", at_door), ("mat", on_mat))}

    recording = told({("plain", "agent"): lives(0.8, alone), ("plain", "uniform"): lives(0.3, 0.1)})
    hits, goals, _ = looked_at(recording, ("reach", "mat"), ("reach", "door"))
    return hits, goals


def test_what_comes_with_a_better_goal_follows_from_it(told):
    hits, (mat, door) = by_product(told, alone=0.1)
    assert follows(hits, mat, door)


def test_what_the_better_goal_does_not_account_for_does_not_follow(told):
    hits, (mat, door) = by_product(told, alone=0.95)
    assert not follows(hits, mat, door)


def test_nothing_follows_from_what_no_reference_ever_met(told):
    lives = {
        ("plain", a): {"door": [[False, a == "agent"]] * 40, "mat": [[False, True]] * 40} for a in ("agent", "uniform")
    }
    hits, (mat, door), _ = looked_at(told(lives), ("reach", "mat"), ("reach", "door"))
    assert not follows(hits, mat, door)
