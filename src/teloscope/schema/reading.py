"""Reading documents: the rules of `document.py` for other versions and other kinds, applied for every reader."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from teloscope.errors import BadRecording, TeloscopeError, os_reason
from teloscope.file_sizes import read_text_file
from teloscope.schema.document import FORMAT, Document

D = TypeVar("D", bound=Document)
NAMED = 3
"""Fields that a message names; it counts the others."""


def read_document(model: type[D], path: Path, noun: str, writer: str) -> D:
    """The document in a file.

    Args:
        model: the document's model.
        path: the file.
        noun: what the file should hold, such as `a verdict`.
        writer: what to do instead, such as "Make one with `teloscope judge`."

    Raises:
        BadRecording: the file can't be read, or holds another kind of document, another version, or no document.
    """
    try:
        text = read_text_file(path)
        check_form(parsed(text), model.model_fields["kind"].default, path, noun, writer)
        return model.model_validate_json(text)
    except (OSError, UnicodeDecodeError, ValidationError) as error:
        raise BadRecording(f"{path} is not {noun} ({what_is_wrong(error)}). {writer}") from None


def parsed(text: str) -> Any:
    """JSON as Python values; None where it is not JSON."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def check_form(
    content: Any,
    kind: str,
    path: str | Path,
    noun: str,
    writer: str,
    error: type[TeloscopeError] = BadRecording,
) -> None:
    """Refuse a document of another kind or another version; what is no document is left to its model.

    Args:
        content: the JSON values of a file.
        kind: the kind that the reader expects.
        path: the file, for the message.
        noun: what the file should hold, such as `a verdict`.
        writer: what to do where it holds something else.
        error: the error to raise.

    Raises:
        TeloscopeError: it says that it is of another kind or version.
    """
    if not isinstance(content, dict):
        return
    if (found := content.get("kind", kind)) != kind:
        raise error(f"{path} is not {noun}: it calls itself {found!r}. {writer}")
    if (version := content.get("format", FORMAT)) == FORMAT:
        return
    newer = isinstance(version, int) and version > FORMAT
    remedy = "Update: pip install --upgrade teloscope" if newer else "Read it with that teloscope, or write it anew"
    raise error(
        f"{path} is of another version: its format is {version!r}, and this teloscope reads {FORMAT}. It was written "
        f"by {_written_by(content)}. {remedy}."
    )


def what_is_wrong(error: Exception) -> str:
    """Why a file holds no document, in plain words."""
    if isinstance(error, OSError):
        return os_reason(error)
    if not isinstance(error, ValidationError):
        return "it is not a text"
    wrong = error.errors()
    if any(each["type"] == "json_invalid" for each in wrong):
        return "it is no whole JSON document, so it was torn or is another kind of file"
    unknown = named_fields(each["loc"] for each in wrong if each["type"] == "extra_forbidden")
    others = named_fields(each["loc"] for each in wrong if each["type"] != "extra_forbidden")
    parts = [f"missing or unreadable: {others}"] * bool(others)
    parts += [f"unknown to this teloscope, perhaps of a newer one: {unknown}"] * bool(unknown)
    return "; ".join(parts)


def named_fields(places: Iterable[Sequence[int | str]]) -> str:
    """The first few fields by name, and how many more there are."""
    fields = list(dict.fromkeys(".".join(map(str, place)) or "the document itself" for place in places))
    more = f" and {len(fields) - NAMED} more" if len(fields) > NAMED else ""
    return ", ".join(fields[:NAMED]) + more


def _written_by(content: dict[str, Any]) -> str:
    """Which teloscope a document says that it was written by."""
    versions = content.get("versions")
    version = versions.get("teloscope") if isinstance(versions, dict) else None
    return f"teloscope {version}" if isinstance(version, str) else "a teloscope that it doesn't name"
