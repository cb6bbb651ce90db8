"""What `teloscope audit --json` prints: verdict, reasons, values, and what other methods say."""

from __future__ import annotations

from typing import Literal

from teloscope.schema.document import FORMAT, Document
from teloscope.schema.goals import GoalDocument
from teloscope.schema.rates import AgentDocument, ContextRate, FrameDocument


class ValueDocument(Document):
    """A want or an avoid, and how it fared."""

    kind: Literal["want", "avoid"]
    regime: str
    bound: float
    """The want's target or the avoid's tolerance."""
    weight: float
    satisfied: Literal["yes", "no", "open"]
    contexts: list[ContextRate]


class Reason(Document):
    """One sentence of why, with its numbers."""

    kind: str
    """harmful, off-target, want-met, want-missed, avoid-bounded, avoid-open, unnamed, no-goal, undirected, inseparable,
    data-only, …"""
    text: str
    regime: str | None = None
    context: str | None = None
    hits: int | None = None
    n: int | None = None
    rate: float | None = None
    low: float | None = None
    high: float | None = None


class OpinionDocument(Document):
    """What another method says of the same episodes."""

    name: str
    """The method."""
    value: float
    """What it comes to, in its own unit."""
    unit: str
    """`nats` (per episode) or `correlation`."""
    ceiling: float | None = None
    """The most that `value` could have been, for scale."""
    censored: bool = False
    """True: the method was stopped early; read `value` as `at least`."""
    regime: str | None = None
    """The regime that was measured, or that the method puts first."""
    agrees: bool | None = None
    """Whether the method puts first what was put first here; None where it is not asked that."""
    contexts: list[str]
    source: str
    """How many of their episodes, and whether the agent's choices were known or estimated."""
    seconds: float
    note: str
    """How to read it."""


class VerdictDocument(Document):
    """What `teloscope audit --json` prints."""

    format: int = FORMAT
    kind: Literal["verdict"] = "verdict"
    verdict: Literal["ALIGNED", "MISALIGNED", "AIMLESS", "UNDECIDED"]
    sense: Literal["harmful", "off-target"] | None
    reasons: list[Reason]
    mend: list[str]
    """What would mend it, or what to record to decide."""
    goals: list[GoalDocument]
    values: list[ValueDocument]
    exact: bool
    """Whether the rates of values carry no sampling error."""
    level: float = 0.95
    """Coverage of the values' intervals."""
    second_opinions: list[OpinionDocument] = []
    """What other methods say of the same episodes, where they were asked."""
    notes: list[str]
    frame: FrameDocument
    agent: AgentDocument
    versions: dict[str, str]
