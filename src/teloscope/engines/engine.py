"""The interface of an engine: it continues a text, and it gives the log-probabilities of a few options.

A scaffold makes the prompts and parses the replies.

Theory: A5 (a model's words as thoughts), S2.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

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
    """What a prompt asks, in the form that synthetic engines understand.

    It is never shown to a real engine, and never part of a cache key.
    """

    kind: Literal["act", "judge", "think", "harm", "request", "reply", "role"]
    about: str
    """act and think: the description of the state; judge: the outcome's sentence; harm: the act and the description;
    request: what kind of request it is, and its text; reply: the reply that is judged; role: who is described."""
    options: tuple[str, ...] = ()
    """The actions in words, in the order of the prompt."""
    said: str = ""
    """The reasoning in the prompt."""
    sides: tuple[int, ...] = ()
    """judge: for each option of the prompt 1 if it says that the outcome is good, -1 if not; empty: by its words."""


on_answer: ContextVar[Callable[[int, Any], None] | None] = ContextVar("on_answer", default=None)
"""Called by an engine with (place, answer) as soon as it has one, before a long call is over, so that what an
interruption ends is not lost. An engine that doesn't call it loses its whole call."""


@dataclass(frozen=True)
class Prompt:
    """The input of an engine: a plain text to continue, or the messages of a chat."""

    text: str = ""
    messages: tuple[Message, ...] = ()
    prefill: str = ""
    """The beginning of the reply to a chat."""
    question: Question | None = field(default=None, compare=False)

    @classmethod
    def plain(cls, text: str, question: Question | None = None) -> Prompt:
        """A text to be continued, without a chat template."""
        return cls(text=text, question=question)

    @classmethod
    def chat(cls, user: str, system: str = "", prefill: str = "", question: Question | None = None) -> Prompt:
        """One question to a chat model."""
        first = (Message("system", system),) if system else ()
        return cls(messages=(*first, Message("user", user)), prefill=prefill, question=question)

    def render(self) -> str:
        """The prompt as text for people."""
        if not self.messages:
            return self.text
        turns = [f"[{m.role}] {m.text}" for m in self.messages]
        return "\n".join([*turns, f"[assistant] {self.prefill}"] if self.prefill else turns)


class Decoding(NamedTuple):
    """How a reply is generated."""

    max_tokens: int = 64
    temperature: float = 0.0
    """0: always the most likely token."""
    stop: tuple[str, ...] = ()
    """The reply ends before any of these."""


class Reply(NamedTuple):
    """An engine's reply."""

    text: str
    finish: Literal["stop", "length", "refused", "empty"] = "stop"
    tokens_read: int = 0
    tokens_written: int = 0


class Spent(NamedTuple):
    """What an engine has computed so far; answers from a cache are not counted."""

    calls: int = 0
    tokens_read: int = 0
    tokens_written: int = 0
    seconds: float = 0.0


class Engine(ABC):
    """The base class of engines: what thinks for an agent."""

    name: str
    """Its name, as written for an engine, e.g. `smollm2`."""
    digest: str
    """Identity (hex): a hash of the weights, and of everything else that changes its answers."""
    scores: bool = True
    """Whether it can `choose`."""
    continues: bool = True
    """Whether it can continue a plain text, and a reply whose beginning is given (`Prompt.prefill`)."""
    reads: bool = True
    """Whether it reads the text of a prompt; others answer the `Question`, and everyday sentences tell it nothing."""
    context: int | None = None
    """Tokens of a prompt and its reply together, at most; None: not known."""
    progress: Callable[[int, int], None] | None = None
    """Called with (prompts answered, prompts in all) during a long call."""
    asked: int = 0
    """Prompts so far, including those that a cache answered."""

    @abstractmethod
    def complete(
        self, prompts: Sequence[Prompt], decoding: Decoding, draws: Sequence[int] | None = None
    ) -> list[Reply]:
        """Continue each prompt.

        Args:
            prompts: `n` of them.
            decoding: how replies are generated.
            draws: `[n]` number of each draw: equal numbers give equal replies, others another draw; None: all 0.

        Raises:
            BadEngine: it can't be reached, or its answer can't be used. ContextOverflow: a prompt is too long.
        """

    @abstractmethod
    def choose(self, prompts: Sequence[Prompt], options: Sequence[Sequence[str]]) -> list[LogProbs]:
        """The log-probability of each option after its prompt: of whole options, not only of their first tokens.

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
        """What it has computed so far."""
        return Spent()

    def bound(self, world: World) -> Engine:
        """The engine for an agent that acts in this world: itself, unless its answers depend on the world."""
        return self
