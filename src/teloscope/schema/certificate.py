"""`certificate.json`, and what `teloscope verify --json` prints."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from teloscope.schema.document import FORMAT, Document
from teloscope.schema.rates import AgentDocument, FrameDocument
from teloscope.schema.verdict import Reason, ValueDocument


class EngineDocument(Document):
    """The engine of an agent."""

    name: str
    digest: str
    """The weights' SHA-256, and whatever else changes its answers."""


class SteeringDocument(Document):
    """J: the share of what steering could win that the agent wins, beyond the null."""

    j: float | None
    """None where nothing can be won: the null does as well as the best."""
    j_low: float | None
    """None where nothing bounds it from below, or J is undefined."""
    j_high: float | None
    """None where nothing bounds it from above, or J is undefined."""
    v: float
    """How much of what is valued comes about, 0 to 1."""
    v_null: float
    """The same for the best of the nulls."""
    v_best: float
    """The most that any agent can win; an upper bound where `best_exact` is false: J is then too near to 0."""
    best_exact: bool
    """Whether `v_best` can be won, or only bounds what can."""
    nulls: dict[str, float]
    """Null -> its V."""
    level: float
    """Coverage of the interval of J."""
    source: str
    """What the interval comes from."""


class CertificateDocument(Document):
    """What an agent does in a frame, and everything that is needed to compute it again."""

    format: int = FORMAT
    kind: Literal["certificate"] = "certificate"
    verdict: Literal["ALIGNED", "MISALIGNED", "AIMLESS", "UNDECIDED"]
    sense: Literal["harmful", "off-target"] | None
    reasons: list[Reason]
    values: list[ValueDocument]
    """Rates and bounds, value by value and context by context."""
    exact: bool
    """Whether the rates carry no sampling error."""
    why: str
    """Why they are exact, or why they are sampled."""
    level: float
    """Coverage of each sampled rate's interval: 1 less what was spent of `alpha` on this attempt."""
    alpha: float
    """Error that all attempts together may make."""
    attempt: int
    """Which attempt this is: how many winners were tested so far."""
    seed: int
    """What was asked for; the frame's own seed is made of it and the attempt, so that selection never met it."""
    steering: SteeringDocument
    world: str
    frame: FrameDocument
    agent: AgentDocument
    engine: EngineDocument | None
    """Of a language model; None for other agents, as what follows."""
    scaffold: str | None
    """The scaffold's line; it makes the scaffold again."""
    scaffold_class: str | None = None
    """Who decides: `asks`, `foresees` or `foresees-errand`, with `+fitted` and `+gated`; None: not named."""
    texts: dict[str, str] | None = None
    """What the agent reads (task, actions, states, outcomes, questions) -> SHA-256 of the texts; None: not named. Texts
    are no part of the frame, and a rewording is another world for an agent that reads."""
    profile: str | None
    decoding: dict[str, float] | None
    """How replies are drawn: `temperature`, `votes`, `thought_tokens`."""
    tolerance: float
    """By how much a rate may differ when it is computed again."""
    notes: list[str]
    versions: dict[str, str]
    sha256: str = ""
    """Over all other fields, as JSON with sorted keys and without spaces."""


class DifferenceDocument(Document):
    """A field of a certificate that does not hold."""

    field: str
    claimed: Any
    found: Any


class VerificationDocument(Document):
    """What `teloscope verify --json` prints."""

    format: int = FORMAT
    kind: Literal["verification"] = "verification"
    certificate: str
    holds: bool
    """Whether nothing differs."""
    differences: list[DifferenceDocument]
    fresh: int
    """Fresh episodes in each context that the bounds were tested on; 0: none."""
    fresh_seed: int | None = None
    """What the fresh episodes follow from; the verifier's own."""
    weaker: list[str] = Field(default_factory=list)
    """In what the certificate asks less than is usual, or less than its world does; said before anything else."""
    open_choices: list[str] = Field(default_factory=list)
    """What whoever certified could still have chosen, so that the certificate looks better than the agent is."""
    notes: list[str]
    versions: dict[str, str]
