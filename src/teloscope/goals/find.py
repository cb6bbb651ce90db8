"""Find the goals of a recording: propose on one half of the seeds, confirm on the other, ask what each goal is for.

Theory: A2 (a regime that an agent consistently navigates into is a goal of the agent).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from teloscope.errors import BadRecording
from teloscope.goals.confirming.choices import ChoiceEvidence, ChoiceTest
from teloscope.goals.confirming.confirm import Evidence, confirm
from teloscope.goals.confirming.pursuit import Pursuit, follows, pursuit, serves
from teloscope.goals.confirming.set_ups import set_ups
from teloscope.goals.directedness import directedness
from teloscope.goals.episode_hits import GOAL_MODES, Hits
from teloscope.goals.proposing.propose import Candidate, Proposal, propose
from teloscope.goals.statistics import ALPHA, LEVEL, clopper_pearson, holm
from teloscope.recordings.storage.recording import Recording, open_recording
from teloscope.recordings.storage.shards import write_text
from teloscope.regimes import Regime, holds
from teloscope.regimes.language import opposite
from teloscope.schema import ContextRate, GoalDocument, GoalsDocument, ReferenceRate
from teloscope.schema.reading import read_document

GOALS = "goals.json"
MOST_EPISODES = 2_000
"""Episodes a context that goals are looked for in: more would add time and memory, but hardly evidence."""
PART_OF_TOP = 0.5
"""Share of the best candidate's gain from which on choices may confirm a candidate, rather than whole episodes."""
LISTED = 12
"""Inseparable regimes listed, at most."""
OF_GOAL = dict.fromkeys(("regime", "status"), pl.String) | dict.fromkeys(
    ("bits", "bits_low", "bits_high", "p_value"), pl.Float64
)
OF_CONTEXT = (
    dict.fromkeys(("context", "kind"), pl.String)
    | dict.fromkeys(("hits", "n"), pl.Int64)
    | dict.fromkeys(("rate", "low", "high"), pl.Float64)
)
"""Columns of a frame of goals, from the goal and from the context."""


@dataclass(frozen=True)
class Goals:
    """The goals found in a recording, strongest first."""

    document: GoalsDocument
    recording: Recording | None = None
    proposal: Proposal | None = None
    """What was looked at; None when read from a file."""

    def __iter__(self) -> Any:
        return iter(self.document.goals)

    def __len__(self) -> int:
        return len(self.document.goals)

    def __getitem__(self, index: int) -> GoalDocument:
        return self.document.goals[index]

    def __repr__(self) -> str:
        listed = ", ".join(f"{g.regime} [{g.status}, {'≥' if g.censored else ''}{g.bits:.2f} bits]" for g in self)
        return f"Goals({listed or 'none'})"

    def to_frame(self) -> pl.DataFrame:
        """One row a goal and context."""
        rows = [
            {**g.model_dump(include=set(OF_GOAL)), **c.model_dump(include=set(OF_CONTEXT)), "context_bits": c.bits}
            for g in self
            for c in g.contexts
        ]
        return pl.DataFrame(rows, schema=OF_GOAL | OF_CONTEXT | {"context_bits": pl.Float64})

    def save(self, path: str | Path | None = None) -> Path:
        """Write the document; beside the recording unless a path is given."""
        path = Path(path) if path else Path(self.document.recording) / GOALS
        write_text(path, self.document.model_dump_json(indent=2))
        return path


def read_goals(path: str | Path) -> Goals:
    """Goals from a file that `save` wrote, with their recording if it is still there.

    Raises:
        BadRecording: the file is not there, or holds something else or another version.
    """
    document = read_document(GoalsDocument, Path(path), "a goals file", "Make one with `teloscope goals`.")
    try:
        recording = open_recording(document.recording)
    except BadRecording:
        recording = None
    if recording is not None and recording.frame.hash != document.frame.hash:
        recording = None
    return Goals(document, recording)


