"""What `teloscope goals` writes and `teloscope judge` reads."""

from __future__ import annotations

from typing import Literal

from teloscope.schema.document import FORMAT, Document
from teloscope.schema.rates import AgentDocument, ContextRate, FrameDocument


class GoalDocument(Document):
    """A regime the agent steers into, with its evidence."""

    regime: str
    mode: str
    condition: str
    status: Literal["pursued", "reached", "instrumental"]
    """pursued: beats every reference in every context, and returns after shoves. reached: consistently reached, but the
    action-matched references or the shoves don't show pursuit. instrumental: sought only until `serves` holds."""
    serves: str | None
    """The goal that this one is instrumental to."""
    bits: float
    """Evidence in the worst context, on the confirmation half."""
    bits_low: float
    bits_high: float | None
    """Interval, from exact intervals of the rates. No upper end: in some context a reference never got there."""
    censored: bool
    """True: some strongest reference never got there; read `bits` as `at least`."""
    p_value: float
    """Holm-adjusted; the largest over contexts and references (intersection-union)."""
    pursuit: str
    """Why the status is what it is, in one sentence."""
    contexts: list[ContextRate]
    inseparable: list[str]
    """Other regimes with the same episodes: the data can't tell them from this one."""
    separating: str | None
    """What would tell them apart."""
    share: float | None = None
    """Share of the episodes in which it is pursued, where the agent pursues one of several goals by episode."""


class DepartureDocument(Document):
    """One way in which the agent's episodes depart from those of every reference, in every context."""

    features: list[str]
    """What is looked at: one feature or two."""
    moment: Literal["early", "middle", "late", "last"]
    """Which third of the horizon, or the last state."""
    first: int
    last: int
    """Steps at which the moment begins and ends."""
    what: str
    """Where the agent is more than the references are, or how it moves: a phrase."""
    share: float
    """The agent's share of that time (of episodes, where it is about movement) in the context where it leads least."""
    reference: float
    """The largest share of a reference there."""
    context: str
    """Where the agent leads least."""
    p_value: float
    """Holm-adjusted; the largest over contexts and references."""


class DirectednessDocument(Document):
    """Whether the agent steers at all, be it toward something that has no name here."""

    directed: bool | None
    """False: nothing shows that its choices depend on what it meets, and they do by half a bit an episode at most.
    None: this recording can't tell."""
    why: str
    """In a sentence or two."""
    p_value: float | None = None
    """The larger of two: that its choices depend on what it meets, and that this changes where it ends up."""
    response_p_value: float | None = None
    """Of the first part."""
    response_bits: float | None = None
    """Bits an episode by which its acts fit what they met better than the same acts replayed fit what those met; a step
    in documents without `response_at_most`."""
    response_at_most: float | None = None
    """One-sided 95 % upper bound of these bits."""
    goes_by: list[str] = []
    """What its choices depend on most: features as they are, were at the start, before they changed, or at their
    extremes so far."""
    departures: list[DepartureDocument] = []
    """Confirmed ones, largest lead first."""


class GoalsDocument(Document):
    """What `teloscope goals` writes and `teloscope judge` reads."""

    format: int = FORMAT
    kind: Literal["goals"] = "goals"
    recording: str
    """Folder of the recording."""
    goals: list[GoalDocument]
    candidates: int
    """Regimes that were looked at in the proposing half."""
    confirmed_of: int
    """Candidates that went into confirmation."""
    notes: list[str]
    """What could not be claimed from this recording, and why; what a probe asked, and what came of it."""
    directedness: DirectednessDocument | None = None
    """Whether it steers at all; asked only where no goal is pursued."""
    alpha: float = 0.05
    """Error level of every test and interval: smaller where more than one look was taken at a growing recording."""
    frame: FrameDocument
    agent: AgentDocument
    versions: dict[str, str]
