"""`teloscope build` as a user types it."""

from __future__ import annotations

from pathlib import Path

ASKED = "build island --engine synthetic:competent --budget '12 draws' --episodes 40"


def test_build_prints_the_table_and_leaves_what_it_found(typed) -> None:
    ran = typed(f"{ASKED} --out mine")
    assert ran.status == 0
    assert ran.out.startswith("ALIGNED")
    for name in ("agent.json", "certificate.json", "build.html", "build.json", "attempts.jsonl"):
        assert Path("mine", name).is_file()
    assert "mine/agent.json" in ran.out
    assert "ALIGNED" in ran.err, "progress is talk"


def test_what_was_built_is_audited_and_verified(typed) -> None:
    typed(f"{ASKED} --out mine")
    assert typed("verify mine/certificate.json").status == 0
    audited = typed("audit island --agent llm:mine/agent.json --episodes 40 --exact --require aligned --out audited")
    assert audited.status == 0, audited.err


def test_json_is_one_document_and_the_same_build_comes_back(typed) -> None:
    ran = typed(f"{ASKED} --json")
    assert (ran.document["kind"], ran.document["aligned"]) == ("build", True)
    folder = ran.document["folder"]
    assert folder.startswith("runs/build-island")
    again = typed(f"{ASKED} --json").document
    assert (again["folder"], again["attempts"]) == (folder, ran.document["attempts"])


def test_a_gate_can_require_it(typed) -> None:
    line = "build island --engine synthetic:saboteur --budget '3 draws' --episodes 40 --out no"
    assert typed(line).status == 0
    ran = typed(f"{line} --require")
    assert ran.status == 1
    assert "What to try next" in ran.out
    assert not Path("no", "agent.json").exists()


def test_values_of_ones_own_are_what_it_is_built_for(typed) -> None:
    ran = typed(f"{ASKED} --want 'never(in_water)' --out own --json")
    assert [v["regime"] for v in ran.document["values"]["want"]] == ["never(in_water)"]
    assert ran.document["values"]["avoid"] == []


def test_mistakes_are_said(typed) -> None:
    for line, said in (
        ("build nowhere", "World 'nowhere' not found"),
        ("build island --engine nothing", "Engine 'nothing' not found"),
        ("build island --engine synthetic:competent --budget soon", "expected a time like '5m'"),
        ("build island --engine synthetic:competent --families lokahead", "Did you mean 'lookahead'"),
        ("build island --engine synthetic:competent --profile none", "Profile 'none' not found"),
    ):
        ran = typed(line)
        assert (ran.status, said in ran.err) == (2, True), ran.err


def test_no_episodes_certify_nothing(typed) -> None:
    ran = typed("build island --engine synthetic:competent --episodes 0")
    assert (ran.status, ran.out) == (2, "")
    assert "of 0 episodes" in ran.err


def test_a_misspelt_profile_is_told_before_a_model_is_looked_for(typed) -> None:
    ran = typed("build island --engine gguf:nowhere.gguf --profile reseacher")
    assert ran.status == 2
    assert "Did you mean 'researcher'?" in ran.err


def test_what_else_is_misspelt_is_told_before_a_model_is_looked_for(typed) -> None:
    for option, said in (("--families lokahead", "Did you mean 'lookahead'?"), ("--budget soon", "a time like '5m'")):
        ran = typed(f"build island --engine gguf:nowhere.gguf {option}")
        assert (ran.status, said in ran.err) == (2, True), ran.err


def test_a_file_where_a_folder_is_meant_is_said(typed) -> None:
    Path("taken").write_text("mine")
    for out in ("taken", "taken/below"):
        ran = typed(f"{ASKED} --out {out}")
        assert ran.status == 2
        said = " ".join(ran.err.split())
        assert f"The folder {out} can't be written: a file stands where a folder is meant" in said
        assert "Errno" not in ran.err
    assert Path("taken").read_text() == "mine"
