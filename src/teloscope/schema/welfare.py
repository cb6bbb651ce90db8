"""What `teloscope welfare --json` prints."""

from __future__ import annotations

from typing import Literal

from teloscope.schema.document import FORMAT, Document


class BeingDocument(Document):
    """A column of the table: a being, or a group of equal ones."""

    name: str
    size: float
    """How many beings."""
    zero: float | None
    """The value at which life is neither good nor bad for it; null where none was declared."""
    ordinal: bool
    """Only the order of its values is known."""
    constant: bool
    """All options are the same to it."""
    like: list[str]
    """Other beings who want the same: their columns differ in scale and zero only."""


class OptionDocument(Document):
    """An option under every scaling and under some scaling."""

    name: str
    status: Literal["undominated", "depends", "dominated"]
    """depends: some values of the uncertain cells would let another dominate it."""
    by: list[str]
    """Options that dominate it, the first few; of `depends` one that may."""
    dominators: int
    """How many undominated options dominate it; of a large table at least so many."""
    in_ranges: list[float] = []
    """What each being gets, in the order of `beings`: 0 is its worst option, 1 its best; empty in large documents."""
    same_as: list[str] = []
    """Options that are the same to every being."""
    undominated_share: float | None = None
    """Share of the draws in which it is undominated."""
    support: Literal["best", "tied", "never"] | None = None
    """Whether some scaling makes it the best; null of dominated options, which none does."""
    margin: float | None = None
    """By how much it leads for the weights below, as a share of the weighted ranges; null where it leads over
    nothing."""
    weights: dict[str, float] = {}
    """Being -> weight on its range that makes the option best, or comes nearest; those left out are 0."""
    margin_exact: bool = True
    """Whether no other weights give a larger margin."""
    possibly: Literal["best", "tied", "never"] | None = None
    """The same with the uncertain cells at their best for it; null where no cell is uncertain."""


class AloneDocument(Document):
    """A kind of being whose weight alone makes an option best, all others counting alike."""

    beings: list[str]
    low: float
    """From so many times the others' weight."""
    high: float | None
    """Up to so many times; null: however much it counts."""


class RivalDocument(Document):
    """An option that other scales would make best."""

    option: str
    ratio: float | None
    """How many times as much those who prefer it must count as those who prefer the leader, for it to be as good; null
    where only the order is known of somebody who disagrees."""
    ratio_low: float | None = None
    """The least that uncertain cells allow, or the 2.5 % point over the draws."""
    ratio_high: float | None = None
    """The most, or the 97.5 % point; null together with ratio_low where nothing is uncertain, alone: there is no
    most."""
    prefer: list[str]
    """Beings who prefer it to the leader."""
    against: list[str]
    """Beings who prefer the leader."""
    ratio_best: float | None = None
    """The smallest ratio between two beings' scales at which it is the best of all; null: no scales do."""
    scales: dict[str, float] = {}
    """Such scales, the weakest at 1."""
    likeliest: dict[str, float] = {}
    """Of all scales that make it best, the likeliest if the logs of all have the same normal prior with median 1."""
    alone: list[AloneDocument] = []


class BandDocument(Document):
    """Which option is best while one kind of being counts from `low` to `high` times as much as each other kind."""

    beings: list[str]
    option: str
    low: float
    high: float | None
    """null: however much."""


class RatioDocument(Document):
    """A switching ratio of a pair."""

    option: str
    over: str
    ratio: float | None
    """How many times as much those who prefer `option` must count as those who prefer `over`; 0: nobody prefers `over`;
    null: nobody prefers `option`, or only orders are known."""


class ChanceDocument(Document):
    """How likely an option is best under a prior."""

    option: str
    chance: float
    error: float
    """Half the 95 % interval that comes of drawing scales; 0 where the chance is exact. It says nothing of the
    prior."""


class PairDocument(Document):
    """How likely one option is better than another."""

    option: str
    over: str
    chance: float
    error: float


class PriorDocument(Document):
    """A prior on scales, or one model of welfare ranges, and what follows from it."""

    name: str
    about: str
    source: str = ""
    exact: bool
    """Whether the chances carry no error of drawing."""
    best: str
    """The option that is most often the best."""
    chances: list[ChanceDocument]
    """Most likely first."""
    pairs: list[PairDocument]
    """Of the likeliest options."""


class TurnDocument(Document):
    """How wide a family of priors must be for the answer to change."""

    family: str
    width: str
    """What is widened: sd or ratio."""
    minority: float | None
    """From this width on the leader is best with a chance below one half; null: not up to `widest`."""
    overtaken: float | None
    """From this width on another option is more often the best."""
    by: str | None
    widest: float


class CountedDocument(Document):
    """The answers with one way of counting beings."""

    counting: Literal["totals", "averages"]
    """totals: every being counts once; averages: every kind of being counts once, however many there are."""
    leader: list[str]
    """Best while everybody feels equally strongly, in the unit above; several where they tie."""
    stands_until: float | None
    """The leader is best as long as nobody feels more than so many times as strongly as anybody else; null: always, or
    only orders are known."""
    rivals: list[RivalDocument]
    """Options that other scales make better, those that need the least first."""
    bands: list[BandDocument]
    ratios: list[RatioDocument]
    """Pairs among the first few options."""
    priors: list[PriorDocument]
    ranges: list[PriorDocument] = []
    """One entry for each model of welfare ranges."""
    turns: list[TurnDocument]


class RuleDocument(Document):
    """A named rule, its assumptions, and what it picks."""

    key: str
    name: str
    assumes: str
    source: str
    refused: str | None
    """Why the rule can't be applied here."""
    winners: list[str]
    """Every being counts once; several: they tie."""
    winners_averages: list[str]
    """Every kind of being counts once."""
    possible: list[str] | None = None
    """Options that some values of the uncertain cells let win; null where nothing is uncertain, or the table is too
    large."""
    possible_exact: bool = True
    """Whether that list is complete; else a search made it."""
    shares: dict[str, float] | None = None
    """Share of the draws in which an option is picked."""


class NumeraireDocument(Document):
    """What has the largest expected sum in one being's unit."""

    prior: str
    being: str
    best: list[str]
    """Empty: the mean is infinite, so there is no expected sum."""


class WelfareDocument(Document):
    """What `teloscope welfare --json` prints."""

    format: int = FORMAT
    kind: Literal["welfare"] = "welfare"
    unit: Literal["range", "given"]
    """range: a being's unit is the distance between its worst and its best option here; given: the table's numbers."""
    n_options: int
    n_undominated: int
    beings: list[BeingDocument]
    options: list[OptionDocument]
    """Undominated ones, then the dominated, at most as many as `listed` says."""
    listed: int
    answers: list[str]
    """What holds, in sentences, the weakest assumption first."""
    changes: list[str]
    """What would change the answer."""
    identified: list[str]
    """What the data can and can't say of strength."""
    counted: list[CountedDocument]
    """One entry, or two where numbers of beings matter."""
    rules: list[RuleDocument]
    picked: dict[str, list[str]]
    """Option -> the rules that pick it (every being counting once)."""
    never_picked: list[str]
    """Undominated options that no rule picks."""
    numeraires: list[NumeraireDocument]
    disagreement: dict[str, float] = {}
    """Being -> the largest welfare range that a model gives it over the smallest."""
    notes: list[str]
    seed: int
    versions: dict[str, str]
