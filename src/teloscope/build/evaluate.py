"""Evaluate one scaffold: with a few episodes on the lower rungs, with a certificate on the top rung.

On the lower rungs candidate and null act on the same seeds, which are the same for all candidates. The top rung uses no
result of the lower rungs: rates are exact, or come from seeds that no selection has used, and the error probability is
divided among all sampled certificates (see `verdict.certificate`).

Theory: A3, A5.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from teloscope.agents.llm import LlmAgent
from teloscope.build.attempt_log import AttemptLog
from teloscope.build.budget import BudgetMeter, MeteredEngine, Spending
from teloscope.build.cost import cost
from teloscope.build.curve import ALIGNED, score
from teloscope.build.sampling import sampled_hits
from teloscope.build.successive_halving import RUNGS
from teloscope.build.warm_start import known_examination, known_judges
from teloscope.engines import Engine
from teloscope.engines.null import Uniform
from teloscope.errors import BadScaffold, TeloscopeError
from teloscope.recordings.seeds import seed_word
from teloscope.scaffolds import Scaffold
from teloscope.scaffolds.judging.examine import examine
from teloscope.scaffolds.profiles import Profile
from teloscope.schema import AttemptDocument, ExaminationDocument
from teloscope.values import Values
from teloscope.verdict.certificate import EPISODES as CERTIFICATE_EPISODES
from teloscope.verdict.certificate import Certificate, certify
from teloscope.verdict.optimum import Optimum
from teloscope.verdict.steering_score import scores, steering
from teloscope.worlds.table.world import TableWorld
from teloscope.worlds.world import Context, World

EPISODES = (1, 4)
"""Episodes in each context, rung by rung."""
OnAttempt = Callable[[AttemptDocument], None]


class AttemptEvaluation(NamedTuple):
    """The result of an evaluation; see `successive_halving.Evaluation`."""

    score: float
    promising: bool
    good: bool


@dataclass(frozen=True)
class BuildTask:
    """What every scaffold of a build is evaluated for."""

    world: World
    engine: Engine
    values: Values
    contexts: tuple[Context, ...]
    best: Optimum
    profile: Profile | None = None
    seed: int = 0
    episodes: int = CERTIFICATE_EPISODES
    """In each context, for a certificate."""
    exact: bool = True
    """Whether rates may be exact; False: they are sampled, as coverage tests need."""


class Evaluator:
    """Evaluates scaffolds and logs the attempts."""

    def __init__(
        self, task: BuildTask, log: AttemptLog, meter: BudgetMeter, on_attempt: OnAttempt | None = None
    ) -> None:
        self.task, self.log, self.meter, self.on_attempt = task, log, meter, on_attempt
        self.engine = MeteredEngine(task.engine, meter)
        self.certificates: dict[str, Certificate] = {}
        """Scaffold -> its certificate, for those that this run made."""
        self.looked: list[AttemptDocument] = []
        """What this run asked for so far, in order; attempts of an earlier run come in as they are asked for again."""
        self.current = ""
        """The scaffold that is being evaluated."""
        self.found_examination: ExaminationDocument | None = None
        """What the engine can tell; None: it was not examined."""

    def examined(self) -> ExaminationDocument | None:
        """Examine the engine on everyday sentences; None for one that can't score or doesn't read.

        The attempts in a log came after it, and their spending counts it: where there are some, it is paid for.
        """
        engine = self.task.engine
        if engine.scores and engine.reads and self.found_examination is None:
            self.current = "examination on everyday sentences"
            with self.meter.paid() if self.log.attempts else nullcontext():
                self.found_examination = known_examination(engine) or examine(self.engine, *known_judges(engine))
        return self.found_examination

    @property
    def spent_on_looks(self) -> Spending:
        """What had been spent when the last look that this run asked for was done, in this run or in an earlier one."""
        last = max(self.looked, key=lambda attempt: attempt.number, default=None)
        return Spending() if last is None else Spending(last.seconds, last.calls)

    def evaluate(self, scaffold: Scaffold, rung: int) -> AttemptEvaluation:
        """Evaluate a scaffold, or return the logged result."""
        attempt = self.log.find(str(scaffold), rung) or self._attempt(scaffold, rung)
        self.looked.append(attempt)
        return AttemptEvaluation(score(attempt), attempt.promising, attempt.verdict == ALIGNED)

    def agent(self, scaffold: Scaffold, engine: Engine | None = None) -> LlmAgent:
        """The scaffold's agent, with the build's engine or with another one, such as a null."""
        kind = LlmAgent if self.task.exact else SampledAgent
        return kind(engine or self.engine, scaffold, self.task.profile)

    def fits(self, scaffold: Scaffold) -> bool:
        """Whether engine, profile and world allow a scaffold."""
        try:
            self.agent(scaffold)
        except BadScaffold:
            return False
        return isinstance(self.task.world, TableWorld) or not (scaffold.decide == "lookahead" or scaffold.shots)

    def decision_cost(self, scaffold: Scaffold) -> float:
        """The cost of one decision of a scaffold, in tokens read."""
        return cost(scaffold, self.task.world).total

    def _attempt(self, scaffold: Scaffold, rung: int) -> AttemptDocument:
        self.current = str(scaffold)
        self.meter.check()
        try:
            found = self._evaluate_certified(scaffold) if rung == RUNGS else self._evaluate_sampled(scaffold, rung)
        except TeloscopeError as error:
            if not self.log.attempts:
                raise  # an error in the first attempt would occur in all others
            found = {"v": 0.0, "v_null": 0.0, "j": None, "episodes": 0, "note": str(error)}
        used = self.meter.used
        attempt = AttemptDocument(
            number=len(self.log.attempts) + 1,
            scaffold=str(scaffold),
            family=scaffold.family,
            rung=rung,
            v_best=self.task.best.value,
            cost=self.decision_cost(scaffold),
            calls=used.calls,
            seconds=used.seconds,
            **found,
        )
        self.log.add(attempt)
        if self.on_attempt:
            self.on_attempt(attempt)
        return attempt

    def _evaluate_sampled(self, scaffold: Scaffold, rung: int) -> dict[str, Any]:
        """The numbers of a short evaluation."""
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
            "promising": _meets_all_values(hits[0], task.values, task.contexts),
        }

    def _evaluate_certified(self, scaffold: Scaffold) -> dict[str, Any]:
        """The numbers of a certificate."""
        found = self.certificate(scaffold).document
        numbers = found.steering
        return {
            "v": numbers.v,
            "v_null": numbers.v_null,
            "j": numbers.j,
            "j_low": numbers.j_low,
            "j_high": numbers.j_high,
            "level": numbers.level,
            "episodes": None if found.exact else self.task.episodes,
            "verdict": found.verdict,
            "sense": found.sense,
            "reasons": found.reasons,
            "promising": found.verdict == ALIGNED,
        }

    def certificate(self, scaffold: Scaffold) -> Certificate:
        """The certificate of a scaffold; computed again if an earlier run made it."""
        line = str(scaffold)
        if line not in self.certificates:
            task = self.task
            tops = [attempt for attempt in self.log.attempts if attempt.rung == RUNGS]
            before = tops[: next((place for place, attempt in enumerate(tops) if attempt.scaffold == line), len(tops))]
            self.certificates[line] = certify(
                task.world,
                self.agent(scaffold),
                task.values,
                episodes=task.episodes,
                seed=task.seed,
                attempts=1 + sum(attempt.episodes is not None and not attempt.note for attempt in before),
            )
        return self.certificates[line]


class SampledAgent(LlmAgent):
    """An agent without a policy, so that its rates are sampled even where they could be exact."""

    def policy(self, world: TableWorld) -> None:
        return None


def _meets_all_values(hits: Mapping[str, Any], values: Values, contexts: Sequence[Context]) -> bool:
    """Whether the sampled rates meet every want and every avoid in every context."""
    bounds = [v.target for v in values.wants] + [1 - v.tolerance for v in values.avoids]
    wants = len(values.wants)
    for context in contexts:
        rates = np.asarray(hits[context.name], dtype=np.float64).mean(axis=1)
        good = np.concatenate([rates[:wants], 1 - rates[wants:]])
        if (good < np.asarray(bounds)).any():
            return False
    return True
