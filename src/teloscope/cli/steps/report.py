"""`teloscope report`: the last step, write the verdict as a page."""

from __future__ import annotations

import webbrowser
from pathlib import Path

from teloscope.cli.console import result_console
from teloscope.cli.options import Flag


def report(verdict: Path, /, *, open: Flag = False, trust: Flag = False) -> None:
    """Write a verdict as one page, report.html, beside it.

    The page needs nothing else: it opens offline, on a phone too. Verdict and
    reasons come first, then a map of where the agent steers, the goals with
    their evidence, the rates by context, a replay of chosen episodes, and how
    to reproduce it all.

        $ teloscope report runs/mine --open

    Args:
        verdict: The folder of a recording, or the verdict.json that `teloscope judge` wrote.
        open: Show the page in the browser.
        trust: Allow loading a world of your own again, which executes its module, to draw its map.
    """
    from teloscope.study.pipeline import write_report

    page = write_report(verdict, trust)
    result_console().print(str(page), markup=False, soft_wrap=True)
    if open:
        webbrowser.open(page.resolve().as_uri())
