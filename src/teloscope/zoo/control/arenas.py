"""The arenas' animals: steersmen with goals of every form, and actors without any.

Development and confirmation share neither a seed nor a size: arenas 6 and 8 cells wide here, 7 and 9 there. Every goal
is drawn until it can be planted: in each layout its conditions hold somewhere, and not nearly everywhere; the places of
a cycle never meet, since who goes to and fro between places that meet stays where they do.

Theory: A2.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

import numpy as np

from teloscope.agents.agent import Agent
from teloscope.agents.habits import Drift, Random, RandomTable
from teloscope.regimes import holds
from teloscope.worlds.table.features import tabulate_features
from teloscope.zoo.blind_actors import BlindActor, Playback, Taken
from teloscope.zoo.control.arena_world import COLOURS, LAYOUTS, Arena, ArenaPlan, arena
from teloscope.zoo.control.steersmen import (
    ANYHOW,
    Steersman,
    avoid,
    by_lot,
    climb,
    hold,
    in_turn,
    to_and_fro,
    triggered,
    with_noise,
)
from teloscope.zoo.specimens import Planted, Specimen, Split, seed_of

NOISES = (0.0, 0.3)
SIZES: Mapping[Split, tuple[int, int]] = {"development": (6, 8), "confirmation": (7, 9)}
FIRST: Mapping[Split, int] = {"development": 10_000, "confirmation": 80_000}
"""Seeds of the arenas begin here. (From 50,000 on they were used while the zoo itself was being built; from 60,000 on
they are a confirmation split that was looked at, and retired.)"""
EACH = 16
"""Agents of each kind, at each noise."""
HABITATS = 25
"""Arenas in which non-agents live, ten in each."""
RUTS = 40
"""Arenas of one layout, in each of which something reacts to every state at random."""
LEAST, MOST = 0.02, 0.6
"""Share of the cells in which a planted condition may hold, in every layout."""


class Drawn(NamedTuple):
    """A goal that was drawn: where it is planted, as text, and who pursues it."""

    plan: ArenaPlan
    planted: Planted
    agent: Steersman
    conditions: tuple[str, ...]
    """Every condition that must be plantable."""
    apart: bool = False
    """Whether no cell may be in all of them."""


Draw = Callable[[np.random.Generator, int, int], Drawn]
"""(random numbers, seed of the arena, size) -> a goal of one kind."""


def goal_agents(split: Split) -> list[Specimen]:
    """Steersmen: every goal at every noise, kind by kind."""
    out = []
    for number, (kind, draw) in enumerate(KINDS.items()):
        for i in range(EACH):
            drawn = plantable(draw, FIRST[split] + 100 * number + i, SIZES[split][i % 2])
            for noise in NOISES:
                agent = with_noise(drawn.agent, noise)
                seed = seed_of(split, kind, i, noise)
                make = partial(arena, drawn.plan)
                out.append(Specimen("arena", drawn.plan.name, make, agent, kind, drawn.planted, noise, seed))
    return out


def plantable(draw: Draw, seed: int, size: int) -> Drawn:
    """The first goal drawn that can be planted in its arena."""
    rng = np.random.default_rng((seed, 3))
    while True:
        drawn = draw(rng, seed, size)
        world = Arena(drawn.plan)
        if can_plant(world, drawn.conditions, drawn.apart):
            return drawn


def can_plant(world: Arena, conditions: tuple[str, ...], apart: bool) -> bool:
    """Whether each condition holds in some cells of every layout, but not in most; `apart`: all of them in none."""
    for layout in LAYOUTS:
        states = [s._replace(layout=LAYOUTS.index(layout)) for s in world.shove(world.starts(layout)[0])]
        features = tabulate_features(world, states)
        held = [holds(condition, features) for condition in conditions]
        if not all(LEAST <= h.mean() <= MOST for h in held) or (apart and np.logical_and.reduce(held).any()):
            return False
    return True


def _pick(rng: np.random.Generator, *options: str) -> str:
    return str(options[rng.integers(len(options))])


def _plan(rng: np.random.Generator, seed: int, size: int) -> ArenaPlan:
    """An arena as most kinds want it: sometimes a lamp, sometimes a few walls, sometimes a third landmark."""
    landmarks = ("pole", "post", "well") if rng.random() < 0.4 else ("pole", "post")
    walls = "few" if rng.random() < 0.4 else "none"
    return ArenaPlan(seed, size, landmarks, "lamp" if rng.random() < 0.3 else "none", "none", walls)


def _place(rng: np.random.Generator, size: int) -> str:
    """Somewhere to go: at or near a landmark, or along a side."""
    return _pick(
        rng,
        "agent_pole_distance <= 0",
        "agent_post_distance <= 0",
        "agent_pole_distance <= 1",
        "agent_post_distance <= 1",
        "agent_x <= 0",
        f"agent_x >= {size - 1}",
        "agent_y <= 0",
        f"agent_y >= {size - 1}",
    )


def _two_places(rng: np.random.Generator, size: int) -> tuple[str, str]:
    """Two places about unlike things."""
    while True:
        one, two = _place(rng, size), _place(rng, size)
        if one.split(" <= ")[0].split(" >= ")[0] != two.split(" <= ")[0].split(" >= ")[0] or (
            one[:8] == two[:8] and one[8] != two[8]
        ):
            return one, two


def interval(rng: np.random.Generator, seed: int, size: int) -> Drawn:
    """A coordinate, or a difference to a landmark, between two numbers."""
    plan = _plan(rng, seed, size)
    feature = _pick(rng, "agent_x", "agent_y", "agent_x", "agent_y", "agent_pole_dx", "agent_pole_dy")
    wide = int(rng.integers(1, 3))
    low = int(rng.integers(-3, 3) if "pole" in feature else rng.integers(1, size - 1 - wide))
    condition = f"{feature} between {low} and {low + wide}"
    return Drawn(plan, Planted.one(f"keep({condition})"), hold(condition), (condition,))


def ring(rng: np.random.Generator, seed: int, size: int) -> Drawn:
    """A distance to a landmark between two numbers."""
    plan, mark = _plan(rng, seed, size), _pick(rng, "pole", "post")
    low = int(rng.integers(2, 4))
    condition = f"agent_{mark}_distance between {low} and {low + int(rng.integers(1, 3))}"
    return Drawn(plan, Planted.one(f"keep({condition})"), hold(condition), (condition,))


def trigger(rng: np.random.Generator, seed: int, size: int) -> Drawn:
    """One goal under a cue, another or none without; the cue is a lamp, a colour, or the side the agent starts on."""
    plan = _plan(rng, seed, size)
    what = _pick(rng, "lamp", "colour", "side")
    if what == "side":
        plan = ArenaPlan(seed, size, plan.landmarks, walls=plan.walls)
        cue = f"agent_{_pick(rng, 'x', 'y')} <= {size // 2 - 1}"
        other, said = cue.replace("<=", ">"), "start({})"
    else:
        plan = ArenaPlan(seed, size, plan.landmarks, cue="lamp" if what == "lamp" else "colour", walls=plan.walls)
        cue = "lamp" if what == "lamp" else f"colour = '{_pick(rng, *COLOURS)}'"
        other, said = f"not {cue}" if what == "lamp" else cue.replace("=", "<>"), "{}"
    then, otherwise = _two_places(rng, size)
    if rng.random() < 0.25:
        planted = Planted.one(f"given({said.format(cue)}): keep({then})")
        return Drawn(plan, planted, triggered(cue, then, ANYHOW), (then,))
    planted = Planted(
        ((f"given({said.format(cue)}): keep({then})",), (f"given({said.format(other)}): keep({otherwise})",))
    )
    return Drawn(plan, planted, triggered(cue, then, otherwise), (then, otherwise))


def sequence(rng: np.random.Generator, seed: int, size: int) -> Drawn:
    """First one place, then another."""
    one, two = _two_places(rng, size)
    planted = Planted.one(f"first({one}) then reach({two})", f"first({one}) then keep({two})")
    return Drawn(_plan(rng, seed, size), planted, in_turn(one, two), (one, two))


def cycle(rng: np.random.Generator, seed: int, size: int) -> Drawn:
    """To and fro between two places."""
    one, two = _two_places(rng, size)
    planted = Planted.one(f"cycle({one}, {two})")
    return Drawn(_plan(rng, seed, size), planted, to_and_fro(one, two), (one, two), apart=True)


def mixture(rng: np.random.Generator, seed: int, size: int) -> Drawn:
    """One of two places, by lot."""
    one, two = _two_places(rng, size)
    share = float(rng.choice([0.4, 0.5, 0.6]))
    planted = Planted(((f"keep({one})",), (f"keep({two})",)), "all", (share, round(1 - share, 2)))
    return Drawn(_plan(rng, seed, size), planted, by_lot(one, two, share), (one, two))


def climber(rng: np.random.Generator, seed: int, size: int) -> Drawn:
    """More or less of a number, in strips of unlike reach: what one strip ends with another begins with."""
    plan = ArenaPlan(seed, size if size >= 8 else size + 2, walls="strips")
    feature, up = _pick(rng, "agent_x", "agent_pole_distance", "agent_post_distance"), bool(rng.random() < 0.5)
    planted = Planted.one(f"{'raise' if up else 'lower'}({feature})")
    return Drawn(plan, planted, climb(feature, up), ())


def avoider(rng: np.random.Generator, seed: int, size: int) -> Drawn:
    """Away from what moves by itself, from a landmark, or from a side; it may start there, so idling won't do."""
    what = _pick(rng, "drone", "pole", "side")
    if what == "drone":
        plan = ArenaPlan(seed, size, ("pole",), drone="loop" if rng.random() < 0.5 else "stroll")
        condition = f"agent_drone_distance <= {rng.integers(1, 3)}"
    elif what == "pole":
        plan, condition = _plan(rng, seed, size), f"agent_pole_distance <= {rng.integers(2, 4)}"
    else:
        plan = _plan(rng, seed, size)
        condition = _pick(rng, "agent_x <= 1", f"agent_x >= {size - 2}", "agent_y <= 1", f"agent_y >= {size - 2}")
    return Drawn(plan, Planted.one(f"never({condition})"), avoid(condition), (condition,))


