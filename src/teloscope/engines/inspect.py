"""Any model of Inspect's providers. Inspect handles retries and connections.

Options get letters, and the log-probabilities of the letters are read, where the provider returns them. Providers
return twenty tokens or fewer. A letter that is not among them gets the probability of the least likely one returned,
which is an upper bound.

Theory: A5.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import re
import string
import threading
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import numpy as np

from teloscope.engines.engine import Decoding, Engine, LogProbs, Message, Prompt, Reply, Spent, on_answer
from teloscope.engines.option_tree import check_options
from teloscope.errors import BadEngine, ContextOverflow, TeloscopeError, require

if TYPE_CHECKING:
    from inspect_ai.model import ChatMessage, Model, ModelOutput

T = TypeVar("T")
LETTERS = string.ascii_uppercase
TOP_LOGPROBS = 20
"""The most log-probabilities that providers return for a token."""
MOST_SEEDS = 2**31
"""Providers take seeds below this; draw numbers may be larger."""
_LETTER_QUESTION = "\n\n{options}\n\nAnswer with the letter of one of these options, and nothing else."
_PROBE = Prompt.chat("Which comes first in the alphabet?")
_FINISH_REASONS = {"content_filter": "refused", "max_tokens": "length", "model_length": "length"}


class RetryLimits(NamedTuple):
    """Retries and time limits of calls to a provider."""

    retries: int = 3
    """Retries after a time-out or a rate limit, with Inspect's growing pauses."""
    attempt_s: int = 120
    """Seconds for one attempt."""
    whole_s: int = 600
    """Seconds for all attempts of a call together."""
    connections: int = 10
    """Calls in parallel."""


