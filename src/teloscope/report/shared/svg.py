"""SVG elements as escaped strings, from which all figures are made.

Positions along an axis are percentages, so that a figure scales in width but text and lines keep their size.
"""

from __future__ import annotations

from markupsafe import Markup, escape

Attribute = str | int | float | None


def tag(name: str, *children: str | Markup, **attributes: Attribute) -> Markup:
    """One element. Children that are not `Markup` are escaped; so is every attribute.

    `class_` becomes `class`, `data_tip` becomes `data-tip`, and an attribute that is None is left out.
    """
    spelled = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(_attribute(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    inside = Markup("").join(children)
    return Markup(f"<{name}{spelled}>{inside}</{name}>") if inside else Markup(f"<{name}{spelled}/>")


def joined(*elements: Markup | None) -> Markup:
    """Elements one after another; None is left out."""
    return Markup("").join(e for e in elements if e is not None)


def share(rate: float) -> str:
    """A rate as a position on an axis that runs over the whole width."""
    return f"{100 * min(max(rate, 0.0), 1.0):.4g}%"


def _attribute(value: Attribute) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
