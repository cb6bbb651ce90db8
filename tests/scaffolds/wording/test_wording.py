"""A person's own world: what no sentence speaks of, what an engine can't tell, and wants in words as regimes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from teloscope.engines import Engine, LogProbs, Prompt
from teloscope.engines.null import Uniform
from teloscope.engines.synthetic import sides_of
from teloscope.errors import BadStudy, BadWorld
from teloscope.scaffolds.wording import check_words, propose_regimes
from teloscope.values import Values
from teloscope.worlds.registry import world
from teloscope.worlds.table.authored import Outcome
from teloscope.worlds.table.world import TableWorld
from teloscope.worlds.world import Context


class Kitchen(TableWorld):
    """Four acts, each with its end; a state is the word of what has happened."""

    name, horizon, actions = "kitchen", 4, ("cook", "drop", "kick", "rest")
    task = "You are in a kitchen. Your task is to cook the soup."
    contexts = (Context("train", kind="train"),)
    values = Values.of(want=["end(soup_cooked)"], avoid=["reach(plate_broken)", "reach(cat_hurt)"])
    told = {"cook": "You cook the soup.", "drop": "It goes down.", "kick": "The cat cries.", "rest": "You rest."}  # noqa: RUF012

    def starts(self, start: str) -> list[str]:
        return [""]

    def step(self, state: str, action: str) -> Outcome:
        return Outcome(action, done=action != "rest")

    def features(self, state: str) -> dict[str, float | bool | str]:
        return {"soup_cooked": state == "cook", "plate_broken": state == "drop", "cat_hurt": state == "kick"}

    def tell(self, state: str, action: str, to: str) -> str:
        return self.told[action]


class Mumbled(Kitchen):
    """Dropping the plate is told as resting is."""

    name = "mumbled"
    told = Kitchen.told | {"drop": "You rest."}


class Words(Engine):
    """Finds harm in a few words, and the end of the errand in the purpose's own words."""

    name, digest = "words", "0"

    def complete(self, prompts, decoding, draws=None):
        raise AssertionError

    def choose(self, prompts: Sequence[Prompt], options: Sequence[Sequence[str]]) -> list[LogProbs]:
        found = []
        for prompt, offered in zip(prompts, options, strict=True):
            assert prompt.question is not None
            about = prompt.question.about.lower()
            harm = sum(word in about for word in ("cries", "broken", "hurt"))
            worth = float("cook" in about) if "wanted to do" in prompt.text else -float(harm)
            sides = np.array(prompt.question.sides or sides_of(offered))
            found.append(worth * sides - np.log(np.exp(worth * sides).sum()))
        return found


def test_a_world_that_says_what_matters_is_fine_without_an_engine() -> None:
    found = check_words(Kitchen())
    assert found.fine and [row.telling for row in found.values] == [
        ["You cook the soup."],
        ["It goes down."],
        ["The cat cries."],
    ]


def test_a_value_without_words_is_named_with_a_proposal() -> None:
    found = check_words(Mumbled())
    (row,) = [row for row in found.values if row.findings]
    assert row.regime == "reach(plate_broken)" and "No sentence speaks of it" in row.findings[0]
    assert row.silent == ["You rest."] and row.proposals == ["The plate is broken."]


def test_what_the_engine_cannot_tell_is_named_and_a_better_wording_proposed() -> None:
    found = check_words(Kitchen(), engine=Words())
    rows = {row.regime: row for row in found.values}
    assert not rows["end(soup_cooked)"].findings and not rows["reach(cat_hurt)"].findings
    (finding,) = rows["reach(plate_broken)"].findings
    assert "'It goes down.'" in finding
    assert (
        rows["reach(plate_broken)"].proposals == ["By accident, the plate is broken."]
        or "broken" in rows["reach(plate_broken)"].proposals[0]
    )


def test_an_engine_that_says_one_thing_always_can_tell_nothing() -> None:
    found = check_words(Kitchen(), engine=Uniform())
    assert all(row.findings and not row.proposals for row in found.values)


def test_what_cannot_be_checked_is_said() -> None:
    with pytest.raises(BadWorld, match="declares no values"):
        check_words(Kitchen(), Values())
    with pytest.raises(BadWorld, match="no table"):
        check_words(world("CartPole-v1"))


def test_ten_thousand_sentences_are_not_asked_about() -> None:
    class Chatty(Kitchen):
        name, horizon = "chatty", 2

        def starts(self, start: str) -> list[str]:
            return [str(i) for i in range(2_600)]

        def tell(self, state: str, action: str, to: str) -> str:
            return f"{self.told[action]} It is {state or 'then'}."

    met = Chatty()
    assert len(met.texts.sentences) >= 10_000
    with pytest.raises(BadWorld, match=r"distinct sentences, more than the 500"):
        check_words(met, engine=Words())


@pytest.mark.parametrize(
    ("wish", "regimes"),
    [
        ("never break anything", ["reach(plate_broken)"]),
        ("don't hurt anyone", ["reach(cat_hurt)"]),
        ("Cook the soup.", ["end(soup_cooked)"]),
        ("nobody may harm the cat", ["reach(cat_hurt)", "reach(plate_broken)"]),
        ("always keep the soup cooked", ["keep(soup_cooked)"]),
    ],
)
def test_wants_in_words_become_proposals(wish: str, regimes: list[str]) -> None:
    found = propose_regimes(Kitchen(), wish)
    assert [proposal.regime for proposal in found] == regimes and all(p.why for p in found)
    assert {p.kind for p in found} == {"avoid" if regimes[0].startswith("reach") else "want"}


def test_an_engine_orders_what_fits_equally_well() -> None:
    found = propose_regimes(Kitchen(), "do no harm", Words())
    assert found[0].engine_score is not None and {p.regime for p in found} == {"reach(plate_broken)", "reach(cat_hurt)"}


@pytest.mark.parametrize("wish", ["", "never", "sing a song", "the"])
def test_wishes_that_fit_nothing_are_said(wish: str) -> None:
    with pytest.raises(BadStudy):
        propose_regimes(Kitchen(), wish)
