"""Search for the cheapest scaffold that makes an aligned agent of an engine, and write that agent out.

    1. the engine's judges are chosen and examined on everyday sentences (see `judging.examine`); an engine that can't
       tell harm from nothing ends the build
    2. scaffolds that held in other worlds compete by successive halving (see `warm_start`, `successive_halving`)
    3. scaffolds that cost less than direct prompting compete
    4. presets and draws from the grammar compete, bracket by bracket; hopeless families are given up
    5. direct prompting is certified for comparison, within a quarter of the budget

The result is the cheapest scaffold whose certificate says ALIGNED. If there is none, the result names the best scaffold
and why it is not aligned.

Theory: A5 (an engine is aligned if it lets us easily build aligned agents), A8.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from teloscope.agents.llm import LlmAgent
from teloscope.build.attempt_log import KIND, SEARCH, AttemptLog
from teloscope.build.budget import Budget, BudgetExhausted, BudgetMeter, Spending
from teloscope.build.candidates import CandidatePool
from teloscope.build.credit import credit as credit_of
from teloscope.build.curve import ALIGNED, curve_of, families_of, most_thorough, rank
from teloscope.build.evaluate import CERTIFICATE_EPISODES, BuildTask, Evaluator, OnAttempt
from teloscope.build.handover import default_folder, hand_over
from teloscope.build.mend import mend
from teloscope.build.preparing.first_look import too_small
from teloscope.build.preparing.world_notes import world_notes
from teloscope.build.successive_halving import RUNGS, HalvingSetup, brackets, successive_halving
from teloscope.build.warm_start import warm_lines
from teloscope.engines import Engine
from teloscope.engines.registry import engine as engine_named
from teloscope.errors import BadStudy, NotFound
from teloscope.file_writing import held_folder
from teloscope.recordings.record import versions
from teloscope.renderers import render_page
from teloscope.scaffolds import Scaffold
from teloscope.scaffolds.profiles import Profile
from teloscope.scaffolds.profiles import profile as profile_named
from teloscope.scaffolds.scaffold import FAMILIES
from teloscope.schema import AttemptDocument, BuildDocument
from teloscope.values import Values
from teloscope.values.declared import NO_VALUES
from teloscope.verdict.certificate import Certificate
from teloscope.verdict.optimum import optimal_value
from teloscope.worlds.registry import world as world_named
from teloscope.worlds.world import World

BUDGET = "5m"
"""The default budget."""
FOUND = "An aligned agent was found, and none that was left of its bracket could be cheaper."
CANT_TELL = (
    "{engine} can't tell harm from nothing: on everyday sentences that are no world's, its judge puts harm below "
    "nothing no more often than chance would (p {p:.2f}). Nothing was spent on scaffolds; take a stronger engine, or "
    "look all the same with --go-on."
)
COMPARED = 0.25
"""Share of the budget that direct prompting may take for comparison, after the search."""


@dataclass(frozen=True)
class Built:
    """What a build found."""

    result: BuildDocument
    agent: LlmAgent | None
    """The aligned agent; None if none was found."""
    certificate: Certificate | None = None
    """The certificate of the winner, or else of the best scaffold, if that was certified."""

    @property
    def aligned(self) -> bool:
        """Whether an aligned agent was found."""
        return self.result.aligned

    def document(self) -> BuildDocument:
        """The JSON form."""
        return self.result

    def report(self, path: str | Path) -> Path:
        """Write the page."""
        return render_page("build", self.result, path)

    def __repr__(self) -> str:
        best = self.result.winner or self.result.nearest
        found = f"{best.scaffold}: {best.verdict}" if best else "nothing was looked at"
        return f"Built({found})"


def build(
    world: str | World,
    engine: str | Engine,
    *,
    values: Values | None = None,
    budget: str | Budget = BUDGET,
    seed: int = 0,
    out: str | Path | None = None,
    keep: bool = False,
    progress: OnAttempt | None = None,
    asking: Callable[[str, Spending], None] | None = None,
    profile: str | Path | Profile | None = None,
    families: Sequence[str] | None = None,
    episodes: int = CERTIFICATE_EPISODES,
    exact: bool = True,
    go_on: bool = False,
    evolve: str | Engine | None = None,
    credit: bool = False,
    named: bool = True,
    trust: bool = False,
) -> Built:
    """Find the cheapest scaffold in which an engine makes an aligned agent.

    Args:
        world: a world or its name.
        engine: an engine or how to get it, e.g. `smollm2`.
        values: wants and avoids; None: those that the world declares.
        budget: `5m`, `2000 calls` or `40 draws`.
        seed: all randomness follows from it; only the clock does not.
        out: folder for the agent, its certificate, the page and the log, from which an interrupted build goes on.
        keep: without `out`: write into a folder under `runs/` that belongs to this build; False: write nothing.
        progress: called after every attempt.
        asking: called during an attempt with its scaffold and the spending so far.
        profile: the deployment in which every candidate acts.
        families: only these families of scaffolds, e.g. `lookahead`; None: all.
        episodes: in each context, for a certificate whose rates can't be exact.
        exact: False: rates are sampled even if they could be exact.
        go_on: use the whole budget, even after an aligned agent was found.
        evolve: an engine that rewrites the instruction of the best scaffold that asks what to do, if the search found
            no aligned agent with half of the budget; needs the package `gepa`.
        credit: also work out what J credits: random signs, and a sentiment lexicon in the engine's place; it takes
            some seconds that are not counted.
        named: False: leave out scaffolds that have a name and the warm start; only random draws compete.
        trust: allow loading a world that executes code.

    Raises:
        BadStudy: no values, a budget or a family that can't be read. BadRecording: the folder holds another build.
        BadEngine, BadScaffold, BadWorld, NotFound: direct prompting can't even be tried.
    """
    checks = None if profile is None else profile_named(profile)  # before anything is fetched
    among, allowed = _check_families(families), Budget.parse(budget)
    world, engine = world_named(world, trust), engine if isinstance(engine, Engine) else engine_named(engine)
    values = world.values if values is None else values
    if not values:
        raise BadStudy(NO_VALUES)
    if episodes < 1:
        raise BadStudy(f"Certificates were to be made of {episodes} episodes in each context; expected at least 1.")
    contexts = tuple(c for c in world.recorded_contexts() if c.counts)
    best = optimal_value(world, values, contexts)
    task = BuildTask(world, engine, values, contexts, best, checks, seed, episodes, exact)
    question = _build_key(task, families, go_on) | ({} if named else {"named": False})
    folder = Path(out) if out is not None else default_folder(question) if keep else None
    with nullcontext() if folder is None else held_folder(folder, "building"):
        log = AttemptLog(question, folder)
        meter = BudgetMeter(allowed if evolve is None else allowed.halved(), log.used)
        evaluator = Evaluator(task, log, meter, progress)
        meter.on_check = asking and (lambda used: asking(evaluator.current, used))
        done = log.older and not go_on and any(attempt.verdict == ALIGNED for attempt in log.attempts)
        ended = FOUND if done else _search(evaluator, among, go_on, named)
        if evolve is not None and not any(attempt.verdict == ALIGNED for attempt in log.attempts):
            meter.budget = allowed
            ended = _evolve(evaluator, engine_named(evolve), ended)
        return _hand_over(evaluator, ended, folder, credit)


def _build_key(task: BuildTask, families: Sequence[str] | None, go_on: bool) -> dict[str, Any]:
    """What defines a build: only a log with the same entries is resumed. The budget is not among them and may grow."""
    return {
        "kind": KIND,
        "world": task.world.name,
        "world_digest": task.world.digest(),
        "engine": task.engine.name,
        "engine_digest": task.engine.digest,
        "profile": task.profile.digest if task.profile else None,
        "values": task.values.to_dict(),
        "seed": task.seed,
        "episodes": task.episodes,
        "exact": task.exact,
        "families": sorted(families) if families else None,
        "go_on": go_on,
        SEARCH: 2,
    }


def _search(evaluator: Evaluator, families: frozenset[str], go_on: bool, named: bool) -> str:
    """Search until a scaffold is found or the budget is used up; returns why it ended."""
    plain = _direct_prompting(evaluator.task)
    pool, ahead = CandidatePool(evaluator, plain, families, named), "lookahead" in families
    setup = HalvingSetup(evaluator.evaluate, evaluator.decision_cost, go_on)
    try:
        if why := too_small(evaluator, families):
            return why
        examined = evaluator.examined() if ahead else None
        if examined is not None and not examined.tells_harm and not go_on:
            return CANT_TELL.format(engine=evaluator.task.engine.name, p=examined.p_harm)
        warm = pool.warm(warm_lines(evaluator.task.world, evaluator.task.engine, examined)) if ahead and named else []
        found = successive_halving([warm] if warm else [], setup)
        if found is None or go_on:
            found = successive_halving([pool.cheaper(plain)], setup) or found
        if found is None or go_on:
            groups = brackets(pool.all())
            if go_on:
                successive_halving(islice(groups, 1), setup)
                _evaluate_best_of_each_family(evaluator)
            found = successive_halving(groups, setup) or found
        if plain.family in families:
            found = _compare_with_direct(evaluator, plain, found)
    except BudgetExhausted:
        return f"The budget of {evaluator.meter.budget.text} is used up."
    if found == plain:
        return "Direct prompting is aligned, and nothing that was looked at costs less."
    if found is not None and not go_on:
        return FOUND
    return f"{len(pool.seen)} scaffolds were looked at: as many as were asked for, or as there are."


def _compare_with_direct(evaluator: Evaluator, plain: Scaffold, found: Scaffold | None) -> Scaffold | None:
    """Look at direct prompting and certify it, within its share of the budget; the cheapest good scaffold."""
    try:
        with evaluator.meter.share(COMPARED, since=evaluator.spent_on_looks):
            evaluator.evaluate(plain, 0)  # a result, in case the budget ends before the next
            good = evaluator.evaluate(plain, RUNGS).good
    except BudgetExhausted:
        if found is None:
            raise
        return found
    cheaper = found is None or evaluator.decision_cost(plain) < evaluator.decision_cost(found)
    return plain if good and cheaper else found


def _evaluate_best_of_each_family(evaluator: Evaluator) -> None:
    """Certify the best scaffold of every family evaluated so far, the cheapest first."""
    best = [family.best for family in families_of(evaluator.log.attempts, FAMILIES) if family.best is not None]
    for attempt in sorted(best, key=lambda attempt: attempt.cost):
        evaluator.evaluate(Scaffold.parse(attempt.scaffold), RUNGS)


def _evolve(evaluator: Evaluator, rewriter: Engine, ended: str) -> str:
    """Let an engine rewrite the best scaffold's instruction, and certify the result; returns why it ended."""
    from teloscope.build.evolve import evolve_advice

    candidates = [
        attempt for attempt in most_thorough(evaluator.log.attempts) if not attempt.scaffold.startswith("lookahead")
    ]
    if not candidates:
        return ended
    try:
        best = Scaffold.parse(max(candidates, key=rank).scaffold)
        evaluator.evaluate(evolve_advice(evaluator, best, rewriter), RUNGS)
    except BudgetExhausted:
        return f"{ended} The budget ended while its instruction was rewritten."
    return f"{ended} The instruction of {best} was rewritten by {rewriter.name}."


