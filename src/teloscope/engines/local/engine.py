"""A language model in this process: any GGUF file, run by xllamacpp.

An answer depends on the prompt alone, not on earlier or parallel calls (`server.py` says how, and how it was measured).
On another kind of processor the sums of the quantised weights are rounded differently.

A prompt and its options are tokenised separately, so that all options follow the same prompt tokens. An option includes
its leading space.

Theory: A5.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
import time
import weakref
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from teloscope.engines.engine import Decoding, Engine, LogProbs, Prompt, Reply, Spent, on_answer
from teloscope.engines.local.chat_template import CHAT_TEMPLATES, detect_template
from teloscope.engines.local.gguf import read_header
from teloscope.engines.local.server import SETTINGS, Server, TokensProcessed, threads
from teloscope.engines.option_tree import OptionTree, Tokens, check_options
from teloscope.errors import BadEngine, ContextOverflow

CONTEXT = 2048
"""Tokens of a prompt and its reply together, by default."""
SEQUENCES = 4
"""Replies written in parallel: with two or more threads that takes a quarter less time; one thread gains nothing."""

BATCH_SIZE = 16
"""Calls between two reports of progress."""

_servers: weakref.WeakValueDictionary[tuple[int, str, int], Server] = weakref.WeakValueDictionary()
"""Loaded models by process, file and context; a model's memory is freed when no engine uses it any more."""
_loading = threading.Lock()
_inherited: list[Server] = []
"""Models that a process was forked with: their threads stayed in its parent, so they can't be shut down here."""
os.register_at_fork(after_in_child=lambda: _inherited.extend(_servers.values()))


