"""Registered renderers: which function writes the page of each kind of document.

A verdict and a build have `.report(path)`, but the package `report` is a layer above them, so they may not import it.
This table names its functions by import path, and they are imported when a page is asked for. A new page is one more
entry.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

PAGES = {
    "verdict": "teloscope.report.audit.page:write_page",
    "welfare": "teloscope.report.welfare.page:write_welfare_page",
    "affect": "teloscope.report.affect.page:write_affect_page",
    "build": "teloscope.report.build.page:write_build_page",
}
"""Kind of document -> `module:function`, which takes the thing and the path, and gives the path back."""


def render_page(kind: str, thing: object, path: str | Path) -> Path:
    """Write the page of a document.

    Args:
        kind: a key of `PAGES`.
        thing: what the page's function takes: a verdict, or a build's document.
        path: the file to write.
    """
    module, _, function = PAGES[kind].partition(":")
    return getattr(import_module(module), function)(thing, Path(path))
