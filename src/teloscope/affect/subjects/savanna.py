"""Minds of the savanna as a subject of the battery: `M` minds of one recipe live in the same `E` episodes.

Everything random in the world follows from the seed, the episode and the step, so that what differs between minds, or
between a run with an intervention and one without, is the mind's doing.

Theory: E7 (candidate latents), E4 (prospects).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from teloscope.affect.minds import Memory, Mind, load_mind, sample_action
from teloscope.affect.minds.mind import HIDDEN, SLOW
from teloscope.affect.savanna import (
    CALM,
    EFFORTS,
    PATCHES,
    START_DRAWS,
    STEP_DRAWS,
    Params,
    State,
    choice_of,
    observe,
    start,
    transition,
)
from teloscope.affect.subject import CALM_STEPS, ONSET, TARGETS, Description, Prospects, Step
from teloscope.affect.subjects.contexts import DELAY, SETUPS, Setup, params_at, started
from teloscope.affect.subjects.oracle import remaining_fitness
from teloscope.errors import BadAgent, BadStudy, NotFound
from teloscope.worlds.sampled import single_draws

_START, _STEP, _CHOICE = (np.uint64(int.from_bytes(word)) for word in (b"subjects", b"substeps", b"subchose"))
MEETING = 0.4
"""The distance within which the nearest other counts as met."""


class SavannaSubject:
    """Minds of one recipe.

    Args:
        minds: `M` of them.
        seeds: of their training, one a mind; None: 0 … M-1.
        diverged: why each counts as diverged, or empty strings; None: none does.
        name: for messages and reports.
        look_ahead: steps over which the oracle's clones live at most; None: to the end.

    Raises:
        BadAgent: there is no mind, or they are of different recipes.
    """

    def __init__(
        self,
        minds: Sequence[Mind],
        seeds: Sequence[int] | None = None,
        diverged: Sequence[str] | None = None,
        name: str = "savanna mind",
        look_ahead: int | None = None,
    ) -> None:
        if not minds or len({mind.recipe for mind in minds}) != 1:
            recipes = sorted({str(mind.recipe) for mind in minds})
            raise BadAgent(f"A subject needs minds of one recipe; got {len(minds)} of the recipes {recipes}.")
        pairs = [eqx.partition(mind, eqx.is_array) for mind in minds]
        self.arrays = jax.tree.map(lambda *leaves: jnp.stack(leaves), *(arrays for arrays, _ in pairs))
        self.static, self.mind, self.look_ahead = pairs[0][1], minds[0], look_ahead
        recipe = minds[0].recipe
        offered = {name for name, setup in SETUPS.items() if setup.plans or recipe.depth}
        offered -= set() if recipe.slow else {"lever", "lever_idle"}
        self._description = Description(
            name=name,
            dimensions=minds[0].dimensions,
            contexts=frozenset(offered),
            horizon=Params().max_steps_in_episode,
            minds=len(minds),
            seeds=tuple(seeds) if seeds is not None else tuple(range(len(minds))),
            slow=tuple(range(HIDDEN, HIDDEN + SLOW)) if recipe.slow else (),
            diverged=tuple(diverged or ()),
        )
        self.state: Any = None
        self.before: Any = None

    @classmethod
    def of_files(cls, paths: Sequence[str | Path], **options: Any) -> SavannaSubject:
        """The minds in some files; those that diverged are named as such.

        Raises:
            BadAgent: one can't be read, or they are of different recipes.
        """
        found = [load_mind(path) for path in paths]
        seeds = [head.get("training", {}).get("seed", i) for i, (_, head) in enumerate(found)]
        diverged = [head.get("diverged", "") for _, head in found]
        options.setdefault("name", Path(paths[0]).stem if len(paths) == 1 else f"{len(paths)} savanna minds")
        return cls([mind for mind, _ in found], seeds, diverged if any(diverged) else None, **options)

    @property
    def description(self) -> Description:
        return self._description

    def reset(self, context: str, *, episodes: int, seed: int) -> None:
        if context not in self._description.contexts:
            raise NotFound("context", context, self._description.contexts, "These minds do not offer it.")
        if episodes < 1:
            raise BadStudy(f"A subject was asked for {episodes} episodes; expected at least 1.")
        self.setup: Setup = SETUPS[context]
        self.episodes, self.seed, self.time = episodes, seed, 0
        self.seeds = np.arange(episodes, dtype=np.uint64) + (np.uint64(seed) << np.uint64(32))
        first = _start(single_draws(self.seeds, 0, _START, START_DRAWS), self._params(0))
        first = started(jax.tree.map(np.asarray, first), self.setup)
        minds = self._description.minds
        self.state = jax.tree.map(lambda leaf: np.broadcast_to(leaf, (minds, *leaf.shape)), first)
        blank = self.mind.blank()
        self.memory: Memory = jax.tree.map(lambda leaf: np.zeros((minds, episodes, *leaf.shape), np.float32), blank)
        self.events = [np.zeros(minds * episodes, np.float32)] * (DELAY + 1)
        self.before = None

    def act(self) -> Step:
        """Observe, update the latents, act, and let the world move one step.

        `avoid` is what the mind would do with the other that it meets, the nearest within 0.4, were it to act on it: a
        draw from its policy given that target, so that no choice of target selects the meetings. `event` marks shocks
        and windfalls, at the step in which they are first felt; bites are not marked.
        """
        if self.state is None:
            raise BadAgent("The subject was asked to act before `reset`; start its episodes first.")
        drawn = single_draws(self.seeds, self.time, _STEP, STEP_DRAWS)
        chosen = single_draws(self.seeds, self.time, _CHOICE, 2)
        calms = self.setup.calms and ONSET < self.time <= ONSET + CALM_STEPS
        was = self.state
        self.state, self.memory, told = _act(
            self.arrays,
            self.static,
            self.state,
            self.memory,
            drawn,
            chosen,
            self._params(self.time),
            calms,
            self.setup.plans,
            self.setup.damps,
        )
        self.before = (was, self.memory, told["action"])
        self.time += 1
        rows = {name: np.asarray(x).reshape(-1, *x.shape[2:]) for name, x in told.items() if name != "action"}
        event = rows.pop("event")
        self.events = [*self.events[1:], event]
        rows["event"] = self.events[0]
        if not self.mind.recipe.depth:
            rows["plan"] = np.full_like(rows["value"], np.nan)
        return Step(**rows)

    def latents(self) -> np.ndarray:
        return np.array(self.mind.latents(self.memory)).reshape(-1, self._description.dimensions)

    def set_latents(self, latents: np.ndarray) -> None:
        """Overwrite them, `[B, D]`.

        Raises:
            BadAgent: another shape, or numbers that are not finite.
        """
        shape = (self._description.minds * self.episodes, self._description.dimensions)
        latents = np.asarray(latents, np.float32)
        if latents.shape != shape or not np.isfinite(latents).all():
            raise BadAgent(f"Latents of shape {latents.shape} were set; expected finite numbers of shape {shape}.")
        parts: Any = latents.reshape(self._description.minds, self.episodes, -1)
        self.memory = self.mind.with_latents(self.memory, parts)

    def prospects(self, clones: int) -> Prospects:
        """Remaining fitness of clones; those of `now` and of `expected` share no luck.

        Raises:
            BadStudy: fewer than 2 clones, so that their error can't be told.
        """
        if clones < 2:
            raise BadStudy(f"The oracle was asked for {clones} clones; expected at least 2, and 64 as a rule.")
        key = jax.random.PRNGKey(self.seed)
        now = self._oracle(self.state, self.memory, jax.random.fold_in(key, 2 * self.time), clones, None)
        if self.before is None:
            return Prospects(now, np.full_like(now, np.nan))
        state, memory, action = self.before
        expected = self._oracle(state, memory, jax.random.fold_in(key, 2 * self.time + 1), clones, action)
        return Prospects(now, expected)

    def _oracle(self, state: Any, memory: Any, key: jax.Array, clones: int, action: Any) -> np.ndarray:
        living = partial(
            remaining_fitness,
            clones=clones,
            plans=self.setup.plans,
            damps=self.setup.damps,
            look_ahead=self.look_ahead,
        )
        params, acted = self._params(self.time), np.bool_(action is not None)
        first = np.zeros((self._description.minds, self.episodes), np.int32) if action is None else np.asarray(action)
        born = []
        for m in range(self._description.minds):
            arrays, here, remembered = _at(self.arrays, m), _at(state, m), _at(memory, m)
            luck = jax.random.fold_in(key, m)
            born.append(living(arrays, self.static, here, remembered, params, luck, first[m], acted))
        return np.concatenate([np.asarray(x) for x in born])

    def _params(self, step: int) -> Params:
        params = params_at(self.setup, step)._replace(plan_depth=float(self.mind.recipe.depth))
        # Numbers of one kind, so that every context runs what was compiled for the first.
        typed: list[Any] = [np.int32(p) if isinstance(p, int) else np.float32(p) for p in params]
        return Params(*typed)


def _at(tree: Any, index: int) -> Any:
    return jax.tree.map(lambda leaf: leaf[index], tree)


@jax.jit
def _start(drawn: jax.Array, params: Params) -> State:
    return jax.vmap(start, (0, None))(drawn, params)


@partial(jax.jit, static_argnames=("static", "calms", "plans", "damps"))
def _act(
    arrays: Any,
    static: Any,
    states: State,
    memories: Memory,
    drawn: jax.Array,
    chosen: jax.Array,
    params: Params,
    calms: bool,
    plans: bool,
    damps: bool,
) -> tuple[State, Memory, dict[str, jax.Array]]:
    """One step of `[M, E]` minds and worlds, and what a `Step` says of it."""

    def one(arrays: Any, state: State, memory: Memory, drawn: jax.Array, chosen: jax.Array) -> Any:
        mind: Mind = eqx.combine(arrays, static)
        seen = observe(state, params)
        memory, thought = mind.think(memory, seen, plans)
        latents = mind.latents(memory)
        action = jnp.int32(CALM) if calms else sample_action(thought.logits, chosen[0])
        after, reward, info = transition(state, action, drawn, params)
        choice = choice_of(action)
        kind = jnp.where(choice.target < PATCHES, TARGETS["food"], TARGETS["other"])
        kind = jnp.where(choice.effort == 0, TARGETS["rest"], kind)
        said = {
            "latents": latents,
            "effort": choice.effort,
            "observation": seen,
            "reward": reward,
            "offspring": info.offspring,
            "energy": state.energy,
            "fatigue": state.fatigue,
            "damage": state.damage,
            "target": jnp.where(choice.calms, TARGETS["nothing"], kind).astype(jnp.float32),
            "calm": choice.calms.astype(jnp.float32),
            "lever": choice.calms.astype(jnp.float32),
            "event": jnp.sign(info.gain - info.loss),
            "value": thought.value,
            "plan": thought.plan,
            "alive": state.alive,
            "action": action,
            **_meeting(state, thought.logits, chosen[1]),
        }
        return after, mind.calmed(memory, action) if damps else memory, said

    over_episodes = jax.vmap(one, (None, 0, 0, 0, 0))
    return jax.vmap(over_episodes, (0, 0, 0, None, None))(arrays, states, memories, drawn, chosen)


def _meeting(state: State, logits: jax.Array, draw: jax.Array) -> dict[str, jax.Array]:
    """The other that is met, and whether the mind would avoid it; NaN where nobody is met."""
    nearest = jnp.argmin(state.other_distance)
    met = state.other_distance[nearest] < MEETING
    by_choice = jax.nn.softmax(logits)[:CALM].reshape(-1, 2, len(EFFORTS))[PATCHES + nearest, :, 1:].sum(-1)
    avoids = draw < by_choice[1] / jnp.maximum(by_choice.sum(), 1e-9)
    told = {"avoid": avoids, "cue": -state.other_cue[nearest], "foe": 1 - state.other_friend[nearest]}
    return {name: jnp.where(met, value, jnp.nan) for name, value in told.items()}
