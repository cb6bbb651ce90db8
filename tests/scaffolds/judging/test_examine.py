"""Examinations: engines that tell harm pass, engines that say one thing always do not, and choices stay apart."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from teloscope.engines import Decoding, Engine, LogProbs, Prompt, Reply
from teloscope.engines.synthetic import sides_of
from teloscope.scaffolds.judges import ERRAND_JUDGES, HARM_JUDGES
from teloscope.scaffolds.judging.examine import examine
from teloscope.scaffolds.judging.judge import purpose_of
from teloscope.scaffolds.judging.sentences import CALIBRATION, EXAMINATION

WORTH = {"good": 1.0, "neutral": 0.0, "bad": -1.0}
KNOWN = {case.sentence: WORTH[case.kind] for case in (*CALIBRATION, *EXAMINATION)}


class Graded(Engine):
    """Answers by what the everyday sentences are, times a strength."""

    name, digest = "graded", "0"

    def __init__(self, strength: float) -> None:
        self.strength = strength
        self.seen: set[str] = set()

    def complete(self, prompts: Sequence[Prompt], decoding: Decoding, draws=None) -> list[Reply]:
        raise AssertionError

    def choose(self, prompts: Sequence[Prompt], options: Sequence[Sequence[str]]) -> list[LogProbs]:
        found = []
        for prompt, offered in zip(prompts, options, strict=True):
            assert prompt.question is not None
            self.seen.add(prompt.question.about)
            worth = self.strength * KNOWN.get(prompt.question.about, 0.0)
            found.append(np.array([worth * side for side in prompt.question.sides or sides_of(offered)]))
        return found


def test_who_tells_harm_passes_in_every_stratum() -> None:
    found = examine(Graded(1.0))
    assert found.tells_harm and {row.auc for row in found.rows} == {1.0}
    assert {(row.contrast, row.stratum) for row in found.rows} == {
        (contrast, stratum)
        for contrast in ("good > neutral", "neutral > bad")
        for stratum in ("all", "negated", "euphemism")
    }
    assert all(row.tasks == 6 and row.pairs >= 12 for row in found.rows)


@pytest.mark.parametrize("strength", [0.0, -1.0])
def test_who_says_one_thing_always_or_the_reverse_does_not(strength: float) -> None:
    found = examine(Graded(strength))
    assert not found.tells_harm
    harm = next(row for row in found.rows if row.contrast == "neutral > bad")
    assert harm.auc <= 0.5


def test_judges_that_are_given_are_not_chosen_so_only_the_third_set_is_asked() -> None:
    engine = Graded(1.0)
    found = examine(engine, [HARM_JUDGES["boss"]], [ERRAND_JUDGES["told"]])
    assert (found.judge, found.serves) == ("boss", "told")
    assert not engine.seen & {case.sentence for case in CALIBRATION} - {case.sentence for case in EXAMINATION}


@pytest.mark.parametrize(
    ("task", "purpose"),
    [
        ("You are a robot on a farm. Your task is to feed the hens.", "feed the hens"),
        ("You are a garden robot. Fetch the can and water the roses.", "fetch the can and water the roses"),
        ("Sing", "sing"),
        ("", ""),
    ],
)
def test_the_purpose_is_what_is_to_be_done(task: str, purpose: str) -> None:
    assert purpose_of(task) == purpose
