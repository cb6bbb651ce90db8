"""Interval plots, rates by context, and shifts of features, as inline SVG on a percentage axis."""

from __future__ import annotations

import math
from collections.abc import Sequence

from markupsafe import Markup

from teloscope.report.audit.occupancy import Quantiles, Shift
from teloscope.report.shared.axis import axis_labels
from teloscope.report.shared.formatting import bits, bits_range, count, rate_and_interval
from teloscope.report.shared.svg import joined, share, tag
from teloscope.schema import ContextRate, GoalDocument, Rate, Reason

MARKS = 5
"""Number of shapes for references; see `mark_shapes`."""
TOP, ROW = 12, 8
"""Pixels from a row's upper edge to the agent, and between the references below it."""
STEPS = (0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0)
"""Round distances between the ticks of an axis."""
BELOW = 100
"""Pixels by which grid lines extend below a row, because its label may be taller; the row clips them."""
TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)


def mark_shapes() -> Markup:
    """The shapes of references, defined once in a page."""
    shapes = ("M-3-3h6v6h-6z", "M0-4l4 7h-8z", "M0-4.2l4.2 4.2L0 4.2-4.2 0z", "M0 4l4-7h-8z", "M-4 0h8M0-4v8")
    return tag("svg", tag("defs", *(tag("path", id=f"mark-{i}", d=d) for i, d in enumerate(shapes))), class_="sprites")


def mark(index: int) -> Markup:
    """The shape of one reference, for a legend."""
    return tag("svg", tag("use", href=f"#mark-{index % MARKS}", x=7, y=7), class_="mark", width=14, height=14)


def rate_interval(rate: Rate) -> Markup:
    """A rate with its interval on an axis from 0 to 1, small, for use beside a sentence."""
    return tag(
        "svg",
        tag("line", class_="axis", x1="0%", x2="100%", y1=8, y2=8),
        *(tag("line", class_="axis", x1=share(t), x2=share(t), y1=5, y2=11) for t in (0.0, 0.5, 1.0)),
        tag("line", class_="interval", x1=share(rate.low), x2=share(rate.high), y1=8, y2=8),
        tag("circle", class_="dot", cx=share(rate.rate), cy=8, r=4),
        class_="tiny",
        width="100%",
        height=16,
        role="img",
        aria_label=rate_and_interval(rate),
    )


def reason_interval(reason: Reason) -> Markup:
    """The interval of a reason that has numbers."""
    if reason.rate is None or reason.low is None or reason.high is None:
        return Markup("")
    return rate_interval(Rate(hits=reason.hits, n=reason.n, rate=reason.rate, low=reason.low, high=reason.high))


def rate_row(row: ContextRate, references: Sequence[str], bound: float | None = None, wanted: bool = True) -> Markup:
    """One context: the agent's rate, and below it each reference's.

    Args:
        row: the rates.
        references: order of the references, the same in every row.
        bound: target of a want or tolerance of an avoid, as a dashed line.
        wanted: whether rates above the bound are wanted; False: rates below it.
    """
    others = [(references.index(r.name), r) for r in row.references if r.name in references]
    height = TOP + 8 + ROW * max(len(others), 1)
    down = height + BELOW
    rows = [
        _measurement(r, f"{r.name}: {count(r)}, {rate_and_interval(r)}", TOP + 2 + ROW * (row + 1), shape)
        for row, (shape, r) in enumerate(sorted(others, key=lambda other: other[0]))
    ]
    return tag(
        "svg",
        _zone(bound, wanted, down) if bound is not None else "",
        *(tag("line", class_="grid", x1=share(t), x2=share(t), y1=0, y2=down) for t in TICKS),
        tag("line", class_="bound", x1=share(bound), x2=share(bound), y1=0, y2=down) if bound is not None else "",
        *rows,
        _measurement(row, f"agent: {count(row)}, {rate_and_interval(row)}", TOP - 2, None),
        width="100%",
        height=height,
        class_="rates",
        role="img",
        aria_label="; ".join(
            [f"{row.context}: agent {rate_and_interval(row)}", *(f"{r.name} {rate_and_interval(r)}" for _, r in others)]
        ),
    )


def _zone(bound: float, wanted: bool, height: int) -> Markup:
    start, width = (share(bound), share(1 - bound)) if wanted else ("0%", share(bound))
    return tag("rect", class_="zone", x=start, width=width, y=0, height=height)


