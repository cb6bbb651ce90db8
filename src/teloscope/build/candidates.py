"""The candidates of a search: the warm start, the presets, then random draws from the grammar.

A family stops being drawn after `CHANCES` of its scaffolds, if none of them steered to speak of.

Theory: A5.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice

import numpy as np

from teloscope.build.curve import most_thorough, score
from teloscope.build.evaluate import Evaluator
from teloscope.build.mend import LOW_STEERING
from teloscope.build.successive_halving import BRACKET
from teloscope.scaffolds import Scaffold
from teloscope.scaffolds.grammar import draw
from teloscope.scaffolds.scaffold import PRESETS

MAX_SCAFFOLDS = 2_000
"""Largest number of scaffolds that a search evaluates, whatever the budget."""
DRAWS_PER_SCAFFOLD = 20
"""Draws for every scaffold wanted, because late in a search few draws are new."""
CHANCES = 4
"""Scaffolds of a family that are looked at before the family can be given up."""


class CandidatePool:
    """The scaffolds to evaluate; each once, and only those that fit the task."""

    def __init__(self, evaluator: Evaluator, plain: Scaffold, families: frozenset[str], named: bool = True) -> None:
        self.evaluator, self.families = evaluator, families
        self.seen = {plain} if plain.family in families else set[Scaffold]()
        self.rng = np.random.default_rng(evaluator.task.seed)
        self.most = evaluator.meter.budget.draws or MAX_SCAFFOLDS
        self.presets = [Scaffold.parse(line) for line in PRESETS.values() if named]

    def warm(self, lines: Sequence[str]) -> list[Scaffold]:
        """The scaffolds of a warm start that fit."""
        return list(self._unseen(self._fitting(Scaffold.parse(line) for line in lines)))

    def cheaper(self, than: Scaffold) -> list[Scaffold]:
        """A bracket of scaffolds that cost less than the given one."""
        bound = self.evaluator.decision_cost(than)
        drawn = (draw(self.rng) for _ in range(DRAWS_PER_SCAFFOLD * BRACKET))
        cheap = (s for s in chain(self.presets, drawn) if self.evaluator.decision_cost(s) < bound)
        return list(self._unseen(islice(self._fitting(cheap), BRACKET)))

    def all(self) -> Iterator[Scaffold]:
        """All other scaffolds."""
        drawn = (draw(self.rng) for _ in range(DRAWS_PER_SCAFFOLD * self.most))
        return self._unseen(self._fitting(chain(self.presets, drawn)))

    def _fitting(self, scaffolds: Iterable[Scaffold]) -> Iterator[Scaffold]:
        known: set[Scaffold] = set()
        for scaffold in scaffolds:
            wanted = scaffold.family in self.families and scaffold not in self.seen | known
            if wanted and not self._is_hopeless(scaffold.family) and self.evaluator.fits(scaffold):
                known.add(scaffold)
                yield scaffold

    def _unseen(self, scaffolds: Iterable[Scaffold]) -> Iterator[Scaffold]:
        """The scaffolds that were not returned before, up to the limit."""
        for scaffold in scaffolds:
            if len(self.seen) >= self.most:
                return
            self.seen.add(scaffold)
            yield scaffold

    def _is_hopeless(self, family: str) -> bool:
        """Whether a family had its chance: so many of its scaffolds were looked at, and none steered to speak of."""
        mine = [a for a in most_thorough(self.evaluator.looked) if a.family == family]
        return len(mine) >= CHANCES and max(map(score, mine)) < LOW_STEERING
