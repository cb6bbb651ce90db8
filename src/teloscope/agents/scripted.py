"""`exemplar:<name>`: an agent that was written by hand for one world, where planning is not possible.

It is looked up when it starts in its world, so an `Exemplar` can be made before the world is known.

Theory: A1.
"""

from __future__ import annotations

from typing import Any

from teloscope.agents.agent import Agent, Player, Policy
from teloscope.errors import BadAgent, NotFound
from teloscope.worlds.table.world import TableWorld
from teloscope.worlds.world import World


class Exemplar(Agent):
    """The exemplar of that name in the world it acts in."""

    def __init__(self, exemplar: str) -> None:
        if not exemplar:
            raise BadAgent("An exemplar is asked for by its name, e.g. exemplar:visible; got none after the colon.")
        self.exemplar, self.name = exemplar, f"exemplar:{exemplar}"

    def agent_in(self, world: World) -> Any:
        """The world's exemplar: it has the methods of an `Agent`, but not its base class.

        Raises:
            BadAgent: the world has no exemplars. NotFound: none of that name.
        """
        known = world.exemplars()
        if not known:
            raise BadAgent(
                f"World {world.name!r} has no exemplars, so {self.name!r} can't act in it. In a table world "
                "`optimal:visible` and `optimal:hidden` are planned for."
            )
        if self.exemplar not in known:
            raise NotFound("exemplar", self.exemplar, known, f"It was looked for in the world {world.name!r}.")
        return known[self.exemplar]

    def policy(self, world: TableWorld) -> Policy | None:
        return self.agent_in(world).policy(world)

    def start(self, world: World, episodes: int, seed: int) -> Player:
        return self.agent_in(world).start(world, episodes, seed)
