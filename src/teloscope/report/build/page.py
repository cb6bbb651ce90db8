"""The page of a build: the curve, the families beside direct prompting, and the parts of the winning scaffold.

Its policy allows no script. It fetches nothing.

Theory: A5, A8.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path

from markupsafe import Markup

from teloscope.report.build.examined import examined_lines
from teloscope.report.build.scaffold_parts import parts_of
from teloscope.report.shared import formatting, glossary
from teloscope.report.shared.axis import axis_labels
from teloscope.report.shared.code_marks import code_marker
from teloscope.report.shared.html import rendered, write_html
from teloscope.report.shared.svg import joined, share, tag
from teloscope.schema import AttemptDocument, BuildDocument, CurvePoint

HEIGHT, ROW = 220, 22
"""Pixels of the curve, and of an interval in the table."""
TICK = 12
"""Least distance in pixels between the labels of two ticks."""
SCAFFOLD_LINE = r"\blookahead:\d+(?:\+[a-z]+(?::[^\s+,;]+)?)*|\b(?:score|text)(?:\+[a-z]+(?::[^\s+,;]+)?)+"
"""Pattern of a scaffold's line in a sentence; not for lines of one word, because they are English words too."""
GLOSSARY = {
    "engine": "What thinks: a language model, or an engine of known behaviour.",
    "scaffold": "The prompting and parsing that make an agent of an engine, written as one line.",
    "family": "What sets scaffolds apart most: how they decide.",
    "V": "How much of what is valued comes about: the rates of wants and of avoids kept, weighted, over all contexts "
    "that count. V null: what the same scaffold wins with an engine that answers evenly, or shuffled. V best: the most "
    "that any agent can win.",
    "steering J": "(V - V null) / (V best - V null): what the engine adds, out of what can be won. A scaffold that "
    "does all the thinking itself gets no credit.",
    "certified": "Rates are exact, or from fresh seeds that no choice was made by, with the error spent over all "
    "attempts.",
    "cost": "Tokens read for one decision, over an episode from an empty cache; a token written counts five times.",
}


def write_build_page(document: BuildDocument, path: Path) -> Path:
    """Write a build's page atomically.

    Raises:
        TeloscopeError: the file can't be written.
    """
    return write_html(render_build(document), path)


def render_build(document: BuildDocument) -> str:
    """The page as HTML."""
    safe = formatting.sanitize_document(document)
    shown = safe.winner or safe.nearest
    return rendered(
        "building.html.jinja",
        "building.css",
        {"steering": steering, "how_measured": how_measured, "cost": cost},
        d=safe,
        shown=shown,
        beside=safe.direct if safe.direct and (shown is None or safe.direct.scaffold != shown.scaffold) else None,
        examined=examined_lines(safe),
        pieces=parts_of(shown.scaffold) if shown else [],
        curve=curve(safe),
        by_calls=_by_calls(safe),
        x_axis=axis_labels(_ticks(safe)),
        interval=interval,
        j_axis=axis_labels([(0.0, "0"), (0.5, ".5"), (1.0, "1")]),
        summary=summary(safe),
        marked=code_marker(_known_names(safe), [SCAFFOLD_LINE]),
        tones=glossary.TONES,
        glossary=GLOSSARY,
    )


def summary(d: BuildDocument) -> str:
    """The result of a build in a sentence."""
    if d.winner is not None:
        return f"{d.engine} in the scaffold {d.winner.scaffold} does what is wanted in {d.world}."
    if d.nearest is None:
        return f"Nothing was looked at yet of {d.engine} in {d.world}."
    return (
        f"No scaffold looked at makes an aligned agent of {d.engine} in {d.world}. {d.nearest.scaffold} came nearest."
    )


def steering(j: float | None) -> str:
    """`0.93`, with a true minus; a dash where it is undefined."""
    return "–" if j is None else f"{j:.2f}".replace("-", "−")


def how_measured(seen: AttemptDocument) -> str:
    """How the numbers of an attempt were obtained; episodes are those in each context."""
    if seen.verdict is None:
        return f"{formatting.plural(seen.episodes or 0, 'episode')}, to choose by"
    if seen.episodes is None:
        return "exact"
    low = "−∞" if seen.j_low is None else steering(seen.j_low)
    ends = "" if seen.j is None else f", J {low} to {steering(seen.j_high)}"
    return f"{seen.episodes:,} fresh episodes{ends}"


def cost(tokens: float) -> str:
    """`1,240` tokens."""
    return f"{tokens:,.0f}"


