"""Every answer is kept, by content: what was asked once, of the same engine, is never worked out again.

    key = SHA-256(engine's digest, prompt, options or decoding, draw)

An SQLite file that several processes write at once. Each row carries a checksum, so a damaged one is seen, and asked
for again; a file that SQLite itself finds damaged is set aside.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import sys
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from teloscope.engines.cache_folder import cache_folder
from teloscope.engines.engine import Decoding, Engine, LogProbs, Prompt, Reply, Spent
from teloscope.errors import BadEngine

T = TypeVar("T")
_AT_ONCE = 512
"""Questions worked out before their answers are written; what is interrupted loses at most these."""
_ASKED_AT_ONCE = 500
"""Keys looked up in one statement."""


def default_path() -> Path:
    """Where answers are kept if nothing else is said."""
    return cache_folder() / "calls.sqlite"


class CachedEngine(Engine):
    """An engine that remembers its answers on disk."""

    def __init__(self, inner: Engine, path: Path | None = None) -> None:
        """Remember the answers of an engine.

        Args:
            inner: the engine; its answers must follow from what it is shown, `Prompt.question` not included.
            path: the file; None: `default_path()`.
        """
        self.inner, self.store = inner, Store(path or default_path())
        self.name, self.digest = inner.name, inner.digest
        self.continues, self.context = inner.continues, inner.context
        self.at_once: int = getattr(inner, "at_once", _AT_ONCE)
        self.asked = 0

    @cached_property
    def scores(self) -> bool:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Whether it can `choose`; some engines have to ask a provider for that."""
        key = _key(self.digest, ["scores"])
        if key not in (known := self.store.get([key])):
            self.store.put(known := {key: self.inner.scores})
        return known[key]

    @property
    def spent(self) -> Spent:
        """What the engine itself worked; answers from here cost nothing."""
        return self.inner.spent

    def complete(
        self, prompts: Sequence[Prompt], decoding: Decoding, draws: Sequence[int] | None = None
    ) -> list[Reply]:
        """Continue each prompt, or remember how it was continued."""
        numbers = list(draws) if draws is not None else [0] * len(prompts)
        told = [["complete", *_shown(p), list(decoding), draw] for p, draw in zip(prompts, numbers, strict=True)]

        def work(places: list[int]) -> list[Reply]:
            return self.inner.complete([prompts[i] for i in places], decoding, [numbers[i] for i in places])

        return self._remembered(told, work, lambda reply: list(reply), lambda row: Reply(*row))

    def choose(self, prompts: Sequence[Prompt], options: Sequence[Sequence[str]]) -> list[LogProbs]:
        """Score each prompt's options, or remember how they were scored."""
        told = [["choose", *_shown(p), list(offered)] for p, offered in zip(prompts, options, strict=True)]

        def work(places: list[int]) -> list[LogProbs]:
            return self.inner.choose([prompts[i] for i in places], [options[i] for i in places])

        return self._remembered(told, work, lambda scores: scores.tolist(), lambda row: np.array(row, np.float64))

    def _remembered(
        self,
        told: Sequence[list[Any]],
        work: Callable[[list[int]], list[T]],
        write: Callable[[T], Any],
        read: Callable[[Any], T],
    ) -> list[T]:
        """The answers to what was told, each distinct one worked out at most once."""
        self.asked += len(told)
        keys = [_key(self.digest, one) for one in told]
        first = {key: place for place, key in reversed(list(enumerate(keys)))}
        known = self.store.get(first)
        missing = sorted(place for key, place in first.items() if key not in known)
        for begin in range(0, len(missing), self.at_once):
            places = missing[begin : begin + self.at_once]
            new = {keys[place]: write(one) for place, one in zip(places, work(places), strict=True)}
            self.store.put(new)
            known |= new
            if self.progress:
                self.progress(begin + len(places), len(missing))
        return [read(known[key]) for key in keys]


def _shown(prompt: Prompt) -> list[Any]:
    """What an engine is shown of a prompt."""
    return [prompt.text, [list(message) for message in prompt.messages], prompt.prefill]


def _key(digest: str, told: list[Any]) -> bytes:
    return hashlib.sha256(json.dumps([digest, *told], ensure_ascii=True).encode()).digest()


def _mark(key: bytes, answer: str) -> bytes:
    """What a row must carry to be believed."""
    return hashlib.sha256(key + answer.encode("utf-8", "surrogatepass")).digest()[:8]


class Store:
    """Answers by key, in one SQLite file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._connection: sqlite3.Connection | None = None
        self._process = 0
        self._lock = threading.RLock()

    def get(self, keys: Iterable[bytes]) -> dict[bytes, Any]:
        """The answers that are known among these keys."""
        asked = list(keys)
        with self._lock:
            rows = self._safely(lambda db: list(self._rows(db, asked)))
        return {bytes(key): json.loads(answer) for key, answer, mark in rows if self._sound(key, answer, mark)}

    def put(self, answers: Mapping[bytes, Any]) -> None:
        """Keep answers."""
        rows = [(key, text, _mark(key, text)) for key, answer in answers.items() if (text := json.dumps(answer))]

        def write(db: sqlite3.Connection) -> None:
            with db:
                db.executemany("INSERT OR REPLACE INTO calls VALUES (?, ?, ?)", rows)

        with self._lock:
            self._safely(write)

    @staticmethod
    def _rows(db: sqlite3.Connection, keys: list[bytes]) -> Iterable[tuple[bytes, str, bytes]]:
        for begin in range(0, len(keys), _ASKED_AT_ONCE):
            some = keys[begin : begin + _ASKED_AT_ONCE]
            places = ",".join("?" * len(some))
            yield from db.execute(f"SELECT key, answer, mark FROM calls WHERE key IN ({places})", some)

    def _sound(self, key: bytes, answer: Any, mark: Any) -> bool:
        if isinstance(answer, str) and mark == _mark(key, answer):
            return True
        print(f"note: an answer kept in {self.path} was damaged, and is asked for again", file=sys.stderr)
        return False

    def _safely(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do it; a file that is no sound database is set aside, and it is done again with an empty one."""
        try:
            return work(self._open())
        except sqlite3.OperationalError as error:
            self.close()
            raise BadEngine(
                f"The answers kept in {self.path} can't be read or written ({error}). Make room, or set "
                "TELOSCOPE_CACHE to another folder."
            ) from None
        except sqlite3.DatabaseError as error:
            try:
                self._set_aside(error)
                return work(self._open())
            except (sqlite3.Error, OSError) as again:
                raise BadEngine(
                    f"The answers kept in {self.path} are damaged ({error}), and could not be set aside ({again}): "
                    "move the file away, or set TELOSCOPE_CACHE to another folder."
                ) from None

    def _open(self) -> sqlite3.Connection:
        if self._connection is None or self._process != os.getpid():
            try:
                self.path.parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise sqlite3.OperationalError(error.strerror) from None
            db = sqlite3.connect(self.path, timeout=60, check_same_thread=False)
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
        """Let go of the file."""
        with self._lock:
            if self._connection is not None and self._process == os.getpid():
                self._connection.close()
            self._connection = None
