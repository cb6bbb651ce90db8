"""A torch module as an agent whose latents are the output of one of its layers, caught and replaced by a hook.

    HookedModule(actor, layer="encoder.2")

Theory: E7.
"""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from teloscope.agents.agent import Agent
from teloscope.agents.networks.network import check_finite, sample_actions, softmax
from teloscope.errors import BadAgent, NotFound, require
from teloscope.worlds.world import World


class HookedModule(Agent):
    """A module from observations `[N, ...]` to logits `[N, A]`.

    Args:
        module: a `torch.nn.Module`.
        layer: the name of the layer whose output `[N, ...]` are the latents, as `module.named_modules()` says.
        sample: draw actions from softmax(logits) rather than take the largest.
        name: for messages and reports.

    Raises:
        MissingExtra: torch is not installed. NotFound: no such layer.
    """

    def __init__(self, module: Any, layer: str, sample: bool = False, name: str = "torch module") -> None:
        require("torch", extra="sb3")
        layers = dict(module.named_modules())
        if layer not in layers or not layer:
            raise NotFound("layer", layer, filter(None, layers), f"It was asked for as the latents of {name!r}.")
        self.module, self.layer, self.sample, self.name = module.eval(), layers[layer], sample, f"{name}#{layer}"

    @property
    def digest(self) -> str:
        """Hash of the weights, the layer and how it acts."""
        sha = hashlib.sha256(f"{self.name} {self.sample} {self.module}".encode())
        for key, value in sorted(self.module.state_dict().items()):
            sha.update(key.encode() + value.detach().cpu().numpy().tobytes())
        return sha.hexdigest()

    def start(self, world: World, episodes: int, seed: int) -> HookedPlayer:
        """A player for fresh episodes.

        Raises:
            BadAgent: the world's actions are not numbered.
        """
        if world.actions is None:
            raise BadAgent(f"{self.name!r} gives logits, but the actions of the world {world.name!r} are not numbered.")
        return HookedPlayer(self, len(world.actions), seed)


class HookedPlayer:
    """Acts for `B` episodes."""

    def __init__(self, agent: HookedModule, actions: int, seed: int) -> None:
        self.agent, self.actions, self.rng = agent, actions, np.random.default_rng(seed)
        self.latents: NDArray[np.float32] | None = None
        """`[B, D]` of the last act."""
        self.instead: NDArray[np.float32] | None = None
        """`[B, D]` what replaces the layer's output in the next act."""

    def set_latents(self, latents: NDArray[Any]) -> None:
        """Replace the layer's output in the next act, `[B, D]`: a layer without memory keeps it no longer."""
        self.instead = np.asarray(latents, np.float32)

    def act(self, observations: Any, t: int, alive: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Actions `[B]`.

        Raises:
            BadAgent: the module fails on the observations, or its logits are of another shape or not finite.
        """
        import torch

        handle = self.agent.layer.register_forward_hook(self._hook)
        try:
            with torch.no_grad():
                shown = torch.as_tensor(np.asarray(observations), dtype=torch.float32)
                logits = np.asarray(self.agent.module(shown).cpu().numpy())
        except (RuntimeError, ValueError, TypeError) as error:
            raise BadAgent(f"{self.agent.name!r} fails on this world's observations: {error}") from error
        finally:
            handle.remove()
        self.instead = None
        if logits.shape != (len(alive), self.actions):
            raise BadAgent(
                f"{self.agent.name!r} gives {logits.shape}; expected logits of shape {(len(alive), self.actions)}."
            )
        chances = softmax(check_finite(logits, self.agent.name))
        drawn = self.rng.random(len(alive))
        return sample_actions(chances, drawn) if self.agent.sample else chances.argmax(axis=1)

    def _hook(self, layer: Any, inputs: Any, output: Any) -> Any:
        """Catch the layer's output, or put another in its place."""
        if self.instead is not None:
            output = output.new_tensor(self.instead).reshape(output.shape)
        self.latents = output.detach().cpu().numpy().reshape(len(output), -1).astype(np.float32)
        return output