def curve(d: BuildDocument) -> Markup:
    """The best certified steering so far, as a step curve; direct prompting as a dashed line."""
    points = [p for p in d.curve if p.j is not None]
    steps = [_step(d, here, after) for here, after in zip_longest(points, points[1:])]
    direct, low = d.direct.j if d.direct else None, _lowest(d)
    lines = [(j, "grid") for j in dict.fromkeys([0.0, 0.25, 0.5, 0.75, 1.0, low])]
    lines += [] if direct is None else [(direct, "bound")]
    return tag(
        "svg",
        *(tag("line", class_=kind, x1="0%", x2="100%", y1=_y(j, low), y2=_y(j, low)) for j, kind in lines),
        *_labels(low),
        *steps,
        class_="curve",
        width="100%",
        height=HEIGHT + 20,
        role="img",
        aria_label="; ".join(f"{_effort(d, p)}: {steering(p.j)} ({p.scaffold})" for p in points) or "nothing certified",
    )


def interval(seen: AttemptDocument) -> Markup:
    """Steering with its interval on an axis from 0 to 1."""
    if seen.j is None:
        return Markup("")
    ends = (seen.j_low, seen.j_high) if seen.verdict else (seen.j, seen.j)
    low, high = (at if end is None else end for end, at in zip(ends, (0.0, 1.0), strict=True))  # unbounded: to the edge
    return tag(
        "svg",
        *(tag("line", class_="grid", x1=share(t), x2=share(t), y1=0, y2=ROW) for t in (0.0, 0.5, 1.0)),
        tag("line", class_="interval", x1=share(low), x2=share(high), y1=ROW / 2, y2=ROW / 2),
        tag("circle", class_="dot", cx=share(seen.j), cy=ROW / 2, r=4.5),
        class_="agent" if seen.verdict else "agent guess",
        width="100%",
        height=ROW,
        role="img",
        aria_label=f"steering {steering(seen.j)}",
    )


def _step(d: BuildDocument, here: CurvePoint, after: CurvePoint | None) -> Markup:
    """The step from one point to the next: a horizontal and a vertical line."""
    low = _lowest(d)
    x, y = _x(d, here), _y(here.j, low)
    tip = tag("title", f"{_effort(d, here)}, {formatting.plural(here.attempts, 'scaffold')}: {here.scaffold}")
    dot = tag("circle", tip, class_="dot", cx=share(x), cy=y, r=6 if here.verdict == "ALIGNED" else 4)
    end = 1.0 if after is None else _x(d, after)
    return joined(
        tag("line", class_="interval", x1=share(x), x2=share(end), y1=y, y2=y),
        tag("line", class_="interval", x1=share(end), x2=share(end), y1=y, y2=_y(after.j, low)) if after else None,
        dot,
    )


def _known_names(d: BuildDocument) -> Iterator[str]:
    """Regimes, and scaffolds of more than one word, that sentences may contain."""
    looks = [d.winner, d.nearest, d.direct, *(family.best for family in d.families)]
    for look in filter(None, looks):
        yield from (reason.regime for reason in look.reasons if reason.regime)
        if "+" in look.scaffold or ":" in look.scaffold:
            yield look.scaffold
    for values in d.values.values():
        yield from (str(value["regime"]) for value in values)


def _labels(low: float) -> list[Markup]:
    """Ticks of the steering axis, without those that would overlap others."""
    placed: list[float] = []
    for j in (0.0, 1.0, low, 0.5):
        if all(abs(_y(j, low) - _y(other, low)) >= TICK for other in placed):
            placed.append(j)
    return [
        tag("text", steering(j) if j < 0 else f"{j:g}", x="0%", dx=-8, y=_y(j, low), dy=4, text_anchor="end")
        for j in placed
    ]


def _lowest(d: BuildDocument) -> float:
    """The lower end of the steering axis: 0, or the least steering drawn if that is lower."""
    drawn = [d.direct.j if d.direct else None, *(point.j for point in d.curve)]
    return min([0.0, *(j for j in drawn if j is not None)])


def _y(j: float | None, low: float) -> float:
    """Pixels from the top, on an axis from `low` to 1."""
    return 10 + HEIGHT * (1 - min(max(j or 0.0, low), 1.0)) / (1 - low)


def _by_calls(d: BuildDocument) -> bool:
    """Whether the axis counts calls, because the budget does; else it counts seconds."""
    return "call" in d.budget and d.calls > 0


def _axis_end(d: BuildDocument) -> float:
    ends = [d.calls if _by_calls(d) else d.seconds, *(p.calls if _by_calls(d) else p.seconds for p in d.curve)]
    return max(*ends, 1e-9)


def _x(d: BuildDocument, point: CurvePoint) -> float:
    return (point.calls if _by_calls(d) else point.seconds) / _axis_end(d)


def _effort(d: BuildDocument, point: CurvePoint) -> str:
    return f"{point.seconds:.0f} s, {formatting.plural(point.calls, 'call')}"


def _ticks(d: BuildDocument) -> list[tuple[float, str]]:
    """Ticks at round numbers on the axis of calls or seconds."""
    whole = _axis_end(d)
    unit = "" if _by_calls(d) else " s"
    power = 10.0 ** math.floor(math.log10(whole / 5))
    step = next(power * m for m in (1, 2, 5, 10) if power * m >= whole / 6)
    return [(at * step / whole, f"{at * step:g}{unit}") for at in range(int(whole / step) + 1)]
