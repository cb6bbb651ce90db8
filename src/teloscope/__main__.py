"""`python -m teloscope`: the command line."""

from teloscope.cli import main

if __name__ == "__main__":
    main()
