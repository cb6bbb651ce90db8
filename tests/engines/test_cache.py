"""Answers on disk: nothing asked twice, nothing damaged believed, several processes at once."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from teloscope.engines import Decoding, Prompt, Question
from teloscope.engines.cache import CachedEngine, Store, _key, _prompt_content
from teloscope.engines.engine import on_answer
from teloscope.engines.local_secret import local_secret, secret_path
from teloscope.errors import BadEngine

A, B = Prompt.plain("a"), Prompt.chat("b", system="s")
OPTIONS = [[" good", " bad"]]


def answers(engine: CachedEngine) -> list:
    return [*engine.complete([A, B, A], Decoding()), *(s.tolist() for s in engine.choose([A, B], OPTIONS * 2))]


def test_what_was_asked_once_costs_nothing(scripted, tmp_path: Path) -> None:
    first = CachedEngine(scripted, tmp_path / "calls.sqlite")
    given_first = answers(first)
    assert scripted.heard == ["a", "[system] s\n[user] b", "a", "[system] s\n[user] b"]
    assert (first.asked, first.spent.calls) == (5, 4)
    again = CachedEngine(type(scripted)(), tmp_path / "calls.sqlite")
    assert answers(again) == given_first
    assert (again.asked, again.spent.calls) == (5, 0)


def test_answers_come_back_bit_for_bit(scripted, tmp_path: Path) -> None:
    engine = CachedEngine(scripted, tmp_path / "calls.sqlite")
    fresh, kept = engine.choose([B], OPTIONS)[0], engine.choose([B], OPTIONS)[0]
    assert fresh.tobytes() == kept.tobytes() == type(scripted)().choose([B], OPTIONS)[0].tobytes()
    assert kept.dtype == np.float64


def test_another_question_is_another_question(scripted, tmp_path: Path) -> None:
    engine = CachedEngine(scripted, tmp_path / "calls.sqlite")
    engine.complete([A], Decoding())
    for decoding, draw in (
        (Decoding(), 1),
        (Decoding(temperature=0.5), 0),
        (Decoding(9), 0),
        (Decoding(stop=("x",)), 0),
    ):
        before = len(scripted.heard)
        engine.complete([A], decoding, [draw])
        assert len(scripted.heard) == before + 1
    engine.choose([A], [["x", "y"]])
    engine.choose([A], [["y", "x"]])
    assert len(scripted.heard) == 7
    engine.complete([Prompt.plain("a", Question("act", "never shown"))], Decoding())
    assert len(scripted.heard) == 7
    engine.digest = "another engine"
    engine.complete([A], Decoding())
    assert len(scripted.heard) == 8


texts = st.text(max_size=8)
prompts = st.one_of(texts.map(Prompt.plain), st.builds(Prompt.chat, texts, texts, texts))


@given(prompts, prompts)
def test_keys_tell_prompts_apart(one: Prompt, other: Prompt) -> None:
    keys = {_key("d", ["complete", *_prompt_content(p), [64, 0.0, []], 0]) for p in (one, other)}
    assert len(keys) == (1 if one == other else 2)


def test_strange_letters_are_kept(scripted, tmp_path: Path) -> None:
    engine = CachedEngine(scripted, tmp_path / "calls.sqlite")
    strange = Prompt.plain("é \x00 𝄞 \ud800")
    assert engine.complete([strange], Decoding()) == engine.complete([strange], Decoding())
    assert len(scripted.heard) == 1


def test_a_damaged_row_is_asked_again(scripted, tmp_path: Path, capsys) -> None:
    engine = CachedEngine(scripted, tmp_path / "calls.sqlite")
    good = answers(engine)
    db = engine.store._open()
    with db:
        db.execute("UPDATE calls SET answer = replace(answer, '0.0', '0.5')")
    assert answers(engine) == good
    assert "were damaged or come from elsewhere" in capsys.readouterr().err
    assert answers(engine) == good
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("damage", ["overwritten", "cut off"])
def test_a_damaged_file_is_set_aside(damage: str, scripted, tmp_path: Path, capsys) -> None:
    path = tmp_path / "calls.sqlite"
    engine = CachedEngine(scripted, path)
    engine.complete([Prompt.plain(f"{i} " * 50) for i in range(300)], Decoding())
    good = answers(engine)
    engine.store.close()
    whole = path.read_bytes()
    path.write_bytes(b"no database" * 1000 if damage == "overwritten" else whole[: len(whole) // 3])
    again = CachedEngine(type(scripted)(), path)
    assert answers(again) == good
    assert "set aside as calls.damaged-0" in capsys.readouterr().err
    assert (tmp_path / "calls.damaged-0").exists()
    third = CachedEngine(type(scripted)(), path)
    assert answers(third) == good
    assert third.spent.calls == 0


def test_a_file_that_cannot_be_written_is_said_to_be(scripted, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file, no folder")
    with pytest.raises(BadEngine, match=r"taken.*TELOSCOPE_CACHE"):
        CachedEngine(scripted, tmp_path / "taken" / "calls.sqlite").complete([A], Decoding())


def test_a_damaged_file_that_cannot_be_set_aside_is_said(scripted, tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "calls.sqlite").write_bytes(b"no database" * 1000)

    def refuse(self, target):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(BadEngine, match=r"damaged .*could not be set aside .*Permission denied.*TELOSCOPE_CACHE"):
        CachedEngine(scripted, tmp_path / "calls.sqlite").complete([A], Decoding())


WRITER = """
import sys
from pathlib import Path
from teloscope.engines.cache import Store
store = Store(Path(sys.argv[1]))
for i in range(60):
    store.put({bytes([int(sys.argv[2]), i]): [i, sys.argv[2]]})
    assert store.get([bytes([int(sys.argv[2]), i])])
