"""What is wrong with a study, in the words of the person who wrote it: the place, what came, what was expected."""

from __future__ import annotations

import difflib
import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from teloscope.errors import BadStudy

Keys = tuple[str | int, ...]
"""Where a value stands: `("values", "want", 0, "regime")`."""

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
    """Where a study's keys were written."""

    name: str
    """`study.toml`, or `the command line`."""
    text: str | None = None
    """The file's text; None: the keys are options of the command line or arguments in Python."""
    mark: str = ""
    """What stands before a key there: `--` on the command line."""

    def place(self, keys: Keys) -> str:
        """How the complaint about a value begins: `study.toml, line 3`."""
        line = line_of(self.text, keys) if self.text is not None else None
        return self.name if line is None else f"{self.name}, line {line}"


COMMAND_LINE = Source("the command line", mark="--")


def read_toml(path: str | Path) -> tuple[dict[str, Any], Source]:
    """What a TOML file says, and where to point when it says something wrong.

    Raises:
        BadStudy: there is no such file, or it is not TOML.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8")
        return tomllib.loads(text), Source(path.name, text)
    except tomllib.TOMLDecodeError as error:
        raise BadStudy(f"{path} is not TOML: {error}. Texts stand in quotes, lists in square brackets.") from None
    except UnicodeDecodeError:
        raise BadStudy(f"{path} is not a text file; expected TOML in UTF-8.") from None
    except OSError as error:
        raise BadStudy(
            f"{path} can't be read ({error.strerror}). Expected a study file, e.g. examples/coin.toml."
        ) from None


def line_of(text: str, keys: Keys) -> int | None:
    """The line, from 1, of the key that is nearest to `keys` from above; None if there is none."""
    section: Keys = ()
    counts: dict[str, int] = {}
    best, found = 0, None
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _HEADER.match(line):
            section = _parts(header.group(2))
            if header.group(1) == "[[":
                index = counts[header.group(2)] = counts.get(header.group(2), -1) + 1
                section = (*section, index)
            here = section
        elif key := _KEY.match(line):
            here = (*section, *_parts(key.group(1)))
        else:
            continue
        if here == keys[: len(here)] and len(here) > best:
            best, found = len(here), number
    return found


def _parts(dotted: str) -> Keys:
    return tuple(part.strip().strip("\"'") for part in dotted.split("."))


def complaint(error: ValidationError, model: type[BaseModel], source: Source) -> BadStudy:
    """One sentence or two for each thing that pydantic found, as one error."""
    return BadStudy("\n".join(_sentence(detail, model, source) for detail in error.errors(include_url=False)))


def _sentence(detail: ErrorDetails, model: type[BaseModel], source: Source) -> str:
    keys: Keys = tuple(detail["loc"])
    place = source.place(keys)
    if detail["type"] == "extra_forbidden":
        return f"{place}: {_unknown_key(keys, model, source)}"
    if detail["type"] == "missing":
        return f"{place}: `{keys[-1]}` is missing in {_named(keys[:-1], source)}."
    if detail["type"] == "value_error":
        reason = str(detail.get("ctx", {}).get("error", detail["msg"]))
        return f"{place}: {reason}" if not keys else f"{place}, {_named(keys, source)}: {reason}"
    expected = _EXPECTED.get(detail["type"], detail["msg"]).format_map(_Context(detail.get("ctx", {})))
    came = _shown(detail["input"])
    return f"{place}: {_named(keys, source)} is {came}; expected {expected}.{_example(keys, model, source)}"


class _Context(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return f"{{{key}}}"


def _unknown_key(keys: Keys, model: type[BaseModel], source: Source) -> str:
    known = list(keys_at(model, keys[:-1]))
    key = str(keys[-1])
    if len(keys) == 1 and key == "trust":
        return "a study can't vouch for its own code, so `trust` may not stand there. Give --trust on the command line."
    near = difflib.get_close_matches(key, known, n=1)
    where = f" in {_named(keys[:-1], source)}" if len(keys) > 1 else ""
    meant = f" Did you mean `{near[0]}`?" if near else ""
    return f"the key `{key}` is not known{where}.{meant} Known: {', '.join(known)}."


def keys_at(model: type[BaseModel], keys: Keys) -> Mapping[str, Any]:
    """The fields of the table at `keys` inside `model`."""
    for part in keys:
        if isinstance(part, str) and part in model.model_fields:
            model = _table_in(model.model_fields[part].annotation) or model
    return model.model_fields


def _table_in(annotation: Any) -> type[BaseModel] | None:
    """The model that a field's annotation holds, however deep."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for arg in get_args(annotation) if (found := _table_in(arg))), None)


def _named(keys: Keys, source: Source) -> str:
    """A value's name where it was written: `values.want[0].regime` in a file, `--want` on the command line."""
    if source.text is None:
        return f"`{source.mark}{next((key for key in keys if key != 'values'), 'values')}`"
    return "`" + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in keys).lstrip(".") + "`"


def _shown(value: Any) -> str:
    text = json.dumps(value, default=str)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _example(keys: Keys, model: type[BaseModel], source: Source) -> str:
    examples = model.model_fields[str(keys[0])].examples if keys and keys[0] in model.model_fields else None
    if not examples or source.text is None:
        return ""
    return f" For example: {keys[0]} = {examples[0]}"
