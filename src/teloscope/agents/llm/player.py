"""Players of language-model agents: the engine is asked about each distinct situation that the episodes reach.

Random numbers of an episode depend only on the seed, the row and the step, never on the other rows or their number.
Under a gate, every act needs a statement and a ruling at its own step.

Theory: A1, S2.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from teloscope.agents.agent import ActTrace, SeenStates
from teloscope.agents.llm.decision_table import DecisionTable
from teloscope.agents.networks.network import sample_actions
from teloscope.scaffolds.deciding.decide import Decision, DecisionSetup, decide
from teloscope.scaffolds.gate.gate import Gate
from teloscope.scaffolds.gate.gated_decision import gate_chosen_acts
from teloscope.scaffolds.prompting.prompts import Situation
from teloscope.scaffolds.prompting.text_observations import stepped_text_observations, text_observations
from teloscope.worlds.table.world import TableWorld
from teloscope.worlds.world import World

DRAWS = 2**40
"""Draw numbers are below this. There are so many that two equal ones are very unlikely."""


class TabulatedPlayer:
    """Plays the policy of a decision table."""

    def __init__(self, table: DecisionTable, episodes: int, seed: int) -> None:
        self.table, self.episodes, self.seed = table, episodes, seed
        self.act_traces: list[ActTrace] = []

    def act(self, observations: Any, t: int, alive: NDArray[np.bool_]) -> NDArray[np.intp]:
        """Actions `[B]` for state ids `[B]`."""
        self.act_traces += [
            (int(sub_env), t, self.table.trace(observations[sub_env])) for sub_env in np.flatnonzero(alive)
        ]
        uniforms = np.random.default_rng([self.seed, t]).random(self.episodes)
        return sample_actions(np.asarray(self.table.policy)[observations], uniforms)


class LlmPlayer:
    """Asks the engine what to do in each situation that the episodes reach."""

    def __init__(self, setup: DecisionSetup, gate: Gate | None, world: World, episodes: int, seed: int) -> None:
        self.setup, self.gate, self.episodes, self.seed = setup, gate, episodes, seed
        self.situations_of = _situations_from(world, setup)
        self.history: list[tuple[str, ...]] = [()] * episodes
        """The observations that each row remembers."""
        self.act_traces: list[ActTrace] = []
        self.decisions: dict[Situation, Decision] = {}
        """Decisions so far, where nothing is sampled."""

    def act(self, observations: Any, t: int, alive: NDArray[np.bool_]) -> NDArray[np.intp]:
        """Actions `[B]` for state ids `[B]`, or for what is seen in a stepped world."""
        actions = np.zeros(self.episodes, dtype=np.intp)
        sub_envs = np.flatnonzero(alive).tolist()
        if not sub_envs:
            return actions
        current = self.situations_of(observations)
        situations = [current[sub_env]._replace(history=self.history[sub_env]) for sub_env in sub_envs]
        decisions = self._decide(situations, t, sub_envs)
        acts = sample_actions(
            np.stack([d.probabilities for d in decisions]), self._rng(t, "act").random(self.episodes)[sub_envs]
        )
        traces = [d.trace for d in decisions]
        if self.gate is not None:
            acts, traces = gate_chosen_acts(self.gate, self.setup, situations, acts, traces)
        actions[sub_envs] = acts
        self.act_traces += [(sub_env, t, trace) for sub_env, trace in zip(sub_envs, traces, strict=True)]
        if window := self.setup.scaffold.memory:
            for sub_env, situation in zip(sub_envs, situations, strict=True):
                self.history[sub_env] = (*situation.history, situation.observation)[-window:]
        return actions

    def _decide(self, situations: list[Situation], t: int, sub_envs: list[int]) -> list[Decision]:
        """The decision in each situation. Where nothing is sampled, each distinct situation is asked about once."""
        if not self.setup.scaffold.tabulates:
            draws = self._rng(t, "draw").integers(DRAWS, size=self.episodes)[sub_envs]
            return decide(self.setup, situations, draws.tolist())
        new = list(dict.fromkeys(s for s in situations if s not in self.decisions))
        self.decisions.update(zip(new, decide(self.setup, new), strict=True))
        return [self.decisions[s] for s in situations]

    def _rng(self, t: int, purpose: Literal["act", "draw"]) -> np.random.Generator:
        """A separate random stream for each step and purpose; row `i` takes its `i`-th number."""
        return np.random.default_rng([self.seed, t, purpose == "draw"])


def _situations_from(world: World, setup: DecisionSetup) -> Callable[[Any], list[Situation]]:
    """A function from what the player is given to the situations `[B]`, without history."""
    show = setup.scaffold.show
    if isinstance(world, TableWorld):
        found = text_observations(world, show)
        distinct = [Situation(text, (), about) for text, about in zip(found.texts, found.about, strict=True)]
        return lambda ids: [distinct[i] for i in found.index[np.asarray(ids)].tolist()]

    def situations_of(seen: SeenStates) -> list[Situation]:
        texts = stepped_text_observations(world, show, seen.descriptions, seen.features)
        return [Situation(text, (), about) for text, about in zip(texts, seen.descriptions, strict=True)]

    return situations_of
