"""How turns of a chat are put to a model: control tokens by role, and the text between them never read as control.

World text is untrusted. It is tokenised as ordinary characters, so that a `<|im_end|>` in it ends no turn; the control
tokens stand here as ids, placed by role alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from teloscope.engines.engine import Message

Read = Callable[[str], Sequence[int]]
"""A text as tokens, control tokens excluded."""


class Turns(NamedTuple):
    """A style of chat, as a model was trained on it."""

    name: str
    before: str
    """Control token ahead of the role's name."""
    between: str
    """Control token between the role's name and its text; "": none."""
    gap: str
    """Ordinary text between the role's name and its text, after `between`."""
    after: str
    """Control token behind the text."""
    space: str
    """Ordinary text between two turns."""
    roles: Mapping[str, str]
    """Role -> its name for this model; without `system`, a system's text opens the first turn."""

    @property
    def controls(self) -> list[str]:
        """The control tokens, as they read."""
        return [text for text in (self.before, self.between, self.after) if text]

    def tokens(self, messages: Sequence[Message], prefill: str, read: Read, control: Mapping[str, int]) -> list[int]:
        """The turns, and the reply begun, as token ids.

        Args:
            messages: the turns.
            prefill: how the reply begins.
            read: tokenises ordinary text.
            control: control token -> id.
        """
        found: list[int] = []
        for message in self._merged(messages):
            found += self._opening(message.role, read, control)
            found += [*read(message.text), control[self.after], *read(self.space)]
        return [*found, *self._opening("assistant", read, control), *read(prefill)]

    def _opening(self, role: str, read: Read, control: Mapping[str, int]) -> list[int]:
        between = [control[self.between]] if self.between else []
        return [control[self.before], *read(self.roles[role]), *between, *read(self.gap)]

    def _merged(self, messages: Sequence[Message]) -> list[Message]:
        """The turns, with a system's text at the head of the first turn where the model knows no system."""
        if "system" in self.roles:
            return list(messages)
        told = "".join(f"{m.text}\n\n" for m in messages if m.role == "system")
        turns = [m for m in messages if m.role != "system"] or [Message("user", "")]
        return [Message(turns[0].role, told + turns[0].text), *turns[1:]]


_SAME = {"system": "system", "user": "user", "assistant": "assistant"}
TURNS = {
    turns.name: turns
    for turns in (
        Turns("chatml", "<|im_start|>", "", "\n", "<|im_end|>", "\n", _SAME),
        Turns("gemma", "<start_of_turn>", "", "\n", "<end_of_turn>", "\n", {"user": "user", "assistant": "model"}),
        Turns("llama3", "<|start_header_id|>", "<|end_header_id|>", "\n\n", "<|eot_id|>", "", _SAME),
    )
}
"""Name -> style. Source: the chat templates that the models' files carry."""


def recognised(template: str) -> Turns | None:
    """The style that a model's own chat template is written in, if it is one of ours."""
    return next((turns for turns in TURNS.values() if all(text in template for text in turns.controls)), None)
