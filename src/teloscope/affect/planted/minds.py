"""Planted minds in the linear savanna, many at once, as one `Subject`.

A mind has a slow channel of four latents (valence, arousal, hunger, sleep) and twelve fast ones that mix what it sees,
and with `reported` a copy of its valence. Strengths vary between minds. With leak l, noise e and the surprise s:

    valence' = l valence + g(s) - hunger input - injury input,    arousal' = l arousal + |s| - E|s|
    effort   = 1/2 + k_vigour (valence + arousal) / 8 + e
    avoid    = [cue - 4 k_judge valence / 5 + e > 0]

Theory: E1-E7, one dial each.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.special import ndtr, softmax

from teloscope.affect.planted import linear_savanna
from teloscope.affect.planted.properties import FULL, KINDS
from teloscope.affect.subject import CALM_STEPS, CONTEXTS, ONSET, TARGETS, Description, Prospects, Step

SLOW, FAST = 4, 12
VALENCE, AROUSAL, HUNGER, SLEEP = range(SLOW)
LEAK = 0.92
"""l: half of a mood is left after 8 steps."""
DELAY = 4
"""Steps after which the planner's output follows what it saw."""
SCALE = 1.0 / 0.35
"""Makes valence vary by about 1 in `forage`."""
OBSERVED = 7
"""reserve, fatigue, damage, surprise, told, cue, event."""


