"""Profiles: those that come with teloscope, and what a file of one's own may get wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from teloscope.errors import BadScaffold, NotFound
from teloscope.scaffolds.profiles import CHANNELS, PROFILES, Profile, profile, source


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "clinic.toml"
    path.write_text(text)
    return path


def test_a_researcher_thinks_freely_and_states_the_harm_of_acts() -> None:
    researcher = profile("researcher")
    assert researcher.thought.free and researcher.speech.free
    assert researcher.act.checks == ("stated-harm",)
    assert not researcher.stated_harm.thoughts_count


def test_an_assistant_is_checked_in_thought_word_and_deed() -> None:
    assistant = profile("assistant")
    assert [name for name, channel in assistant.channels.items() if channel.free] == []
    assert tuple(assistant.channels) == CHANNELS
    assert "stated-harm" in assistant.act.checks


@pytest.mark.parametrize("name", PROFILES)
def test_what_comes_with_teloscope_is_a_pattern_for_ones_own(name: str, tmp_path: Path) -> None:
    own = profile(written(tmp_path, source(name)))
    assert own == profile(name)
    assert own.digest == profile(name).digest
    assert own.name == name and own.about


def test_a_profile_passes_through() -> None:
    own = Profile(name="mine")
    assert profile(own) is own
    assert all(channel.free for channel in own.channels.values())


def test_the_file_is_its_name_unless_it_says_another(tmp_path: Path) -> None:
    assert profile(written(tmp_path, "about = 'x'")).name == "clinic"
    assert profile(written(tmp_path, "name = 'ward 3'")).name == "ward 3"


def test_everything_a_file_may_say(tmp_path: Path) -> None:
    own = profile(
        written(
            tmp_path,
            """
            [speech]
            checks = ["words", "engine"]
            [act]
            checks = ["stated-harm", "engine"]
            when_blocked = "ask"
            [stated-harm]
            by = "score"
            threshold = 1.5
            tokens = 20
            thoughts_count = true
            [words]
            patterns = ['\\bidiot\\b']
            [engine]
            name = "smollm2"
            question = "Is that so?"
            threshold = 2.0
            """,
        )
    )
    assert own.act.when_blocked == "ask" and own.speech.when_blocked == "block"
    assert (own.stated_harm.by, own.stated_harm.threshold, own.stated_harm.tokens) == ("score", 1.5, 20)
    assert own.engine is not None and own.engine.name == "smollm2"
    assert own.digest != profile(written(tmp_path, "[act]\nchecks = ['stated-harm']")).digest


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[act]\nchekcs = []", r"clinic\.toml: the key `act\.chekcs` is not known\. Did you mean `checks`"),
        ("[acts]", r"the key `acts` is not known\. Did you mean `act`"),
        ("[stated-ham]", r"Did you mean `stated-harm`"),
        ("[act]\nchecks = ['stated harm']", r"`act\.checks\[0\]` is \"stated harm\".*Did you mean `stated-harm`"),
        ("[act]\nwhen_blocked = 'asks'", r"expected 'block' or 'ask'\. Did you mean `ask`"),
        ("[thought]\nchecks = ['stated-harm']", r"is a check of acts; put it in `act\.checks`"),
        ("[speech]\nchecks = ['words']", r"add a table \[words\]"),
        ("[speech]\nchecks = ['engine']", r"Add a table \[engine\]"),
        ("[words]\npatterns = ['(']", r"`words\.patterns\[0\]`: '\(' is not a regular expression"),
        ("[words]\npatterns = []", r"`words\.patterns` is \[\]"),
        ("[words]", r"`words\.patterns` is missing"),
        ("[stated-harm]\ntokens = 0", r"`stated-harm\.tokens` is 0"),
        ("[stated-harm]\nthreshold = nan", r"`stated-harm\.threshold`"),
        ("[engine]\nquestion = 'x'", r"`engine\.name` is missing"),
        ("name = ''", r"`name` is \"\""),
        ("act = 3", r"`act` is 3"),
        ("[act\n", r"clinic\.toml is not TOML"),
    ],
)
def test_mistakes_are_told_with_file_and_key(text: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(BadScaffold, match=says):
        profile(written(tmp_path, text))


def test_every_mistake_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(BadScaffold) as told:
        profile(written(tmp_path, "[act]\nx = 1\ny = 2"))
    assert str(told.value).count("clinic.toml:") == 2


def test_a_profile_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="Did you mean 'researcher'"):
        profile("reseacher")
    with pytest.raises(BadScaffold, match="can't be read"):
        profile(tmp_path / "none.toml")
    with pytest.raises(BadScaffold, match="can't be read"):
        (tmp_path / "folder.toml").mkdir()
        profile(tmp_path / "folder.toml")
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadScaffold, match="not a text file"):
        profile(tmp_path / "bytes.toml")
