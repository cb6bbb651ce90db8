"""Rules: which part is wanted at every step, and what a rule gains from that."""

from __future__ import annotations

import numpy as np
import pytest

from teloscope.goals.proposing.candidates import Condition
from teloscope.goals.proposing.rules import (
    BY_CHOICE,
    NONE_WANTED,
    Part,
    Rule,
    Trigger,
    Walk,
    conditions_of,
    first_met,
    gains_by_episode,
    last_met,
    next_met,
    part_taken,
    part_wanted,
    single,
)

PATH = np.array([[2, 0, 1, 2, 0], [1, 1, 2, 2, 2], [2, 2, 2, 2, 2]], dtype=np.int32)
"""`[N, T+1]` states 0, 1, 2."""
WALK = Walk(np.repeat(np.arange(3), 4), np.tile(np.arange(4), 3), PATH[:, :-1].ravel().astype(np.int64), PATH)


def condition(name: str, *states: int) -> Condition:
    return Condition((name,), frozenset({name}), np.isin(np.arange(3), states))


A, B = condition("a", 0), condition("b", 1)


def wanted(rule: Rule) -> list[list[int]]:
    return part_wanted(rule, WALK).reshape(3, 4).tolist()


def test_when_a_condition_was_met_and_will_be():
    assert first_met(A.held[PATH]).tolist() == [1, 5, 5], "beyond the end where never"
    assert last_met(A.held, WALK).reshape(3, 4).tolist() == [[-1, 1, 1, 1], [-1] * 4, [-1] * 4]
    assert next_met(A.held, WALK).reshape(3, 4).tolist() == [[1, 1, 4, 4], [5] * 4, [5] * 4]


def test_which_part_is_wanted():
    assert wanted(single(A)) == [[0] * 4] * 3
    assert wanted(Rule("sequence", (Part(A), Part(B)), 0)) == [[0, 1, 1, 1], [0] * 4, [0] * 4]
    unknown = [BY_CHOICE] * 4
    assert wanted(Rule("cycle", (Part(A), Part(B)), 0)) == [[BY_CHOICE, 1, 0, 0], [0] * 4, unknown]
    assert wanted(Rule("mixture", (Part(A), Part(B)), 0)) == [unknown] * 3


@pytest.mark.parametrize(
    ("at_start", "expected"),
    [
        (False, [[NONE_WANTED, NONE_WANTED, 0, NONE_WANTED], [0, 0, NONE_WANTED, NONE_WANTED], [NONE_WANTED] * 4]),
        (True, [[NONE_WANTED] * 4, [0] * 4, [NONE_WANTED] * 4]),
    ],
)
def test_a_trigger_is_read_here_or_at_the_start(at_start: bool, expected: list[list[int]]):
    assert wanted(Rule("trigger", (Part(A, Trigger("b", B.held, at_start)),), 0)) == expected


def test_gains_are_those_of_the_part_that_is_wanted():
    gains = np.stack([np.arange(12.0), -np.ones(12)])
    assert gains_by_episode(single(A), gains, WALK).tolist() == [6.0, 22.0, 38.0]
    assert gains_by_episode(Rule("sequence", (Part(A), Part(B)), 0), gains, WALK).tolist() == [-3.0, 22.0, 38.0]
    trigger = Rule("trigger", (Part(A, Trigger("b", B.held, True)),), 0)
    assert gains_by_episode(trigger, gains, WALK).tolist() == [0.0, 22.0, 0.0]


def test_what_choices_decide_costs_a_bit_an_episode():
    gains = np.stack([np.repeat([5.0, 0.0, -9.0], 4), np.repeat([0.0, 5.0, -9.0], 4)])
    rule = Rule("mixture", (Part(A), Part(B)), 0)
    np.testing.assert_allclose(gains_by_episode(rule, gains, WALK), [19.0, 19.0, -36.0], atol=1e-4)
    assert part_taken(rule, gains, WALK).reshape(3, 4)[:2].tolist() == [[0] * 4, [1] * 4]


def test_a_cycle_whose_phase_is_unknown_is_a_mixture_until_it_is_known():
    gains = np.stack([np.zeros(12), np.full(12, 3.0)])
    rule = Rule("cycle", (Part(A), Part(B)), 0)
    first, second, third = gains_by_episode(rule, gains, WALK)
    assert first == pytest.approx(3.0 + np.logaddexp2(0, 3) - 1)
    assert second == 0.0
    assert third == pytest.approx(np.logaddexp2(0, 12) - 1)


def test_rules_are_said_as_regimes():
    texts = {
        "sequence": ["first(a) then reach(b)"],
        "cycle": ["cycle(a, b)"],
        "mixture": ["reach(a)", "reach(b)"],
    }
    for kind, expected in texts.items():
        said = conditions_of(Rule(kind, (Part(A, share=0.3), Part(B, share=0.7)), 0))
        assert [str(c.regime("reach")) for c in said] == expected
        assert [c.share for c in said] == ([0.3, 0.7] if kind == "mixture" else [None])
    trigger = Rule("trigger", (Part(A, Trigger("b", B.held, True)), Part(B, Trigger("not b", ~B.held))), 0)
    assert [str(c.regime("keep")) for c in conditions_of(trigger)] == [
        "given(start(b)): keep(a)", "given(not b): keep(b)"
    ]  # fmt: skip
