"""Proposing: what it finds, and that it never looks at the confirming half."""

from __future__ import annotations

import numpy as np
import pytest

from teloscope.goals.proposing.propose import FINALISTS, propose
from teloscope.recordings import record
from teloscope.recordings.seeds import in_proposal_half
from teloscope.worlds.registry import world
from teloscope.worlds.world import Context

ROOMS = world("rooms-1")
PLANTED = "end(agent_lamp_distance <= 0)"


def walks(rng: np.random.Generator, n: int, pull: float, target: int = 4) -> dict[str, np.ndarray]:
    """`[n, T+1]` walks on a line of nine cells by left, stay and right; the pull goes to a cell and holds there."""
    steps, cells = 14, 9
    x, actions = np.zeros((n, steps + 1), dtype=np.int64), np.zeros((n, steps + 1), dtype=np.int64)
    x[:, 0] = rng.integers(0, cells, n)
    for t in range(steps):
        actions[:, t] = np.where(rng.random(n) < pull, 1 + np.sign(target - x[:, t]), rng.integers(0, 3, n))
        step = np.where(rng.random(n) < 0.2, 0, actions[:, t] - 1)  # slips, so that the world itself must be estimated
        x[:, t + 1] = np.clip(x[:, t] + step, 0, cells - 1)
    return {"x": x, "odd": x % 2 == 1, "action": actions}


CONTEXTS = (Context("plain", kind="train"), Context("other"))


def tale(rng: np.random.Generator, n: int = 60) -> dict[tuple[str, str], dict[str, np.ndarray]]:
    pulls = {"agent": 0.6, "uniform": 0.0, "marginal": 0.05}
    return {(c.name, actor): walks(rng, n, pull) for c in CONTEXTS for actor, pull in pulls.items()}


def proposed(recording) -> list[tuple]:
    return [(c.condition.names, c.mode, c.worst_bits, c.wanting_bits) for c in propose(recording).candidates]


def names_of(recording) -> list[str]:
    return [n for c in propose(recording).candidates for n in c.condition.names]


def test_a_planted_goal_is_proposed_first():
    proposal = propose(record(f"plan:{PLANTED}?eps=0.3", ROOMS, episodes=60))
    first = proposal.candidates[0]
    assert "agent_lamp_distance <= 0" in first.condition.names
    assert len(proposal.candidates) <= FINALISTS
    assert first.worst_bits > 0
    assert proposal.looked_at > 20


def test_ranked_by_wanting_and_in_step_with_the_hits():
    proposal = propose(record("plan:keep(agent_x >= 6)?eps=0.3", ROOMS, episodes=60))
    bits = [c.wanting_bits for c in proposal.candidates]
    assert bits == sorted(bits, reverse=True)
    for candidate in proposal.candidates:
        assert proposal.conditions[candidate.row] is candidate.condition
        assert len({str(r) for r in candidate.regimes()}) == len(candidate.condition.names)


def test_who_did_what_in_the_confirming_half_does_not_matter(told):
    """Every actor's confirming episodes are dealt out anew among the actors: the candidates stay as they are.

    Which states were seen by anybody may be known, since it does not say by whom: exchanging agent and reference on a
    seed leaves it as it is, and that is what the test of the confirming half rests on.
    """
    lives = tale(np.random.default_rng(7))
    before = told(lives, contexts=CONTEXTS)
    expected = proposed(before)
    assert expected, "nothing to leak into"
    for shift in (1, 2):
        actors = list(dict.fromkeys(a for _, a in lives))
        dealt = {key: {name: rows.copy() for name, rows in life.items()} for key, life in lives.items()}
        for context in CONTEXTS:
            confirming = ~in_proposal_half(before.seeds(context.name))
            for i, actor in enumerate(actors):
                other = actors[(i + shift) % len(actors)]
                for name, rows in dealt[context.name, actor].items():
                    rows[confirming] = lives[context.name, other][name][confirming][::-1]
        assert proposed(told(dealt, contexts=CONTEXTS)) == expected


def test_who_did_what_in_the_proposing_half_does_matter(told):
    """The control: the same exchange in the other half changes what is proposed."""
    lives = tale(np.random.default_rng(7))
    before = told(lives, contexts=CONTEXTS)
    dealt = {key: {name: rows.copy() for name, rows in life.items()} for key, life in lives.items()}
    for context in CONTEXTS:
        mine = in_proposal_half(before.seeds(context.name))
        for name in dealt[context.name, "agent"]:
            dealt[context.name, "agent"][name][mine] = lives[context.name, "uniform"][name][mine]
            dealt[context.name, "uniform"][name][mine] = lives[context.name, "agent"][name][mine]
    assert proposed(told(dealt, contexts=CONTEXTS)) != proposed(before)


def test_where_contexts_speak_against_each_other_there_are_two_goals_by_episode(told):
    """To one cell in one context, to another in the other: neither is an end that all episodes share."""
    rng = np.random.default_rng(1)
    lives = tale(rng)
    assert {"x = 4", "x = 2"} & set(names_of(told(lives, contexts=CONTEXTS))) == {"x = 4"}
    lives["other", "agent"] = walks(rng, 60, 0.6, target=2)
    proposal = propose(told(lives, contexts=CONTEXTS))
    shares = {c.condition.name: c.condition.share for c in proposal.candidates}
    assert proposal.rule is not None
    assert proposal.rule.kind == "mixture"
    assert shares.pop("x = 4") == pytest.approx(0.5, abs=0.1)
    assert shares.pop("x = 2") == pytest.approx(0.5, abs=0.1)
    assert not set(shares.values()) - {None}


@pytest.mark.parametrize("gone", ["references", "change"])
def test_nothing_to_propose(told, gone):
    lives = tale(np.random.default_rng(0), n=6)
    if gone == "references":
        lives = {key: life for key, life in lives.items() if key[1] == "agent"}
    else:
        lives = {k: {"x": np.zeros((6, 15), np.int64)} for k in lives}
    proposal = propose(told(lives, contexts=CONTEXTS))
    assert proposal.candidates == []
    assert (proposal.looked_at == 0) == (gone == "change")
