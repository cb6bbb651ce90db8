"""The folder where engines keep files: downloaded models and cached answers."""

from __future__ import annotations

import os
from pathlib import Path


def cache_folder() -> Path:
    """The folder: `TELOSCOPE_CACHE`, or teloscope's place in the user's cache (`XDG_CACHE_HOME`, else `~/.cache`)."""
    if said := os.environ.get("TELOSCOPE_CACHE"):
        return Path(said)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "teloscope"
