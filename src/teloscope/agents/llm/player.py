"""Playing: an engine is asked about what its episodes meet, each distinct situation once.

What is drawn for an episode hangs on the seed, the row and the step only, never on the other rows.

Theory: A1, S2.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from teloscope.agents.agent import Seen
from teloscope.agents.llm.tabulated import Tabulated
from teloscope.agents.network import drawn
from teloscope.scaffolds.deciding import Asking, Decision, decide
from teloscope.scaffolds.gate import Gate
from teloscope.scaffolds.gating import after_the_gate, ruled
from teloscope.scaffolds.prompts import Situation
from teloscope.scaffolds.seeing import seen_texts, views
from teloscope.scaffolds.trace import Trace
from teloscope.worlds.table import TableWorld
from teloscope.worlds.world import World

DRAWS = 2**40
"""Draw numbers lie below this; so many that two of them are hardly ever the same by chance."""


class TabulatedPlayer:
    """Plays what has been tabulated."""

    def __init__(self, tabulated: Tabulated, episodes: int, seed: int) -> None:
        self.tabulated, self.episodes, self.seed = tabulated, episodes, seed
        self.heard: list[tuple[int, int, Trace]] = []

    def act(self, observations: Any, t: int, alive: NDArray[np.bool_]) -> NDArray[np.intp]:
        """Actions `[B]` for state ids `[B]`."""
        self.heard += [(int(lane), t, self.tabulated.trace(observations[lane])) for lane in np.flatnonzero(alive)]
        lots = np.random.default_rng([self.seed, t]).random(self.episodes)
        return drawn(np.asarray(self.tabulated.policy)[observations], lots)


class AskingPlayer:
    """Asks what to do in each situation that is met."""

    def __init__(self, asking: Asking, gate: Gate | None, world: World, episodes: int, seed: int) -> None:
        self.asking, self.gate, self.episodes, self.seed = asking, gate, episodes, seed
        self.look = _looking(world, asking)
        self.before: list[list[str]] = [[] for _ in range(episodes)]
        self.heard: list[tuple[int, int, Trace]] = []
        self.known: dict[tuple[Situation, int], Decision] = {}
        """What has been decided; (situation, draw) -> decision."""

    def act(self, observations: Any, t: int, alive: NDArray[np.bool_]) -> NDArray[np.intp]:
        """Actions `[B]` for state ids `[B]`, or for what is seen in a stepped world."""
        rng = np.random.default_rng([self.seed, t])
        lots, draws = rng.random(self.episodes), rng.integers(DRAWS, size=self.episodes).tolist()
        seen = self.look(observations)
        lanes = np.flatnonzero(alive).tolist()
        keys = [(self._situation(seen[i], i), 0 if self.asking.scaffold.tabulates else draws[i]) for i in lanes]
        self._ask(list(dict.fromkeys(key for key in keys if key not in self.known)))
        actions = np.zeros(self.episodes, dtype=np.intp)
        decisions = [self.known[key] for key in keys]
        if lanes:
            likely = np.stack([d.probabilities for d in decisions])
            actions[lanes] = drawn(likely, lots[lanes])
        self.heard += [(lane, t, decision.trace) for lane, decision in zip(lanes, decisions, strict=True)]
        for lane in lanes:
            self.before[lane].append(seen[lane])
        return actions

    def _situation(self, seen: str, lane: int) -> Situation:
        window = self.asking.scaffold.memory
        return Situation(seen, tuple(self.before[lane][-window:]) if window else ())

    def _ask(self, keys: list[tuple[Situation, int]]) -> None:
        """Decide in new situations, and put the decisions before the gate."""
        if not keys:
            return
        situations = [situation for situation, _ in keys]
        decisions = decide(self.asking, situations, [draw for _, draw in keys])
        if self.gate is not None:
            decisions = self._gated(self.gate, situations, decisions)
        if not self.asking.scaffold.tabulates:
            self.known.clear()  # a draw is met once
        self.known.update(zip(keys, decisions, strict=True))

    def _gated(self, gate: Gate, situations: list[Situation], decisions: list[Decision]) -> list[Decision]:
        idle = self.asking.brief.idle
        assert idle is not None, "an agent without a way to do nothing is refused a gate"
        likely = np.stack([d.probabilities for d in decisions])
        ruling = ruled(gate, self.asking, [s.seen for s in situations], likely, [d.trace for d in decisions])
        allowed = ruling.allowed.copy()
        allowed[:, idle] = True
        passed = np.where(allowed, likely, 0.0)
        passed[:, idle] += np.where(allowed, 0.0, likely).sum(axis=1)
        return [
            Decision(p, (*d.trace, *lines, after_the_gate(p, self.asking)))
            for p, d, lines in zip(passed, decisions, ruling.lines, strict=True)
        ]


def _looking(world: World, asking: Asking) -> Callable[[Any], list[str]]:
    """How the texts of `B` rows are had from what the player is given."""
    show = asking.scaffold.show
    if isinstance(world, TableWorld):
        view = views(world, show)
        return lambda ids: [view.texts[view.index[i]] for i in np.asarray(ids).tolist()]

    def look(seen: Seen) -> list[str]:
        return seen_texts(world, show, seen.descriptions, seen.features)

    return look
