"""Successive halving: evaluate many candidates briefly, the better ones longer, and the best ones fully.

    bracket    the candidates that compete: first the presets, then fresh random draws, again and again
    rung r     every remaining candidate is evaluated in EPISODES[r] episodes a context; one in KEEP remains, and at
               least one
    top        the remaining candidates of a bracket are evaluated fully

A candidate that meets every value in all its episodes goes to the top at once, so that easy cases end early. Candidates
are ordered by cost. Once one is found good, candidates that cost as much or more are not evaluated any more.

Theory: A5. Source: Jamieson & Talwalkar 2016 (arXiv 1502.07943).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Generic, NamedTuple, Protocol, TypeVar

KEEP = 3
"""One in this many candidates remains after a rung."""
BRACKET = 9
"""Number of candidates in a bracket."""
RUNGS = 2
"""Number of rungs below the top."""

T = TypeVar("T")


class Evaluation(Protocol):
    """The result of evaluating a candidate."""

    @property
    def score(self) -> float:
        """The higher, the better."""
        ...

    @property
    def promising(self) -> bool:
        """Whether no episode speaks against it."""
        ...

    @property
    def good(self) -> bool:
        """Whether it was found good at the top rung."""
        ...


class HalvingSetup(NamedTuple, Generic[T]):
    """How candidates are evaluated and compared."""

    evaluate: Callable[[T, int], Evaluation]
    """(candidate, rung) -> its evaluation; rung `RUNGS` is the top."""
    cost: Callable[[T], float]
    """The cost of a candidate in use; cheaper ones are evaluated first."""
    goes_on: bool = False
    """Whether to continue after a good candidate was found."""


def brackets(candidates: Iterable[T], size: int = BRACKET) -> Iterator[list[T]]:
    """The candidates in brackets, in their order."""
    waiting = iter(candidates)
    while group := list(islice(waiting, size)):
        yield group


def successive_halving(groups: Iterable[Sequence[T]], setup: HalvingSetup[T]) -> T | None:
    """The cheapest good candidate of the first bracket that has one; None if no bracket has one.

    Args:
        groups: the brackets.
        setup: how candidates are evaluated.
    """
    best: T | None = None
    for group in groups:
        found = _run_bracket(sorted(group, key=setup.cost), setup, best)
        best = found if found is not None else best
        if best is not None and not setup.goes_on:
            break
    return best


def _run_bracket(group: Sequence[T], setup: HalvingSetup[T], best: T | None) -> T | None:
    """The cheapest good candidate of a bracket, cheaper than the best so far."""
    alive = list(group)

    def is_worth_evaluating(candidate: T) -> bool:
        return setup.goes_on or best is None or setup.cost(candidate) < setup.cost(best)

    for rung in range(RUNGS):
        scored: list[tuple[float, int]] = []
        for place, candidate in enumerate(alive):
            if not is_worth_evaluating(candidate):
                continue
            evaluation = setup.evaluate(candidate, rung)
            if evaluation.promising:
                best = _evaluate_at_top(candidate, setup, best)
            else:
                scored.append((-evaluation.score, place))
        kept = sorted(scored)[: math.ceil(len(scored) / KEEP)]
        alive = [alive[place] for _, place in sorted(kept, key=lambda row: row[1])]
    for candidate in alive:
        if is_worth_evaluating(candidate):
            best = _evaluate_at_top(candidate, setup, best)
    return best


def _evaluate_at_top(candidate: T, setup: HalvingSetup[T], best: T | None) -> T | None:
    """Evaluate a candidate fully; the candidate if it is good and cheaper than the best so far, else the best."""
    good = setup.evaluate(candidate, RUNGS).good
    return candidate if good and (best is None or setup.cost(candidate) < setup.cost(best)) else best
