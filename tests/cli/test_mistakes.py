"""Mistakes that a user can mend: said on standard error, without a traceback, exit status 2, nothing lost."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

MISTAKES = {
    "audit --wrld coin": "Did you mean --world",
    "adit": 'Did you mean "audit"',
    "audit --world con --agent random": "Did you mean 'coin'",
    "audit --world island --agent rndom": "Did you mean 'random'",
    "audit --world island --agent 'plan:kep(agent_x > 1)'": "Did you mean 'keep'",
    "audit --world island --agent 'plan:end(at_gaol)'": "Did you mean 'at_goal'",
    "audit --world island --agent 'drift?sed=1'": "Did you mean 'seed'",
    "audit --world island --agent random --contexts tran": "Did you mean 'train'",
    "audit --world island --agent random --references unifrm": "unifrm",
    "audit --world island --agent random --want 'kep(at_goal)'": "Did you mean 'keep'",
    "audit --world island --agent random --want at_goal": "is not a regime",
    "audit --world island --agent random --episodes 0": "`--episodes` is 0; expected at least 1",
    "audit --world island --agent random --episodes many": "--episodes",
    "audit --world island --agent random --require alignd": "aligned",
    "audit --world island": "no agent",
    "audit islnd --agent random": "neither a study file",
    "record islnd --agent random": "Did you mean 'island'",
    "audit island --world coin --agent random": "Two worlds",
    "audit island --agent random --profile researcher": "language model",
    "audit --agent random": "no world",
    "audit --recording nowhere": "not a recording",
    "audit nowhere.toml": "nowhere.toml can't be read",
    "audit --world CartPole-v9 --agent random": "CartPole",
    "audit --world no.such:World --agent random": "--trust",
    "audit --world island --agent no.such:Agent": "--trust",
    "audit --world island --agent sb3:model.zip": "model.zip",
    "audit --world island --agent onnx:nowhere.onnx": "nowhere.onnx",
    "goals nowhere": "teloscope record",
    "judge nowhere": "teloscope goals",
    "report nowhere": "teloscope judge",
    "worlds con": "Did you mean 'coin'",
    "schema verdcit": "verdict",
}


@pytest.mark.parametrize("line", MISTAKES)
def test_a_mistake_is_explained(line: str, typed) -> None:
    ran = typed(line)
    assert ran.status == 2
    assert ran.out == ""
    assert ran.err.startswith("error: ")
    assert MISTAKES[line] in ran.err
    assert "Traceback" not in ran.err


def test_a_pickle_is_not_opened_without_trust(typed, tmp_path: Path) -> None:
    (tmp_path / "model.zip").write_bytes(b"PK\x05\x06" + bytes(18))
    ran = typed("audit --world island --agent sb3:model.zip")
    assert ran.status == 2
    assert "--trust" in ran.err


def test_a_typo_in_a_study_is_placed(typed, tmp_path: Path) -> None:
    (tmp_path / "study.toml").write_text('world = "coin"\nagnet = "random"\n')
    ran = typed("audit study.toml")
    assert ran.status == 2
    assert "study.toml, line 2" in ran.err
    assert "Did you mean `agent`?" in ran.err


def test_two_runs_do_not_share_a_folder(typed, tmp_path: Path) -> None:
    assert typed("record --world island --agent random --episodes 3 --out here").status == 0
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.*") if path.is_file()}
    for other in ("--agent idle --episodes 3", "--agent random --episodes 4", "--agent random --episodes 3 --seed 1"):
        ran = typed(f"record --world island {other} --out here")
        assert ran.status == 2
        assert "choose another folder" in ran.err
    assert {path: path.read_bytes() for path in before} == before


def test_the_same_run_goes_on_in_its_folder(typed, tmp_path: Path) -> None:
    line = "record --world island --agent random --episodes 3 --out here"
    assert typed(line).status == 0
    shards = sorted((tmp_path / "here").rglob("*.parquet"))
    before = [path.read_bytes() for path in shards]
    for lost in (path for path in shards if "noisy" in str(path)):
        lost.unlink()
    assert typed(line).status == 0
    assert [path.read_bytes() for path in shards] == before


def test_an_interrupted_run_says_how_to_go_on(typed, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("teloscope.study.recording.record", interrupted)
    ran = typed("record --world island --agent random --episodes 3 --out here")
    assert (ran.status, ran.out) == (130, "")
    assert "the same command goes on" in ran.err


@pytest.mark.parametrize("line", ["agents", "agents --json"])
def test_a_reader_that_leaves_early_gets_no_traceback(line: str) -> None:
    code = f"import sys; from teloscope.cli import main; sys.exit(main({line.split()!r}))"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        assert running.stdout is not None and running.stderr is not None
        running.stdout.close()
        said = running.stderr.read()
    assert (running.returncode, said) == (1, b"")


def test_a_mistake_has_no_traceback_in_a_real_process() -> None:
    code = "import sys; from teloscope.cli import main; sys.exit(main())"
    line = [sys.executable, "-c", code, "audit", "--world", "con", "--agent", "random"]
    ran = subprocess.run(line, capture_output=True, text=True, env={**os.environ, "NO_COLOR": "1"})
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.startswith("error: World 'con' not found. Did you mean 'coin'")
