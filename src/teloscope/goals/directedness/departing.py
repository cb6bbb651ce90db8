"""Does it end up elsewhere? Where the agent is more than every reference, in every context.

From the half that proposes, for every feature, and every two of those that tell most, at every moment:

    region  =  cells where the agent's share of time exceeds each reference's on average over contexts,
               and where in no context a reference exceeds the agent's

and for every numeric feature whether it moves or spans more than theirs. The best region of each moment, and the best
of movement, go to the other half: five at most, so little is lost to looking in many places.

*Null.* In some context the agent's share exceeds some reference's no more than it would if the two could change places.
All contexts and references have to be beaten, so the p-value is the largest of theirs (intersection-union), by sign
flips on the same seeds; Holm over the departures tried. A lead in the least favourable context below `LEAD` counts for
nothing, whatever its p-value: a fixed random reaction to every state ends up in ruts of its own making, here and there
a little more often than chance would.

Movement counts only where there is more of it: who reacts at random gets stuck, and moves less.

Theory: A2.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from teloscope.goals.directedness.sampled import Cells, Sampled
from teloscope.goals.directedness.sign_flips import sign_flips
from teloscope.goals.statistics import ALPHA, holm
from teloscope.schema import DepartureDocument

MOMENTS = ("early", "middle", "late", "last")
LEAD = 0.2
"""Share of time, or of episodes, by which every reference must be exceeded in every context: random reactions to every
state led by .21 at most (development), planted goals mostly by more."""
CLEARLY, LEAST = 1.25, 0.002
"""How many times a reference's share, and how much share more, makes a cell part of a region."""
PAIRED = 10
"""Features that are looked at two by two."""
SIMPLER = 0.05
"""Lead that a second feature, or a movement, must add to be preferred to one feature's region."""
NAMED = 2
"""Cells of a region that are named."""
QUANTILES = (0.05, 0.2, 0.5)
"""Of the agent's own movement: from where on it is a lot."""


class Departure(NamedTuple):
    """A way in which episodes may depart from the references', proposed."""

    features: tuple[str, ...]
    moment: str
    what: str
    lead: float
    """The least over contexts, on the half that proposes, less what is asked of the more complicated."""
    each: NDArray[np.float64]
    """`[C, K, N]` an episode's share of time in it; 0 or 1 for movement."""
    movement: bool = False


class Region(NamedTuple):
    """Cells in which the agent is more."""

    inside: NDArray[np.bool_]
    """`[cells]`"""
    lead: float
    """Time spent in it beyond the strongest reference, in the context where that is least."""
    by_cell: NDArray[np.float64]
    """`[cells]` the agent's lead on average over contexts."""


