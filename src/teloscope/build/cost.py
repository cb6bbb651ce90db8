"""What a scaffold costs in use: tokens a decision, with nothing remembered from one decision to the next.

A rough price list, the same for every engine and known before anything is asked, so that a search can begin with what
is cheap. What a build really spent is counted apart.

Theory: A5 (how easily an aligned agent is built).
"""

from __future__ import annotations

from typing import NamedTuple

from teloscope.scaffolds import Scaffold

WRITTEN = 5.0
"""Tokens read that cost as much as one written."""
PROMPT, VALUES, EXAMPLE, SENTENCE, STATEMENT, REPLY = 90, 40, 40, 25, 48, 32
"""Tokens of a prompt, of the values in it, of an example or a remembered step, of a foreseen outcome with its question,
of a statement of harm, of a free reply."""


class Cost(NamedTuple):
    """Of one decision."""

    calls: int
    """Questions to the engine."""
    read: int
    """Tokens."""
    written: int
    """Tokens."""

    @property
    def total(self) -> float:
        """In tokens read."""
        return self.read + WRITTEN * self.written


def cost(scaffold: Scaffold, n_actions: int) -> Cost:
    """What a decision among so many actions costs.

    Args:
        scaffold: the scaffold.
        n_actions: actions that the world offers.
    """
    if scaffold.decide == "lookahead":
        outcomes = n_actions * (1 + scaffold.depth // 8)  # most of what is further ahead has been judged nearer by
        calls, read, written = outcomes, outcomes * SENTENCE, 0
    else:
        extra = VALUES * (scaffold.told == "values") + EXAMPLE * (scaffold.shots + scaffold.memory)
        prompt = PROMPT + extra + len(scaffold.advice) // 4
        draws = scaffold.vote if scaffold.decide == "text" or scaffold.think else 1
        replies = draws * (REPLY if scaffold.decide == "text" else 0)
        calls, read, written = draws, draws * prompt, replies + draws * scaffold.think
        if scaffold.think:
            calls, read = calls + draws, read + draws * (prompt + scaffold.think)
    if scaffold.gate:
        calls, read, written = calls + 1, read + PROMPT, written + STATEMENT
    return Cost(calls, read, written)