class InspectEngine(Engine):
    """A model behind one of Inspect's providers. It takes chat messages only: it can't continue a plain text."""

    continues = False
    batch_size = 40
    """Calls made at once."""

    def __init__(self, model: str, limits: RetryLimits | None = None) -> None:
        """An engine for a model of a provider.

        Args:
            model: `<provider>/<model>`, as Inspect writes it.
            limits: retries and time limits.

        Raises:
            MissingExtra: inspect_ai is not installed. BadEngine: the name has no provider or no model.
        """
        if not re.fullmatch(r"[\w.-]+/\S+", model):
            raise BadEngine(f"Engine 'inspect:{model}' needs a provider and a model, e.g. inspect:openai/gpt-4o-mini.")
        require("inspect_ai", extra="inspect")
        self.model, self.limits = model, limits or RetryLimits()
        self.name = f"inspect:{model}"
        self.digest = hashlib.sha256(json.dumps(["inspect", model, 1]).encode()).hexdigest()
        self._spent, self.asked = Spent(), 0

    @property
    def spent(self) -> Spent:
        """Calls and tokens, as the provider counts them."""
        return self._spent

    @cached_property
    def scores(self) -> bool:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Whether the provider returns log-probabilities; found out once, with one call."""
        (probed,) = self._ask(
            [self._lettered(_PROBE, ["A", "B"])],
            [self._decoding_of_letters()],
            lambda _, output: bool(_first_token_logprobs(output)),
        )
        return probed

    def complete(
        self, prompts: Sequence[Prompt], decoding: Decoding, draws: Sequence[int] | None = None
    ) -> list[Reply]:
        """Ask for a reply to each prompt."""
        self.asked += len(prompts)
        config: dict[str, Any] = {"max_tokens": decoding.max_tokens, "temperature": decoding.temperature}
        if decoding.stop:
            config["stop_seqs"] = list(decoding.stop)
        configs = [{**config, "seed": draw % MOST_SEEDS} for draw in draws or [0] * len(prompts)]
        return self._ask(
            [self._turns(p) for p in prompts],
            configs,
            lambda _, output: reply_of(output, decoding, self.name, self._remedy()),
        )

    def choose(self, prompts: Sequence[Prompt], options: Sequence[Sequence[str]]) -> list[LogProbs]:
        """Give the options of each prompt letters, and read the log-probability of each letter as the first token."""
        for offered in options:
            check_options(offered)
        self.asked += len(prompts)
        chats = [self._lettered(prompt, offered) for prompt, offered in zip(prompts, options, strict=True)]
        return self._ask(
            chats,
            [self._decoding_of_letters()] * len(chats),
            lambda place, output: self._read_letters(output, len(options[place])),
        )

    @staticmethod
    def _decoding_of_letters() -> dict[str, Any]:
        return {"max_tokens": 16, "temperature": 0.0, "logprobs": True, "top_logprobs": TOP_LOGPROBS, "seed": 0}

    def _turns(self, prompt: Prompt) -> list[Message]:
        if not prompt.messages or prompt.prefill:
            what = "go on with a reply that was begun for it" if prompt.messages else "go on with a plain text"
            raise BadEngine(f"{self.name!r} is a chat model behind a provider: it can't {what}. Use a chat scaffold.")
        return list(prompt.messages)

    def _lettered(self, prompt: Prompt, options: Sequence[str]) -> list[Message]:
        """The turns, with lettered options at the end of the last one."""
        if len(options) > len(LETTERS):
            raise BadEngine(f"{self.name!r} chooses by letter among {len(LETTERS)} options, but got {len(options)}.")
        turns = self._turns(prompt)
        listed = "\n".join(f"{letter}. {option.strip()}" for letter, option in zip(LETTERS, options, strict=False))
        return [*turns[:-1], turns[-1]._replace(text=turns[-1].text + _LETTER_QUESTION.format(options=listed))]

    def _read_letters(self, output: ModelOutput, n: int) -> LogProbs:
        """Log-probabilities of the first `n` letters."""
        logprobs = _first_token_logprobs(output)
        if not logprobs:
            raise BadEngine(
                f"{self.name!r} tells no log-probabilities, so its options can't be scored. "
                "Use a scaffold that reads its text."
            )
        least = min(logprobs.values())
        return np.array([logprobs.get(letter, least) for letter in LETTERS[:n]], np.float64)

    def _ask(
        self,
        chats: Sequence[Sequence[Message]],
        configs: Sequence[Mapping[str, Any]],
        read: Callable[[int, ModelOutput], T],
    ) -> list[T]:
        """Make all calls, as many in parallel as there are connections; the answers, as `read` reads them."""
        began, tell = time.perf_counter(), on_answer.get()

        def arrived(place: int, output: ModelOutput) -> None:
            with suppress(TeloscopeError):  # raised below, when all answers are there
                if tell is not None and not output.error:
                    tell(place, read(place, output))

        try:
            outputs = _run_in_loop(self._all(chats, configs, arrived))
        except TeloscopeError:
            raise
        except Exception as error:  # providers raise what they like
            raise BadEngine(f"{self.name!r} failed: {_error_text(error)}. {self._remedy()}") from None
        usage = [_usage(output) for output in outputs]
        was = self._spent
        self._spent = Spent(
            was.calls + len(outputs),
            was.tokens_read + sum(read for read, _ in usage),
            was.tokens_written + sum(written for _, written in usage),
            was.seconds + time.perf_counter() - began,
        )
        for output in outputs:
            if output.error:
                raise BadEngine(f"{self.name!r} failed: {_one_line(output.error)}. {self._remedy()}")
        return [read(place, output) for place, output in enumerate(outputs)]

    async def _all(
        self,
        chats: Sequence[Sequence[Message]],
        configs: Sequence[Mapping[str, Any]],
        arrived: Callable[[int, ModelOutput], None],
    ) -> list[ModelOutput]:
        from inspect_ai.model import GenerateConfig

        model, own = self._model(), self.limits
        waits: dict[str, Any] = {"max_retries": own.retries, "attempt_timeout": own.attempt_s, "timeout": own.whole_s}

        async def one(place: int, turns: Sequence[Message], config: Mapping[str, Any]) -> ModelOutput:
            full = GenerateConfig(**config, **waits, max_connections=own.connections)
            output = await model.generate(_messages(turns), config=full)
            arrived(place, output)
            return output

        return list(await asyncio.gather(*map(one, range(len(chats)), chats, configs)))

    def _model(self) -> Model:
        from inspect_ai.model import get_model

        return get_model(self.model)

    def _remedy(self) -> str:
        provider = self.model.partition("/")[0]
        return (
            f"Check the model's name, the provider {provider!r}, its key and its limits, then run again: "
            "what is kept already is not asked twice."
        )


def reply_of(output: ModelOutput, decoding: Decoding, name: str, remedy: str = "") -> Reply:
    """A provider's answer as a reply.

    Args:
        output: the answer.
        decoding: what it was asked for.
        name: the engine's, for messages.
        remedy: what the user can do if it is no reply.

    Raises:
        BadEngine: it is no reply, or much longer than asked for. ContextOverflow: the prompt was too long.
    """
    if output.error:
        raise BadEngine(f"{name!r} failed: {_one_line(output.error)}. {remedy}".strip())
    if not output.choices:
        raise BadEngine(f"{name!r} answered without a reply. {remedy}".strip())
    text, reason = output.completion, output.stop_reason
    read, written = _usage(output)
    if len(text) > (most := 1_000 + 100 * decoding.max_tokens):
        raise BadEngine(
            f"{name!r} replied with {len(text):,} characters where {decoding.max_tokens} tokens were asked for (at "
            f"most {most:,} characters are read). {remedy}".strip()
        )
    if reason == "model_length" and not text:
        raise ContextOverflow(
            f"A prompt of {read or 'unknown'} tokens, with room for {decoding.max_tokens:,} more, is longer than "
            f"{name!r} reads. Shorten it (a smaller memory, fewer examples)."
        )
    finish = _FINISH_REASONS.get(reason, "stop")
    if not text.strip() and finish != "refused":
        finish = "empty"
    return Reply(text, finish, read, written)  # pyright: ignore[reportArgumentType]


def _messages(turns: Sequence[Message]) -> list[ChatMessage]:
    from inspect_ai.model import ChatMessageAssistant, ChatMessageSystem, ChatMessageUser

    kinds = {"system": ChatMessageSystem, "user": ChatMessageUser, "assistant": ChatMessageAssistant}
    return [kinds[turn.role](content=turn.text) for turn in turns]


def _usage(output: ModelOutput) -> tuple[int, int]:
    """Tokens read and written."""
    return (output.usage.input_tokens, output.usage.output_tokens) if output.usage else (0, 0)


def _first_token_logprobs(output: ModelOutput) -> dict[str, float]:
    """Log-probabilities of the reply's first token: text without spaces -> natural log-probability."""
    content = output.choices[0].logprobs.content if output.choices and output.choices[0].logprobs else []
    first = next((token for token in content if token.token.strip()), None)
    logprobs: dict[str, float] = {}
    for token in (first.top_logprobs or [first]) if first else []:
        text = token.token.strip(" \n.):*(")
        logprobs[text] = float(np.logaddexp(logprobs.get(text, -np.inf), token.logprob))
    return {text: value for text, value in logprobs.items() if np.isfinite(value)}


