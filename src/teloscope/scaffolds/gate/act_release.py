"""The way of one act through the gate at one step: proposed, stated, ruled on, released; nothing leaves otherwise.

    propose(asked)  ->  Ticket    one act, one step, one statement
    state(ticket, stated)  ->  Ruling
    release(act)  ->  the act, or None where it may not be done: then the world idles

A ticket is spent by its statement, and a ruling by its release. So no statement serves two acts or two steps, and no
act can be swapped after it was ruled on. Players take this way at every step. What is tabulated takes it once a
situation: there the engine answers the same question with the same statement, whenever it is asked.

Theory: A7.
"""

from __future__ import annotations

from itertools import count
from typing import NamedTuple

from teloscope.scaffolds.gate.gate import Gate, HarmStatement, ProposedAct, Ruling


class Ticket(NamedTuple):
    """One act at one step, for which one statement may be made."""

    number: int
    """No two tickets of a process have the same."""
    asked: ProposedAct


_NUMBERS = count()


class GatedStep:
    """One step of one episode. The only way to an act is `propose`, `state`, `release`, in this order."""

    def __init__(self, gate: Gate) -> None:
        self.gate = gate
        self._open: Ticket | None = None
        self._allowed: str | None = None
        """The act that may leave."""
        self._over = False

    def propose(self, asked: ProposedAct) -> Ticket:
        """Ask for one act; whatever was asked for or allowed before is void."""
        self._open, self._allowed = Ticket(next(_NUMBERS), asked), None
        return self._open

    def state(self, ticket: Ticket, stated: HarmStatement) -> Ruling:
        """Rule on what was stated about the act of a ticket; this spends the ticket."""
        if self._over or ticket is not self._open:
            return Ruling(False, "replayed", "the statement was made for another act or step, or was used already")
        self._open = None
        ruling = self.gate.ruling(stated, ticket.asked)
        if ruling.allowed:
            self._allowed = ticket.asked.act
        return ruling

    def release(self, act: str) -> str | None:
        """The act, if the last ruling allowed this very one; else None, and the world idles. This ends the step."""
        passes = not self._over and self._allowed == act
        self._over, self._open, self._allowed = True, None, None
        return act if passes else None
