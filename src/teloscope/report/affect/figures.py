"""The figures of the battery's page: traces with events, tests against controls, steering dose-response."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from markupsafe import Markup

from teloscope.report.shared.axis import axis_labels
from teloscope.report.shared.svg import joined, share, tag
from teloscope.schema import AffectDocument, AffectDose, AffectTest, AffectTrace

HEIGHT = 120
"""Of a trace, in pixels."""
REACH = 3.5
"""Standard deviations above and below the middle of a trace."""
ROW, LINE = 26, 15
"""Pixels: a row of the forest plot, and each control's line under it."""


def trace(shown: AffectTrace) -> Markup:
    """One episode: valence, arousal and value, with sudden events at the foot."""
    steps = max(len(shown.valence), 2)
    events = [
        tag(
            "line",
            tag("title", f"step {t}: sudden {'loss' if kind < 0 else 'gain'}"),
            class_="event-loss" if kind < 0 else "event-gain",
            x1=t,
            x2=t,
            y1=0,
            y2=HEIGHT,
        )
        for t, kind in enumerate(shown.events)
        if kind
    ]
    lines = [
        _line(values, name)
        for name, values in (("value", shown.value), ("arousal", shown.arousal), ("valence", shown.valence))
    ]
    middle = tag("line", class_="grid", x1=0, x2=steps - 1, y1=HEIGHT / 2, y2=HEIGHT / 2)
    return tag(
        "svg",
        middle,
        *events,
        *(line for line in lines if line),
        class_="mood",
        viewBox=f"0 0 {steps - 1} {HEIGHT}",
        preserveAspectRatio="none",
        width="100%",
        height=HEIGHT,
        role="img",
        aria_label=f"Valence, arousal and value of {shown.mind} over {steps} steps",
    )


def _line(values: Sequence[float | None], name: str) -> Markup | None:
    points = [
        f"{t},{HEIGHT / 2 - min(max(v, -REACH), REACH) / REACH * HEIGHT / 2:.4g}"
        for t, v in enumerate(values)
        if v is not None
    ]
    return tag("polyline", class_=f"line-{name}", points=" ".join(points)) if len(points) > 1 else None


def step_axis(shown: AffectTrace) -> Markup:
    """Steps below a trace."""
    last = len(shown.valence) - 1
    return axis_labels([(0.0, "step 0"), (0.5, str(last // 2)), (1.0, str(last))])


def forest(test: AffectTest) -> Markup:
    """A test's measures with their intervals, and the controls of the first; zero is in the middle of every row."""
    values = [m.bound for m in test.measures]
    values += [v for m in test.measures for v in (m.effect, m.low, m.high) if v is not None]
    first = [v for c in test.controls for v in (c.effect, c.low, c.high)]
    reach = max([abs(v) for v in values] + [1e-9])
    reach = max(reach, min(max(map(abs, first), default=0.0), 3 * reach)) * 1.05

    def at(value: float) -> str:
        return share(0.5 + value / (2 * reach))

    rows, y = [], ROW / 2
    for measure in test.measures:
        if measure.effect is not None and measure.low is not None and measure.high is not None:
            rows.append(_whisker(at, measure.low, measure.high, y))
            rows.append(tag("circle", class_="dot", cx=at(measure.effect), cy=y, r=5))
        rows.append(tag("line", class_="bound", x1=at(measure.bound), x2=at(measure.bound), y1=y - 9, y2=y + 9))
        y += ROW
    y -= (ROW - LINE) / 2
    for control in test.controls:
        tip = tag("title", f"{control.name}: {control.effect:.3g} ({control.low:.3g} to {control.high:.3g})")
        rows.append(
            tag(
                "g",
                tip,
                _whisker(at, control.low, control.high, y),
                tag("circle", class_="mark", cx=at(control.effect), cy=y, r=3),
                class_="reference",
            )
        )
        y += LINE
    zero = tag("line", class_="axis", x1="50%", x2="50%", y1=0, y2=y)
    return tag("svg", zero, *rows, class_="forest", width="100%", height=y, role="img", aria_label=_said(test))


def _whisker(at: Callable[[float], str], low: float, high: float, y: float) -> Markup:
    return tag("line", class_="interval", x1=at(low), x2=at(high), y1=y, y2=y)


def _said(test: AffectTest) -> str:
    told = "; ".join(f"{m.label} {m.effect:.3g}" for m in test.measures if m.effect is not None)
    return f"{test.name}: {told}, against {len(test.controls)} controls"


DOSE_HEIGHT = 150


def dose_panels(d: AffectDocument) -> list[tuple[str, str, list[AffectDose]]]:
    """Axis, effector and its doses."""
    names = [(axis, effector) for axis in ("valence", "arousal") for effector in ("effort", "criterion")]
    found = []
    for axis, effector in names:
        doses = [dose for dose in d.doses if dose.axis == axis and dose.effector == effector]
        if doses:
            found.append((axis, effector, doses))
    return found


def dose_plot(doses: Sequence[AffectDose], reach: float) -> Markup:
    """Effects of levels, through 0 at the undisturbed mind."""

    def x(level: float) -> str:
        return share(0.5 + level / 5)

    def y(effect: float) -> float:
        return DOSE_HEIGHT / 2 - min(max(effect, -reach), reach) / reach * DOSE_HEIGHT * 0.46

    marks = [
        joined(
            tag("line", class_="interval", x1=x(d.level), x2=x(d.level), y1=y(d.low), y2=y(d.high)),
            tag(
                "circle",
                tag("title", f"held at {d.level:+g}: {d.effect:.3g} ({d.low:.3g} to {d.high:.3g})"),
                class_="dot",
                cx=x(d.level),
                cy=y(d.effect),
                r=4,
            ),
        )
        for d in doses
    ]
    return tag(
        "svg",
        tag("line", class_="grid", x1=0, x2="100%", y1=DOSE_HEIGHT / 2, y2=DOSE_HEIGHT / 2),
        tag("line", class_="grid", x1="50%", x2="50%", y1=0, y2=DOSE_HEIGHT),
        *marks,
        width="100%",
        height=DOSE_HEIGHT,
        role="img",
        aria_label="; ".join(f"held at {d.level:+g}: {d.effect:.3g}" for d in doses),
    )


def dose_axis() -> Markup:
    """Levels below a panel."""
    return axis_labels([(0.1, "−2 SD"), (0.3, "−1"), (0.5, "mean"), (0.7, "+1"), (0.9, "+2 SD")])


def dose_reach(d: AffectDocument, effector: str) -> float:
    """The largest effect on an effector, so that its panels share a scale."""
    return max(
        [abs(v) for dose in d.doses if dose.effector == effector for v in (dose.effect, dose.low, dose.high)] + [0.1]
    )
