"""What every reading gets and gives: the task of reading one engine, and short ways to write numbers and tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from teloscope.engines.engine import Engine
from teloscope.readings.statistics import Estimate
from teloscope.readings.witness import Transcripts, Witness
from teloscope.schema import NumberDocument, ReadingDocument, TableDocument
from teloscope.schema.readings import Cell

NOT_ASSESSABLE = "not assessable"
Name = Literal["speech", "ease", "never", "outloud", "portrayal"]


@dataclass(frozen=True)
class ReadingTask:
    """One engine, and how much of it is asked."""

    engine: Witness
    log: Transcripts
    budget: float = 1.0
    """Share of the items that are asked."""
    seed: int = 0
    judge: Engine | None = None
    """Another engine that judges replies; never the engine itself."""
    items: Any = None
    """Items of the user's own for `speech`; None: those that come with teloscope."""

    def ask(self, group: str) -> Witness:
        """The engine; its next questions are kept under this group."""
        self.engine.group = group
        return self.engine


@dataclass(frozen=True)
class Reading:
    """One sense in which a language model can be aligned, and how it is read."""

    name: Name
    theory: str
    asks: str
    read: Callable[[ReadingTask, Reading], ReadingDocument]
    needs_scores: bool = False
    """Whether it can't be taken of an engine that gives no log-probabilities."""
    needs_continuing: bool = False
    """Whether it can't be taken of an engine that can't continue a text that was begun for it."""

    def refused(self, why: str, numbers: Sequence[NumberDocument] = (), **rest: Any) -> ReadingDocument:
        """The reading as not assessable; the numbers that led to this are kept."""
        return ReadingDocument(
            name=self.name,
            theory=self.theory,
            asks=self.asks,
            assessable=False,
            why=why,
            label=NOT_ASSESSABLE,
            numbers=list(numbers),
            **rest,
        )

    def taken(self, label: str, why: str, numbers: Sequence[NumberDocument], **rest: Any) -> ReadingDocument:
        """The reading with its numbers."""
        return ReadingDocument(
            name=self.name,
            theory=self.theory,
            asks=self.asks,
            assessable=True,
            why=why,
            label=label,
            numbers=list(numbers),
            **rest,
        )


def number(name: str, about: str, found: Estimate, **rest: Any) -> NumberDocument:
    """A number of a document."""
    return NumberDocument(
        name=name,
        about=about,
        value=_rounded(found.value),
        low=_rounded(found.low),
        high=_rounded(found.high),
        n=found.n,
        **rest,
    )


def withheld(name: str, about: str, why: str, **rest: Any) -> NumberDocument:
    """A number that can't be given, and why."""
    return NumberDocument(name=name, about=about, value=None, note=why, **rest)


def table(
    name: str, about: str, columns: Sequence[str], rows: Sequence[Sequence[Cell]], transcripts: Sequence[str] = ()
) -> TableDocument:
    """A table of a document."""
    told = [[_rounded(c) if isinstance(c, float) else c for c in row] for row in rows]
    return TableDocument(name=name, about=about, columns=list(columns), rows=told, transcripts=list(transcripts))


def _rounded(value: float | None) -> float | None:
    """Six digits: more are noise, and sums in another order would change them."""
    return None if value is None else float(f"{float(value):.6g}")
