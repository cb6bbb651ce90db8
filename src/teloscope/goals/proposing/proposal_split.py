"""The proposing half of a recording, and what it says of a condition.

    best         the way of being in it that tells agent and references apart most, in the worst context
    repeats      whether it just follows from a better one
    needs        whether every part of a conjunction adds something

Theory: A2.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from teloscope.goals.episode_hits import GOAL_MODES, Hits, hits_of
from teloscope.goals.proposing.candidates import Condition, conjunction
from teloscope.goals.state_abstraction import AbstractStates, abstract_states
from teloscope.goals.statistics import clopper_pearson, evidence_bits, mcnemar
from teloscope.recordings.seeds import in_proposal_half
from teloscope.recordings.storage.recording import Recording
from teloscope.regimes import late_window
from teloscope.schema import AGENT

NEAR = 0.4
"""Correlation over the agent's visits from which on two conditions are near-repeats."""
MOST_FEATURES = 60
"""Features that conditions are about, at most."""
ENOUGH_VISITS = 200.0
"""Visits of a reference from which on it can say what comes with a condition."""
COMES_WITH = 0.1
"""Share of its visits that the agent must spend there beyond the references, for a part of a conjunction to count."""
SMALL, AGAINST_LEVEL = 0.25, 0.98
"""A context speaks against a regime where the agent's lift, at its upper bound, is below this share of the mean."""
AGAINST = 0.05
"""A way is dropped where some reference gets there significantly more often in some context."""


class BestMode(NamedTuple):
    """The way of being in a condition that separates agent and references most."""

    mode: str
    """One of `GOAL_MODES`."""
    worst: float
    """Bits in the worst context."""
    mean: float
    """Bits on average over contexts."""

    @property
    def evidence(self) -> tuple[float, float]:
        return self.worst, self.mean


NOTHING = BestMode("", 0.0, 0.0)


class ProposalSplit:
    """The proposing half; nothing here looks at what the other half holds."""

    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        self.abstract: AbstractStates = abstract_states(recording)
        self.rows = {c.name: in_proposal_half(recording.seeds(c.name)) for c in recording.contexts}
        """Context -> `[N]` which episodes propose."""
        self.ordinary = [c.name for c in recording.contexts if c.counts]

    def spelled(self, context: str, actor: str) -> NDArray[np.int32]:
        """`[n, T+1]` abstract states of an actor's proposing episodes."""
        return self.abstract.spelled[context, actor][self.rows[context]]

    @property
    def empty(self) -> bool:
        """Whether nothing proposes: a hash sent the only episodes to the other half."""
        return not any(self.rows[context].any() for context in self.ordinary)

    @cached_property
    def frame(self) -> pl.DataFrame:
        """`[K]` the features that conditions are about: of more than `MOST_FEATURES` those that tell most."""
        frame = self.abstract.frame
        if frame.width <= MOST_FEATURES or not self.recording.references:
            return frame
        told = {column.name: self._told_by(column) for column in frame}
        best = sorted(told, key=lambda name: -told[name])[:MOST_FEATURES]
        return frame.select(name for name in frame.columns if name in set(best))

    def _told_by(self, column: pl.Series) -> float:
        """How far the agent's visits to its values are from every reference's: the least Kolmogorov distance."""
        rank = column.cast(pl.String).rank("dense") if not column.dtype.is_numeric() else column.rank("dense")
        value = rank.to_numpy().astype(np.int64) - 1
        visits = np.stack([self.visits, *self.reference_visits])
        spread = np.stack([np.bincount(value, some).cumsum() / max(some.sum(), 1) for some in visits])
        return float(np.abs(spread[1:] - spread[0]).max(axis=1).min())

    @cached_property
    def path(self) -> NDArray[np.int32]:
        """`[N, T+1]` abstract states of all of the agent's episodes, ordinary contexts one after another."""
        return np.concatenate([self.abstract.spelled[c, AGENT] for c in self.ordinary])

    @cached_property
    def seen(self) -> NDArray[np.bool_]:
        """`[K]` whether anybody was ever at an abstract state."""
        seen = np.zeros(self.abstract.size, dtype=np.bool_)
        for spelled in self.abstract.spelled.values():
            seen[spelled.ravel()] = True
        return seen

    @cached_property
    def late(self) -> NDArray[np.int64]:
        """Abstract states in the agent's late windows, with repeats."""
        window = late_window(self.recording.horizon)
        parts = [self.spelled(c, AGENT)[:, -window:].ravel() for c in self.ordinary]
        return np.concatenate(parts or [np.zeros(0, dtype=np.int32)]).astype(np.int64)

    def _visits(self, actor: str) -> NDArray[np.float64]:
        """`[K]` how often an actor was at each abstract state."""
        parts = [self.spelled(c, actor).ravel() for c in self.ordinary]
        whole = np.concatenate(parts or [np.zeros(0, dtype=np.int32)])
        return np.bincount(whole, minlength=self.abstract.size).astype(np.float64)

    @cached_property
    def visits(self) -> NDArray[np.float64]:
        """`[K]` the agent's visits."""
        return self._visits(AGENT)

    @cached_property
    def reference_visits(self) -> NDArray[np.float64]:
        """`[R, K]` the references' visits."""
        return np.stack([self._visits(r) for r in self.recording.references])

    def best(self, conditions: Sequence[Condition]) -> list[BestMode | None]:
        """The best way of being in each condition; None where in every way some context speaks against it."""
        hits = hits_of(self.recording, self.abstract, conditions)
        return [best_mode(hits, row) for row in range(len(conditions))]

    def evidence_in_all_modes(self, conditions: Sequence[Condition]) -> list[float]:
        """Bits in the worst context, on average over all modes; what in no mode tells the agent from references has 0.

        What others never even reach counts for more than what they reach but don't keep.
        """
        hits = hits_of(self.recording, self.abstract, conditions)
        told = [[_bits_by_context(hits, row, w) for w in range(len(GOAL_MODES))] for row in range(len(conditions))]
        return [float(np.mean([max(bits[0], 0.0) if bits else 0.0 for bits in some])) for some in told]

    def repeats(self, condition: Condition, kept: Sequence[Condition]) -> bool:
        """Whether a condition follows from a better one, or nearly so: contains it, lies in it, or goes with it."""
        if condition.form not in ("", "raise", "lower"):
            return False
        been = self.visits > 0
        one = condition.held[been]
        for better in kept:
            two = better.held[been]
            if not (one & ~two).any() or not (two & ~one).any():
                return True
            if abs(_correlation(condition.held, better.held, self.visits)) >= NEAR:
                return True
        return False

    def needs_its_parts(self, condition: Condition) -> bool:
        """Whether every part of a conjunction adds something; a simple condition does.

        A part adds nothing where the rest has as many bits in the worst context without it, or where it merely comes
        with the rest: whoever meets the rest meets it too.
        """
        less = [conjunction([p for p in condition.parts if p is not part]) for part in condition.parts]
        if any(self._comes_with(rest, condition) for rest in less):
            return False
        mine, *others = [best or NOTHING for best in self.best([condition, *less])]
        return all(other.evidence < mine.evidence for other in others)

    def _comes_with(self, rest: Condition, whole: Condition) -> bool:
        """Whether being in the rest accounts for being in the whole, as the references' visits show."""
        inside = self.reference_visits[:, rest.held].sum(axis=1)
        enough = inside >= ENOUGH_VISITS
        if not enough.any():
            return False
        shares = self.reference_visits[:, whole.held].sum(axis=1)[enough] / inside[enough]
        ours = self.visits[whole.held].sum() / max(self.visits[rest.held].sum(), 1.0)
        return bool(ours < shares.max() + COMES_WITH)


