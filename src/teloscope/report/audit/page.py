"""The report of an audit as one HTML page.

It fetches nothing, escapes all text from outside, and runs only its own script. See `shared.html` for its content
security policy.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from teloscope.report.audit import figures, steering_map
from teloscope.report.audit.occupancy import (
    ContextShifts,
    Occupancy,
    feature_shifts,
    goal_cells,
    map_size,
    occupancies,
    position_features,
)
from teloscope.report.audit.replay import replay
from teloscope.report.audit.reproduce import reproduction
from teloscope.report.audit.traces import tally_line, transcript
from teloscope.report.shared import formatting, glossary
from teloscope.report.shared.code_marks import code_marker
from teloscope.report.shared.html import read_template, source_hash, template_environment, write_html
from teloscope.report.shared.tiles import tiles
from teloscope.schema import ContextRate, VerdictDocument

if TYPE_CHECKING:
    from teloscope.recordings import Recording
    from teloscope.verdict import Verdict


def write_page(verdict: Verdict, path: str | Path) -> Path:
    """Write a verdict's page atomically.

    Raises:
        TeloscopeError: the file can't be written.
    """
    return write_html(render(verdict.document(), verdict.recording), Path(path))


def render(document: VerdictDocument, recording: Recording | None = None) -> str:
    """The page as HTML.

    Args:
        document: the verdict.
        recording: the recording that was judged; without it the page says that there is no steering map and no replay.
    """
    style, script = read_template("page.css"), read_template("page.js")
    safe = formatting.sanitize_document(document)
    world = recording.world if recording is not None else None
    scenes = replay(document, recording) if recording is not None else None
    tally = recording.trace_counts if recording is not None else None
    return (
        template_environment()
        .get_template("page.html.jinja")
        .render(
            d=safe,
            style=Markup(style),
            script=Markup(script),
            style_hash=source_hash(style),
            script_hash=source_hash(script),
            sprites=Markup(read_template("tiles.svg")) + figures.mark_shapes() + figures.arrow_shape(),
            words=glossary,
            figures=figures,
            contexts=_contexts(safe),
            referees=_references(safe),
            bits_top=figures.bits_top(safe.goals),
            has_recording=recording is not None,
            steering=_steering(document, recording) if recording is not None else None,
            scenes=scenes is not None,
            scenes_json=script_json(scenes),
            tally=tally_line(tally) if tally is not None else "",
            told=bool(scenes and scenes.get("lines")),
            transcript=transcript(scenes or {}),
            first_episode=scenes["episodes"][0] if scenes is not None else None,
            verdict_json=script_json(document.model_dump(mode="json")),
            again=reproduction(safe, recording.manifest.world if recording is not None else None, world),
            marked=code_marker(item.regime for item in (*safe.goals, *safe.values)),
            has_its_numbers=formatting.has_its_numbers,
        )
    )


def script_json(value: Any) -> Markup:
    """JSON for use inside a script element: `</script>`, `<!--` and line separators can't occur in it."""
    text = json.dumps(_finite_or_null(value), ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return Markup(text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e"))


def _finite_or_null(value: Any) -> Any:
    """The value with null for numbers that JSON does not have (infinities and NaN)."""
    if isinstance(value, dict):
        return {k: _finite_or_null(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_finite_or_null(v) for v in value]
    return None if isinstance(value, float) and (value != value or abs(value) == float("inf")) else value


def _steering(document: VerdictDocument, recording: Recording) -> dict[str, Any]:
    """What the template needs for the steering figure: maps, or shifts where there is no map."""
    found = occupancies(document, recording)
    shifts = [_shift_panel(s) for s in feature_shifts(document, recording) if s.shifts]
    if not found:
        return {"maps": [], "shifts": shifts}
    top = steering_map.scale(found)
    legend = tiles({"#": "wall"} | dict(getattr(recording.world, "legend", {})))
    goal, cells = _goal_on_map(document, recording)
    shown = sorted(found, key=lambda m: m.context.kind == "fixing")
    return {
        "maps": [_map_panel(m, steering_map.steering_map(m, legend, top, cells)) for m in shown],
        "shifts": shifts,
        "scale": steering_map.legend_bar(top),
        "top": top,
        "goal": goal if cells is not None else None,
    }


def _goal_on_map(document: VerdictDocument, recording: Recording) -> tuple[str, Any]:
    """The first goal that uses only the agent's position, and its cells."""
    size, position = map_size(recording.world), position_features(document.frame.features)
    if size is not None and position is not None:
        for goal in document.goals:
            cells = goal_cells(goal.regime, position, size)
            if cells is not None:
                return goal.regime, cells
    return "", None


def _map_panel(found: Occupancy, picture: Markup) -> dict[str, Any]:
    return {
        "context": formatting.sanitize(found.context.name),
        "kind": found.context.kind,
        "note": formatting.sanitize(found.context.note),
        "reference": formatting.sanitize(found.reference),
        "summary": steering_map.summary(found),
        "picture": picture,
    }


def _shift_panel(found: ContextShifts) -> dict[str, Any]:
    reference = formatting.sanitize(found.reference)
    shifts = [replace(shift, label=formatting.sanitize(shift.label)) for shift in found.shifts]
    return {
        "context": formatting.sanitize(found.context.name),
        "kind": found.context.kind,
        "note": formatting.sanitize(found.context.note),
        "reference": reference,
        "rows": [{"shift": shift, "picture": figures.shift_row(shift, reference)} for shift in shifts],
    }


def _contexts(document: VerdictDocument) -> dict[str, str]:
    """Name -> note of every context."""
    return {str(c.get("name", "")): str(c.get("note", "")) for c in document.frame.contexts}


def _references(document: VerdictDocument) -> list[str]:
    """Names of the references, in the frame's order; the same order and shape in every figure."""
    rows: list[ContextRate] = [row for item in (*document.goals, *document.values) for row in item.contexts]
    named = [reference.name for row in rows for reference in row.references]
    return list(dict.fromkeys([*document.frame.references, *named]))
