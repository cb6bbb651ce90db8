"""The figures of a comparison: what each being gets, who wins across scale, and chances with their errors.

Theory: E0.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise

from markupsafe import Markup

from teloscope.report.shared.axis import axis_labels
from teloscope.report.shared.svg import joined, share, tag
from teloscope.schema import BandDocument, CountedDocument, OptionDocument, WelfareDocument
from teloscope.welfare.sentences import times

SCALE = 3.0
"""Decades on either side of equal strength."""
SIDE, ROW, BAR = 320, 34, 18
"""Pixels: the Pareto plot, a row of bands, a bar."""
LETTER = 0.009
"""Share of a figure's width that a letter takes, on the narrowest page that is not a phone."""
COLOURS = 8
"""Options that get a colour of their own; the others share grey."""
MOST_BEINGS, MOST_LINES, MOST_SPOTS = 12, 40, 400
"""Beings that a figure holds, and options as lines and as spots."""
BAND_ROWS = 12
DECADES = (
    (0.0, "1:1000"),
    (1 / 6, "1:100"),
    (1 / 3, "1:10"),
    (0.5, "equal"),
    (2 / 3, "10:1"),
    (5 / 6, "100:1"),
    (1.0, "1000:1"),
)


def colours(d: WelfareDocument) -> dict[str, str]:
    """Option -> its class: those that matter most get a colour of their own."""
    counted = d.counted[0]
    order = [*counted.leader, *(rival.option for rival in counted.rivals), *(band.option for band in counted.bands)]
    order += [option.name for option in d.options if option.status != "dominated"]
    first = {twin: option.name for option in reversed(d.options) for twin in (option.name, *option.same_as)}
    kept = list(dict.fromkeys(first.get(name, name) for name in order))
    tones = {name: f"tone-{i}" if i < COLOURS else "tone-else" for i, name in enumerate(kept)}
    return tones | {twin: tones[name] for twin, name in first.items() if name in tones}


def bands_of(counted: CountedDocument) -> list[tuple[str, list[BandDocument]]]:
    """Rows of the band chart: whose weight varies, and the bands. With two kinds one row says all."""
    rows: dict[str, list[BandDocument]] = {}
    for band in counted.bands:
        rows.setdefault(", ".join(band.beings), []).append(band)
    if len(rows) == 2:
        (other, _), (name, bands) = rows.items()
        return [(f"{name} : {other}", bands)]
    return list(rows.items())[:BAND_ROWS]


def place(ratio: float | None) -> float:
    """Where a ratio stands on the axis from 1:1000 to 1000:1."""
    if ratio is None or math.isinf(ratio):
        return 1.0
    if ratio <= 0:
        return 0.0
    return min(max((math.log10(ratio) + SCALE) / (2 * SCALE), 0.0), 1.0)


def band_row(name: str, bands: Sequence[BandDocument], tones: Mapping[str, str]) -> Markup:
    """Who is best while one kind counts more and more."""
    parts = []
    for band in bands:
        left, right = place(band.low), place(band.high)
        if right <= left:
            continue
        tip = tag("title", f"{band.option}: {span_of(band)}")
        parts.append(
            tag(
                "rect",
                tip,
                class_=f"band {tones.get(band.option, 'tone-else')}",
                x=share(left),
                y=2,
                width=share(right - left),
                height=ROW - 4,
            )
        )
        if right - left > 0.018 * len(band.option) + 0.03:
            parts.append(
                tag(
                    "text",
                    band.option,
                    class_="band-name",
                    x=share((left + right) / 2),
                    y=ROW / 2 + 4,
                    text_anchor="middle",
                )
            )
    label = f"{name}: " + "; ".join(f"{band.option} {span_of(band)}" for band in bands)
    middle = tag("line", class_="axis", x1="50%", x2="50%", y1=0, y2=ROW)
    return tag("svg", *parts, middle, width="100%", height=ROW, role="img", aria_label=label, class_="bands")


def band_axis() -> Markup:
    """The axis below the bands."""
    return axis_labels(DECADES)


def span_of(band: BandDocument) -> str:
    """`up to 3 times`, `from 3 to 40 times`, `from 40 times on`."""
    if band.low <= 0 and band.high is None:
        return "at every ratio"
    if band.high is None:
        return f"from {times(band.low)} times on"
    return f"up to {times(band.high)} times" if band.low <= 0 else f"from {times(band.low)} to {times(band.high)} times"


def pareto(d: WelfareDocument, tones: Mapping[str, str]) -> Markup:
    """What each being gets: a plane for two beings, a line for one, parallel axes for more."""
    varied = [b for b, being in enumerate(d.beings) if not being.constant]
    drawn = [option for option in d.options if option.in_ranges][: most_drawn(d)]
    if not drawn or not varied:
        return Markup("")
    if len(varied) == 2:
        return _plane(d, drawn, varied[0], varied[1], tones)
    return _profiles(d, drawn, varied[:MOST_BEINGS], tones)


def most_drawn(d: WelfareDocument) -> int:
    """How many options the figure of what each being gets holds."""
    return MOST_SPOTS if sum(not being.constant for being in d.beings) == 2 else MOST_LINES


