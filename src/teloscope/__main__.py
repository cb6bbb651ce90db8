"""`python -m teloscope`: the command line."""

import sys
from pathlib import Path

if sys.path and sys.path[0] in ("", str(Path.cwd())):
    del sys.path[0]  # `python -m` searches the current folder first, where a file may be named like a package

from teloscope.cli import main

if __name__ == "__main__":
    sys.exit(main())
