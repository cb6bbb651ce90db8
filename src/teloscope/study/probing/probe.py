"""`--probe`: where the data leave open which regime is meant, choose the context that would tell, and record there.

1. ask: which goals can the recording not tell from something else?
2. pilot: a few episodes in every context that could be recorded further: those that the world offers or that were left
   out; and only where none of those tells, the recorded starts with a shove or with noise
3. choose the best (`goals.separate`), record it beside the contexts recorded so far, find goals again

A pilot has seeds of its own, so that no episode that chose a context is counted in it. Each round's pilots cost about
as many episodes as the context that they choose.

Theory: A2.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from teloscope.agents import Agent
from teloscope.agents import agent as agent_named
from teloscope.agents.references import ACTION_MATCHED
from teloscope.errors import BadStudy
from teloscope.goals.find import Goals, find_goals
from teloscope.goals.separation import Question, choose, questions
from teloscope.recordings import Recording, open_recording, record
from teloscope.recordings.record import frame_of
from teloscope.recordings.seeds import seed_word
from teloscope.recordings.storage.recording import MANIFEST, TemporaryFolder
from teloscope.recordings.storage.shards import ShardFiles, write_text
from teloscope.regimes import Regime
from teloscope.schema import Manifest
from teloscope.study.probing.candidate_contexts import left_out, made_up
from teloscope.study.probing.findings import answer, noted, nothing_asked, plural, unanswered, untold
from teloscope.values import Values
from teloscope.worlds import Context, World
from teloscope.worlds import world as world_named

if TYPE_CHECKING:
    from teloscope.recordings.record import Progress

PILOT, FEWEST = 24, 4
"""Episodes of a pilot in each context: at most, and at least."""


class Asked(NamedTuple):
    """What a probe asks with."""

    agent: Agent
    world: World
    wants: tuple[Regime, ...]
    seed: int
    """Of the bootstrap of goals."""
    out: Path | None
    progress: Progress | None


def probe(
    agent: str | Agent | Callable[..., Any],
    world: str | World,
    recording: Recording | str | Path,
    budget: int = 3,
    *,
    values: Values | Mapping[str, Any] | None = None,
    seed: int = 0,
    out: str | Path | None = None,
    progress: Progress | None = None,
    trust: bool = False,
) -> Goals:
    """The goals of an agent, after recording further contexts that tell apart what the recording can't.

    Args:
        agent: the agent that was recorded, or how to load it.
        world: the world that it was recorded in, or its name.
        recording: what there is so far; it is left as it is.
        budget: how many further contexts may be recorded, each with as many episodes as the others. Choosing one costs
            about as many again, in pilots.
        values: a pursued goal is told apart from the wants among these too; None: those that the world declares.
        seed: of the goals' bootstrap; episodes follow from the recording's own seed.
        out: folder in which each further recording gets one of its own; None: temporary ones.
        progress: told after every shard.
        trust: allow loading an agent or a world that executes code.

    Returns:
        The goals found in the last recording, which holds everything recorded before; their notes say what was asked
        and what came of it.

    Raises:
        BadStudy: the recording is of another agent or world, or of no agent at all.
    """
    world, agent = world_named(world, trust), agent_named(agent, trust)
    recording = recording if isinstance(recording, Recording) else open_recording(recording, world=world)
    _same_subject(agent, world, recording)
    if not isinstance(values, Values):
        values = Values.from_dict(recording.manifest.values if values is None else values)
    wants = tuple(want.regime for want in values.wants)
    folder = None if out is None else Path(out)
    return _Probe(Asked(agent, world, wants, seed, folder, progress), recording).run(budget)


def _same_subject(agent: Agent, world: World, recording: Recording) -> None:
    manifest = recording.manifest
    if manifest.from_data:
        raise BadStudy("Recorded data can't be probed: there is no agent to meet further contexts. Leave out --probe.")
    for what, mine, theirs in (
        ("agent", agent.digest, manifest.agent.digest),
        ("world", world.digest(), manifest.frame.world_digest),
    ):
        if mine != theirs:
            raise BadStudy(
                f"The {what} is not the one that was recorded in {recording.folder} (it has the digest {mine[:12]}, "
                f"the recording {theirs[:12]}). Give the same, or record anew."
            )


class _Choosing(NamedTuple):
    """How a context was chosen."""

    context: Context | None
    """None: none of those tried tells anything apart."""
    tried: tuple[Context, ...]
    episodes: int
    """Of all pilots together, for each actor."""


class _Probe:
    """One probe under way."""

    def __init__(self, asked: Asked, recording: Recording) -> None:
        self.asked, self.recording = asked, recording

    def run(self, budget: int) -> Goals:
        goals = find_goals(self.recording, self.asked.seed)
        for number in range(1, budget + 1):
            if not (left := questions(goals, self.asked.wants)):
                return goals if number > 1 else noted(goals, nothing_asked(goals))
            choosing = self._choosing(left, number)
            if choosing.context is None:
                return unanswered(goals, left, choosing.tried)
            self.recording = self._extended(choosing.context, left, number, choosing)
            goals = find_goals(self.recording, self.asked.seed)
        left = questions(goals, self.asked.wants) if budget else []
        return noted(goals, *(f"The budget of {plural(budget, 'probe')} is spent: {untold(q)}" for q in left))

    def _choosing(self, left: Sequence[Question], number: int) -> _Choosing:
        """The context that answers best: one that the world has, or else one that can be made of its starts."""
        tried: list[Context] = []
        episodes = 0
        for offers in (left_out(self.asked.world, self.recording), made_up(self.asked.world, self.recording)):
            if not offers:
                continue
            pilot = self._pilot(offers, number)
            tried += offers
            episodes += pilot.frame.episodes * len(offers)
            if choice := choose(left, pilot):
                return _Choosing(choice.context, tuple(tried), episodes)
        return _Choosing(None, tuple(tried), episodes)

    def _pilot(self, contexts: Sequence[Context], number: int) -> Recording:
        """A few episodes of everybody in each context, on seeds that are used for nothing else."""
        frame = self.recording.frame
        return record(
            self.asked.agent,
            self.asked.world,
            episodes=max(FEWEST, min(PILOT, frame.episodes // len(contexts))),
            contexts=contexts,
            references=self.recording.references,
            seed=int(seed_word("pilot", frame.seed, number)),
        )

    def _extended(self, context: Context, left: Sequence[Question], number: int, choosing: _Choosing) -> Recording:
        """The recording with one context more; its notes say why."""
        old, asked = self.recording, self.asked
        contexts = [*old.contexts, context]
        frame = frame_of(asked.world, contexts, old.references, old.frame.episodes, old.frame.seed)
        keep = TemporaryFolder() if asked.out is None else None
        folder = keep.path if keep else Path(asked.out or "") / f"probe-{number}-{frame.hash[:8]}"
        manifest = old.manifest.model_copy(update={"frame": frame})
        take_over(old, folder, manifest)
        record(
            asked.agent,
            asked.world,
            episodes=frame.episodes,
            contexts=contexts,
            references=old.references,
            seed=frame.seed,
            out=folder,
            progress=asked.progress,
        )
        made = open_recording(folder, keep, asked.world)
        why = f"Probe {number} chose {context.name} among {plural(len(choosing.tried), 'context')}"
        why += f" by pilots of {choosing.episodes} episodes in all, which count for nothing else."
        notes = [*old.manifest.notes, *(answer(q, made, context.name, number) for q in left), why]
        write_text(folder / MANIFEST, manifest.model_copy(update={"notes": notes}).model_dump_json(indent=2))
        return open_recording(folder, keep, asked.world)


def take_over(old: Recording, folder: Path, manifest: Manifest) -> None:
    """Begin a recording in a folder with all that doesn't depend on which other contexts there are.

    That is what everybody did who is not made of the agent's habits. Shards are linked, or copied where the file system
    has no links; what a killed run left torn is recorded again.
    """
    if not (folder / MANIFEST).exists():
        write_text(folder / MANIFEST, manifest.model_dump_json(indent=2))
    shards = range(-(-manifest.frame.episodes // manifest.shard))
    actors = [actor for actor in old.actors if actor not in ACTION_MATCHED]
    for context, actor, shard in product(old.contexts, actors, shards):
        source, target = (ShardFiles(where, context.name, actor, shard) for where in (old.folder, folder))
        for what in ("steps", "episodes"):
            _link(source.file(what), target.file(what))


def _link(source: Path, target: Path) -> None:
    if target.exists() or not source.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
