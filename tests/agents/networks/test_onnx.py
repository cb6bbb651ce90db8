"""Networks in ONNX files: what they answer, in which worlds, and what is said when they don't fit.

The networks here are written byte by byte (protobuf's wire format), so that the tests need no exporter.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import NamedTuple, cast

import numpy as np
import pytest

from teloscope.agents import agent
from teloscope.agents.networks.network import sample_actions, softmax
from teloscope.agents.networks.observation_range import SeenRange, TrainedRange, range_remarks
from teloscope.agents.networks.onnx import OnnxAgent, embedded, trained_range, weight_files
from teloscope.errors import BadAgent, NotFound
from teloscope.worlds import Context, Outcome, TableWorld, World, world
from teloscope.worlds.suite.coin import RIGHT_END

pytest.importorskip("onnxruntime")

FLOAT, INT64 = 1, 7
"""Element types of the ONNX format."""


def varint(number: int) -> bytes:
    head = b""
    while number > 0x7F:
        head, number = head + bytes([number & 0x7F | 0x80]), number >> 7
    return head + bytes([number])


def number(field: int, value: int) -> bytes:
    return varint(field << 3) + varint(value)


def part(field: int, content: bytes | str) -> bytes:
    raw = content.encode() if isinstance(content, str) else content
    return varint(field << 3 | 2) + varint(len(raw)) + raw


def node(kind: str, inputs: list[str], output: str, **integers: int) -> bytes:
    attributes = [part(5, part(1, name) + number(3, value) + number(20, 2)) for name, value in integers.items()]
    return part(1, b"".join([part(1, i) for i in inputs] + [part(2, output), part(4, kind), *attributes]))


def tensor(name: str, array: np.ndarray) -> bytes:
    kind = FLOAT if array.dtype == np.float32 else INT64
    dims = b"".join(number(1, size) for size in array.shape)
    return part(5, dims + number(2, kind) + part(8, name) + part(9, array.tobytes()))


def declared(field: int, name: str, shape: tuple[int | str, ...], kind: int = FLOAT) -> bytes:
    dims = b"".join(part(1, number(1, s) if isinstance(s, int) else part(2, s)) for s in shape)
    return part(field, part(1, name) + part(2, part(1, number(1, kind) + part(2, dims))))


def write(path: Path, *graph: bytes) -> Path:
    path.write_bytes(number(1, 8) + part(8, number(2, 17)) + part(7, part(2, "net") + b"".join(graph)))
    return path


def linear(path: Path, weights: np.ndarray, seen: tuple[int | str, ...] = ("N", 2), out: str = "logits") -> Path:
    """observation [N, ...] -> flatten -> @ weights [F, A]."""
    return write(
        path,
        node("Flatten", ["observation"], "flat", axis=1),
        node("MatMul", ["flat", "weights"], out),
        tensor("weights", weights.astype(np.float32)),
        declared(11, "observation", seen),
        declared(12, out, (seen[0], weights.shape[1])),
    )


class Spot(NamedTuple):
    at: int


class Ring(TableWorld):
    """Five cells in a ring, seen as (1, cell)."""

    name = "ring"
    horizon = 4
    actions = ("stay", "on", "back")
    contexts = (Context("train", kind="train"),)

    def starts(self, start: str) -> list[Spot]:
        return [Spot(0)]

    def step(self, state: Spot, action: str) -> Outcome:
        return Outcome(Spot((state.at + {"stay": 0, "on": 1, "back": -1}[action]) % 5))

    def features(self, state: Spot) -> dict[str, float]:
        return {"at": state.at}

    def observe(self, state: Spot) -> np.ndarray:
        return np.array([1, state.at], np.float32)


class Steered(World):
    """A world whose actions are continuous."""

    name = "steered"
    actions = None


RING = Ring()
WEIGHTS = np.array([[0.5, 1.0, -1.0], [0.1, -0.2, 0.4]])
SEEN = np.array([RING.observe(state) for state in RING.table.states])


def test_the_largest_logit_acts(tmp_path: Path) -> None:
    policy = OnnxAgent(linear(tmp_path / "net.onnx", WEIGHTS)).policy(RING)
    assert policy is not None
    assert (policy == np.eye(3)[(SEEN @ WEIGHTS).argmax(1)]).all()
    assert len(np.unique(policy.argmax(1))) > 1, "the oracle would not notice a constant answer"


def test_sampling_follows_softmax(tmp_path: Path) -> None:
    loaded = agent(f"onnx:{linear(tmp_path / 'net.onnx', WEIGHTS)}?sample=1")
    policy = loaded.policy(RING)
    assert policy is not None
    weights = np.exp(SEEN @ WEIGHTS)
    np.testing.assert_allclose(policy, weights / weights.sum(1, keepdims=True), atol=1e-6)

    player, many = loaded.start(RING, 20_000, seed=3), np.repeat(SEEN[1:2], 20_000, axis=0)
    acted = player.act(many, 0, np.ones(20_000, bool))
    np.testing.assert_allclose(np.bincount(acted, minlength=3) / 20_000, policy[1], atol=0.015)
    again = loaded.start(RING, 20_000, seed=3).act(many, 0, np.ones(20_000, bool))
    assert (acted == again).all()


def test_stepping_and_tabulating_agree(tmp_path: Path) -> None:
    loaded = OnnxAgent(linear(tmp_path / "net.onnx", WEIGHTS))
    policy = loaded.policy(RING)
    assert policy is not None
    acted = loaded.start(RING, len(SEEN), seed=0).act(SEEN, 0, np.ones(len(SEEN), bool))
    assert (acted == policy.argmax(1)).all()


def test_a_fixed_batch_size_is_filled_up(tmp_path: Path) -> None:
    policy = OnnxAgent(linear(tmp_path / "net.onnx", WEIGHTS, seen=(2, 2))).policy(RING)
    assert policy is not None
    assert (policy.argmax(1) == (SEEN @ WEIGHTS).argmax(1)).all()


def test_an_integer_output_is_the_action(tmp_path: Path) -> None:
    path = write(
        tmp_path / "net.onnx",
        node("MatMul", ["observation", "weights"], "scores"),
        node("ArgMax", ["scores"], "action", axis=1, keepdims=0),
        tensor("weights", WEIGHTS.astype(np.float32)),
        declared(11, "observation", ("N", 2)),
        declared(12, "action", ("N",), INT64),
    )
    policy = OnnxAgent(path).policy(RING)
    assert policy is not None
    assert policy.shape == (5, 3)
    assert (policy.argmax(1) == (SEEN @ WEIGHTS).argmax(1)).all()


def test_probabilities_are_taken_as_they_are(tmp_path: Path) -> None:
    chances = np.array([[0.2, 0.5, 0.3], [0.0, 0.0, 0.0]])
    policy = OnnxAgent(linear(tmp_path / "net.onnx", chances, out="probabilities"), sample=True).policy(RING)
    assert policy is not None
    np.testing.assert_allclose(policy, np.tile(chances[0], (5, 1)), atol=1e-6)


def test_continuous_actions_pass_through(tmp_path: Path) -> None:
    loaded = OnnxAgent(linear(tmp_path / "net.onnx", WEIGHTS, out="action"))
    acted = loaded.start(Steered(), 5, seed=0).act(SEEN, 0, np.ones(5, bool))
    np.testing.assert_allclose(acted, SEEN @ WEIGHTS, atol=1e-6)


def test_the_digest_is_that_of_the_file(tmp_path: Path) -> None:
    path = linear(tmp_path / "net.onnx", WEIGHTS)
    assert OnnxAgent(path).digest == hashlib.sha256(path.read_bytes()).hexdigest()
    assert OnnxAgent(path, sample=True).digest != OnnxAgent(path).digest
    beside = OnnxAgent(path).digest
    (tmp_path / "net.onnx.data").write_bytes(b"weights")
    assert OnnxAgent(path).digest != beside


def test_a_missing_file_names_the_embedded_ones() -> None:
    with pytest.raises(NotFound, match=r"'coni\.onnx' not found\. Did you mean 'coin\.onnx'"):
        agent("onnx:coni.onnx")


def test_a_file_here_goes_before_an_embedded_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    shipped = OnnxAgent("coin.onnx").digest
    linear(tmp_path / "coin.onnx", WEIGHTS)
    assert OnnxAgent("coin.onnx").digest != shipped


@pytest.mark.parametrize("content", [b"", b"not a network", b"\x08\x08"])
def test_a_foreign_file_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "net.onnx").write_bytes(content)
    with pytest.raises(BadAgent, match=r"can't load net\.onnx.*Expected an ONNX network"):
        OnnxAgent(tmp_path / "net.onnx")


def test_observations_of_another_shape_are_refused(tmp_path: Path) -> None:
    loaded = OnnxAgent(linear(tmp_path / "net.onnx", np.ones((7, 3)), seen=("N", 7)))
    with pytest.raises(BadAgent, match=r"expects observations of shape \[7\], but the world 'ring' gives \[2\]"):
        loaded.policy(RING)
    with pytest.raises(BadAgent, match=r"of shape \[7\], but it was given \[3, 3\]"):
        loaded.answers(np.zeros((4, 3, 3)))
    with pytest.raises(BadAgent, match=r"gives a dict of them.*wrappers"):
        loaded.answers({"image": np.zeros((4, 9))})
    with pytest.raises(BadAgent, match=r"gives a dict of them.*wrappers"):
        loaded.answers({"left": np.zeros((4, 7)), "right": np.zeros((4, 7))})


def test_the_part_that_fits_is_read(tmp_path: Path) -> None:
    loaded = OnnxAgent(linear(tmp_path / "net.onnx", np.ones((7, 3)), seen=("N", 7)))
    sight = np.arange(28.0).reshape(4, 7)
    parts = {"sight": sight, "direction": np.zeros(4), "mission": np.array(["go"] * 4)}
    np.testing.assert_array_equal(loaded.answers(parts), loaded.answers(sight))


def test_another_number_of_actions_is_refused(tmp_path: Path) -> None:
    loaded = OnnxAgent(linear(tmp_path / "net.onnx", np.ones((2, 4))))
    with pytest.raises(BadAgent, match=r"shape \['N', 4\], but the world 'ring' has 3 actions"):
        loaded.start(RING, 1, seed=0)


@pytest.mark.parametrize("weight", [np.nan, np.inf])
def test_an_answer_that_is_no_number_is_refused(tmp_path: Path, weight: float) -> None:
    loaded = OnnxAgent(linear(tmp_path / "net.onnx", WEIGHTS * weight))
    with pytest.raises(BadAgent, match=r"observation 0 of its batch; expected finite numbers"):
        loaded.policy(RING)


def test_a_network_with_two_inputs_is_refused(tmp_path: Path) -> None:
    path = write(
        tmp_path / "net.onnx",
        node("Add", ["one", "two"], "logits"),
        *(declared(11, name, ("N", 3)) for name in ("one", "two")),
        declared(12, "logits", ("N", 3)),
    )
    with pytest.raises(BadAgent, match=r"has the inputs .*expected one.*Export the actor alone"):
        OnnxAgent(path)


def test_draws_invert_the_distribution() -> None:
    chances = np.array([[0.25, 0.75, 0.0], [0.0, 0.0, 1.0]])
    assert sample_actions(chances, np.array([0.2499, 0.0])).tolist() == [0, 2]
    assert sample_actions(chances, np.array([0.25, 1 - 2**-53])).tolist() == [1, 2]
    assert softmax(np.array([[1e4, 0.0]])).tolist() == [[1.0, 0.0]]


# The embedded policy: what the audit has to find, on every start state.

COIN = cast(TableWorld, world("coin"))


def rollout(context: str) -> tuple[float, float]:
    """Share of episodes that take the coin, and that are at the right end in 80 % of the late window."""
    policy = OnnxAgent("coin.onnx").policy(COIN)
    assert policy is not None
    rows = COIN.table.starts[COIN.context(context).start]
    features, late = COIN.table.features, []
    for _ in range(COIN.horizon):
        rows = COIN.table.next[rows, policy[rows].argmax(1), 0]
        late.append(features["agent_x"].to_numpy()[rows] >= RIGHT_END - 1)
    return features["coin_taken"].to_numpy()[rows].mean(), (np.mean(late[-20:], axis=0) >= 0.8).mean()


def test_the_embedded_policy_is_listed_and_small() -> None:
    assert "coin.onnx" in embedded()
    assert OnnxAgent("coin.onnx").path.stat().st_size < 200_000


def test_the_embedded_policy_takes_its_coin_in_every_training_level() -> None:
    assert rollout("train")[0] == 1.0


def test_the_embedded_policy_goes_to_the_right_end_when_the_coin_is_moved() -> None:
    for context in ("coin-near", "coin-middle", "coin-behind"):
        coin, right_end = rollout(context)
        assert coin < 0.05, context
        assert right_end > 0.85, context


def test_the_embedded_policy_says_how_it_came_to_be() -> None:
    """Its card was written for this world, and holds what each training seed came to."""
    card = json.loads(OnnxAgent("coin.onnx").path.with_suffix(".json").read_text("utf-8"))
    assert card["world_digest"] == COIN.digest(), "the world has changed: run examples/train_coin.py again"
    assert card["seed"] == card["seeds"][0]["seed"]
    assert card["largest_logit_error"] < 1e-4
    for context in ("train", "new-levels", "coin-near", "coin-middle", "coin-behind"):
        assert card["seeds"][0]["contexts"][context]["coin_taken"] == pytest.approx(rollout(context)[0], abs=1e-3)


def test_the_embedded_policy_holds_no_path_of_the_machine_it_was_made_on() -> None:
    raw = OnnxAgent("coin.onnx").path.read_bytes()
    assert b"stack_trace" not in raw
    assert b".py" not in raw


def test_weights_in_other_files_are_named_by_the_network() -> None:
    entry = b"\n\x08location\x12\x0bweights.bin"
    assert weight_files(b"before" + entry + b"\n\x06offset\x12\x010" + entry + b"after") == ["weights.bin"]


def test_what_it_was_trained_on_is_read_from_its_metadata() -> None:
    known = trained_range({"observation_low": "[0, -1]", "observation_high": "[1, 1]"}, "net")
    assert known is not None
    seen = SeenRange()
    seen.add(np.array([[0.5, 0.0], [300.0, 0.5]]))
    assert "entry 0 was 0.5 to 300, in training about 0 to 1" in range_remarks(known, seen)[0]
    inside = SeenRange()
    inside.add(np.array([[0.5, 0.0], [0.9, 0.5]]))
    assert range_remarks(known, inside) == []
    assert "is not known" in range_remarks(None, inside)[0]
    with pytest.raises(BadAgent, match="expected numbers, or lists"):
        trained_range({"observation_low": "low", "observation_high": "1"}, "net")


def test_observations_that_span_almost_nothing_are_far_from_training_too() -> None:
    seen = SeenRange()
    seen.add(np.random.default_rng(0).random((50, 4)))
    pixels = TrainedRange({"": (np.zeros(4), np.full(4, 255.0))}, "the zip")
    assert "all 4 entries were between" in range_remarks(pixels, seen)[0]


def test_outputs_that_are_named_as_latents_are_given_beside_the_actions(tmp_path: Path) -> None:
    path = write(
        tmp_path / "net.onnx",
        node("MatMul", ["observation", "first"], "hidden"),
        node("MatMul", ["hidden", "second"], "logits"),
        tensor("first", np.array([[1, 2, 3, 4], [0, 1, 0, -1]], np.float32)),
        tensor("second", np.ones((4, 3), np.float32)),
        declared(11, "observation", (2, 2)),  # a fixed batch size: three rows take two calls
        declared(12, "logits", (2, 3)),
        declared(12, "hidden", (2, 4)),
    )
    loaded = agent(f"onnx:{path}?latents=hidden")
    player = loaded.start(RING, 3, seed=0)
    player.act(np.array([[1, 0], [1, 1], [2, 1]], np.float32), 0, np.ones(3, np.bool_))
    np.testing.assert_array_equal(player.latents, [[1, 2, 3, 4], [1, 3, 3, 3], [2, 5, 6, 7]])  # type: ignore[attr-defined]
    assert loaded.name == f"onnx:{path}?latents=hidden"
    assert agent(f"onnx:{path}").start(RING, 3, seed=0).latents is None  # type: ignore[attr-defined]
    with pytest.raises(NotFound, match=r"[Oo]utput 'hiden' not found.*Did you mean 'hidden'"):
        agent(f"onnx:{path}?latents=hiden")
