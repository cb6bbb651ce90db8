"""One GGUF model in this process, run by xllamacpp: tokens, probabilities of the next token, continued texts.

The settings make an answer depend on the prompt alone, not on earlier calls. With xllamacpp's defaults (half precision
of keys and values, flash attention, states kept in memory), a prompt whose beginning is in the cache gets
log-probabilities up to .35 nats away from those without the cache: sums are taken in another order, and rounding to 8
bits inside the model magnifies the difference. In single precision, without flash attention, and with each sequence's
cells in order, the answers are equal byte by byte.
"""

from __future__ import annotations

import http.client
import json
import math
import os
import threading
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from teloscope.engines.engine import Decoding, Reply
from teloscope.engines.option_tree import FLOOR
from teloscope.errors import BadEngine, require

TOP = 100
"""How many of the most likely next tokens the first call asks for."""
_LIFT = 100.0
"""Logit bias (nats) that makes tokens outside the top appear in the answer."""
_SURE = 10_000.0
"""Logit bias (nats) with which a token is drawn, whatever the others are; log-probabilities are told without it."""
_WHOLE_VOCABULARY = 1 << 21
"""More tokens than any vocabulary has."""
_BREAK = -1
"""Separates texts that are tokenised in one request; no token has this id."""
_WAITING = "OMP_WAIT_POLICY"
SETTINGS = 1
"""Version of this file's settings; part of an engine's digest. It rises with each change that changes answers."""


class TokensProcessed(NamedTuple):
    """Tokens that the model processed."""

    read: int
    written: int


