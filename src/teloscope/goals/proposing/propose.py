"""Propose: which regimes does the agent seem to steer into? Asked of the proposing half only.

1. every simple condition, ranked by steering bits
2. the best, widened by conjunctions, kept only where a conjunction clearly beats its parts
3. in that order, those that no context speaks against and that don't just repeat a better one, as simple as they can
   be; then flags that only whole episodes show
4. for each the way of being in it that separates agent and references most, in the worst context

Theory: A2.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from teloscope.goals.episode_hits import Hits, hits_of
from teloscope.goals.proposing.candidates import Condition, atoms
from teloscope.goals.proposing.conjunctions import with_conjunctions
from teloscope.goals.proposing.proposal_split import ProposalSplit, best_mode
from teloscope.goals.proposing.steering_bits import Steering, steering
from teloscope.goals.state_abstraction import AbstractStates
from teloscope.recordings.storage.recording import Recording
from teloscope.regimes import Regime
from teloscope.regimes.language import opposite

LEAST_BITS = 6.0
"""Steering bits below which a condition is not worth confirming."""
TRIED = 200
"""Conditions tried in the order of their steering bits, at most."""
FINALISTS = 10
"""Candidates that go into confirmation, at most."""
MAINTAINED, FLAGS = 3, 24
"""Places among the finalists for flags that whole episodes speak for, and how many flags are looked at."""


class Candidate(NamedTuple):
    """A proposed regime."""

    condition: Condition
    mode: str
    """One of `GOAL_MODES`."""
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
        return [regime_of(self.mode, name) for name in self.condition.names]


def regime_of(mode: str, name: str) -> Regime:
    """The regime of holding a condition in a way."""
    return Regime("never", opposite(name)) if mode == "always" else Regime(mode, name)


class Proposal(NamedTuple):
    """The ranked candidates and what is needed to confirm them."""

    candidates: list[Candidate]
    """Best first, at most `FINALISTS`."""
    conditions: list[Condition]
    hits: Hits
    """Of all `conditions`, both halves."""
    abstract: AbstractStates
    looked_at: int
    """Distinct conditions that were ranked."""


def propose(recording: Recording) -> Proposal:
    """Ranked candidates from the proposing half."""
    split = ProposalSplit(recording)
    simple = atoms(split.abstract.frame, split.late, split.seen)
    if not simple or not recording.references:
        return Proposal([], [], hits_of(recording, split.abstract, []), split.abstract, len(simple))
    conditions, steered = with_conjunctions(simple, split.moves, split.seen)
    kept = _steered_into(split, conditions, steered)
    kept += _maintained(split, [c for c in simple if c.flag], kept)
    hits = hits_of(recording, split.abstract, [c.held for c in kept])
    return Proposal(_candidates(split, kept, hits), kept, hits, split.abstract, len(conditions))


def _steered_into(split: ProposalSplit, conditions: Sequence[Condition], steered: Steering) -> list[Condition]:
    """Conditions with most steering bits that stand on their own and that no context speaks against."""
    kept: list[Condition] = []
    for i in np.argsort(-steered.bits, kind="stable")[:TRIED]:
        condition = conditions[i]
        if steered.bits[i] < LEAST_BITS or len(kept) == FINALISTS - MAINTAINED:
            break
        if not split.repeats(condition, kept) and split.best([condition])[0] and split.needs_its_parts(condition):
            kept.append(split.sharpened(condition, conditions, steered.bits))
    return kept


def _maintained(split: ProposalSplit, flags: Sequence[Condition], kept: Sequence[Condition]) -> list[Condition]:
    """Flags that tell agent from references in the worst context, though the agent crosses nothing against the odds.

    Who keeps a pole upright with a margin never stands where it could fall in one step; only the whole episode shows
    it.
    """
    found: list[tuple[float, Condition]] = []
    for condition in flags[:FLAGS]:
        best = split.best([condition])[0]
        if best is not None and best.worst > 0 and not split.repeats(condition, kept):
            found.append((best.worst, condition))
    out: list[Condition] = []
    for _, condition in sorted(found, key=lambda f: (-f[0], f[1].name)):
        if len(out) < MAINTAINED and not split.repeats(condition, out):
            out.append(condition)
    return out


def _candidates(split: ProposalSplit, kept: Sequence[Condition], hits: Hits) -> list[Candidate]:
    """The kept conditions, each in its best way."""
    if not kept:
        return []
    bits = steering(split.moves, np.stack([c.held for c in kept])).bits
    modes = [best_mode(hits, row) for row in range(len(kept))]
    return [
        Candidate(condition, best.mode, best.worst, float(bits[row]), row)
        for row, (condition, best) in enumerate(zip(kept, modes, strict=True))
        if best is not None
    ]
