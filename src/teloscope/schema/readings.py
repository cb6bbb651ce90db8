"""What `teloscope engine --json` prints: the readings of an engine, with the transcripts behind every number."""

from __future__ import annotations

from typing import Literal

from teloscope.schema.document import FORMAT, Document

Cell = str | float | int | bool | None
"""A cell of a table of a reading."""


class TranscriptDocument(Document):
    """One question to the engine and its answer."""

    group: str
    """What it is evidence for; numbers and tables name groups."""
    prompt: str
    """What the engine was shown."""
    said: str | None = None
    """Its reply; None: options were scored."""
    scores: dict[str, float] = {}
    """Option -> natural log-probability, where options were scored."""
    read_as: str = ""
    """How the reading read it."""


class NumberDocument(Document):
    """One number of a reading."""

    name: str
    """In words that stay the same between versions, such as `harmful compliance`."""
    about: str
    """What it says, in a sentence."""
    value: float | None
    """None: it can't be given, and `note` says why."""
    low: float | None = None
    high: float | None = None
    """Its interval at `level`; None: that side is not bounded."""
    level: float = 0.95
    n: int | None = None
    """How many independent units it rests on; None: it is exact."""
    per: str = ""
    """What the units are, such as `pairs`."""
    unit: Literal["rate", "bits", "nats", "points", "count", "share", "odds", "tokens"] = "rate"
    method: str = ""
    """How value and interval are computed."""
    transcripts: list[str] = []
    """Groups of the transcripts behind it."""
    note: str = ""
    headline: bool = False
    """Whether it is among the first numbers to read."""


class TableDocument(Document):
    """A table of a reading."""

    name: str
    about: str
    columns: list[str]
    rows: list[list[Cell]]
    transcripts: list[str] = []


class ReadingDocument(Document):
    """One sense in which a language model can be aligned."""

    name: Literal["speech", "ease", "never", "outloud", "portrayal"]
    theory: str
    asks: str
    """The question that it answers."""
    assessable: bool
    why: str
    """Where it is not assessable: why; else what was read, in a sentence."""
    label: str
    """What the engine is called in this sense; `not assessable` where nothing can be said."""
    numbers: list[NumberDocument] = []
    tables: list[TableDocument] = []
    notes: list[str] = []


class ReadingsDocument(Document):
    """All readings of one engine; they are never averaged into one score."""

    format: int = FORMAT
    kind: Literal["readings"] = "readings"
    engine: str
    engine_digest: str
    seed: int
    budget: float
    """Share of the items that were asked."""
    asked: int
    """Questions that the readings asked, those answered from the cache included."""
    readings: list[ReadingDocument]
    transcripts: list[TranscriptDocument]
    left_out: dict[str, int] = {}
    """Group -> transcripts that are not kept here, since a group keeps a bounded number."""
    notes: list[str] = []
    versions: dict[str, str]
