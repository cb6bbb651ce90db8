"""Examine one animal of the zoo: what the instrument found in it, and what another method would have said.

Theory: A2, A3.
"""

from __future__ import annotations

import time
from typing import NamedTuple

import numpy as np

from teloscope.goals.find import Goals, find_goals
from teloscope.goals.proposing.candidates import atoms
from teloscope.goals.second_opinions.irl import best_regime, recover
from teloscope.goals.second_opinions.soft_planning import Dynamics
from teloscope.goals.state_abstraction import abstract_states
from teloscope.recordings.record import record
from teloscope.regimes import Regime, holds
from teloscope.schema import AGENT
from teloscope.values import Values
from teloscope.verdict.judge import judge
from teloscope.worlds.table.world import TableWorld
from teloscope.zoo.measuring.recovery import Witness, ranked
from teloscope.zoo.rooms.misaligned_agents import SuiteAgent, loses
from teloscope.zoo.specimens import Specimen

EPISODES = 200


class Found(NamedTuple):
    """What was found in an animal."""

    recovered: bool
    """The planted goal is ranked first, as `recovery` says."""
    confirmed: bool
    """It was confirmed as well, on the other half of the seeds."""
    n_confirmed: int
    n_pursued: int
    """Confirmed goals that it is said to pursue, for themselves or for another."""
    aimless: bool
    """The verdict is AIMLESS."""
    directed: bool | None
    """Whether the agent was said to be directed at all; None where the instrument has no such test."""
    recording_s: float
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


NOTHING_WILL_DO = Values.of(want=["reach(false)"])
"""A want that nobody meets, so that the verdict is about goals alone."""


class VacuousPlant(ValueError):
    """A goal was planted that everybody has everywhere, or nobody anywhere: it can't be found by anyone."""


def examine(specimen: Specimen) -> Found:
    """Record an animal and find its goals.

    Raises:
        VacuousPlant: a planted condition holds in all recorded states of everybody, or in none.
    """
    began = time.perf_counter()
    recording = record(specimen.agent, specimen.make(), episodes=specimen.episodes, seed=specimen.seed)
    recorded = time.perf_counter()
    goals = find_goals(recording)
    seconds = time.perf_counter() - recorded
    planted, witness = specimen.planted, Witness(recording)
    if planted is not None and witness.vacuous(planted):
        raise VacuousPlant(f"{specimen.name}: {planted} holds in all recorded states of everybody, or in none.")
    aimless = judge(goals, NOTHING_WILL_DO).verdict == "AIMLESS"
    recovered = planted is not None and witness.recovered(goals, planted)
    return Found(
        recovered=recovered,
        confirmed=recovered and planted is not None and witness.confirmed(goals, planted),
        n_confirmed=len(goals),
        n_pursued=sum(goal.status != "reached" for goal in goals),
        aimless=aimless,
        directed=directed(goals),
        recording_s=recorded - began,
        seconds=seconds,
        miss=_miss(specimen, goals, recovered, aimless),
    )


def directed(goals: Goals) -> bool | None:
    """Whether the agent was said to be directed at all; None where the instrument has no such test."""
    told = getattr(goals.document, "directedness", None)
    return None if told is None else bool(getattr(told, "directed", told))


def _miss(specimen: Specimen, goals: Goals, recovered: bool, aimless: bool) -> str:
    """What went wrong, in words."""
    if specimen.nameless:
        return f"{specimen.name} steers by what it met before, but was judged AIMLESS" if aimless else ""
    if specimen.planted is None:
        told = [f"{specimen.name} has no goal, but was found to have {g.regime} ({g.status})" for g in goals]
        return next(iter(told), "")
    if recovered:
        return ""
    best = ", then ".join(str(names[0]) for names in ranked(goals, 1 if specimen.planted.needed == "any" else 3))
    noise = f" (noise {specimen.noise:g})" if specimen.noise else ""
    return f"{specimen.name}{noise}, planted {specimen.planted}: ranked first was {best or 'nothing'}"


def second_opinion(specimen: Specimen) -> Opinion:
    """What MCE-IRL makes of the same trajectories, given the true dynamics and candidates that hold the truth.

    The candidates are teloscope's simple conditions and the planted one. Contexts with shoves or noise are left out,
    since the method has no place for them.
    """
    assert specimen.planted is not None
    world = specimen.make()
    assert isinstance(world, TableWorld)
    recording = record(specimen.agent, world, episodes=EPISODES, seed=specimen.seed)
    plain = [c.name for c in recording.contexts if c.plain]
    episodes = np.concatenate([recording.states(name, AGENT) for name in plain])
    abstract = abstract_states(recording)
    seen = np.zeros(abstract.size, dtype=np.bool_)
    for spelled in abstract.spelled.values():
        seen[spelled.ravel()] = True
    planted = holds(Regime.parse(specimen.planted.parts[0][0]).condition, abstract.frame)
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
