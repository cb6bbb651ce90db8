"""What every page is made with: templates and their filters, the hashes of its policy, and being written whole.

A page's content security policy names the hashes of its style and script, so that even markup that slipped through the
escaping could neither run nor reach a network.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import os
from importlib.resources import files
from pathlib import Path

import jinja2

from teloscope.errors import TeloscopeError
from teloscope.report.shared import formatting

TEMPLATES = "templates"
SAID = (
    formatting.percent,
    formatting.points,
    formatting.span,
    formatting.count,
    formatting.measured,
    formatting.bits,
    formatting.evidence,
    formatting.p_value,
    formatting.plural,
    formatting.value_bound,
    formatting.sentence,
    formatting.opinion,
    formatting.agreement,
)
"""Filters of the templates."""


def environment() -> jinja2.Environment:
    """Where templates are rendered: everything is escaped, and what is not defined is a mistake."""
    made = jinja2.Environment(
        loader=jinja2.FunctionLoader(part),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {said.__name__: said for said in SAID}
    return made


def part(name: str) -> str:
    """A file of the templates, as text with plain line ends: hashes are taken over exactly this."""
    return files("teloscope.report").joinpath(TEMPLATES, name).read_text(encoding="utf-8").replace("\r\n", "\n")


def source_hash(text: str) -> str:
    """`sha256-...` as a content security policy spells it."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def write_html(page: str, path: Path) -> Path:
    """Write a page, whole or not at all.

    Raises:
        TeloscopeError: the file can't be written.
    """
    partial = path.with_name(f".{path.name}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_bytes(page.encode("utf-8", errors="replace"))
        os.replace(partial, path)
    except OSError as error:
        with contextlib.suppress(OSError):
            partial.unlink()
        raise TeloscopeError(
            f"The report can't be written to {path} ({error.strerror}). Free some space or choose another place."
        ) from error
    return path
