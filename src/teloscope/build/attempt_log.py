"""The log of a build: one JSON line for each evaluation of a scaffold. Lines are only appended.

The first line is the question: what defines the build. A build that finds its own question there resumes where it
stopped and reuses the attempts in the log.

Theory: A5.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from teloscope.build.budget import Spending
from teloscope.errors import BadRecording, os_reason
from teloscope.recordings.storage.shards import write_text
from teloscope.schema import AttemptDocument
from teloscope.schema.reading import check_form, parsed

ATTEMPTS = "attempts.jsonl"
KIND = "build log"
"""What the first line calls the file."""


SEARCH = "search"
"""The entry of the question that says in which order candidates come; logs of before lack it."""


class AttemptLog:
    """The attempts so far, in memory and, if there is a folder, on disk."""

    def __init__(self, question: dict[str, Any], folder: Path | None = None) -> None:
        """A log of the attempts of one build.

        Args:
            question: what defines the build: world, engine, values, seed, profile.
            folder: folder of the log; None: only in memory.

        Raises:
            BadRecording: the folder holds another build, or can't be written.
        """
        self.question = json.loads(json.dumps(question))
        self.path = None if folder is None else folder / ATTEMPTS
        self.attempts: list[AttemptDocument] = []
        self.older = False
        """Whether a search of before, in another order, wrote it; then it is not gone on with once it has a winner."""
        if self.path is not None:
            try:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                self._read(self.path) if self.path.exists() else self._write(self.question)
            except OSError as error:
                raise BadRecording(
                    f"The build can't be kept in {folder}: {os_reason(error)}. Expected a folder that can be written, "
                    "or none yet. Choose another with --out."
                ) from None

    @property
    def used(self) -> Spending:
        """What the attempts so far have spent."""
        return Spending(self.attempts[-1].seconds, self.attempts[-1].calls) if self.attempts else Spending()

    def find(self, scaffold: str, rung: int) -> AttemptDocument | None:
        """The attempt with a scaffold on a rung; None if there is none yet."""
        return next((a for a in self.attempts if a.scaffold == scaffold and a.rung == rung), None)

    def add(self, attempt: AttemptDocument) -> AttemptDocument:
        """Append an attempt; it is on disk when this returns."""
        if self.path is not None:
            self._write(attempt.model_dump(mode="json"))
        self.attempts.append(attempt)
        return attempt

    def _write(self, line: dict[str, Any]) -> None:
        assert self.path is not None
        descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o644)
        with os.fdopen(descriptor, "a", encoding="utf-8") as file:
            file.write(json.dumps(line, ensure_ascii=False, allow_nan=False) + "\n")
            file.flush()
            os.fsync(file.fileno())

    def _read(self, path: Path) -> None:
        """Read an earlier log; a line that was torn by a crash is dropped."""
        text = path.read_text("utf-8", errors="replace")
        whole = text[: text.rfind("\n") + 1]
        if whole != text:
            write_text(path, whole)
        lines = whole.splitlines()
        if not lines:
            self._write(self.question)
            return
        check_form(
            parsed(lines[0]), KIND, path, "the log of a build", "Nothing was touched; choose another folder with --out."
        )
        try:
            question, *attempts = (json.loads(line) for line in lines)
            self.attempts = [AttemptDocument.model_validate(attempt) for attempt in attempts]
        except (ValueError, ValidationError):
            raise BadRecording(
                f"{path} is not the log of a build: not every line of it is a look at a scaffold. Nothing was touched; "
                "choose another folder with --out."
            ) from None
        before = question if isinstance(question, dict) else {}
        self.older = SEARCH in self.question and SEARCH not in before
        added = {SEARCH: self.question[SEARCH]} if self.older else {}
        if not isinstance(question, dict) or before | added != self.question:
            differing = ", ".join(key for key, mine in self.question.items() if before.get(key) != mine) or "form"
            raise BadRecording(
                f"{path} belongs to another build: it differs in {differing}. Nothing was touched; choose another "
                "folder with --out."
            )
