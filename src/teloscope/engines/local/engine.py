"""A language model in this process: any GGUF file, run by xllamacpp.

An answer depends on the prompt alone: not on what was asked before, nor on what is asked beside it (`server.py` says
how, and what it was measured on). On another kind of processor the sums of the quantised weights round differently.

The boundary: a prompt and an option are tokenised apart, so that one prompt stands before all of its options; an option
brings its leading space along.

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

from teloscope.engines.engine import Decoding, Engine, LogProbs, Prompt, Reply, Spent
from teloscope.engines.local.chat_template import TURNS, Turns, recognised
from teloscope.engines.local.gguf import read_header
from teloscope.engines.local.server import SETTINGS, Server, Work, threads
from teloscope.engines.option_tree import Tokens, check_options, nodes, totals
from teloscope.errors import BadEngine, ContextOverflow

CONTEXT = 2048
"""Tokens that a prompt and its reply may have together, if nothing else is said."""
SEQUENCES = 4
"""Replies that are written side by side by two threads or more, a quarter sooner; one thread gains nothing by it."""

AT_ONCE = 16
"""Questions worked out before their answers are kept and progress is told; an interruption costs at most these."""

_servers: weakref.WeakValueDictionary[tuple[int, str, int], Server] = weakref.WeakValueDictionary()
"""Loaded models by process, file and context; their memory is free again when no engine is left that asked them."""
_loading = threading.Lock()
_inherited: list[Server] = []
"""Models that a process was forked with: their threads stayed with its parent, so they can't be taken down in it."""
os.register_at_fork(after_in_child=lambda: _inherited.extend(_servers.values()))


