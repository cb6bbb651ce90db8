"""The model that Inspect evaluates, as an engine: every prompt is a call of Inspect's `generate`.

So Inspect's limits, retries, cache and logs apply, and the user's settings there (temperature, tokens) override those
of a scaffold. A scaffold runs in its own thread and waits there for Inspect's event loop.

Theory: A5, S2. Source: Inspect 0.3 (UK AI Security Institute).
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from typing import NoReturn

from anyio import from_thread
from inspect_ai.model import (
    ChatMessage,
    ChatMessageAssistant,
    ChatMessageSystem,
    ChatMessageUser,
    GenerateConfig,
    Model,
    ModelOutput,
)

from teloscope.engines import Decoding, Engine, Prompt, Reply, Spent
from teloscope.engines.engine import Message
from teloscope.engines.inspect import reply_of
from teloscope.errors import BadEngine

MESSAGE_TYPES = {"system": ChatMessageSystem, "user": ChatMessageUser, "assistant": ChatMessageAssistant}


class ModelEngine(Engine):
    """Asks a model of Inspect's. Works only in a thread that was started from Inspect's event loop."""

    scores = False
    continues = False

    def __init__(self, model: Model) -> None:
        self.model, self.name = model, f"inspect:{model}"
        identity = f"{model}\x1f{model.config.model_dump_json(exclude_none=True)}"
        self.digest = hashlib.sha256(identity.encode()).hexdigest()
        self.failure: BaseException | None = None
        """What Inspect raised: a limit, or an error that stayed after the retries."""
        self._spent = Spent()

    def complete(
        self, prompts: Sequence[Prompt], decoding: Decoding, draws: Sequence[int] | None = None
    ) -> list[Reply]:
        numbers = draws if draws is not None else [0] * len(prompts)
        return [self._ask(p, decoding, draw) for p, draw in zip(prompts, numbers, strict=True)]

    def choose(self, prompts: Sequence[Prompt], options: Sequence[Sequence[str]]) -> NoReturn:
        raise BadEngine(
            f"The model {self.name!r} gives no log-probabilities of whole options through Inspect. Use a scaffold that "
            "reads free replies, such as text or text+think:48."
        )

    @property
    def spent(self) -> Spent:
        return self._spent

    def _ask(self, prompt: Prompt, decoding: Decoding, draw: int) -> Reply:
        begun = time.perf_counter()
        try:
            output = from_thread.run(self._generate, prompt, decoding, draw)
        except BaseException as error:
            self.failure = error
            raise
        reply = reply_of(output, decoding, self.name)
        spent, seconds = self._spent, time.perf_counter() - begun
        self._spent = Spent(
            spent.calls + 1,
            spent.tokens_read + reply.tokens_read,
            spent.tokens_written + reply.tokens_written,
            spent.seconds + seconds,
        )
        return reply

    async def _generate(self, prompt: Prompt, decoding: Decoding, draw: int) -> ModelOutput:
        wanted = GenerateConfig(
            max_tokens=decoding.max_tokens,
            temperature=decoding.temperature,
            stop_seqs=list(decoding.stop) or None,
            seed=draw % 2**31 if decoding.temperature else None,
        )
        own = self.model.config.model_dump(exclude_none=True)
        config = wanted.model_copy(
            update={key: None for key in own.keys() & wanted.model_dump(exclude_none=True).keys()}
        )
        return await self.model.generate(inspect_messages(prompt), config=config)


def inspect_messages(prompt: Prompt) -> list[ChatMessage]:
    """A prompt as Inspect's chat messages.

    Raises:
        BadEngine: the prompt is a plain text, or has a prefill.
    """
    if not prompt.messages or prompt.prefill:
        raise BadEngine("A chat model can't go on with a text, or with a reply that was begun for it. Ask it in turns.")
    return [MESSAGE_TYPES[role](content=text) for role, text in prompt.messages]


def prompt_messages(messages: Sequence[ChatMessage]) -> tuple[Message, ...]:
    """Inspect's chat messages as messages of a prompt; a tool's message becomes one of the user."""
    return tuple(Message("user" if m.role == "tool" else m.role, m.text) for m in messages)
