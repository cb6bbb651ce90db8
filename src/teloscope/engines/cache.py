"""A cache of engines' answers, by content: the same call of the same engine is never computed twice.

    key = SHA-256(engine's digest, prompt, options or decoding, draw)

It is an SQLite file, which several processes may write at once. Each row has a mark, HMAC-SHA-256 with a secret of this
machine's user: the answer of a row that was damaged, or put there by somebody else, is computed again. A file that
SQLite finds damaged is set aside.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from teloscope.engines.cache_folder import cache_folder
from teloscope.engines.engine import Decoding, Engine, LogProbs, Prompt, Reply, Spent, on_answer
from teloscope.engines.local_secret import local_secret
from teloscope.errors import BadEngine

T = TypeVar("T")
_BATCH_SIZE = 512
"""Calls computed at once."""
_LOOKUP_SIZE = 500
"""Keys looked up in one statement."""
_WAIT_S = 60.0
"""How long a call waits for other processes that hold the file, in seconds."""


def default_path() -> Path:
    """The default file of the cache."""
    return cache_folder() / "calls.sqlite"


class CachedEngine(Engine):
    """An engine whose answers are cached on disk."""

    def __init__(self, inner: Engine, path: Path | None = None) -> None:
        """Cache the answers of an engine.

        Args:
            inner: the engine; its answers must depend only on what it is shown, which excludes `Prompt.question`.
            path: the file; None: `default_path()`.
        """
        self.inner, self.store = inner, Store(path or default_path())
        self.name, self.digest = inner.name, inner.digest
        self.continues, self.context, self.reads = inner.continues, inner.context, inner.reads
        self.batch_size: int = getattr(inner, "batch_size", _BATCH_SIZE)
        self.asked = 0

    @cached_property
    def scores(self) -> bool:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Whether it can `choose`; some engines have to ask a provider."""
        key = _key(self.digest, ["scores"])
        if key not in (known := self.store.get([key])):
            self.store.put(known := {key: self.inner.scores})
        return known[key]

    @property
    def spent(self) -> Spent:
        """What the engine itself computed; answers from the cache cost nothing."""
        return self.inner.spent

    def complete(
        self, prompts: Sequence[Prompt], decoding: Decoding, draws: Sequence[int] | None = None
    ) -> list[Reply]:
        """Continue each prompt, or take the reply from the cache."""
        numbers = list(draws) if draws is not None else [0] * len(prompts)
        requests = [
            ["complete", *_prompt_content(p), list(decoding), draw] for p, draw in zip(prompts, numbers, strict=True)
        ]

        def compute(places: list[int]) -> list[Reply]:
            return self.inner.complete([prompts[i] for i in places], decoding, [numbers[i] for i in places])

        return self._cached(requests, compute, lambda reply: list(reply), lambda row: Reply(*row))

    def choose(self, prompts: Sequence[Prompt], options: Sequence[Sequence[str]]) -> list[LogProbs]:
        """Score each prompt's options, or take the scores from the cache."""
        requests = [["choose", *_prompt_content(p), list(offered)] for p, offered in zip(prompts, options, strict=True)]

        def compute(places: list[int]) -> list[LogProbs]:
            return self.inner.choose([prompts[i] for i in places], [options[i] for i in places])

        return self._cached(requests, compute, lambda scores: scores.tolist(), lambda row: np.array(row, np.float64))

    def _cached(
        self,
        requests: Sequence[list[Any]],
        compute: Callable[[list[int]], list[T]],
        write: Callable[[T], Any],
        read: Callable[[Any], T],
    ) -> list[T]:
        """The answers to requests; each distinct request is computed at most once."""
        self.asked += len(requests)
        keys = [_key(self.digest, one) for one in requests]
        first = {key: place for place, key in reversed(list(enumerate(keys)))}
        known = self.store.get(first)
        missing = sorted(place for key, place in first.items() if key not in known)
        for begin in range(0, len(missing), self.batch_size):
            places = missing[begin : begin + self.batch_size]
            with _Arriving(self.store, lambda i, one, places=places: (keys[places[i]], write(one))) as arriving:
                arriving.all(compute(places))
            known |= arriving.answers
            if self.progress:
                self.progress(begin + len(places), len(missing))
        return [read(known[key]) for key in keys]


class _Arriving:
    """Answers of one call, each stored as it arrives, so that a call that is cut short loses only what was under way.

    A write takes a tenth of a millisecond; an answer of a language model takes ten milliseconds and more.
    """

    def __init__(self, store: Store, row: Callable[[int, Any], tuple[bytes, Any]]) -> None:
        """`row`: an answer's key and form in the store, from its place in the call and itself."""
        self.store, self.row = store, row
        self.answers: dict[bytes, Any] = {}

    def __enter__(self) -> _Arriving:
        self._token = on_answer.set(self.one)
        return self

    def __exit__(self, *_: object) -> None:
        on_answer.reset(self._token)

    def one(self, place: int, answer: Any) -> None:
        """An answer is there."""
        key, written = self.row(place, answer)
        self.store.put({key: written})
        self.answers[key] = written

    def all(self, answers: Sequence[Any]) -> None:
        """The call is over; these are its answers, in order."""
        new = dict(self.row(place, answer) for place, answer in enumerate(answers))
        if late := {key: written for key, written in new.items() if key not in self.answers}:
            self.store.put(late)
        self.answers = new


