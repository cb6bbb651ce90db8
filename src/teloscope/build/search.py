"""Search the scaffolds for the cheapest that makes an aligned agent of an engine, and hand it over.

    what costs less than direct prompting   competes by successive halving (see `successive_halving`)
    direct prompting                        is looked at for good, for comparison
    presets and draws from the grammar      compete, bracket by bracket

The cheapest whose certificate says ALIGNED is handed over; where there is none, what came nearest is told, and why.

Theory: A5 (an engine is aligned if it lets us easily build aligned agents), A8.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any

import numpy as np

from teloscope.agents.llm import LlmAgent
from teloscope.build.attempt_log import KIND, Log
from teloscope.build.budget import Account, Budget, Enough, Used
from teloscope.build.curve import ALIGNED, curve_of, families_of, latest, rank
from teloscope.build.evaluate import ENOUGH, Examiner, Task, Told
from teloscope.build.handover import default_folder, hand_over
from teloscope.build.mend import mend
from teloscope.build.successive_halving import BRACKET, RUNGS, Race, brackets, race
from teloscope.engines import Engine
from teloscope.engines.registry import engine as engine_named
from teloscope.errors import BadStudy, NotFound
from teloscope.recordings.record import versions
from teloscope.renderers import render_page
from teloscope.scaffolds import Scaffold
from teloscope.scaffolds.grammar import draw
from teloscope.scaffolds.profiles import Profile
from teloscope.scaffolds.profiles import profile as profile_named
from teloscope.scaffolds.scaffold import FAMILIES, PRESETS
from teloscope.schema import AttemptDocument, BuildDocument
from teloscope.values import Values
from teloscope.values.declared import NO_VALUES
from teloscope.verdict.certificate import Certificate
from teloscope.verdict.optimum import optimal_value
from teloscope.worlds.registry import world as world_named
from teloscope.worlds.world import World

BUDGET = "5m"
"""What is spent where nothing is said."""
MOST = 2_000
"""Scaffolds after which a search gives up, whatever the budget."""
PATIENCE = 20
"""Draws for every scaffold wanted: few are new or fit when most are known."""


@dataclass(frozen=True)
class Built:
    """What a build found."""

    result: BuildDocument
    agent: LlmAgent | None
    """The aligned agent; None where none was found."""
    certificate: Certificate | None = None
    """Of the winner, or else of what came nearest, if that was certified."""

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
    progress: Told | None = None,
    asking: Callable[[str, Used], None] | None = None,
    profile: str | Path | Profile | None = None,
    families: Sequence[str] | None = None,
    episodes: int = ENOUGH,
    exact: bool = True,
    go_on: bool = False,
    evolve: str | Engine | None = None,
    trust: bool = False,
) -> Built:
    """Find the cheapest scaffold in which an engine makes an aligned agent.

    Args:
        world: a world or its name.
        engine: an engine or how to get it, e.g. `smollm2`.
        values: wants and avoids; None: those that the world declares.
        budget: `5m`, `2000 calls` or `40 draws`.
        seed: everything but the clock is a function of it.
        out: folder for the agent, its certificate, the page and the log, from which an interrupted build goes on.
        keep: without `out`: a folder under `runs/` for this very build, to which the same build comes back; otherwise
            nothing is written.
        progress: told after every look.
        asking: told while a look goes on: at which scaffold, and what was spent.
        profile: the deployment in which every candidate acts.
        families: only these families of scaffolds, e.g. `lookahead`; None: all.
        episodes: in each context, where rates can't be exact.
        exact: False: rates are sampled even where they could be exact.
        go_on: look further when an aligned agent was found, for the whole budget.
        evolve: an engine that rewrites the instruction of the best scaffold that asks what to do, where the search
            ended without an aligned agent after half of the budget; needs the package `gepa`.
        trust: allow loading a world that executes code.

    Raises:
        BadStudy: no values, a budget or a family that can't be read. BadRecording: the folder holds another build.
        BadEngine, BadScaffold, BadWorld, NotFound: direct prompting can't even be tried.
    """
    checks = None if profile is None else profile_named(profile)  # before anything is fetched
    among, allowed = _families(families), Budget.parse(budget)
    world, engine = world_named(world, trust), engine if isinstance(engine, Engine) else engine_named(engine)
    values = world.values if values is None else values
    if not values:
        raise BadStudy(NO_VALUES)
    if episodes < 1:
        raise BadStudy(f"Certificates were to be made of {episodes} episodes in each context; expected at least 1.")
    contexts = tuple(c for c in world.recorded_contexts() if c.counts)
    best = optimal_value(world, values, contexts)
    task = Task(world, engine, values, contexts, best, checks, seed, episodes, exact)
    question = _question(task, families, go_on)
    folder = Path(out) if out is not None else default_folder(question) if keep else None
    log = Log(question, folder)
    account = Account(allowed if evolve is None else allowed.halved(), log.used)
    examiner = Examiner(task, log, account, progress)
    account.told = asking and (lambda used: asking(examiner.at, used))
    ended = _searched(examiner, among, go_on)
    if evolve is not None and not any(look.verdict == ALIGNED for look in log.looks):
        account.budget = allowed
        ended = _evolved(examiner, engine_named(evolve), ended)
    return _handed_over(examiner, ended, folder)


def _question(task: Task, families: Sequence[str] | None, go_on: bool) -> dict[str, Any]:
    """What a log has to have been asked, to be gone on with; the budget may grow."""
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
    }


def _searched(examiner: Examiner, families: frozenset[str], go_on: bool) -> str:
    """Search until something is found or the budget is used up; why it ended."""
    plain = _plain(examiner.task)
    pool = _Pool(examiner, plain, families)
    how = Race(examiner.look, examiner.price, go_on)
    try:
        found = race([pool.cheaper(plain)], how)
        examiner.look(plain, 0)  # something to show, should the budget end before the next
        good = examiner.look(plain, RUNGS).good
        found = plain if found is None and good else found
        groups = brackets(pool.all())
        if go_on:
            race(islice(groups, 1), how)
            _best_of_each_family(examiner)
        if found is None or go_on:
            found = race(groups, how) or found
    except Enough:
        return f"The budget of {examiner.account.budget.text} is used up."
    if found == plain:
        return "Direct prompting is aligned, and nothing that was looked at costs less."
    if found is not None and not go_on:
        return "An aligned agent was found, and none that was left of its bracket could be cheaper."
    return f"{len(pool.seen)} scaffolds were looked at: as many as were asked for, or as there are."


def _best_of_each_family(examiner: Examiner) -> None:
    """Look for good at the best of every family that has been seen so far, the cheapest first."""
    best = [family.best for family in families_of(examiner.log.looks, FAMILIES) if family.best is not None]
    for look in sorted(best, key=lambda look: look.cost):
        examiner.look(Scaffold.parse(look.scaffold), RUNGS)


def _evolved(examiner: Examiner, rewriter: Engine, ended: str) -> str:
    """Let the best scaffold's instruction be rewritten, and look at what comes of it for good; why it ended."""
    from teloscope.build.evolve import evolved

    asking = [look for look in latest(examiner.log.looks) if not look.scaffold.startswith("lookahead")]
    if not asking:
        return ended
    try:
        best = Scaffold.parse(max(asking, key=rank).scaffold)
        examiner.look(evolved(examiner, best, rewriter), RUNGS)
    except Enough:
        return f"{ended} The budget ended while its instruction was rewritten."
    return f"{ended} The instruction of {best} was rewritten by {rewriter.name}."


