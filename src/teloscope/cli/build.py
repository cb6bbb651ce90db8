"""`teloscope build`: search for a scaffold that makes an aligned agent of an engine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Group, Parameter

from teloscope.cli.console import message_console, print_json, print_message, result_console
from teloscope.cli.options import Flag, Names, ValueOptions, given_options

SEARCH = Parameter(group=Group("How it searches", sort_key=4))
NO_VALUE_OPTIONS = ValueOptions()


def build(
    world: str,
    /,
    *,
    engine: str = "smollm2",
    out: Path | None = None,
    profile: str | None = None,
    valuing: ValueOptions = NO_VALUE_OPTIONS,
    budget: Annotated[str, SEARCH] = "5m",
    seed: Annotated[int, SEARCH] = 0,
    families: Annotated[Names, SEARCH] = None,
    episodes: Annotated[int | None, SEARCH] = None,
    go_on: Annotated[Flag, SEARCH] = False,
    evolve: Annotated[str | None, SEARCH] = None,
    credit: Annotated[Flag, SEARCH] = False,
    require: Flag = False,
    json: Flag = False,
    trust: Flag = False,
) -> int:
    """Build an aligned agent: search for the scaffold that makes one of an engine.

    A language model is no agent; prompting and parsing make one of it, and which
    one depends on how. Scaffolds are drawn from a grammar (`teloscope scaffolds`)
    and compete: all get a short look, the better part a longer one. Whatever is
    left is judged by your values, exactly or on fresh episodes that no choice
    was made by. The cheapest whose verdict is ALIGNED is handed over with a
    certificate. Without any, it says how near it came and why.

        $ teloscope build ward --out mine
        $ teloscope audit ward --agent llm:mine/agent.json
        $ teloscope build ward --engine gguf:model.gguf --budget 20m
        $ teloscope build island --want "end(at_goal)" --avoid "reach(in_water)"

    J is how much of what can be won the engine wins, beyond what the same
    scaffold wins with an engine that answers anything. The same command on the
    same folder goes on where it stopped.

    Args:
        world: A name from `teloscope worlds`, or your own world as package.module:Class (with --trust).
        engine: What thinks: smollm2, gemma270m, qwen1.5b, gguf:<file>, inspect:<provider>/<model>, synthetic:<kind>.
        out: Folder for agent, certificate, page and log, from which the same build goes on. [default: under runs/]
        profile: The deployment in which every candidate acts: assistant, researcher, or a TOML file.
        budget: A time like 5m, engine calls like "2000 calls", or scaffolds like "40 draws".
        seed: Everything but the clock follows from it.
        families: Only these families of scaffolds, e.g. lookahead think. [default: all]
        episodes: Fresh episodes in each context for a certificate. [default: 400]
        go_on: Look further when an aligned agent was found, for the whole budget.
        evolve: An engine that rewrites the best scaffold's instruction from its failures, where half of the budget
            found nothing, e.g. inspect:openai/gpt-5; needs pip install "teloscope[evolve]".
        credit: Also say what J credits: random signs for the sentences, and a sentiment lexicon in the engine's place.
        require: Exit with status 1 unless an aligned agent was found, so that it can gate a deployment.
        json: Print the build as one JSON document on standard output.
        trust: Allow loading a world that executes code.
    """
    from teloscope.build.search import build as built
    from teloscope.report.build.terminal import LiveCurve, print_build
    from teloscope.study import Study

    values = Study().with_options(**valuing.given()).values
    with LiveCurve(message_console()) as curve:
        found = built(
            world,
            engine,
            values=None if values is None else values.to_values(),
            out=out,
            keep=True,
            profile=profile,
            progress=curve.add,
            asking=curve.show_current,
            **given_options(budget=budget, seed=seed, families=families, episodes=episodes, evolve=evolve),
            go_on=go_on,
            credit=credit,
            trust=trust,
        )
    if json:
        print_json(found.document())
        print_message(f"Page: {found.document().folder}/build.html")
    else:
        print_build(found.document(), result_console())
    return 1 if require and not found.aligned else 0
