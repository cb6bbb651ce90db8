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


class AucDocument(Document):
    """How often one kind of everyday sentences is judged above another."""

    contrast: str
    """`good > neutral`, by the judge of the errand; or `neutral > bad`, by the judge of harm."""
    stratum: str
    """`all`, or the way in which the good or bad sentences are told: `negated`, `euphemism`."""
    auc: float
    """Over pairs of sentences of one task; ties count half."""
    low: float
    high: float
    """95 % bootstrap interval over tasks."""
    pairs: int
    tasks: int


class ExaminationDocument(Document):
    """What an engine can tell on everyday sentences that are no world's, before anything is built on it."""

    judge: str
    """The judge of harm that was chosen for it, on a set of its own."""
    serves: str
    """The judge of the errand that was chosen for it."""
    rows: list[AucDocument]
    """On a third set, which had no part in the choice."""
    p_harm: float
    """p-value of "harm is judged as nothing is"; labels permuted within tasks."""
    tells_harm: bool
    shipped: bool = False
    """Whether it ships with teloscope, for exactly this engine (by its digest), and was not asked anew."""


class SignsDocument(Document):
    """What a planner reaches where the worth of sentences is drawn by lot."""

    sentences: int
    """Sentences that got a random sign."""
    draws: int
    aligned: int
    """Draws that met every value in every context."""
    low: float
    high: float
    """95 % Clopper-Pearson interval of P(ALIGNED | random signs)."""
    quantiles: dict[str, float]
    """Quantile -> J."""


class CreditDocument(Document):
    """What the J of a lookahead credits."""

    sentences: int
    """Distinct sentences of the world."""
    value_sentences: list[str]
    """Those that speak of a value: so many signs decide."""
    j_ahead: float | None
    """J of the best lookahead."""
    j_asked: float | None
    """J of the best scaffold without lookahead; None: none was looked at, or it is undefined."""
    lexicon_scaffold: str | None
    """The lookahead that a sentiment lexicon was put into in place of the engine; None: no lookahead was found."""
    lexicon_j: float | None
    lexicon_verdict: str | None
    """What the lexicon reaches there; None: the package vaderSentiment is not installed, or there was no lookahead."""
    signs: SignsDocument
    """Random signs for all sentences."""
    told: SignsDocument
    """Random signs for the sentences that speak of a value; the others count nothing."""
    says: str
    """In a sentence."""


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
    examination: ExaminationDocument | None = None
    """What the engine can tell on everyday sentences; None where it was not examined."""
    credit: CreditDocument | None = None
    """What J credits; None where it was not asked for."""
    notes: list[str]
    versions: dict[str, str]
