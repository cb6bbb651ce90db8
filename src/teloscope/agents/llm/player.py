"""Playing: an engine is asked about what its episodes meet, each distinct situation once.

What is drawn for an episode hangs on the seed, the row and the step only, never on the other rows, nor on how many
there are. Behind a gate, every act is stated and ruled on at its own step.

Theory: A1, S2.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from teloscope.agents.agent import SeenStates
from teloscope.agents.llm.tabulated import Tabulated
from teloscope.agents.networks.network import drawn
from teloscope.scaffolds.deciding.decide import Asking, Decision, decide
from teloscope.scaffolds.gate.gate import Gate
from teloscope.scaffolds.gate.gated_decision import done
from teloscope.scaffolds.prompting.prompts import Situation
from teloscope.scaffolds.prompting.views import seen_texts, views
from teloscope.scaffolds.trace import Trace
from teloscope.worlds.table.world import TableWorld
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
        self.heard += [
            (int(sub_env), t, self.tabulated.trace(observations[sub_env])) for sub_env in np.flatnonzero(alive)
        ]
        lots = np.random.default_rng([self.seed, t]).random(self.episodes)
        return drawn(np.asarray(self.tabulated.policy)[observations], lots)


class AskingPlayer:
    """Asks what to do in each situation that is met."""

    def __init__(self, asking: Asking, gate: Gate | None, world: World, episodes: int, seed: int) -> None:
        self.asking, self.gate, self.episodes, self.seed = asking, gate, episodes, seed
        self.look = _looking(world, asking)
        self.before: list[tuple[str, ...]] = [()] * episodes
        """What each row remembers."""
        self.heard: list[tuple[int, int, Trace]] = []
        self.known: dict[Situation, Decision] = {}
        """What has been decided, where nothing is drawn."""

    def act(self, observations: Any, t: int, alive: NDArray[np.bool_]) -> NDArray[np.intp]:
        """Actions `[B]` for state ids `[B]`, or for what is seen in a stepped world."""
        actions = np.zeros(self.episodes, dtype=np.intp)
        sub_envs = np.flatnonzero(alive).tolist()
        if not sub_envs:
            return actions
        looks = self.look(observations)
        situations = [looks[sub_env]._replace(before=self.before[sub_env]) for sub_env in sub_envs]
        decisions = self._decided(situations, t, sub_envs)
        acts = drawn(
            np.stack([d.probabilities for d in decisions]), self._rng(t, "act").random(self.episodes)[sub_envs]
        )
        traces = [d.trace for d in decisions]
        if self.gate is not None:
            acts, traces = done(self.gate, self.asking, situations, acts, traces)
        actions[sub_envs] = acts
        self.heard += [(sub_env, t, trace) for sub_env, trace in zip(sub_envs, traces, strict=True)]
        if window := self.asking.scaffold.memory:
            for sub_env, situation in zip(sub_envs, situations, strict=True):
                self.before[sub_env] = (*situation.before, situation.seen)[-window:]
        return actions

    def _decided(self, situations: list[Situation], t: int, sub_envs: list[int]) -> list[Decision]:
        """What is decided in each situation; where nothing is drawn, each is asked about once."""
        if not self.asking.scaffold.tabulates:
            draws = self._rng(t, "draw").integers(DRAWS, size=self.episodes)[sub_envs]
            return decide(self.asking, situations, draws.tolist())
        new = list(dict.fromkeys(s for s in situations if s not in self.known))
        self.known.update(zip(new, decide(self.asking, new), strict=True))
        return [self.known[s] for s in situations]

    def _rng(self, t: int, purpose: Literal["act", "draw"]) -> np.random.Generator:
        """A stream of its own for each step and purpose: row `i` takes its `i`-th number."""
        return np.random.default_rng([self.seed, t, purpose == "draw"])


def _looking(world: World, asking: Asking) -> Callable[[Any], list[Situation]]:
    """How `B` rows look, from what the player is given."""
    show = asking.scaffold.show
    if isinstance(world, TableWorld):
        view = views(world, show)
        looks = [Situation(text, (), about) for text, about in zip(view.texts, view.about, strict=True)]
        return lambda ids: [looks[i] for i in view.index[np.asarray(ids)].tolist()]

    def look(seen: SeenStates) -> list[Situation]:
        texts = seen_texts(world, show, seen.descriptions, seen.features)
        return [Situation(text, (), about) for text, about in zip(texts, seen.descriptions, strict=True)]

    return look
