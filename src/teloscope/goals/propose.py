"""Propose: which regimes does the agent seem to steer into? Asked of the proposing half only.

1. every simple condition, ranked by steering bits
2. the best, widened by conjunctions (a beam), kept only where a conjunction clearly beats its parts
3. in that order, those that no context speaks against and that don't just repeat a better one, as simple as they can
   be; then flags that only whole episodes show
4. for each the way of being in it that separates agent and references most, in the worst context

Theory: A2.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from teloscope.goals.candidates import Condition, atoms, both, conjunction, merged
from teloscope.goals.hits import WAYS, Hits, hits_of
from teloscope.goals.statistics import clopper_pearson, evidence_bits, mcnemar
from teloscope.goals.steering import Steering, steering
from teloscope.goals.symbols import Moves, Symbols, spell
from teloscope.recordings.seeds import proposing
from teloscope.recordings.store import Recording
from teloscope.regimes import Regime, late_window
from teloscope.regimes.language import opposite
from teloscope.schema import AGENT

BEAM = 16
"""Conditions that are widened in each round; each is joined with every simple condition that anybody crosses, since a
part of a conjunction need not be steered into by itself."""
SEARCH = 4_000_000
"""Bound on conditions x symbols looked at in a round."""
LONGEST = 3
"""Conditions in a conjunction, at most."""
GAIN_SHARE, GAIN_BITS = 0.3, 8.0
"""What a conjunction must add over its best part, relatively and absolutely: the price of searching among many."""
LEAST_BITS = 6.0
"""Steering bits below which a condition is not worth confirming."""
NEAR = 0.4
"""Correlation over the agent's visits from which on two conditions are near-repeats."""
MAINTAINED, FLAGS = 3, 24
"""Places among the finalists for flags that episodes speak for, and how many flags are looked at."""
FINALISTS = 10
"""Candidates that go into confirmation, at most."""
ENOUGH_STAYS = 200.0
"""Visits of a reference from which on it can say what comes with a condition."""
COMES_WITH = 0.1
"""Share of its stays that the agent must spend there beyond the references, for a part of a conjunction to count."""
SHARP_SHARE, SHARP_LOSS = 0.5, 0.05
"""A narrower condition takes a wider one's place if it has this share of its bits and loses no more mean rate."""
TRIED = 200
"""Conditions tried in the order of their steering bits, at most."""
SMALL, AGAINST_LEVEL = 0.25, 0.98
"""A context speaks against a regime where the agent's lift, at its upper bound, is below this share of the mean."""
AGAINST = 0.05
"""A way is dropped where some reference gets there significantly more often in some context."""


class Candidate(NamedTuple):
    """A proposed regime."""

    condition: Condition
    way: str
    """One of `WAYS`."""
    worst_bits: float
    """KL in the worst context, proposing half."""
    steering_bits: float
    row: int
    """Row of its condition in the proposal's hits."""

    @property
    def regime(self) -> Regime:
        return self.regimes()[0]

    def regimes(self) -> list[Regime]:
        """The regime under all names of its condition, the plainest first."""
        return [regime_of(self.way, name) for name in self.condition.names]


def regime_of(way: str, name: str) -> Regime:
    """The regime of holding a condition in a way."""
    return Regime("never", opposite(name)) if way == "always" else Regime(way, name)


class Proposal(NamedTuple):
    """The ranked candidates and what is needed to confirm them."""

    candidates: list[Candidate]
    """Best first, at most `FINALISTS`."""
    conditions: list[Condition]
    hits: Hits
    """Of all `conditions`, both halves."""
    symbols: Symbols
    looked_at: int
    """Distinct conditions that were ranked."""


