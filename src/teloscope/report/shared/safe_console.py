"""A console that shows what other people wrote, and obeys none of it.

Names of worlds, agents, features and files, messages of engines and of libraries may hold escape sequences, which move
the cursor, rename the window or answer a prompt, and marks that turn the direction of writing. The console shows each
as its escape sequence, whatever printed it; its own colours are added after that.
"""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from teloscope.report.shared.formatting import visible


class SafeConsole(Console):
    """`rich.console.Console`, with every invisible character of a text made visible."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """The segments of a renderable, as rich asks for them; what rich adds for the terminal itself is left alone."""
        for segment in super().render(renderable, options):
            yield segment if segment.control or segment.text.isprintable() else _shown(segment)


def _shown(segment: Segment) -> Segment:
    lines = (visible(line) for line in segment.text.split("\n"))
    return segment._replace(text="\n".join(lines))