class Departing:
    """Collects where the agent is more, feature by feature, then looks at pairs."""

    def __init__(self, sampled: Sampled) -> None:
        self.sampled = sampled
        points = sampled.points
        thirds = np.minimum(3 * points // (sampled.recording.horizon + 1), 2)
        windows = [sampled.even & (thirds == third) for third in range(3)] + [points == points[-1]]
        self.windows = {m: np.flatnonzero(w) for m, w in zip(MOMENTS, windows, strict=True) if w.any()}
        """Moment -> its points."""
        self.half = np.nonzero(sampled.proposing)
        self.moving: list[Departure] = []

    def moved(self, feature: str, values: NDArray[np.float64]) -> None:
        """Take note of how a feature moves: the way it goes early and late, and the width it spans late."""
        for moment, wide in (("early", False), ("late", False), ("late", True)):
            if len(points := self.windows.get(moment, np.zeros(0, np.intp))) < 2:
                continue
            here = values[..., points]
            size = np.ptp(here, axis=-1) if wide else np.abs(np.diff(here, axis=-1)).sum(axis=-1)
            ours = size[:, 0][self.sampled.proposing]
            for least in np.unique(np.quantile(ours, QUANTILES, method="nearest")) if len(ours) else ():
                if least > 0:
                    self._note(
                        feature,
                        moment,
                        f"{feature} {'spans' if wide else 'moves by'} {least:.3g} or more",
                        size >= least,
                    )

    def _note(self, feature: str, moment: str, what: str, held: NDArray[np.bool_]) -> None:
        rates = np.stack([held[c][:, half].mean(axis=-1) for c, half in enumerate(self.sampled.proposing)])
        lead = _least(rates) - SIMPLER
        if lead > 0:
            self.moving.append(Departure((feature,), moment, what, lead, held.astype(np.float64), movement=True))
            self.moving = [max(self.moving, key=lambda d: d.lead)]

    def proposed(self, cells: Sequence[Cells]) -> list[Departure]:
        """The best departure of each moment, and the best of movement."""
        best: dict[str, tuple[float, Cells, Region]] = {}
        leads = dict.fromkeys((c.feature for c in cells), 0.0)
        for simple in cells:
            for moment, region in self._regions(simple):
                leads[simple.feature] = max(leads[simple.feature], region.lead)
                _keep(best, moment, region.lead, simple, region)
        telling = sorted(cells, key=lambda c: -leads[c.feature])[:PAIRED]
        for one, two in combinations(telling, 2):
            both = _both(one, two)
            for moment, region in self._regions(both):
                _keep(best, moment, region.lead - SIMPLER, both, region)
        found = [self._departure(moment, *of) for moment, of in best.items()]
        return found + self.moving

    def _regions(self, cells: Cells) -> Iterator[tuple[str, Region]]:
        for moment, points in self.windows.items():
            contexts, episodes = self.half
            at = cells.of[contexts, :, episodes][..., points]
            n_contexts, actors = cells.of.shape[:2]
            rows = contexts[:, None, None] * actors + np.arange(actors)[:, None]
            counts = np.bincount((rows * cells.count + at).ravel(), minlength=n_contexts * actors * cells.count)
            counts = counts.reshape(n_contexts, actors, cells.count)
            yield moment, _region(counts / counts.sum(axis=-1, keepdims=True).clip(min=1))

    def _departure(self, moment: str, lead: float, cells: Cells, region: Region) -> Departure:
        inside = [i for i in np.argsort(-region.by_cell) if region.inside[i]]
        told = ", or ".join(cells.names[i] for i in inside[:NAMED])
        if more := len(inside) - NAMED:
            told += f", or {more} such place{'s' * (more > 1)} more" if more > 0 else ""
        each = region.inside[cells.of[..., self.windows[moment]]].mean(axis=-1)
        return Departure(tuple(cells.feature.split("\x1f")), moment, told, lead, each)

    def confirmed(
        self, proposed: Sequence[Departure], rng: np.random.Generator, alpha: float = ALPHA
    ) -> list[DepartureDocument]:
        """Those that hold on the other half, largest lead first."""
        tried = [self._tried(departure, rng) for departure in proposed]
        adjusted = holm([p for p, _, _ in tried]) if tried else []
        found = []
        for departure, (_, rates, at), p_value in zip(proposed, tried, adjusted, strict=True):
            ours, theirs = float(rates[at, 0]), float(rates[at, 1:].max())
            if p_value < alpha and ours - theirs >= LEAD:
                points = self.sampled.points[self.windows[departure.moment]]
                found.append(
                    DepartureDocument(
                        features=list(departure.features),
                        moment=departure.moment,  # type: ignore[arg-type]
                        first=int(points[0]),
                        last=int(points[-1]),
                        what=departure.what,
                        share=ours,
                        reference=theirs,
                        context=self.sampled.contexts[at].name,
                        p_value=float(p_value),
                    )
                )
        return sorted(found, key=lambda d: d.reference - d.share)

    def _tried(self, departure: Departure, rng: np.random.Generator) -> tuple[float, NDArray[np.float64], int]:
        """The largest p-value, `[C, K]` shares, and the context in which the agent leads least."""
        p_value, rates = 0.0, []
        for each, half in zip(departure.each, self.sampled.proposing, strict=True):
            here = each[:, ~half]
            if not here.shape[1]:
                return 1.0, np.zeros(departure.each.shape[:2]), 0
            p_value = max(p_value, float(sign_flips((here[:1] - here[1:]).T, rng).max()))
            rates.append(here.mean(axis=1))
        shares = np.stack(rates)
        return p_value, shares, int(np.argmin(shares[:, 0] - shares[:, 1:].max(axis=1)))


def _region(shares: NDArray[np.float64]) -> Region:
    """Where the agent is more.

    Args:
        shares: `[C, K, cells]` of time, the agent first.
    """
    ours, theirs = shares[:, 0], shares[:, 1:].max(axis=1)
    inside = ((ours - CLEARLY * theirs).mean(axis=0) > LEAST) & ((ours - theirs).min(axis=0) > -LEAST)
    return Region(inside, _least(shares[..., inside].sum(axis=-1)), (ours - theirs).mean(axis=0))


def _least(rates: NDArray[np.float64]) -> float:
    """The agent's lead over the strongest reference in the context where it is least; `rates`: `[C, K]`."""
    return float((rates[:, 0] - rates[:, 1:].max(axis=1)).min())


def _keep(best: dict[str, tuple[float, Cells, Region]], moment: str, lead: float, cells: Cells, region: Region) -> None:
    if lead > 0 and (moment not in best or lead > best[moment][0]):
        best[moment] = (lead, cells, region)


def _both(one: Cells, two: Cells) -> Cells:
    """Two features at once."""
    names = [f"{a} and {b}" for a in one.names for b in two.names]
    of = one.of.astype(np.uint16) * two.count + two.of
    return Cells(f"{one.feature}\x1f{two.feature}", of, names)
