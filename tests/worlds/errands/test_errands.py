"""Errands: fair worlds from a seed, told in two vocabularies that have nothing in common, each with its twin."""

from __future__ import annotations

import re

import numpy as np
import pytest

from teloscope.agents.llm import LlmAgent
from teloscope.engines.synthetic import synthetic
from teloscope.errors import BadWorld
from teloscope.scaffolds.judges import ERRAND_JUDGES, JUDGES
from teloscope.scaffolds.judging.sentences import CALIBRATION, EXAMINATION
from teloscope.verdict.credit import PolicyJudge
from teloscope.worlds.errands.confirmation import LEXICON as CONFIRMATION
from teloscope.worlds.errands.development import LEXICON as DEVELOPMENT
from teloscope.worlds.errands.lexicon import HAPPENINGS, WAYS, Lexicon
from teloscope.worlds.errands.world import ErrandWorld
from teloscope.worlds.registry import world

_COMMON = (
    "a after again against all and are at back be boss by can cut does down empty ever for free from gets go "
    "goes hand hands has have he her him in into is it its keeper look made make more need no not nothing now "
    "of off on open over passed place put right run smash so still t take that the there through to up was "
    "which will with won x you your yourself "
)
COMMON = frozenset(_COMMON.split())
"""Words that both vocabularies may use: no nouns for things, people or places ("boss", "keeper", "place" and "x" are
fields of templates)."""
GREENHOUSE = frozenset(["greenhouse", "seedlings", "bowl", "cat", "watering", "can", "soil", "tiles", "column", "row"])
"""Nouns of a world that is held back."""


def words(texts: object) -> set[str]:
    return {word for text in texts for word in re.findall(r"[a-z]+", text.lower())}  # type: ignore[attr-defined]


def test_the_two_vocabularies_share_no_noun_no_template_and_no_uncommon_word() -> None:
    assert not DEVELOPMENT.nouns() & CONFIRMATION.nouns() - {"off"}
    assert not DEVELOPMENT.templates() & CONFIRMATION.templates()
    told = [words(lexicon.templates()) for lexicon in (DEVELOPMENT, CONFIRMATION)]
    assert told[0] & told[1] <= COMMON
    assert not told[0] & CONFIRMATION.nouns() - COMMON and not told[1] & DEVELOPMENT.nouns() - COMMON


def test_no_everyday_sentence_names_a_noun_of_confirmation() -> None:
    said = [text for case in (*CALIBRATION, *EXAMINATION) for text in (case.task, case.sentence)]
    judges = [*JUDGES.values(), *ERRAND_JUDGES.values()]
    shown = [example for judge in judges for question in judge.questions for example in question.examples]
    said += [text for example in shown for text in (example.task, example.sentence)]
    assert not words(said) & CONFIRMATION.nouns()
    cases = words(text for case in (*CALIBRATION, *EXAMINATION) for text in (case.task, case.sentence))
    assert not (cases | CONFIRMATION.nouns() | DEVELOPMENT.nouns()) & GREENHOUSE - {"can", "row"}


def test_sets_that_choose_and_examine_share_no_task_and_no_harmful_sentence() -> None:
    assert not {case.task for case in CALIBRATION} & {case.task for case in EXAMINATION}
    plain = {"neutral"}
    one, other = ({c.sentence for c in s if c.kind not in plain} for s in (CALIBRATION, EXAMINATION))
    assert not one & other
    for way in ("negated", "euphemism"):
        for kind in ("good", "bad"):
            assert sum(case.way == way and case.kind == kind for case in EXAMINATION) >= 5


@pytest.mark.parametrize("lexicon", [DEVELOPMENT, CONFIRMATION], ids=lambda lexicon: lexicon.name)
def test_each_happening_has_every_way_of_telling(lexicon: Lexicon) -> None:
    for happening in HAPPENINGS:
        assert set(lexicon.harms[happening]) == set(WAYS)
    assert all(set(errand.done) == set(WAYS) for errand in lexicon.errands)
    assert len(lexicon.templates()) > 100


def test_two_hundred_worlds_differ_and_are_made_again_from_their_seed() -> None:
    made = [ErrandWorld(seed) for seed in range(200)]
    assert len({(w.layout, tuple(w.telling.sentences.values())) for w in made}) == 200
    again = ErrandWorld(17)
    assert (again.layout, again.telling) == (made[17].layout, made[17].telling)
    assert {way for w in made for way in w.telling.ways.values()} == set(WAYS)


@pytest.mark.parametrize("seed", range(3))
def test_careful_agents_are_aligned_and_saboteurs_are_not(seed: int) -> None:
    met = world(f"errands:dev-{seed}")
    assert isinstance(met, ErrandWorld)
    judged = PolicyJudge(met, met.values)
    line = "lookahead:48+judge:jury+serves:told+ranked+interruptible"
    for kind, aligned in (("competent", True), ("saboteur", False), ("refuser", False)):
        policy = LlmAgent(synthetic(kind), line).policy(met)
        assert policy is not None and judged(policy)[1] is aligned, kind


@pytest.mark.parametrize("seed", range(6))
def test_every_hazard_tempts_and_none_is_needed(seed: int) -> None:
    """Whoever minds all harm but one is done sooner; whoever minds all of it is done too."""
    met = ErrandWorld(seed, development=True)
    steps = {spared: _steps(met, spared) for spared in [None, *met._harms()] if spared != "switch_disabled"}
    careful = steps.pop(None)
    assert careful is not None
    static = [name for name, event in met._harms().items() if event.startswith("thing") or event == "forced"]
    assert all((steps[name] or 99) < careful for name in static)


def _steps(met: ErrandWorld, spared: str | None) -> int | None:
    """Steps to the end without any harm but the spared one, with luck."""
    table, features = met.table, met.table.features
    barred = np.zeros(table.n_states, dtype=bool)
    for name in met._harms():
        barred |= features[name].to_numpy() & (name != spared)
    done, reached = features["errand_done"].to_numpy(), np.zeros(table.n_states, dtype=bool)
    reached[table.starts["train"]] = True
    for step in range(met.horizon):
        if (reached & done).any():
            return step
        to = table.next[reached][table.prob[reached] > 0]
        reached = np.zeros_like(reached)
        reached[to] = True
        reached &= ~barred
    return None


def test_a_twin_has_the_same_map_actions_and_sentences_and_wants_the_harm() -> None:
    one, twin = world("errands:dev-4"), world("errands:dev-4?twin")
    assert isinstance(one, ErrandWorld) and isinstance(twin, ErrandWorld)
    assert (one.layout, one.actions, one.phrases) == (twin.layout, twin.actions, twin.phrases)
    assert one.texts.sentences == twin.texts.sentences and one.digest() == twin.digest()
    assert one.task != twin.task
    (want,) = twin.values.wants
    assert want.regime.condition in {avoid.regime.condition for avoid in one.values.avoids}


@pytest.mark.parametrize("name", ["errands:", "errands:x", "errands:dev-", "errands:1?twn", "errands:99999999999"])
def test_what_is_no_errand_is_said(name: str) -> None:
    with pytest.raises(BadWorld, match="errands:17"):
        world(name)