def _prompt_content(prompt: Prompt) -> list[Any]:
    """The parts of a prompt that an engine is shown."""
    return [prompt.text, [list(message) for message in prompt.messages], prompt.prefill]


def _key(digest: str, requests: list[Any]) -> bytes:
    return hashlib.sha256(json.dumps([digest, *requests], ensure_ascii=True).encode()).digest()


def _mark(key: bytes, answer: str) -> bytes:
    """The mark of a row, which only who has the secret can make."""
    return hmac.digest(local_secret(), key + answer.encode("utf-8", "surrogatepass"), "sha256")[:16]


class Store:
    """Answers by key, in one SQLite file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._connection: sqlite3.Connection | None = None
        self._process = 0
        self._lock = threading.RLock()
        self._told = False

    def get(self, keys: Iterable[bytes]) -> dict[bytes, Any]:
        """The stored answers among these keys."""
        asked = list(keys)
        with self._lock:
            rows = self._safely(lambda db: list(self._rows(db, asked)))
        return {bytes(key): json.loads(answer) for key, answer, mark in rows if self._is_intact(key, answer, mark)}

    def put(self, answers: Mapping[bytes, Any]) -> None:
        """Store answers."""
        rows = [(key, text, _mark(key, text)) for key, answer in answers.items() if (text := json.dumps(answer))]

        def write(db: sqlite3.Connection) -> None:
            with db:
                db.executemany("INSERT OR REPLACE INTO calls VALUES (?, ?, ?)", rows)

        with self._lock:
            self._safely(write)

    @staticmethod
    def _rows(db: sqlite3.Connection, keys: list[bytes]) -> Iterable[tuple[bytes, str, bytes]]:
        for begin in range(0, len(keys), _LOOKUP_SIZE):
            some = keys[begin : begin + _LOOKUP_SIZE]
            places = ",".join("?" * len(some))
            yield from db.execute(f"SELECT key, answer, mark FROM calls WHERE key IN ({places})", some)

    def _is_intact(self, key: bytes, answer: Any, mark: Any) -> bool:
        if isinstance(answer, str) and isinstance(mark, bytes) and hmac.compare_digest(mark, _mark(key, answer)):
            return True
        if not self._told:
            self._told = True
            print(
                f"note: answers kept in {self.path} were damaged or come from elsewhere (another user, machine or "
                "version), and are asked for again",
                file=sys.stderr,
            )
        return False

    def _safely(self, operation: Callable[[sqlite3.Connection], T]) -> T:
        """Run a database operation. If the file is damaged, set it aside and run the operation on an empty one."""
        try:
            return self._when_free(operation)
        except sqlite3.OperationalError as error:
            self.close()
            raise BadEngine(
                f"The answers kept in {self.path} can't be read or written ({error}). Make room, or set "
                "TELOSCOPE_CACHE to another folder."
            ) from None
        except sqlite3.DatabaseError as error:
            try:
                self._set_aside(error)
                return operation(self._open())
            except (sqlite3.Error, OSError) as again:
                raise BadEngine(
                    f"The answers kept in {self.path} are damaged ({error}), and could not be set aside ({again}): "
                    "move the file away, or set TELOSCOPE_CACHE to another folder."
                ) from None

    def _when_free(self, operation: Callable[[sqlite3.Connection], T]) -> T:
        """Run a database operation, again and again while another process holds the file.

        SQLite's own timeout does not cover the moments when a file is made, recovered or closed: there it says
        "database is locked" at once.
        """
        until = time.monotonic() + _WAIT_S
        while True:
            try:
                return operation(self._open())
            except sqlite3.OperationalError as error:
                busy = getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY
                if not busy or time.monotonic() > until:
                    raise
                self.close()
                time.sleep(0.02)

    def _open(self) -> sqlite3.Connection:
        if self._connection is None or self._process != os.getpid():
            try:
                self.path.parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise sqlite3.OperationalError(error.strerror) from None
            db = sqlite3.connect(self.path, timeout=_WAIT_S, check_same_thread=False)
            self._connection, self._process = db, os.getpid()
            db.execute("PRAGMA journal_mode=WAL")
            db.execute("PRAGMA synchronous=NORMAL")
            db.execute("CREATE TABLE IF NOT EXISTS calls (key BLOB PRIMARY KEY, answer TEXT, mark BLOB) WITHOUT ROWID")
        return self._connection

    def _set_aside(self, error: Exception) -> None:
        self.close()
        aside = next(p for i in range(10_000) if not (p := self.path.with_suffix(f".damaged-{i}")).exists())
        self.path.replace(aside)
        for rest in ("-wal", "-shm"):
            self.path.with_name(self.path.name + rest).unlink(missing_ok=True)
        print(f"note: {self.path} was damaged ({error}); it is set aside as {aside.name}", file=sys.stderr)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            if self._connection is not None and self._process == os.getpid():
                self._connection.close()
            self._connection = None
