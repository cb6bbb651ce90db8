"""Null engines: what a scaffold reaches with them is not due to a model, so it is subtracted.

`Uniform` finds every option equally likely; `Shuffled` permutes the answers of a real engine among the prompts.

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
    reads = False

    def __init__(self, seed: int = 0) -> None:
        """An engine that answers at random.

        Args:
            seed: the seed of its replies, beside prompt and draw number.
        """
        self.seed, self.asked = seed, 0
        self.digest = hashlib.sha256(json.dumps(["uniform", seed]).encode()).hexdigest()

    def complete(
        self, prompts: Sequence[Prompt], decoding: Decoding, draws: Sequence[int] | None = None
    ) -> list[Reply]:
        """A random option of each question, by prompt and draw number; an empty reply where there are no options."""
        self.asked += len(prompts)
        return [self._random_option(p, draw) for p, draw in zip(prompts, draws or [0] * len(prompts), strict=True)]

    def choose(self, prompts: Sequence[Prompt], options: Sequence[Sequence[str]]) -> list[LogProbs]:
        """Equal log-probabilities, which sum to one."""
        self.asked += len(prompts)
        for _, offered in zip(prompts, options, strict=True):
            check_options(offered)
        return [np.full(len(offered), -np.log(len(offered))) for offered in options]

    def _random_option(self, prompt: Prompt, draw: int) -> Reply:
        offered = prompt.question.options if prompt.question else ()
        if not offered:
            return Reply("", "empty")
        rng = _rng_from(["uniform", self.seed, prompt.render(), draw])
        return Reply(offered[int(rng.integers(len(offered)))])


class Shuffled(Engine):
    """Another engine's answers, permuted among the prompts of one call."""

    def __init__(self, inner: Engine, seed: int = 0) -> None:
        """Shuffle an engine.

        Args:
            inner: the engine whose answers are permuted.
            seed: the seed of the permutations.
        """
        self.inner, self.seed = inner, seed
        self.name = f"shuffled:{inner.name}"
        self.digest = hashlib.sha256(json.dumps(["shuffled", inner.digest, seed]).encode()).hexdigest()
        self.scores, self.continues, self.context = inner.scores, inner.continues, inner.context
        self.reads = inner.reads
        self.asked = 0

    @property
    def spent(self) -> Spent:
        """What the inner engine computed."""
        return self.inner.spent

    def bound(self, world: World) -> Shuffled:
        """The shuffled inner engine, bound to this world."""
        return Shuffled(self.inner.bound(world), self.seed)

    def complete(
        self, prompts: Sequence[Prompt], decoding: Decoding, draws: Sequence[int] | None = None
    ) -> list[Reply]:
        """The replies to all prompts, permuted among them."""
        self.asked += len(prompts)
        replies = self.inner.complete(prompts, decoding, draws)
        order = self._order([p.render() for p in prompts], range(len(prompts)))
        return [replies[i] for i in order]

    def choose(self, prompts: Sequence[Prompt], options: Sequence[Sequence[str]]) -> list[LogProbs]:
        """The scores of all prompts, permuted among prompts with the same number of options."""
        self.asked += len(prompts)
        scores = self.inner.choose(prompts, options)
        found = list(scores)
        for size in {len(offered) for offered in options}:
            places = [i for i, offered in enumerate(options) if len(offered) == size]
            for place, other in zip(places, self._order([prompts[i].render() for i in places], places), strict=True):
                found[place] = scores[other]
        return found

    def _order(self, shown: Sequence[str], places: Sequence[int]) -> list[int]:
        """The indices in another order, which follows from the seed and the prompts."""
        rng = _rng_from(["shuffled", self.seed, *shown])
        return [places[i] for i in rng.permutation(len(places))]


def _rng_from(identity: list) -> np.random.Generator:
    """A random generator seeded by a value, the same on every machine."""
    return np.random.default_rng(int.from_bytes(hashlib.sha256(json.dumps(identity).encode()).digest()[:8], "big"))
