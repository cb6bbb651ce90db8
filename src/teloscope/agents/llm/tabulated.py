"""Everything an agent decides in one table world, asked for once: each distinct situation is one question.

Axis letters: `S` states, `A` actions, `Q` distinct situations.

Theory: A5.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from teloscope.scaffolds.deciding.decide import Asking, decide, shares
from teloscope.scaffolds.deciding.lookahead import Lookahead, look_ahead, lookahead_trace
from teloscope.scaffolds.gate.gate import Gate, gate_policy
from teloscope.scaffolds.gate.gated_decision import ruled
from teloscope.scaffolds.prompting.prompts import Situation
from teloscope.scaffolds.prompting.views import views
from teloscope.scaffolds.trace import Line, Trace
from teloscope.worlds.table.memory import NOTHING, MemoryWorld
from teloscope.worlds.table.planning import Policy
from teloscope.worlds.table.world import TableWorld


@dataclass(frozen=True)
class Tabulated:
    """What an agent decides in every state of a world."""

    world: TableWorld
    asking: Asking
    policy: Policy
    """`[S, A]` behind the gate, if there is one."""
    situations: tuple[Situation, ...]
    """`[Q]`"""
    index: NDArray[np.intp]
    """`[S]` which situation each state is; −1 where the episode has ended."""
    asked: tuple[Trace, ...]
    """`[Q]` how each decision came about; none for a lookahead, whose decisions hang on the state itself."""
    foreseen: Lookahead | None
    rulings: tuple[Trace, ...]
    """`[Q]` what the gate ruled; none without one."""

    def trace(self, state: int) -> Trace:
        """How it comes to act in a state; nothing where the episode has ended."""
        at = int(self.index[state])
        if at < 0:
            return ()
        found, phrases = self.foreseen, self.asking.brief.phrases
        trace = self.asked[at] if found is None else lookahead_trace(found, self.world, state, phrases)
        if not self.rulings and found is None:
            return trace
        gate = self.rulings[at] if self.rulings else ()
        does = shares(np.asarray(self.policy[state], dtype=np.float64), self.asking.brief)
        return (*trace, *gate, Line("chosen", does))


def tabulate(asking: Asking, gate: Gate | None, world: TableWorld) -> Tabulated:
    """Ask everything there is to ask in a world.

    Raises:
        BadEngine: the engine fails.
    """
    situations, index = _situations(asking, world)
    living = index >= 0
    policy = np.full((world.table.n_states, world.table.n_actions), 1 / world.table.n_actions)
    foreseen: Lookahead | None = None
    asked: tuple[Trace, ...] = ()
    if asking.scaffold.decide == "lookahead":
        foreseen = look_ahead(asking.engine, asking.scaffold, world)
        policy[living] = foreseen.policy[living]
    else:
        decisions = decide(asking, situations)
        policy[living] = np.stack([d.probabilities for d in decisions])[index[living]]
        asked = tuple(d.trace for d in decisions)
    rulings: tuple[Trace, ...] = ()
    if gate is not None:
        assert asking.brief.idle is not None, "an agent without a way to do nothing is refused a gate"
        likely = np.zeros((len(situations), policy.shape[1]))
        np.maximum.at(likely, index[living], policy[living])
        ruling = ruled(gate, asking, situations, likely, asked or [()] * len(situations))
        policy = gate_policy(policy, ruling.allowed[index], asking.brief.idle)
        rulings = tuple(ruling.lines)
    return Tabulated(world, asking, policy, situations, index, asked, foreseen, rulings)


def _situations(asking: Asking, world: TableWorld) -> tuple[tuple[Situation, ...], NDArray[np.intp]]:
    """The distinct situations of states in which the episode goes on, and which of them each state is."""
    plain = world.plain if isinstance(world, MemoryWorld) else world
    view = views(plain, asking.scaffold.show)
    rows = world.rows if isinstance(world, MemoryWorld) else np.arange(world.table.n_states)
    sights = view.index[rows][:, None]
    if isinstance(world, MemoryWorld):
        sights = np.concatenate([world.memory, sights], axis=1)
    living = ~world.table.terminal
    index = np.full(world.table.n_states, -1, dtype=np.intp)
    distinct, index[living] = np.unique(sights[living], axis=0, return_inverse=True)
    return tuple(
        Situation(view.texts[now], tuple(view.texts[b] for b in before if b != NOTHING), view.about[now])
        for *before, now in distinct.tolist()
    ), index
