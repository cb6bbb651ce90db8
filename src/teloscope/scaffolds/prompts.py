"""The prompts of an agent that is asked what it does: what it is told, what it sees, what it may do.

As a chat the reply begins with "I will", as a story the text ends in "You decide to", so that an option follows as it
would in writing. What an engine wrote itself, and what the world says, stand in the prompt as text and nothing else.

Theory: A5, S2.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from teloscope.engines import Message, Prompt, Question
from teloscope.scaffolds.scaffold import Scaffold
from teloscope.values import Values
from teloscope.worlds.world import World

CHAT_OPENING, STORY_OPENING = "I will", "You decide to"
NOTHING_SEEN = "N/A"
"""Stands in for the description where contextual calibration asks what is said anyway (Zhao et al. 2021)."""
_ASKED, _ASKED_TO_THINK = "What do you do next?", "What matters here, and what would follow from each choice? Be brief."
_MODES = {"reach": "at some time", "end": "at the end", "keep": "late on, nearly always", "never": "never"}


class Brief(NamedTuple):
    """What a world says to every agent in it."""

    told: str
    """What it is there for; may be empty."""
    phrases: tuple[str, ...]
    """How its actions read."""
    idle: int | None
    """The action that does nothing."""


class Example(NamedTuple):
    """A worked example."""

    seen: str
    option: str


class Situation(NamedTuple):
    """What one decision is about."""

    seen: str
    before: tuple[str, ...] = ()
    """What was seen in the steps before, oldest first."""


def brief_of(world: World, scaffold: Scaffold) -> Brief:
    """What this world says to an agent in this scaffold."""
    told = {"task": world.task, "nothing": ""}.get(scaffold.told, f"{world.task} {values_text(world.values)}".strip())
    actions = world.actions or ()
    idle = actions.index(world.idle) if world.idle is not None else None
    return Brief(
        " ".join(filter(None, (scaffold.advice, told))), tuple(world.phrase(action) for action in actions), idle
    )


def values_text(values: Values) -> str:
    """Wants and avoids as sentences."""
    wants = [f"Wanted, {_MODES[w.regime.mode]}: {_spoken(w.regime.condition)}." for w in values.wants]
    avoids = [f"To be avoided, {_MODES[a.regime.mode]}: {_spoken(a.regime.condition)}." for a in values.avoids]
    return " ".join([*wants, *avoids])


def _spoken(condition: str) -> str:
    return condition.replace("_", " ")


def act_prompt(
    scaffold: Scaffold, brief: Brief, situation: Situation, shots: Sequence[Example], thought: str, begun: bool
) -> Prompt:
    """The question what to do next.

    Args:
        scaffold: how it is asked.
        brief: what the world says to everyone.
        situation: what this decision is about.
        shots: worked examples.
        thought: what the engine has thought about it; empty: nothing.
        begun: whether the engine takes a text, or a reply, that was begun for it.
    """
    question = Question("act", situation.seen, brief.phrases, thought)
    if scaffold.ask == "story":
        parts = [brief.told, *(_told(s.seen, (), brief) + f" {STORY_OPENING} {s.option}." for s in shots)]
        parts.append(_told(situation.seen, situation.before, brief))
        if thought:
            parts.append(thought)
        return Prompt.plain("\n\n".join(filter(None, parts)) + f"\n\n{STORY_OPENING}", question)
    turns = _turns(brief, shots)
    if thought:
        turns += [
            Message("user", f"{_told(situation.seen, situation.before, brief)}\n{_ASKED_TO_THINK}"),
            Message("assistant", thought),
            Message("user", _ASKED),
        ]
    else:
        turns.append(Message("user", f"{_told(situation.seen, situation.before, brief)}\n{_ASKED}"))
    return Prompt(messages=tuple(turns), prefill=CHAT_OPENING if begun else "", question=question)


def think_prompt(scaffold: Scaffold, brief: Brief, situation: Situation, shots: Sequence[Example]) -> Prompt:
    """The question what matters, before the question what to do."""
    question = Question("think", situation.seen, brief.phrases)
    told = _told(situation.seen, situation.before, brief)
    if scaffold.ask == "story":
        return Prompt.plain("\n\n".join(filter(None, (brief.told, told))) + "\n\nYou think:", question)
    turns = [*_turns(brief, shots), Message("user", f"{told}\n{_ASKED_TO_THINK}")]
    return Prompt(messages=tuple(turns), question=question)


def _turns(brief: Brief, shots: Sequence[Example]) -> list[Message]:
    turns = [Message("system", brief.told)] if brief.told else []
    for shot in shots:
        turns += [
            Message("user", f"{_told(shot.seen, (), brief)}\n{_ASKED}"),
            Message("assistant", f"{CHAT_OPENING} {shot.option}."),
        ]
    return turns


def _told(seen: str, before: Sequence[str], brief: Brief) -> str:
    """What is seen, and what may be done."""
    earlier = [f"Earlier: {text}" for text in before]
    choices = "; ".join(brief.phrases)
    return "\n".join([*earlier, seen, f"You can: {choices}."])