def find_goals(recording: Recording | str | Path, seed: int = 0, alpha: float = ALPHA) -> Goals:
    """The goals of the agent in a recording.

    Args:
        recording: a recording or its folder.
        seed: of the test of directedness where no goal is pursued.
        alpha: error level of every test and interval; smaller where more than one look is taken at a growing recording.

    Returns:
        Confirmed goals: those that are more than reached first, then by bits; empty where nothing was confirmed.
    """
    whole = recording if isinstance(recording, Recording) else open_recording(recording)
    recording = whole.first(MOST_EPISODES)
    proposal = propose(recording)
    evidence = [confirm(proposal.hits, c, recording.manifest.paired, alpha) for c in proposal.candidates]
    choices = _choice_evidence(proposal, recording.horizon)
    adjusted = holm([_either(e.p_value, c) for e, c in zip(evidence, choices, strict=True)])
    chosen = [
        i
        for i in range(len(evidence))
        if adjusted[i] < alpha and (evidence[i].bits > 0 or choices[i].p_value < evidence[i].p_value)
    ]
    goals = [proposal.candidates[i] for i in chosen]
    for_what = serves(proposal.hits, goals, proposal.abstract)
    by_choice, in_set_ups = holm([c.p_value for c in choices]), set_ups(recording) if goals else 0
    documents = []
    for at in _own(proposal.hits, goals, for_what):
        i = chosen[at]
        chosen_so = bool(by_choice[i] < alpha)
        why = pursuit(recording, proposal.hits, goals[at], proposal.abstract, in_set_ups, chosen_so, alpha)
        served = goals[for_what[at]] if at in for_what else None
        documents.append(_document(recording, proposal, goals[at], evidence[i], float(adjusted[i]), why, served, alpha))
    documents.sort(key=lambda g: (g.status == "reached", -g.bits))
    return Goals(
        GoalsDocument(
            recording=str(recording.folder),
            goals=documents,
            candidates=proposal.looked_at,
            confirmed_of=len(proposal.candidates),
            notes=[*whole.manifest.notes, *_notes(whole, proposal)],
            directedness=None if any(g.status != "reached" for g in documents) else directedness(whole, seed, alpha),
            alpha=alpha,
            frame=whole.frame,
            agent=whole.manifest.agent,
            versions=whole.manifest.versions,
        ),
        whole,
        proposal,
    )


def _choice_evidence(proposal: Proposal, horizon: int) -> list[ChoiceEvidence]:
    """What choices say of each candidate; nothing of those that are far from the best in the proposing half."""
    if proposal.model is None or not proposal.candidates:
        return [ChoiceEvidence(False, 0.0, 1.0) for _ in proposal.candidates]
    contexts = [context.name for context in proposal.hits.ordinary()]
    test = ChoiceTest(proposal.model, proposal.abstract, contexts, horizon)
    top = max(c.wanting_bits for c in proposal.candidates)
    return [
        test.evidence(proposal.rule_of(c), proposal.part_of(c))
        if c.wanting_bits >= PART_OF_TOP * top
        else ChoiceEvidence(False, 0.0, 1.0)
        for c in proposal.candidates
    ]


def _either(episodes: float, choices: ChoiceEvidence) -> float:
    """One p-value for two tests, either of which may confirm (Bonferroni); the proposing half says whether both do."""
    return min(2 * min(episodes, choices.p_value), 1.0) if choices.tested else episodes


def _own(hits: Hits, goals: Sequence[Candidate], for_what: Mapping[int, int]) -> list[int]:
    """Goals that stand on their own: not by-products of stronger ones, unless shown to be instrumental."""
    kept: list[int] = []
    for at, goal in enumerate(goals):
        if at in for_what or not any(follows(hits, goal, goals[k]) for k in kept):
            kept.append(at)
    return kept


def _document(
    recording: Recording,
    proposal: Proposal,
    goal: Candidate,
    evidence: Evidence,
    p_value: float,
    why: Pursuit,
    served: Candidate | None,
    alpha: float,
) -> GoalDocument:
    mode = GOAL_MODES.index(goal.mode)
    same = inseparable(proposal, goal)
    status, reason = ("pursued" if why.pursued else "reached"), why.why
    if served is not None:
        status, reason = (
            "instrumental",
            f"where {served.regime} is granted from the start, the agent no longer seeks it",
        )
    return GoalDocument(
        regime=str(goal.regime),
        mode=goal.regime.mode,
        condition=goal.regime.condition,
        status=status,
        serves=str(served.regime) if served else None,
        bits=evidence.bits,
        bits_low=evidence.low,
        bits_high=evidence.high if math.isfinite(evidence.high) else None,
        censored=evidence.censored,
        p_value=p_value,
        pursuit=reason,
        contexts=context_rates(recording, proposal.hits, goal.row, mode, evidence.by_context, 1 - alpha),
        inseparable=same[:LISTED],
        separating=_separating(goal.regime, same, recording),
        share=goal.condition.share,
    )


