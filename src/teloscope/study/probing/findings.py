"""What a probe says: what it asked, what came of it, and what stays open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from teloscope.goals.find import Goals
from teloscope.goals.separation import Question, settled
from teloscope.recordings import Recording
from teloscope.regimes import Regime
from teloscope.schema import AGENT
from teloscope.worlds import Context

LISTED = 3
"""Regimes named in a note, at most."""


def answer(question: Question, recording: Recording, context: str, number: int) -> str:
    """What a recorded context says to a question."""
    told = settled(question, recording, context)
    if not told:
        return f"Probe {number} recorded {context}, which does not tell {_either(question)}."
    hits = recording.hits([question.goal, *told], context, AGENT)
    counts = (hits[1:] != hits[0]).sum(axis=1)
    apart = _shortened([f"{regime} ({count})" for regime, count in zip(told, counts, strict=True)])
    return (
        f"Probe {number} recorded {context}, which tells {question.goal} from {apart}; in brackets, how many of the "
        f"agent's {hits.shape[1]} episodes there are in exactly one of the two"
        f"{'.' if counts.all() else ' (0: only those of references are).'}"
    )


def untold(question: Question) -> str:
    """That nothing has told the members of a question apart."""
    return f"no recorded context tells {_either(question)}."


def _either(question: Question) -> str:
    return f"{question.goal} from {listed(question.members[1:])}"


def nothing_asked(goals: Goals) -> str:
    """Why a probe had no question."""
    if not len(goals):
        return "The probe asked nothing: no goal was found."
    if any(goal.inseparable for goal in goals):
        return "The probe asked nothing: what can't be told from a goal holds in the very same states of this world."
    return "The probe asked nothing: the recording tells every goal from all else that was looked at."


def unanswered(goals: Goals, left: Sequence[Question], tried: Sequence[Context]) -> Goals:
    """The goals, with what no further context could tell."""
    where = f"none of the contexts that a probe tried ({', '.join(c.name for c in tried)})" if tried else "no context"
    open_ones = {str(q.goal) for q in left}
    separating = f"a context in which they come apart; {where} tells them apart" if tried else None
    documents = [
        g.model_copy(update={"separating": separating}) if g.inseparable and separating and g.regime in open_ones else g
        for g in goals
    ]
    goals = replace(goals, document=goals.document.model_copy(update={"goals": documents}))
    return noted(goals, *(f"{where[:1].upper()}{where[1:]} tells {_either(q)}." for q in left))


def noted(goals: Goals, *notes: str) -> Goals:
    """The goals with further notes."""
    return replace(goals, document=goals.document.model_copy(update={"notes": [*goals.document.notes, *notes]}))


def listed(regimes: Sequence[Regime]) -> str:
    """A few regimes in a row, and how many more."""
    return _shortened([str(regime) for regime in regimes])


def _shortened(texts: Sequence[str]) -> str:
    more = len(texts) - LISTED
    return ", ".join(texts[:LISTED]) + (f" and {more} more" if more > 0 else "")


def plural(count: int, noun: str) -> str:
    """`1 probe`, `2 probes`."""
    return f"{count} {noun}{'' if count == 1 else 's'}"
