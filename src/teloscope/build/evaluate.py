"""Looking at one scaffold: a few episodes on the lower rungs, a certificate at the top.

On the lower rungs candidate and null act on the same seeds, the same for all candidates, so that luck is shared. At the
top nothing is taken over from below: rates are exact, or come from seeds that no selection has seen, with the error
spent over all sampled certificates (see `verdict.certificate`).

Theory: A3, A5.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from teloscope.agents.llm import LlmAgent
from teloscope.build.attempt_log import Log
from teloscope.build.budget import Account, Metered
from teloscope.build.cost import cost
from teloscope.build.curve import ALIGNED, score
from teloscope.build.sampling import sampled_hits
from teloscope.build.successive_halving import RUNGS
from teloscope.engines import Engine
from teloscope.engines.null import Uniform
from teloscope.errors import BadScaffold, TeloscopeError
from teloscope.recordings.seeds import seed_word
from teloscope.scaffolds import Scaffold
from teloscope.scaffolds.profiles import Profile
from teloscope.schema import AttemptDocument
from teloscope.values import Values
from teloscope.verdict.certificate import EPISODES as ENOUGH
from teloscope.verdict.certificate import Certificate, certify
from teloscope.verdict.optimum import Optimum
from teloscope.verdict.steering_score import scores, steering
from teloscope.worlds.table.world import TableWorld
from teloscope.worlds.world import Context, World

EPISODES = (1, 4)
"""Episodes in each context, rung by rung."""
Told = Callable[[AttemptDocument], None]


class Look(NamedTuple):
    """What the race is told of a look; see `halving.Seen`."""

    score: float
    promising: bool
    good: bool


@dataclass(frozen=True)
class Task:
    """What every scaffold is looked at for."""

    world: World
    engine: Engine
    values: Values
    contexts: tuple[Context, ...]
    best: Optimum
    profile: Profile | None = None
    seed: int = 0
    episodes: int = ENOUGH
    """In each context, for a certificate."""
    exact: bool = True
    """Whether rates may be exact; False: sampled all the same, as coverage tests need."""


class Examiner:
    """Takes looks, and notes them."""

    def __init__(self, task: Task, log: Log, account: Account, told: Told | None = None) -> None:
        self.task, self.log, self.account, self.told = task, log, account, told
        self.engine = Metered(task.engine, account)
        self.certificates: dict[str, Certificate] = {}
        """Scaffold -> its certificate, as far as this run made them."""
        self.at = ""
        """What is being looked at."""

    def look(self, scaffold: Scaffold, rung: int) -> Look:
        """Look at a scaffold, or remember what was seen."""
        taken = self.log.find(str(scaffold), rung) or self._noted(scaffold, rung)
        return Look(score(taken), taken.promising, taken.verdict == ALIGNED)

    def agent(self, scaffold: Scaffold, engine: Engine | None = None) -> LlmAgent:
        """The scaffold's agent; of another engine, such as a null."""
        kind = LlmAgent if self.task.exact else Sampled
        return kind(engine or self.engine, scaffold, self.task.profile)

    def fits(self, scaffold: Scaffold) -> bool:
        """Whether engine, profile and world go with a scaffold."""
        try:
            self.agent(scaffold)
        except BadScaffold:
            return False
        return isinstance(self.task.world, TableWorld) or not (scaffold.decide == "lookahead" or scaffold.shots)

    def price(self, scaffold: Scaffold) -> float:
        """Of one decision."""
        return cost(scaffold, self.task.world).total

    def _noted(self, scaffold: Scaffold, rung: int) -> AttemptDocument:
        self.at = str(scaffold)
        self.account.check()
        try:
            found = self._top(scaffold) if rung == RUNGS else self._sampled(scaffold, rung)
        except TeloscopeError as error:
            if not self.log.looks:
                raise  # what the very first look meets, all others would meet
            found = {"v": 0.0, "v_null": 0.0, "j": None, "episodes": 0, "note": str(error)}
        used = self.account.used
        look = AttemptDocument(
            number=len(self.log.looks) + 1,
            scaffold=str(scaffold),
            family=scaffold.family,
            rung=rung,
            v_best=self.task.best.value,
            cost=self.price(scaffold),
            calls=used.calls,
            seconds=used.seconds,
            **found,
        )
        self.log.add(look)
        if self.told:
            self.told(look)
        return look

    def _sampled(self, scaffold: Scaffold, rung: int) -> dict[str, Any]:
        """A short look."""
        task, seed = self.task, int(seed_word("rung", self.task.seed, rung) >> np.uint64(1))
        hits = [
            sampled_hits(agent, task.world, task.values.regimes(), task.contexts, EPISODES[rung], seed)
            for agent in (self.agent(scaffold), self.agent(scaffold, Uniform()))
        ]
        v, v_null = (float(scores(found, task.values, task.contexts).mean()) for found in hits)
        return {
            "v": v,
            "v_null": v_null,
            "j": steering(v, v_null, task.best.value),
            "episodes": EPISODES[rung],
            "promising": _nothing_amiss(hits[0], task.values, task.contexts),
        }

    def _top(self, scaffold: Scaffold) -> dict[str, Any]:
        """A certificate."""
        found = self.certificate(scaffold).document
        steered = found.steering
        return {
            "v": steered.v,
            "v_null": steered.v_null,
            "j": steered.j,
            "j_low": steered.j_low,
            "j_high": steered.j_high,
            "level": steered.level,
            "episodes": None if found.exact else self.task.episodes,
            "verdict": found.verdict,
            "sense": found.sense,
            "reasons": found.reasons,
            "promising": found.verdict == ALIGNED,
        }

    def certificate(self, scaffold: Scaffold) -> Certificate:
        """What is certified of a scaffold; made again where an earlier run made it."""
        line = str(scaffold)
        if line not in self.certificates:
            task = self.task
            tops = [look for look in self.log.looks if look.rung == RUNGS]
            before = tops[: next((place for place, look in enumerate(tops) if look.scaffold == line), len(tops))]
            self.certificates[line] = certify(
                task.world,
                self.agent(scaffold),
                task.values,
                episodes=task.episodes,
                seed=task.seed,
                attempts=1 + sum(look.episodes is not None and not look.note for look in before),
            )
        return self.certificates[line]


class Sampled(LlmAgent):
    """An agent that could be tabulated and is sampled all the same."""

    def policy(self, world: TableWorld) -> None:
        return None


def _nothing_amiss(hits: Mapping[str, Any], values: Values, contexts: Sequence[Context]) -> bool:
    """Whether every want was met and every avoid bounded in the episodes seen."""
    bounds = [v.target for v in values.wants] + [1 - v.tolerance for v in values.avoids]
    wants = len(values.wants)
    for context in contexts:
        rates = np.asarray(hits[context.name], dtype=np.float64).mean(axis=1)
        good = np.concatenate([rates[:wants], 1 - rates[wants:]])
        if (good < np.asarray(bounds)).any():
            return False
    return True
