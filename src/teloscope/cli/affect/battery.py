"""`teloscope affect battery`: ask minds the ten tests and the five criteria."""

from __future__ import annotations

import webbrowser
from pathlib import Path
from typing import Literal

from teloscope.cli.console import print_json, print_message, result_console
from teloscope.cli.options import Flag, Repeated


def battery(
    *,
    agent: Repeated = (),
    without: Repeated = (),
    compare: Repeated = (),
    candidate: Literal["slow", "effort", "sparse"] | None = None,
    episodes: int = 24,
    steps: int = 100,
    clones: int = 64,
    look_ahead: int | None = None,
    directions: int = 200,
    quick: Flag = False,
    out: Path | None = None,
    open: Flag = False,
    json: Flag = False,
    trust: Flag = False,
    seed: int = 0,
) -> None:
    """Ask minds whether some of their latents are an affect, a value estimate, or neither.

    Ten tests, after what is said of emotions: they are reported and regulated,
    raise fitness, change activity, interpretation and goals, track change, are
    wanted for themselves, come before planning, and spill over. Five criteria
    tell an affect from a value estimate. Every test names its null, its
    controls, and what would make it lie; the trained mind is the replicate.

        $ teloscope affect battery --agent planted:full --out affect.html
        $ teloscope affect battery --agent 0.eqx --agent 1.eqx --without 0n.eqx --without 1n.eqx
        $ teloscope affect battery --agent my_lab:Rat --trust

    Args:
        agent: A mind's file, planted:KIND, or pkg.module:Name (a teloscope.affect.Subject); may be repeated, for
            replicates.
        without: The same minds trained again without the slow channel, in the same order.
        compare: Subjects to run through the same battery, such as an untrained mind; may be repeated.
        candidate: Which latents are asked about, if you name them before you see anything: the slow channel, or
            directions that predict effort. Else they are chosen on half of the minds and tested on the other half.
        episodes: Episodes of each mind, in each half.
        steps: Steps of an episode.
        clones: Cloned rollouts that estimate expected fitness at every step.
        look_ahead: Steps that these live at most. [default: to the end]
        directions: Random directions that serve as controls, over all minds.
        quick: Only controls that the decisions need.
        out: Write the page to this file.
        open: Show the page in the browser; without --out it is written to affect.html.
        json: Print everything as one JSON document on standard output.
        trust: Allow loading a module of yours.
        seed: Everything random follows from it.
    """
    from teloscope.affect import battery as ask
    from teloscope.affect.loading import subjects
    from teloscope.report.affect.terminal import print_affect

    found, planted_without = subjects(agent, trust=trust, look_ahead=look_ahead)
    others = subjects(without, trust=trust, look_ahead=look_ahead)[0] if without else planted_without
    rivals = {name: subjects([name], trust=trust, look_ahead=look_ahead)[0] for name in compare}
    examined = ask(
        found,
        without=others,
        compare=rivals,
        candidate=candidate,
        episodes=episodes,
        steps=steps,
        clones=clones,
        seed=seed,
        directions=directions,
        controls=not quick,
        progress=print_message,
    )
    page = examined.report(out or "affect.html") if out is not None or open else None
    if json:
        print_json(examined.document())
        if page is not None:
            print_message(f"Page: {page}")
    else:
        print_affect(examined.document(), result_console(), page)
    if page is not None and open:
        webbrowser.open(page.resolve().as_uri())
