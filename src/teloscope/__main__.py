"""`python -m teloscope`: the command line."""

import sys

from teloscope.cli import main

if __name__ == "__main__":
    sys.exit(main())
