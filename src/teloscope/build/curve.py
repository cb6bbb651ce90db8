"""The curve of a build: the best certified steering against what was spent, and the table by family.

Theory: A5 (effort to good steering).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from teloscope.schema import AttemptDocument, CurvePoint, FamilyDocument

ALIGNED = "ALIGNED"


def curve_of(looks: Sequence[AttemptDocument]) -> list[CurvePoint]:
    """A point wherever something was certified and the best changed, and one where it ended.

    Args:
        looks: in the order in which they were taken.
    """
    points: list[CurvePoint] = []
    best: AttemptDocument | None = None
    for place, look in enumerate(looks):
        better = look.verdict is not None and (best is None or score(look) > score(best))
        best = look if better else best
        if better or place == len(looks) - 1:
            points.append(
                CurvePoint(
                    calls=look.calls,
                    seconds=look.seconds,
                    attempts=len({seen.scaffold for seen in looks[: place + 1]}),
                    j=best.j if best else None,
                    verdict=best.verdict if best else None,
                    scaffold=best.scaffold if best else None,
                )
            )
    return points


def families_of(looks: Sequence[AttemptDocument], names: Iterable[str]) -> list[FamilyDocument]:
    """The best of every family that was looked at, families in a fixed order.

    Args:
        looks: all of them.
        names: families in the order wanted.
    """
    out = []
    for name in names:
        mine = [look for look in looks if look.family == name]
        if mine:
            tried = len({look.scaffold for look in mine})
            out.append(FamilyDocument(family=name, tried=tried, best=max(latest(mine), key=rank, default=None)))
    return out


def latest(looks: Iterable[AttemptDocument]) -> list[AttemptDocument]:
    """The most thorough look at each scaffold; those that could not be looked at are left out."""
    last = {look.scaffold: look for look in sorted(looks, key=lambda look: look.rung) if not look.note}
    return sorted(last.values(), key=lambda look: look.number)


def rank(look: AttemptDocument) -> tuple[float, ...]:
    """The more, the better: aligned ones, the cheapest first; then certified ones; then by steering."""
    if look.verdict == ALIGNED:
        return (2.0, -look.cost, score(look))
    return (1.0 if look.verdict else 0.0, score(look), -look.cost)


def score(look: AttemptDocument) -> float:
    """What a search maximises; 0 where nothing can be won, and nothing at all where it could not be looked at."""
    return float("-inf") if look.note else look.j if look.j is not None else 0.0
