"""Measure an agent: its rates, exact where possible, and its steering J against the nulls.

Exact rates need a policy on the world's states, or on the world's states and the agent's memory. The rates of any other
agent are counted in its episodes; those of its nulls are counted on the same seeds. One of the nulls is then the
reference `marginal` of the agent's own recording, so that the agent gets no credit for its action frequencies.

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
from teloscope.verdict.nulls import null_agents
from teloscope.verdict.optimum import optimal_value
from teloscope.verdict.steering_score import Interval, scores, steering, steering_interval, value
from teloscope.worlds.table.memory import MemoryWorld
from teloscope.worlds.table.world import TableWorld
from teloscope.worlds.world import Context, World

MAX_SITUATIONS = 4_096
"""Largest number of distinct situations (observation and memory) for which an agent with a memory is tabulated. Above
it, its rates are sampled."""


@dataclass(frozen=True)
class CertificateTask:
    """What a certificate is about, apart from the agent."""

    world: World
    values: Values
    contexts: tuple[Context, ...]
    episodes: int
    """Fresh episodes in each context."""
    seed: int
    alpha: float
    """Probability that any of all attempts errs."""
    attempt: int
    """Number of this attempt, from 1."""

    @property
    def episode_seed(self) -> int:
        """The seed of the episodes. No other attempt and no search uses it."""
        return fresh_seed(self.seed, self.attempt)

    @property
    def level(self) -> float:
        """Coverage of each interval."""
        return 1 - attempt_alpha(self.alpha, self.attempt)


def attempt_alpha(alpha: float, attempt: int) -> float:
    """The share of `alpha` for one attempt. Over infinitely many attempts the shares sum to `alpha`."""
    return alpha * 6 / (math.pi * attempt) ** 2


def fresh_seed(seed: int, attempt: int) -> int:
    """The seed of an attempt's episodes."""
    return int(seed_word("certificate", seed, attempt)) >> 12  # whole in every reader of JSON


class MeasuredRates(NamedTuple):
    """An agent's rates, exact or counted."""

    world: World
    """Where the agent acts: the world itself, or the world with the agent's memory in its states."""
    exact: Rates | None
    """The exact rates; None where there are none."""
    why: str
    """Why the rates are exact, or why they are not."""


def measure_rates(world: World, agent: Agent, values: Values, contexts: Sequence[Context]) -> MeasuredRates:
    """Exact rates of the values' regimes where they can be computed, else why they can't."""
    regimes = values.regimes()
    try:
        rates = exact_rates(world, agent, regimes, contexts)
        assert isinstance(world, TableWorld)
        return MeasuredRates(world, rates, f"It has a policy on all {world.table.n_states:,} states.")
    except NotExact as error:
        why = str(error)
    try:
        remembering = _memory_world(world, agent)
        if remembering is None:
            return MeasuredRates(world, None, why)
        rates = exact_rates(remembering, agent, regimes, contexts)
        states = f"{remembering.table.n_states:,} states and memories of {remembering.window}"
        return MeasuredRates(remembering, rates, f"It has a policy on all {states}.")
    except NotExact as error:
        return MeasuredRates(world, None, str(error))


def _memory_world(world: World, agent: Agent) -> MemoryWorld | None:
    """The world with the agent's memory in its states; None if the agent has no memory."""
    world_for: Any = getattr(agent, "world_for", None)
    remembering = world_for(world) if world_for is not None and isinstance(world, TableWorld) else None
    if not isinstance(remembering, MemoryWorld):
        return None
    met = np.column_stack([remembering.observation_ids[remembering.rows], remembering.memory])
    if (situations := len(np.unique(met, axis=0))) > MAX_SITUATIONS:
        raise NotExact(
            f"With its memory agent {agent.name!r} would have to be asked about {situations:,} situations, more than "
            f"{MAX_SITUATIONS:,}, so its rates are sampled."
        )
    return remembering


def measure_steering(
    task: CertificateTask, agent: Agent, found: MeasuredRates, recording: Recording
) -> SteeringDocument:
    """J of an agent against the best of its nulls, from its measured rates and its recording."""
    best = optimal_value(task.world, task.values, task.contexts)
    ours = _exact_value(task, found.exact) if found.exact is not None else _sampled_scores(task, recording, AGENT)
    theirs = {
        name: np.asarray(np.mean([_null_scores(task, null) for null in alike], axis=0))
        for name, alike in null_agents(agent, found.world, found.exact is not None, task.seed).items()
    }
    if found.exact is None and MARGINAL in recording.references:
        theirs[MARGINAL] = _sampled_scores(task, recording, MARGINAL)
    means = {name: float(draws.mean()) for name, draws in theirs.items()}
    v, v_null = float(ours.mean()), max(means.values())
    interval = _interval_against_all(task, ours, list(theirs.values()), best.value)
    return SteeringDocument(
        j=steering(v, v_null, best.value),
        j_low=_finite_or_none(interval and interval.low),
        j_high=_finite_or_none(interval and interval.high),
        v=v,
        v_null=v_null,
        v_best=best.value,
        best_exact=best.exact,
        nulls=means,
        level=task.level,
        source=_source(ours, list(theirs.values()), task, best.note),
    )


def _null_scores(task: CertificateTask, null: Agent) -> NDArray[np.float64]:
    """`[]` V of a null where it is exact, else `[n]` its scores on the agent's seeds."""
    found = measure_rates(task.world, null, task.values, task.contexts)
    if found.exact is not None:
        return _exact_value(task, found.exact)
    drawn = record(
        null, task.world, episodes=task.episodes, contexts=task.contexts, references=[], seed=task.episode_seed
    )
    return _sampled_scores(task, drawn, AGENT)


def _exact_value(task: CertificateTask, rates: Rates) -> NDArray[np.float64]:
    """`[]` V."""
    return np.asarray(value(rates, task.values, task.contexts))


def _sampled_scores(task: CertificateTask, drawn: Recording, actor: str) -> NDArray[np.float64]:
    """`[n]` scores whose mean is V."""
    regimes = task.values.regimes()
    hits = {c.name: drawn.hits(regimes, c.name, actor) for c in task.contexts if c.counts}
    return scores(hits, task.values, task.contexts)


def _interval_against_all(
    task: CertificateTask, ours: NDArray[np.float64], theirs: list[NDArray[np.float64]], v_best: float
) -> Interval | None:
    """The interval of J against the best of the nulls: the least of the Js. The error is divided among the nulls."""
    level = 1 - (1 - task.level) / len(theirs)
    found = [steering_interval(ours, null, v_best, level) for null in theirs]
    known = [interval for interval in found if interval is not None]
    if len(known) < len(found):
        return None
    return Interval(min(i.low for i in known), min(i.high for i in known))


def _finite_or_none(end: float | None) -> float | None:
    return end if end is not None and math.isfinite(end) else None


def _source(ours: NDArray[np.float64], theirs: list[NDArray[np.float64]], task: CertificateTask, note: str) -> str:
    sampled = [who for who, draws in (("V", [ours]), ("V_null", theirs)) if any(d.ndim for d in draws)]
    if not sampled:
        how = "V and V_null are exact."
    else:
        how = (
            f"{' and '.join(sampled)} from {task.episodes} episodes in each context, on the same seeds; the interval "
            "is of the mean of bounded draws, by betting, and holds at every number of episodes."
        )
    return f"{how} {note}".strip()
