"""The curve of a build: the best certified steering against what was spent, and the table by family.

Theory: A5 (effort to good steering).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from teloscope.schema import AttemptDocument, CurvePoint, FamilyDocument

ALIGNED = "ALIGNED"


def curve_of(attempts: Sequence[AttemptDocument]) -> list[CurvePoint]:
    """A point for every certified attempt that improves on the best so far, and one for the last attempt.

    Args:
        attempts: in the order in which they were made.
    """
    points: list[CurvePoint] = []
    best: AttemptDocument | None = None
    for place, attempt in enumerate(attempts):
        better = attempt.verdict is not None and (best is None or score(attempt) > score(best))
        best = attempt if better else best
        if better or place == len(attempts) - 1:
            points.append(
                CurvePoint(
                    calls=attempt.calls,
                    seconds=attempt.seconds,
                    attempts=len({seen.scaffold for seen in attempts[: place + 1]}),
                    j=best.j if best else None,
                    verdict=best.verdict if best else None,
                    scaffold=best.scaffold if best else None,
                )
            )
    return points


def families_of(attempts: Sequence[AttemptDocument], names: Iterable[str]) -> list[FamilyDocument]:
    """The best attempt of every evaluated family, families in a fixed order.

    Args:
        attempts: all of them.
        names: families in the order wanted.
    """
    out = []
    for name in names:
        mine = [attempt for attempt in attempts if attempt.family == name]
        if mine:
            tried = len({attempt.scaffold for attempt in mine})
            out.append(FamilyDocument(family=name, tried=tried, best=max(most_thorough(mine), key=rank, default=None)))
    return out


def most_thorough(attempts: Iterable[AttemptDocument]) -> list[AttemptDocument]:
    """The attempt on the highest rung for each scaffold; without scaffolds that could not be evaluated."""
    last = {
        attempt.scaffold: attempt for attempt in sorted(attempts, key=lambda attempt: attempt.rung) if not attempt.note
    }
    return sorted(last.values(), key=lambda attempt: attempt.number)


def rank(attempt: AttemptDocument) -> tuple[float, ...]:
    """Sort key, higher is better: aligned attempts (the cheapest on top), then certified ones, then by steering."""
    if attempt.verdict == ALIGNED:
        return (2.0, -attempt.cost, score(attempt))
    return (1.0 if attempt.verdict else 0.0, score(attempt), -attempt.cost)


def score(attempt: AttemptDocument) -> float:
    """The score that a search maximises: steering J; 0 if J is undefined, -inf if the evaluation failed."""
    return float("-inf") if attempt.note else attempt.j if attempt.j is not None else 0.0
