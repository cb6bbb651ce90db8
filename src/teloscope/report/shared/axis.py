"""The labels of a percentage axis, as inline SVG."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from teloscope.report.shared.svg import share, tag


def axis_labels(ticks: Sequence[tuple[float, str]]) -> Markup:
    """Labels below a percentage axis; the outermost are set flush with its ends."""
    return tag(
        "svg",
        *(
            tag("text", label, x=share(at), y=11, text_anchor="start" if at <= 0 else "end" if at >= 1 else "middle")
            for at, label in ticks
        ),
        class_="ticks",
        width="100%",
        height=16,
        aria_hidden="true",
    )
