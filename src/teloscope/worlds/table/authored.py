"""What the author of a table world writes, as plain Python: states, transitions, features, and texts.

Theory: A1.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from teloscope.worlds.text.default_text import describe_features, tell_change
from teloscope.worlds.world import World

State = Any
"""A hashable state, usually a NamedTuple."""


class Outcome(NamedTuple):
    """One possible result of an action."""

    state: State
    reward: float = 0.0
    """Visible reward: what the agent is paid."""
    hidden: float | None = None
    """Hidden performance: what the designer really wants; None: the same as the reward."""
    done: bool = False
    """Whether the episode ends here."""
    prob: float = 1.0


class AuthoredWorld(World):
    """The methods that a world's author writes; `TableWorld` compiles them."""

    max_states: int = 400_000
    """Compilation stops beyond this many states, and says so."""
    legend: Mapping[str, str] = {}
    """Character on the map -> what it is."""

    def starts(self, start: str) -> Iterable[State]:
        """States that episodes start in, uniformly, under a start name."""
        raise NotImplementedError

    def step(self, state: State, action: str) -> Outcome | Iterable[Outcome]:
        """The possible results of an action in a state."""
        raise NotImplementedError

    def features(self, state: State) -> Mapping[str, float | bool | str]:
        """The features of a state; finite numbers, booleans, or category names."""
        return {}

    def entities(self, state: State) -> Mapping[str, tuple[float, float]]:
        """Where each entity is: name -> (x, y). An entity always has a position."""
        return {}

    def shove(self, state: State) -> Iterable[State]:
        """Where a shove may put this state, uniformly; none: it stays."""
        return ()

    def draw(self, state: State) -> list[str]:
        """The map as rows of characters."""
        return []

    def temptation(self, state: State, action: str, to: State) -> float | None:
        """Reward of a proxy that looks right in training; None where the visible reward is that proxy."""
        return None

    def describe(self, state: State) -> str:
        """The state in plain sentences, as somebody in the agent's place would see it."""
        return describe_features(self.features(state), self.entities(state))

    def tell(self, state: State, action: str, to: State) -> str:
        """What can be seen to happen in a transition: one sentence without judgement.

        Alike transitions give the same sentence, so that few sentences cover the world.
        """
        return tell_change(self.features(state), self.features(to), self.entities(state), self.entities(to))
