"""`onnx:<path>`: a trained network in the ONNX format, run by onnxruntime. Loading it executes no code from the file.

The network has one input, a batch of observations `[N, ...]`, and one of these outputs:

    logits         [N, A] float    the default meaning of a float output; acts by argmax, or draws with `sample`
    probabilities  [N, A] float    the same, for an output of that name
    actions        [N] integer     an integer output
    actions        [N, ...] float  where the world's actions are continuous

Of several outputs, the one with such a name is used, else the first. A path that is no file names one of the
policies that come with teloscope: `onnx:coin.onnx` was trained by `examples/train_coin.py`. Further outputs, named as
`onnx:policy.onnx?latents=hidden,memory`, are the latents that a recording can keep.

Theory: A1.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from teloscope.agents.networks.network import WRAPPER_HINT, NetworkAgent, check_finite, matching_part, one_hot, softmax
from teloscope.agents.networks.observation_range import TrainedRange
from teloscope.errors import BadAgent, NotFound, require
from teloscope.worlds.table.world import TableWorld
from teloscope.worlds.world import World

LOW, HIGH = "observation_low", "observation_high"
"""Metadata that say what the network was trained on."""
OUTPUTS = ("logits", "probabilities", "action", "actions")
"""Names of outputs that we look for, in this order."""
DTYPES = {
    "tensor(float)": np.float32,
    "tensor(double)": np.float64,
    "tensor(float16)": np.float16,
    "tensor(uint8)": np.uint8,
    "tensor(int32)": np.int32,
    "tensor(int64)": np.int64,
}
"""onnxruntime's names of the input types that observations are cast to."""


def embedded() -> tuple[str, ...]:
    """File names of the policies that come with teloscope."""
    folder = resources.files("teloscope.agents") / "embedded"
    return tuple(sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".onnx")))


def find_network(path: str | Path) -> Path:
    """The file at `path`, or else the embedded policy of that name.

    Raises:
        NotFound: neither exists.
    """
    if Path(path).is_file():
        return Path(path)
    if str(path) in embedded():
        return Path(str(resources.files("teloscope.agents") / "embedded" / str(path)))
    raise NotFound(
        "network", str(path), embedded(), "Give the path of an .onnx file, or the name of an embedded policy."
    )


