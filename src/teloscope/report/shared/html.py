"""What every page uses: templates and their filters, the hashes of its content security policy, and atomic writing.

The content security policy of a page names the hashes of its style and script. So injected markup can neither run a
script nor reach a network, even if the escaping fails.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from teloscope.errors import TeloscopeError
from teloscope.file_writing import whole_file
from teloscope.report.shared import formatting

TEMPLATES = "templates"
FILTERS = (
    formatting.percent,
    formatting.points,
    formatting.span,
    formatting.count,
    formatting.bits_range,
    formatting.rate_and_interval,
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


def template_environment() -> jinja2.Environment:
    """The jinja environment of the templates: it escapes everything, and an undefined name is an error."""
    made = jinja2.Environment(
        loader=jinja2.FunctionLoader(read_template),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {said.__name__: said for said in FILTERS}
    return made


def rendered(template: str, style: str, filters: Mapping[str, Callable[..., Any]], **values: Any) -> str:
    """A page without a script.

    Args:
        template: its file.
        style: the file of what its style has beside the style of all pages.
        filters: name -> filter, beside those of all templates.
        values: what the template shows.
    """
    whole = read_template("page.css") + read_template(style)
    made = template_environment()
    made.filters |= filters
    return made.get_template(template).render(style=Markup(whole), style_hash=source_hash(whole), **values)


def read_template(name: str) -> str:
    """The text of a template file with `\\n` as line ends, as the hashes need it."""
    return files("teloscope.report").joinpath(TEMPLATES, name).read_text(encoding="utf-8").replace("\r\n", "\n")


def source_hash(text: str) -> str:
    """`sha256-...` as a content security policy spells it."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def write_html(page: str, path: Path) -> Path:
    """Write a page whole or not at all.

    Raises:
        TeloscopeError: the file can't be written.
    """
    try:
        with whole_file(path) as file:
            file.write(page.encode("utf-8", errors="replace"))
    except OSError as error:
        raise TeloscopeError(
            f"The report can't be written to {path} ({error.strerror}). Free some space or choose another place."
        ) from error
    return path
