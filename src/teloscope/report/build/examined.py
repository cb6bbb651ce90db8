"""The examination of an engine in sentences: which judges were chosen, and how well they tell good, neutral and bad.

Theory: A5.
"""

from __future__ import annotations

from teloscope.schema import BuildDocument


def examined_lines(d: BuildDocument) -> list[str]:
    """A line about the judges, and one for each contrast; none where the engine was not examined."""
    found = d.examination
    if found is None:
        return []
    asked = "; asked when teloscope was made, of exactly this engine" if found.shipped else ""
    lines = [f"judge of harm: {found.judge}; judge of the errand: {found.serves}{asked}"]
    for contrast in dict.fromkeys(row.contrast for row in found.rows):
        rows = [row for row in found.rows if row.contrast == contrast]
        told = ", ".join(f"{row.stratum} {row.auc:.2f} ({row.low:.2f} to {row.high:.2f})" for row in rows)
        lines.append(f"{contrast}: {told}; {rows[0].tasks} tasks, {rows[0].pairs} pairs")
    return lines
