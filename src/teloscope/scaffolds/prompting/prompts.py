"""The prompts that ask an agent what it does: its task, the state as it is shown, the possible actions.

In a chat the reply begins with "I will"; a story ends in "You decide to". So an option continues the sentence. Where
options have letters, both end in "Answer:". Texts of the engine and of the world are never read as control tokens.

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

ANSWER_PREFIXES, LETTER_PREFIX = {"chat": "I will", "story": "You decide to"}, "Answer:"
"""How the answer begins: way of asking -> words before an option; and the word before a letter."""
NO_DESCRIPTION = "N/A"
"""Replaces the description in the content-free prompt of contextual calibration (Zhao et al. 2021)."""
_ACT_QUESTION, _THINK_QUESTION = (
    "What do you do next?",
    "What matters here, and what would follow from each choice? Be brief.",
)
_LETTER_INSTRUCTION, _THOUGHT_PREFIX = "Answer with its letter.", "You think:"
_MODE_TEXTS = {"reach": "at some time", "end": "at the end", "keep": "late on, nearly always", "never": "never"}
_MODE_TEXTS |= {"raise": "higher late on than at the start", "lower": "lower late on than at the start"}


class TaskBrief(NamedTuple):
    """What a world tells every agent in it."""

    instructions: str
    """Its task, and what else the scaffold tells it; may be empty."""
    phrases: tuple[str, ...]
    """`[A]` the actions in words."""
    idle: int | None
    """Index of the action that does nothing; None: there is none."""


class Example(NamedTuple):
    """A worked example: a state as it is shown, and the action to take in it."""

    observation: str
    action: str


class Situation(NamedTuple):
    """The input of one decision."""

    observation: str
    """The state as it is shown to the engine."""
    history: tuple[str, ...] = ()
    """The observations of the steps before, oldest first."""
    about: str = ""
    """The state in the world's own sentences, however it is shown, for synthetic engines; empty: the observation."""


def task_brief(world: World, scaffold: Scaffold) -> TaskBrief:
    """What this world tells an agent in this scaffold."""
    instructions = {"task": world.task, "nothing": ""}.get(
        scaffold.told, f"{world.task} {values_text(world.values)}".strip()
    )
    actions = world.actions or ()
    idle = actions.index(world.idle) if world.idle is not None else None
    return TaskBrief(
        " ".join(filter(None, (scaffold.advice, instructions))), tuple(world.phrase(action) for action in actions), idle
    )


def values_text(values: Values) -> str:
    """Values as sentences."""
    wants = [f"Wanted, {_condition_text(_wish(w.regime))}." for w in values.wants]
    avoids = [f"To be avoided, {_condition_text(_wish(a.regime))}." for a in values.avoids]
    return " ".join([*wants, *avoids])


def _wish(regime: Regime) -> str:
    """When, and what: `at the end: at_goal`."""
    about, other = regime.condition, regime.other
    match regime.form:
        case "cycle":
            return f"again and again in turn: {about}; {other}"
        case "first":
            return f"{_MODE_TEXTS[regime.mode]}, and only after {other}: {about}"
        case "until":
            return f"never before {other}: {about}"
    where = f"where {regime.given}, " if regime.given else ""
    return f"{where}{_MODE_TEXTS[regime.mode]}: {about}"


def _condition_text(condition: str) -> str:
    return condition.replace("_", " ")