def _direct_prompting(task: BuildTask) -> Scaffold:
    """The scaffold of direct prompting; with a free reply if the engine gives no log-probabilities."""
    return Scaffold.parse("direct" if task.engine.scores else "text")


def _check_families(names: Sequence[str] | None) -> frozenset[str]:
    """The families to evaluate.

    Raises:
        NotFound: there is none of that name.
    """
    for name in names or ():
        if name not in FAMILIES:
            raise NotFound("family of scaffolds", name, FAMILIES, "`teloscope scaffolds` shows what belongs to each.")
    return frozenset(names or FAMILIES)


def _hand_over(evaluator: Evaluator, ended: str, folder: Path | None, credited: bool) -> Built:
    """Make the document and, if there is a folder, write the files."""
    task, attempts = evaluator.task, evaluator.log.attempts
    ranked = sorted(most_thorough(attempts), key=rank, reverse=True)
    first = ranked[0] if ranked else None
    winner = first if first is not None and first.verdict == ALIGNED else None
    meter, used, spent = evaluator.meter, evaluator.meter.used, task.engine.spent
    meter.budget = Budget(text=meter.budget.text)  # an earlier certificate is computed again, from cached answers
    result = BuildDocument(
        aligned=winner is not None,
        winner=winner,
        direct=next((attempt for attempt in ranked if attempt.scaffold == str(_direct_prompting(task))), None),
        families=families_of(attempts, FAMILIES),
        curve=curve_of(attempts),
        nearest=None if winner else first,
        mend=[] if winner else mend(attempts, task),
        world=task.world.spec or task.world.name,
        world_digest=task.world.digest(),
        engine=task.engine.name,
        engine_digest=task.engine.digest,
        profile=task.profile.name if task.profile else None,
        values=task.values.to_dict(),
        best_exact=task.best.exact,
        seed=task.seed,
        budget=meter.budget.text,
        ended=ended,
        attempts=len({attempt.scaffold for attempt in attempts}),
        certified=sum(attempt.rung == RUNGS and not attempt.note for attempt in attempts),
        calls=used.calls,
        tokens_read=spent.tokens_read,
        tokens_written=spent.tokens_written,
        seconds=used.seconds,
        folder=None if folder is None else str(folder),
        examination=evaluator.found_examination,
        credit=credit_of(task, attempts) if credited else None,
        notes=[*_notes(task, attempts), *world_notes(task)],
        versions=versions(),
    )
    certificate = evaluator.certificate(Scaffold.parse(first.scaffold)) if first and first.verdict else None
    built = Built(result, _agent(task, winner) if winner else None, certificate)
    if folder is not None:
        hand_over(built, task, folder)
    return built


def _agent(task: BuildTask, winner: AttemptDocument) -> LlmAgent:
    """The agent of the winner."""
    return LlmAgent(task.engine, winner.scaffold, task.profile)


def _notes(task: BuildTask, attempts: Sequence[AttemptDocument]) -> list[str]:
    """Notes on what could not be claimed, and why."""
    notes = [] if task.best.exact else [task.best.note]
    notes += [f"{attempt.scaffold} could not be looked at: {attempt.note}" for attempt in attempts if attempt.note]
    undefined = [attempt for attempt in attempts if attempt.j is None and not attempt.note]
    if undefined:
        notes.append(
            f"Steering is undefined for {len({attempt.scaffold for attempt in undefined})} scaffolds: without a mind "
            "they win as much as can be won, so the engine gets no credit in them."
        )
    return notes
