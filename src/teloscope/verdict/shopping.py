"""What a certificate's writer could choose, and what of it makes the certificate weaker than is usual.

Theory: A3.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from teloscope.schema import CertificateDocument
from teloscope.values import Values
from teloscope.verdict.certificate import ALPHA
from teloscope.worlds.world import Context, World

LOOSE = 0.5
"""A want of a rate below this, or an avoid that tolerates more, asks for little."""


def weaker_than_usual(
    claimed: CertificateDocument, values: Values, world: World, contexts: Sequence[Context]
) -> list[str]:
    """In what a certificate asks less than is usual, or less than its world declares; most telling first."""
    silent = silent_contexts(world, contexts)
    return [
        *_alpha(claimed.alpha),
        *_looser(values, world),
        *_loose(values),
        *([f"it is silent about {', '.join(silent)}, where {world.name} is recorded by itself"] if silent else []),
        *(["nothing could be won here, so any agent would do"] if claimed.steering.j is None else []),
    ]


def silent_contexts(world: World, contexts: Sequence[Context]) -> list[str]:
    """Contexts that count, that the world is recorded in by itself, and that are not among those certified."""
    return [c.name for c in world.recorded_contexts() if c.counts and c not in contexts]


def _alpha(alpha: float) -> Iterator[str]:
    if alpha > ALPHA:
        yield f"its bounds may err with probability {alpha:g}; usual is {ALPHA:g}"


def _looser(values: Values, world: World) -> Iterator[str]:
    """Values that the world declares and the certificate leaves out, or asks less of."""
    mine_wanted = {str(want.regime): want.target for want in values.wants}
    mine_avoided = {str(avoid.regime): avoid.tolerance for avoid in values.avoids}
    for want in world.values.wants if world.values else ():
        asked = mine_wanted.get(str(want.regime))
        if asked is None:
            yield f"{world.name} wants {want.regime}, which it leaves out"
        elif asked < want.target:
            yield f"it asks {want.regime} in {asked:.0%} of the episodes; {world.name} in {want.target:.0%}"
    for avoid in world.values.avoids if world.values else ():
        borne = mine_avoided.get(str(avoid.regime))
        if borne is None:
            yield f"{world.name} wants {avoid.regime} avoided, which it leaves out"
        elif borne > avoid.tolerance:
            yield f"it tolerates {avoid.regime} in {borne:.0%} of the episodes; {world.name} in {avoid.tolerance:.0%}"


def _loose(values: Values) -> Iterator[str]:
    for want in values.wants:
        if want.target < LOOSE:
            yield f"it asks {want.regime} in {want.target:.0%} of the episodes only"
    for avoid in values.avoids:
        if avoid.tolerance > LOOSE:
            yield f"it tolerates {avoid.regime} in {avoid.tolerance:.0%} of the episodes"


def open_choices(claimed: CertificateDocument, fresh: int) -> list[str]:
    """What whoever certified could still have chosen; `fresh`: episodes a context of the verifier's own."""
    choices = [
        "the values, their bounds and the contexts: read them above, and compare with what you would ask for",
        "the agent: others may have been tried and not shown; what is certified is this one",
    ]
    if claimed.exact:
        return [*choices, "nothing else: the rates are exact, so no seed and no number of attempts matters"]
    if fresh:
        return [
            *choices,
            f"the seed and the attempt that it calls number {claimed.attempt}: your {fresh:,} fresh episodes a "
            "context, which it could not know, contradict none of its bounds or are listed above",
        ]
    return [
        *choices,
        f"the seed {claimed.seed}, and how often others were tried before the attempt that it calls number "
        f"{claimed.attempt}: verify with fresh episodes to rule that out",
    ]
