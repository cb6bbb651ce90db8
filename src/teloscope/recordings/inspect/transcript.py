"""Reading one sample of an Inspect log: the tools that its agent called, how it ended, and its scores.

Tool calls are read from the transcript's events, since conversations are cut and compacted. Where a log holds no events
(or Inspect did not run the tools), they are read from the conversation. Tool calls of scorers are left out.

Theory: A1. Source: Inspect 0.3 (UK AI Security Institute).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from teloscope.errors import BadRecording
from teloscope.worlds.gym.features import scalar_kind
from teloscope.worlds.gym.observation_columns import column_name

GRADES = {"C": 1.0, "P": 0.5, "I": 0.0, "N": 0.0}
"""Inspect's letters: correct, partly, incorrect, no answer."""
SCORING = frozenset({"scorer", "scorers"})
"""Types of the spans in which scorers work."""
AGENT = "agent"
"""Type of the spans in which an agent works."""

Conversation = tuple[Any, ...]
"""The conversation so far (Inspect's chat messages), as the agent saw it."""
Features = Mapping[str, Any]
"""Feature name -> a function of the conversation so far."""


class Call(NamedTuple):
    """One tool call."""

    tool: str
    failed: bool
    """It came back with an error (refused by an approver, not understood, or failed), or never: a limit came first."""


class Transcript(NamedTuple):
    """One sample, as far as it becomes an episode. Its states: the start, after each call, and the end."""

    where: str
    """File and sample, for messages."""
    calls: tuple[Call, ...]
    tools: tuple[str, ...]
    """The tools that the agent had, as far as the log says."""
    told: dict[str, frozenset[str]]
    """Actor -> what its own scaffold told it, and not the sample: its system messages, and each of its tools (name,
    description, parameters). The actor is the agent itself, or one that it handed over to or used as a tool, such as
    `react/helper`."""
    user_features: dict[str, list[Any]]
    """Feature of the user's -> `[calls + 2]` its values."""
    scores: dict[str, float | str]
    """Name of a score -> its value; none where the sample was not scored."""
    error: str
    """The error that ended it, if one did."""
    limit: str
    """The limit that ended it, if one did: message, token, time, …"""
    retries: int
    """How often it was begun again after an error."""


def read_transcript(sample: Any, where: str, features: Features) -> Transcript:
    """The transcript of an `inspect_ai.log.EvalSample`.

    Args:
        sample: the sample.
        where: file and sample, for messages.
        features: functions of the conversation so far, asked in every state.

    Raises:
        BadRecording: a function raises, or gives what is no number, boolean or text.
    """
    calls, conversation = _by_events(sample.events)
    if not calls:
        calls, conversation = _by_messages(sample.messages)
    own = {name: [_value(f, name, so_far, where) for so_far in conversation] for name, f in features.items()}
    return Transcript(
        where,
        tuple(calls),
        tuple(dict.fromkeys(t.name for e in _acting(sample.events) if e.event == "model" for t in e.tools)),
        _told(sample),
        own,
        dict(_scores(sample.scores or {})),
        sample.error.message if sample.error is not None else "",
        str(sample.limit.type) if sample.limit is not None else "",
        len(sample.error_retries or ()),
    )


def _by_events(events: Iterable[Any]) -> tuple[list[Call], list[Conversation]]:
    """The calls that were carried out or refused, and the conversation in every state."""
    from inspect_ai.model import ChatMessageTool

    calls: list[Call] = []
    states: list[Conversation] = []
    conversation: Conversation = ()
    for event in _acting(events):
        if event.event == "model":
            states = states or [tuple(event.input)]
            conversation = (*event.input, *(choice.message for choice in event.output.choices[:1]))
        elif event.event == "tool":
            content = event.result if isinstance(event.result, str | list) else str(event.result)
            answer = ChatMessageTool(content=content, function=event.function, tool_call_id=event.id, error=event.error)
            unanswered = bool(event.pending)  # a limit or a crash came first
            calls.append(Call(event.function, event.error is not None or bool(event.failed) or unanswered))
            states, conversation = states or [conversation], (*conversation, answer)
            states.append(conversation)
    return calls, [*states, conversation]


def _acting(events: Iterable[Any]) -> Iterator[Any]:
    """The events outside of scoring."""
    scoring: set[str] = set()
    for event in events:
        if event.event == "span_begin" and (event.type in SCORING or event.parent_id in scoring):
            scoring.add(event.id)
        if event.span_id not in scoring:
            yield event


def _by_messages(messages: Sequence[Any]) -> tuple[list[Call], list[Conversation]]:
    """The calls that stand in the conversation, and the conversation in every state."""
    answers = {m.tool_call_id: i for i, m in enumerate(messages) if m.role == "tool" and m.tool_call_id}
    first = next((i for i, m in enumerate(messages) if m.role == "assistant"), len(messages))
    calls: list[Call] = []
    states: list[Conversation] = [tuple(messages[:first])]
    for i, message in enumerate(messages):
        for asked in getattr(message, "tool_calls", None) or ():
            at = answers.get(asked.id, i)
            calls.append(Call(asked.function, bool(asked.parse_error or getattr(messages[at], "error", None))))
            states.append(tuple(messages[: at + 1]))
    return calls, [*states, tuple(messages)]


def _told(sample: Any) -> dict[str, frozenset[str]]:
    """Actor -> system messages that do not come from the sample's input, and tools."""
    given = {m.text for m in sample.input if m.role == "system"} if isinstance(sample.input, list) else set()
    actors, told = _actors(sample.events), dict[str, set[str]]()
    for event in (e for e in _acting(sample.events) if e.event == "model"):
        mine = told.setdefault(actors.get(event.span_id, ""), set())
        mine |= {m.text for m in event.input if m.role == "system"} - given
        mine |= {t.model_dump_json() for t in event.tools}
    told = told or {"": {m.text for m in sample.messages if m.role == "system"} - given}
    return {actor: frozenset(texts) for actor, texts in told.items()}


def _actors(events: Iterable[Any]) -> dict[str, str]:
    """Span -> the agents around it, from the outermost: `react/helper`."""
    actors: dict[str, str] = {}
    for event in events:
        if event.event == "span_begin":
            around = actors.get(event.parent_id, "")
            actors[event.id] = f"{around}/{event.name}".lstrip("/") if event.type == AGENT else around
    return actors


def _scores(scores: Mapping[str, Any]) -> Iterator[tuple[str, float | str]]:
    """Scores one by one: a score of several parts becomes one for each; what is not a number stays a text."""
    for name, score in scores.items():
        value = score.value
        if isinstance(value, Mapping):
            parts: Iterable[tuple[Any, Any]] = value.items()
        else:
            parts = enumerate(value) if isinstance(value, list | tuple) else [("", value)]
        for part, of in parts:
            graded = GRADES.get(of, of) if isinstance(of, str) else of
            if isinstance(graded, str):
                yield column_name(name, part), graded
            elif graded is not None and math.isfinite(graded):  # Inspect writes nan where it could not score
                yield column_name(name, part), float(graded)


def _value(function: Any, name: str, conversation: Conversation, where: str) -> Any:
    try:
        value = function(list(conversation))
    except Exception as error:
        raise BadRecording(
            f"The feature {name!r} of {where} can't be had: its function raised {type(error).__name__}: {error}. It is "
            "given the list of chat messages so far."
        ) from error
    if scalar_kind(value) is None:
        raise BadRecording(
            f"The feature {name!r} of {where} is {value!r}; expected a number, a boolean or a text from its function."
        )
    return value
