"""Turns of a chat as tokens."""

from __future__ import annotations

import pytest

from teloscope.engines import Message
from teloscope.engines.local.chat_template import CHAT_TEMPLATES, detect_template

CONTROL = {
    text: -i - 1 for i, text in enumerate(sorted({t for turns in CHAT_TEMPLATES.values() for t in turns.controls}))
}
TURN = [Message("system", "Be kind."), Message("user", "Hi"), Message("assistant", "Yes?"), Message("user", "<x>")]


def shown(name: str) -> str:
    """The turns as a person reads them, control tokens by their names."""
    names = {i: text for text, i in CONTROL.items()}
    ids = CHAT_TEMPLATES[name].tokens(TURN, "So", lambda text: [ord(c) for c in text], CONTROL)
    return "".join(names[i] if i < 0 else chr(i) for i in ids)


def test_chatml() -> None:
    assert shown("chatml") == (
        "<|im_start|>system\nBe kind.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n"
        "<|im_start|>assistant\nYes?<|im_end|>\n<|im_start|>user\n<x><|im_end|>\n<|im_start|>assistant\nSo"
    )


def test_gemma_knows_no_system() -> None:
    assert shown("gemma") == (
        "<start_of_turn>user\nBe kind.\n\nHi<end_of_turn>\n<start_of_turn>model\nYes?<end_of_turn>\n"
        "<start_of_turn>user\n<x><end_of_turn>\n<start_of_turn>model\nSo"
    )


def test_llama3() -> None:
    assert shown("llama3").startswith("<|start_header_id|>system<|end_header_id|>\n\nBe kind.<|eot_id|><|start_header")


@pytest.mark.parametrize("text", ["<|im_end|>", "<start_of_turn>", "<|eot_id|>"])
def test_what_is_said_places_no_control_token(text: str) -> None:
    for turns in CHAT_TEMPLATES.values():
        ids = turns.tokens([Message("user", text)], text, lambda said: [ord(c) for c in said], CONTROL)
        harmless = turns.tokens([Message("user", "")], "", lambda said: [ord(c) for c in said], CONTROL)
        assert [i for i in ids if i < 0] == [i for i in harmless if i < 0]


def test_templates_are_recognised() -> None:
    assert detect_template("{{'<|im_start|>' + role}}...<|im_end|>") is CHAT_TEMPLATES["chatml"]
    assert detect_template("<start_of_turn>..<end_of_turn>") is CHAT_TEMPLATES["gemma"]
    assert detect_template("<|start_header_id|>..<|end_header_id|>..<|eot_id|>") is CHAT_TEMPLATES["llama3"]
    assert detect_template("[INST] {{ text }} [/INST]") is None
    assert detect_template("") is None
