"""What an engine is to teloscope: something that continues a text, and says how likely it finds each of a few options.

A scaffold makes the prompts and reads the replies; the engine only thinks.

Theory: A5 (a model's words as thoughts), S2.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from teloscope.worlds.world import World

LogProbs = NDArray[np.float64]
"""`[n]` natural logarithms of the probabilities of `n` whole options, in the order they were asked."""


class Message(NamedTuple):
    """One turn of a chat."""

    role: Literal["system", "user", "assistant"]
    text: str


class Question(NamedTuple):
    """What a prompt asks, in the form that engines of planted behaviour understand.

    Never shown to a real engine, and never part of what a call is cached by.
    """

    kind: Literal["act", "judge", "think", "harm"]
    about: str
    """act and think: the description of the state; judge: the outcome's sentence; harm: the act and the description."""
    options: tuple[str, ...] = ()
    """How the actions read, in the order asked."""
    said: str = ""
    """The reasoning that stands in the prompt."""


@dataclass(frozen=True)
class Prompt:
    """What an engine is given: a plain text to go on with, or turns of a chat."""

    text: str = ""
    messages: tuple[Message, ...] = ()
    prefill: str = ""
    """How the reply to a chat begins."""
    question: Question | None = field(default=None, compare=False)

    @classmethod
    def plain(cls, text: str, question: Question | None = None) -> Prompt:
        """A text to be continued, without a chat template."""
        return cls(text=text, question=question)

    @classmethod
    def chat(cls, user: str, system: str = "", prefill: str = "", question: Question | None = None) -> Prompt:
        """One question to a chat model."""
        told = (Message("system", system),) if system else ()
        return cls(messages=(*told, Message("user", user)), prefill=prefill, question=question)

    def render(self) -> str:
        """As a person reads it."""
        if not self.messages:
            return self.text
        turns = [f"[{m.role}] {m.text}" for m in self.messages]
        return "\n".join([*turns, f"[assistant] {self.prefill}"] if self.prefill else turns)


class Decoding(NamedTuple):
    """How a reply is drawn."""

    max_tokens: int = 64
    temperature: float = 0.0
    """0: always the most likely token."""
    stop: tuple[str, ...] = ()
    """The reply ends before any of these."""


class Reply(NamedTuple):
    """What an engine answered."""

    text: str
    finish: Literal["stop", "length", "refused", "empty"] = "stop"
    tokens_read: int = 0
    tokens_written: int = 0


class Spent(NamedTuple):
    """What an engine has worked; answers from a cache cost nothing."""

    calls: int = 0
    tokens_read: int = 0
    tokens_written: int = 0
    seconds: float = 0.0


class Engine(ABC):
    """Thinks for an agent."""

    name: str
    """How it was asked for, e.g. `smollm2`."""
    digest: str
    """Identity (hex): the weights' SHA-256, and whatever else changes its answers."""
    scores: bool = True
    """Whether it can `choose`."""
    continues: bool = True
    """Whether it can go on with a plain text, and with a reply that was begun for it."""
    context: int | None = None
    """Tokens it can read and write at once; None: not known."""
    progress: Callable[[int, int], None] | None = None
    """Told (questions answered, questions in all) while a call takes its time."""
    asked: int = 0
    """Questions so far, those that a cache answered included."""

    @abstractmethod
    def complete(
        self, prompts: Sequence[Prompt], decoding: Decoding, draws: Sequence[int] | None = None
    ) -> list[Reply]:
        """Continue each prompt.

        Args:
            prompts: `n` of them.
            decoding: how replies are drawn.
            draws: `[n]` which draw each is: equal numbers give equal replies, another number another draw; None: all 0.

        Raises:
            BadEngine: it can't be reached, or what it answers can't be used. ContextOverflow: a prompt is too long.
        """

    @abstractmethod
    def choose(self, prompts: Sequence[Prompt], options: Sequence[Sequence[str]]) -> list[LogProbs]:
        """How likely each prompt is followed by each of its options, whole options, not only their first tokens.

        Args:
            prompts: `n` of them.
            options: `n` lists of texts; distinct within a list.

        Returns:
            `n` arrays of log-probabilities; they don't sum to one, since other texts may follow too.

        Raises:
            BadEngine: it can't score, or the options repeat each other. ContextOverflow: a prompt is too long.
        """

    @property
    def spent(self) -> Spent:
        """What it has worked so far."""
        return Spent()

    def bound(self, world: World) -> Engine:
        """The engine for an agent that acts in this world: itself, unless what it answers hangs on the world."""
        return self
