"""`teloscope agents`: list what can be written after --agent."""

from __future__ import annotations

from teloscope.cli.console import print_json, print_pairs
from teloscope.cli.options import Flag


def agents(*, json: Flag = False) -> None:
    """List what can be written for --agent, one line each, with an example.

    Options follow a question mark, as in plan:end(at_goal)?eps=.3&seed=1.
    Whatever can execute code (a pickle inside a stable-baselines3 zip, a module
    of yours) is loaded with --trust only.

        $ teloscope agents
        $ teloscope audit --world coin --agent "plan:end(coin_taken)?eps=.3"

    Args:
        json: Print the list as one JSON document on standard output.
    """
    from teloscope.agents.registry import KINDS, USER_AGENT

    listed = {name: about for name, (_, about) in KINDS.items()} | dict([USER_AGENT])
    if json:
        print_json([{"agent": name, "about": about} for name, about in listed.items()])
        return
    print_pairs(listed)
