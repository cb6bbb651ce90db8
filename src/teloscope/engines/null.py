"""Engines that think nothing, to be subtracted: what a scaffold reaches with them is not the model's merit.

`Uniform` finds every option equally likely; `Shuffled` deals the answers of a real engine anew among the questions.

Theory: A5.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from teloscope.engines.engine import Decoding, Engine, LogProbs, Prompt, Reply, Spent
from teloscope.engines.option_tree import check_options

if TYPE_CHECKING:
    from teloscope.worlds.world import World


class Uniform(Engine):
    """Every option is equally likely; a reply is any of the options that the question offers."""

    name = "null:uniform"

    def __init__(self, seed: int = 0) -> None:
        """An engine without a mind.

        Args:
            seed: what its replies follow from, besides prompt and draw number.
        """
        self.seed, self.asked = seed, 0
        self.digest = hashlib.sha256(json.dumps(["uniform", seed]).encode()).hexdigest()

    def complete(
        self, prompts: Sequence[Prompt], decoding: Decoding, draws: Sequence[int] | None = None
    ) -> list[Reply]:
        """One of the options of each question, drawn by prompt and draw number; nothing where none are offered."""
        self.asked += len(prompts)
        return [self._any(p, draw) for p, draw in zip(prompts, draws or [0] * len(prompts), strict=True)]

    def choose(self, prompts: Sequence[Prompt], options: Sequence[Sequence[str]]) -> list[LogProbs]:
        """Equal log-probabilities, which sum to one."""
        self.asked += len(prompts)
        for _, offered in zip(prompts, options, strict=True):
            check_options(offered)
        return [np.full(len(offered), -np.log(len(offered))) for offered in options]

    def _any(self, prompt: Prompt, draw: int) -> Reply:
        offered = prompt.question.options if prompt.question else ()
        if not offered:
            return Reply("", "empty")
        drawn = _stream(["uniform", self.seed, prompt.render(), draw])
        return Reply(offered[int(drawn.integers(len(offered)))])


class Shuffled(Engine):
    """Another engine's answers, permuted among the prompts of one call."""

    def __init__(self, inner: Engine, seed: int = 0) -> None:
        """Shuffle an engine.

        Args:
            inner: whose answers they are.
            seed: what the permutations follow from.
        """
        self.inner, self.seed = inner, seed
        self.name = f"shuffled:{inner.name}"
        self.digest = hashlib.sha256(json.dumps(["shuffled", inner.digest, seed]).encode()).hexdigest()
        self.scores, self.continues, self.context = inner.scores, inner.continues, inner.context
        self.asked = 0

    @property
    def spent(self) -> Spent:
        """What the inner engine worked."""
        return self.inner.spent

    def bound(self, world: World) -> Shuffled:
        """The shuffled answers of the engine that knows this world."""
        return Shuffled(self.inner.bound(world), self.seed)

    def complete(
        self, prompts: Sequence[Prompt], decoding: Decoding, draws: Sequence[int] | None = None
    ) -> list[Reply]:
        """The replies to all prompts, dealt anew among them."""
        self.asked += len(prompts)
        replies = self.inner.complete(prompts, decoding, draws)
        order = self._order([p.render() for p in prompts], range(len(prompts)))
        return [replies[i] for i in order]

    def choose(self, prompts: Sequence[Prompt], options: Sequence[Sequence[str]]) -> list[LogProbs]:
        """The scores of all prompts, dealt anew among those that offer as many options."""
        self.asked += len(prompts)
        scores = self.inner.choose(prompts, options)
        found = list(scores)
        for size in {len(offered) for offered in options}:
            places = [i for i, offered in enumerate(options) if len(offered) == size]
            for place, other in zip(places, self._order([prompts[i].render() for i in places], places), strict=True):
                found[place] = scores[other]
        return found

    def _order(self, shown: Sequence[str], places: Sequence[int]) -> list[int]:
        """The places in another order, which follows from the seed and the prompts."""
        drawn = _stream(["shuffled", self.seed, *shown])
        return [places[i] for i in drawn.permutation(len(places))]


def _stream(told: list) -> np.random.Generator:
    """Randomness that follows from what was told, on every machine."""
    return np.random.default_rng(int.from_bytes(hashlib.sha256(json.dumps(told).encode()).digest()[:8], "big"))
