"""`teloscope worlds`: list the worlds, or show one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from teloscope.cli.console import print_json, print_pairs, result_console
from teloscope.cli.options import Flag, Names, ValueOptions
from teloscope.errors import BadStudy

if TYPE_CHECKING:
    from teloscope.worlds import World


NO_VALUE_OPTIONS = ValueOptions()


def worlds(
    name: str | None = None,
    /,
    *,
    check: Flag = False,
    wish: str | None = None,
    take: Names = None,
    out: Path | None = None,
    engine: str | None = None,
    valuing: ValueOptions = NO_VALUE_OPTIONS,
    trust: Flag = False,
    json: Flag = False,
) -> int:
    """List the worlds, or show one: its map, words, features, contexts and values.

    Beside the suite, any Gymnasium id is a world (MiniGrid-LavaGapS5-v0,
    module:Env-v0), and so is a class of your own (package.module:Class, with
    --trust).

        $ teloscope worlds
        $ teloscope worlds coin
        $ teloscope worlds errands:dev-17
        $ teloscope worlds my:World --trust --check --engine smollm2
        $ teloscope worlds my:World --trust --wish "never break anything"
        $ teloscope worlds my:World --trust --wish "never break anything" --take 1 --out values.toml

    --check says which values no sentence speaks of and, with an engine, which
    sentences it can't tell apart, and proposes rewordings. --wish proposes
    regimes for a want in words. They count only after you take them: by
    number, into a values file for --values.

    Args:
        name: The world to show. [default: one line for each world of the suite]
        check: Check the world's sentences; the exit status is 1 if something is found.
        wish: A want in words, for which regimes are proposed.
        take: Numbers of the proposals that you mean, e.g. 1,3.
        out: Where the regimes that were taken are written, as a TOML file.
        engine: Which engine has to tell sentences apart, for --check and --wish, e.g. smollm2.
        trust: Allow loading a world of your own, which executes its module.
        json: Print it as one JSON document on standard output.
    """
    from teloscope.cli.lists.wording import print_check, print_wish
    from teloscope.study import Study
    from teloscope.study.loading import load_world
    from teloscope.worlds import known, world

    if name is None and (check or wish is not None):
        raise BadStudy("--check and --wish need a world: teloscope worlds my:World --check")
    if name is None:
        listed = [{"world": n, "summary": world(n).summary, "source": world(n).source} for n in known()]
        print_json(listed) if json else print_pairs({row["world"]: row["summary"] for row in listed})
        return 0
    loaded = load_world(Study.of(world=name), trust)
    if wish is not None:
        return print_wish(loaded, wish, take, out, engine, json)
    if check:
        values = Study().with_options(**valuing.given()).values
        return print_check(loaded, None if values is None else values.to_values(), engine, json)
    shown = describe_world(loaded)
    print_json(shown) if json else _print_world(shown)
    return 0


def describe_world(world: World) -> dict[str, Any]:
    """Everything a world says about itself."""
    from teloscope.worlds import TableWorld

    table = world.table if isinstance(world, TableWorld) else None
    return {
        "world": world.name,
        "summary": world.summary,
        "source": world.source,
        "map": _map(world),
        "legend": dict(getattr(world, "legend", {})),
        "states": table.n_states if table else None,
        "horizon": world.horizon,
        "task": world.task,
        "description": _description(world),
        "sentences": _sentences(world),
        "actions": list(world.actions) if world.actions else None,
        "phrases": {action: world.phrase(action) for action in world.actions or ()},
        "idle": world.idle,
        "features": dict(world.feature_kinds),
        "contexts": [context.to_dict() for context in world.contexts],
        "values": world.values.to_dict(),
    }


def _description(world: World) -> str:
    """The description of the first context's start state, in words."""
    from teloscope.worlds.sampled import SampledWorld
    from teloscope.worlds.table.world import TableWorld

    if isinstance(world, TableWorld):
        return world.describe(world.table.states[int(world.table.starts[world.contexts[0].start][0])])
    return world.describe(world.starts(world.contexts[0].start)) if isinstance(world, SampledWorld) else ""


def _sentences(world: World) -> list[str]:
    """The sentences that describe outcomes, the most frequent first."""
    import numpy as np

    from teloscope.worlds.table.world import TableWorld

    if not isinstance(world, TableWorld):
        return []
    texts, running = world.texts, ~world.table.terminal
    counts = np.bincount(texts.sentence[running].ravel(), minlength=len(texts.sentences))
    return [texts.sentences[i] for i in np.argsort(-counts, kind="stable") if counts[i]]


def _map(world: World) -> list[str]:
    """The map of the first context's start state; empty if there is none."""
    from teloscope.worlds.gym.world import GymWorld
    from teloscope.worlds.sampled import SampledWorld
    from teloscope.worlds.table.world import TableWorld

    if isinstance(world, TableWorld):
        return world.draw(world.table.states[int(world.table.starts[world.contexts[0].start][0])])
    if isinstance(world, SampledWorld):
        return world.draw(world.starts(world.contexts[0].start))
    return world.draw() if isinstance(world, GymWorld) else []


def _print_world(shown: dict[str, Any]) -> None:
    console = result_console()

    def line(text: str = "", style: str | None = None) -> None:
        console.print(text, style=style, markup=False, soft_wrap=True)

    line(f"{shown['world']}: {shown['summary']}", "bold")
    if shown["source"]:
        line(f"source: {shown['source']}", "dim")
    line()
    for row in shown["map"]:
        line(f"    {row}")
    if shown["legend"]:
        line("    " + "   ".join(f"{char} {what}" for char, what in shown["legend"].items()), "dim")
        line()
    states = f"{shown['states']:,} states" if shown["states"] else "stepped, not tabulated"
    actions = " ".join(shown["actions"]) if shown["actions"] else "continuous"
    line(
        f"{states}; {shown['horizon']} steps; actions: {actions}"
        + (f" (idle: {shown['idle']})" if shown["idle"] else "")
    )
    _print_texts(line, shown)
    _print_rows(line, "features", [(name, kind) for name, kind in shown["features"].items()])
    _print_rows(line, "contexts", [(c["name"], _kind(c), c["note"]) for c in shown["contexts"]])
    wants = [(v["regime"], f"wanted, in at least {v['target']:.0%}") for v in shown["values"]["want"]]
    avoids = [(v["regime"], f"to avoid, in at most {v['tolerance']:.0%}") for v in shown["values"]["avoid"]]
    _print_rows(line, "values", wants + avoids)


def _print_texts(line: Any, shown: dict[str, Any]) -> None:
    """Print what a language model is told."""
    line()
    line("in words", "bold")
    line(f"    task: {shown['task']}")
    if shown["description"]:
        line(f"    at first: {shown['description']}")
    if shown["phrases"]:
        line(f"    options: {', '.join(shown['phrases'].values())}")
    _print_rows(line, "what may be seen to happen", [(sentence,) for sentence in shown["sentences"]])


def _kind(context: dict[str, Any]) -> str:
    return f"{context['kind']}, offered" if context["offered"] else context["kind"]


def _print_rows(line: Any, title: str, rows: list[tuple[str, ...]]) -> None:
    """A heading and aligned columns under it."""
    if not rows:
        return
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    line()
    line(title, "bold")
    for row in rows:
        line("    " + "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip())
