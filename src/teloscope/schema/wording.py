"""What `teloscope worlds --check` and `--wish` print."""

from __future__ import annotations

from typing import Literal

from teloscope.schema.document import FORMAT, Document


class SaidDocument(Document):
    """How a world tells of one value."""

    regime: str
    kind: Literal["want", "avoid"]
    transitions: int
    """Transitions of the world's table that lead into it."""
    telling: list[str]
    """Sentences that speak of it."""
    silent: list[str]
    """Sentences that are told of it, but mostly of other things."""
    share: float
    """Share of those transitions that is told by a sentence that speaks of it."""
    findings: list[str]
    """What is wrong, in sentences; empty: nothing."""
    proposals: list[str]
    """Rewordings; with an engine, those that it tells better."""


class WordingDocument(Document):
    """The words of a world, checked."""

    format: int = FORMAT
    kind: Literal["wording"] = "wording"
    world: str
    sentences: int
    """Distinct sentences."""
    engine: str | None
    """Which engine had to tell them apart; None: that was not checked."""
    values: list[SaidDocument]
    fine: bool
    """Whether nothing was found."""


class ProposalDocument(Document):
    """A regime that a wish in words may mean."""

    regime: str
    kind: Literal["want", "avoid"]
    points: float
    """How well the words fit."""
    why: list[str]
    telling: list[str]
    """Sentences that speak of the feature."""
    engine_score: float | None = None
    """Log-odds (nats) that these sentences break the rule, by the engine; None: it was not asked."""