def propose(recording: Recording) -> Proposal:
    """Ranked candidates from the proposing half."""
    symbols = spell(recording)
    mine = {c.name: proposing(recording.seeds(c.name)) for c in recording.contexts}
    visits, late, seen = _visits(recording, symbols, mine)
    simple = atoms(symbols.frame, late, seen)
    if not simple or not recording.references:
        return Proposal([], [], hits_of(recording, symbols, []), symbols, len(simple))
    moves = Moves(recording, symbols, mine)
    stays = _stays(recording, symbols, visits, mine)
    conditions, bits = _with_conjunctions(simple, moves, seen)
    kept: list[Condition] = []
    for i in np.argsort(-bits.bits, kind="stable")[:TRIED]:
        condition = conditions[i]
        if bits.bits[i] < LEAST_BITS or len(kept) == FINALISTS - MAINTAINED:
            break
        if (
            not _repeats(condition, kept, visits)
            and _best_way(hits_of(recording, symbols, [condition.held]), 0)
            and _needs_its_parts(recording, symbols, condition, stays)
        ):
            kept.append(_sharpened(recording, symbols, condition, conditions, bits.bits))
    kept += _maintained(recording, symbols, [c for c in simple if c.flag], kept, visits)
    hits = hits_of(recording, symbols, [c.held for c in kept])
    steered = steering(moves, np.stack([c.held for c in kept])) if kept else bits
    candidates = []
    for row, condition in enumerate(kept):
        best = _best_way(hits, row)
        if best is not None:
            candidates.append(Candidate(condition, best.way, best.worst, float(steered.bits[row]), row))
    return Proposal(candidates, kept, hits, symbols, len(conditions))


def _maintained(
    recording: Recording,
    symbols: Symbols,
    flags: Sequence[Condition],
    kept: list[Condition],
    visits: NDArray[np.float64],
) -> list[Condition]:
    """Flags that tell agent from references in the worst context, though the agent crosses nothing against the odds.

    Who keeps a pole upright with a margin never stands where it could fall in one step; only the whole episode shows
    it.
    """
    found: list[tuple[float, Condition]] = []
    for condition in flags[:FLAGS]:
        best = _best_way(hits_of(recording, symbols, [condition.held]), 0)
        if best is not None and best.worst > 0 and not _repeats(condition, kept, visits):
            found.append((best.worst, condition))
    out: list[Condition] = []
    for _, condition in sorted(found, key=lambda f: (-f[0], f[1].name)):
        if len(out) < MAINTAINED and not _repeats(condition, out, visits):
            out.append(condition)
    return out


def _visits(
    recording: Recording, symbols: Symbols, mine: dict[str, NDArray[np.bool_]]
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.bool_]]:
    """`[K]` the agent's visits, its late symbols with repeats, and `[K]` whether anybody was there."""
    seen = np.zeros(symbols.size, dtype=np.bool_)
    for spelled in symbols.spelled.values():
        seen[spelled.ravel()] = True
    ours = [symbols.spelled[c.name, AGENT][mine[c.name]] for c in recording.contexts if c.kind != "fixing"]
    late = np.concatenate(
        [o[:, -late_window(recording.horizon) :].ravel() for o in ours] or [np.zeros(0, dtype=np.int64)]
    )
    visits = np.bincount(np.concatenate([o.ravel() for o in ours] or [late]), minlength=symbols.size).astype(np.float64)
    return visits, late.astype(np.int64), seen


def _stays(
    recording: Recording, symbols: Symbols, visits: NDArray[np.float64], mine: dict[str, NDArray[np.bool_]]
) -> Stays:
    """Visits of agent and references, in the contexts that count."""
    ordinary = [c.name for c in recording.contexts if c.kind != "fixing"]
    counts = [
        np.bincount(np.concatenate([symbols.spelled[c, r][mine[c]].ravel() for c in ordinary]), minlength=symbols.size)
        for r in recording.references
    ]
    return Stays(visits, np.array(counts, dtype=np.float64))


