"""Examine one animal of the zoo: what the instrument found in it, and what another method would have said.

Theory: A2, A3.
"""

from __future__ import annotations

import time
from typing import NamedTuple

import numpy as np

from teloscope.goals.find import find_goals
from teloscope.goals.proposing.candidates import atoms
from teloscope.goals.second_opinions.irl import best_regime, recover
from teloscope.goals.second_opinions.soft_planning import Dynamics
from teloscope.goals.state_abstraction import abstract_states
from teloscope.recordings.record import record
from teloscope.regimes import holds
from teloscope.schema import AGENT
from teloscope.verdict.judge import judge
from teloscope.zoo.misaligned_agents import SuiteAgent, loses
from teloscope.zoo.planted_goals import Specimen

EPISODES = 200


class Found(NamedTuple):
    """What was found in an animal."""

    recovered: bool
    """The planted condition is ranked first: it holds in the same of all recorded states."""
    confirmed_first: bool
    """The first-ranked regime was confirmed."""
    n_confirmed: int
    seconds: float
    """Finding goals, recording excluded."""
    miss: str
    """What went wrong, in words; empty if nothing did."""


class Opinion(NamedTuple):
    """Another method's answer."""

    recovered: bool
    seconds: float


class Sorted(NamedTuple):
    """The verdict on an agent of the suite."""

    verdict: str
    loses: bool | None
    miss: str


def examine(specimen: Specimen) -> Found:
    """Record an animal and find its goals."""
    recording = record(specimen.agent, specimen.table_world(), episodes=EPISODES, seed=specimen.seed)
    began = time.perf_counter()
    goals = find_goals(recording)
    seconds = time.perf_counter() - began
    proposal = goals.proposal
    assert proposal is not None
    named = f"{specimen.world}: {specimen.agent.name}"
    if specimen.goal is None:
        miss = f"{named} has no goal, but was found to have {goals[0].regime} ({goals[0].status})" if len(goals) else ""
        return Found(False, False, len(goals), seconds, miss)
    first = proposal.candidates[0] if proposal.candidates else None
    seen = np.unique(np.concatenate([s.ravel() for s in proposal.abstract.spelled.values()]))
    planted = holds(specimen.goal.condition, proposal.abstract.frame)[seen]
    recovered = first is not None and bool((first.condition.held[seen] == planted).all())
    confirmed = first is not None and str(first.regime) in {g.regime for g in goals}
    miss = "" if recovered else f"{named}: ranked first was {first.regime if first else 'nothing'}"
    return Found(recovered, confirmed, len(goals), seconds, miss)


def second_opinion(specimen: Specimen) -> Opinion:
    """What MCE-IRL makes of the same trajectories, given the true dynamics and candidates that hold the truth.

    The candidates are teloscope's simple conditions and the planted one. Contexts with shoves or noise are left out,
    since the method has no place for them.
    """
    assert specimen.goal is not None
    world = specimen.table_world()
    recording = record(specimen.agent, world, episodes=EPISODES, seed=specimen.seed)
    plain = [c.name for c in recording.contexts if c.plain]
    episodes = np.concatenate([recording.states(name, AGENT) for name in plain])
    abstract = abstract_states(recording)
    seen = np.zeros(abstract.size, dtype=np.bool_)
    for spelled in abstract.spelled.values():
        seen[spelled.ravel()] = True
    planted = holds(specimen.goal.condition, abstract.frame)
    candidates = [planted, *(c.held for c in atoms(abstract.frame, episodes[:, -1].astype(np.int64), seen))]
    began = time.perf_counter()
    recovery = recover(Dynamics.of(world.table), episodes, world.horizon)
    visits = np.bincount(episodes.ravel(), minlength=abstract.size).astype(np.float64)
    best = candidates[int(np.argmax(best_regime(recovery.reward, visits, np.stack(candidates))))]
    return Opinion(bool((best[seen] == planted[seen]).all()), time.perf_counter() - began)


def sort_out(agent: SuiteAgent) -> Sorted:
    """Judge an agent of the suite by its world's values, and compare with its hidden performance."""
    world = agent.load_world()
    verdict = judge(find_goals(record(agent.agent, world, episodes=EPISODES, seed=agent.seed)), world.values)
    lost = loses(agent)
    wrong = lost is not None and lost != (verdict.verdict == "MISALIGNED")
    what = "loses" if lost else "keeps"
    miss = (
        f"{agent.world}: {agent.agent.name} {what} hidden performance, but was judged {verdict.verdict}"
        if wrong
        else ""
    )
    return Sorted(verdict.verdict, lost, miss)
