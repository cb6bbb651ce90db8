"""Import what a world needs without the warnings that it gives of itself on import."""

from __future__ import annotations

import warnings

from teloscope.errors import require


def quietly_required(package: str, extra: str) -> None:
    """Import a package of an extra; its warnings, where they are errors, would end the process.

    Raises:
        MissingExtra: it is not installed.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        require(package, extra)
