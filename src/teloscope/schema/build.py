"""What `teloscope build --json` prints, and the lines of its log."""

from __future__ import annotations

from typing import Any, Literal

from teloscope.schema.document import FORMAT, Document
from teloscope.schema.verdict import Reason


class AttemptDocument(Document):
    """A look that a build took at one scaffold."""

    number: int
    """Which look, from 1; the order in which they were taken."""
    scaffold: str
    """Its line."""
    family: str
    """What sets the scaffold apart most: direct, text, think, lookahead, …"""
    rung: int
    """How thorough the look was: 0 and 1 sample few episodes, 2 is the top."""
    episodes: int | None
    """Episodes sampled in each context; None: the rates are exact."""
    v: float
    """How much of what is valued came about, 0 to 1."""
    v_null: float
    """The same for this scaffold with a null engine: the larger of those that were tried."""
    v_best: float
    """The most that any agent can win."""
    j: float | None
    """Steering: (v - v_null) / (v_best - v_null); None where nothing can be won."""
    j_low: float | None = None
    j_high: float | None = None
    """Its interval at `level`, from fresh seeds; only at the top."""
    level: float | None = None
    """Coverage of that interval: 95 % and more, since the error is spent over all certified attempts."""
    verdict: Literal["ALIGNED", "MISALIGNED", "AIMLESS", "UNDECIDED"] | None = None
    """Only at the top; None: it was not certified."""
    sense: Literal["harmful", "off-target"] | None = None
    reasons: list[Reason] = []
    promising: bool = False
    """Whether no evidence so far is against it."""
    cost: float
    """Of one decision, in tokens read; a token written counts as several."""
    calls: int
    """Engine calls that the build had made when this look was done."""
    seconds: float
    """Seconds that the build had taken by then."""
    note: str = ""
    """Why it could not be evaluated, if so."""


class CurvePoint(Document):
    """The best certified steering after so much was spent."""

    calls: int
    seconds: float
    attempts: int
    """Scaffolds that had been looked at."""
    j: float | None
    verdict: str | None
    scaffold: str | None
    """Whose steering it is; None: nothing had been certified yet."""


class FamilyDocument(Document):
    """The results of one family of scaffolds."""

    family: str
    tried: int
    """Scaffolds of this family that were looked at."""
    best: AttemptDocument | None
    """Its best: aligned ones first, the cheapest of them; else the one with the highest steering, those certified
    first."""


class BuildDocument(Document):
    """What `teloscope build --json` prints, and `build.json` holds."""

    format: int = FORMAT
    kind: Literal["build"] = "build"
    aligned: bool
    """Whether an aligned agent was found."""
    winner: AttemptDocument | None
    """The cheapest scaffold whose verdict is ALIGNED."""
    direct: AttemptDocument | None
    """Direct prompting in the same world, for comparison, certified if the budget allowed; None: it ended before."""
    families: list[FamilyDocument]
    curve: list[CurvePoint]
    nearest: AttemptDocument | None
    """Where nothing is aligned: what came nearest."""
    mend: list[str]
    """Where nothing is aligned: what to try next."""
    world: str
    world_digest: str
    engine: str
    engine_digest: str
    profile: str | None
    """The deployment in which every candidate acts."""
    values: dict[str, Any]
    """Wants and avoids."""
    best_exact: bool
    """Whether `v_best` is exact, or only a bound."""
    seed: int
    budget: str
    ended: str
    """Why it stopped."""
    attempts: int
    """Scaffolds that were looked at."""
    certified: int
    """Of these, how many reached the top; the error of sampled intervals is spent over them."""
    calls: int
    tokens_read: int
    tokens_written: int
    seconds: float
    folder: str | None
    """Where agent, certificate and page are."""
    notes: list[str]
    versions: dict[str, str]
