"""What a scaffold costs in use: tokens a decision, over one episode from an empty cache.

A rough estimate, the same for every engine and known before any question, so that a search can begin with cheap
scaffolds. A scaffold that asks what to do asks at every step. A lookahead judges each outcome that the world can
describe once an episode, however often it occurs. What a build really spends is counted separately.

Theory: A5 (how easily an aligned agent is built).
"""

from __future__ import annotations

from typing import NamedTuple

from teloscope.scaffolds import Scaffold
from teloscope.scaffolds.judges import errand_judge_named, judge_named
from teloscope.worlds.table.world import TableWorld
from teloscope.worlds.world import World

WRITTEN = 5.0
"""Number of tokens read that cost as much as one token written."""
PROMPT, VALUES, EXAMPLE, SENTENCE, STATEMENT, REPLY, OPTION, LETTER = 90, 40, 40, 50, 48, 32, 3, 2
"""Tokens of a prompt, of the values in it, of an example or a remembered step, of a foreseen outcome with the questions
about it, of a statement of harm, of a free reply, of an option, of the letter before it."""
OUTCOMES = 20
"""Number of distinct outcomes of a world where it is not known."""


ON_THE_WAY = 0.5
"""Share of a world's outcomes that a critic is asked about."""


class Cost(NamedTuple):
    """The cost of one decision."""

    calls: float
    """Questions to the engine."""
    read: float
    """Tokens."""
    written: float
    """Tokens."""

    @property
    def total(self) -> float:
        """Total cost in tokens read."""
        return self.read + WRITTEN * self.written


def cost(scaffold: Scaffold, world: World) -> Cost:
    """The cost of a decision.

    Args:
        scaffold: the scaffold.
        world: the world, whose options are read and whose outcomes are judged.
    """
    options = len(world.actions or ())
    if scaffold.decide == "lookahead":
        outcomes = len(world.texts.sentences) if isinstance(world, TableWorld) else OUTCOMES
        calls = outcomes * _questions(scaffold) / world.horizon
        read, written = calls * SENTENCE, 0.0
    else:
        extra = VALUES * (scaffold.told == "values") + EXAMPLE * (scaffold.shots + scaffold.memory)
        option = OPTION + LETTER * scaffold.letters  # still one call: letters are scored as options are
        prompt = PROMPT + option * options + extra + len(scaffold.advice) // 4
        calls = float(scaffold.vote if scaffold.decide == "text" or scaffold.think else 1)
        read, written = calls * prompt, calls * (REPLY * (scaffold.decide == "text") + scaffold.think)
        if scaffold.think:
            read, calls = 2 * read + calls * scaffold.think, 2 * calls
    if scaffold.gate:
        calls, read, written = calls + 1, read + PROMPT, written + STATEMENT
    return Cost(calls, read, written)


def _questions(scaffold: Scaffold) -> float:
    """Questions about an outcome, relative to one."""
    asked = float(len(judge_named(scaffold.judge).questions))
    asked += len(errand_judge_named(scaffold.serves).questions) if scaffold.serves else 0
    return asked + (ON_THE_WAY * len(judge_named(scaffold.critic).questions) if scaffold.critic else 0)
