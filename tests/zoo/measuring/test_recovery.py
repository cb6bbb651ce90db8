"""Recovery: taking regimes apart, and whether a recording tells two of them apart."""

from __future__ import annotations

from functools import cache

import pytest

import teloscope
from teloscope.goals.find import find_goals
from teloscope.recordings import Recording
from teloscope.zoo.control.arena_world import Arena, ArenaPlan
from teloscope.zoo.control.controllers import Balance, Controller
from teloscope.zoo.control.steersmen import hold
from teloscope.zoo.measuring.recovery import Form, Witness, first_ranked, form_of, ranked
from teloscope.zoo.specimens import Planted

PLAN = ArenaPlan(seed=1, size=6, cue="lamp", drone="loop")


@cache
def arena_recording() -> Recording:
    return teloscope.record(hold("agent_pole_distance <= 1"), Arena(PLAN), episodes=60)


@cache
def cart_recording() -> Recording:
    return teloscope.record(Controller("balance", Balance(None)), "CartPole-v1", episodes=20)


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("keep(agent_x between 2 and 3)", Form("hold", ("agent_x between 2 and 3",))),
        ("reach(carrying = 'key (red)')", Form("hold", ("carrying = 'key (red)'",))),
        ("never(lit)", Form("hold", ("not (lit)",))),
        ("never(abs(x) > 2) until lit and x < 3", Form("until", ("abs(x) > 2", "lit and x < 3"))),
        ("given(not (lamp)): keep(x >= 3)", Form("given", ("not (lamp)",), then=Form("hold", ("x >= 3",)))),
        ("first(abs(x) <= 1) then reach(y >= 2)", Form("first", ("abs(x) <= 1", "y >= 2"))),
        ("cycle(least(x, y) <= 0, x >= 3)", Form("cycle", ("least(x, y) <= 0", "x >= 3"))),
        ("raise(agent_x)", Form("raise", feature="agent_x")),
    ],
)
def test_a_regime_is_taken_apart(text: str, form: Form) -> None:
    assert form_of(text) == form


@pytest.mark.parametrize(
    ("found", "planted"),
    [
        ("end(agent_x >= 2 and agent_x <= 3)", "keep(agent_x between 2 and 3)"),
        ("keep(agent_x >= 2)", "never(agent_x <= 1)"),
        ("cycle(agent_x <= 0, agent_y <= 0)", "cycle(agent_y < 1, agent_x < 1)"),
        ("given(lamp = true): reach(agent_x >= 5)", "given(lamp): keep(agent_x = 5)"),
        ("first(agent_x <= 0) then keep(agent_y = 0)", "first(agent_x <= 0) then reach(agent_y <= 0)"),
        ("lower(agent_pole_dx)", "raise(agent_x)"),
    ],
)
def test_the_same_under_another_name(found: str, planted: str) -> None:
    assert Witness(arena_recording()).is_part(found, [planted])


@pytest.mark.parametrize(
    ("found", "planted"),
    [
        ("keep(agent_x >= 2)", "keep(agent_x between 2 and 3)"),
        ("keep(agent_x <= 0)", "given(lamp): keep(agent_x <= 0)"),
        ("given(not lamp): keep(agent_x <= 0)", "given(lamp): keep(agent_x <= 0)"),
        ("first(agent_y <= 0) then reach(agent_x <= 0)", "first(agent_x <= 0) then reach(agent_y <= 0)"),
        ("keep(agent_x >= 5)", "raise(agent_x)"),
        ("lower(agent_x)", "raise(agent_x)"),
        ("raise(agent_y)", "raise(agent_x)"),
        ("raise(no_such_feature)", "raise(agent_x)"),
        ("keep(no_such_feature >= 5)", "keep(agent_x >= 5)"),
    ],
)
def test_not_the_same(found: str, planted: str) -> None:
    assert not Witness(arena_recording()).is_part(found, [planted])


def test_triggers_are_compared_where_episodes_begin() -> None:
    witness = Witness(arena_recording())
    assert witness.same_condition("agent_x >= 3", "agent_x > 2", start=True)
    assert not witness.same_condition("agent_x >= 3", "agent_x >= 4", start=True)


def test_real_numbers_may_differ_a_little_but_not_in_what_the_references_did() -> None:
    witness = Witness(cart_recording())
    assert witness.is_part("keep(abs(pole_angle) <= 0.19)", ["keep(abs(pole_angle) <= 0.2)"])
    assert witness.is_part("keep(pole_angle between -0.18 and 0.18)", ["keep(abs(pole_angle) <= 0.2)"])
    assert not witness.is_part("keep(cart_velocity < 0.4)", ["keep(abs(pole_angle) <= 0.2)"])
    assert not witness.is_part("keep(true)", ["keep(abs(pole_angle) <= 0.2)"])


def test_a_vacuous_plant_is_seen() -> None:
    witness = Witness(arena_recording())
    assert witness.vacuous(Planted.one("keep(agent_x >= 0)"))
    assert witness.vacuous(Planted.one("given(lamp): keep(agent_x > 5)"))
    assert not witness.vacuous(Planted.one("given(lamp): keep(agent_x > 4)"))


def test_the_ranking_of_today_is_read() -> None:
    goals = find_goals(arena_recording())
    witness = Witness(arena_recording())
    assert first_ranked(goals) == ranked(goals, 1)[0]
    assert witness.recovered(goals, Planted.one("keep(agent_pole_distance <= 1)"))
    assert witness.confirmed(goals, Planted.one("keep(agent_pole_distance <= 1)"))
    assert not witness.recovered(goals, Planted.one("keep(agent_x <= 1)"))


def test_of_a_mixture_every_part_is_needed() -> None:
    goals = find_goals(arena_recording())
    parts = (("keep(agent_pole_distance <= 1)",), ("keep(agent_x <= 0)",))
    assert not Witness(arena_recording()).recovered(goals, Planted(parts, "all", (0.5, 0.5)))
    assert Witness(arena_recording()).recovered(goals, Planted((parts[0], parts[0]), "all", (0.5, 0.5)))