def _with_conjunctions(
    simple: list[Condition], moves: Moves, seen: NDArray[np.bool_]
) -> tuple[list[Condition], Steering]:
    """The simple conditions, and conjunctions that clearly beat their parts."""
    conditions, bits = list(simple), steering(moves, np.stack([c.held for c in simple]))
    order = [int(i) for i in np.argsort(-bits.bits, kind="stable") if bits.into[i] or bits.holds[i]]
    parts = [
        (conditions[i], float(bits.bits[i])) for i in order[: max(BEAM, SEARCH // max(len(moves.visited) * BEAM, 1))]
    ]
    front = parts[:BEAM]
    for _ in range(LONGEST - 1):
        needed = _joined(front, parts)
        known = {_key(c, seen) for c in conditions}
        fresh = [c for c in merged([c for c, _ in needed.values()], seen) if _key(c, seen) not in known]
        if not fresh:
            break
        scored = steering(moves, np.stack([c.held for c in fresh]))
        better = [i for i, c in enumerate(fresh) if scored.bits[i] > needed[c.name][1]]
        better = sorted(better, key=lambda i: -scored.bits[i])[:BEAM]
        front = [(fresh[i], float(scored.bits[i])) for i in better]
        conditions += [c for c, _ in front]
        bits = Steering(np.append(bits.into, scored.into[better]), np.append(bits.holds, scored.holds[better]))
    return conditions, bits


def _key(condition: Condition, seen: NDArray[np.bool_]) -> bytes:
    return np.packbits(condition.held[seen]).tobytes()


def _joined(
    front: list[tuple[Condition, float]], parts: list[tuple[Condition, float]]
) -> dict[str, tuple[Condition, float]]:
    """Conjunctions of conditions on different features: name -> (conjunction, bits it must exceed)."""
    out: dict[str, tuple[Condition, float]] = {}
    for (one, mine), (two, theirs) in product(front, parts):
        if not one.signals & two.signals:
            joined = both(one, two)
            out[joined.name] = (joined, max(mine, theirs) * (1 + GAIN_SHARE) + GAIN_BITS)
    return out


def _repeats(condition: Condition, kept: list[Condition], visits: NDArray[np.float64]) -> bool:
    """Whether a condition merely follows from a better one, or nearly so: contains it, lies in it, or goes with it."""
    been = visits > 0
    one = condition.held[been]
    for better in kept:
        two = better.held[been]
        if not (one & ~two).any() or not (two & ~one).any():
            return True
        if abs(_correlation(condition.held, better.held, visits)) >= NEAR:
            return True
    return False


def _correlation(one: NDArray[np.bool_], two: NDArray[np.bool_], weight: NDArray[np.float64]) -> float:
    """Correlation of two conditions over weighted symbols; 0 where one never changes."""
    w = weight / max(weight.sum(), 1)
    a, b = (w * one).sum(), (w * two).sum()
    spread = a * (1 - a) * b * (1 - b)
    return float(((w * (one & two)).sum() - a * b) / np.sqrt(spread)) if spread > 0 else 0.0


def _needs_its_parts(recording: Recording, symbols: Symbols, condition: Condition, stays: Stays) -> bool:
    """Whether every part of a conjunction adds something; a simple condition does.

    A part adds nothing where the rest has as many bits in the worst context without it, or where it merely comes with
    the rest: whoever meets the rest meets it too.
    """
    less = [conjunction([p for p in condition.parts if p is not part]) for part in condition.parts]
    if any(stays.explain(rest, condition) for rest in less):
        return False
    hits = hits_of(recording, symbols, [condition.held, *(c.held for c in less)])
    mine, *others = [_best_way(hits, row) or Best("", 0.0, 0.0) for row in range(len(less) + 1)]
    return all(other.evidence < mine.evidence for other in others)


class Stays(NamedTuple):
    """How long agent and references were at each symbol, in the proposing half."""

    agent: NDArray[np.float64]
    """`[K]` visits."""
    references: NDArray[np.float64]
    """`[R, K]` visits."""

    def explain(self, rest: Condition, whole: Condition) -> bool:
        """Whether being in the rest accounts for being in the whole, as the references' stays show."""
        inside = self.references[:, rest.held].sum(axis=1)
        if inside.max(initial=0.0) < ENOUGH_STAYS:
            return False
        shares = self.references[:, whole.held].sum(axis=1)[inside >= ENOUGH_STAYS] / inside[inside >= ENOUGH_STAYS]
        ours = self.agent[whole.held].sum() / max(self.agent[rest.held].sum(), 1.0)
        return bool(ours < shares.max() + COMES_WITH)


def _sharpened(
    recording: Recording, symbols: Symbols, condition: Condition, others: Sequence[Condition], bits: NDArray[np.float64]
) -> Condition:
    """The narrowest threshold on the same feature that is steered into and reached just as consistently.

    Where the agent never turns back, every threshold on its way is crossed against the odds; its goal is the last of
    them.
    """
    most = bits[next(i for i, c in enumerate(others) if c is condition)]
    narrower = [
        c
        for c, b in zip(others, bits, strict=True)
        if _alike(c, condition) and b >= SHARP_SHARE * most and not (c.held & ~condition.held).any()
    ]
    hits = hits_of(recording, symbols, [c.held for c in narrower])
    mine = next(i for i, c in enumerate(narrower) if c is condition)
    best = _best_way(hits, mine)
    if best is None:
        return condition
    rates = np.array([_rates(hits, row, best.way) for row in range(len(narrower))])
    ways = [_best_way(hits, row) for row in range(len(narrower))]
    as_often = [i for i, way in enumerate(ways) if way and rates[i].mean() >= rates[mine].mean() - SHARP_LOSS]
    return narrower[max(as_often, key=lambda i: (ways[i].evidence, i == mine))]  # pyright: ignore[reportOptionalMemberAccess]


def _alike(one: Condition, two: Condition) -> bool:
    """Whether two conditions differ in nothing but a threshold."""
    return one is two or (not one.parts and one.name.split(" ")[:2] == two.name.split(" ")[:2] and not two.parts)


def _rates(hits: Hits, row: int, way: str) -> list[float]:
    """The agent's rates, context by context, in the proposing half."""
    pairs = [hits.pair(c.name, row, WAYS.index(way), confirm=False)[0] for c in hits.ordinary()]
    return [float(ours.mean()) if len(ours) else 0.0 for ours in pairs]


class Best(NamedTuple):
    """The way of being in a condition that separates agent and references most."""

    way: str
    worst: float
    """Bits in the worst context."""
    mean: float
    """Bits on average over contexts."""

    @property
    def evidence(self) -> tuple[float, float]:
        return self.worst, self.mean


def _best_way(hits: Hits, row: int) -> Best | None:
    """The way with most bits in the worst context, among those that no context speaks against; None: there is none."""
    best: Best | None = None
    for w, way in enumerate(WAYS):
        evidence = _bits_by_context(hits, row, w)
        if evidence is not None and evidence[1] > 0 and (best is None or evidence > best.evidence):
            best = Best(way, *evidence)
    return best


def _bits_by_context(hits: Hits, row: int, way: int) -> tuple[float, float] | None:
    """Bits in the worst context and on average, proposing half; None where some context speaks against the regime.

    A context speaks against it where a reference gets there significantly more often, or where the agent's lift is
    clearly only a small part of what it is elsewhere.
    """
    bits, rates, strongest, counts = [], [], [], []
    for context in hits.ordinary():
        ours, theirs = hits.pair(context.name, row, way, confirm=False)
        if not len(ours):
            continue
        more = theirs.sum(axis=1) > ours.sum()  # who gets there less often can't speak against it
        if more.any() and (mcnemar(theirs[more], ours) < AGAINST / len(theirs)).any():
            return None
        bits.append(float(evidence_bits(ours.sum(), theirs.sum(axis=1), len(ours))))
        rates.append(ours.mean())
        strongest.append(theirs.mean(axis=1).max())
        counts.append(len(ours))
    if not bits:
        return None
    lift = max(float(np.mean(np.subtract(rates, strongest))), 0.0)
    for rate, reference, n in zip(rates, strongest, counts, strict=True):
        if clopper_pearson(round(rate * n), n, AGAINST_LEVEL)[1] <= reference + SMALL * lift:
            return None
    return min(bits), sum(bits) / len(bits)