"""


def test_several_processes_write_at_once(tmp_path: Path) -> None:
    path = tmp_path / "calls.sqlite"
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, str(path), str(i)]) for i in range(3)]
    assert [writer.wait(120) for writer in writers] == [0, 0, 0]
    kept = Store(path).get(bytes([w, i]) for w in range(3) for i in range(60))
    assert kept == {bytes([w, i]): [i, str(w)] for w in range(3) for i in range(60)}


def test_a_file_that_is_held_is_waited_for_where_sqlite_does_not_wait(tmp_path: Path, monkeypatch) -> None:
    path = tmp_path / "calls.sqlite"
    connect = sqlite3.connect
    other = connect(path, check_same_thread=False)
    other.execute("BEGIN EXCLUSIVE")
    # SQLite says "database is locked" at once, whatever its timeout, in the moments when a file is made or closed.
    monkeypatch.setattr(sqlite3, "connect", lambda *a, **k: connect(*a, **{**k, "timeout": 0}))
    release = threading.Timer(0.3, other.rollback)
    release.start()
    store = Store(path)
    store.put({b"key": 1})
    release.join()
    assert store.get([b"key"]) == {b"key": 1}


def test_what_is_interrupted_keeps_what_was_answered(scripted, tmp_path: Path) -> None:
    engine = CachedEngine(scripted, tmp_path / "calls.sqlite")
    engine.batch_size = 2
    honest = scripted.complete

    def breaking(some, decoding, draws=None):
        if any(p.text == "4" for p in some):
            raise KeyboardInterrupt
        return honest(some, decoding, draws)

    scripted.complete = breaking
    asked = [Prompt.plain(str(i)) for i in range(6)]
    with pytest.raises(KeyboardInterrupt):
        engine.complete(asked, Decoding())
    scripted.complete = honest
    engine.complete(asked, Decoding())
    assert scripted.heard == ["0", "1", "2", "3", "4", "5"]


def test_an_interrupted_call_keeps_the_answers_that_came(scripted, tmp_path: Path) -> None:
    engine = CachedEngine(scripted, tmp_path / "calls.sqlite")
    honest = scripted.complete

    def breaking(some, decoding, draws=None):
        tell = on_answer.get()
        assert tell is not None
        for place, prompt in enumerate(some):
            if prompt.text == "4":
                raise KeyboardInterrupt
            tell(place, *honest([prompt], decoding))
        raise AssertionError

    scripted.complete = breaking
    asked = [Prompt.plain(str(i)) for i in range(6)]
    with pytest.raises(KeyboardInterrupt):
        engine.complete(asked, Decoding())
    assert on_answer.get() is None
    scripted.complete = honest
    replies = CachedEngine(scripted, tmp_path / "calls.sqlite").complete(asked, Decoding())
    assert scripted.heard == ["0", "1", "2", "3", "4", "5"]
    assert [reply.text for reply in replies] == [reply.text for reply in honest(asked, Decoding())]


def test_answers_that_come_slowly_are_kept_before_the_call_is_over(scripted, tmp_path: Path) -> None:
    """A process that is killed in the middle of a call loses none of the answers that came."""
    engine, seen = CachedEngine(scripted, tmp_path / "calls.sqlite"), []
    honest = scripted.complete

    def slow(some, decoding, draws=None):
        replies = honest(some, decoding)
        for place, reply in enumerate(replies):
            tell = on_answer.get()
            assert tell is not None
            tell(place, reply)
            with sqlite3.connect(tmp_path / "calls.sqlite") as db:
                seen.append(db.execute("SELECT count(*) FROM calls").fetchone()[0])
        return replies

    scripted.complete = slow
    engine.complete([Prompt.plain(str(i)) for i in range(3)], Decoding())
    assert seen == [1, 2, 3]


def test_answers_that_somebody_else_put_there_are_not_believed(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("TELOSCOPE_SECRET", "theirs")
    Store(tmp_path / "calls.sqlite").put({b"key": [-1.0]})
    assert Store(tmp_path / "calls.sqlite").get([b"key"]) == {b"key": [-1.0]}
    monkeypatch.setenv("TELOSCOPE_SECRET", "mine")
    assert Store(tmp_path / "calls.sqlite").get([b"key"]) == {}


def test_the_secret_is_made_once_for_its_user_alone(tmp_path, monkeypatch) -> None:
    monkeypatch.delenv("TELOSCOPE_SECRET", raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    made = local_secret()
    assert made == local_secret() == secret_path().read_bytes()
    assert len(made) == 32
    assert secret_path().stat().st_mode & 0o077 == 0
