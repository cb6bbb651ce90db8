"""Runs commands of teloscope in one process under an audit hook, and prints what each of them did that it may not.

    python watched.py HOSTILE_FOLDER < commands.json > events.json

An event is code of the hostile folder that runs, or of a module whose name begins with `canary`; a pickle that is
opened; a process that is started; a connection; or a file that is written elsewhere than in the allowed folders.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

HOSTILE = Path(sys.argv[1]).resolve()
ALLOWED = [HOSTILE / "runs", HOSTILE / "allowed", Path(os.environ["TELOSCOPE_CACHE"]).resolve(), Path("/dev")]
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
PROCESSES = ("os.system", "subprocess.Popen", "os.exec", "os.posix_spawn", "os.fork", "socket.connect")
CHANGES = {"os.rename": 1, "os.remove": 0, "os.mkdir": 0, "os.symlink": 1, "os.link": 1, "shutil.rmtree": 0}
"""Event -> which of its arguments is the path that is changed."""
TEMPORARY = Path(tempfile.gettempdir()).resolve()
seen: list[str] = []


def elsewhere(path: Any, itself: bool = False) -> bool:
    """Whether a path lies where nothing may be written. `itself`: a link is changed, and not what it points to."""
    if isinstance(path, int) or not isinstance(path, str | bytes | os.PathLike):
        return False
    whole = Path(os.fsdecode(path))
    whole = whole.parent.resolve() / whole.name if itself else whole.resolve()
    if whole.is_relative_to(TEMPORARY) and whole.relative_to(TEMPORARY).parts[0].startswith(("tmp", "teloscope")):
        return False
    return not any(whole.is_relative_to(folder) for folder in ALLOWED)


def noticed(event: str, given: tuple[Any, ...]) -> str:
    """What is wrong about an event; "" if nothing."""
    match event:
        case "import":
            return f"import {given[0]}" if str(given[0]).startswith("canary") else ""
        case "exec":
            file = str(getattr(given[0], "co_filename", ""))
            return f"exec {file}" if file.startswith(str(HOSTILE)) else ""
        case "pickle.find_class":
            return f"unpickle {given[0]}.{given[1]}"
        case "open":
            written = isinstance(given[2], int) and given[2] & WRITING
            itself = isinstance(given[2], int) and bool(given[2] & os.O_NOFOLLOW)
            return f"write {os.fsdecode(given[0])}" if written and elsewhere(given[0], itself) else ""
    if event in PROCESSES:
        return f"{event} {given}"
    if event in CHANGES and elsewhere(given[CHANGES[event]], itself=True):
        return f"{event} {given[CHANGES[event]]}"
    return ""


def hook(event: str, given: tuple[Any, ...]) -> None:
    if hook.on and (wrong := noticed(event, given)):  # type: ignore[attr-defined]
        seen.append(wrong)


def run(command: list[str]) -> dict[str, Any]:
    """One command, as if it were typed in the hostile folder."""
    from teloscope.cli import main

    for name in [name for name in sys.modules if name.startswith("canary")]:
        del sys.modules[name]
    seen.clear()
    out, err = io.StringIO(), io.StringIO()
    sys.argv = ["teloscope", *command]
    hook.on = True  # type: ignore[attr-defined]
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = outcome(main)
    hook.on = False  # type: ignore[attr-defined]
    return {
        "command": command,
        "status": status,
        "events": list(seen),
        "said": (out.getvalue() + err.getvalue())[-2500:],
    }


def outcome(main: Callable[[], Any]) -> Any:
    try:
        return main()
    except SystemExit as done:
        return done.code
    except BaseException as error:  # a traceback: the test says so
        return f"{type(error).__name__}: {error}"


if __name__ == "__main__":
    hook.on = False  # type: ignore[attr-defined]
    sys.addaudithook(hook)
    os.chdir(HOSTILE)
    json.dump([run(command) for command in json.load(sys.stdin)], sys.stdout)
