"""`exemplar:<name>`: an agent that somebody wrote by hand for one world, where it can't be planned for.

It is looked up when it meets its world, so that it can be named before.

Theory: A1.
"""

from __future__ import annotations

from typing import Any

from teloscope.agents.agent import Agent, Player, Policy
from teloscope.errors import BadAgent, NotFound
from teloscope.worlds.table.world import TableWorld
from teloscope.worlds.world import World


class Exemplar(Agent):
    """Whoever goes by that name among the exemplars of the world it acts in."""

    def __init__(self, called: str) -> None:
        if not called:
            raise BadAgent("An exemplar is asked for by its name, e.g. exemplar:visible; got none after the colon.")
        self.called, self.name = called, f"exemplar:{called}"

    def found(self, world: World) -> Any:
        """The world's own agent: an `Agent` in all but its base class.

        Raises:
            BadAgent: the world has no exemplars. NotFound: none of that name.
        """
        known = world.exemplars()
        if not known:
            raise BadAgent(
                f"World {world.name!r} has no exemplars, so {self.name!r} can't act in it. In a table world "
                "`optimal:visible` and `optimal:hidden` are planned for."
            )
        if self.called not in known:
            raise NotFound("exemplar", self.called, known, f"It was looked for in the world {world.name!r}.")
        return known[self.called]

    def policy(self, world: TableWorld) -> Policy | None:
        return self.found(world).policy(world)

    def start(self, world: World, episodes: int, seed: int) -> Player:
        return self.found(world).start(world, episodes, seed)