class PlantedMinds:
    """`M` minds of one kind: a `Subject` whose rows go mind by mind."""

    def __init__(
        self, kind: str, *, minds: int, seed: int, strength: tuple[float, float] = (1.0, 2.0), channel: bool = True
    ) -> None:
        """Make them.

        Args:
            kind: one of `KINDS`.
            minds: `M`.
            seed: the minds' strengths and mixtures follow from it.
            strength: each mind multiplies the properties of what its latents move by a factor from this range.
            channel: False: the same minds trained without the slow channel.
        """
        made = KINDS[kind]
        rng = np.random.default_rng([seed, minds])
        self.kind, self.source, self.seed, self.channel = kind, made.source, seed, channel
        factor = rng.uniform(*strength, minds)
        self.properties = {name: np.full(minds, value) for name, value in (FULL | dict(made.properties)).items()}
        for name in ("vigour", "judge", "blur", "drives", "reported", "hunger", "injury", "calling", "wanting"):
            self.properties[name] = self.properties[name] * factor
        self.leak = np.clip(LEAK + 0.02 * rng.standard_normal(minds), 0.85, 0.96)
        self.mixture = rng.standard_normal((minds, OBSERVED + 2, FAST)) / np.sqrt(OBSERVED)
        self.description = Description(
            name=f"planted:{kind}" + ("" if channel else " without its channel"),
            dimensions=SLOW + FAST,
            contexts=frozenset(CONTEXTS),
            horizon=200,
            minds=minds,
            seeds=tuple(range(seed * minds, (seed + 1) * minds)),
            slow=tuple(range(SLOW)),
        )

    def without_channel(self) -> PlantedMinds:
        """The same minds, trained without the slow channel: nothing of it reaches what they do."""
        other = PlantedMinds.__new__(PlantedMinds)
        other.__dict__ |= self.__dict__
        other.channel = False
        other.description = replace(self.description, name=f"{self.description.name} without its channel")
        return other

    def reset(self, context: str, *, episodes: int, seed: int) -> None:
        """Start episodes."""
        minds = self.description.minds
        rows = minds * episodes
        self.context, self.episodes = context, episodes
        self.rng = np.random.default_rng([seed, rows, 1])
        self.clone_rng = np.random.default_rng([seed, rows, 2])
        self.world = linear_savanna.start(context, rows, episodes)
        self.row = {name: np.repeat(values, episodes) for name, values in self.properties.items()}
        self.slow = np.zeros((rows, SLOW))
        self.fast = np.zeros((rows, FAST))
        self.seen = np.zeros((DELAY + 1, rows))
        self.clock = 2 * self.rng.standard_normal(rows)
        self.planned = np.zeros(rows)

    def latents(self) -> np.ndarray:
        """`[B, 16]`: four slow ones, then twelve fast ones."""
        return np.concatenate([self.slow, self.fast], 1)

    def set_latents(self, latents: np.ndarray) -> None:
        """Overwrite them; the fast ones are made anew by the next act."""
        self.slow = np.array(latents[:, :SLOW], float)

    def act(self) -> Step:
        """One step of all episodes; the draws are the same whatever the minds do."""
        rows = len(self.slow)
        noise, uniform = self.rng.standard_normal((8, rows)), self.rng.random((8, rows))
        told = (self.context == "hurt_told") * (self.world.step >= ONSET) * np.ones(rows)
        foe = (uniform[3] < 0.5).astype(float)
        met = np.ones(rows, bool) if self.context == "judging" else uniform[4] < linear_savanna.MEETING
        cue = linear_savanna.CUE * (2 * foe - 1) + noise[0]
        seen = self._observe(told, np.where(met, cue, 0.0), noise[1])
        plan = self._plan(seen[:, 0])
        self._feel(seen, noise[2])
        done = self._behave(seen, cue, noise, uniform)
        births, reward = self._paid(done, foe, met)
        step = Step(
            latents=self.latents(),
            observation=seen,
            reward=reward,
            offspring=births,
            energy=self.world.reserve.copy(),
            fatigue=self.world.fatigue.copy(),
            damage=self.world.damage.copy(),
            cue=np.where(met, cue, np.nan),
            foe=np.where(met, foe, np.nan),
            event=self.world.event.copy(),
            value=linear_savanna.WORTH * seen[:, 0],
            plan=plan,
            effort=done["effort"],
            avoid=np.where(met, done["avoid"], np.nan),
            target=done["target"],
            calm=done["calm"],
            lever=done["lever"],
        )
        if self.context == "lever":
            self.slow[:, VALENCE] += 0.5 * done["lever"]
        linear_savanna.advance(self.world, self.context, uniform[[0, 1, 7]].T)
        return step

    def prospects(self, clones: int) -> Prospects:
        """F_t in closed form, each clone with the declared noise."""
        state, noise = self.world, linear_savanna.CLONE_NOISE * linear_savanna.WORTH * linear_savanna.SPREAD
        shape = (len(state.reserve), clones)
        errors = noise * self.clone_rng.standard_normal((2, *shape), np.float32)
        now = linear_savanna.WORTH * state.reserve[:, None] + errors[0]
        expected = linear_savanna.WORTH * (state.reserve - state.surprise)[:, None] + errors[1]
        return Prospects(now, expected)

    def _observe(self, told: np.ndarray, cue: np.ndarray, noise: np.ndarray) -> np.ndarray:
        """`[B, 7]`, what the mind sees."""
        world = self.world
        reserve = world.reserve + 0.05 * noise
        parts = (reserve, world.fatigue, world.damage, world.surprise, told, cue, world.event)
        return np.stack(parts, 1)

    def _plan(self, reserve: np.ndarray) -> np.ndarray:
        """The planner's output: the value of what it saw, some steps later (at once where it comes first)."""
        self.seen = np.concatenate([reserve[None], self.seen[:-1]])
        late = np.where(self.row["early"] > 0, self.seen[DELAY], self.seen[0])
        return np.full_like(late, np.nan) if self.context == "unplanned" else linear_savanna.WORTH * late

    def _feel(self, seen: np.ndarray, noise: np.ndarray) -> None:
        """Update the slow channel, then the fast latents."""
        r, world, row = np.repeat(self.leak, self.episodes), self.world, self.row
        signal = (self.context.startswith("hurt")) * (world.step == ONSET) * np.ones(len(r))
        surprise = seen[:, 3] - 0.6 * signal * (1 - row["telling"] * seen[:, 4])
        causes = 0.1 * row["hunger"] * np.maximum(-seen[:, 0] - 0.8, 0) + 0.08 * row["injury"] * np.maximum(
            seen[:, 2] - 0.8, 0
        ) * (self.context == "injured")
        sized = np.where(surprise < 0, row["loss_gain"], 1.0) * surprise
        old = self.slow[:, VALENCE]
        moved = r * old + SCALE * sized - causes + 0.05 * noise
        self.clock = 0.92 * self.clock + 0.4 * self.rng.standard_normal(len(r))
        planned = np.zeros_like(old) if self.context == "unplanned" else self.seen[min(2, DELAY)]
        valence = {
            "change": moved,
            "level": r * old + (1 - r) * 2.0 * seen[:, 0] - causes + 0.02 * noise,
            "value": 1.5 * seen[:, 0],
            "clock": self.clock,
            "plan": r * old + SCALE * (planned - self.planned) + 0.05 * noise,
            "wander": r * old + 0.4 * noise,
        }[self.source]
        self.planned = planned
        size = np.abs(SCALE * sized)
        arousal = r * self.slow[:, AROUSAL] + size - SCALE * linear_savanna.TYPICAL
        if self.source in ("value", "clock"):
            arousal = np.zeros_like(arousal)
        if self.context == "hurt_calm" and ONSET < world.step <= ONSET + CALM_STEPS:
            valence, arousal = (x * (1 - 0.15 * row["calming"]) for x in (valence, arousal))
        hunger = 0.85 * self.slow[:, HUNGER] - 0.15 * seen[:, 0]
        sleep = 0.85 * self.slow[:, SLEEP] + 0.15 * seen[:, 1]
        self.slow = np.stack([valence, arousal, hunger, sleep], 1)
        copy = 2.0 * row["reported"] * valence
        mixed = np.concatenate([seen, copy[:, None], 0.5 * self.rng.standard_normal((len(r), 1))], 1)
        shaped = mixed.reshape(len(self.mixture), self.episodes, -1)
        self.fast = np.tanh(0.5 * np.einsum("mei,mid->med", shaped, self.mixture)).reshape(len(r), FAST)

    def _behave(
        self, seen: np.ndarray, cue: np.ndarray, noise: np.ndarray, uniform: np.ndarray
    ) -> dict[str, np.ndarray]:
        """What the mind does, given its latents; without the channel it acts as if all of them were 0."""
        row, on = self.row, float(self.channel)
        valence, arousal, hunger, sleep = (on * x for x in self.slow.T)
        effort = 0.5 + 0.125 * row["vigour"] * (valence + arousal) + 0.1 * noise[3]
        blur = np.exp(0.4 * row["blur"] * valence)
        hostile = cue - 0.8 * row["judge"] * valence + 0.5 * blur * noise[4] > 0
        body = row["drives"] == 0
        eat = np.where(body, np.maximum(-seen[:, 0], 0), row["drives"] * hunger)
        rest = np.where(body, seen[:, 1], row["drives"] * sleep)
        logits = np.stack([np.zeros_like(eat), eat, rest, np.zeros_like(eat)], 1)
        chances = softmax(logits, 1)
        target = (uniform[5][:, None] > np.cumsum(chances, 1)).sum(1)
        calm = uniform[6] < ndtr(-1.0 - 0.5 * row["calling"] * valence)
        pulls = np.zeros_like(effort)
        if self.context in ("lever", "lever_idle"):
            wants = (self.context == "lever") * np.minimum(row["wanting"], 2) * 0.25
            pulls = (uniform[2] < 0.05 + wants * ndtr(-valence)).astype(float)
        if self.context == "hurt_calm" and ONSET < self.world.step <= ONSET + CALM_STEPS:
            calm = np.ones_like(calm)
        return {
            "effort": np.clip(effort, 0, 1),
            "avoid": hostile.astype(float),
            "target": np.minimum(target, TARGETS["other"]).astype(float),
            "calm": calm.astype(float),
            "lever": pulls,
        }

    def _paid(self, done: dict[str, np.ndarray], foe: np.ndarray, met: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Births and the reward of the step."""
        wanted = np.clip(0.5 + 0.19 * SCALE * (self.world.abundance + self.world.turmoil), 0, 1)
        misfit = (done["effort"] - np.where(self.row["useful"] > 0, wanted, done["effort"])) ** 2
        births = 0.1 + linear_savanna.BIRTHS * self.world.reserve - linear_savanna.FIT * misfit
        judged = np.where(met, np.where(done["avoid"] == foe, 0.05, -0.05), 0.0)
        own = 0.0 if self.context == "judging" else births  # that task pays for judgement only
        return births, own + judged - 0.02 * done["lever"]
