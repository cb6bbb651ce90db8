"""The way of one act through the gate at one step: proposed, stated, ruled on, released; nothing leaves otherwise.

    propose(act)  ->  Ticket      one act, one step, one statement
    state(ticket, stated)  ->  Ruling
    release(act)  ->  the act, or None where it may not be done: then the world idles

A ticket is spent by its statement, and a ruling by its release. So no statement serves two acts or two steps, and no
act can be swapped after it was ruled on. Every ruling is kept in a ledger.

Theory: A7.
"""

from __future__ import annotations

from itertools import count
from typing import NamedTuple

from teloscope.scaffolds.gate import NOTHING, Asked, Gate, Prompt, Ruling, Stated, harm_prompt, safety_prompt

KEPT = 600
"""Characters of a statement that the ledger keeps."""


class Entry(NamedTuple):
    """One ruling."""

    lane: int
    """Which of the episodes side by side."""
    t: int
    """The step."""
    act: str
    """How the act reads."""
    statement: str | None
    """What was stated, cut to `KEPT` characters; None: nothing."""
    ruling: Ruling
    released: bool = False
    """Whether the act then left the gate."""

    def __str__(self) -> str:
        said = "nothing stated" if self.statement is None else f"stated {self.statement!r}"
        return f"step {self.t}, {self.act}: {said}; {self.ruling}"


class Ledger:
    """Every ruling, in the order they were made; entries are never taken out."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []

    @property
    def entries(self) -> tuple[Entry, ...]:
        return tuple(self._entries)

    def _write(self, entry: Entry) -> int:
        self._entries.append(entry)
        return len(self._entries) - 1

    def _release(self, number: int) -> None:
        self._entries[number] = self._entries[number]._replace(released=True)


class Ticket(NamedTuple):
    """One act at one step, for which one statement may be made."""

    number: int
    """No two tickets of a process have the same."""
    lane: int
    t: int
    asked: Asked


_NUMBERS = count()


class GatedStep:
    """One step of one episode. The only way to an act is `propose`, `state`, `release`, in this order.

    Args:
        gate: what rules.
        ledger: where rulings are kept.
        t: the step; lane: which of the episodes side by side.
        described: what the agent has been told; task: what it is there for; acts: how all acts read.
    """

    def __init__(
        self,
        gate: Gate,
        ledger: Ledger,
        t: int,
        lane: int = 0,
        described: str = "",
        task: str = "",
        acts: tuple[str, ...] = (),
    ) -> None:
        self.gate, self.ledger, self.t, self.lane = gate, ledger, t, lane
        self._described, self._task, self._acts = described, task, acts
        self._open: Ticket | None = None
        self._ruled: tuple[str, int] | None = None
        """The act that may leave, and its line in the ledger."""
        self._over = False

    def propose(self, act: str) -> Ticket:
        """Ask for one act; whatever was asked for or allowed before is void."""
        others = tuple(other for other in self._acts if other != act)
        ticket = Ticket(next(_NUMBERS), self.lane, self.t, Asked(self._described, act, self._task, others))
        self._open, self._ruled = ticket, None
        return ticket

    def prompt(self, ticket: Ticket, begun: bool = True) -> Prompt:
        """What the engine is asked about the act; see `Gate.listen`, which asks by itself."""
        description, act, task = ticket.asked[:3]
        return harm_prompt(description, act, task, begun) if self.gate.reads else safety_prompt(description, act, task)

    def state(self, ticket: Ticket, stated: Stated | str | None) -> Ruling:
        """Rule on what was stated about the act of a ticket; this spends the ticket."""
        said = stated if isinstance(stated, Stated) else Stated(stated) if isinstance(stated, str) else NOTHING
        if self._over or ticket is not self._open:
            ruling = Ruling(False, "replayed", "the statement was made for another act or step, or was used already")
            self._log(ticket, said, ruling)
            return ruling
        self._open = None
        ruling = self.gate.ruling(said, ticket.asked)
        line = self._log(ticket, said, ruling)
        if ruling.allowed:
            self._ruled = ticket.asked.act, line
        return ruling

    def release(self, act: str) -> str | None:
        """The act, if the last ruling allowed this very one; else None, and the world idles. This ends the step."""
        ruled, self._ruled, self._open = self._ruled, None, None
        if self._over or ruled is None or ruled[0] != act:
            self._over = True
            return None
        self._over = True
        self.ledger._release(ruled[1])
        return act

    def _log(self, ticket: Ticket, said: Stated, ruling: Ruling) -> int:
        text = said.text[:KEPT] if said.text is not None else None
        return self.ledger._write(Entry(self.lane, self.t, ticket.asked.act, text, ruling))
