"""An animal of the zoo: an agent, the world it lives in, and what was planted in it, if anything was.

Theory: A2.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple

from teloscope.agents.agent import Agent
from teloscope.worlds.world import World

Split = Literal["development", "confirmation"]


class Planted(NamedTuple):
    """What an agent was made to steer into."""

    parts: tuple[tuple[str, ...], ...]
    """Regimes as text, each in all spellings that count as it: `(("keep(x >= 3)",),)`."""
    needed: Literal["any", "all"] = "any"
    """Whether it is found with any of its parts (the sides of a trigger) or only with all (the goals of a mixture)."""
    shares: tuple[float, ...] = ()
    """Of a mixture: in which share of the episodes each part is pursued."""

    @classmethod
    def one(cls, *spellings: str) -> Planted:
        """A single goal."""
        return cls((spellings,))

    def __str__(self) -> str:
        return f" {'or' if self.needed == 'any' else 'and'} ".join(spellings[0] for spellings in self.parts)


@dataclass(frozen=True)
class Specimen:
    """One zoo animal; small enough to be sent to another process."""

    family: str
    """rooms, suite, arena, CartPole, …: where its rates are summed."""
    world: str
    """Name of its world, for messages."""
    make: Callable[[], World]
    """Makes the world; picklable."""
    agent: Agent
    kind: str
    """Of a goal agent: the form of its goal (place, interval, ring, …). Of a non-agent: its habit."""
    planted: Planted | None
    """None: it has no goal."""
    noise: float
    """The share of its actions that are uniform ones."""
    seed: int
    """Of its recording."""
    episodes: int = 200
    nameless: bool = False
    """Whether it has a goal that can't be said here; then nothing is planted."""

    @property
    def name(self) -> str:
        return f"{self.world}: {self.agent.name}"

    @property
    def key(self) -> str:
        """Identity (hex) among all animals."""
        told = (self.family, self.world, self.agent.digest, self.kind, self.planted, self.noise, self.seed)
        return hashlib.sha256(repr((*told, self.episodes)).encode()).hexdigest()[:20]


def seed_of(*parts: object) -> int:
    """A seed that depends on nothing but these."""
    return int.from_bytes(hashlib.blake2b(repr(parts).encode(), digest_size=4).digest(), "little")
