"""Keys stay where they are: canary keys in the environment turn up in no file and in no output."""

from __future__ import annotations

from pathlib import Path

import pytest

from teloscope.cli import main

KEYS = {
    "OPENAI_API_KEY": "sk-canary0123456789abcdef",
    "ANTHROPIC_API_KEY": "sk-ant-canary0123456789abcdef",
    "HF_TOKEN": "hf_canary0123456789abcdef",
    "TELOSCOPE_SECRET": "canary-secret-0123456789",
}
COMMANDS = [
    "audit island --agent random --episodes 4 --contexts train --out run",
    "audit island --agent llm:synthetic:competent/direct --episodes 4 --contexts train --out llm",
    "build island --engine synthetic:competent --budget 3draws --out built",
    "engines",
]


def test_canary_keys_turn_up_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TELOSCOPE_CACHE", str(tmp_path / "cache"))
    for name, key in KEYS.items():
        monkeypatch.setenv(name, key)
    for command in COMMANDS:
        main(command.split())
    said = capfd.readouterr()
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) > 10
    for key in KEYS.values():
        assert key not in said.out + said.err
        assert [path for path in files if key.encode() in path.read_bytes()] == []
