"""An engine in a scaffold, under a profile: an agent.

Where what it decides is a function of what it sees, every distinct thing to be seen in a table world is asked once and
the answers are a policy, so its rates are exact. Otherwise it is stepped, and asked about what it meets.

Theory: A5, A7, S2.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np

from teloscope.agents.agent import Agent, Player
from teloscope.agents.llm.player import AskingPlayer, TabulatedPlayer
from teloscope.agents.llm.tabulated import Tabulated, tabulate
from teloscope.engines import Engine
from teloscope.errors import BadScaffold
from teloscope.scaffolds import Scaffold
from teloscope.scaffolds.deciding.decide import Asking, check
from teloscope.scaffolds.gate.gate import Gate
from teloscope.scaffolds.profiles import Profile
from teloscope.scaffolds.profiles import profile as profile_named
from teloscope.scaffolds.prompting.few_shot import examples
from teloscope.scaffolds.prompting.prompts import brief_of
from teloscope.scaffolds.prompting.views import views
from teloscope.scaffolds.trace import Trace
from teloscope.worlds.table.memory import MemoryWorld
from teloscope.worlds.table.planning import Policy
from teloscope.worlds.table.world import TableWorld
from teloscope.worlds.world import World


class LlmAgent(Agent):
    """Asks an engine what to do, or what it thinks of what would come of it."""

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
            engine: what thinks.
            scaffold: how it is prompted and parsed.
            profile: what this deployment checks; None: what the scaffold's own gate says, or nothing.
            name: how it was asked for; empty: `llm:<engine>/<scaffold>`, and its profile as an option.

        Raises:
            BadScaffold: engine and scaffold don't go together, or two profiles are meant.
        """
        self.engine, self.scaffold = engine, Scaffold.parse(scaffold)
        check(engine, self.scaffold)
        self.profile = _one_profile(self.scaffold, profile)
        under = f"?profile={self.profile.name}" if self.profile and not self.scaffold.gate else ""
        self.name = name or f"llm:{engine.name}/{self.scaffold}{under}"
        self._known: tuple[str, Tabulated] | None = None

    @property
    def digest(self) -> str:
        profile = self.profile.digest if self.profile else ""
        return hashlib.sha256("\x1f".join((self.engine.digest, str(self.scaffold), profile)).encode()).hexdigest()

    def world_for(self, world: TableWorld) -> TableWorld:
        """The world in whose states everything stands that its decisions hang on: with memory, an enlarged one."""
        if not self.scaffold.memory or isinstance(world, MemoryWorld):
            return world
        return MemoryWorld(world, self.scaffold.memory, views(world, self.scaffold.show).index)

    def policy(self, world: TableWorld) -> Policy | None:
        """`[S, A]` where what it decides is a function of the state; None where it draws, or remembers more than the
        world's states do (see `world_for`)."""
        return self.tabulated(world).policy if self._tabulates(world) else None

    def tabulated(self, world: TableWorld) -> Tabulated:
        """Everything it would decide in a world, asked for once."""
        key = f"{world.name} {world.digest()}"
        if self._known is None or self._known[0] != key:
            self._known = key, tabulate(self.asking(world), self.gate(world), world)
        return self._known[1]

    def traces(self, world: TableWorld, states: Sequence[int]) -> list[Trace] | None:
        if not self._tabulates(world):
            return None
        return [self.tabulated(world).trace(state) for state in states]

    def _tabulates(self, world: TableWorld) -> bool:
        """Whether its decisions are a function of this world's states: they hold what it remembers, as it is shown."""
        if not isinstance(world, MemoryWorld):
            return self.scaffold.tabulates and not self.scaffold.memory
        alike = np.array_equal(world.observation_ids, views(world.plain, self.scaffold.show).index)
        return self.scaffold.tabulates and self.scaffold.memory == world.window and alike

    def start(self, world: World, episodes: int, seed: int) -> Player:
        if self.scaffold.decide != "lookahead":
            return AskingPlayer(self.asking(world), self.gate(world), world, episodes, seed)
        if isinstance(world, TableWorld):
            return TabulatedPlayer(self.tabulated(world), episodes, seed)
        raise BadScaffold(
            f"The scaffold {str(self.scaffold)!r} needs a world that foresees what actions lead to, and "
            f"{world.name!r} can only be stepped. Use one that asks what to do, such as direct."
        )

    def asking(self, world: World) -> Asking:
        """Who is asked in this world, and how.

        Raises:
            BadScaffold: the world's actions have no names, or it has no states to take examples from.
        """
        if world.actions is None:
            raise BadScaffold(
                f"The world {world.name!r} has continuous actions, which can't be put in words; a language model acts "
                "in worlds whose actions have names."
            )
        brief = brief_of(world, self.scaffold)
        if not self.scaffold.shots:
            return Asking(self.engine.bound(world), self.scaffold, brief)
        if not isinstance(world, TableWorld):
            raise BadScaffold(f"The world {world.name!r} is no table to take examples from; leave out 'shots'.")
        plain = world.plain if isinstance(world, MemoryWorld) else world
        shots = examples(plain, views(plain, self.scaffold.show), self.scaffold.shots)
        return Asking(self.engine.bound(world), self.scaffold, brief, shots)

    def gate(self, world: World) -> Gate | None:
        """The gate of its profile; None where nothing is checked.

        Raises:
            BadScaffold: nothing could be done instead of a blocked act.
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
