"""Messages about errors in a TOML file, for the person who wrote it: the key, the value, and what was expected."""

from __future__ import annotations

import difflib
import json
import re
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails


def validation_message(error: ValidationError, model: type[BaseModel], file: str) -> str:
    """A line for each error that pydantic found: `clinic.toml: the key `act.chekcs` is not known. Did you mean …?`"""
    return "\n".join(f"{file}: {_sentence(detail, model)}" for detail in error.errors(include_url=False))


def _sentence(detail: ErrorDetails, model: type[BaseModel]) -> str:
    keys, named = detail["loc"], _key_path(detail["loc"])
    if detail["type"] == "extra_forbidden":
        known = _keys_at(model, keys[:-1])
        return f"the key {named} is not known.{_suggestion(str(keys[-1]), known)} Known: {', '.join(known)}."
    if detail["type"] == "missing":
        return f"{named} is missing."
    if detail["type"] == "value_error":
        reason = str(detail.get("ctx", {}).get("error", detail["msg"])).rstrip(".")
        return f"{named}: {reason}." if keys else f"{reason}."
    got = _value_text(detail["input"])
    if detail["type"] == "literal_error":
        expected = detail.get("ctx", {}).get("expected", "")
        suggestion = _suggestion(str(detail["input"]), re.findall(r"'([^']*)'", expected))
        return f"{named} is {got}; expected {expected}.{suggestion}"
    return f"{named} is {got}. {detail['msg']}."


def _suggestion(got: str, known: list[str]) -> str:
    suggestion = difflib.get_close_matches(got, known, n=1)
    return f" Did you mean `{suggestion[0]}`?" if suggestion else ""


def _key_path(keys: tuple[str | int, ...]) -> str:
    return "`" + "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in keys).lstrip(".") + "`"


def _value_text(value: Any) -> str:
    text = json.dumps(value, default=str)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _keys_at(model: type[BaseModel], keys: tuple[str | int, ...]) -> list[str]:
    """The keys that are allowed in the table at `keys`, as written in the file."""
    for key in keys:
        for name, field in model.model_fields.items():
            if key in (name, field.alias):
                model = _table_in(field.annotation) or model
    return [field.alias or name for name, field in model.model_fields.items()]


def _table_in(annotation: Any) -> type[BaseModel] | None:
    """The pydantic model inside a field's annotation, at any depth; None: none."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _table_in(part))), None)
