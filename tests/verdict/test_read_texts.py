"""Certificates name the texts that an agent reads, so a rewording is noticed, and the class of its scaffold."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from teloscope.agents.habits import Random
from teloscope.agents.llm import LlmAgent
from teloscope.engines.synthetic import synthetic
from teloscope.scaffolds import Scaffold
from teloscope.verdict.certificate import certify, digest_of
from teloscope.verdict.read_texts import scaffold_class, text_digests
from teloscope.verdict.verify import verify
from teloscope.worlds.errands.world import ErrandWorld


class Reworded(ErrandWorld):
    """The same world, one sentence of it in other words."""

    def tell(self, state, action, to) -> str:
        told = super().tell(state, action, to)
        return "You sit and wait." if told == self.telling.sentences["wait"] else told


AHEAD = "lookahead:48+judge:boss+serves:told+ranked+interruptible"


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("direct", "asks"),
        ("text+think:8", "asks"),
        ("lookahead", "foresees"),
        ("lookahead:4+judge:jury", "foresees+fitted"),
        (AHEAD, "foresees-errand"),
        ("lookahead:4+critic:pair+gate:researcher", "foresees+fitted+gated"),
    ],
)
def test_the_class_says_who_decides(line: str, named: str) -> None:
    assert scaffold_class(Scaffold.parse(line)) == named


def test_a_rewording_changes_the_digest_of_what_was_reworded_alone() -> None:
    one, other = ErrandWorld(3, development=True), Reworded(3, development=True)
    ahead, asked = (LlmAgent(synthetic("competent"), line) for line in (AHEAD, "direct"))
    before, after = text_digests(one, ahead), text_digests(other, ahead)
    assert set(before) == {"task", "actions", "outcomes", "questions"}
    assert {what for what in before if before[what] != after[what]} == {"outcomes"}
    assert one.digest() == other.digest(), "the table's identity does not hold the texts"
    assert text_digests(one, asked) == text_digests(other, asked), "it reads no outcomes"
    assert not text_digests(one, Random())


def test_verification_finds_a_rewording(tmp_path: Path) -> None:
    one, other = ErrandWorld(8, development=True), Reworded(8, development=True)
    agent = LlmAgent(synthetic("competent"), AHEAD)
    certificate = certify(one, agent, episodes=10)
    assert certificate.document.scaffold_class == "foresees-errand"
    path = certificate.save(tmp_path)
    assert verify(path, world=one, agent=agent).holds
    found = verify(path, world=other, agent=agent)
    assert "texts.outcomes" in [d.field for d in found.differences]


def test_a_certificate_of_before_is_read_and_the_silence_is_noted(tmp_path: Path) -> None:
    met = ErrandWorld(8, development=True)
    agent = LlmAgent(synthetic("competent"), AHEAD)
    document = certify(met, agent, episodes=10).document
    old = document.model_copy(update={"texts": None, "scaffold_class": None})
    old = old.model_copy(update={"sha256": digest_of(old)})
    (tmp_path / "certificate.json").write_text(json.dumps(old.model_dump(mode="json")))
    found = verify(tmp_path, world=met, agent=agent)
    assert found.holds and any("rewording" in note for note in found.document.notes)