def _correlation(one: NDArray[np.bool_], two: NDArray[np.bool_], weight: NDArray[np.float64]) -> float:
    """Correlation of two conditions over weighted abstract states; 0 where one never changes."""
    w = weight / max(weight.sum(), 1)
    a, b = (w * one).sum(), (w * two).sum()
    spread = a * (1 - a) * b * (1 - b)
    return float(((w * (one & two)).sum() - a * b) / np.sqrt(spread)) if spread > 0 else 0.0


def best_mode(hits: Hits, row: int) -> BestMode | None:
    """The way with most bits in the worst context, among those that no context speaks against; None: there is none."""
    best: BestMode | None = None
    for w, mode in enumerate(GOAL_MODES):
        evidence = _bits_by_context(hits, row, w)
        if evidence is not None and evidence[1] > 0 and (best is None or evidence > best.evidence):
            best = BestMode(mode, *evidence)
    return best


def likeliest_mode(hits: Hits, row: int) -> BestMode:
    """The mode that the agent is in more often than its strongest reference by most, on average over contexts."""
    lifts = []
    for w in range(len(GOAL_MODES)):
        pairs = [hits.pair(context.name, row, w, confirm=False) for context in hits.ordinary()]
        lifts.append(float(np.mean([o.mean() - t.mean(axis=1).max(initial=0.0) for o, t in pairs if len(o)] or [0.0])))
    return BestMode(GOAL_MODES[int(np.argmax(lifts))], 0.0, 0.0)


def _bits_by_context(hits: Hits, row: int, mode: int) -> tuple[float, float] | None:
    """Bits in the worst context and on average, proposing half; None where some context speaks against the regime.

    A context speaks against it where a reference gets there significantly more often, or where the agent's lift is
    clearly only a small part of what it is elsewhere.
    """
    bits, rates, strongest, counts = [], [], [], []
    for context in hits.ordinary():
        ours, theirs = hits.pair(context.name, row, mode, confirm=False)
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
