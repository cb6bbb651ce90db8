"""A secret of this machine's user, by which kept answers are marked, so that a cache from elsewhere is not believed."""

from __future__ import annotations

import os
import secrets
from functools import cache
from pathlib import Path

BYTES = 32


def secret_path() -> Path:
    """`secret` in teloscope's place among the user's state files (`XDG_STATE_HOME`, else `~/.local/state`)."""
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "teloscope" / "secret"


def local_secret() -> bytes:
    """The secret: made once, readable by this user alone; `TELOSCOPE_SECRET` shares one between machines.

    Where it can be neither read nor written, it is one for this process: kept answers are then asked for again.
    """
    if given := os.environ.get("TELOSCOPE_SECRET"):
        return given.encode()
    return _kept(secret_path())


@cache
def _kept(path: Path) -> bytes:
    made = secrets.token_bytes(BYTES)
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        partial = path.with_name(f".secret.{os.getpid()}.{made[:4].hex()}")
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(made)
        try:
            os.link(partial, path)  # fails where another process was first, whose secret then counts
        except FileExistsError:
            pass
        finally:
            partial.unlink(missing_ok=True)
        found = path.read_bytes()
    except OSError:
        return made
    return found if len(found) == BYTES else made
