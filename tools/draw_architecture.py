"""Draws docs/architecture.svg from the code: the way data flows through the rooms, and which room imports which.

A room is a package or module directly under src/teloscope. The tool reads its sentence from its docstring, its inner
rooms from the folders, the order of the rooms from the layers in pyproject.toml, and the imports with grimp. Only the
places of the boxes and the arrows of the data flow are written here. Every arrow must be an import in the code.

Usage: python tools/draw_architecture.py     (tests/test_architecture.py fails while the picture is older than the code)
"""

from __future__ import annotations

import ast
import re
import sys
import textwrap
import tomllib
from html import escape
from pathlib import Path
from typing import NamedTuple

import grimp

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "teloscope"
PICTURE = ROOT / "docs" / "architecture.svg"

FLOW = (
    ("worlds", "recordings", "goals", "verdict", "report"),
    ("agents", "scaffolds", "engines", "values", "regimes"),
)
"""The rooms that data flow through, as two rows of boxes. All other rooms are bars above or below."""
CALLS = {"recordings": "record()", "goals": "find_goals()", "verdict": "judge()", "report": ".report()"}
"""Room -> the public call that does its step."""


class Arrow(NamedTuple):
    """What one room hands to the next."""

    giver: str
    taker: str
    what: str


ARROWS = (
    Arrow("worlds", "recordings", "world"),
    Arrow("agents", "recordings", "agent"),
    Arrow("recordings", "goals", "recording"),
    Arrow("goals", "verdict", "goals"),
    Arrow("values", "verdict", "values"),
    Arrow("verdict", "report", "verdict"),
    Arrow("engines", "scaffolds", "engine"),
    Arrow("scaffolds", "agents", "scaffold"),
    Arrow("regimes", "values", "regimes"),
)

MARGIN, BOX, GAP, BAR, LINE, CELL = 24, 150, 80, 52, 16, 23
WIDTH = 2 * MARGIN + 5 * BOX + 4 * GAP
STYLE = """
  svg {
    --paper: #fbfaf7; --raised: #ffffff; --ink: #1c1c1a; --soft: #5f5e59;
    --rule: #cfccc2; --flow: #b8480f; --cell: #2a6488;
  }
  @media (prefers-color-scheme: dark) {
    svg {
      --paper: #17181b; --raised: #222429; --ink: #e9e6df; --soft: #a6a49d;
      --rule: #45464b; --flow: #f2945c; --cell: #74b3d8;
    }
  }
  .paper { fill: var(--paper); }
  .room { fill: var(--raised); stroke: var(--rule); }
  .step { stroke: var(--flow); stroke-width: 1.5; }
  .arrow { fill: none; stroke: var(--flow); stroke-width: 1.75; }
  .head { fill: var(--flow); }
  .cell { fill: var(--cell); }
  .grid { stroke: var(--rule); stroke-width: .5; }
  .self { fill: var(--rule); }
  text {
    font: 12px system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", "DejaVu Sans", Arial, sans-serif;
    fill: var(--soft);
  }
  .name { font-size: 14px; font-weight: 600; fill: var(--ink); }
  .title { font-size: 15px; font-weight: 600; fill: var(--ink); }
  .handed { fill: var(--flow); font-weight: 600; }
  .code { font: 11px ui-monospace, "SF Mono", Menlo, Consolas, "Liberation Mono", "DejaVu Sans Mono", monospace; }
  .call { fill: var(--ink); font-size: 12px; }
"""