class Server:
    """A loaded model. Sequence 0 scores next tokens one call at a time; all sequences together write replies."""

    def __init__(self, path: Path, context: int, sequences: int, spaced: bool = False) -> None:
        """Load a model.

        Args:
            path: a GGUF file.
            context: tokens that each sequence can read and write at once.
            sequences: replies that are written in parallel.
            spaced: whether its tokeniser adds a space before every text; it is removed here.

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
        self.lock = threading.Lock()
        """Held during calls: calls of another thread in the same batch would be rounded differently."""
        self._address = urlsplit(self._model.listening_address)
        self._before, self._dropped = "", 0
        if spaced:
            self._before, self._dropped = "\n", len(self.tokens(["\n"])[0])

    def tokens(self, texts: Sequence[str]) -> list[tuple[int, ...]]:
        """Texts as token ids, in one request; nothing in them is read as a control token."""
        content: list[str | int] = []
        for text in texts:
            content += [self._before + text, _BREAK]
        asked = {"content": content, "parse_special": False, "add_special": False}
        found: list[list[int]] = [[]]
        for token in self._post("/tokenize", asked)["tokens"]:
            found.append([]) if token == _BREAK else found[-1].append(token)
        return [tuple(ids[self._dropped :]) for ids in found[:-1]]

    def opening(self) -> tuple[int, ...]:
        """The tokens that the model expects before any text."""
        return tuple(self._post("/tokenize", {"content": "", "add_special": True})["tokens"])

    def control(self, texts: Sequence[str]) -> dict[str, int]:
        """Control token -> its id; those that this model doesn't have are left out."""
        read = (self._post("/tokenize", {"content": t, "parse_special": True, "add_special": False}) for t in texts)
        found = ((text, answer["tokens"]) for text, answer in zip(texts, read, strict=True))
        return {text: ids[0] for text, ids in found if len(ids) == 1}

    def _post(self, path: str, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Send a request to the loopback address; xllamacpp offers tokenising only there."""
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

    def next_tokens(self, ids: Sequence[int], wanted: Sequence[int]) -> tuple[dict[int, float], TokensProcessed]:
        """The log-probabilities of a few tokens as the next one.

        Args:
            ids: the tokens so far.
            wanted: token ids.

        Returns:
            Token -> natural log-probability, at least FLOOR; and the tokens processed.
        """
        asked = {"n_probs": TOP, "temperature": 0.0}
        rows, work = self._rows(ids, asked, "logprob")
        if rows is None:  # the likeliest token is a piece of a character: another one is drawn beside the same list
            rows, work = self._rows(ids, {**asked, "logit_bias": [[self._whole_token, _SURE]]}, "logprob")
        likeliest = {row["id"]: row["logprob"] for row in _there(rows)}
        missing = [token for token in wanted if token not in likeliest]
        if missing:
            whole = {row["id"]: row["logprob"] for row in _there(rows) if _is_whole(row)}
            more, again = self._boosted(ids, missing, whole)
            likeliest, work = likeliest | more, TokensProcessed(work.read + again.read, work.written + again.written)
        return {token: max(likeliest[token], FLOOR) for token in wanted}, work

    def _boosted(
        self, ids: Sequence[int], missing: Sequence[int], likeliest: Mapping[int, float]
    ) -> tuple[dict[int, float], TokensProcessed]:
        """Log-probabilities of tokens outside the top: they and the most likely token get the same bias, and the ratios
        are read.

        The probabilities of the whole vocabulary would give the same and take forty times as long. They are asked for
        where every likely token is a piece of a character, or such a piece is drawn.

        Args:
            ids: the tokens so far.
            missing: token ids.
            likeliest: the most likely tokens that are whole characters, with their log-probabilities.
        """
        if likeliest:
            anchor = max(likeliest, key=lambda token: likeliest[token])
            seen = [anchor, *missing]
            asked = {"n_probs": len(seen), "post_sampling_probs": True, "samplers": [], "temperature": 1.0, "seed": 0}
            rows, work = self._rows(ids, {**asked, "logit_bias": [[token, _LIFT] for token in seen]}, "prob")
            if rows is not None:
                found, least = {row["id"]: row["prob"] for row in rows}, math.exp(FLOOR)
                base = likeliest[anchor] - math.log(found[anchor])
                return {token: base + math.log(max(found.get(token, 0.0), least)) for token in missing}, work
        asked = {"n_probs": _WHOLE_VOCABULARY, "temperature": 0.0, "logit_bias": [[self._whole_token, _SURE]]}
        rows, work = self._rows(ids, asked, "logprob")
        everything = {row["id"]: row["logprob"] for row in _there(rows)}
        return {token: everything.get(token, FLOOR) for token in missing}, work

    def _rows(
        self, ids: Sequence[int], asked: Mapping[str, Any], column: str
    ) -> tuple[list[dict[str, Any]] | None, TokensProcessed]:
        """The table of the next token's probabilities, a row a token.

        None: the token that was drawn is a piece of a character, for which llama.cpp gives no table.
        """
        answer = self._ask({"prompt": list(ids), "n_predict": 1, "id_slot": 0, **asked})
        try:
            choice = answer["choices"][0]
            if choice["logprobs"] is None and "\ufffd" in choice["text"]:
                return None, _work(answer)
            return choice["logprobs"]["content"][0]["top_logprobs" if column == "logprob" else "top_probs"], _work(
                answer
            )
        except (KeyError, IndexError, TypeError):
            raise BadEngine(f"xllamacpp answered without probabilities: {str(answer)[:200]}") from None

    @cached_property
    def _whole_token(self) -> int:
        """A token that is a whole character in every vocabulary."""
        return self.tokens(["a"])[0][-1]

    def write(self, ids: Sequence[int], decoding: Decoding, seed: int) -> tuple[Reply, TokensProcessed]:
        """Continue a text.

        Args:
            ids: the tokens so far.
            decoding: how the reply is generated.
            seed: the seed of a sampled reply.
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


def _there(rows: list[dict[str, Any]] | None) -> list[dict[str, Any]]:
    if rows is None:
        raise BadEngine("xllamacpp answered without probabilities, though a whole character was asked for.")
    return rows


def _is_whole(row: Mapping[str, Any]) -> bool:
    """Whether a token is whole characters, and not a piece of one, as in scripts that the model rarely saw."""
    try:
        return bool(bytes(row["bytes"]).decode("utf-8"))
    except UnicodeDecodeError:
        return False


def _work(answer: Mapping[str, Any]) -> TokensProcessed:
    """Tokens read, without those in the cache, and tokens written."""
    return TokensProcessed(int(answer["timings"]["prompt_n"]), int(answer["usage"]["completion_tokens"]))


def _xllamacpp() -> ModuleType:
    """The package, loaded so that its threads sleep while they wait for each other.

    Spinning threads are a few percent faster on an idle machine, and 20 times slower on a shared one: twelve short
    calls took 45 s instead of 2 s with four other processes on two cores.
    """
    given = os.environ.get(_WAITING)
    os.environ[_WAITING] = given or "PASSIVE"  # read once, when the package's OpenMP is loaded
    try:
        return require("xllamacpp", extra="llm")
    finally:
        if given is None:
            del os.environ[_WAITING]


def threads() -> int:
    """The number of threads that a model uses: OMP_NUM_THREADS if it is set, else one for each core."""
    value = os.environ.get("OMP_NUM_THREADS", "")
    return int(value) if value.isdigit() and int(value) else os.cpu_count() or 1
