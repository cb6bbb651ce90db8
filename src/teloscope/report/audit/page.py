"""The report as one HTML page: nothing is fetched, everything foreign is escaped, and only our own script may run.

The content security policy names the hashes of the page's style and script, so that even markup that slipped through
the escaping could neither run nor reach a network.
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
from teloscope.report.audit.reproduce import repeat
from teloscope.report.audit.traces import tally_line, transcript
from teloscope.report.shared import formatting, glossary
from teloscope.report.shared.code_marks import marking
from teloscope.report.shared.html import environment, part, source_hash, write_html
from teloscope.report.shared.tiles import tiles
from teloscope.schema import ContextRate, VerdictDocument

if TYPE_CHECKING:
    from teloscope.recordings import Recording
    from teloscope.verdict import Verdict


def write_page(verdict: Verdict, path: str | Path) -> Path:
    """Write a verdict's page, whole or not at all.

    Raises:
        TeloscopeError: the file can't be written.
    """
    return write_html(render(verdict.document(), verdict.recording), Path(path))


def render(document: VerdictDocument, recording: Recording | None = None) -> str:
    """The page as HTML.

    Args:
        document: the verdict.
        recording: what it was judged from; without it there is no steering map and no replay, and the page says so.
    """
    style, script = part("page.css"), part("page.js")
    told = formatting.cleaned(document)
    world = recording.world if recording is not None else None
    scenes = replay(document, recording) if recording is not None else None
    tally = recording.trace_counts if recording is not None else None
    return (
        environment()
        .get_template("page.html.jinja")
        .render(
            d=told,
            style=Markup(style),
            script=Markup(script),
            style_hash=source_hash(style),
            script_hash=source_hash(script),
            sprites=Markup(part("tiles.svg")) + figures.mark_shapes() + figures.arrow_shape(),
            words=glossary,
            figures=figures,
            contexts=_contexts(told),
            referees=_references(told),
            bits_top=figures.bits_top(told.goals),
            has_recording=recording is not None,
            steering=_steering(document, recording) if recording is not None else None,
            scenes=scenes is not None,
            scenes_json=island(scenes),
            tally=tally_line(tally) if tally is not None else "",
            told=bool(scenes and scenes.get("lines")),
            transcript=transcript(scenes or {}),
            first_episode=scenes["episodes"][0] if scenes is not None else None,
            verdict_json=island(document.model_dump(mode="json")),
            again=repeat(told, recording.manifest.world if recording is not None else None, world),
            marked=marking(item.regime for item in (*told.goals, *told.values)),
            has_its_numbers=formatting.has_its_numbers,
        )
    )


def island(value: Any) -> Markup:
    """JSON that can stand inside a script element: `</script>`, `<!--` and line separators can't occur in it."""
    text = json.dumps(_cleaned(value), ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return Markup(text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e"))


def _cleaned(value: Any) -> Any:
    """The same with numbers that JSON doesn't know as null."""
    if isinstance(value, dict):
        return {k: _cleaned(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_cleaned(v) for v in value]
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
    """The first goal that speaks of the agent's position alone, and its cells."""
    size, position = map_size(recording.world), position_features(document.frame.features)
    if size is not None and position is not None:
        for goal in document.goals:
            cells = goal_cells(goal.regime, position, size)
            if cells is not None:
                return goal.regime, cells
    return "", None


def _map_panel(found: Occupancy, picture: Markup) -> dict[str, Any]:
    return {
        "context": formatting.shown(found.context.name),
        "kind": found.context.kind,
        "note": formatting.shown(found.context.note),
        "reference": formatting.shown(found.reference),
        "summary": steering_map.summary(found),
        "picture": picture,
    }


def _shift_panel(found: ContextShifts) -> dict[str, Any]:
    reference = formatting.shown(found.reference)
    shifts = [replace(shift, label=formatting.shown(shift.label)) for shift in found.shifts]
    return {
        "context": formatting.shown(found.context.name),
        "kind": found.context.kind,
        "note": formatting.shown(found.context.note),
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