def layers() -> list[list[str]]:
    """The rooms in the order of the layers contract in pyproject.toml, the highest first, without `__main__`."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    (written,) = [contract["layers"] for contract in contracts if contract["type"] == "layers"]
    return [rooms for layer in written if (rooms := [r for r in re.findall(r"\w+", layer) if r != "__main__"])]


def source(room: str) -> Path:
    """The file that opens a room."""
    return PACKAGE / room / "__init__.py" if (PACKAGE / room).is_dir() else PACKAGE / f"{room}.py"


def sentence(room: str) -> str:
    """What a room is for: the first sentence of its docstring, without the room's own name."""
    first = (ast.get_docstring(ast.parse(source(room).read_text("utf-8"))) or "").split("\n\n")[0].replace("\n", " ")
    said = re.sub(r"^(The )?\w+: ", "", first.replace("`", ""))
    said = re.split(r"(?<=\?)\s|\.(?:\s|$)", said, maxsplit=1)[0]
    return said[:1].upper() + said[1:]


def inner_rooms(room: str) -> list[str]:
    """The packages within a room, as `name/`."""
    return sorted(f"{path.parent.name}/" for path in (PACKAGE / room).glob("*/__init__.py"))


def imports(annotations: bool = False) -> set[tuple[str, str]]:
    """Pairs (room, room that it imports).

    Args:
        annotations: count imports under TYPE_CHECKING as well.
    """
    graph = grimp.build_graph("teloscope", exclude_type_checking_imports=not annotations, cache_dir=None)
    pairs = set()
    for module in graph.modules:
        for imported in graph.find_modules_directly_imported_by(module):
            here, there = (name.partition(".")[2].partition(".")[0] for name in (module, imported))
            if here and there and here != there:
                pairs.add((here, there))
    return pairs


def in_order(pairs: set[tuple[str, str]]) -> list[str]:
    """All rooms, layer by layer from the top; in a layer, a room before the neighbours that it imports.

    Raises:
        ValueError: the neighbours of a layer import each other in a circle.
    """
    order: list[str] = []
    for layer in layers():
        left = list(layer)
        while left:
            first = next((room for room in left if not any((other, room) in pairs for other in left)), None)
            if first is None:
                raise ValueError(f"A circle of imports among {left}: lint-imports says which.")
            order.append(first)
            left.remove(first)
    return order


class Box(NamedTuple):
    """A rectangle of the picture, in pixels."""

    x: float
    y: float
    width: float
    height: float


def text(x: float, y: float, words: str, kind: str = "", anchor: str = "start", turn: int = 0) -> str:
    """One line of text."""
    turned = f' transform="rotate({turn} {x:g} {y:g})"' if turn else ""
    marked = f' class="{kind}"' if kind else ""
    return f'<text x="{x:g}" y="{y:g}"{marked} text-anchor="{anchor}"{turned}>{escape(words)}</text>'


def rectangle(box: Box, kind: str) -> str:
    """A box's outline."""
    return f'<rect class="{kind}" x="{box.x:g}" y="{box.y:g}" width="{box.width:g}" height="{box.height:g}" rx="4"/>'


def arrow(points: list[tuple[float, float]]) -> str:
    """A line through the points, with its head at the last."""
    path = "M" + " L".join(f"{x:g} {y:g}" for x, y in points)
    return f'<path class="arrow" marker-end="url(#head)" d="{path}"/>'


def box_lines(room: str) -> tuple[list[str], list[str]]:
    """The lines of a box in the flow: the first clause of its sentence, and its inner rooms."""
    clause = re.split(r"[;:,]\s", sentence(room), maxsplit=1)[0]
    return textwrap.wrap(clause, 20), textwrap.wrap("  ".join(inner_rooms(room)), 20)


def draw_box(room: str, box: Box) -> list[str]:
    """A room that data flow through."""
    said, inner = box_lines(room)
    x, y = box.x + 10, box.y + 22
    shapes = [rectangle(box, "room step" if room in CALLS else "room"), text(x, y, room, "name")]
    for line in said:
        shapes.append(text(x, y := y + LINE, line))
    if room in CALLS:
        shapes.append(text(x, y := y + LINE + 6, CALLS[room], "code call"))
    y += 6
    return shapes + [text(x, y + LINE * i, line, "code") for i, line in enumerate(inner, 1)]