def _error_text(error: BaseException) -> str:
    """The error in one line, without keys."""
    last = getattr(error, "last_attempt", None)  # what the retries ended with
    inner = last.exception() if last is not None else None
    return _one_line(f"{type(inner or error).__name__}: {inner or error}")


def _one_line(text: str) -> str:
    """A text in one line, without keys, a full stop, or Inspect's marks for bold and colours."""
    plain = re.sub(r"\[/?(?:bold|italic|dim|red|blue|green|yellow)\b[^\]]*\]", "", text)
    return scrub_keys(" ".join(plain.split()))[:300].rstrip(".")


def scrub_keys(text: str) -> str:
    """A text without API keys: without the values of such environment variables, and without their usual forms."""
    for name, value in os.environ.items():
        if re.search(r"_(API_KEY|KEY|TOKEN|SECRET)$", name) and len(value) >= 4:
            text = text.replace(value, f"<{name}>")
    text = re.sub(r"(?i)\bbearer\s+\S+", "Bearer <key>", text)
    text = re.sub(r"(?i)\b(api[-_]?key|token|secret)(\W{1,3})[\w.-]{8,}", r"\1\2<key>", text)
    return re.sub(r"\b(sk|pk|gsk|hf|xai|AIza)[-_]?[\w-]{12,}", "<key>", text)


_loops: dict[int, asyncio.AbstractEventLoop] = {}
_starting = threading.Lock()


def _run_in_loop(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine in our own event loop: a provider's connections live as long as the loop they were made in."""
    with _starting:
        if os.getpid() not in _loops:
            loop = asyncio.new_event_loop()
            threading.Thread(target=loop.run_forever, name="inspect providers", daemon=True).start()
            _loops[os.getpid()] = loop
    future = asyncio.run_coroutine_threadsafe(work, _loops[os.getpid()])
    try:
        return future.result()
    except BaseException:  # interrupted: cancel the calls, so that they cost nothing more
        future.cancel()
        raise
