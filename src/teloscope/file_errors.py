"""What is wrong with a TOML file of the user's: the place, what it says there, and what was expected.

`study_errors` and `profile_errors` turn what pydantic found into sentences, one line for each mistake.
"""

from __future__ import annotations

import difflib
import json
import re
import tomllib
from dataclasses import dataclass
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

Keys = tuple[str | int, ...]
"""The path of a value: `("values", "want", 0, "regime")`."""

_HEADER = re.compile(r"\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r"\s*([\w\"'.-]+)\s*=")

_EXPECTED = {
    "int_type": "a whole number",
    "bool_type": "true or false",
    "string_type": "text in quotes",
    "float_type": "a number",
    "float_parsing": "a number",
    "tuple_type": "a list in square brackets",
    "dict_type": "a table",
    "model_type": "a table or a text",
    "path_type": "a path in quotes",
    "greater_than_equal": "at least {ge}",
    "greater_than": "more than {gt}",
    "less_than_equal": "at most {le}",
    "literal_error": "{expected}",
}
"""Kind of pydantic's error -> what was expected instead; its context fills the braces."""


@dataclass(frozen=True)
class Source:
    """Where the keys of a study were written."""

    name: str
    """`study.toml`, or `the command line`."""
    text: str | None = None
    """The file's text; None: the keys are options of the command line or arguments in Python."""
    prefix: str = ""
    """What stands before a key there: `--` on the command line."""

    def place(self, keys: Keys) -> str:
        """How the sentence about a value begins: `study.toml, line 3`."""
        line = line_of(self.text, keys) if self.text is not None else None
        return self.name if line is None else f"{self.name}, line {line}"


COMMAND_LINE = Source("the command line", prefix="--")


def parse_toml(text: str, name: str, failure: type[Exception]) -> dict[str, Any]:
    """The content of a TOML file.

    Args:
        text: the file's text.
        name: how the file is named in the error.
        failure: the error to raise.

    Raises:
        failure: the text is not TOML.
    """
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise failure(f"{name} is not TOML: {error}. Texts stand in quotes, lists in square brackets.") from None


def line_of(text: str, keys: Keys) -> int | None:
    """The line, from 1, of the value at `keys`, or of the nearest table around it; None if there is neither."""
    section: Keys = ()
    counts: dict[str, int] = {}
    best, found = 0, None
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _HEADER.match(line):
            section = _split(header.group(2))
            if header.group(1) == "[[":
                index = counts[header.group(2)] = counts.get(header.group(2), -1) + 1
                section = (*section, index)
            here = section
        elif key := _KEY.match(line):
            here = (*section, *_split(key.group(1)))
        else:
            continue
        if here == keys[: len(here)] and len(here) > best:
            best, found = len(here), number
    return found


def _split(dotted: str) -> Keys:
    return tuple(part.strip().strip("\"'") for part in dotted.split("."))


def study_errors(error: ValidationError, model: type[BaseModel], source: Source) -> str:
    """A line for each mistake in a study: `study.toml, line 2: the key `agnet` is not known. Did you mean …?`"""
    return "\n".join(_study_error(detail, model, source) for detail in error.errors(include_url=False))


def _study_error(detail: ErrorDetails, model: type[BaseModel], source: Source) -> str:
    keys: Keys = tuple(detail["loc"])
    place = source.place(keys)
    if detail["type"] == "extra_forbidden":
        return f"{place}: {_unknown_study_key(keys, model, source)}"
    if detail["type"] == "missing":
        return f"{place}: `{keys[-1]}` is missing in {_study_name(keys[:-1], source)}."
    if detail["type"] == "value_error":
        reason = _reason(detail)
        return f"{place}: {reason}" if not keys else f"{place}, {_study_name(keys, source)}: {reason}"
    expected = _EXPECTED.get(detail["type"], detail["msg"]).format_map(_Context(detail.get("ctx", {})))
    example = _example(keys, model, source)
    return f"{place}: {_study_name(keys, source)} is {_json(detail['input'])}; expected {expected}.{example}"


class _Context(dict[str, Any]):
    """The context of pydantic's error; a brace whose name is not in it stays as it is."""

    def __missing__(self, key: str) -> str:
        return f"{{{key}}}"


def _unknown_study_key(keys: Keys, model: type[BaseModel], source: Source) -> str:
    *table, key = keys
    if key == "trust" and not table:
        return "a study can't vouch for its own code, so `trust` may not stand there. Give --trust on the command line."
    where = f" in {_study_name(tuple(table), source)}" if table else ""
    return f"the key `{key}` is not known{where}.{_alternatives(keys, model)}"


def _study_name(keys: Keys, source: Source) -> str:
    """A value's name where it was written: `values.want[0].regime` in a file, `--want` on the command line."""
    if source.text is None:
        return f"`{source.prefix}{next((key for key in keys if key != 'values'), 'values')}`"
    return _dotted(keys)


def _example(keys: Keys, model: type[BaseModel], source: Source) -> str:
    examples = model.model_fields[str(keys[0])].examples if keys and keys[0] in model.model_fields else None
    if not examples or source.text is None:
        return ""
    return f" For example: {keys[0]} = {examples[0]}"


def profile_errors(error: ValidationError, model: type[BaseModel], file: str) -> str:
    """A line for each mistake in a profile: `clinic.toml: the key `act.chekcs` is not known. Did you mean …?`"""
    return "\n".join(f"{file}: {_profile_error(detail, model)}" for detail in error.errors(include_url=False))


def _profile_error(detail: ErrorDetails, model: type[BaseModel]) -> str:
    keys: Keys = tuple(detail["loc"])
    name = _dotted(keys)
    if detail["type"] == "extra_forbidden":
        return f"the key {name} is not known.{_alternatives(keys, model)}"
    if detail["type"] == "missing":
        return f"{name} is missing."
    if detail["type"] == "value_error":
        reason = _reason(detail).rstrip(".")
        return f"{name}: {reason}." if keys else f"{reason}."
    if detail["type"] == "literal_error":
        expected = detail.get("ctx", {}).get("expected", "")
        nearest = _did_you_mean(str(detail["input"]), re.findall(r"'([^']*)'", expected))
        return f"{name} is {_json(detail['input'])}; expected {expected}.{nearest}"
    return f"{name} is {_json(detail['input'])}. {detail['msg']}."


def _reason(detail: ErrorDetails) -> str:
    """The text of the error that a validator raised."""
    return str(detail.get("ctx", {}).get("error", detail["msg"]))


def _dotted(keys: Keys) -> str:
    return "`" + "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in keys).lstrip(".") + "`"


def _json(value: Any) -> str:
    text = json.dumps(value, default=str)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _alternatives(keys: Keys, model: type[BaseModel]) -> str:
    """The nearest known key, and all that the table may hold."""
    known = _keys_at(model, keys[:-1])
    return f"{_did_you_mean(str(keys[-1]), known)} Known: {', '.join(known)}."


def _did_you_mean(got: str, known: list[str]) -> str:
    nearest = difflib.get_close_matches(got, known, n=1)
    return f" Did you mean `{nearest[0]}`?" if nearest else ""


def _keys_at(model: type[BaseModel], keys: Keys) -> list[str]:
    """The keys that the table at `keys` may hold, as they are written in the file."""
    for key in keys:
        for name, field in model.model_fields.items():
            if key in (name, field.alias):
                model = _table_in(field.annotation) or model
                break
    return [field.alias or name for name, field in model.model_fields.items()]


def _table_in(annotation: Any) -> type[BaseModel] | None:
    """The model that a field's annotation holds, however deep."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for arg in get_args(annotation) if (found := _table_in(arg))), None)
