"""Evidence from choices: who seeks is told from who doesn't look, and the proposing half alone says what is tested."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import wilcoxon

from teloscope.goals.confirming.choices import ALL_SIGNS, ChoiceEvidence, ChoiceTest, _larger
from teloscope.goals.proposing.propose import Proposal, propose
from teloscope.goals.proposing.rules import Part, Rule, Trigger, single
from teloscope.recordings.seeds import in_proposal_half
from teloscope.regimes import holds
from teloscope.worlds.world import Context

CONTEXTS = (Context("plain", kind="train"), Context("other"))


def walks(rng: np.random.Generator, n: int, pull: float, target: int = 4) -> dict[str, np.ndarray]:
    """`[n, T+1]` walks on a line of nine cells by left, stay and right; the pull goes to a cell and holds there."""
    steps, cells = 14, 9
    x, actions = np.zeros((n, steps + 1), dtype=np.int64), np.zeros((n, steps + 1), dtype=np.int64)
    x[:, 0] = rng.integers(0, cells, n)
    for t in range(steps):
        actions[:, t] = np.where(rng.random(n) < pull, 1 + np.sign(target - x[:, t]), rng.integers(0, 3, n))
        x[:, t + 1] = np.clip(x[:, t] + np.where(rng.random(n) < 0.2, 0, actions[:, t] - 1), 0, cells - 1)
    return {"x": x, "action": actions}


def lives(rng: np.random.Generator, pull: float, n: int = 60) -> dict[tuple[str, str], dict[str, np.ndarray]]:
    pulls = {"agent": pull, "uniform": 0.0, "marginal": 0.0}
    return {(c.name, actor): walks(rng, n, p) for c in CONTEXTS for actor, p in pulls.items()}


def chosen(proposal: Proposal) -> ChoiceTest:
    assert proposal.model is not None
    return ChoiceTest(proposal.model, proposal.abstract, [c.name for c in CONTEXTS], 14)


def test_who_seeks_is_told_by_its_choices(told):
    proposal = propose(told(lives(np.random.default_rng(3), 0.6), contexts=CONTEXTS))
    first = proposal.candidates[0]
    assert first.condition.name == "x = 4"
    evidence = chosen(proposal).evidence(single(first.condition))
    assert evidence.tested
    assert evidence.explained > 0.6
    assert evidence.p_value < 1e-3


def test_what_is_tested_does_not_depend_on_the_confirming_half(told):
    """The confirming episodes of agent and reference change places: the share explained stays, the evidence goes."""
    whole = lives(np.random.default_rng(3), 0.6)
    before = told(whole, contexts=CONTEXTS)
    proposal = propose(before)
    rule = single(proposal.candidates[0].condition)
    expected = chosen(proposal).evidence(rule)
    for context in CONTEXTS:
        rows = ~in_proposal_half(before.seeds(context.name))
        ours, theirs = whole[context.name, "agent"], whole[context.name, "uniform"]
        for name in ours:
            ours[name][rows], theirs[name][rows] = theirs[name][rows], ours[name][rows].copy()
    evidence = chosen(propose(told(whole, contexts=CONTEXTS))).evidence(rule)
    assert evidence.tested == expected.tested
    assert evidence.explained == expected.explained
    assert evidence.p_value > 0.5


def test_who_does_not_look_is_not_confirmed_by_choices(told):
    """Of 30 actors without a pull at most a few are tested at all, and fewer found below .05."""
    found = []
    for seed in range(30):
        proposal = propose(told(lives(np.random.default_rng(seed), 0.0, n=30), contexts=CONTEXTS))
        test = chosen(proposal)
        found += [min((test.evidence(single(c.condition)).p_value for c in proposal.candidates), default=1.0)]
    assert sum(p < 0.05 for p in found) <= 4


@pytest.mark.parametrize("n", [5, 9, ALL_SIGNS])
def test_few_pairs_are_gone_through_in_all_signs(n: int):
    """Without ties and zeros it is the textbook's distribution; with them no worse than scipy's own permutations."""
    rng = np.random.default_rng(n)
    for _ in range(20):
        apart = rng.normal(0.5, 1, n)
        expected = wilcoxon(apart, alternative="greater", method="exact")[1]
        assert _larger(apart, np.zeros(n)) == pytest.approx(expected)
    tied = np.array([1.0, 1.0, -1.0, 0.0, 2.0])
    assert _larger(tied, np.zeros(5)) == pytest.approx(4 / 16)


@pytest.mark.parametrize(("differing", "exact"), [(3, 1 / 8), (4, 1 / 16), (6, 1 / 64)])
def test_pairs_that_do_not_differ_add_no_evidence(differing: int, exact: float) -> None:
    ours = np.zeros(100)
    ours[:differing] = np.arange(1, differing + 1)
    assert _larger(ours, np.zeros(100)) == pytest.approx(exact)


def mixture_of(told, second: float) -> ChoiceEvidence:
    """Evidence for `x = 7` as the second part of a mixture with `x = 1`, wanted in so large a share of the episodes."""
    rng = np.random.default_rng(5)
    tales = lives(rng, 0.0, n=80)
    for context in CONTEXTS:
        one, two = walks(rng, 80, 0.6, target=1), walks(rng, 80, 0.6, target=7)
        of_two = rng.random(80) < second
        tales[context.name, "agent"] = {n: np.where(of_two[:, None], two[n], one[n]) for n in one}
    proposal = propose(told(tales, contexts=CONTEXTS))
    by_name = {c.condition.name: c.condition for c in proposal.candidates}
    one = by_name.get("x = 1") or by_name["x <= 1"]
    held = holds("x = 7", proposal.abstract.frame)
    rule = Rule("mixture", (Part(one), Part(one._replace(names=("x = 7",), held=held))), 0.0)
    return chosen(proposal).evidence(rule, 1)


def test_a_part_that_no_episode_wants_has_no_share_in_the_evidence_of_the_other(told):
    """The whole mixture explains the choices, since its first part does; the second adds nothing."""
    assert mixture_of(told, second=0.4).p_value < 0.01
    nothing = mixture_of(told, second=0.0)
    assert nothing.tested
    assert nothing.p_value > 0.5


def test_the_sides_of_a_trigger_are_tested_apart(told):
    """Where the lamp is on it goes to 1; where it is off it wanders, whatever the rule says of that side."""
    rng = np.random.default_rng(6)
    tales = lives(rng, 0.0, n=80)
    for (_, actor), tale in tales.items():
        lamp = np.repeat((np.arange(80) % 2)[:, None], 15, axis=1)
        if actor == "agent":
            seeks = walks(rng, 80, 0.6, target=1)
            tale |= {n: np.where(lamp == 1, seeks[n], tale[n]) for n in seeks}
        tale["lamp"] = lamp
    proposal = propose(told(tales, contexts=CONTEXTS))
    frame, some = (
        proposal.abstract.frame,
        proposal.candidates[0].condition._replace(form="", before="", before_held=None),
    )
    sides = [("lamp = 1", "x = 1"), ("lamp = 0", "x = 7")]
    parts = tuple(
        Part(some._replace(names=(what,), held=holds(what, frame)), Trigger(when, holds(when, frame)))
        for when, what in sides
    )
    test, rule = chosen(proposal), Rule("trigger", parts, 0.0)
    seeking, wandering = (test.evidence(rule, number) for number in (0, 1))
    assert seeking.tested and wandering.tested
    assert seeking.p_value < 1e-3
    assert wandering.p_value > 0.05
