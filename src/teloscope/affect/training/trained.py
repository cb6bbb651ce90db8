"""Train a mind, in pieces: what was learned is written down after each, and a killed training goes on from there.

A training has *diverged* by a rule that stands here before any training: a number of the mind or the loss is not
finite; or over its last tenth the offspring an episode are fewer than over its first tenth. Such a mind is kept with
the reason in its head, excluded from claims, and counted.

Theory: E2, E9.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import equinox as eqx
import jax
import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import save

from teloscope.affect.minds.files import HEAD, load_mind, named_arrays, read_tensors, save_mind, with_arrays
from teloscope.affect.minds.mind import Mind, Recipe, new_mind
from teloscope.affect.savanna import Params, variant
from teloscope.affect.training.ppo import Learner, Setting, learn, new_learner
from teloscope.errors import BadAgent, BadStudy
from teloscope.file_writing import whole_file

Progress = Callable[[int, int, str], None]
"""Called with (steps done, steps in all, what came of them)."""
PIECE = 16
"""Updates between two writings: 4 episodes of each world."""
LEAST_STRETCH = 16
"""Steps of each world between two updates, at least."""


@dataclass(frozen=True)
class Trained:
    """A mind and how it was trained."""

    mind: Mind
    seed: int
    variant: str
    offspring: tuple[float, ...]
    """An episode, in each piece of the training."""
    diverged: str
    """Why the training counts as diverged; empty: it does not."""
    path: Path | None = None


def train(
    out: str | Path | None = None,
    *,
    variant_name: str = "savanna",
    seed: int = 0,
    steps: int = 3_000_000,
    slow: bool = True,
    depth: int = 0,
    worlds: int = 128,
    stretch: int = 64,
    pieces: int | None = None,
    progress: Progress | None = None,
) -> Trained:
    """Train a mind by recurrent PPO.

    Args:
        out: the mind's file; beside it, until the end, lies `<out>.training`, from which the same call goes on. None:
            nothing is written.
        variant_name: the variant of the savanna.
        seed: of the mind and of everything random in its training.
        steps: steps of the world, rounded up to whole pieces of 16 updates (131,072 steps).
        slow: with the slow channel; False is the arm that the test `fitness` compares.
        depth: of the planner.
        worlds, stretch: worlds at once, an even number, and steps of each between two updates.
        pieces: stop after this many pieces and leave the rest for the next call; None: to the end.
        progress: told after each piece.

    Returns:
        The mind as trained so far.

    Raises:
        BadStudy: steps below 1, or a depth that no mind has. NotFound: no such variant.
        BadAgent: the file holds another training, or can't be read or written.
    """
    if steps < 1:
        raise BadStudy(f"Training was asked for with {steps} steps; expected at least 1, and millions to learn much.")
    if worlds < 2 or worlds % 2 or stretch < LEAST_STRETCH:
        raise BadStudy(
            f"Training was asked for in {worlds} worlds, {stretch} steps at once; expected an even number of "
            f"worlds, and {LEAST_STRETCH} steps or more, so that every world ends once in a piece."
        )
    setting = Setting(updates=1, worlds=worlds, stretch=stretch)
    count = -(-steps // (PIECE * setting.steps_an_update))
    setting = setting._replace(updates=count * PIECE)
    recipe, params = Recipe(slow, depth), variant(variant_name)._replace(plan_depth=float(depth))
    plan = {"variant": variant_name, "seed": seed, "recipe": recipe.to_dict(), "setting": setting._asdict()}
    return _Training(plan, new_mind(recipe, seed), setting, params, Path(out) if out else None).run(pieces, progress)


class _Training:
    """One training under way."""

    def __init__(self, plan: dict[str, Any], mind: Mind, setting: Setting, params: Params, out: Path | None) -> None:
        self.plan, self.setting, self.params, self.out = plan, setting, params, out
        self.whole = setting.updates // PIECE
        self.static = eqx.partition(mind, eqx.is_array)[1]
        self.learner = new_learner(mind, setting, params, jax.random.PRNGKey(plan["seed"]))
        self.log: list[float] = []
        self.diverged = ""

    def run(self, pieces: int | None, progress: Progress | None) -> Trained:
        if self.out is not None and self.out.exists():
            return self._finished(self.out)
        self._go_on()
        last = self.whole if pieces is None else min(self.whole, len(self.log) + pieces)
        while len(self.log) < last and not self.diverged:
            self._piece()
            if progress:
                done = len(self.log) * PIECE * self.setting.steps_an_update
                total = self.setting.updates * self.setting.steps_an_update
                progress(done, total, f"{self.log[-1]:.2f} offspring an episode")
        return self._written()

    def _piece(self) -> None:
        before = self.learner.mind
        self.learner, tally = learn(self.learner, self.static, self.setting, self.params, PIECE)
        self.log.append(float(tally.born.sum()) / max(float(tally.ended.sum()), 1.0))
        finite = all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(self.learner.mind))
        if not finite or not np.isfinite(tally.loss).all():
            self.diverged = f"numbers that are not finite in piece {len(self.log)} of {self.whole}"
            self.learner = self.learner._replace(mind=before)
        elif self.out is not None:
            self._write_down(self.out)

    def _written(self) -> Trained:
        """What there is; at the end the mind's file is written and the training's removed."""
        done = len(self.log) == self.whole or bool(self.diverged)
        if done and not self.diverged:
            self.diverged = worse_than_before(self.log)
        mind = eqx.combine(self.learner.mind, self.static)
        if done and self.out is not None:
            head = {"training": self.plan, "offspring": self.log, "diverged": self.diverged}
            save_mind(mind, self.out, **head)
            _beside(self.out).unlink(missing_ok=True)
        path = self.out if done else None
        return Trained(mind, self.plan["seed"], self.plan["variant"], tuple(self.log), self.diverged, path)

    def _finished(self, out: Path) -> Trained:
        mind, head = load_mind(out)
        if head.get("training") != self.plan:
            raise BadAgent(
                f"{out} holds a mind of another training: {head.get('training')}; this one is {self.plan}. Nothing was "
                "touched; choose another file."
            )
        return Trained(mind, self.plan["seed"], self.plan["variant"], tuple(head["offspring"]), head["diverged"], out)

    def _write_down(self, out: Path) -> None:
        head = json.dumps({"training": self.plan, "offspring": self.log})
        try:
            with whole_file(_beside(out)) as file:
                file.write(save(named_arrays(self.learner), {HEAD: head}))
        except OSError as error:
            raise BadAgent(f"Training can't be written beside {out}: {error.strerror}. Choose another file.") from error

    def _go_on(self) -> None:
        """Take up what an earlier call left."""
        if self.out is None or not _beside(self.out).exists():
            return
        path = _beside(self.out)
        try:
            head, arrays = read_tensors(path)
        except (OSError, SafetensorError, ValueError) as error:
            raise BadAgent(f"{path} can't be read ({error}). Remove it to train from the beginning.") from error
        if head.get("training") != self.plan:
            raise BadAgent(
                f"{path} holds another training: {head.get('training')}; this one is {self.plan}. Choose another file, "
                "or remove that one."
            )
        self.learner, self.log = Learner(*with_arrays(self.learner, arrays, str(path))), list(head["offspring"])


def _beside(out: Path) -> Path:
    return out.with_name(out.name + ".training")


def worse_than_before(offspring: list[float]) -> str:
    """The second part of the rule of divergence, for the offspring an episode in each piece; empty: not diverged."""
    tenth = max(len(offspring) // 10, 1)
    first, last = float(np.mean(offspring[:tenth])), float(np.mean(offspring[-tenth:]))
    if len(offspring) < 2 or last >= first:
        return ""
    return f"{last:.2f} offspring an episode in the last tenth of training, fewer than {first:.2f} in the first"
