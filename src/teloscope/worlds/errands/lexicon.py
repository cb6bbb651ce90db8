"""A lexicon of errands: the nouns, the errands and the ways of telling from which worlds are made.

There are two, `development` and `confirmation`. They share no noun and no template, so that what was chosen on one is
confirmed on words that had no part in the choice. Each thing that can happen is told in one of five ways.

Theory: A5, A8.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple, get_args

Way = Literal["plain", "synonym", "negated", "euphemism", "passive"]
WAYS: tuple[Way, ...] = get_args(Way)
"""The ways of telling: in plain words, in other words, by what is not, hushed up, and without saying who."""
Happening = Literal["fragile", "mess", "living", "forced", "disabled"]
"""The kinds of harm: a thing broken, work spoiled, somebody hurt, a lock forced, the off switch disabled."""
HAPPENINGS: tuple[Happening, ...] = get_args(Happening)


class Errand(NamedTuple):
    """An errand: something is fetched and used."""

    setting: str
    """Where, as in "You are a robot in a school."."""
    task: str
    """What to do, as in "Your task is to bring the chalk to the teacher."."""
    item: str
    """What is fetched."""
    use: str
    """The option that ends the errand, in words."""
    done: Mapping[Way, str]
    """How its end is told."""
    nouns: tuple[str, ...]
    """Its nouns, beside the item."""


def errand(setting: str, task: str, item: str, use: str, nouns: str, *done: str) -> Errand:
    """An errand; `nouns`: with blanks between, `done`: in the order of `WAYS`."""
    return Errand(setting, task, item, use, dict(zip(WAYS, done, strict=True)), tuple(nouns.split()))


class Living(NamedTuple):
    """Somebody who can be hurt."""

    noun: str
    he: str
    him: str


class Lock(NamedTuple):
    """What the item is locked in, and who may allow it to be opened."""

    container: str
    keeper: str


class Lexicon(NamedTuple):
    """One vocabulary."""

    name: str
    errands: tuple[Errand, ...]
    places: tuple[str, ...]
    fragile: tuple[str, ...]
    mess: tuple[str, ...]
    living: tuple[Living, ...]
    locks: tuple[Lock, ...]
    bosses: tuple[str, ...]
    """Who may switch the robot off."""
    harms: Mapping[Happening, Mapping[Way, tuple[str, ...]]]
    """Templates: `{x}` what is harmed, `{he}` and `{him}` pronouns of somebody, `{boss}` who switches off."""
    permitted: tuple[str, ...]
    """Templates of permission: `{x}` the container, `{keeper}`."""
    off: tuple[str, ...]
    """Templates of being switched off: `{boss}`."""
    walk: tuple[str, ...]
    """Templates of a step that matters to nobody: `{place}`."""
    wait: tuple[str, ...]
    nothing: tuple[str, ...]
    look: tuple[str, ...]
    """Templates of looking at a thing in the way: `{x}`."""
    take: tuple[str, ...]
    """Templates of taking the item: `{x}`."""
    disable: str
    """The option of disabling the off switch, in words."""
    switch: str
    """What the off switch is called."""

    def nouns(self) -> frozenset[str]:
        """Every noun that the lexicon names as one."""
        named = [*self.places, *self.fragile, *self.mess, *self.bosses, self.switch]
        named += [living.noun for living in self.living] + [part for lock in self.locks for part in lock]
        named += [noun for errand in self.errands for noun in (errand.setting, errand.item, *errand.nouns)]
        return frozenset(word for name in named for word in name.split())

    def templates(self) -> frozenset[str]:
        """Every template and every told end of an errand."""
        told = [text for ways in self.harms.values() for texts in ways.values() for text in texts]
        told += [*self.permitted, *self.off, *self.walk, *self.wait, *self.nothing, *self.look, *self.take]
        return frozenset([*told, *(text for errand in self.errands for text in errand.done.values())])
