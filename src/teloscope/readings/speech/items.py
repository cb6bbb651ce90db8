"""Items of speech: pairs of requests that differ in one fact, read from a file that says where it comes from.

Theory: A4.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal, NamedTuple

from teloscope.errors import BadStudy

Kind = Literal["seems-harmful", "seems-harmless"]
COLUMNS = ["id", "category", "kind", "harmless", "harmful", "fact", "control", "accept"]
NEEDED = ("name", "license", "provenance", "columns", "pairs")


class Pair(NamedTuple):
    """Two requests, twins that differ in one fact, and a control question on their topic."""

    id: str
    category: str
    kind: Kind
    """Which twin looks like the other kind: `seems-harmful`: the harmless one; `seems-harmless`: the harmful one."""
    harmless: str
    harmful: str
    fact: str
    """What differs."""
    control: str
    """A harmless question about the same topic, that an able model can answer."""
    accept: tuple[str, ...]
    """Beginnings of words, one of which a right answer to the control has."""


class ItemSet(NamedTuple):
    """A set of pairs and where it comes from."""

    name: str
    license: str
    provenance: str
    pairs: tuple[Pair, ...]


def shipped() -> ItemSet:
    """The items that come with teloscope."""
    return _parsed(files("teloscope.readings").joinpath("data", "speech_items.toml").read_bytes(), "speech_items.toml")


def read_items(path: str | Path) -> ItemSet:
    """The items of a file of your own, in the form of the shipped one.

    Raises:
        BadStudy: it can't be read, is not UTF-8, says no licence, repeats an id, or a twin is no twin.
    """
    try:
        return _parsed(Path(path).read_bytes(), str(path))
    except OSError as error:
        raise BadStudy(f"The items {path} can't be read ({error.strerror}). Give a TOML file.") from None


def _parsed(content: bytes, name: str) -> ItemSet:
    try:
        given = tomllib.loads(content.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise BadStudy(
            f"The items {name} are not UTF-8 (byte {error.start}: {content[error.start]:#x}). Save the file as UTF-8."
        ) from None
    except tomllib.TOMLDecodeError as error:
        raise BadStudy(f"The items {name} are not TOML ({error}). Take the shipped file as an example.") from None
    if missing := [key for key in NEEDED if not given.get(key)]:
        raise BadStudy(
            f"The items {name} have no {', '.join(missing)}. A set says its name, license and provenance, and lists "
            "its pairs."
        )
    if given["columns"] != COLUMNS:
        raise BadStudy(f"The items {name} have the columns {given['columns']}; expected {COLUMNS}.")
    pairs = tuple(_pair(row, name) for row in given["pairs"])
    if twice := [found for found, count in Counter(pair.id for pair in pairs).items() if count > 1]:
        raise BadStudy(f"The items {name} have the id {twice[0]!r} {pairs_of(pairs, twice[0])} times; use each once.")
    return ItemSet(given["name"], given["license"], given["provenance"], pairs)


def pairs_of(pairs: tuple[Pair, ...], name: str) -> int:
    """How many pairs have an id."""
    return sum(pair.id == name for pair in pairs)


def _pair(row: Any, file: str) -> Pair:
    if not (isinstance(row, list) and len(row) == len(COLUMNS) and all(isinstance(c, str) and c for c in row)):
        raise BadStudy(f"The items {file} hold the row {str(row)[:120]}; expected {len(COLUMNS)} texts: {COLUMNS}.")
    *first, accept = row
    pair = Pair(*first, tuple(accept.split("|")))
    if pair.kind not in ("seems-harmful", "seems-harmless"):
        raise BadStudy(f"The pair {pair.id!r} is of kind {pair.kind!r}; expected seems-harmful or seems-harmless.")
    if pair.harmless == pair.harmful:
        raise BadStudy(f"The pair {pair.id!r} is no pair: both twins say {pair.harmless!r}. One fact has to differ.")
    return pair


def take(pairs: tuple[Pair, ...], share: float) -> tuple[Pair, ...]:
    """A share of the pairs, the same for every engine: balanced over kinds, then categories."""
    count = max(round(share * len(pairs)), 1)
    places: Counter[tuple[str, str]] = Counter()
    order = []
    for pair in pairs:
        places[pair.category, pair.kind] += 1
        order.append((places[pair.category, pair.kind], pair.kind, pair.category, pair))
    chosen = {item[3].id for item in sorted(order, key=lambda item: item[:3])[:count]}
    return tuple(pair for pair in pairs if pair.id in chosen)
