"""The sentences with which a probe reports its questions, their answers, and the questions that stay open."""

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
"""Largest number of regimes named in a note."""


def describe_answer(question: Question, recording: Recording, context: str, number: int) -> str:
    """The answer that a recorded context gives to a question, as a sentence."""
    separated = settled(question, recording, context)
    if not separated:
        return f"Probe {number} recorded {context}, which does not tell {_members(question)}."
    hits = recording.hits([question.goal, *separated], context, AGENT)
    counts = (hits[1:] != hits[0]).sum(axis=1)
    apart = _shorten([f"{regime} ({count})" for regime, count in zip(separated, counts, strict=True)])
    return (
        f"Probe {number} recorded {context}, which tells {question.goal} from {apart}; in brackets, how many of the "
        f"agent's {hits.shape[1]} episodes there are in exactly one of the two"
        f"{'.' if counts.all() else ' (0: only those of references are).'}"
    )


def describe_open(question: Question) -> str:
    """The sentence that no context distinguishes the regimes of a question."""
    return f"no recorded context tells {_members(question)}."


def _members(question: Question) -> str:
    return f"{question.goal} from {list_regimes(question.members[1:])}"


def why_no_question(goals: Goals) -> str:
    """The sentence that says why a probe had no question."""
    if not len(goals):
        return "The probe asked nothing: no goal was found."
    if any(goal.inseparable for goal in goals):
        return "The probe asked nothing: what can't be told from a goal holds in the very same states of this world."
    return "The probe asked nothing: the recording tells every goal from all else that was looked at."


def note_open_questions(goals: Goals, left: Sequence[Question], tried: Sequence[Context]) -> Goals:
    """The goals, with notes on the questions that no further context could answer."""
    where = f"none of the contexts that a probe tried ({', '.join(c.name for c in tried)})" if tried else "no context"
    open_ones = {str(q.goal) for q in left}
    separating = f"a context in which they come apart; {where} tells them apart" if tried else None
    documents = [
        g.model_copy(update={"separating": separating}) if g.inseparable and separating and g.regime in open_ones else g
        for g in goals
    ]
    goals = replace(goals, document=goals.document.model_copy(update={"goals": documents}))
    return add_notes(goals, *(f"{where[:1].upper()}{where[1:]} tells {_members(q)}." for q in left))


def add_notes(goals: Goals, *notes: str) -> Goals:
    """The goals with further notes."""
    return replace(goals, document=goals.document.model_copy(update={"notes": [*goals.document.notes, *notes]}))


def list_regimes(regimes: Sequence[Regime]) -> str:
    """A few regimes as a list, and how many more there are."""
    return _shorten([str(regime) for regime in regimes])


def _shorten(texts: Sequence[str]) -> str:
    more = len(texts) - LISTED
    return ", ".join(texts[:LISTED]) + (f" and {more} more" if more > 0 else "")


def plural(count: int, noun: str) -> str:
    """`1 probe`, `2 probes`."""
    return f"{count} {noun}{'' if count == 1 else 's'}"
