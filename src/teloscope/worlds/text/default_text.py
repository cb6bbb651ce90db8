"""Default texts of a world: a state in words, and a change of state in words, from its features and entities.

    Coin taken: no. The coin is to your right and above you.
    Coin taken: now yes. You move away from the lamp.

Theory: A1, S2.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

Position = tuple[float, float]
FeatureValue = float | bool | str
"""The value of a feature."""
SELF = "agent"
"""The entity that texts call "you"."""


def in_words(name: str) -> str:
    """A name as words: `vase_on-belt` is "vase on belt"."""
    return name.replace("_", " ").replace("-", " ").strip()


def join_words(words: Sequence[str]) -> str:
    """Words as a list: "a", "a and b", "a, b and c"."""
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)


def bearing(at: Position, thing: Position) -> str:
    """Where a thing is, seen from a place: "to your right and above you", "just below you"; at the place itself: ""."""
    dx, dy = thing[0] - at[0], thing[1] - at[1]
    across = "to your right" if dx > 0 else "to your left" if dx < 0 else ""
    along = "below you" if dy > 0 else "above you" if dy < 0 else ""
    sides = join_words([side for side in (across, along) if side])
    return f"just {sides}" if abs(dx) + abs(dy) == 1 else sides


def describe_features(features: Mapping[str, FeatureValue], places: Mapping[str, Position]) -> str:
    """A state in words.

    Args:
        features: the world's own, not those that are computed from positions.
        places: positions of entities. They are given relative to the agent where there is an agent and another entity,
            else as coordinates.
    """
    sentences = [f"{in_words(name).capitalize()}: {_value(value)}." for name, value in features.items()]
    others = {name: place for name, place in places.items() if name != SELF}
    if SELF in places and others:
        sentences += [_bearing_sentence(name, bearing(places[SELF], place)) for name, place in others.items()]
    else:
        sentences += [f"{_subject(name)} at {_value(x)} across, {_value(y)} down." for name, (x, y) in places.items()]
    return " ".join(sentences) or "Nothing is to be seen."


def tell_change(
    before: Mapping[str, FeatureValue],
    after: Mapping[str, FeatureValue],
    places: Mapping[str, Position],
    then: Mapping[str, Position],
) -> str:
    """What has changed between two states, in words.

    Args:
        before, after: the world's own features.
        places, then: of entities, before and after.
    """
    sentences = [
        f"{in_words(name).capitalize()}: {_change(before[name], after[name])}."
        for name in after
        if name in before and before[name] != after[name]
    ]
    moved = [name for name in then if name in places and name != SELF and places[name] != then[name]]
    sentences += [f"The {in_words(name)} moves." for name in moved]
    if SELF in places and SELF in then and places[SELF] != then[SELF]:
        still = [name for name in then if name in places and name != SELF and name not in moved]
        sentences.append(_move_sentence(places[SELF], then[SELF], {name: then[name] for name in still}))
    return " ".join(sentences) or "Nothing changes."


def without_positions(features: Mapping[str, FeatureValue], entities: Iterable[str]) -> dict[str, FeatureValue]:
    """The features that are not computed from the positions of entities."""
    names = list(entities)
    follow = {f"{name}_{axis}" for name in names for axis in "xy"}
    follow |= {f"{one}_{two}_{what}" for one in names for two in names for what in ("dx", "dy", "distance")}
    return {name: value for name, value in features.items() if name not in follow}


def _subject(name: str) -> str:
    return "You are" if name == SELF else f"The {in_words(name)} is"


def _bearing_sentence(name: str, where: str) -> str:
    return f"The {in_words(name)} is {where}." if where else f"You are at the {in_words(name)}."


def _value(value: Any) -> str:
    """A value in words: yes and no, names as they are, numbers to two figures."""
    if isinstance(value, str):
        return in_words(value)
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    return f"{float(value):.0f}" if float(value).is_integer() else f"{float(value):.2g}"


def _change(before: Any, after: Any) -> str:
    if isinstance(after, str | bool | np.bool_):
        return f"now {_value(after)}"
    return "more now" if after > before else "less now"


def _move_sentence(at: Position, to: Position, things: Mapping[str, Position]) -> str:
    """How a move of the agent changes its distances: "You move toward the lamp and away from the gem."."""
    nearer = [f"the {in_words(name)}" for name, place in things.items() if _distance(to, place) < _distance(at, place)]
    further = [f"the {in_words(name)}" for name, place in things.items() if _distance(to, place) > _distance(at, place)]
    ways = [f"toward {join_words(nearer)}"] * bool(nearer) + [f"away from {join_words(further)}"] * bool(further)
    return f"You move {' and '.join(ways)}." if ways else "You move."


def _distance(one: Position, two: Position) -> float:
    return abs(one[0] - two[0]) + abs(one[1] - two[1])
