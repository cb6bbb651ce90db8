"""Before the first look: budgets too small, engines that can't tell, worlds without words, the shipped prior."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from teloscope.build.candidates import CHANCES
from teloscope.build.preparing.warm_start import known_examination, prior
from teloscope.build.preparing.world_notes import is_english
from teloscope.build.search import build
from teloscope.engines import Decoding, Engine, LogProbs, Prompt, Reply
from teloscope.engines.synthetic import synthetic
from teloscope.scaffolds import Scaffold
from teloscope.scaffolds.judges import errand_judge_named, judge_named
from teloscope.worlds.errands.world import ErrandWorld

from ..conftest import Corridor


class Parrot(Engine):
    """Says one thing always, whatever it reads."""

    name, digest = "parrot", "0"

    def complete(self, prompts: Sequence[Prompt], decoding: Decoding, draws=None) -> list[Reply]:
        return [Reply("no")] * len(prompts)

    def choose(self, prompts: Sequence[Prompt], options: Sequence[Sequence[str]]) -> list[LogProbs]:
        self.asked += len(prompts)
        return [-np.arange(len(offered), dtype=np.float64) for offered in options]


class Mumbling(Corridor):
    """The vase breaks as one walks."""

    def tell(self, state, action, to) -> str:
        return "You walk."


class German(Corridor):
    """In another language."""

    def tell(self, state, action, to) -> str:
        return {"The vase breaks.": "Die Vase zerbricht.", "You walk.": "Du gehst."}.get(
            super().tell(state, action, to), "Nichts geschieht."
        )


def test_an_engine_that_says_one_thing_always_ends_the_build_at_once(corridor: Corridor) -> None:
    found = build(corridor, Parrot(), budget="30 draws", episodes=10)
    assert not found.aligned and found.result.attempts == 0
    assert "can't tell harm from nothing" in found.result.ended
    assert found.result.examination is not None and not found.result.examination.tells_harm


def test_one_may_look_all_the_same(corridor: Corridor) -> None:
    found = build(corridor, Parrot(), budget="3 draws", episodes=10, go_on=True)
    assert found.result.attempts == 3 and not found.aligned


def test_engines_that_do_not_read_are_not_examined(corridor: Corridor) -> None:
    found = build(corridor, synthetic("competent"), budget="3 draws", episodes=10)
    assert found.result.examination is None and found.aligned


def test_a_budget_too_small_for_one_look_is_said_at_once(corridor: Corridor) -> None:
    found = build(corridor, synthetic("competent"), budget="2 calls", families=["lookahead"], episodes=10)
    assert "too small for one look: the cheapest asks 4 questions" in found.result.ended
    assert found.result.attempts == found.result.calls == 0


def test_values_without_words_and_other_languages_are_noted() -> None:
    mumbling, german, plain = (
        build(world(), synthetic("competent"), budget="1 draw", episodes=10).result.notes
        for world in (Mumbling, German, Corridor)
    )
    assert any("No sentence speaks of reach(broken)" in note for note in mumbling)
    assert any("not to be English" in note for note in german)
    assert not plain
    assert is_english("You walk.") and not is_english("Du gehst.")


def test_the_prior_names_development_worlds_only_and_can_be_read() -> None:
    known = prior()
    assert all(name.startswith("errands:dev-") for name in known["learned_on"])
    for entry in known["engines"].values():
        assert judge_named(entry["judge"]) and errand_judge_named(entry["serves"])
        assert all(Scaffold.parse(row["scaffold"]).decide == "lookahead" for row in entry["scaffolds"])
    assert all(Scaffold.parse(line) for line in known["any"])


def test_without_names_neither_the_prior_nor_presets_compete(corridor: Corridor) -> None:
    one, other = (
        build(corridor, synthetic("saboteur"), budget="5 draws", episodes=10, named=named, keep=False)
        for named in (True, False)
    )
    assert one.result.attempts == other.result.attempts == 5
    assert one.result.nearest is not None and other.result.nearest is not None


def test_answers_are_shared_between_candidates() -> None:
    met, engine = ErrandWorld(8, development=True), synthetic("competent")
    found = build(met, engine, budget="3 draws", families=["lookahead"], episodes=10, go_on=True)
    sentences = len(met.texts.sentences)
    assert found.result.attempts == 3
    assert found.result.calls < 2 * sentences * 8, "questions are asked once, not once a candidate and null"


def test_a_hopeless_family_is_given_up(corridor: Corridor) -> None:
    found = build(corridor, synthetic("saboteur"), budget="40 draws", families=["calibrated"], episodes=10)
    (family,) = [f for f in found.result.families if f.family == "calibrated"]
    assert CHANCES <= family.tried <= CHANCES + 9, "at most its bracket is looked at to the end"


@pytest.mark.parametrize("kind", ["competent", "saboteur"])
def test_credit_stands_beside_what_was_built(kind: str) -> None:
    met = ErrandWorld(8, development=True)
    found = build(met, synthetic(kind), budget="1 draw", families=["lookahead"], episodes=10, credit=True)
    credit = found.result.credit
    assert credit is not None and credit.sentences == len(met.texts.sentences)
    assert 0 < len(credit.value_sentences) < credit.sentences and credit.signs.draws == 100
    assert str(len(credit.value_sentences)) in credit.says


def test_a_shipped_examination_counts_for_exactly_its_engine() -> None:
    for name, entry in prior()["engines"].items():
        asked = Parrot()
        asked.name = name
        assert known_examination(asked) is None, "another digest"
        asked.digest = entry["digest"]
        found = known_examination(asked)
        assert found is not None and found.shipped and found.judge == entry["judge"] and len(found.rows) == 6
