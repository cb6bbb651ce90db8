"""Any model of Inspect's providers: hosted, or run by somebody else. Retries and connections are Inspect's.

Options are lettered, and the letters' log-probabilities read, where the provider tells them. It tells the likeliest
twenty tokens or fewer: a letter that is not among them gets the probability of the least likely one told, which is the
most that it can have.

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
from collections.abc import Coroutine, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import numpy as np

from teloscope.engines.engine import Decoding, Engine, LogProbs, Message, Prompt, Reply, Spent
from teloscope.engines.option_tree import check_options
from teloscope.errors import BadEngine, ContextOverflow, TeloscopeError, require

if TYPE_CHECKING:
    from inspect_ai.model import ChatMessage, Model, ModelOutput

T = TypeVar("T")
LETTERS = string.ascii_uppercase
TOLD = 20
"""Likeliest tokens that providers tell at most."""
MOST_SEEDS = 2**31
"""Providers take seeds below this; draws have larger numbers."""
_ASK = "\n\n{options}\n\nAnswer with the letter of one of these options, and nothing else."
_PROBE = Prompt.chat("Which comes first in the alphabet?")
_FINISHED = {"content_filter": "refused", "max_tokens": "length", "model_length": "length"}


class Patience(NamedTuple):
    """How long a provider is waited for."""

    retries: int = 3
    """Further tries after a time-out or a rate limit, with Inspect's growing pauses."""
    attempt_s: int = 120
    """Seconds for one try."""
    whole_s: int = 600
    """Seconds for all of them."""
    connections: int = 10
    """Questions that are under way at once."""


class InspectEngine(Engine):
    """A model behind one of Inspect's providers. It is only chatted with: it can't go on with a plain text."""

    continues = False
    at_once = 40
    """Questions whose answers a cache writes together: an error loses at most these."""

    def __init__(self, model: str, patience: Patience | None = None) -> None:
        """Get ready to ask a model.

        Args:
            model: `<provider>/<model>`, as Inspect writes it.
            patience: how long it is waited for.

        Raises:
            MissingExtra: inspect_ai is not installed. BadEngine: the model's name can't be one.
        """
        if not re.fullmatch(r"[\w.-]+/\S+", model):
            raise BadEngine(f"Engine 'inspect:{model}' needs a provider and a model, e.g. inspect:openai/gpt-4o-mini.")
        require("inspect_ai", extra="inspect")
        self.model, self.patience = model, patience or Patience()
        self.name = f"inspect:{model}"
        self.digest = hashlib.sha256(json.dumps(["inspect", model, 1]).encode()).hexdigest()
        self._spent, self.asked = Spent(), 0

    @property
    def spent(self) -> Spent:
        """Calls and tokens, as the provider counts them."""
        return self._spent

    @cached_property
    def scores(self) -> bool:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Whether the provider tells log-probabilities: asked once, with one question."""
        (output,) = self._ask([self._lettered(_PROBE, ["A", "B"])], [self._decoding_of_letters()])
        return bool(_told(output))

    def complete(
        self, prompts: Sequence[Prompt], decoding: Decoding, draws: Sequence[int] | None = None
    ) -> list[Reply]:
        """Ask for a reply to each prompt."""
        self.asked += len(prompts)
        config: dict[str, Any] = {"max_tokens": decoding.max_tokens, "temperature": decoding.temperature}
        if decoding.stop:
            config["stop_seqs"] = list(decoding.stop)
        configs = [{**config, "seed": draw % MOST_SEEDS} for draw in draws or [0] * len(prompts)]
        outputs = self._ask([self._turns(p) for p in prompts], configs)
        return [reply_of(output, decoding, self.name, self._remedy()) for output in outputs]

    def choose(self, prompts: Sequence[Prompt], options: Sequence[Sequence[str]]) -> list[LogProbs]:
        """Letter the options of each prompt, and read how likely each letter begins the reply."""
        for offered in options:
            check_options(offered)
        self.asked += len(prompts)
        asked = [self._lettered(prompt, offered) for prompt, offered in zip(prompts, options, strict=True)]
        outputs = self._ask(asked, [self._decoding_of_letters()] * len(asked))
        return [self._read_letters(output, len(offered)) for output, offered in zip(outputs, options, strict=True)]

    @staticmethod
    def _decoding_of_letters() -> dict[str, Any]:
        return {"max_tokens": 16, "temperature": 0.0, "logprobs": True, "top_logprobs": TOLD, "seed": 0}

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
        return [*turns[:-1], turns[-1]._replace(text=turns[-1].text + _ASK.format(options=listed))]

    def _read_letters(self, output: ModelOutput, n: int) -> LogProbs:
        """Log-probabilities of the first `n` letters."""
        told = _told(output)
        if not told:
            raise BadEngine(
                f"{self.name!r} tells no log-probabilities, so its options can't be scored. "
                "Use a scaffold that reads its text."
            )
        least = min(told.values())
        return np.array([told.get(letter, least) for letter in LETTERS[:n]], np.float64)

    def _ask(self, asked: Sequence[Sequence[Message]], configs: Sequence[Mapping[str, Any]]) -> list[ModelOutput]:
        """Ask everything at once, as many at a time as there are connections."""
        began = time.perf_counter()
        try:
            outputs = _finish(self._all(asked, configs))
        except TeloscopeError:
            raise
        except Exception as error:  # providers raise what they like
            raise BadEngine(f"{self.name!r} failed: {_said(error)}. {self._remedy()}") from None
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
                raise BadEngine(f"{self.name!r} failed: {_line(output.error)}. {self._remedy()}")
        return outputs

    async def _all(self, asked: Sequence[Sequence[Message]], configs: Sequence[Mapping[str, Any]]) -> list[ModelOutput]:
        from inspect_ai.model import GenerateConfig

        model, own = self._model(), self.patience
        waits: dict[str, Any] = {"max_retries": own.retries, "attempt_timeout": own.attempt_s, "timeout": own.whole_s}

        async def one(turns: Sequence[Message], config: Mapping[str, Any]) -> ModelOutput:
            told = GenerateConfig(**config, **waits, max_connections=own.connections)
            return await model.generate(_messages(turns), config=told)

        return list(await asyncio.gather(*map(one, asked, configs)))

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
    """What a provider answered, if it is a reply.

    Args:
        output: its answer.
        decoding: what it was asked for.
        name: the engine's, for messages.
        remedy: what to do about an answer that is none.

    Raises:
        BadEngine: it is no reply, or longer than anybody asked for. ContextOverflow: the prompt was too long.
    """
    if output.error:
        raise BadEngine(f"{name!r} failed: {_line(output.error)}. {remedy}".strip())
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
    finish = _FINISHED.get(reason, "stop")
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


def _told(output: ModelOutput) -> dict[str, float]:
    """What was told of the reply's first token: text without spaces -> natural log-probability."""
    content = output.choices[0].logprobs.content if output.choices and output.choices[0].logprobs else []
    first = next((token for token in content if token.token.strip()), None)
    told: dict[str, float] = {}
    for token in (first.top_logprobs or [first]) if first else []:
        text = token.token.strip(" \n.):*(")
        told[text] = float(np.logaddexp(told.get(text, -np.inf), token.logprob))
    return {text: value for text, value in told.items() if np.isfinite(value)}


