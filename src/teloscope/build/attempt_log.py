"""The log of a build: every look at a scaffold, one JSON line each, only ever added to.

The first line says what was asked for; a build that finds its own question there goes on where it stopped, and takes
what stands in the log for granted.

Theory: A5.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from teloscope.build.budget import Used
from teloscope.errors import BadRecording, os_reason
from teloscope.schema import AttemptDocument
from teloscope.schema.reading import check_form, parsed

ATTEMPTS = "attempts.jsonl"
KIND = "build log"
"""What the first line calls the file."""


class Log:
    """Looks taken so far, in memory and, where there is a folder, on disk."""

    def __init__(self, question: dict[str, Any], folder: Path | None = None) -> None:
        """A log of looks under one question.

        Args:
            question: what every look was taken under: world, engine, values, seed, profile.
            folder: where the log lies; None: nowhere.

        Raises:
            BadRecording: the folder holds another build, or can't be written.
        """
        self.question = json.loads(json.dumps(question))
        self.path = None if folder is None else folder / ATTEMPTS
        self.looks: list[AttemptDocument] = []
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
    def used(self) -> Used:
        """What the looks so far have cost."""
        return Used(self.looks[-1].seconds, self.looks[-1].calls) if self.looks else Used()

    def find(self, scaffold: str, rung: int) -> AttemptDocument | None:
        """The look at a scaffold on a rung, if it has been taken."""
        return next((a for a in self.looks if a.scaffold == scaffold and a.rung == rung), None)

    def add(self, look: AttemptDocument) -> AttemptDocument:
        """Note a look, on disk before anything else happens."""
        if self.path is not None:
            self._write(look.model_dump(mode="json"))
        self.looks.append(look)
        return look

    def _write(self, line: dict[str, Any]) -> None:
        assert self.path is not None
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, ensure_ascii=False, allow_nan=False) + "\n")
            file.flush()
            os.fsync(file.fileno())

    def _read(self, path: Path) -> None:
        """Take over an earlier log; a line that was torn by a crash is dropped."""
        text = path.read_text("utf-8", errors="replace")
        whole = text[: text.rfind("\n") + 1]
        if whole != text:
            path.write_text(whole, encoding="utf-8")
        lines = whole.splitlines()
        if not lines:
            self._write(self.question)
            return
        check_form(
            parsed(lines[0]), KIND, path, "the log of a build", "Nothing was touched; choose another folder with --out."
        )
        try:
            asked, *looks = (json.loads(line) for line in lines)
            self.looks = [AttemptDocument.model_validate(look) for look in looks]
        except (ValueError, ValidationError):
            raise BadRecording(
                f"{path} is not the log of a build: not every line of it is a look at a scaffold. Nothing was touched; "
                "choose another folder with --out."
            ) from None
        if asked != self.question:
            before = asked if isinstance(asked, dict) else {}
            differing = ", ".join(key for key, mine in self.question.items() if before.get(key) != mine) or "form"
            raise BadRecording(
                f"{path} belongs to another build: it differs in {differing}. Nothing was touched; choose another "
                "folder with --out."
            )
