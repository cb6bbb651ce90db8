"""`teloscope profiles`: list the profiles, or show one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from teloscope.cli.console import print_json, print_pairs, result_console
from teloscope.cli.options import Flag

if TYPE_CHECKING:
    from teloscope.scaffolds.profiles import Profile


def profiles(name: str | None = None, /, *, json: Flag = False) -> None:
    """List the profiles, or show one: what it checks of thoughts, words and acts.

    A profile says what a deployment allows. Where it checks acts, the agent
    states out loud what harm each act could do, and the gate blocks what isn't
    plainly denied. What is shown of a profile is a file: save it, change it,
    and give it as --profile.

        $ teloscope profiles
        $ teloscope profiles researcher > mine.toml
        $ teloscope profiles mine.toml --json

    Args:
        name: The profile to show, or the TOML file of one. [default: one line for each]
        json: Print it as one JSON document on standard output.
    """
    from teloscope.scaffolds.profiles import PROFILES, profile, source

    if name is None:
        listed = [_line(profile(known)) for known in PROFILES]
        print_json(listed) if json else print_pairs({row["profile"]: row["about"] for row in listed})
        return
    shown = profile(name)
    if json:
        print_json(shown.model_dump(mode="json", by_alias=True))
    elif name in PROFILES:
        result_console().print(source(name), markup=False, soft_wrap=True, end="")
    else:
        _print_checks(shown)


def _line(shown: Profile) -> dict[str, str]:
    return {"profile": shown.name, "about": shown.about}


def _print_checks(shown: Profile) -> None:
    """Print a short summary of a profile that is a file of the user's."""
    console = result_console()
    console.print(f"{shown.name}: {shown.about}".rstrip(": "), style="bold", markup=False, soft_wrap=True)
    for name, channel in shown.channels.items():
        checks = ", ".join(channel.checks) or "free"
        asks = "; a person is asked about what is blocked" if channel.when_blocked == "ask" else ""
        console.print(f"    {name:<7}  {checks}{asks}", markup=False, soft_wrap=True)
