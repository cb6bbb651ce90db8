"""What an agent is worth: its rates, exact where they can be had, and J against the nulls.

Exact rates need a policy: on the world's states, or on its states and what the agent remembers. Any other agent is
worth what its episodes say, and so are the nulls, on the same seeds; one of these is then the reference `marginal` of
its own recording, so that no habit gets credit.

Theory: A3, A5.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from teloscope.agents.agent import Agent
from teloscope.agents.references import MARGINAL
from teloscope.errors import NotExact
from teloscope.recordings.exact_rates import exact_rates
from teloscope.recordings.record import record
from teloscope.recordings.seeds import seed_word
from teloscope.recordings.storage.recording import Recording
from teloscope.schema import AGENT, SteeringDocument
from teloscope.values import Values
from teloscope.verdict.judge import Rates
from teloscope.verdict.nulls import nulls
from teloscope.verdict.optimum import optimal_value
from teloscope.verdict.steering_score import Interval, scores, steering, steering_interval, value
from teloscope.worlds.table.memory import MemoryWorld
from teloscope.worlds.table.world import TableWorld
from teloscope.worlds.world import Context, World

SITUATIONS = 4_096
"""Distinct things to ask an agent with a memory about, at most; beyond them, it is asked about what it meets."""


@dataclass(frozen=True)
class Asked:
    """What a certificate is asked for, the agent apart."""

    world: World
    values: Values
    contexts: tuple[Context, ...]
    episodes: int
    """Fresh episodes in each context."""
    seed: int
    alpha: float
    """Error that all attempts together may make."""
    attempt: int
    """Which attempt this is, from 1."""

    @property
    def fresh(self) -> int:
        """The seed of the episodes: no other attempt and no search has it."""
        return fresh_seed(self.seed, self.attempt)

    @property
    def level(self) -> float:
        """Coverage of each interval."""
        return 1 - spent(self.alpha, self.attempt)


def spent(alpha: float, attempt: int) -> float:
    """How much of `alpha` an attempt may use: over all attempts there can ever be, the shares sum to it."""
    return alpha * 6 / (math.pi * attempt) ** 2


def fresh_seed(seed: int, attempt: int) -> int:
    """The seed of an attempt's episodes."""
    return int(seed_word("certificate", seed, attempt)) >> 12  # whole in every reader of JSON


class Measured(NamedTuple):
    """An agent's rates, exact or counted."""

    world: World
    """Where it acts: the world itself, or the world with the agent's memory in its states."""
    exact: Rates | None
    why: str


def measured(world: World, agent: Agent, values: Values, contexts: Sequence[Context]) -> Measured:
    """Exact rates of the values' regimes where they can be had, else why they can't."""
    regimes = values.regimes()
    try:
        rates = exact_rates(world, agent, regimes, contexts)
        assert isinstance(world, TableWorld)
        return Measured(world, rates, f"It has a policy on all {world.table.n_states:,} states.")
    except NotExact as error:
        why = str(error)
    try:
        remembering = _with_memory(world, agent)
        if remembering is None:
            return Measured(world, None, why)
        rates = exact_rates(remembering, agent, regimes, contexts)
        states = f"{remembering.table.n_states:,} states and memories of {remembering.window}"
        return Measured(remembering, rates, f"It has a policy on all {states}.")
    except NotExact as error:
        return Measured(world, None, str(error))


def _with_memory(world: World, agent: Agent) -> MemoryWorld | None:
    """The world with what the agent remembers in its states; None where it remembers nothing."""
    world_for: Any = getattr(agent, "world_for", None)
    remembering = world_for(world) if world_for is not None and isinstance(world, TableWorld) else None
    if not isinstance(remembering, MemoryWorld):
        return None
    met = np.column_stack([remembering.observation_ids[remembering.rows], remembering.memory])
    if (situations := len(np.unique(met, axis=0))) > SITUATIONS:
        raise NotExact(
            f"With its memory agent {agent.name!r} would have to be asked about {situations:,} situations, more than "
            f"{SITUATIONS:,}, so its rates are sampled."
        )
    return remembering


def steered(asked: Asked, agent: Agent, found: Measured, recording: Recording) -> SteeringDocument:
    """J of an agent that was measured and recorded, against the best of its nulls."""
    best = optimal_value(asked.world, asked.values, asked.contexts)
    ours = _exactly(asked, found.exact) if found.exact is not None else _counted(asked, recording, AGENT)
    theirs = {
        name: np.asarray(np.mean([_worth_of(asked, null) for null in alike], axis=0))
        for name, alike in nulls(agent, found.world, found.exact is not None, asked.seed).items()
    }
    if found.exact is None and MARGINAL in recording.references:
        theirs[MARGINAL] = _counted(asked, recording, MARGINAL)
    means = {name: float(draws.mean()) for name, draws in theirs.items()}
    v, v_null = float(ours.mean()), max(means.values())
    interval = _narrowest(asked, ours, list(theirs.values()), best.value)
    return SteeringDocument(
        j=steering(v, v_null, best.value),
        j_low=_finite(interval and interval.low),
        j_high=_finite(interval and interval.high),
        v=v,
        v_null=v_null,
        v_best=best.value,
        best_exact=best.exact,
        nulls=means,
        level=asked.level,
        source=_source(ours, list(theirs.values()), asked, best.note),
    )


def _worth_of(asked: Asked, null: Agent) -> NDArray[np.float64]:
    """A null's V, or its scores on the agent's seeds."""
    found = measured(asked.world, null, asked.values, asked.contexts)
    if found.exact is not None:
        return _exactly(asked, found.exact)
    drawn = record(null, asked.world, episodes=asked.episodes, contexts=asked.contexts, references=[], seed=asked.fresh)
    return _counted(asked, drawn, AGENT)


def _exactly(asked: Asked, rates: Rates) -> NDArray[np.float64]:
    """`[]` V."""
    return np.asarray(value(rates, asked.values, asked.contexts))


def _counted(asked: Asked, drawn: Recording, actor: str) -> NDArray[np.float64]:
    """`[n]` scores whose mean is V."""
    regimes = asked.values.regimes()
    hits = {c.name: drawn.hits(regimes, c.name, actor) for c in asked.contexts if c.counts}
    return scores(hits, asked.values, asked.contexts)


def _narrowest(
    asked: Asked, ours: NDArray[np.float64], theirs: list[NDArray[np.float64]], v_best: float
) -> Interval | None:
    """J against the best of the nulls is the least of the Js; each null takes its share of the error."""
    level = 1 - (1 - asked.level) / len(theirs)
    found = [steering_interval(ours, null, v_best, level) for null in theirs]
    known = [interval for interval in found if interval is not None]
    if len(known) < len(found):
        return None
    return Interval(min(i.low for i in known), min(i.high for i in known))


def _finite(end: float | None) -> float | None:
    return end if end is not None and math.isfinite(end) else None


def _source(ours: NDArray[np.float64], theirs: list[NDArray[np.float64]], asked: Asked, note: str) -> str:
    sampled = [who for who, draws in (("V", [ours]), ("V_null", theirs)) if any(d.ndim for d in draws)]
    if not sampled:
        how = "V and V_null are exact."
    else:
        how = (
            f"{' and '.join(sampled)} from {asked.episodes} episodes in each context, on the same seeds; the interval "
            "is of the mean of bounded draws, by betting, and holds at every number of episodes."
        )
    return f"{how} {note}".strip()