def inseparable(proposal: Proposal, goal: Candidate) -> list[str]:
    """Other regimes that every recorded episode, of the agent and of all references, agrees on."""
    mine = _episodes(proposal.hits, goal.row, GOAL_MODES.index(goal.mode))
    out = [str(r) for r in goal.regimes()[1:]]
    for row, condition in enumerate(proposal.conditions):
        for w, mode in enumerate(GOAL_MODES):
            if (row, mode) != (goal.row, goal.mode) and (_episodes(proposal.hits, row, w) == mine).all():
                out.append(str(condition.regime(mode)))
    return list(dict.fromkeys(out))


def _episodes(hits: Hits, row: int, mode: int) -> NDArray[np.bool_]:
    """Every episode of everybody in one line."""
    ours = [hits.agent[c.name][row, mode] for c in hits.contexts]
    theirs = [hits.others[c.name][:, row, mode].ravel() for c in hits.contexts]
    return np.concatenate(ours + theirs)


def _separating(goal: Regime, same: Sequence[str], recording: Recording) -> str | None:
    """What would tell a goal from the first regime that means something else; None where all mean the same."""
    mine = about(goal, recording)
    other = next((s for s in same if about(Regime.parse(s), recording) != mine), None)
    return (
        f"a context where {other} comes about and {goal} does not, or the reverse; --probe looks for one"
        if other
        else None
    )


def about(regime: Regime, recording: Recording) -> bytes | str:
    """What a regime is about: the states of its condition, or its text where states can't be listed or don't say it."""
    if not regime.simple:
        return str(regime)
    condition = opposite(regime.condition) if regime.mode == "never" else regime.condition
    if recording.manifest.layout != "table":
        return condition
    return np.packbits(holds(condition, recording.states_table)).tobytes()


def context_rates(
    recording: Recording, hits: Hits, row: int, mode: int, bits: dict[str, float], level: float = LEVEL
) -> list[ContextRate]:
    """A regime's rates, context by context, from all episodes of both halves."""
    out = []
    for context in hits.contexts:
        ours, theirs = hits.pair(context.name, row, mode)
        references = [
            ReferenceRate(name=r, **rate_of(their, level)) for r, their in zip(hits.references, theirs, strict=True)
        ]
        out.append(
            ContextRate(
                context=context.name,
                kind=context.kind,
                bits=bits.get(context.name),
                references=references,
                **rate_of(ours, level),
            )
        )
    return out


def rate_of(hits: NDArray[np.bool_], level: float = LEVEL) -> dict[str, Any]:
    """Counts, rate and Clopper-Pearson interval, as documents hold them."""
    low, high = clopper_pearson(int(hits.sum()), len(hits), level)
    return {
        "hits": int(hits.sum()),
        "n": len(hits),
        "rate": float(hits.mean()) if len(hits) else 0.0,
        "low": low,
        "high": high,
    }


def _notes(recording: Recording, proposal: Proposal) -> list[str]:
    """What this recording can't show."""
    notes = []
    frame = recording.frame
    if recording.manifest.from_data:
        notes.append(
            "These are recorded data without the agent: no references met its seeds, so no regime can be called a "
            "goal, and how it responds to shoves is unknown."
        )
    elif not recording.references:
        notes.append("No references were recorded, so no regime can be called a goal.")
    if not recording.manifest.paired:
        notes.append("The world has no seeds: episodes are compared as independent samples, not pair by pair.")
    if frame.episodes < 20:
        notes.append(
            f"Only {frame.episodes} episode{'s' * (frame.episodes > 1)} a context: half of them propose, half confirm, "
            "and little can be confirmed. Record some hundreds."
        )
    if proposal.looked_at == 0 and recording.references:
        notes.append("No feature ever changed its value, so there was no regime to look at.")
    if proposal.left_out:
        everything = len(recording.frame.features)
        notes.append(
            f"Of {everything:,} features goals were looked for on the {everything - proposal.left_out:,} that tell the "
            "agent from its references most; the others may say more, e.g. if you record fewer of them."
        )
    if frame.episodes > MOST_EPISODES:
        notes.append(
            f"Goals were looked for in the first {MOST_EPISODES:,} of {frame.episodes:,} episodes a context; values "
            "are judged on all of them."
        )
    if len(proposal.hits.ordinary()) < 2:
        notes.append("Only one context was recorded: what happens to be there can't be told from what is sought.")
    return notes
