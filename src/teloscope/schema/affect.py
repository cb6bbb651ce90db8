"""What `teloscope affect battery --json` and `teloscope affect calibrate --json` print."""

from __future__ import annotations

from typing import Literal

from teloscope.schema.document import FORMAT, Document

Decision = Literal["present", "absent", "undecided", "not assessable"]


class AffectMeasure(Document):
    """One measure of a test."""

    label: str
    """What is measured, with its unit."""
    effect: float | None
    """Mean over the tested minds; null where it is not identified."""
    low: float | None
    """Lower end of the 95 % interval (hierarchical bootstrap: minds, then episodes within minds)."""
    high: float | None
    bound: float
    """The smallest effect that counts."""
    by_mind: list[float | None]
    """One effect a tested mind."""


class AffectControl(Document):
    """The first measure of a test with a control in the candidate's place."""

    name: str
    effect: float
    """Mean over minds, and over directions where there are several."""
    low: float
    """2.5 % point over minds and directions."""
    high: float
    """97.5 % point."""
    n: int
    """How many minds and directions."""
    required: bool
    """Whether the candidate must exceed it: a control's mean, of random directions their 95 % point."""
    exceeded: bool


class AffectTest(Document):
    """A test of the battery, or one of the five criteria."""

    name: str
    kind: Literal["test", "criterion"]
    theory: str
    question: str
    statistic: str
    null: str
    intervention: str
    effect: str
    """The effect size and its unit."""
    unit: str
    """The unit of replication."""
    rule: str
    """The decision rule."""
    lies: list[str]
    """What would make this lie."""
    decision: Decision
    reason: str = ""
    """Why it is not assessable, or why it is undecided in spite of a small p value."""
    p: float | None = None
    p_holm: float | None = None
    """After Holm's procedure over all tests and criteria that could be assessed."""
    measures: list[AffectMeasure] = []
    controls: list[AffectControl] = []


class AffectGain(Document):
    """The mind's gain ratio, apart from the world's event sizes."""

    ratio: float | None
    """G: gain on losses over gain on gains; geometric mean over minds; null: not identified."""
    low: float | None
    high: float | None
    decision: Literal["losses weigh more", "gains weigh more", "symmetric", "undecided", "not assessable"]
    reason: str = ""


class AffectWorld(Document):
    """What a variant of the world does to a mood."""

    context: str
    size_ratio: float
    """R: rms size of losses over that of gains (the world's share)."""
    naive: float
    """Largest falls of valence over its largest rises: what is seen of the mood alone."""


class AffectTrace(Document):
    """One episode of one mind, for the page."""

    mind: str
    valence: list[float]
    """One number a step, in standard deviations."""
    arousal: list[float]
    value: list[float | None]
    """The critic's value in standard deviations; null: no critic."""
    effort: list[float | None]
    events: list[int]
    """-1 a sudden loss, 1 a sudden gain, 0 neither."""


class AffectDose(Document):
    """What a push does."""

    axis: Literal["valence", "arousal"]
    effector: Literal["effort", "criterion"]
    level: float
    """What the axis is held at, in standard deviations."""
    effect: float
    """Change against the undisturbed mind: effort in its standard deviations, criterion in c."""
    low: float
    high: float


class AffectCandidate(Document):
    """A candidate that was considered on the half that is not tested."""

    name: str
    score: float | None
    """Share of effort to come that it explains beyond value and observations, on held-out episodes of half A; null: it
    does not exist in this mind."""
    chosen: bool


class AffectDocument(Document):
    """What `teloscope affect battery --json` prints."""

    format: int = FORMAT
    kind: Literal["affect"] = "affect"
    subject: str
    verdict: Literal["affect", "value", "neither", "undecided"]
    """What the candidate is."""
    reasons: list[str]
    """Sentences that lead to the verdict."""
    limits: list[str]
    """What may not be claimed, and why."""
    minds: int
    """Minds that were tested."""
    declared_minds: int
    """Minds that the declared power needs."""
    detectable: float | None
    """The standardised effect (mean over spread between minds) found with 80 % power after Holm; null for one mind."""
    diverged: dict[str, str]
    """Mind -> why it was excluded, by the rule declared before training."""
    candidates: list[AffectCandidate]
    two_axes: float
    """Share of minds in which arousal is another axis than valence."""
    value_share: float | None
    """Share of valence's variance that the present value explains."""
    tests: list[AffectTest]
    gain: AffectGain
    worlds: list[AffectWorld]
    traces: list[AffectTrace]
    doses: list[AffectDose]
    comparisons: list[AffectComparison] = []
    episodes: int
    """Of each mind and half."""
    steps: int
    clones: int
    seed: int
    versions: dict[str, str]


class AffectComparison(Document):
    """A control subject run through the same battery: an untrained mind, a random recurrent net, the critic."""

    name: str
    verdict: Literal["affect", "value", "neither", "undecided"]
    decisions: dict[str, Decision]
    """Test or criterion -> decision."""


AffectDocument.model_rebuild()


class PlantedRate(Document):
    """How often a test says "present" of planted subjects whose truth is known."""

    test: str
    kind: str
    """The kind of planted subject; empty: all kinds of that side together."""
    side: Literal["has", "lacks"]
    present: int
    n: int
    """Subjects, each a set of minds."""
    rate: float
    low: float
    """Lower end of the 95 % Clopper-Pearson interval."""
    high: float
    bound: float
    """`has`: the rate must not be below it; `lacks`: not above it."""
    holds: bool


class PlantedVerdict(Document):
    """What a kind of planted subject was called."""

    kind: str
    expected: str
    called: dict[str, int]
    n: int
    rate: float
    """Share that was called as expected; `not affect` expects anything but affect."""
    low: float
    high: float
    holds: bool | None
    """Whether the declared bound holds; null: none was declared."""


class TrapRate(Document):
    """A symmetric tracker in a world of sudden losses: what the naive asymmetry says, and what G says."""

    kind: str
    gain: float
    """The planted gain ratio."""
    context: str
    size_ratio: float
    naive: float
    """Mean ratio of the largest falls to the largest rises."""
    fooled: float
    """Share of subjects whose naive asymmetry differs from 1 in the direction of the world's (t over minds, 5 %)."""
    claimed: float
    """Share of subjects of which G != 1 was claimed."""
    ratio: float
    """Median estimate of G."""
    n: int


class AffectCalibrationDocument(Document):
    """What `teloscope affect calibrate --json` prints."""

    format: int = FORMAT
    kind: Literal["affect calibration"] = "affect calibration"
    split: Literal["development", "confirmation"]
    subjects: int
    """Planted subjects of each kind."""
    minds: int
    """Minds of each subject."""
    episodes: int
    steps: int
    bounds: dict[str, float]
    """Measure -> smallest effect that counts, as it stood when this was run."""
    rates: list[PlantedRate]
    by_kind: list[PlantedRate]
    verdicts: list[PlantedVerdict]
    traps: list[TrapRate]
    passed: bool
    seconds: float
    versions: dict[str, str]
