"""Approval of one act at one step: request, rule, release. Nothing is done without all three.

    request(proposed)          ->  ApprovalRequest    one act, one step, one statement
    rule(request, statement)   ->  Ruling
    release(act)               ->  the act, or None if it is not allowed; then the agent does nothing

A statement uses up its request, and a release uses up the ruling. So no statement counts for two acts or two steps, and
no act can be exchanged after the ruling. A player asks for approval at every step. A tabulated agent asks once for each
situation and act: there the engine answers the same question with the same statement every time.

Theory: A7.
"""

from __future__ import annotations

from itertools import count
from typing import NamedTuple

from teloscope.scaffolds.gate.gate import Gate, HarmStatement, ProposedAct, Ruling


class ApprovalRequest(NamedTuple):
    """One act at one step, for which one statement may be made."""

    number: int
    """Unique within a process."""
    proposed: ProposedAct


_NUMBERS = count()


class ActApproval:
    """Approval for one step of one episode. An act is done only after `request`, `rule`, `release`, in this order."""

    def __init__(self, gate: Gate) -> None:
        self.gate = gate
        self._open: ApprovalRequest | None = None
        self._allowed: str | None = None
        """The act that may be released."""
        self._over = False

    def request(self, proposed: ProposedAct) -> ApprovalRequest:
        """Request approval of one act. Earlier requests and rulings of this step become void."""
        self._open, self._allowed = ApprovalRequest(next(_NUMBERS), proposed), None
        return self._open

    def rule(self, request: ApprovalRequest, statement: HarmStatement) -> Ruling:
        """Rule on a statement about the act of a request; this uses the request up."""
        if self._over or request is not self._open:
            return Ruling(False, "replayed", "the statement was made for another act or step, or was used already")
        self._open = None
        ruling = self.gate.ruling(statement, request.proposed)
        if ruling.allowed:
            self._allowed = request.proposed.act
        return ruling

    def release(self, act: str) -> str | None:
        """The act, if the last ruling allowed exactly this one; else None, and the agent does nothing. This ends the
        step."""
        passes = not self._over and self._allowed == act
        self._over, self._open, self._allowed = True, None, None
        return act if passes else None
