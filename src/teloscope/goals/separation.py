"""Ask the next question: in which context would regimes come apart that the data can't tell apart?

A question holds a goal and whatever may be meant in its place. A pilot shows how a context would answer it:

    d_ab = share of the agent's pilot episodes that are in exactly one of the regimes a and b

Contexts are compared by the smallest d over all pairs, then by the mean, then by the references' own mean: what keeps
the worst pair together leaves a question open, and only what the agent itself takes apart shows what it is after. Pairs
that no pilot takes apart can't tell one context from another and are left out. For two equally likely goals whose
agent never fails, an episode in exactly one of them gives one bit and any other none, so d is the expected
information of an episode in bits.

Theory: A2. Source: choosing the experiment by its expected information (Lindley 1956).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from teloscope.goals.find import Goals, about, inseparable
from teloscope.recordings.storage.recording import Recording
from teloscope.regimes import Regime
from teloscope.regimes.language import opposite
from teloscope.schema import AGENT, GoalDocument
from teloscope.worlds.world import Context


class Question(NamedTuple):
    """Which of these does the agent steer into?"""

    members: tuple[Regime, ...]
    """`M` regimes, two at least: the goal, then what the recording can't tell from it."""

    @property
    def goal(self) -> Regime:
        return self.members[0]

    def pairs(self) -> list[tuple[int, int]]:
        """`P` pairs of members, those with the goal first."""
        return list(combinations(range(len(self.members)), 2))


class Separation(NamedTuple):
    """How well a context tells pairs apart; compared field by field."""

    worst: float
    """Share of the agent's episodes in exactly one of two regimes, for the pair that is hardest to tell apart."""
    mean: float
    """The same on average over pairs."""
    references: float
    """The same for the references' episodes."""


class Choice(NamedTuple):
    """The context to record next."""

    context: Context
    separation: Separation


def questions(goals: Goals, wants: Sequence[Regime] = ()) -> list[Question]:
    """What the recording of these goals leaves open, strongest goal first.

    A want belongs to a question where no episode of the agent tells it from a pursued goal. Members are told by what
    they hold in: modes of one condition, and other names for the same states of a table world, are no question.
    """
    assert goals.recording is not None, "goals are found in a recording"
    asked = []
    for goal in goals:
        named = [Regime.parse(r) for r in (goal.regime, *_inseparable(goals, goal))]
        if goal.status == "pursued":
            named += [want for want in wants if _never_apart(named[0], want, goals.recording)]
        members: dict[bytes | str, Regime] = {}
        for regime in named:
            members.setdefault(about(regime, goals.recording), regime)
        if len(members) > 1:
            asked.append(Question(tuple(members.values())))
    return asked


def _inseparable(goals: Goals, goal: GoalDocument) -> list[str]:
    """All of them where the proposal is at hand; documents list only some."""
    of = next((c for c in goals.proposal.candidates if str(c.regime) == goal.regime), None) if goals.proposal else None
    return inseparable(goals.proposal, of) if goals.proposal and of else goal.inseparable


def _never_apart(goal: Regime, want: Regime, recording: Recording) -> bool:
    """Whether every episode of the agent that counts meets both conditions, in the goal's mode, or neither."""
    alike = _in_mode_of(goal, want) if goal.simple and want.simple else want
    counting = [c.name for c in recording.contexts if c.counts]
    return all(np.equal(*recording.hits([goal, alike], name, AGENT)).all() for name in counting)


def _in_mode_of(goal: Regime, want: Regime) -> Regime:
    """The want's condition in the goal's mode."""
    condition = want.condition if "never" not in (want.mode, goal.mode) else opposite(want.condition)
    return want if want.mode == goal.mode else Regime(goal.mode, condition)


def choose(asked: Sequence[Question], pilot: Recording) -> Choice | None:
    """The context of a pilot that answers best; None where none tells anything apart.

    Args:
        asked: what is to be told apart.
        pilot: a few episodes of every context that could be recorded; of equally good ones the first is taken.
    """
    agent = np.array([shares(asked, pilot, c.name, AGENT) for c in pilot.contexts])
    others = np.array(
        [np.mean([shares(asked, pilot, c.name, r) for r in pilot.references], axis=0) for c in pilot.contexts]
        if pilot.references
        else np.zeros_like(agent)
    )
    told = (agent + others).any(axis=0)
    if not told.any():
        return None
    found = [
        Choice(context, Separation(float(ours.min()), float(ours.mean()), float(theirs.mean())))
        for context, ours, theirs in zip(pilot.contexts, agent[:, told], others[:, told], strict=True)
    ]
    return max(found, key=lambda choice: choice.separation)


def shares(asked: Sequence[Question], recording: Recording, context: str, actor: str) -> NDArray[np.float64]:
    """`[P]` share of an actor's episodes that are in exactly one of two members, for all pairs of all questions."""
    found = []
    for question in asked:
        hits = recording.hits(question.members, context, actor)
        found += [float((hits[one] != hits[two]).mean()) for one, two in question.pairs()]
    return np.array(found)


def settled(question: Question, recording: Recording, context: str) -> list[Regime]:
    """Members that a context tells from the goal, be it by the references' episodes alone."""
    actors = [recording.hits(question.members, context, actor) for actor in recording.actors]
    return [
        member for row, member in enumerate(question.members) if any((hits[row] != hits[0]).any() for hits in actors)
    ]
