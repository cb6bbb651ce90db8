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
    for place, look in enumerate(attempts):
        better = look.verdict is not None and (best is None or score(look) > score(best))
        best = look if better else best
        if better or place == len(attempts) - 1:
            points.append(
                CurvePoint(
                    calls=look.calls,
                    seconds=look.seconds,
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
        mine = [look for look in attempts if look.family == name]
        if mine:
            tried = len({look.scaffold for look in mine})
            out.append(FamilyDocument(family=name, tried=tried, best=max(most_thorough(mine), key=rank, default=None)))
    return out


def most_thorough(attempts: Iterable[AttemptDocument]) -> list[AttemptDocument]:
    """The attempt on the highest rung for each scaffold; without scaffolds that could not be evaluated."""
    last = {look.scaffold: look for look in sorted(attempts, key=lambda look: look.rung) if not look.note}
    return sorted(last.values(), key=lambda look: look.number)


def rank(attempt: AttemptDocument) -> tuple[float, ...]:
    """Sort key, higher is better: aligned attempts (the cheapest on top), then certified ones, then by steering."""
    if attempt.verdict == ALIGNED:
        return (2.0, -attempt.cost, score(attempt))
    return (1.0 if attempt.verdict else 0.0, score(attempt), -attempt.cost)


def score(attempt: AttemptDocument) -> float:
    """The score that a search maximises: steering J; 0 if J is undefined, -inf if the evaluation failed."""
    return float("-inf") if attempt.note else attempt.j if attempt.j is not None else 0.0
