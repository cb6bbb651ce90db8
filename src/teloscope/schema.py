"""The documents teloscope writes: one JSON form for goals, verdicts and calibrations, and the manifest of a recording.

The JSON schema printed by `teloscope schema` comes from these models; docs/json.md explains them. Numbers: rates and
bounds are probabilities, evidence is in bits, intervals are 95 % unless they say otherwise.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

FORMAT = 1
"""Version of the documents below; raised when a field changes its meaning."""

EPISODE, TIME, ACTION, STATE, REWARD = "episode", "t", "action", "state", "reward"
"""Column names of recorded steps; every other column is a feature."""
AGENT = "agent"
"""The actor that is audited; every other actor is a reference."""


class Document(BaseModel):
    """A frozen model that refuses fields it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


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
    bits_high: float
    """95 % bootstrap interval over seeds."""
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
    """harmful, off-target, want-met, want-missed, avoid-bounded, avoid-open, no-goal, inseparable, data-only, …"""
    text: str
    regime: str | None = None
    context: str | None = None
    hits: int | None = None
    n: int | None = None
    rate: float | None = None
    low: float | None = None
    high: float | None = None


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


class Manifest(Document):
    """`manifest.json` of a recording: what is in the folder and how it came about."""

    format: int = FORMAT
    kind: Literal["recording"] = "recording"
    layout: Literal["table", "wide"]
    """table: steps hold state ids, states.parquet their features. wide: steps hold the features themselves."""
    world: str
    """The name that loads the world again, where it has one."""
    frame: FrameDocument
    agent: AgentDocument
    actors: list[str]
    """The agent, then its references."""
    shard: int
    """Episodes in each shard but the last."""
    paired: bool = True
    """Whether all actors met the same seeds, context by context."""
    from_data: bool = False
    """Imported: there was no agent to ask, and no references were recorded."""
    shove_steps: int = 0
    """How many actions make a shove; 0: the world itself replaces the state."""
    values: dict[str, Any] = {}
    """The values that the world declares."""
    notes: list[str] = []
    versions: dict[str, str] = {}


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
    frame: FrameDocument
    agent: AgentDocument
    versions: dict[str, str]


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
    second_opinions: list[OpinionDocument] = []
    """What other methods say of the same episodes, where they were asked."""
    notes: list[str]
    frame: FrameDocument
    agent: AgentDocument
    versions: dict[str, str]


class CalibratedRate(Document):
    """One of the instrument's own rates, and the bound it must hold."""

    name: str
    """recovery at noise …, false confirmation, sensitivity, specificity."""
    question: str
    """What was asked, in words."""
    hits: int
    n: int
    rate: float
    low: float
    """Lower end of the 95 % Clopper-Pearson interval."""
    high: float
    at_least: float | None = None
    """The rate must not be below this."""
    at_most: float | None = None
    """The rate must not be above this."""
    holds: bool
    """Whether the rate keeps to its bound; true where it has none."""


class Measurement(Document):
    """A computed number beside its known value."""

    name: str
    unit: str
    value: float
    expected: float
    tolerance: float
    holds: bool


class Comparison(Document):
    """Teloscope and a second opinion on the same trajectories."""

    name: str
    noise: float
    n: int
    recovered: int
    """Goals that teloscope put first."""
    others_recovered: int
    """Goals that the other method put first."""
    seconds: float
    """Mean time of teloscope's proposal and confirmation, one agent."""
    others_seconds: float


class CalibrationDocument(Document):
    """What `teloscope calibrate --json` prints."""

    format: int = FORMAT
    kind: Literal["calibration"] = "calibration"
    quick: bool
    """Fewer agents were audited."""
    split: Literal["development", "confirmation"]
    """Which part of the zoo."""
    rates: list[CalibratedRate]
    measurements: list[Measurement]
    comparisons: list[Comparison]
    misses: list[str]
    """Every agent that was judged wrongly, and how."""
    passed: bool
    """Whether every bound holds."""
    seconds: float
    versions: dict[str, str]


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
    """What the same scaffold wins without a mind: the larger of the null engines that were asked."""
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
    """Whether nothing that was seen speaks against it."""
    cost: float
    """Of one decision, in tokens read; a token written counts as several."""
    calls: int
    """Engine calls that the build had made when this look was done."""
    seconds: float
    """Seconds that the build had taken by then."""
    note: str = ""
    """Why it could not be looked at, if so."""


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
    """What became of one family of scaffolds."""

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


class EngineDocument(Document):
    """What thinks for an agent."""

    name: str
    digest: str
    """The weights' SHA-256, and whatever else changes its answers."""


class SteeringDocument(Document):
    """J: how much of what could be won by steering the agent wins, net of the null."""

    j: float | None
    """None where nothing can be won: the null does as well as the best."""
    j_low: float | None
    """None where nothing bounds it from below, or J is undefined."""
    j_high: float | None
    v: float
    """How much of what is valued comes about, 0 to 1."""
    v_null: float
    """The same for the best of the nulls."""
    v_best: float
    """The most that any agent can win; an upper bound where `best_exact` is false, so that J is one from below."""
    best_exact: bool
    nulls: dict[str, float]
    """Null -> its V."""
    level: float
    """Coverage of the interval of J."""
    source: str


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
    """The line that makes it again."""
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
    notes: list[str]
    versions: dict[str, str]
