"""Propose: which regimes does the agent seem to steer into? Asked of the proposing half only.

1. every condition, ranked by how well wanting it predicts the agent's choices (`wanting`, `search`)
2. rules that want different conditions at times, where one predicts clearly better than any single condition
   (`rule_search`); their parts go first
3. where features are continuous, the ranges that the agent settles in (`settled`)
4. in the order of their gains those that no context speaks against and that don't just repeat a better one, as simple
   as they can be; then flags that only whole episodes show
5. for each the mode that separates agent and references most, in the worst context

Theory: A2.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import NamedTuple

from teloscope.goals.episode_hits import Hits, hits_of
from teloscope.goals.proposing.candidates import Condition, atoms
from teloscope.goals.proposing.proposal_split import ProposalSplit, best_mode, likeliest_mode
from teloscope.goals.proposing.rule_search import best_rule
from teloscope.goals.proposing.rules import Rule, conditions_of, single
from teloscope.goals.proposing.search import Search, Wanted
from teloscope.goals.proposing.settled import Settled, settled
from teloscope.goals.state_abstraction import AbstractStates
from teloscope.goals.world_model import WorldModel, world_model
from teloscope.recordings.storage.recording import Recording
from teloscope.regimes import Regime
from teloscope.regimes.language import column

LEAST_BITS = 6.0
"""Bits of wanting below which a condition is not worth confirming."""
TRIED = 60
"""Conditions tried in the order of their gains, at most."""
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
    wanting_bits: float
    """How many bits wanting it predicts the agent's choices better than habit, proposing half."""
    row: int
    """Row of its condition in the proposal's hits."""

    @property
    def regime(self) -> Regime:
        return self.regimes()[0]

    def regimes(self) -> list[Regime]:
        """The regime under all names of its condition, the plainest first."""
        return [self.condition.regime(self.mode, name) for name in self.condition.names]


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
    model: WorldModel | None = None
    """The world as recorded, and everybody's choices; None where there was nothing to look at."""
    rule: Rule | None = None
    """The goal of several parts that the first candidates say, if there is one."""
    ruled: int = 0
    """How many candidates say it."""
    left_out: int = 0
    """Features that no condition is about, because there are too many."""

    def rule_of(self, candidate: Candidate) -> Rule:
        """The rule that a candidate is part of, or the candidate as a rule of one part."""
        ruled = self.rule is not None and candidate.row < self.ruled
        return self.rule if ruled and self.rule else single(candidate.condition)

    def part_of(self, candidate: Candidate) -> int | None:
        """Which part of a trigger or a mixture a candidate says; None where it says all there is."""
        rule = self.rule_of(candidate)
        if rule.kind == "mixture":
            return candidate.row
        told = [number for number, part in enumerate(rule.parts) if part.trigger is not None]
        return told[candidate.row] if rule.kind == "trigger" else None


def propose(recording: Recording) -> Proposal:
    """Ranked candidates from the proposing half."""
    split = ProposalSplit(recording)
    simple = atoms(split.frame, split.late, split.seen)
    if not simple or not recording.references or split.empty:
        return Proposal([], [], hits_of(recording, split.abstract, []), split.abstract, len(simple))
    model = world_model(recording, split.abstract, split.rows)
    search = Search(model, split.frame, split.abstract.cut, simple, split.seen, recording.horizon)
    wanted = search()
    cut = {column(name) for name in split.abstract.settlings}
    rule = best_rule(search, wanted, [c for c in simple if not c.signals & cut], split.path)
    ruled = [] if rule is None else conditions_of(rule)
    found = settled(search, split) if split.abstract.cut else []
    kept, bits = _wanted(split, wanted, found, ruled)
    bits = [rule.bits if rule else 0.0] * len(ruled) + bits
    maintained = _maintained(split, [c for c in simple if c.flag], [*ruled, *kept])
    kept, bits = [*ruled, *kept, *maintained], bits + [0.0] * len(maintained)
    hits = hits_of(recording, split.abstract, kept)
    candidates = _candidates(kept, bits, hits, len(ruled))
    looked_at = len(wanted.conditions)
    left_out = split.abstract.frame.width - split.frame.width
    return Proposal(candidates, kept, hits, split.abstract, looked_at, model, rule, len(ruled), left_out)


def _wanted(
    split: ProposalSplit, wanted: Wanted, found: Sequence[Settled], ruled: Sequence[Condition]
) -> tuple[list[Condition], list[float]]:
    """Conditions with the largest gains that stand on their own and that no context speaks against.

    Args:
        split: the proposing half.
        wanted: conditions with their gains.
        found: what the agent settles in, which goes before the rest.
        ruled: parts of a rule, which go first.
    """
    kept: list[Condition] = []
    bits: list[float] = []
    ranked = ((wanted.conditions[i], float(wanted.bits[i])) for i in wanted.ranked()[:TRIED])
    for number, (condition, bit) in enumerate(chain(((s.condition, s.bits) for s in found), ranked)):
        if len(kept) + len(ruled) == FINALISTS - MAINTAINED:
            break
        if bit < LEAST_BITS or split.repeats(condition, [*ruled, *kept]):
            continue
        if condition.values is None and split.best([condition])[0] is None:
            continue  # some context speaks against it; drifting may raise a number as often, which says nothing
        if number < len(found) or split.needs_its_parts(condition):
            kept.append(condition)
            bits.append(bit)
    return kept, bits


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


def _candidates(kept: Sequence[Condition], bits: Sequence[float], hits: Hits, ruled: int) -> list[Candidate]:
    """The kept conditions, each in its best mode; rules and trends even where references come about as often."""
    modes = [
        best_mode(hits, row) or (likeliest_mode(hits, row) if row < ruled or condition.values is not None else None)
        for row, condition in enumerate(kept)
    ]
    return [
        Candidate(condition, best.mode, best.worst, bits[row], row)
        for row, (condition, best) in enumerate(zip(kept, modes, strict=True))
        if best is not None
    ]
