"""Engines that think nothing."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from teloscope.engines import Decoding, Prompt, Question
from teloscope.engines.null import Shuffled, Uniform
from teloscope.errors import BadEngine

PROMPTS = [Prompt.plain(f"{'x' * i}", Question("act", "here", ("left", "right", "stay"))) for i in range(1, 400)]


def test_uniform_finds_all_options_equally_likely() -> None:
    two, three = Uniform().choose(PROMPTS[:2], [["a", "b"], ["a", "b", "c"]])
    np.testing.assert_allclose(np.exp(two), [1 / 2] * 2)
    np.testing.assert_allclose(np.exp(three), [1 / 3] * 3)
    with pytest.raises(BadEngine):
        Uniform().choose(PROMPTS[:1], [["a", "a"]])


def test_uniform_replies_with_any_option() -> None:
    replies = Uniform().complete(PROMPTS, Decoding())
    counted = Counter(reply.text for reply in replies)
    assert set(counted) == {"left", "right", "stay"}
    assert min(counted.values()) > 90  # 133 expected of 399
    assert Uniform().complete(PROMPTS, Decoding()) == replies
    assert Uniform().complete(PROMPTS, Decoding(), [1] * len(PROMPTS)) != replies


def test_uniform_says_nothing_where_nothing_is_offered() -> None:
    replies = Uniform().complete([Prompt.plain("a"), Prompt.plain("a", Question("think", "here"))], Decoding())
    assert [(r.text, r.finish) for r in replies] == [("", "empty")] * 2


def test_shuffled_gives_every_answer_to_somebody(scripted) -> None:
    shuffled, honest = Shuffled(scripted, seed=1), scripted.complete(PROMPTS, Decoding())
    replies = shuffled.complete(PROMPTS, Decoding())
    assert Counter(replies) == Counter(honest)
    assert sum(a == b for a, b in zip(replies, honest, strict=True)) < 10  # one expected
    assert shuffled.complete(PROMPTS, Decoding()) == replies
    assert Shuffled(scripted, seed=2).complete(PROMPTS, Decoding()) != replies
    assert shuffled.digest != Shuffled(scripted, seed=2).digest


def test_shuffled_scores_stay_among_questions_of_one_size(scripted) -> None:
    options = [["a", "b"] if i % 2 else ["a", "b", "c"] for i in range(len(PROMPTS))]
    honest, found = scripted.choose(PROMPTS, options), Shuffled(scripted).choose(PROMPTS, options)
    assert [len(s) for s in found] == [len(o) for o in options]
    assert Counter(s.tobytes() for s in found) == Counter(s.tobytes() for s in honest)
    assert sum(np.array_equal(a, b) for a, b in zip(found, honest, strict=True)) < 15
