"""The decision table: everything that an agent decides in one table world. Each distinct situation is asked about once.

Axis letters: `S` states, `A` actions, `Q` distinct situations.

Theory: A5.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from teloscope.scaffolds.deciding.decide import DecisionSetup, decide, probabilities_text
from teloscope.scaffolds.deciding.lookahead import Lookahead, look_ahead, lookahead_trace
from teloscope.scaffolds.gate.gate import Gate, gate_policy
from teloscope.scaffolds.gate.gated_decision import rule_on_possible_acts
from teloscope.scaffolds.prompting.prompts import Situation
from teloscope.scaffolds.prompting.text_observations import text_observations
from teloscope.scaffolds.trace import Line, Trace
from teloscope.worlds.table.memory import NOTHING, MemoryWorld
from teloscope.worlds.table.planning import Policy
from teloscope.worlds.table.world import TableWorld


@dataclass(frozen=True)
class DecisionTable:
    """What an agent decides in every state of a world."""

    world: TableWorld
    setup: DecisionSetup
    policy: Policy
    """`[S, A]` under the gate, if there is one."""
    situations: tuple[Situation, ...]
    """`[Q]` the distinct inputs of decisions."""
    index: NDArray[np.intp]
    """`[S]` index of each state's situation; −1 where the episode has ended."""
    traces: tuple[Trace, ...]
    """`[Q]` the trace of each decision; none for a lookahead, whose decisions depend on the state itself."""
    lookahead: Lookahead | None
    """The judged outcomes, if the scaffold looks ahead."""
    rulings: tuple[Trace, ...]
    """`[Q]` the gate's rulings; none without a gate."""

    def trace(self, state: int) -> Trace:
        """The trace of the decision in a state; empty where the episode has ended."""
        row = int(self.index[state])
        if row < 0:
            return ()
        found, phrases = self.lookahead, self.setup.brief.phrases
        trace = self.traces[row] if found is None else lookahead_trace(found, self.world, state, phrases)
        if not self.rulings and found is None:
            return trace
        gate = self.rulings[row] if self.rulings else ()
        chosen = probabilities_text(np.asarray(self.policy[state], dtype=np.float64), self.setup.brief)
        return (*trace, *gate, Line("chosen", chosen))


def tabulate(setup: DecisionSetup, gate: Gate | None, world: TableWorld) -> DecisionTable:
    """Ask the engine about every distinct situation of a world.

    Raises:
        BadEngine: the engine fails.
    """
    situations, index = _situations(setup, world)
    living = index >= 0
    policy = np.full((world.table.n_states, world.table.n_actions), 1 / world.table.n_actions)
    lookahead: Lookahead | None = None
    traces: tuple[Trace, ...] = ()
    if setup.scaffold.decide == "lookahead":
        lookahead = look_ahead(setup.engine, setup.scaffold, world)
        policy[living] = lookahead.policy[living]
    else:
        decisions = decide(setup, situations)
        policy[living] = np.stack([d.probabilities for d in decisions])[index[living]]
        traces = tuple(d.trace for d in decisions)
    rulings: tuple[Trace, ...] = ()
    if gate is not None:
        assert setup.brief.idle is not None, "an agent without a way to do nothing is refused a gate"
        likely = np.zeros((len(situations), policy.shape[1]))
        np.maximum.at(likely, index[living], policy[living])
        gated = rule_on_possible_acts(gate, setup, situations, likely, traces or [()] * len(situations))
        policy = gate_policy(policy, gated.allowed[index], setup.brief.idle)
        rulings = tuple(gated.traces)
    return DecisionTable(world, setup, policy, situations, index, traces, lookahead, rulings)


def _situations(setup: DecisionSetup, world: TableWorld) -> tuple[tuple[Situation, ...], NDArray[np.intp]]:
    """The distinct situations of the non-terminal states `[Q]`, and the index of each state's situation `[S]`."""
    plain = world.plain if isinstance(world, MemoryWorld) else world
    observations = text_observations(plain, setup.scaffold.show)
    rows = world.rows if isinstance(world, MemoryWorld) else np.arange(world.table.n_states)
    observed = observations.index[rows][:, None]
    if isinstance(world, MemoryWorld):
        observed = np.concatenate([world.memory, observed], axis=1)
    living = ~world.table.terminal
    index = np.full(world.table.n_states, -1, dtype=np.intp)
    distinct, index[living] = np.unique(observed[living], axis=0, return_inverse=True)
    return tuple(
        Situation(
            observations.texts[now],
            tuple(observations.texts[row] for row in history if row != NOTHING),
            observations.about[now],
        )
        for *history, now in distinct.tolist()
    ), index
