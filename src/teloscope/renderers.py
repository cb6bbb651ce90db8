"""Who writes the page of a document: the one way in which lower layers reach up to the report.

A verdict and a build offer `.report(path)`. The pages stand above them in the layers, so each is named here by its
place and imported only when it is asked for. A new page is one more entry.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

PAGES = {
    "verdict": "teloscope.report.audit.page:write_page",
    "build": "teloscope.report.build.page:write_build_page",
}
"""Kind of document -> `module:function`, which takes the thing and the path, and gives the path back."""


def render_page(kind: str, thing: object, path: str | Path) -> Path:
    """Write the page of a document.

    Args:
        kind: a key of `PAGES`.
        thing: what the page's function takes: a verdict, a build's document.
        path: where to write it.
    """
    module, _, function = PAGES[kind].partition(":")
    return getattr(import_module(module), function)(thing, Path(path))