class LocalEngine(Engine):
    """A GGUF model; loaded when it is first asked."""

    at_once = AT_ONCE

    def __init__(
        self, name: str, path: Path, context: int = CONTEXT, turns: str | None = None, weights: str | None = None
    ) -> None:
        """Get to know a model file.

        Args:
            name: how it was asked for.
            path: the file.
            context: tokens that a prompt and its reply may have together.
            turns: its style of chat, a key of TURNS; None: as its own chat template says.
            weights: the file's SHA-256 (hex) if it is known.

        Raises:
            BadEngine: the file is missing, cut off or no GGUF.
        """
        says = read_header(path).says
        trained = int(says.get(f"{says.get('general.architecture')}.context_length", context))
        self.name, self.path, self.context, self.trained = name, path, min(context, trained), trained
        self.turns: Turns | None = TURNS[turns] if turns else recognised(str(says.get("tokenizer.chat_template", "")))
        self._spaced = says.get("tokenizer.ggml.model") == "llama" and says.get("tokenizer.ggml.add_space_prefix", True)
        self.weights = weights or file_sha256(path)
        self.digest = self._identity()
        self._spent, self.asked = Spent(), 0
        self._adding = threading.Lock()
        self._known: dict[str, Tokens] = {}
        self._control: dict[str, int] | None = None
        self._opening: Tokens = ()
        self._loaded: Server | None = None

    def _identity(self) -> str:
        try:
            runtime = version("xllamacpp")
        except PackageNotFoundError:
            runtime = "absent"
        turns = self.turns.name if self.turns else None
        told = [self.weights, "xllamacpp", runtime, self.context, turns, SETTINGS]
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()

    @property
    def spent(self) -> Spent:
        """Calls of the model, tokens read anew (not what was remembered of the last prompt), tokens written."""
        return self._spent

    def complete(
        self, prompts: Sequence[Prompt], decoding: Decoding, draws: Sequence[int] | None = None
    ) -> list[Reply]:
        """Continue each prompt; several at once, side by side."""
        asked = list(zip(self._read(prompts, decoding.max_tokens), draws or [0] * len(prompts), strict=True))
        self.asked += len(asked)
        order = sorted(range(len(asked)), key=lambda i: asked[i])  # prompts that begin alike follow each other
        began, server = time.perf_counter(), self._server()

        def write(i: int) -> Reply:
            ids, draw = asked[i]
            reply, work = server.write(ids, decoding, self._seed(ids, draw))
            self._count(work)
            return reply

        with server.turn:
            if len(order) > 1:
                with ThreadPoolExecutor(server.sequences) as sequences:
                    written = list(sequences.map(write, order))
            else:
                written = [write(i) for i in order]
        self._count(Work(0, 0), time.perf_counter() - began, calls=0)
        replies = dict(zip(order, written, strict=True))
        return [replies[i] for i in range(len(asked))]

    def choose(self, prompts: Sequence[Prompt], options: Sequence[Sequence[str]]) -> list[LogProbs]:
        """Score whole options: one question a node of their tree, each node once, neighbours in a row."""
        for offered in options:
            check_options(offered)
        self.asked += len(prompts)
        tokens = self._tokens([text for offered in options for text in offered])
        trees = [[tokens[text] for text in offered] for offered in options]
        longest = [max(map(len, tree)) for tree in trees]
        read = self._read(prompts, longest)
        began, server, answers = time.perf_counter(), self._server(), {}
        with server.turn:
            for node, wanted in nodes(read, trees).items():
                answers[node], work = server.next_tokens(node, wanted)
                self._count(work)
        self._count(Work(0, 0), time.perf_counter() - began, calls=0)
        return totals(read, trees, answers)

    def _read(self, prompts: Sequence[Prompt], room: int | Sequence[int]) -> list[Tokens]:
        """Prompts as tokens, each leaving room for so many more."""
        self._tokens([text for prompt in prompts for text in self._texts(prompt)])
        read = [self._prompt(prompt) for prompt in prompts]
        rooms = [room] * len(read) if isinstance(room, int) else room
        for ids, more in zip(read, rooms, strict=True):
            if self.context is not None and len(ids) + more > self.context:
                raise ContextOverflow(
                    f"A prompt of {len(ids):,} tokens, with room for {more:,} more, is longer than the "
                    f"{self.context:,} tokens that {self.name!r} reads. Shorten it (a smaller memory, fewer examples)"
                    f"{self._more()}."
                )
            if not ids:
                raise BadEngine(f"{self.name!r} was asked to go on with nothing. A prompt needs at least a letter.")
        return read

    def _more(self) -> str:
        """How to let it read longer prompts, if it was trained on any."""
        plain = self.name.partition("?")[0]
        return f", or allow more: {plain}?context={self.trained}" if self.trained > (self.context or 0) else ""

    def _texts(self, prompt: Prompt) -> list[str]:
        return [*(m.text for m in prompt.messages), prompt.prefill] if prompt.messages else [prompt.text]

    def _prompt(self, prompt: Prompt) -> Tokens:
        control = self._controls()
        if not prompt.messages:
            return (*self._opening, *self._token(prompt.text))
        if self.turns is None or set(self.turns.controls) - set(control):
            raise BadEngine(
                f"{self.name!r} has no chat template that is known here ({', '.join(TURNS)}). "
                "Use a scaffold that puts plain text to it."
            )
        turns = self.turns.tokens(prompt.messages, prompt.prefill, self._token, control)
        return tuple(turns) if self._opening[-1:] == tuple(turns[:1]) else (*self._opening, *turns)

    def _controls(self) -> dict[str, int]:
        """The ids of all control tokens that we know of; none of them may come out of a text."""
        if self._control is None:
            server = self._server()
            self._opening = server.opening()
            self._control = server.control(sorted({text for turns in TURNS.values() for text in turns.controls}))
        return self._control

    def _token(self, text: str) -> Tokens:
        return self._tokens([text])[text]

    def _tokens(self, texts: Sequence[str]) -> dict[str, Tokens]:
        """Texts -> their tokens, never control tokens."""
        if len(self._known) > 100_000:
            self._known.clear()
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        if new:
            control = set(self._controls().values())
            for text, ids in zip(new, self._server().tokens(new), strict=True):
                if control & set(ids):  # some vocabularies find them in any text: letter by letter they can't
                    ids = tuple(i for one in self._server().tokens(list(text)) for i in one)
                self._known[text] = ids
        return {text: self._known[text] for text in texts}

    def _seed(self, ids: Tokens, draw: int) -> int:
        told = json.dumps([self.digest, ids, draw]).encode()
        return int.from_bytes(hashlib.sha256(told).digest()[:4], "big") >> 1

    def _count(self, work: Work, seconds: float = 0.0, calls: int = 1) -> None:
        with self._adding:
            was = self._spent
            self._spent = Spent(
                was.calls + calls, was.tokens_read + work.read, was.tokens_written + work.written, was.seconds + seconds
            )

    def _server(self) -> Server:
        """The loaded model: one a file, a context and a process."""
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
