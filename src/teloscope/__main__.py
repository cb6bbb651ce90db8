"""`teloscope` and `python -m teloscope`: the command line, in a process of its own."""

import signal
import sys
from pathlib import Path


def main() -> int:
    """Run the command line and return its exit status."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # an interruption while modules load ends the process, without words
    from teloscope.cli import main as command_line

    return command_line()


if __name__ == "__main__":
    if sys.path and sys.path[0] in ("", str(Path.cwd())):
        del sys.path[0]  # `python -m` searches the current folder first, where a file may be named like a package
    sys.exit(main())