class LocalEngine(Engine):
    """A GGUF model; it is loaded at its first call."""

    batch_size = BATCH_SIZE

    def __init__(
        self,
        name: str,
        path: Path,
        context: int = CONTEXT,
        chat_template: str | None = None,
        weights: str | None = None,
    ) -> None:
        """An engine for a model file; reads the file's header.

        Args:
            name: its name, as written for an engine.
            path: the file.
            context: tokens of a prompt and its reply together, at most.
            chat_template: a key of `CHAT_TEMPLATES`; None: detected from the file's own template.
            weights: the file's SHA-256 (hex); None: computed.

        Raises:
            BadEngine: the file is missing, truncated or not GGUF.
        """
        metadata = read_header(path).metadata
        trained = int(metadata.get(f"{metadata.get('general.architecture')}.context_length", context))
        self.name, self.path, self.context, self.trained = name, path, min(context, trained), trained
        own = str(metadata.get("tokenizer.chat_template", ""))
        self.chat_template = CHAT_TEMPLATES[chat_template] if chat_template else detect_template(own)
        prefixes = metadata.get("tokenizer.ggml.add_space_prefix", True)
        self._spaced = metadata.get("tokenizer.ggml.model") == "llama" and prefixes
        self.weights = weights or file_sha256(path)
        self.digest = self._identity()
        self._spent, self.asked = Spent(), 0
        self._adding = threading.Lock()
        self._token_cache: dict[str, Tokens] = {}
        self._control: dict[str, int] | None = None
        self._opening: Tokens = ()
        self._loaded: Server | None = None

    def _identity(self) -> str:
        try:
            runtime = version("xllamacpp")
        except PackageNotFoundError:
            runtime = "absent"
        chat_template = self.chat_template.name if self.chat_template else None
        identity = [self.weights, "xllamacpp", runtime, self.context, chat_template, SETTINGS]
        return hashlib.sha256(json.dumps(identity).encode()).hexdigest()

    @property
    def spent(self) -> Spent:
        """Calls of the model, tokens read (without those remembered from the last prompt), tokens written."""
        return self._spent

    def complete(
        self, prompts: Sequence[Prompt], decoding: Decoding, draws: Sequence[int] | None = None
    ) -> list[Reply]:
        """Continue each prompt, several in parallel."""
        asked = list(
            zip(self._tokenize_prompts(prompts, decoding.max_tokens), draws or [0] * len(prompts), strict=True)
        )
        self.asked += len(asked)
        order = sorted(range(len(asked)), key=lambda i: asked[i])  # prompts that begin alike follow each other
        began, server, tell = time.perf_counter(), self._server(), on_answer.get()

        def write(i: int) -> Reply:
            ids, draw = asked[i]
            reply, work = server.write(ids, decoding, self._seed(ids, draw))
            self._add_usage(work)
            if tell is not None:
                tell(i, reply)
            return reply

        with server.lock:
            if len(order) > 1:
                with ThreadPoolExecutor(server.sequences) as sequences:
                    written = list(sequences.map(write, order))  # interrupted: those that have not begun are dropped
            else:
                written = [write(i) for i in order]
        self._add_usage(TokensProcessed(0, 0), time.perf_counter() - began, calls=0)
        replies = dict(zip(order, written, strict=True))
        return [replies[i] for i in range(len(asked))]

    def choose(self, prompts: Sequence[Prompt], options: Sequence[Sequence[str]]) -> list[LogProbs]:
        """Score whole options: one call of the model for each node of their tree, neighbours after each other."""
        for offered in options:
            check_options(offered)
        self.asked += len(prompts)
        tokens = self._tokenize_all([text for offered in options for text in offered])
        trees = [[tokens[text] for text in offered] for offered in options]
        longest = [max(map(len, tree)) for tree in trees]
        read = self._tokenize_prompts(prompts, longest)
        began, server, tell = time.perf_counter(), self._server(), on_answer.get()
        tree = OptionTree(read, trees)
        with server.lock:
            for node, wanted in tree.nodes.items():
                answer, work = server.next_tokens(node, wanted)
                self._add_usage(work)
                for place, logprobs in tree.answer(node, answer):
                    if tell is not None:
                        tell(place, logprobs)
        self._add_usage(TokensProcessed(0, 0), time.perf_counter() - began, calls=0)
        return tree.logprobs()

    def _tokenize_prompts(self, prompts: Sequence[Prompt], room: int | Sequence[int]) -> list[Tokens]:
        """Prompts as tokens; each must leave room for as many more tokens as `room` says."""
        self._tokenize_all([text for prompt in prompts for text in self._prompt_texts(prompt)])
        read = [self._prompt_tokens(prompt) for prompt in prompts]
        rooms = [room] * len(read) if isinstance(room, int) else room
        for ids, more in zip(read, rooms, strict=True):
            if self.context is not None and len(ids) + more > self.context:
                raise ContextOverflow(
                    f"A prompt of {len(ids):,} tokens, with room for {more:,} more, is longer than the "
                    f"{self.context:,} tokens that {self.name!r} reads. Shorten it (a smaller memory, fewer examples)"
                    f"{self._context_hint()}."
                )
            if not ids:
                raise BadEngine(f"{self.name!r} was asked to go on with nothing. A prompt needs at least a letter.")
        return read

    def _context_hint(self) -> str:
        """How to allow longer prompts, if the model was trained on longer ones; else empty."""
        name = self.name.partition("?")[0]
        return f", or allow more: {name}?context={self.trained}" if self.trained > (self.context or 0) else ""

    def _prompt_texts(self, prompt: Prompt) -> list[str]:
        return [*(m.text for m in prompt.messages), prompt.prefill] if prompt.messages else [prompt.text]

    def _prompt_tokens(self, prompt: Prompt) -> Tokens:
        control = self._control_tokens()
        if not prompt.messages:
            return (*self._opening, *self._tokenize(prompt.text))
        if self.chat_template is None or set(self.chat_template.controls) - set(control):
            raise BadEngine(
                f"{self.name!r} has no chat template that is known here ({', '.join(CHAT_TEMPLATES)}). "
                "Use a scaffold that puts plain text to it."
            )
        tokens = self.chat_template.tokens(prompt.messages, prompt.prefill, self._tokenize, control)
        return tuple(tokens) if self._opening[-1:] == tuple(tokens[:1]) else (*self._opening, *tokens)

    def _control_tokens(self) -> dict[str, int]:
        """The ids of all control tokens of `CHAT_TEMPLATES`; no text may be tokenised into one of them."""
        if self._control is None:
            server = self._server()
            self._opening = server.opening()
            self._control = server.control(
                sorted({text for chat_template in CHAT_TEMPLATES.values() for text in chat_template.controls})
            )
        return self._control

    def _tokenize(self, text: str) -> Tokens:
        return self._tokenize_all([text])[text]

    def _tokenize_all(self, texts: Sequence[str]) -> dict[str, Tokens]:
        """Text -> its tokens, without control tokens."""
        if len(self._token_cache) > 100_000:
            self._token_cache.clear()
        new = [text for text in dict.fromkeys(texts) if text not in self._token_cache]
        if new:
            control = set(self._control_tokens().values())
            for text, ids in zip(new, self._server().tokens(new), strict=True):
                if control & set(ids):  # some vocabularies find them in any text: letter by letter they can't
                    ids = tuple(i for one in self._server().tokens(list(text)) for i in one)
                self._token_cache[text] = ids
        return {text: self._token_cache[text] for text in texts}

    def _seed(self, ids: Tokens, draw: int) -> int:
        identity = json.dumps([self.digest, ids, draw]).encode()
        return int.from_bytes(hashlib.sha256(identity).digest()[:4], "big") >> 1

    def _add_usage(self, work: TokensProcessed, seconds: float = 0.0, calls: int = 1) -> None:
        with self._adding:
            was = self._spent
            self._spent = Spent(
                was.calls + calls, was.tokens_read + work.read, was.tokens_written + work.written, was.seconds + seconds
            )

    def _server(self) -> Server:
        """The loaded model: one for each process, file and context."""
        key = (os.getpid(), self.weights, self.context or CONTEXT)
        with _loading:
            server = _servers.get(key)
            if server is None:
                sequences = SEQUENCES if threads() > 1 else 1
                server = _servers[key] = Server(self.path, key[2], sequences, bool(self._spaced))
            self._loaded = server
            return server


def file_sha256(path: Path) -> str:
    """A file's SHA-256 (hex)."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise BadEngine(f"The file {path} can't be read ({error.strerror}).") from None
