"""One GGUF model in this process, run by xllamacpp: tokens, the next token's probabilities, and texts continued.

Settings that make an answer depend on the prompt alone, not on what was asked before. With the defaults (half precision
of keys and values, flash attention, states kept in memory) a prompt whose beginning is already known gets
log-probabilities up to .35 nats from the same prompt's read afresh: sums are taken in another order, and rounding to 8
bits inside the model magnifies that. In single precision, without flash attention, each sequence's cells in order,
bytes are the same.
"""

from __future__ import annotations

import http.client
import json
import math
import os
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from teloscope.engines.engine import Decoding, Reply
from teloscope.engines.option_tree import FLOOR
from teloscope.errors import BadEngine, require

TOP = 100
"""Likeliest next tokens that are asked for at first."""
_LIFT = 100.0
"""Nats by which tokens that are not among them are lifted to be seen."""
_BREAK = -1
"""Stands between texts that are tokenised in one request; no token has this id."""
_WAITING = "OMP_WAIT_POLICY"
SETTINGS = 1
"""Counts changes of what follows that change answers; part of an engine's digest."""


class Work(NamedTuple):
    """Tokens that were really worked on."""

    read: int
    written: int


class Server:
    """A loaded model. Sequence 0 answers questions one by one; all sequences together write replies."""

    def __init__(self, path: Path, context: int, sequences: int, spaced: bool = False) -> None:
        """Load a model.

        Args:
            path: a GGUF file.
            context: tokens that each sequence can read and write at once.
            sequences: replies that are written side by side.
            spaced: whether its vocabulary puts a space ahead of every text; taken off again here.

        Raises:
            MissingExtra: xllamacpp is not installed. BadEngine: the file can't be loaded.
        """
        xllamacpp = _xllamacpp()
        single = xllamacpp.ggml_type.GGML_TYPE_F32
        settings = xllamacpp.CommonParams()
        settings.model.path = str(path)
        settings.n_parallel, settings.kv_unified, settings.n_ctx = sequences, False, context * sequences
        settings.cache_type_k = settings.cache_type_v = single
        settings.flash_attn_type = xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_DISABLED
        settings.no_extra_bufts, settings.cache_ram_mib, settings.n_ctx_checkpoints = True, 0, 0
        settings.swa_full, settings.ctx_shift = True, False
        settings.n_gpu_layers, settings.warmup, settings.verbosity = 0, False, -1
        settings.cpuparams.n_threads = settings.cpuparams_batch.n_threads = threads()
        try:
            self._model = xllamacpp.Server(settings)
        except RuntimeError as error:
            raise BadEngine(
                f"xllamacpp can't load the model file {path} ({error}): cut off or damaged, no language model, "
                f"or no memory for {sequences} x {context:,} tokens. Get it again, or name another."
            ) from None
        self.sequences = sequences
        self.turn = threading.Lock()
        """Held by who asks: questions of another thread, worked on in the same batch, would round sums differently."""
        self._address = urlsplit(self._model.listening_address)
        self._before, self._dropped = "", 0
        if spaced:
            self._before, self._dropped = "\n", len(self.tokens(["\n"])[0])

    def tokens(self, texts: Sequence[str]) -> list[tuple[int, ...]]:
        """Texts as token ids, in one request, nothing in them read as a control token."""
        content: list[str | int] = []
        for text in texts:
            content += [self._before + text, _BREAK]
        asked = {"content": content, "parse_special": False, "add_special": False}
        found: list[list[int]] = [[]]
        for token in self._post("/tokenize", asked)["tokens"]:
            found.append([]) if token == _BREAK else found[-1].append(token)
        return [tuple(ids[self._dropped :]) for ids in found[:-1]]

    def opening(self) -> tuple[int, ...]:
        """The tokens that the model expects ahead of any text."""
        return tuple(self._post("/tokenize", {"content": "", "add_special": True})["tokens"])

    def control(self, texts: Sequence[str]) -> dict[str, int]:
        """Control tokens -> their ids; those that this model doesn't have are left out."""
        read = (self._post("/tokenize", {"content": t, "parse_special": True, "add_special": False}) for t in texts)
        found = ((text, answer["tokens"]) for text, answer in zip(texts, read, strict=True))
        return {text: ids[0] for text, ids in found if len(ids) == 1}

    def _post(self, path: str, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Ask by the loopback address: tokenising is not to be had otherwise."""
        connection = http.client.HTTPConnection(self._address.hostname or "", self._address.port, timeout=60)
        try:
            connection.request("POST", path, json.dumps(asked), {"Content-Type": "application/json"})
            answer = json.loads(connection.getresponse().read())
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise BadEngine(
                f"The model's tokeniser does not answer ({error}); it listens at {self._address.netloc}, inside this "
                "machine. Let programs reach that, and run it again."
            ) from None
        finally:
            connection.close()
        if isinstance(answer, dict) and "tokens" in answer:
            return answer
        raise BadEngine(f"The model's tokeniser can't read a text: {str(answer)[:300]}. Expected Unicode text.")

    def next_tokens(self, ids: Sequence[int], wanted: Sequence[int]) -> tuple[dict[int, float], Work]:
        """How likely each of a few tokens comes next.

        Args:
            ids: the tokens so far.
            wanted: token ids.

        Returns:
            Token -> natural log-probability, at least FLOOR; and the tokens worked on.
        """
        likeliest, work = self._ranked(ids, {"n_probs": TOP, "temperature": 0.0}, "logprob")
        missing = [token for token in wanted if token not in likeliest]
        if missing:
            more, again = self._lifted(ids, missing, likeliest)
            likeliest, work = likeliest | more, Work(work.read + again.read, work.written + again.written)
        return {token: max(likeliest[token], FLOOR) for token in wanted}, work

    def _lifted(
        self, ids: Sequence[int], missing: Sequence[int], likeliest: Mapping[int, float]
    ) -> tuple[dict[int, float], Work]:
        """Tokens that are not among the likeliest: all of them and the likeliest one lifted alike, their ratios read.

        The whole vocabulary would say the same and take forty times as long.
        """
        anchor = max(likeliest, key=lambda token: likeliest[token])
        seen = [anchor, *missing]
        asked = {"n_probs": len(seen), "post_sampling_probs": True, "samplers": [], "temperature": 1.0, "seed": 0}
        found, work = self._ranked(ids, {**asked, "logit_bias": [[token, _LIFT] for token in seen]}, "prob")
        least = math.exp(FLOOR)
        base = likeliest[anchor] - math.log(found[anchor])
        return {token: base + math.log(max(found.get(token, 0.0), least)) for token in missing}, work

    def _ranked(self, ids: Sequence[int], asked: Mapping[str, Any], column: str) -> tuple[dict[int, float], Work]:
        answer = self._ask({"prompt": list(ids), "n_predict": 1, "id_slot": 0, **asked})
        try:
            first = answer["choices"][0]["logprobs"]["content"][0]
            rows = first["top_logprobs" if column == "logprob" else "top_probs"]
            return {row["id"]: row[column] for row in rows}, _work(answer)
        except (KeyError, IndexError, TypeError):
            raise BadEngine(f"xllamacpp answered without probabilities: {str(answer)[:200]}") from None

    def write(self, ids: Sequence[int], decoding: Decoding, seed: int) -> tuple[Reply, Work]:
        """Continue a text.

        Args:
            ids: the tokens so far.
            decoding: how.
            seed: what a draw follows from.
        """
        drawn = {"samplers": ["temperature"], "seed": seed} if decoding.temperature > 0 else {}
        asked = {"n_predict": decoding.max_tokens, "temperature": decoding.temperature, "stop": list(decoding.stop)}
        answer = self._ask({"prompt": list(ids), **asked, **drawn})
        try:
            choice, work = answer["choices"][0], _work(answer)
            ended = "length" if choice["finish_reason"] == "length" else "stop"
            text = str(choice["text"])
            return Reply(text, ended if text else "empty", len(ids), work.written), work
        except (KeyError, IndexError, TypeError):
            raise BadEngine(f"xllamacpp answered without a text: {str(answer)[:200]}") from None

    def _ask(self, asked: dict[str, Any]) -> dict[str, Any]:
        answer = self._model.handle_completions({"cache_prompt": True, **asked})
        if isinstance(answer, dict) and "error" not in answer:
            return answer
        raise BadEngine(f"xllamacpp refused a question: {str(answer)[:300]}")


def _work(answer: Mapping[str, Any]) -> Work:
    """Tokens read anew, and tokens written."""
    return Work(int(answer["timings"]["prompt_n"]), int(answer["usage"]["completion_tokens"]))


def _xllamacpp() -> ModuleType:
    """The package, loaded so that its threads sleep while they wait for each other.

    Threads that spin are a few percent faster on an idle machine, and 20 times slower on one that is shared: twelve
    short calls took 45 s instead of 2 s with four other processes on two cores.
    """
    given = os.environ.get(_WAITING)
    os.environ[_WAITING] = given or "PASSIVE"  # read once, when the package's OpenMP is loaded
    try:
        return require("xllamacpp", extra="llm")
    finally:
        if given is None:
            del os.environ[_WAITING]


def threads() -> int:
    """Threads that a model computes with: OMP_NUM_THREADS if it is set, else one a core."""
    said = os.environ.get("OMP_NUM_THREADS", "")
    return int(said) if said.isdigit() and int(said) else os.cpu_count() or 1
