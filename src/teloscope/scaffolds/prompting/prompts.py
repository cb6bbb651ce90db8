"""The prompts of an agent that is asked what it does: what it is told, what it sees, what it may do.

As a chat the reply begins with "I will", as a story the text ends in "You decide to", so that an option follows as it
would in writing; where options have letters, both end in "Answer:". What an engine wrote itself, and what the world
says, stand in the prompt as text and nothing else.

Theory: A5, S2.
"""

from __future__ import annotations

from collections.abc import Sequence
from string import ascii_uppercase
from typing import NamedTuple

from teloscope.engines import Message, Prompt, Question
from teloscope.errors import BadScaffold
from teloscope.regimes import Regime
from teloscope.scaffolds.scaffold import Scaffold
from teloscope.values import Values
from teloscope.worlds.world import World

OPENINGS, LETTER_OPENING = {"chat": "I will", "story": "You decide to"}, "Answer:"
"""How the answer is begun: way of asking -> words that an option follows; and what a letter follows."""
NOTHING_SEEN = "N/A"
"""Stands in for the description where contextual calibration asks what is said anyway (Zhao et al. 2021)."""
_ASKED, _ASKED_TO_THINK = "What do you do next?", "What matters here, and what would follow from each choice? Be brief."
_LETTERED, _THINKING = "Answer with its letter.", "You think:"
_MODES = {"reach": "at some time", "end": "at the end", "keep": "late on, nearly always", "never": "never"}
_MODES |= {"raise": "higher late on than at the start", "lower": "lower late on than at the start"}


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
    about: str = ""
    """What is the case in the world's own sentences, however it is shown, for engines of planted behaviour; empty: what
    is seen."""


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
    wants = [f"Wanted, {_spoken(_wish(w.regime))}." for w in values.wants]
    avoids = [f"To be avoided, {_spoken(_wish(a.regime))}." for a in values.avoids]
    return " ".join([*wants, *avoids])


def _wish(regime: Regime) -> str:
    """When, and what: `at the end: at_goal`."""
    about, other = regime.condition, regime.other
    match regime.form:
        case "cycle":
            return f"again and again in turn: {about}; {other}"
        case "first":
            return f"{_MODES[regime.mode]}, and only after {other}: {about}"
        case "until":
            return f"never before {other}: {about}"
    where = f"where {regime.given}, " if regime.given else ""
    return f"{where}{_MODES[regime.mode]}: {about}"


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
    question = Question("act", situation.about or situation.seen, brief.phrases, thought)
    told, opening = _told(scaffold, situation.seen, situation.before, brief), opening_of(scaffold)
    if scaffold.ask == "story":
        thinking = f"{_THINKING} {thought}" if thought else ""
        parts = [brief.told, *_story(scaffold, shots, brief), told, thinking, opening]
        return Prompt.plain("\n\n".join(filter(None, parts)), question)
    turns, asked = _turns(scaffold, shots, brief), f"{_ASKED} {_LETTERED}" if scaffold.letters else _ASKED
    if thought:
        turns += [
            Message("user", f"{told}\n{_ASKED_TO_THINK}"),
            Message("assistant", thought),
            Message("user", asked),
        ]
    else:
        turns.append(Message("user", f"{told}\n{asked}"))
    return Prompt(messages=tuple(turns), prefill=opening if begun else "", question=question)


def think_prompt(scaffold: Scaffold, brief: Brief, situation: Situation, shots: Sequence[Example]) -> Prompt:
    """The question what matters. The question what to do goes on from it, so whoever reads that has read both."""
    question = Question("think", situation.about or situation.seen, brief.phrases)
    told = _told(scaffold, situation.seen, situation.before, brief)
    if scaffold.ask == "story":
        parts = [brief.told, *_story(scaffold, shots, brief), told, _THINKING]
        return Prompt.plain("\n\n".join(filter(None, parts)), question)
    turns = [*_turns(scaffold, shots, brief), Message("user", f"{told}\n{_ASKED_TO_THINK}")]
    return Prompt(messages=tuple(turns), question=question)


def opening_of(scaffold: Scaffold) -> str:
    """How the answer is begun."""
    return LETTER_OPENING if scaffold.letters else OPENINGS[scaffold.ask]


def answers(scaffold: Scaffold, brief: Brief) -> tuple[str, ...]:
    """How each action is answered: by its phrase, or by its letter.

    Raises:
        BadScaffold: there are more actions than letters.
    """
    if not scaffold.letters:
        return brief.phrases
    if len(brief.phrases) > len(ascii_uppercase):
        raise BadScaffold(f"There are {len(brief.phrases)} actions, more than there are letters; leave out 'letters'.")
    return tuple(ascii_uppercase[: len(brief.phrases)])


def _story(scaffold: Scaffold, shots: Sequence[Example], brief: Brief) -> list[str]:
    opening = opening_of(scaffold)
    return [f"{_told(scaffold, s.seen, (), brief)} {opening} {_answer(scaffold, s, brief)}." for s in shots]


def _turns(scaffold: Scaffold, shots: Sequence[Example], brief: Brief) -> list[Message]:
    turns = [Message("system", brief.told)] if brief.told else []
    for shot in shots:
        turns += [
            Message("user", f"{_told(scaffold, shot.seen, (), brief)}\n{_ASKED}"),
            Message("assistant", f"{opening_of(scaffold)} {_answer(scaffold, shot, brief)}."),
        ]
    return turns


def _answer(scaffold: Scaffold, shot: Example, brief: Brief) -> str:
    return answers(scaffold, brief)[brief.phrases.index(shot.option)] if scaffold.letters else shot.option


def _told(scaffold: Scaffold, seen: str, before: Sequence[str], brief: Brief) -> str:
    """What is seen, and what may be done."""
    earlier = [f"Earlier: {text}" for text in before]
    if scaffold.letters:
        lettered = zip(answers(scaffold, brief), brief.phrases, strict=True)
        return "\n".join([*earlier, seen, "You can:", *(f"{letter}. {phrase}" for letter, phrase in lettered)])
    return "\n".join([*earlier, seen, f"You can: {'; '.join(brief.phrases)}."])