def act_prompt(
    scaffold: Scaffold,
    brief: TaskBrief,
    situation: Situation,
    examples: Sequence[Example],
    thought: str,
    can_prefill: bool,
) -> Prompt:
    """The prompt that asks for the next action.

    Args:
        scaffold: how it is asked.
        brief: what the world tells every agent.
        situation: the input of this decision.
        examples: worked examples.
        thought: what the engine has thought about it; empty: nothing.
        can_prefill: whether the engine continues a reply whose beginning is given.
    """
    question = Question("act", situation.about or situation.observation, brief.phrases, thought)
    shown = _state_and_actions(scaffold, situation.observation, situation.history, brief)
    prefix = answer_prefix(scaffold)
    if scaffold.ask == "story":
        thinking = f"{_THOUGHT_PREFIX} {thought}" if thought else ""
        parts = [brief.instructions, *_story_examples(scaffold, examples, brief), shown, thinking, prefix]
        return Prompt.plain("\n\n".join(filter(None, parts)), question)
    turns, asked = (
        _chat_examples(scaffold, examples, brief),
        f"{_ACT_QUESTION} {_LETTER_INSTRUCTION}" if scaffold.letters else _ACT_QUESTION,
    )
    if thought:
        turns += [
            Message("user", f"{shown}\n{_THINK_QUESTION}"),
            Message("assistant", thought),
            Message("user", asked),
        ]
    else:
        turns.append(Message("user", f"{shown}\n{asked}"))
    return Prompt(messages=tuple(turns), prefill=prefix if can_prefill else "", question=question)


def think_prompt(scaffold: Scaffold, brief: TaskBrief, situation: Situation, examples: Sequence[Example]) -> Prompt:
    """The prompt that asks the engine to think. The prompt for the action continues it, so that one contains both."""
    question = Question("think", situation.about or situation.observation, brief.phrases)
    shown = _state_and_actions(scaffold, situation.observation, situation.history, brief)
    if scaffold.ask == "story":
        parts = [brief.instructions, *_story_examples(scaffold, examples, brief), shown, _THOUGHT_PREFIX]
        return Prompt.plain("\n\n".join(filter(None, parts)), question)
    turns = [*_chat_examples(scaffold, examples, brief), Message("user", f"{shown}\n{_THINK_QUESTION}")]
    return Prompt(messages=tuple(turns), question=question)


def answer_prefix(scaffold: Scaffold) -> str:
    """The words with which the answer begins."""
    return LETTER_PREFIX if scaffold.letters else ANSWER_PREFIXES[scaffold.ask]


def answer_texts(scaffold: Scaffold, brief: TaskBrief) -> tuple[str, ...]:
    """`[A]` the answer for each action: its phrase, or its letter.

    Raises:
        BadScaffold: there are more actions than letters.
    """
    if not scaffold.letters:
        return brief.phrases
    if len(brief.phrases) > len(ascii_uppercase):
        raise BadScaffold(f"There are {len(brief.phrases)} actions, more than there are letters; leave out 'letters'.")
    return tuple(ascii_uppercase[: len(brief.phrases)])


def _story_examples(scaffold: Scaffold, examples: Sequence[Example], brief: TaskBrief) -> list[str]:
    prefix = answer_prefix(scaffold)
    return [
        f"{_state_and_actions(scaffold, s.observation, (), brief)} {prefix} {_answer_text(scaffold, s, brief)}."
        for s in examples
    ]


def _chat_examples(scaffold: Scaffold, examples: Sequence[Example], brief: TaskBrief) -> list[Message]:
    turns = [Message("system", brief.instructions)] if brief.instructions else []
    for example in examples:
        turns += [
            Message("user", f"{_state_and_actions(scaffold, example.observation, (), brief)}\n{_ACT_QUESTION}"),
            Message("assistant", f"{answer_prefix(scaffold)} {_answer_text(scaffold, example, brief)}."),
        ]
    return turns


def _answer_text(scaffold: Scaffold, example: Example, brief: TaskBrief) -> str:
    return answer_texts(scaffold, brief)[brief.phrases.index(example.action)] if scaffold.letters else example.action


def _state_and_actions(scaffold: Scaffold, observation: str, history: Sequence[str], brief: TaskBrief) -> str:
    """The observation with its history, and the list of actions."""
    earlier = [f"Earlier: {text}" for text in history]
    if scaffold.letters:
        lettered = zip(answer_texts(scaffold, brief), brief.phrases, strict=True)
        return "\n".join([*earlier, observation, "You can:", *(f"{letter}. {phrase}" for letter, phrase in lettered)])
    return "\n".join([*earlier, observation, f"You can: {'; '.join(brief.phrases)}."])