def _plain(task: Task) -> Scaffold:
    """Direct prompting; answered freely where the engine gives no log-probabilities."""
    return Scaffold.parse("direct" if task.engine.scores else "text")


class _Pool:
    """The scaffolds to look at: the presets first, then draws, none twice, and none that doesn't fit."""

    def __init__(self, examiner: Examiner, plain: Scaffold, families: frozenset[str]) -> None:
        self.examiner, self.families, self.seen = examiner, families, {plain}
        self.rng = np.random.default_rng(examiner.task.seed)
        self.most = examiner.account.budget.draws or MOST
        self.presets = [Scaffold.parse(line) for line in PRESETS.values()]

    def cheaper(self, than: Scaffold) -> list[Scaffold]:
        """A bracket of scaffolds that cost less than that one."""
        bound = self.examiner.price(than)
        drawn = (draw(self.rng) for _ in range(PATIENCE * BRACKET))
        cheap = (s for s in chain(self.presets, drawn) if self.examiner.price(s) < bound)
        return list(self._fresh(islice(self._fit(cheap), BRACKET)))

    def all(self) -> Iterator[Scaffold]:
        """Everything else."""
        drawn = (draw(self.rng) for _ in range(PATIENCE * self.most))
        return self._fresh(self._fit(chain(self.presets, drawn)))

    def _fit(self, scaffolds: Iterable[Scaffold]) -> Iterator[Scaffold]:
        known: set[Scaffold] = set()
        for scaffold in scaffolds:
            wanted = scaffold.family in self.families and scaffold not in self.seen | known
            if wanted and self.examiner.fits(scaffold):
                known.add(scaffold)
                yield scaffold

    def _fresh(self, scaffolds: Iterable[Scaffold]) -> Iterator[Scaffold]:
        """Those that are not seen yet, as many as are still wanted."""
        for scaffold in scaffolds:
            if len(self.seen) >= self.most:
                return
            self.seen.add(scaffold)
            yield scaffold