def fitting(words: str, width: float) -> str:
    """As many clauses of a sentence as fit into a width; at least the first, which may be cut."""
    letters = int(width / 6.5)
    ends = [found.start() for found in re.finditer(r"[;:,]\s|$", words) if found.start() <= letters]
    return words[: ends[-1]] if ends else textwrap.shorten(words, letters, placeholder=" …")


def draw_bar(room: str, box: Box) -> list[str]:
    """A room above or below the flow: a low bar has its sentence beside the name, a high one has it below."""
    low, inner = box.height < BAR, "  ".join(inner_rooms(room))
    x, y = (box.x + 80, box.y + 22) if low else (box.x + 12, box.y + 39)
    taken = x - box.x + 12 + (8 * len(inner) if low else 0)
    shapes = [rectangle(box, "room"), text(box.x + 12, box.y + 22, room, "name")]
    shapes.append(text(x, y, fitting(sentence(room), box.width - taken)))
    return [*shapes, text(box.x + box.width - 12, box.y + 22, inner, "code", "end")] if inner else shapes


def draw_bars(rows: list[list[str]], top: float) -> tuple[list[str], float]:
    """Rows of bars across the whole width, and where they end."""
    shapes: list[str] = []
    for rooms in rows:
        width = (WIDTH - 2 * MARGIN - 12 * (len(rooms) - 1)) / len(rooms)
        height = BAR if len(rooms) > 1 else 34
        for i, room in enumerate(rooms):
            shapes += draw_bar(room, Box(MARGIN + i * (width + 12), top, width, height))
        top += height + 10
    return shapes, top


def draw_flow(top: float) -> tuple[list[str], float]:
    """The two rows of boxes with their arrows, and where they end."""
    places: dict[str, Box] = {}
    for rooms in FLOW:
        rows = max(len(said) + len(inner) + (room in CALLS) for room in rooms for said, inner in [box_lines(room)])
        height = 46 + LINE * rows
        for i, room in enumerate(rooms):
            places[room] = Box(MARGIN + i * (BOX + GAP), top, BOX, height)
        top += height + 46
    shapes = [shape for room, box in places.items() for shape in draw_box(room, box)]
    for giver, taker, what in ARROWS:
        shapes += draw_arrow(places[giver], places[taker], what)
    return shapes, top - 46


def draw_arrow(giver: Box, taker: Box, what: str) -> list[str]:
    """An arrow to the neighbour at the right, at the left or above, or to the one above at the right."""
    if giver.x == taker.x:
        x, bottom = giver.x + BOX / 2, taker.y + taker.height
        return [arrow([(x, giver.y), (x, bottom + 2)]), text(x + 8, (giver.y + bottom) / 2 + 4, what, "handed")]
    if giver.y == taker.y:
        forth = giver.x < taker.x
        y = giver.y + (40 if forth else giver.height / 2)
        start, end = (giver.x + BOX, taker.x - 2) if forth else (giver.x, taker.x + BOX + 2)
        return [arrow([(start, y), (end, y)]), text((start + end) / 2, y - 7, what, "handed", "middle")]
    x, y, end = giver.x + BOX / 2, giver.y - 23, taker.y + taker.height - 26
    turn = taker.x - 52
    path = arrow([(x, giver.y), (x, y), (turn, y), (turn, end), (taker.x - 2, end)])
    return [path, text(x + 8, y - 6, what, "handed")]


def draw_matrix(rooms: list[str], pairs: set[tuple[str, str]], top: float) -> tuple[list[str], float]:
    """A square for every room that a room imports, and where the matrix ends."""
    left, first, side = MARGIN + 84, top + 84, CELL * len(rooms)
    shapes = []
    for i in range(len(rooms) + 1):
        at = i * CELL
        shapes.append(f'<path class="grid" d="M{left} {first + at:g} h{side} M{left + at} {first:g} v{side}"/>')
    for i, room in enumerate(rooms):
        middle = i * CELL + CELL / 2
        shapes.append(text(left - 8, first + middle + 4, room, "", "end"))
        shapes.append(text(left + middle + 4, first - 8, room, turn=-60))
        shapes.append(rectangle(Box(left + i * CELL + 8, first + i * CELL + 8, CELL - 16, CELL - 16), "self"))
        for j, other in enumerate(rooms):
            if (room, other) in pairs:
                shapes.append(rectangle(Box(left + j * CELL + 3, first + i * CELL + 3, CELL - 6, CELL - 6), "cell"))
    return shapes, first + side


