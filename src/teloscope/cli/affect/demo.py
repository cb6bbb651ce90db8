"""`teloscope affect demo`: train small minds, ask them, and show the page."""

from __future__ import annotations

import webbrowser
from pathlib import Path

from teloscope.cli.console import print_json, print_message, result_console
from teloscope.cli.options import Flag


def demo(*, out: Path = Path("runs/affect-demo"), no_open: Flag = False, json: Flag = False, seed: int = 0) -> None:
    """Train small minds in the savanna, run the battery on them, and open the page.

    It takes a few minutes on two cores and needs the extra affect (JAX). The
    minds are trained briefly and they are few: the page says which claims that
    rules out.

        $ teloscope affect demo

    Args:
        out: Folder for the minds and the page; the same command goes on where it stopped.
        no_open: Write the page and do not open it.
        json: Print everything as one JSON document on standard output.
        seed: Everything random follows from it.
    """
    from teloscope.affect.demo import demo as run
    from teloscope.report.affect.terminal import print_affect

    examined = run(out, seed=seed, progress=print_message)
    page = examined.report(out / "affect.html")
    if json:
        print_json(examined.document())
    else:
        print_affect(examined.document(), result_console(), page)
    if not no_open:
        webbrowser.open(page.resolve().as_uri())
