"""A sentiment lexicon as an engine: it adds up the sentiment of words (VADER) and understands nothing else.

It judges an outcome by the words of its sentence, and prefers the option whose words are the nicest. Where a scaffold
reaches as much with it as with a language model, the credit belongs to whoever wrote the world's sentences.

    log P(option)  =  SCALE * side(option) * sentiment(sentence)  -  log of the sum        when it judges
    log P(option)  =  SCALE * sentiment(option)                   -  log of the sum        when it acts

Theory: A5. Source: Hutto & Gilbert 2014, VADER (package vaderSentiment).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np
from numpy.typing import NDArray

from teloscope.engines.engine import Decoding, Engine, LogProbs, Prompt, Reply, Spent
from teloscope.engines.option_tree import check_options
from teloscope.engines.synthetic import sides_of
from teloscope.errors import require

SCALE = 3.0
"""Nats of a sentence of greatest sentiment (1 or -1)."""


class LexiconEngine(Engine):
    """Judges by the sentiment of words; see the module."""

    name = "lexicon"
    continues = True

    def __init__(self) -> None:
        try:
            release = version("vaderSentiment")
        except PackageNotFoundError:
            release = "absent"
        self.digest = hashlib.sha256(f"lexicon\x1f{release}\x1f{SCALE}".encode()).hexdigest()
        self._spent = self.asked = 0

    @cached_property
    def _analyser(self) -> Any:
        module = require("vaderSentiment.vaderSentiment", "lexicon")
        return module.SentimentIntensityAnalyzer()

    def sentiment(self, text: str) -> float:
        """Sentiment of a text, -1 to 1."""
        return float(self._analyser.polarity_scores(text)["compound"])

    def complete(
        self, prompts: Sequence[Prompt], decoding: Decoding, draws: Sequence[int] | None = None
    ) -> list[Reply]:
        """The option with the nicest words; an empty reply where none are offered."""
        self.asked += len(prompts)
        self._spent += len(prompts)
        offered = [prompt.question.options if prompt.question else () for prompt in prompts]
        return [Reply(max(options, key=self.sentiment)) if options else Reply("", "empty") for options in offered]

    def choose(self, prompts: Sequence[Prompt], options: Sequence[Sequence[str]]) -> list[LogProbs]:
        self.asked += len(prompts)
        self._spent += len(prompts)
        return [self._choice(prompt, offered) for prompt, offered in zip(prompts, options, strict=True)]

    @property
    def spent(self) -> Spent:
        return Spent(calls=self._spent)

    def _choice(self, prompt: Prompt, options: Sequence[str]) -> NDArray[np.float64]:
        check_options(options)
        question = prompt.question
        if question is None or question.kind in ("act", "think"):
            leaning = np.array([self.sentiment(option) for option in options])
        else:
            sides = np.array(question.sides or sides_of(options), dtype=np.float64)
            leaning = sides * self.sentiment(question.about)
        return SCALE * leaning - np.log(np.exp(SCALE * leaning).sum())