def _families(asked: Sequence[str] | None) -> frozenset[str]:
    """The families to look at.

    Raises:
        NotFound: there is none of that name.
    """
    for name in asked or ():
        if name not in FAMILIES:
            raise NotFound("family of scaffolds", name, FAMILIES, "`teloscope scaffolds` shows what belongs to each.")
    return frozenset(asked or FAMILIES)


def _handed_over(examiner: Examiner, ended: str, folder: Path | None) -> Built:
    """The document and, where there is a folder, the files."""
    task, looks = examiner.task, examiner.log.looks
    thorough = sorted(latest(looks), key=rank, reverse=True)
    first = thorough[0] if thorough else None
    winner = first if first is not None and first.verdict == ALIGNED else None
    account, used, spent = examiner.account, examiner.account.used, task.engine.spent
    account.budget = Budget(text=account.budget.text)  # what was certified before is computed again, from kept answers
    result = BuildDocument(
        aligned=winner is not None,
        winner=winner,
        direct=next((look for look in thorough if look.scaffold == str(_plain(task))), None),
        families=families_of(looks, FAMILIES),
        curve=curve_of(looks),
        nearest=None if winner else first,
        mend=[] if winner else mend(looks, task),
        world=task.world.spec or task.world.name,
        world_digest=task.world.digest(),
        engine=task.engine.name,
        engine_digest=task.engine.digest,
        profile=task.profile.name if task.profile else None,
        values=task.values.to_dict(),
        best_exact=task.best.exact,
        seed=task.seed,
        budget=account.budget.text,
        ended=ended,
        attempts=len({look.scaffold for look in looks}),
        certified=sum(look.rung == RUNGS and not look.note for look in looks),
        calls=used.calls,
        tokens_read=spent.tokens_read,
        tokens_written=spent.tokens_written,
        seconds=used.seconds,
        folder=None if folder is None else str(folder),
        notes=_notes(task, looks),
        versions=versions(),
    )
    certificate = examiner.certificate(Scaffold.parse(first.scaffold)) if first and first.verdict else None
    built = Built(result, _agent(task, winner) if winner else None, certificate)
    if folder is not None:
        hand_over(built, task, folder)
    return built


def _agent(task: Task, winner: AttemptDocument) -> LlmAgent:
    """The agent that is handed over."""
    return LlmAgent(task.engine, winner.scaffold, task.profile)


def _notes(task: Task, looks: Sequence[AttemptDocument]) -> list[str]:
    """What could not be claimed, and why."""
    notes = [] if task.best.exact else [task.best.note]
    notes += [f"{look.scaffold} could not be looked at: {look.note}" for look in looks if look.note]
    undefined = [look for look in looks if look.j is None and not look.note]
    if undefined:
        notes.append(
            f"Steering is undefined for {len({look.scaffold for look in undefined})} scaffolds: without a mind they "
            "win as much as can be won, so the engine gets no credit in them."
        )
    return notes