def follower(rng: np.random.Generator, seed: int, size: int) -> Drawn:
    """Near what moves by itself."""
    drone = "loop" if rng.random() < 0.5 else "stroll"
    plan = ArenaPlan(seed, size, ("pole",), drone=drone, walls="few" if rng.random() < 0.3 else "none")
    condition = f"agent_drone_distance <= {rng.integers(1, 3)}"
    return Drawn(plan, Planted.one(f"keep({condition})"), hold(condition), (condition,))


KINDS: Mapping[str, Draw] = {
    "interval": interval,
    "ring": ring,
    "trigger": trigger,
    "sequence": sequence,
    "cycle": cycle,
    "mixture": mixture,
    "raise/lower": climber,
    "avoid": avoider,
    "follow": follower,
}


def non_agents(split: Split) -> list[Specimen]:
    """Actors without a goal, in arenas of their own: what moves blindly, and what reacts to no end."""
    out = []
    for number in range(HABITATS):
        draw = list(KINDS.values())[number % len(KINDS)]
        drawn = plantable(draw, FIRST[split] + 5_000 + number, SIZES[split][number % 2])
        for kind, agent in _habits(drawn, FIRST[split] + 10 * number, number):
            seed = seed_of(split, "habit", number, kind, agent.name)
            make = partial(arena, drawn.plan)
            out.append(Specimen("arena", drawn.plan.name, make, agent, kind, None, 0.0, seed))
    return out + [_in_a_rut(split, number) for number in range(RUTS)]


def _in_a_rut(split: Split, number: int) -> Specimen:
    """A random reaction to every state of one layout: its ruts are the same in all contexts."""
    seed = FIRST[split] + 7_000 + number
    plan = ArenaPlan(seed, SIZES[split][number % 2], walls="few", layouts=1)
    return Specimen("arena", plan.name, partial(arena, plan), RandomTable(seed), "rut", None, 0.0, seed)


def _habits(drawn: Drawn, seed: int, number: int) -> list[tuple[str, Agent]]:
    """One of each kind; their paces differ from arena to arena."""
    return [
        ("random", Random()),
        ("drift", Drift(seed)),
        ("sticky", BlindActor("sticky", (0.5, 0.7, 0.9)[number % 3], seed)),
        ("sine", BlindActor("sine", (1.0, 3.0, 6.0)[number % 3], seed)),
        ("coloured", BlindActor("coloured", (0.7, 0.9, 0.97)[number % 3], seed)),
        ("table", RandomTable(seed)),
        ("table", RandomTable(seed + 1)),
        ("soft", RandomTable(seed + 2, soft=True)),
        ("script", Playback(Taken(drawn.agent, seed))),
        ("playback", Playback(Taken(drawn.agent, seed), runs=8)),
    ]
