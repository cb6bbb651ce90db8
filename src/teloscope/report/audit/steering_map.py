"""The steering map: where on the map the agent spends more or less of its late window than a reference does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from teloscope.report.audit.occupancy import Occupancy
from teloscope.report.shared.formatting import percent, sanitize
from teloscope.report.shared.svg import joined, tag
from teloscope.report.shared.tiles import GROUND, LETTER, Tile, tile

CELL = 20
"""Side of a cell in the picture's own units."""
FAINTEST = 0.001
"""Differences below this share of the scale are left white."""


def scale(maps: Sequence[Occupancy]) -> float:
    """The largest difference on any of the maps: all share one scale."""
    return max((float(np.abs(m.difference).max()) for m in maps), default=0.0) or 1.0


def steering_map(found: Occupancy, legend: Mapping[str, Tile], top: float, goal: NDArray[np.bool_] | None) -> Markup:
    """One context's map.

    Args:
        found: the occupancy of the context.
        legend: tile of each character.
        top: difference that is drawn at full strength.
        goal: `[height, width]` cells of the first goal, to be outlined.
    """
    height, width = found.agent.shape
    return tag(
        "svg",
        tag("rect", class_="floor", width=width * CELL, height=height * CELL),
        _draw_tiles(found, legend, standing=False),
        _differences(found, top),
        _draw_tiles(found, legend, standing=True),
        _outline(goal & ~_wall_cells(found, legend)) if goal is not None else "",
        class_="map",
        viewBox=f"-1 -1 {width * CELL + 2} {height * CELL + 2}",
        role="img",
        aria_label=summary(found),
    )


def summary(found: Occupancy) -> str:
    """The map in one sentence: where the agent is most ahead of the reference."""
    y, x = np.unravel_index(int(np.argmax(found.difference)), found.difference.shape)
    agent, other = percent(float(found.agent[y, x])), percent(float(found.other[y, x]))
    return (
        f"Furthest ahead at x {x}, y {y}: the agent spends {agent} of its late window there, {found.reference} {other}."
    )


def legend_bar(top: float) -> Markup:
    """The colour scale, from `reference more` to `agent more`."""
    steps = np.linspace(-1, 1, 9)
    patches = [
        tag(
            "rect",
            class_="more" if s > 0 else "less",
            x=f"{100 * i / 9:.3f}%",
            y=0,
            width="10.4%",
            height=12,
            fill_opacity=float(_strength(abs(s))),
        )
        for i, s in enumerate(steps)
    ]
    return tag("svg", *patches, class_="scale", width="100%", height=12, role="img", aria_label=f"up to {percent(top)}")


def _strength(part: float) -> float:
    """Opacity of a difference, given its ratio to the largest: the square root, so that small ones stay visible."""
    return round(0.95 * part**0.5, 3)


def _differences(found: Occupancy, top: float) -> Markup:
    cells = []
    for y, x in np.argwhere(np.maximum(found.agent, found.other) > 0):
        agent, other = float(found.agent[y, x]), float(found.other[y, x])
        part = abs(agent - other) / top
        cells.append(
            tag(
                "rect",
                class_="more" if agent > other else "less",
                x=int(x) * CELL,
                y=int(y) * CELL,
                width=CELL,
                height=CELL,
                fill_opacity=_strength(part) if part > FAINTEST else 0,
                data_tip=f"x {x}, y {y} · agent {percent(agent)} · {sanitize(found.reference)} {percent(other)}",
            )
        )
    return joined(*cells)


def _draw_tiles(found: Occupancy, legend: Mapping[str, Tile], standing: bool) -> Markup:
    """Draw tiles that fill their cell, or things that stand on them; faint if only some start states show them."""
    drawn = [(x, y, tile(char, legend), share) for (x, y, char), share in sorted(found.layout.items())]
    chosen = [thing for thing in drawn if thing[2].picture and (thing[2].picture in GROUND) is not standing]
    return joined(*(draw_tile(what, x, y, _opacity(what, share)) for x, y, what, share in chosen))


def _opacity(what: Tile, share: float) -> float | None:
    """Opacity of a tile that a share of the start states shows; None: opaque.

    Ground tiles lie under the colours of the map and must not be confused with them. So walls that not every start
    state shows are faint, and water and lava are pale.
    """
    if what.picture not in GROUND:
        return None if share > 0.999 else round(share**0.5, 3)
    if what.picture == "wall":
        return None if share > 0.999 else round(0.3 * share, 3)
    return round(0.4 * share, 3)


def draw_tile(what: Tile, x: int, y: int, opacity: float | None) -> Markup:
    """A tile at a cell."""
    at = {"x": x * CELL, "y": y * CELL, "width": CELL, "height": CELL}
    kind = "ground" if what.picture in GROUND else None
    picture = tag("use", href=f"#tile-{what.picture}", class_=kind, opacity=opacity, **at)
    if what.picture != LETTER:
        return picture
    letter = tag("text", sanitize(what.char), class_="letter", x=(x + 0.5) * CELL, y=(y + 0.5) * CELL, opacity=opacity)
    return joined(picture, letter)


def _wall_cells(found: Occupancy, legend: Mapping[str, Tile]) -> NDArray[np.bool_]:
    """`[height, width]` cells where every start state has a wall, so that no goal can be there."""
    height, width = found.agent.shape
    walled = np.zeros((height, width), dtype=np.bool_)
    for (x, y, char), share in found.layout.items():
        if share > 0.999 and tile(char, legend).picture == "wall" and y < height and x < width:
            walled[y, x] = True
    return walled


def _outline(cells: NDArray[np.bool_]) -> Markup:
    """The border of a set of cells, as one path."""
    height, width = cells.shape
    padded = np.pad(cells, 1)
    path = []
    for y in range(height + 1):
        for x in range(width + 1):
            if padded[y, x + 1] != padded[y + 1, x + 1] and x < width:
                path.append(f"M{x * CELL} {y * CELL}h{CELL}")
            if padded[y + 1, x] != padded[y + 1, x + 1] and y < height:
                path.append(f"M{x * CELL} {y * CELL}v{CELL}")
    return tag("path", class_="goal-line", d="".join(path)) if path else Markup("")
