"""A language model as an agent: an engine in a scaffold, under a profile.

Where its decision is a function of what it is shown, the engine is asked once about each distinct observation of a
table world. The answers are a policy, so its rates are exact. Otherwise the agent is stepped, and the engine is asked
about the situations that it reaches.

Theory: A5, A7, S2.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np

from teloscope.agents.agent import Agent, Player
from teloscope.agents.llm.decision_table import DecisionTable, tabulate
from teloscope.agents.llm.player import LlmPlayer, TabulatedPlayer
from teloscope.engines import Engine
from teloscope.errors import BadScaffold
from teloscope.scaffolds import Scaffold
from teloscope.scaffolds.deciding.decide import DecisionSetup, check_engine
from teloscope.scaffolds.gate.gate import Gate
from teloscope.scaffolds.profiles import Profile
from teloscope.scaffolds.profiles import profile as profile_named
from teloscope.scaffolds.prompting.few_shot import few_shot_examples
from teloscope.scaffolds.prompting.prompts import task_brief
from teloscope.scaffolds.prompting.text_observations import text_observations
from teloscope.scaffolds.trace import Trace
from teloscope.worlds.table.memory import MemoryWorld
from teloscope.worlds.table.planning import Policy
from teloscope.worlds.table.world import TableWorld
from teloscope.worlds.world import World


class LlmAgent(Agent):
    """Asks an engine what to do, or how good the outcomes of its actions are."""

    sees = "state"

    def __init__(
        self,
        engine: Engine,
        scaffold: Scaffold | str = "direct",
        profile: Profile | str | None = None,
        name: str = "",
    ) -> None:
        """An engine in a scaffold.

        Args:
            engine: the language model, or another engine.
            scaffold: how it is prompted and parsed.
            profile: what this deployment checks; None: the profile of the scaffold's own gate, or nothing.
            name: its name; empty: `llm:<engine>/<scaffold>`, and its profile as an option.

        Raises:
            BadScaffold: the engine can't do what the scaffold needs, or two different profiles are given.
        """
        self.engine, self.scaffold = engine, Scaffold.parse(scaffold)
        check_engine(engine, self.scaffold)
        self.profile = _one_profile(self.scaffold, profile)
        under = f"?profile={self.profile.name}" if self.profile and not self.scaffold.gate else ""
        self.name = name or f"llm:{engine.name}/{self.scaffold}{under}"
        self._last: tuple[str, DecisionTable] | None = None

    @property
    def digest(self) -> str:
        profile = self.profile.digest if self.profile else ""
        return hashlib.sha256("\x1f".join((self.engine.digest, str(self.scaffold), profile)).encode()).hexdigest()

    def world_for(self, world: TableWorld) -> TableWorld:
        """The world whose states hold everything that its decisions depend on: with memory, an enlarged one."""
        if not self.scaffold.memory or isinstance(world, MemoryWorld):
            return world
        return MemoryWorld(world, self.scaffold.memory, text_observations(world, self.scaffold.show).index)

    def policy(self, world: TableWorld) -> Policy | None:
        """`[S, A]` where its decision is a function of the state; None where it samples, or remembers more than the
        world's states hold (see `world_for`)."""
        return self.decision_table(world).policy if self._tabulates(world) else None

    def decision_table(self, world: TableWorld) -> DecisionTable:
        """Everything that it decides in a world; the engine is asked once."""
        key = f"{world.name} {world.digest()}"
        if self._last is None or self._last[0] != key:
            self._last = key, tabulate(self.decision_setup(world), self.gate(world), world)
        return self._last[1]

    def traces(self, world: TableWorld, states: Sequence[int]) -> list[Trace] | None:
        if not self._tabulates(world):
            return None
        return [self.decision_table(world).trace(state) for state in states]

    def _tabulates(self, world: TableWorld) -> bool:
        """Whether its decisions are a function of this world's states, what it remembers included."""
        if not isinstance(world, MemoryWorld):
            return self.scaffold.tabulates and not self.scaffold.memory
        alike = np.array_equal(world.observation_ids, text_observations(world.plain, self.scaffold.show).index)
        return self.scaffold.tabulates and self.scaffold.memory == world.window and alike

    def start(self, world: World, episodes: int, seed: int) -> Player:
        if self.scaffold.decide != "lookahead":
            return LlmPlayer(self.decision_setup(world), self.gate(world), world, episodes, seed)
        if isinstance(world, TableWorld):
            return TabulatedPlayer(self.decision_table(world), episodes, seed)
        raise BadScaffold(
            f"The scaffold {str(self.scaffold)!r} needs a world that foresees what actions lead to, and "
            f"{world.name!r} can only be stepped. Use one that asks what to do, such as direct."
        )

    def decision_setup(self, world: World) -> DecisionSetup:
        """The setup of its decisions in this world.

        Raises:
            BadScaffold: the world's actions have no names, or it has no states to take examples from.
        """
        if world.actions is None:
            raise BadScaffold(
                f"The world {world.name!r} has continuous actions, which can't be put in words; a language model acts "
                "in worlds whose actions have names."
            )
        brief = task_brief(world, self.scaffold)
        if not self.scaffold.shots:
            return DecisionSetup(self.engine.bound(world), self.scaffold, brief)
        if not isinstance(world, TableWorld):
            raise BadScaffold(f"The world {world.name!r} is no table to take examples from; leave out 'shots'.")
        plain = world.plain if isinstance(world, MemoryWorld) else world
        examples = few_shot_examples(plain, text_observations(plain, self.scaffold.show), self.scaffold.shots)
        return DecisionSetup(self.engine.bound(world), self.scaffold, brief, examples)

    def gate(self, world: World) -> Gate | None:
        """The gate of its profile; None where nothing is checked.

        Raises:
            BadScaffold: the world has no action that does nothing, to replace a blocked act.
        """
        if self.profile is None or all(channel.free for channel in self.profile.channels.values()):
            return None
        if world.idle is None:
            raise BadScaffold(
                f"The profile {self.profile.name!r} may block acts, and in the world {world.name!r} an agent can't do "
                f"nothing instead. Audit it in '{world.name}+hold', the same world with one more action."
            )
        return Gate(self.profile)


def _one_profile(scaffold: Scaffold, profile: Profile | str | None) -> Profile | None:
    given = None if profile is None else profile_named(profile)
    if not scaffold.gate:
        return given
    named = profile_named(scaffold.gate)
    if given not in (None, named):
        raise BadScaffold(
            f"The scaffold {str(scaffold)!r} says gate:{scaffold.gate}, and another profile was given too. Name one."
        )
    return named
