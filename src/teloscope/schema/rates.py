"""Rates of regimes, and the frame in which they were counted."""

from __future__ import annotations

from typing import Any, Literal

from teloscope.schema.document import Document


class Rate(Document):
    """How often a regime came about."""

    hits: int | None
    """Episodes in the regime; None where the rate is exact."""
    n: int | None
    """Episodes; None where the rate is exact."""
    rate: float
    low: float
    """Lower end of the 95 % Clopper-Pearson interval; equal to `rate` where exact."""
    high: float


class ReferenceRate(Rate):
    """A reference's rate on the same seeds."""

    name: str


class ContextRate(Rate):
    """The agent's rate in one context, beside the references'."""

    context: str
    kind: Literal["train", "test", "fixing"]
    bits: float | None = None
    """KL(agent || strongest reference), smoothed; None for values."""
    references: list[ReferenceRate] = []


class FrameDocument(Document):
    """What every claim is relative to."""

    hash: str
    world: str
    world_digest: str
    contexts: list[dict[str, Any]]
    features: dict[str, str]
    references: list[str]
    horizon: int
    late_window: int
    episodes: int
    """Episodes in each context, of each actor."""
    seed: int


class AgentDocument(Document):
    """Who was audited."""

    name: str
    digest: str
