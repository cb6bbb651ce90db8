"""Chat templates: the messages of a chat as tokens, with control tokens by role.

World text is untrusted. It is tokenised as ordinary text, so that a `<|im_end|>` in it ends no turn. The control tokens
are placed as ids, by role alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from teloscope.engines.engine import Message

Tokenize = Callable[[str], Sequence[int]]
"""A text as tokens, without control tokens."""


class ChatTemplate(NamedTuple):
    """A chat format that a model was trained on."""

    name: str
    before: str
    """Control token before the role's name."""
    between: str
    """Control token between the role's name and its text; "": none."""
    gap: str
    """Ordinary text between the role's name and its text, after `between`."""
    after: str
    """Control token after the text."""
    space: str
    """Ordinary text between two turns."""
    roles: Mapping[str, str]
    """Role -> its name for this model; without `system`, the system message is put before the first turn's text."""

    @property
    def controls(self) -> list[str]:
        """The control tokens as texts."""
        return [text for text in (self.before, self.between, self.after) if text]

    def tokens(
        self, messages: Sequence[Message], prefill: str, tokenize: Tokenize, control: Mapping[str, int]
    ) -> list[int]:
        """The messages, and the beginning of the reply, as token ids.

        Args:
            messages: the messages.
            prefill: how the reply begins.
            tokenize: tokenises ordinary text.
            control: control token -> id.
        """
        found: list[int] = []
        for message in self._merged(messages):
            found += self._opening(message.role, tokenize, control)
            found += [*tokenize(message.text), control[self.after], *tokenize(self.space)]
        return [*found, *self._opening("assistant", tokenize, control), *tokenize(prefill)]

    def _opening(self, role: str, tokenize: Tokenize, control: Mapping[str, int]) -> list[int]:
        between = [control[self.between]] if self.between else []
        return [control[self.before], *tokenize(self.roles[role]), *between, *tokenize(self.gap)]

    def _merged(self, messages: Sequence[Message]) -> list[Message]:
        """The messages; where the model has no system role, the system message is part of the first turn."""
        if "system" in self.roles:
            return list(messages)
        system = "".join(f"{m.text}\n\n" for m in messages if m.role == "system")
        turns = [m for m in messages if m.role != "system"] or [Message("user", "")]
        return [Message(turns[0].role, system + turns[0].text), *turns[1:]]


_SAME_ROLES = {"system": "system", "user": "user", "assistant": "assistant"}
CHAT_TEMPLATES = {
    template.name: template
    for template in (
        ChatTemplate("chatml", "<|im_start|>", "", "\n", "<|im_end|>", "\n", _SAME_ROLES),
        ChatTemplate(
            "gemma", "<start_of_turn>", "", "\n", "<end_of_turn>", "\n", {"user": "user", "assistant": "model"}
        ),
        ChatTemplate("llama3", "<|start_header_id|>", "<|end_header_id|>", "\n\n", "<|eot_id|>", "", _SAME_ROLES),
    )
}
"""Name -> template. Source: the chat templates in the models' files."""


def detect_template(template: str) -> ChatTemplate | None:
    """The template of `CHAT_TEMPLATES` that a model's own template text corresponds to; None: none of them."""
    return next((known for known in CHAT_TEMPLATES.values() if all(text in template for text in known.controls)), None)