def _said(error: BaseException) -> str:
    """What went wrong, in one line, with no key in it."""
    last = getattr(error, "last_attempt", None)  # what the retries ended with
    inner = last.exception() if last is not None else None
    return _line(f"{type(inner or error).__name__}: {inner or error}")


def _line(said: str) -> str:
    """In one line, without a key, a full stop, or Inspect's marks for bold and colours."""
    plain = re.sub(r"\[/?(?:bold|italic|dim|red|blue|green|yellow)\b[^\]]*\]", "", said)
    return scrubbed(" ".join(plain.split()))[:300].rstrip(".")


def scrubbed(text: str) -> str:
    """A text without anything that looks like a key: the values of variables named so, and their usual forms."""
    for name, value in os.environ.items():
        if re.search(r"_(API_KEY|KEY|TOKEN|SECRET)$", name) and len(value) >= 4:
            text = text.replace(value, f"<{name}>")
    text = re.sub(r"(?i)\bbearer\s+\S+", "Bearer <key>", text)
    text = re.sub(r"(?i)\b(api[-_]?key|token|secret)(\W{1,3})[\w.-]{8,}", r"\1\2<key>", text)
    return re.sub(r"\b(sk|pk|gsk|hf|xai|AIza)[-_]?[\w-]{12,}", "<key>", text)


_loops: dict[int, asyncio.AbstractEventLoop] = {}
_starting = threading.Lock()


def _finish(work: Coroutine[Any, Any, T]) -> T:
    """Run it to its end in a loop of our own: providers' connections live as long as the loop they were made in."""
    with _starting:
        if os.getpid() not in _loops:
            loop = asyncio.new_event_loop()
            threading.Thread(target=loop.run_forever, name="inspect providers", daemon=True).start()
            _loops[os.getpid()] = loop
    asked = asyncio.run_coroutine_threadsafe(work, _loops[os.getpid()])
    try:
        return asked.result()
    except BaseException:  # interrupted: what nobody waits for any more is not paid for
        asked.cancel()
        raise
