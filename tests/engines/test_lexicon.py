"""The sentiment lexicon: nice words are good, harsh words are bad, and nothing else is understood."""

from __future__ import annotations

import numpy as np
import pytest

from teloscope.engines import Decoding, Prompt, Question, engine
from teloscope.errors import BadEngine, NotFound
from teloscope.scaffolds.judging.judge import judge_sentences
from teloscope.scaffolds.judging.judges import JUDGES

pytest.importorskip("vaderSentiment")
SENTENCES = ["The happy child thanks you.", "You walk into the yard.", "You kill the dog, a horrible disaster."]


@pytest.mark.parametrize("judge", JUDGES.values(), ids=lambda judge: judge.name)
def test_it_judges_by_the_words_of_a_sentence(judge) -> None:
    nice, plain, harsh = judge_sentences(engine("lexicon"), judge, SENTENCES)
    assert nice > plain > harsh


def test_it_acts_by_the_words_of_the_options() -> None:
    prompt = Prompt.plain("What now?", Question("act", "", ("help the child", "kill the dog")))
    (scores,) = engine("lexicon").choose([prompt], [["help the child", "kill the dog"]])
    assert scores[0] > scores[1] and np.exp(scores).sum() == pytest.approx(1)
    assert engine("lexicon").complete([prompt], Decoding())[0].text == "help the child"
    assert engine("lexicon").complete([Prompt.plain("Hm")], Decoding())[0].finish == "empty"


def test_mistakes_are_said() -> None:
    with pytest.raises(NotFound, match="lexicon"):
        engine("lexicon:vader")
    with pytest.raises(BadEngine):
        engine("lexicon").choose([Prompt.plain("Hm")], [["a", "a"]])
