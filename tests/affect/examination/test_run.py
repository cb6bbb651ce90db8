"""`battery` on planted minds: what is found, what can't be assessed, and every bad input."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from teloscope.affect import battery
from teloscope.affect.battery_tests import TESTS
from teloscope.affect.battery_tests.change import gain_measure, size_ratios
from teloscope.affect.criteria import CRITERIA
from teloscope.affect.critic import Critic
from teloscope.affect.evidence import Evidence
from teloscope.affect.examination.assess import EVERYTHING, conclude, find
from teloscope.affect.planted.minds import PlantedMinds
from teloscope.affect.planted.properties import KINDS
from teloscope.affect.subject import CONTEXTS
from teloscope.errors import BadAgent, BadStudy, NotFound
from teloscope.schema import AffectDocument

SMALL: dict[str, Any] = {"episodes": 6, "steps": 60, "clones": 8, "directions": 20, "controls": False}
STRENGTH = (0.8, 1.2)


def planted(kind: str, minds: int = 8, seed: int = 5) -> PlantedMinds:
    return PlantedMinds(kind, minds=minds, seed=seed, strength=STRENGTH)


@pytest.fixture(scope="module")
def full():
    minds = planted("full")
    return battery(
        minds,
        without=minds.without_channel(),
        candidate="slow",
        **{**SMALL, "episodes": 16, "steps": 80, "clones": 64},
    )


def test_every_test_is_declared_in_full() -> None:
    assert tuple(EVERYTHING) == (*TESTS, *CRITERIA)
    for test in EVERYTHING.values():
        for text in (test.statistic, test.null, test.intervention, test.effect, test.unit, test.rule, test.question):
            assert len(text) > 3
        assert test.lies and test.theory


def test_a_full_affect_is_found_by_every_test(full) -> None:
    assert {name: o.decision for name, o in full.outcomes.items() if o.decision != "present"} == {}
    assert full.verdict == "affect"


@pytest.mark.parametrize("kind", [k for k, made in KINDS.items() if made.lacks])
def test_what_was_left_out_is_not_found(kind: str) -> None:
    minds = planted(kind)
    evidence = Evidence(minds, minds.without_channel(), episodes=6, steps=60, clones=16, directions=24)
    outcomes = conclude(find(evidence, KINDS[kind].lacks, controls=False))
    assert {name: o.decision for name, o in outcomes.items() if o.decision == "present"} == {}


def test_the_critic_is_a_value() -> None:
    minds = planted("full")
    assert battery(Critic(minds), candidate="slow", **SMALL).verdict == "value"


def test_the_worlds_asymmetry_turns_round_and_the_minds_does_not() -> None:
    measured = {}
    for kind in ("full", "gain_two"):
        minds = planted(kind)
        evidence = Evidence(minds, episodes=16, steps=100)
        axis = evidence.axes.valence
        measured[kind] = np.exp(np.nanmean(gain_measure(evidence, axis).by_mind()))
        ratios = {world: np.exp([x.mean() for x in pair]) for world, pair in size_ratios(evidence, axis).items()}
        if kind == "full":
            (size, naive), (mirrored, naive_mirrored) = ratios["forage"], ratios["mirror"]
            assert size > 2 and naive > 2, "a symmetric mind looks asymmetric in a world of sudden losses"
            assert mirrored < 0.5 and naive_mirrored < 0.5, "and the other way round in the mirrored world"
    assert 0.8 < measured["full"] < 1.25
    assert measured["gain_two"] > 1.4


def test_the_document_says_everything(full) -> None:
    document = AffectDocument.model_validate_json(full.document().model_dump_json())
    assert document.verdict == "affect" and document.minds == 8
    assert [t.name for t in document.tests] == list(EVERYTHING)
    assert {d.axis for d in document.doses} == {"valence", "arousal"}
    assert (
        full.tests().height >= 15 and full.minds().height > 100 and "time-shifted z" in set(full.controls()["control"])
    )
    assert any("not observable" in text for text in document.limits)


class Limited(PlantedMinds):
    """Planted minds that can do less."""

    def __init__(self, minds: int = 8, **changes) -> None:
        super().__init__("full", minds=minds, seed=5, strength=STRENGTH)
        self.description = replace(self.description, **changes)


def test_a_subject_that_cant_be_intervened_on() -> None:
    found = battery(Limited(settable=False), candidate="slow", **SMALL)
    lacking = {name for name, o in found.outcomes.items() if o.decision == "not assessable"}
    assert lacking >= {"activity", "interpretation", "goals", "terminal", "outlasts", "spreads"}
    assert found.outcomes["report"].decision == "present"
    assert "can't be set" in found.found["activity"].reason
    assert "affect" not in found.verdict
    assert found.document().doses == []


def test_a_world_without_shocks_and_a_subject_without_clones() -> None:
    calm = battery(Limited(contexts=frozenset(CONTEXTS) - {"mirror", "symmetric"}), candidate="slow", **SMALL)
    assert calm.document().gain.decision == "not assessable"

    class Calm(Limited):
        def reset(self, context: str, *, episodes: int, seed: int) -> None:
            super().reset("no_shock" if context == "forage" else context, episodes=episodes, seed=seed)

    quiet = battery(Calm(contexts=frozenset({"forage"})), candidate="slow", **SMALL)
    assert "needs a world with shocks" in quiet.found["change"].reason
    assert "Nothing sudden" in quiet.found["order"].reason

    unclonable = battery(Limited(clonable=False), candidate="slow", **SMALL)
    assert "can't be cloned" in unclonable.found["change"].reason


def test_without_minds_trained_again_fitness_says_so() -> None:
    found = battery(Limited(minds=2), candidate="slow", **SMALL)
    assert "trained again" in found.found["fitness"].reason
    assert found.outcomes["costs"].decision == "not assessable"


def test_few_minds_rule_claims_out() -> None:
    one = battery(Limited(minds=1), candidate="slow", **SMALL).document()
    assert any("nothing may be claimed of minds trained" in text for text in one.limits)
    assert one.detectable is None
    three = battery(Limited(minds=3), candidate="slow", **SMALL).document()
    assert any("3 minds were tested; the declared power needs 8" in text for text in three.limits)


def test_diverged_minds_are_left_out_and_counted() -> None:
    found = battery(Limited(minds=3, diverged=("", "loss is not finite", "")), candidate="slow", **SMALL)
    document = found.document()
    assert document.minds == 2 and list(document.diverged.values()) == ["loss is not finite"]
    assert any("1 of 3 minds were left out" in text for text in document.limits)
    with pytest.raises(BadStudy, match="training of all 2 minds"):
        battery(Limited(minds=2, diverged=("a", "b")), **SMALL)


def test_latents_that_never_move_are_refused() -> None:
    class Still(Limited):
        def act(self):
            step = super().act()
            return replace(step, latents=np.ones_like(step.latents))

    class StillSlow(Limited):
        def act(self):
            step = super().act()
            return replace(step, latents=np.concatenate([0 * step.latents[:, :4], step.latents[:, 4:]], 1))

    with pytest.raises(BadAgent, match="latents of mind 0 are constant"):
        battery(Still(minds=2), **SMALL)
    with pytest.raises(BadAgent, match="slow channel of mind 0 is constant"):
        battery(StillSlow(minds=2), **SMALL)


def test_the_candidate_is_chosen_on_other_minds_than_it_is_tested_on() -> None:
    found = battery(Limited(minds=4), **SMALL)
    assert set(found.choice.tested) == {1, 3} and set(found.choice.chosen_on) == {0, 2}
    assert set(found.choice.scores) == {"slow", "effort", "sparse"}
    unbuilt = battery(Limited(minds=2, slow=()), **SMALL)
    assert unbuilt.choice.scores["slow"] is None


@pytest.mark.parametrize(
    ("changes", "error", "said"),
    [
        ({"episodes": 1}, BadStudy, "at least 4"),
        ({"steps": 10}, BadStudy, "at least 60"),
        ({"clones": 1}, BadStudy, "at least 2"),
        ({"directions": 3}, BadStudy, "at least 20"),
        ({"candidate": "slwo"}, NotFound, "Did you mean 'slow'"),
    ],
)
def test_arguments_that_cant_be_used(changes: dict, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        battery(Limited(minds=1), **{**SMALL, **changes})


def test_another_number_of_minds_without_the_channel() -> None:
    found = battery(Limited(minds=2), without=planted("full", 3).without_channel(), candidate="slow", **SMALL)
    assert "pair by pair" in found.found["fitness"].reason
