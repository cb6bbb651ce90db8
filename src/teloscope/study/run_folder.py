"""The default folders of audits and builds: `runs/<title>-<digest>`."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path


def run_folder(title: str, identity: str) -> Path:
    """A folder under `runs/`: the same run always gets the same folder, another run gets another one.

    Args:
        title: what the run is about; it becomes the readable part of the folder's name.
        identity: everything that defines the run, as text; its digest ends the folder's name.
    """
    digest = hashlib.sha256(identity.encode()).hexdigest()[:8]
    words = re.sub(r"[^A-Za-z0-9.=_]+", "-", title).strip("-.")
    return Path("runs") / f"{words[:60]}-{digest}"
