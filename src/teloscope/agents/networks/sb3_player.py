"""Steps a stable-baselines3 policy that needs more than the present observation: memory, stacked frames, or masks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from teloscope.agents.networks.network import check_finite, one_hot, sample_actions
from teloscope.agents.networks.sb3_observations import FrameStack, stack_of
from teloscope.errors import BadAgent

if TYPE_CHECKING:
    from teloscope.agents.networks.sb3 import Sb3Agent


class Sb3Player:
    """Steps one policy through `B` episodes, which all begin at step 0."""

    def __init__(self, agent: Sb3Agent, n_actions: int | None, seed: int) -> None:
        """`n_actions`: None where the world's actions have no names."""
        self.agent, self.n_actions, self.rng = agent, n_actions, np.random.default_rng(seed)
        self.action_masks: NDArray[np.bool_] | None = None
        """`[B, M]` which actions are allowed now; the collector sets it before every act."""
        self.memory: Any = None
        """The recurrent state of every episode."""
        self.frames: FrameStack | None = None

    @property
    def latents(self) -> NDArray[np.float32] | None:
        """`[B, D]` the hidden and the cell states of the actor's LSTM; None without memory, or before the first act."""
        if self.memory is None:
            return None
        parts = [np.asarray(part, np.float32).swapaxes(0, 1) for part in self.memory]
        return np.concatenate([part.reshape(len(part), -1) for part in parts], axis=1)

    def set_latents(self, latents: NDArray[Any]) -> None:
        """Overwrite them, `[B, D]`; the next act starts from them.

        Raises:
            BadAgent: the policy has no memory yet, or they are of another shape.
        """
        now = self.latents
        if now is None or now.shape != latents.shape:
            expected = "none, since it has no memory before its first act" if now is None else str(now.shape)
            raise BadAgent(
                f"Agent {self.agent.name!r} was given latents of shape {latents.shape}; expected {expected}."
            )
        halves = np.split(np.asarray(latents, np.float32), 2, axis=1)
        self.memory = tuple(
            half.reshape(len(half), *np.shape(part)[::2]).swapaxes(0, 1)
            for half, part in zip(halves, self.memory, strict=True)
        )

    def act(self, observations: Any, t: int, alive: NDArray[np.bool_]) -> NDArray[Any]:
        """Actions `[B, ...]`; see `Player`."""
        self.agent.seen.add(self.agent.part(observations), alive)
        with self.agent.acting():
            shown = self._shown(observations)
            given: dict[str, Any] = {"deterministic": not self.agent.sample}
            if self.agent.recurrent:
                given |= {"state": self.memory, "episode_start": np.full(len(alive), t == 0)}
            if self.agent.masked:
                given["action_masks"] = self._masks(alive)
            if self.agent.sample and self.n_actions is not None:
                return sample_actions(self._chances(shown, given), self.rng.random(len(alive)))
            if self.agent.sample:
                self.agent.seed_draws(self.rng, len(alive))
            actions, self.memory = self.agent.model.predict(shown, **given)
        actions = check_finite(np.asarray(actions), self.agent.name)
        if self.n_actions is None:
            return self.agent.rescaled(actions)
        return one_hot(actions, self.n_actions, self.agent.name).argmax(axis=1)

    def _shown(self, observations: Any) -> Any:
        """What the policy reads: normalised and stacked in the order of training, which the statistics' shape tells."""
        read, normalizer = self.agent.part(observations), self.agent.normalizer
        if self.agent.stack is None:
            return read if normalizer is None else normalizer.normalized(read)
        if not isinstance(read, np.ndarray):
            raise BadAgent(f"Agent {self.agent.name!r} stacks frames of one array, but the world gives several parts.")
        first = normalizer is not None and np.shape(normalizer.statistics[""].mean) == read.shape[1:]
        if normalizer is not None and first:
            read = normalizer.normalized(read)
        stacked = self._stacked(read)
        return stacked if normalizer is None or first else normalizer.normalized(stacked)

    def _stacked(self, frames: NDArray[Any]) -> NDArray[Any]:
        if self.frames is None:
            count = self.agent.stack or 1
            found = stack_of(self.agent.model.observation_space, frames.shape[1:])
            self.frames = FrameStack(count, found is not None and found[0] == count and found[1])
        return self.frames.push(frames)

    def _masks(self, alive: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """`[B, M]` the masks; of ended episodes, whose masks have no meaning, everything is allowed."""
        assert self.action_masks is not None, "a world with masks gives them before every act"
        return self.action_masks | ~alive[:, None]

    def _chances(self, shown: Any, given: dict[str, Any]) -> NDArray[np.float64]:
        """`[B, A]` the policy's distribution; a recurrent one moves its memory on."""
        policy = self.agent.model.policy
        tensors, _ = policy.obs_to_tensor(shown)
        if self.agent.recurrent:
            distribution = self._remembering(policy, tensors, given["episode_start"])
        elif self.agent.masked:
            distribution = policy.get_distribution(tensors, given["action_masks"])
        else:
            distribution = policy.get_distribution(tensors)
        chances = distribution.distribution.probs.detach().numpy().astype(np.float64)
        return check_finite(chances / chances.sum(axis=1, keepdims=True), self.agent.name)

    def _remembering(self, policy: Any, tensors: Any, starts: NDArray[np.bool_]) -> Any:
        """The distribution of a recurrent policy, as its `predict` makes it."""
        import torch

        if self.memory is None:
            zeros = np.concatenate([np.zeros(policy.lstm_hidden_state_shape)] * len(starts), axis=1)
            self.memory = (zeros, zeros)
        with torch.no_grad():
            states = tuple(torch.tensor(part, dtype=torch.float32) for part in self.memory)
            distribution, states = policy.get_distribution(tensors, states, torch.tensor(starts, dtype=torch.float32))
        self.memory = tuple(part.numpy() for part in states)
        return distribution
