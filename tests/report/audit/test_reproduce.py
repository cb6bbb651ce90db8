"""What a report says about doing it again, tried out."""

from __future__ import annotations

import shlex
import tomllib

from hypothesis import given
from hypothesis import strategies as st

from teloscope.recordings import record
from teloscope.report.audit.reproduce import reproduction
from teloscope.report.shared.formatting import sanitize, sanitize_document
from teloscope.study import Study
from teloscope.worlds import Context, world

COIN = world("coin")


def in_frame(document, **changes):
    """The document with another frame."""
    return document.model_copy(update={"frame": document.frame.model_copy(update=changes)})


def test_the_command_says_what_was_done(document) -> None:
    said = shlex.split(reproduction(document).command().replace("\\\n", " "))
    told = dict(zip(said[2::2], said[3::2], strict=True))
    assert told.pop("--want") == "end(coin_taken)"
    assert told.pop("--avoid") == "keep(agent_y < 1)"
    assert told == {"--world": "coin", "--agent": "plan:keep(agent_x >= 12)", "--episodes": "12", "--seed": "0"}
    assert reproduction(document).is_complete


def test_contexts_references_and_exactness_are_said_where_they_are_not_the_usual_ones(document) -> None:
    few = in_frame(document, contexts=[COIN.context("train").to_dict()], references=["uniform"])
    said = reproduction(few.model_copy(update={"exact": True})).command()
    assert "--contexts train" in said
    assert "--references uniform" in said
    assert "--exact" in said


def test_what_executes_code_asks_for_trust(document) -> None:
    assert "--trust" not in reproduction(document).command()
    assert "--trust" in reproduction(document, "my_worlds:Warehouse").command()
    for name in ("sb3:model.zip", "my_agents:Walker"):
        other = document.model_copy(update={"agent": document.agent.model_copy(update={"name": name})})
        assert f"--agent {name} --trust" in reproduction(other).command()


def test_what_options_cannot_say_is_said_in_a_study(document) -> None:
    strict = document.values[0].model_copy(update={"bound": 0.99})
    again = reproduction(document.model_copy(update={"values": [strict, *document.values[1:]]}))
    assert again.command() == "teloscope audit study.toml"
    study = Study.of(**tomllib.loads(again.study()))
    assert study.world == "coin"
    assert study.agent == document.agent.name
    assert study.values is not None
    assert [(str(w.regime), w.target) for w in study.values.to_values().wants] == [("end(coin_taken)", 0.99)]
    assert [(str(a.regime), a.tolerance) for a in study.values.to_values().avoids] == [("keep(agent_y < 1)", 0.05)]


def test_contexts_of_ones_own_are_said_in_a_study_that_repeats_them(document, tmp_path) -> None:
    windy = Context("windy", start=COIN.contexts[0].start, noise=0.25, shove_at=3, note='a "storm"')
    recording = record("random", COIN, episodes=1, contexts=["train", windy])
    again = reproduction(document.model_copy(update={"frame": recording.frame}))
    assert again.command() == "teloscope audit study.toml"
    redone = (
        Study.of(**tomllib.loads(again.study()))
        .with_options(agent="random", world="coin", episodes=1, out=tmp_path)
        .record()
    )
    assert redone.frame == recording.frame


def test_a_world_that_its_name_does_not_make_is_said_to_need_more(document) -> None:
    assert not reproduction(in_frame(document, world="corridor")).is_complete, "an object in somebody's script"
    assert not reproduction(in_frame(document, world="CartPole-v1", features={}, horizon=7)).is_complete, (
        "features of their own"
    )
    assert not reproduction(in_frame(document, world="CartPole-v1", horizon=9000)).is_complete, (
        "longer than it runs by itself"
    )
    assert not reproduction(document, "my_worlds:Warehouse").is_complete, "not trusted, so not at hand"
    assert not reproduction(in_frame(document, horizon=7, world_digest="other")).is_complete
    assert reproduction(document, "my_worlds:Coin", COIN).is_complete, "at hand: its rules are its class"


def test_a_gymnasium_world_of_another_horizon_and_context_is_repeated(document, tmp_path) -> None:
    asked = {"world": "CartPole-v1", "agent": "random", "horizon": 20, "episodes": 1}
    gust = {"name": "gust", "noise": 0.5}
    study = Study.of(**asked, contexts=["default", "shove", gust], out=tmp_path / "one")
    manifest = study.record().manifest
    told = document.model_copy(update={"frame": manifest.frame, "agent": manifest.agent, "values": []})
    again = reproduction(told, manifest.world)
    assert again.is_complete
    assert again.command() == "teloscope audit study.toml"
    redone = Study.of(**tomllib.loads(again.study())).with_options(out=tmp_path / "two").record()
    assert redone.frame == manifest.frame


@given(st.text(st.characters(exclude_categories=("Cs",))).filter(str.strip))
def test_any_name_survives_a_study_file(document, name: str) -> None:
    named = sanitize_document(document.model_copy(update={"agent": document.agent.model_copy(update={"name": name})}))
    assert tomllib.loads(reproduction(named).study())["agent"] == sanitize(name)