def _plane(d: WelfareDocument, drawn: Sequence[OptionDocument], a: int, b: int, tones: Mapping[str, str]) -> Markup:
    marks = []
    for option in reversed(drawn):
        x, y = option.in_ranges[a], option.in_ranges[b]
        tip = tag("title", f"{option.name}: {option.status}")
        tone = "lost" if option.status == "dominated" else tones.get(option.name, "tone-else")
        marks.append(tag("circle", tip, class_=f"spot {tone}", cx=share(_inner(x)), cy=_down(y), r=6))
    labels = _labels([(o, o.in_ranges[a], o.in_ranges[b]) for o in drawn])
    axes = (
        tag("line", class_="axis", x1="0%", x2="100%", y1=SIDE, y2=SIDE),
        tag("line", class_="axis", x1="0%", x2="0%", y1=0, y2=SIDE),
        tag("text", f"{d.beings[b].name} ↑ better", x="0%", dx=6, y=10),
        tag("text", f"{d.beings[a].name} → better", x="100%", y=SIDE + 16, text_anchor="end"),
    )
    said = "; ".join(f"{o.name} {o.in_ranges[a]:.2f}, {o.in_ranges[b]:.2f}, {o.status}" for o in drawn)
    return tag(
        "svg", *axes, *marks, *labels, width="100%", height=SIDE + 20, role="img", aria_label=said, class_="pareto"
    )


def _labels(points: Sequence[tuple[OptionDocument, float, float]]) -> list[Markup]:
    """Names beside their marks, undominated ones first, left out where another name or mark stands."""
    taken = [(_inner(x) - 0.012, _inner(x) + 0.012, _down(y)) for _, x, y in points]
    out = []
    for option, x, y in sorted(points, key=lambda p: p[0].status == "dominated"):
        at = (_inner(x), _down(y))
        end = at[0] > 0.7
        name = option.name if len(option.name) < 28 else option.name[:27] + "…"
        wide = 0.02 + LETTER * len(name)
        box = (at[0] - wide, at[0] - 0.013, at[1]) if end else (at[0] + 0.013, at[0] + wide, at[1])
        if any(abs(box[2] - v) < 13 and box[0] < right and left < box[1] for left, right, v in taken):
            continue
        taken.append(box)
        tone = "lost-name" if option.status == "dominated" else "spot-name"
        text = tag(
            "text",
            name,
            class_=tone,
            x=share(at[0]),
            dx=-10 if end else 10,
            y=at[1] + 4,
            text_anchor="end" if end else "start",
        )
        out.append(text)
    return out


def _inner(at: float) -> float:
    return 0.04 + 0.92 * min(max(at, 0.0), 1.0)


def _down(at: float) -> float:
    return 28 + (SIDE - 42) * (1 - min(max(at, 0.0), 1.0))


def _profiles(
    d: WelfareDocument, drawn: Sequence[OptionDocument], beings: Sequence[int], tones: Mapping[str, str]
) -> Markup:
    """One upright axis a being; an option is a line from axis to axis."""
    across = [0.5] if len(beings) == 1 else [0.06 + 0.88 * i / (len(beings) - 1) for i in range(len(beings))]
    axes = [tag("line", class_="grid", x1=share(x), x2=share(x), y1=28, y2=SIDE - 14) for x in across]
    names = [
        tag(
            "text",
            _short(d.beings[b].name, len(beings)),
            x=share(x),
            y=SIDE + (4 if i % 2 == 0 else 16),
            text_anchor="middle",
        )
        for i, (b, x) in enumerate(zip(beings, across, strict=True))
    ]
    lines = []
    for option in reversed(drawn):
        tone = "lost" if option.status == "dominated" else tones.get(option.name, "tone-else")
        points = [(x, _down(option.in_ranges[b])) for b, x in zip(beings, across, strict=True)]
        tip = tag("title", f"{option.name}: {option.status}")
        lines += [
            tag("line", tip, class_=f"profile {tone}", x1=share(x1), y1=y1, x2=share(x2), y2=y2)
            for (x1, y1), (x2, y2) in pairwise(points)
        ]
        lines += [tag("circle", tip, class_=f"spot {tone}", cx=share(x), cy=y, r=4.5) for x, y in points]
    said = f"{len(drawn)} options over {len(beings)} beings, each from its worst, below, to its best, above"
    return tag(
        "svg", *axes, *lines, *names, width="100%", height=SIDE + 22, role="img", aria_label=said, class_="pareto"
    )


def _short(name: str, beings: int) -> str:
    most = max(6, 84 // beings)
    return name if len(name) <= most else name[: most - 1] + "…"


def chance_bar(chance: float, error: float, tone: str) -> Markup:
    """A chance with the interval that comes of drawing."""
    return joined(
        tag(
            "svg",
            tag("line", class_="grid", x1="50%", x2="50%", y1=0, y2=BAR),
            tag("rect", class_=f"band {tone}", x="0%", y=4, width=share(chance), height=BAR - 8),
            tag("line", class_="whisker", x1=share(chance - error), x2=share(chance + error), y1=BAR / 2, y2=BAR / 2),
            width="100%",
            height=BAR,
            role="img",
            aria_label=f"{100 * chance:.1f} %",
        )
    )