EXPLAINED = (
    ("title", "Which room imports which"),
    ("", "A blue square: the room named at the left"),
    ("", "imports the room named above."),
    ("", ""),
    ("", "The rooms stand in the order of the layers."),
    ("", "A room imports only rooms that stand after it,"),
    ("", "so every square lies above the diagonal and"),
    ("", "there are no circles. The command lint-imports"),
    ("", "checks this, inside each room too."),
    ("", ""),
)


def example(rooms: list[str], pairs: set[tuple[str, str]]) -> str:
    """One row of the matrix in words: of the rooms that import two others, the highest."""
    for room in rooms:
        imported = [other for other in rooms if (room, other) in pairs]
        if len(imported) == 2:
            return f"{room} imports {imported[0]} and {imported[1]}"
    return f"{rooms[-1]} imports no room"


def draw() -> str:
    """The whole picture.

    Raises:
        ValueError: a room of the layers has no place in the picture, or an arrow is no import in the code.
    """
    order, known = layers(), {room for rooms in FLOW for room in rooms}
    flows = [i for i, rooms in enumerate(order) if known & set(rooms)]
    above, below = order[: flows[0]], order[flows[-1] + 1 :]
    if lost := [room for rooms in order[flows[0] : flows[-1] + 1] for room in rooms if room not in known]:
        raise ValueError(f"No place in the picture for {lost}: add them to FLOW in tools/draw_architecture.py.")
    annotated = imports(annotations=True)
    if wrong := [a for a in ARROWS if (a.taker, a.giver) not in annotated]:
        raise ValueError(
            f"Arrows without an import in the code: {wrong}. Correct ARROWS in tools/draw_architecture.py."
        )

    pairs = imports()
    everything = in_order(pairs)
    shapes = [text(MARGIN, 34, "How data flow through the rooms of teloscope", "title")]
    shapes.append(text(MARGIN, 66, "Rooms that run the steps below"))
    bars, top = draw_bars(above, 76)
    shapes.append(
        text(
            MARGIN,
            top + 26,
            "The steps of an audit (orange frames), what each hands to the next, and what they start from",
        )
    )
    flow, top = draw_flow(top + 36)
    shapes.append(text(MARGIN, top + 36, "Rooms that others use for documents and messages"))
    lower, top = draw_bars(below, top + 46)
    matrix, bottom = draw_matrix(everything, pairs, top + 18)
    shapes += bars + flow + lower + matrix
    x = MARGIN + 84 + CELL * len(everything) + 40
    lines = [*EXPLAINED, ("", f"Example: {example(everything, pairs)}.")]
    shapes += [text(x, top + 120 + 20 * i, words, kind) for i, (kind, words) in enumerate(lines) if words]
    height = bottom + MARGIN
    head = '<marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto" '
    head += 'markerUnits="userSpaceOnUse"><path class="head" d="M0 0 L8 4 L0 8 z"/></marker>'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:g}" role="img" '
            'aria-label="How data flow through the rooms of teloscope, and which room imports which">',
            f"<style>{STYLE}</style>",
            f"<defs>{head}</defs>",
            f'<rect class="paper" width="{WIDTH}" height="{height:g}"/>',
            *shapes,
            "</svg>\n",
        ]
    )


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT / "src"))
    PICTURE.write_text(draw(), "utf-8")
    print(f"written: {PICTURE.relative_to(ROOT)}")
