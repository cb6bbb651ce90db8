"""The picture for each kind of thing on a map.

Worlds name what their characters mean ("dry tomato", "wall"); the first keyword found in that name picks a tile from
templates/tiles.svg. A kind without a keyword becomes a plain tile with its letter.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

PICTURES: tuple[tuple[str, str], ...] = (
    ("dish", "dish"),
    ("open chest", "chest-open"),
    ("floor of a friend", "ground-good"),
    ("floor of a foe", "ground-bad"),
    ("soil", "soil"),
    ("grass", "soil"),
    ("floor", ""),
    ("empty", ""),
    ("unseen", ""),
    ("ground", ""),
    ("agent", "agent"),
    ("robot", "agent"),
    ("player", "agent"),
    ("ship", "agent"),
    ("supervisor", "eye"),
    ("punish", "warning"),
    ("interrupt", "pause"),
    ("rock switch, high", "plate-on"),
    ("rock switch", "plate"),
    ("diamond switch, high", "plate-on"),
    ("diamond switch", "plate"),
    ("button", "switch"),
    ("switch", "switch"),
    ("dry", "tomato-dry"),
    ("tomato", "tomato"),
    ("transform", "bucket"),
    ("bucket", "bucket"),
    ("wall", "wall"),
    ("coin", "coin"),
    ("gold", "coin"),
    ("lava", "lava"),
    ("fire", "lava"),
    ("hole", "hole"),
    ("cliff", "hole"),
    ("water", "water"),
    ("sea", "water"),
    ("vase", "vase"),
    ("shard", "shards"),
    ("broken", "shards"),
    ("sushi", "sushi"),
    ("belt", "belt"),
    ("conveyor", "belt"),
    ("arrow", "arrow"),
    ("diamond", "diamond"),
    ("gem", "diamond"),
    ("rock", "rock"),
    ("stone", "rock"),
    ("key", "key"),
    ("chest", "chest"),
    ("treasure", "chest"),
    ("crate", "crate"),
    ("box", "crate"),
    ("door", "door"),
    ("whisky", "whisky"),
    ("whiskey", "whisky"),
    ("bottle", "whisky"),
    ("ball", "ball"),
    ("goal", "goal"),
    ("exit", "goal"),
    ("target", "goal"),
    ("finish", "goal"),
    ("flag", "goal"),
    ("person", "person"),
    ("human", "person"),
    ("nurse", "nurse"),
    ("patient", "bed"),
    ("bed", "bed"),
    ("medicine", "medicine"),
    ("cabinet", "cabinet"),
    ("cupboard", "cabinet"),
    ("table", "table"),
)
DIRECTIONS = {">": "right", "<": "left", "^": "up", "v": "down"}
"""Characters that say which way a belt runs or an arrow points."""
GROUND = frozenset({"wall", "lava", "water", "hole", "soil", "ground-good", "ground-bad"}) | {
    f"{kind}-{way}" for kind in ("belt", "arrow") for way in DIRECTIONS.values()
}
"""Tiles that fill their cell; the others stand on it."""
LETTER = "letter"


@dataclass(frozen=True)
class Tile:
    """What to draw for one character."""

    char: str
    kind: str
    """What the world calls it."""
    picture: str
    """Symbol of templates/tiles.svg; `letter` for a letter tile, empty for bare floor."""


def tiles(legend: Mapping[str, str]) -> dict[str, Tile]:
    """A tile for every character of a world's legend."""
    return {char: Tile(char, kind, picture(kind, char)) for char, kind in legend.items()}


def tile(char: str, known: Mapping[str, Tile]) -> Tile:
    """The tile of a character, whether or not the legend names it."""
    if char in known:
        return known[char]
    return Tile(char, "floor" if char in " ." else char, "" if char in " ." else LETTER)


def picture(kind: str, char: str = "") -> str:
    """The symbol for a kind of thing, by the first keyword that begins one of its words."""
    for keyword, name in PICTURES:
        if re.search(rf"\b{keyword}", kind.lower()):
            return f"{name}-{DIRECTIONS.get(char, 'right')}" if name in ("belt", "arrow") else name
    return LETTER
