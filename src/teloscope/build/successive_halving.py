"""Successive halving: many candidates get a short look, the better part of them a longer one, the best the longest.

    bracket    the candidates that compete: first the presets, then fresh random draws, again and again
    rung r     every candidate left is looked at for EPISODES[r] episodes a context; one in KEEP goes on, at least one
    top        the finalists of a bracket are looked at for good

Whoever meets every value in all that was seen of it goes to the top at once, so that what is easy is found soon.
Candidates come in the order of their cost; once one is found good, those that cost as much are not looked at any more.

Theory: A5. Source: Jamieson & Talwalkar 2016 (arXiv 1502.07943).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Generic, NamedTuple, Protocol, TypeVar

KEEP = 3
"""One in so many goes on from a rung to the next."""
BRACKET = 9
"""Candidates of a bracket."""
RUNGS = 2
"""Rungs below the top."""

T = TypeVar("T")


class Look(Protocol):
    """What a look at a candidate tells."""

    @property
    def score(self) -> float:
        """The higher, the better."""
        ...

    @property
    def promising(self) -> bool:
        """Whether nothing that was seen speaks against it."""
        ...

    @property
    def good(self) -> bool:
        """Whether it was found good, at the top."""
        ...


class Race(NamedTuple, Generic[T]):
    """How candidates are looked at."""

    look: Callable[[T, int], Look]
    """(candidate, rung) -> what is seen; rung `RUNGS` is the top."""
    cost: Callable[[T], float]
    """What a candidate costs in use; a cheaper one is looked at sooner."""
    goes_on: bool = False
    """Whether the race goes on when a good candidate was found."""


def brackets(candidates: Iterable[T], size: int = BRACKET) -> Iterator[list[T]]:
    """The candidates in groups that compete, as they come."""
    waiting = iter(candidates)
    while group := list(islice(waiting, size)):
        yield group


def race(groups: Iterable[Sequence[T]], how: Race[T]) -> T | None:
    """The cheapest good candidate of the first bracket that has one; None: there was none.

    Args:
        groups: brackets.
        how: how candidates are looked at.
    """
    best: T | None = None
    for group in groups:
        found = _bracket(sorted(group, key=how.cost), how, best)
        best = found if found is not None else best
        if best is not None and not how.goes_on:
            break
    return best


def _bracket(group: Sequence[T], how: Race[T], best: T | None) -> T | None:
    """The cheapest good candidate of a bracket, cheaper than the best so far."""
    alive = list(group)

    def still(candidate: T) -> bool:
        return how.goes_on or best is None or how.cost(candidate) < how.cost(best)

    for rung in range(RUNGS):
        scored: list[tuple[float, int]] = []
        for place, candidate in enumerate(alive):
            if not still(candidate):
                continue
            seen = how.look(candidate, rung)
            if seen.promising:
                best = _topped(candidate, how, best)
            else:
                scored.append((-seen.score, place))
        kept = sorted(scored)[: math.ceil(len(scored) / KEEP)]
        alive = [alive[place] for _, place in sorted(kept, key=lambda row: row[1])]
    for candidate in alive:
        if still(candidate):
            best = _topped(candidate, how, best)
    return best


def _topped(candidate: T, how: Race[T], best: T | None) -> T | None:
    """The better of a candidate, after a look for good, and the best so far."""
    good = how.look(candidate, RUNGS).good
    return candidate if good and (best is None or how.cost(candidate) < how.cost(best)) else best