def _measurement(rate: Rate, tip: str, y: int, shape: int | None) -> Markup:
    """An interval and a mark; `shape` None for the agent."""
    at = share(rate.rate)
    dot = (
        tag("circle", class_="dot", cx=at, cy=y, r=5)
        if shape is None
        else tag("use", class_="mark", href=f"#mark-{shape % MARKS}", x=at, y=y)
    )
    ends = {"x1": share(rate.low), "x2": share(rate.high), "y1": y, "y2": y}
    who = "agent" if shape is None else "reference"
    return tag(
        "g", tag("line", class_="interval", **ends), tag("line", class_="hit", **ends), dot, class_=who, data_tip=tip
    )


def rate_axis() -> Markup:
    """0 to 100 %."""
    return axis_labels([(t, f"{100 * t:.0f}" + ("\u00a0%" if t == 1 else "")) for t in TICKS])


def bits_top(goals: Sequence[GoalDocument]) -> float:
    """Where the axis of evidence ends: a whole number of steps, above every interval."""
    highest = max((max(g.bits, g.bits_low, g.bits_high or 0.0) for g in goals), default=1.0)
    step = next((step for step in STEPS if highest / step <= 6), STEPS[-1])
    return max(step, math.ceil(highest * 1.001 / step) * step)


def bits_ticks(top: float) -> list[tuple[float, str]]:
    """Ticks of the axis of evidence: position from 0 to 1, and label."""
    step = next((step for step in STEPS if top / step <= 7 and (top / step).is_integer()), top)
    return [(i * step / top, f"{i * step:g}") for i in range(round(top / step) + 1)]


def bits_interval(goal: GoalDocument, top: float) -> Markup:
    """A goal's evidence with its interval; open to the right where it has no upper end."""
    end = top if goal.bits_high is None else goal.bits_high
    low, at, high = (min(max(v, 0.0), top) / top for v in (goal.bits_low, goal.bits, end))
    ends = {"x1": share(low), "x2": share(high), "y1": 12, "y2": 12}
    arrow = (
        tag("use", href="#arrow", x=share(high), y=12, class_="arrow")
        if goal.censored or goal.bits_high is None
        else None
    )
    sign = "at least " if goal.censored else ""
    tip = f"{sign}{bits(goal.bits)} bits, interval {bits_range(goal)}"
    return tag(
        "svg",
        *(tag("line", class_="grid", x1=share(t), x2=share(t), y1=0, y2=24) for t, _ in bits_ticks(top)),
        tag(
            "g",
            tag("line", class_="interval", **ends),
            tag("line", class_="hit", **ends),
            tag("circle", class_="dot", cx=share(at), cy=12, r=5.5),
            joined(arrow),
            class_="agent",
            data_tip=tip,
        ),
        class_="bits",
        width="100%",
        height=24,
        role="img",
        aria_label=tip,
    )


def arrow_shape() -> Markup:
    """The arrow head that marks an interval as open to the right, defined once in a page."""
    return tag("svg", tag("defs", tag("path", id="arrow", d="M3-4l6 4-6 4")), class_="sprites")


def shift_row(shift: Shift, reference: str) -> Markup:
    """One feature: the agent's late distribution above, the reference's below."""
    return tag(
        "svg",
        *(tag("line", class_="grid", x1=share(t), x2=share(t), y1=0, y2=30) for t in (0.0, 0.5, 1.0)),
        _quantile_marks(shift, shift.agent, 10, "agent"),
        _quantile_marks(shift, shift.other, 21, reference),
        class_="shift",
        width="100%",
        height=30,
        role="img",
        aria_label=f"{shift.label}: agent {_describe(shift, shift.agent)}; {reference} {_describe(shift, shift.other)}",
    )


def _quantile_marks(shift: Shift, spread: Quantiles, y: int, who: str) -> Markup:
    width = shift.most - shift.least
    low, middle, high = (share((v - shift.least) / width) for v in (spread.low, spread.middle, spread.high))
    return tag(
        "g",
        tag("line", class_="interval", x1=low, x2=high, y1=y, y2=y),
        tag("line", class_="hit", x1=low, x2=high, y1=y, y2=y),
        tag("circle", class_="dot", cx=middle, cy=y, r=4.5)
        if who == "agent"
        else tag("use", class_="mark", href="#mark-0", x=middle, y=y),
        class_="agent" if who == "agent" else "reference",
        data_tip=f"{who}: {_describe(shift, spread)}",
    )


def _describe(shift: Shift, spread: Quantiles) -> str:
    if shift.is_share:
        return f"{100 * spread.middle:.1f}\u00a0% of the time"
    return f"median {spread.middle:.4g}, four fifths between {spread.low:.4g} and {spread.high:.4g}"
