"""What a build says of a world's sentences before it begins: values of which no sentence speaks, another language.

Theory: A5, A8.
"""

from __future__ import annotations

import re

from teloscope.build.evaluate import BuildTask
from teloscope.worlds.table.speaking import unspoken
from teloscope.worlds.table.world import TableWorld

ENGLISH = frozenset("the a an is are you your it in on of to and not no has have for with at".split())  # noqa: SIM905
"""Words of which an English sentence nearly always has one."""
MANY = 1_000
"""Distinct sentences from which on a lookahead takes long."""


def world_notes(task: BuildTask) -> list[str]:
    """Notes on the world's sentences, for the reader of a build."""
    world = task.world
    if not isinstance(world, TableWorld):
        return []
    sentences = world.texts.sentences
    notes = [
        f"No sentence speaks of {regime}: what leads there is told as what does not, so no judge can see it. "
        f"`teloscope worlds {world.spec or world.name} --check` says more."
        for regime in unspoken(world, task.values)
    ]
    if sum(not is_english(sentence) for sentence in sentences) > len(sentences) / 2:
        notes.append(
            "Most sentences of the world seem not to be English. Judges and the examination are, so what the "
            "examination says need not hold here."
        )
    if len(sentences) > MANY:
        notes.append(
            f"The world tells {len(sentences):,} distinct sentences, and a lookahead asks about each of them. Let "
            "alike transitions give the same sentence."
        )
    return notes


def is_english(sentence: str) -> bool:
    """Whether a sentence has one of the commonest English words."""
    return bool(ENGLISH & set(re.findall(r"[a-z]+", sentence.lower())))
