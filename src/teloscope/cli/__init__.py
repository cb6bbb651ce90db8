"""The command line: one file for each command, without logic. Everything a command does can be done in Python too.

Exit status: 0 done; 1 `--require` was not met, a certificate does not hold, or a calibration did not pass; 2 a mistake
that the user can mend; 130 interrupted by Ctrl-C, 143 by SIGTERM.
"""

from __future__ import annotations

import inspect
import os
import re
import sys
from collections.abc import Callable, Sequence
from typing import Any

from cyclopts import App, CycloptsError, Group

from teloscope import __version__
from teloscope.cli.affect import battery as affect_battery
from teloscope.cli.affect import calibrate as affect_calibrate
from teloscope.cli.affect import demo as affect_demo
from teloscope.cli.build import build
from teloscope.cli.calibrate import calibrate
from teloscope.cli.console import print_error
from teloscope.cli.interruption import answer_signals, end_interrupted, is_interrupted
from teloscope.cli.lists.agents import agents
from teloscope.cli.lists.engines import engines
from teloscope.cli.lists.profiles import profiles
from teloscope.cli.lists.scaffolds import scaffolds
from teloscope.cli.lists.schema import schema
from teloscope.cli.lists.worlds import worlds
from teloscope.cli.steps.audit import audit
from teloscope.cli.steps.goals import goals
from teloscope.cli.steps.judge import judge
from teloscope.cli.steps.record import record
from teloscope.cli.steps.report import report
from teloscope.cli.verify import verify
from teloscope.cli.welfare import welfare
from teloscope.errors import TeloscopeError

ABOUT = """
Shows what an agent is steering toward, and says whether you would want it there.

An agent and its references act in every context of a world. What the agent
brings about more than they do, everywhere, is a goal of it; goals are judged
by your values. `teloscope COMMAND --help` explains each step with an example.

    $ teloscope audit                 the embedded agent: trained to get a coin
    $ teloscope audit study.toml      your own agent, world and values
    $ teloscope audit --world MiniGrid-LavaGapS7-v0 --agent sb3:model.zip \\
          --trust --want "end(at_goal)" --avoid "reach(on_lava)"
"""
STEPS = Group("Audit, at once or step by step", sort_key=1)
BUILDS = Group("Make an aligned agent", sort_key=2)
BEINGS = Group("What beings feel and get", sort_key=3)
LISTS = Group("What there is", sort_key=4)
TRUST = Group("How far to trust it", sort_key=5)

app = App(
    name="teloscope",
    help=ABOUT,
    help_format="plaintext",
    version=f"teloscope {__version__}",
    result_action="return_value",
    exit_on_error=False,
    suppress_keyboard_interrupt=False,
    print_error=False,
)


def _unwrap_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The command with each option's help text on one line, so that help wraps it at the terminal's width."""
    about, args, options = inspect.cleandoc(command.__doc__ or "").partition("\nArgs:\n")
    command.__doc__ = about + args + re.sub(r"\n {8}", " ", options)
    return command


app["--help"].group = app["--version"].group = Group("Else", sort_key=6)
for place, (command, group) in enumerate(
    [(step, STEPS) for step in (audit, record, goals, judge, report)]
    + [(build, BUILDS)]
    + [(welfare, BEINGS)]
    + [(listing, LISTS) for listing in (worlds, agents, engines, scaffolds, profiles, schema)]
    + [(test, TRUST) for test in (verify, calibrate)]
):
    app.command(_unwrap_options(command), group=group, sort_key=place)


ABOUT_AFFECT = """
The affect laboratory: train minds, and ask whether some of their latents are an
affect, a value estimate, or neither.

    $ teloscope affect demo
"""
affect = App(name="affect", help=ABOUT_AFFECT, help_format="plaintext", group=BEINGS, sort_key=6)
for place, command in enumerate((affect_demo, affect_battery, affect_calibrate)):
    affect.command(_unwrap_options(command), sort_key=place)
app.command(affect)


def main(tokens: Sequence[str] | None = None) -> int:
    """Run a command line and return its exit status.

    Args:
        tokens: what was typed after `teloscope`; None: the process's own arguments.
    """
    try:
        if tokens is None:
            answer_signals()
        status = app(tokens) or 0
        sys.stdout.flush()  # here, where a closed pipe is caught
        return status
    except KeyboardInterrupt:
        return end_interrupted()
    except Exception as error:
        return end_interrupted() if is_interrupted() else _status_of(error)


def _status_of(error: Exception) -> int:
    """The exit status for an error, said in words where the user can mend it; any other error is raised again."""
    if isinstance(error, TeloscopeError | CycloptsError):
        print_error(str(error))
        return 2
    if isinstance(error, BrokenPipeError):
        # whoever read our output has seen enough, as `head` does; a gate must not pass on half of it
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    raise error
