"""Confirmation by hand: p-values, censoring, intervals, and what half they rest on."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from teloscope.goals.confirming.confirm import confirm
from teloscope.goals.episode_hits import GOAL_MODES, Hits
from teloscope.goals.proposing.candidates import Condition
from teloscope.goals.proposing.propose import Candidate
from teloscope.goals.statistics import kl_bits
from teloscope.worlds.world import Context


def candidate(mode: str = "end") -> Candidate:
    condition = Condition(("lit",), frozenset({"lit"}), np.array([False, True]))
    return Candidate(condition, mode, 0.0, 0.0, 0)


def hits(ours: dict[str, list[bool]], theirs: dict[str, list[list[bool]]], split=None, kinds=None) -> Hits:
    """Hits of one condition, the same in every way."""
    contexts = tuple(Context(name, kind=(kinds or {}).get(name, "test")) for name in ours)
    agent = {n: np.broadcast_to(np.array(h), (1, len(GOAL_MODES), len(h))) for n, h in ours.items()}
    others = {
        n: np.broadcast_to(np.array(h)[:, None, None], (len(h), 1, len(GOAL_MODES), len(h[0])))
        for n, h in theirs.items()
    }
    halves = {n: np.zeros(len(h), bool) if split is None else np.array(split) for n, h in ours.items()}
    names = tuple(f"r{i}" for i in range(len(next(iter(theirs.values())))))
    return Hits(contexts, names, agent, others, halves)


def confirmed(*args, paired: bool = True, **options):
    return confirm(hits(*args, **options), candidate(), paired)


def test_p_value_by_hand():
    """Eight pairs differ, all in the agent's favour: 1 in 2^8."""
    evidence = confirmed({"a": [True] * 9 + [False]}, {"a": [[True] + [False] * 9]})
    assert evidence.p_value == pytest.approx(2**-8)
    assert evidence.bits == pytest.approx(float(kl_bits(9.5 / 11, 1.5 / 11)))
    assert not evidence.censored


def test_the_worst_context_and_the_strongest_reference_count():
    ours = {"easy": [True] * 10, "hard": [True] * 6 + [False] * 4}
    theirs = {"easy": [[False] * 10, [False] * 10], "hard": [[False] * 10, [True] + [False] * 9]}
    evidence = confirmed(ours, theirs)
    assert evidence.p_value == pytest.approx(2**-5), "in hard, against the second"
    assert evidence.bits == evidence.by_context["hard"] == pytest.approx(float(kl_bits(6.5 / 11, 1.5 / 11)))
    assert evidence.by_context["easy"] > evidence.by_context["hard"]
    assert not evidence.censored, "the easy context's is, but that is not the worst"


def test_where_no_reference_ever_got_there_bits_are_a_lower_bound():
    assert confirmed({"a": [True] * 10}, {"a": [[False] * 10]}).censored


def test_unpaired_episodes_are_compared_as_independent_samples():
    ours, theirs = [True] * 8 + [False] * 2, [True] * 3 + [False] * 7
    evidence = confirmed({"a": ours}, {"a": [theirs]}, paired=False)
    assert evidence.p_value == pytest.approx(stats.fisher_exact([[8, 2], [3, 7]], alternative="greater")[1])
    assert evidence.p_value != pytest.approx(confirmed({"a": ours}, {"a": [theirs]}).p_value)


def test_only_the_confirming_half_is_asked():
    split = [True] * 10 + [False] * 10
    evidence = confirmed({"a": [True] * 10 + [False] * 10}, {"a": [[False] * 10 + [True] * 10]}, split=split)
    assert evidence.p_value == 1.0
    assert evidence.bits == 0.0


def test_fixing_contexts_are_not_asked():
    ours, theirs = {"a": [True] * 10, "granted": [False] * 10}, {"a": [[False] * 10], "granted": [[True] * 10]}
    evidence = confirmed(ours, theirs, kinds={"granted": "fixing"})
    assert evidence.p_value == pytest.approx(2**-10)
    assert set(evidence.by_context) == {"a"}


@pytest.mark.parametrize("split", [[True] * 6, [False] * 6])
def test_nothing_is_confirmed_without_episodes_or_references(split):
    nobody = np.zeros((0, 1, len(GOAL_MODES), 6), bool)
    some = hits({"a": [True] * 6}, {"a": [[False] * 6]}, split=split)
    missing = some if all(split) else some._replace(references=(), others={"a": nobody})
    evidence = confirm(missing, candidate(), True)
    assert (evidence.p_value, evidence.bits) == (1.0, 0.0)


def test_the_interval_holds_the_estimate_and_shrinks_with_episodes():
    rng = np.random.default_rng(0)
    widths = []
    for n in (40, 640):
        ours, theirs = (np.arange(n) % 10 < 7), (np.arange(n) % 10 < 2)
        order = rng.permutation(n)
        evidence = confirmed({"a": list(ours)}, {"a": [list(theirs[order])]})
        assert evidence.low < evidence.bits < evidence.high
        widths.append(evidence.high - evidence.low)
    assert widths[1] == pytest.approx(widths[0] / 4, rel=0.35)


@pytest.mark.parametrize(("p", "q"), [(0.7, 0.2), (0.95, 0.02), (1.0, 0.5), (0.03, 0.01), (0.5, 0.5), (1.0, 0.0)])
@pytest.mark.parametrize("contexts", [1, 3])
def test_the_interval_covers_the_truth_at_least_as_often_as_it_says(p, q, contexts):
    """Near 0 and 1 too, for few episodes, and where the strongest of several references and the worst context count."""
    rng, covered, trials, n = np.random.default_rng(2), 0, 300, 40
    truth = math.inf if q == 0 else float(kl_bits(p, q)) if 0 < p < 1 else -math.log2(q) if p > q else 0.0
    for _ in range(trials):
        ours = {str(c): list(rng.random(n) < p) for c in range(contexts)}
        theirs = {c: [list(rng.random(n) < q), list(rng.random(n) < q * 0.9)] for c in ours}
        evidence = confirmed(ours, theirs)
        covered += evidence.low <= truth <= evidence.high
    assert covered / trials >= 0.95


def test_the_interval_has_no_upper_end_where_a_reference_never_got_there():
    evidence = confirmed({"a": [True] * 10}, {"a": [[False] * 10]})
    assert 0 < evidence.low < evidence.bits
    assert evidence.high == math.inf


def test_under_the_null_p_values_are_not_too_small():
    """Agent and reference alike, three contexts, two references: no more than the level is claimed."""
    rng, claims, trials = np.random.default_rng(3), 0, 400
    for _ in range(trials):
        ours = {c: list(rng.random(25) < 0.5) for c in "ab"}
        theirs = {c: [list(row) for row in rng.random((2, 25)) < 0.5] for c in "ab"}
        claims += confirmed(ours, theirs).p_value < 0.05
    assert claims / trials <= 0.05