class OnnxAgent(NetworkAgent):
    """A network in an ONNX file."""

    def __init__(self, path: str | Path, sample: bool = False, latents: str = "") -> None:
        """Load the network.

        Args:
            path: an .onnx file, or the name of an embedded policy.
            sample: draw actions from softmax(logits) rather than take the largest.
            latents: names of outputs `[N, ...]` that are its latents, with commas between.

        Raises:
            MissingExtra: onnxruntime is not installed.
            NotFound: no such file, or no such output. BadAgent: not an ONNX network with one input.
        """
        runtime = require("onnxruntime", extra="onnx")
        self.path, self.sample = find_network(path), sample
        options = [*(["sample=1"] if sample else []), *([f"latents={latents}"] if latents else [])]
        self.name = f"onnx:{path}" + (f"?{'&'.join(options)}" if options else "")
        self._session = open_session(runtime, self.path, self.name)
        inputs, outputs = self._session.get_inputs(), self._session.get_outputs()
        if len(inputs) != 1 or inputs[0].type not in DTYPES:
            raise BadAgent(
                f"Agent {self.name!r} has the inputs {[(i.name, i.type, i.shape) for i in inputs]}; "
                "expected one, a batch of observations [N, ...]. Export the actor alone."
            )
        self._input = inputs[0]
        self._output = next((o for name in OUTPUTS for o in outputs if o.name == name), outputs[0])
        self._latents = tuple(filter(None, latents.split(",")))
        for name in self._latents:
            if name not in (known := [o.name for o in outputs]):
                raise NotFound("output", name, known, f"It was asked for as a latent of the agent {self.name!r}.")
        self.trained = trained_range(self._session.get_modelmeta().custom_metadata_map, self.name)
        self._shipped = self.path.parent == Path(str(resources.files("teloscope.agents") / "embedded"))

    @property
    def digest(self) -> str:
        """SHA-256 of the file, of the files beside it that hold its weights, and of how it acts."""
        network = self.path.read_bytes()
        sha = hashlib.sha256(network)
        for name in dict.fromkeys([f"{self.path.name}.data", *weight_files(network)]):
            beside = self.path.parent / name
            if beside.is_file():
                sha.update(beside.read_bytes())
        if self.sample:
            sha.update(b"sample")
        return sha.hexdigest()

    def part(self, observations: Any) -> Any:
        return matching_part(observations, [self.observation_shape])

    def remarks(self, returns: Sequence[float]) -> list[str]:
        return [] if self._shipped and self.trained is None else super().remarks(returns)

    @property
    def observation_shape(self) -> tuple[int | str | None, ...]:
        """Shape of one observation; names or None where the network leaves a size open."""
        return tuple(self._input.shape[1:])

    def check(self, world: World) -> None:
        if isinstance(world, TableWorld):
            self._fitted(np.asarray(world.observe(world.table.states[0]))[None], f"the world {world.name!r} gives")
        answers = self._output.shape[1:]
        if world.actions is None or "int" in self._output.type:
            return
        if len(answers) != 1 or (isinstance(answers[0], int) and answers[0] != len(world.actions)):
            raise BadAgent(
                f"Agent {self.name!r} answers with {self._output.name!r} of shape {['N', *answers]}, but the world "
                f"{world.name!r} has {len(world.actions)} actions: expected ['N', {len(world.actions)}]. "
                "Load the network that was trained for this world."
            )

    def distribution(self, observations: Any, n_actions: int) -> NDArray[np.floating[Any]]:
        answers = self.answers(observations)
        if "int" in self._output.type:
            return one_hot(answers, n_actions, self.name)
        if not self.sample:
            return one_hot(answers.argmax(axis=1), n_actions, self.name)
        return answers if self._output.name == "probabilities" else softmax(answers)

    def actions(self, observations: Any, rng: np.random.Generator) -> NDArray[Any]:
        return self.answers(observations)

    def answers(self, observations: Any) -> NDArray[Any]:
        """The network's output for observations `[N, ...]`."""
        observations = self.part(observations)
        if isinstance(observations, dict | tuple):
            raise BadAgent(
                f"Agent {self.name!r} reads one array of observations, but this world gives a "
                f"{type(observations).__name__} of them. {WRAPPER_HINT}"
            )
        batch = self._fitted(np.asarray(observations), "it was given")
        size = self._input.shape[0] if isinstance(self._input.shape[0], int) else len(batch)
        chunks = [self._run(batch[i : i + size], size) for i in range(0, len(batch), size)]
        answers, *latents = (np.concatenate(parts) for parts in zip(*chunks, strict=True))
        if latents:
            self.hidden = np.concatenate([part.reshape(len(part), -1) for part in latents], axis=1)
        return check_finite(answers, self.name)

    def _run(self, batch: NDArray[Any], size: int) -> list[NDArray[Any]]:
        """One call: the answers, then the latents.

        For a network with a fixed batch size, the last batch is filled up with copies of its last row.
        """
        filled = np.concatenate([batch, np.repeat(batch[-1:], size - len(batch), axis=0)])
        try:
            given = self._session.run([self._output.name, *self._latents], {self._input.name: filled})
        except Exception as error:
            raise BadAgent(
                f"Agent {self.name!r} fails on observations of shape {list(batch.shape[1:])}: {first_line(error)}. "
                "Load the network that was trained for this world."
            ) from error
        return [np.asarray(part)[: len(batch)] for part in given]

    def _fitted(self, batch: NDArray[Any], whence: str) -> NDArray[Any]:
        """Observations `[N, ...]` in the network's type, flattened where it takes vectors.

        Raises:
            BadAgent: they have another shape.
        """
        wanted, got = self.observation_shape, batch.shape[1:]
        if len(wanted) == 1 and len(got) != 1 and wanted[0] in (math.prod(got), None):
            batch = batch.reshape(len(batch), -1)
        elif len(got) == 3 and wanted == (got[2], got[0], got[1]) != got:  # channels last here, first in the network
            batch = np.moveaxis(batch, -1, 1)
        elif len(wanted) != len(got) or any(isinstance(w, int) and w != g for w, g in zip(wanted, got, strict=True)):
            raise BadAgent(
                f"Agent {self.name!r} expects observations of shape {list(wanted)}, but {whence} {list(got)}. "
                "Load the network that was trained for this world."
            )
        return batch.astype(DTYPES[self._input.type], copy=False)


def trained_range(metadata: Mapping[str, str], name: str) -> TrainedRange | None:
    """What the file says of the observations in training: JSON under `observation_low` and `observation_high`.

    Raises:
        BadAgent: what stands there are no numbers.
    """
    if LOW not in metadata or HIGH not in metadata:
        return None
    try:
        low, high = (np.asarray(json.loads(metadata[key]), np.float64) for key in (LOW, HIGH))
    except (ValueError, TypeError) as error:
        raise BadAgent(
            f"Agent {name!r} says {LOW} = {metadata[LOW]!r} and {HIGH} = {metadata[HIGH]!r} in its metadata; expected "
            "numbers, or lists of the observation's shape, as JSON."
        ) from error
    return TrainedRange({"": (low, high)}, f"{LOW} and {HIGH} in the file")


def weight_files(network: bytes) -> list[str]:
    """Names of the files in which an ONNX file keeps weights, in their order; nothing is loaded.

    In the file they stand as the protocol buffer entry {key: "location", value: name}.
    """
    found = re.findall(rb"\n\x08location\x12(.)", network, re.DOTALL)
    places = [m.end() for m in re.finditer(rb"\n\x08location\x12.", network, re.DOTALL)]
    names = [network[at : at + length[0]] for at, length in zip(places, found, strict=True) if length[0] < 128]
    return list(dict.fromkeys(name.decode("utf-8", "replace") for name in names))


def open_session(runtime: Any, path: Path, name: str) -> Any:
    """An inference session on one CPU thread, so that the same file gives the same numbers.

    Raises:
        BadAgent: onnxruntime can't read the file.
    """
    settings = runtime.SessionOptions()
    settings.intra_op_num_threads = settings.inter_op_num_threads = 1
    settings.log_severity_level = 4  # errors are raised, not also printed
    try:
        return runtime.InferenceSession(path, settings, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise BadAgent(
            f"Agent {name!r}: onnxruntime can't load {path.name} ({first_line(error)}). "
            "Expected an ONNX network; export it again, for instance with torch.onnx.export."
        ) from error


def first_line(error: Exception) -> str:
    """The first line of an error's text, shortened."""
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
