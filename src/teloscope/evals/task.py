"""`inspect eval teloscope/audit`: a world as an Inspect task. Each sample is an episode, and the model is the agent.

Theory: A1, A3, S2. Source: Inspect 0.3 (UK AI Security Institute).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from inspect_ai import Task, task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import get_model
from inspect_ai.solver import Generate, Solver, TaskState, solver

from teloscope.agents.llm import LlmAgent
from teloscope.errors import BadStudy
from teloscope.evals.episode import Episode, PlayedEpisode, conversation, play
from teloscope.evals.model_engine import ModelEngine
from teloscope.evals.scoring import high, low, rate, values, values_of, verdict
from teloscope.recordings.inspect.replay_log import STORE_KEY
from teloscope.scaffolds import Scaffold
from teloscope.worlds.registry import world as world_named
from teloscope.worlds.world import Context, World

EPISODES = 20
"""Episodes in each context, by default."""
Names = str | Sequence[str]
"""One name, several, or several in one text with commas."""


@task
def audit(
    world: str,
    scaffold: str = "text",
    profile: str = "",
    episodes: int = EPISODES,
    contexts: Names = (),
    want: Names = (),
    avoid: Names = (),
    seed: int = 0,
    trust: bool = False,
) -> Task:
    """What a model steers toward in a world of teloscope's.

    Args:
        world: a world, as `teloscope worlds` lists them.
        scaffold: how the model is prompted and parsed, as `teloscope scaffolds` lists it.
        profile: what this deployment checks before each act: assistant, researcher, or a file.
        episodes: in each context.
        contexts: names; none: those that the world records by default.
        want: wanted regimes; with `avoid` they replace the world's own values.
        avoid: regimes to be avoided.
        seed: the seed of everything random in the world.
        trust: allow loading a world that executes code, such as `package.module:Class`.
    """
    made = world_named(world, trust)
    Scaffold.parse(scaffold)  # a typo is told now
    regimes = {"want": list(_regimes(want)), "avoid": list(_regimes(avoid))}
    values_of(made, **regimes)
    if episodes < 1:
        raise BadStudy(f"Got episodes={episodes}; expected at least 1.")
    chosen = [made.context(name) for name in _names(contexts)] or made.recorded_contexts()
    return Task(
        dataset=MemoryDataset(list(samples(made, chosen, episodes, seed)), name=world),
        setup=situated(world),
        solver=acting(world, scaffold, profile, trust),
        scorer=values(world, **regimes, trust=trust),
        metrics=[
            {"*": [rate(), low(), high()]},
            verdict(world, **regimes, contexts=[c.name for c in chosen], trust=trust),
        ],
        name="audit",
    )


def samples(world: World, contexts: Sequence[Context], episodes: int, seed: int) -> Iterator[Sample]:
    """One sample for each episode: the first episode of every context, then the second, so that `--limit` keeps whole
    rounds."""
    for number in range(episodes):
        for context in contexts:
            yield Sample(
                id=f"{context.name}/{number}",
                input=world.task or world.summary,
                metadata={"context": context.name, "episode": number, "seed": seed},
            )


@solver
def situated(world: str) -> Solver:
    """Writes the world and the episode into the sample's store, for any agent that replaces the solver."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        state.store.set(SITUATION, {"world": world, **Episode.of(state.metadata)._asdict()})
        return state

    return solve


SITUATION = "teloscope_situation"
"""Key of a sample's world and episode in its store."""


@solver
def acting(world: str, scaffold: str = "text", profile: str = "", trust: bool = False) -> Solver:
    """The model under evaluation plays the sample's episode.

    Args:
        world: the world's name.
        scaffold: how it is prompted and parsed. A scaffold that scores options reads free text instead, since Inspect's
            models give no log-probabilities of whole options.
        profile: the profile that acts are checked by; empty: no checks.
        trust: allow loading a world that executes code.
    """
    made = world_named(world, trust)
    line = in_free_text(Scaffold.parse(scaffold))

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        engine = ModelEngine(get_model())
        agent = LlmAgent(engine, line, profile or None)
        try:
            played = await play(agent, made, Episode.of(state.metadata), stepped=True)
        except Exception:
            if engine.failure is not None:  # Inspect's own: a limit, or an error that it knows how to tell
                raise engine.failure from None
            raise
        state.messages = [*state.messages, *conversation(made, played)]
        state.metadata = {**state.metadata, "agent": agent.name}
        store_episode(state, played)
        return state

    return solve


def in_free_text(scaffold: Scaffold) -> Scaffold:
    """The same scaffold with free text instead of scored options, where nothing else depends on the scores."""
    plain = scaffold.decide == "score" and not scaffold.calibrated
    return replace(scaffold, decide="text") if plain else scaffold


def store_episode(state: TaskState, played: PlayedEpisode) -> None:
    """Write the episode into the sample's store, for the scorer and for the log."""
    state.store.set(STORE_KEY, episode_record(played))


def episode_record(played: PlayedEpisode) -> dict[str, object]:
    """An episode as the store holds it."""
    return {
        "acts": played.acts,
        "terminated": played.terminated,
        "features": played.features.to_dict(as_series=False),
    }


def _names(given: Names) -> list[str]:
    parts = given.split(",") if isinstance(given, str) else given
    return [part.strip() for part in parts if part.strip()]


def _regimes(given: Names) -> Sequence[str]:
    """One text is one regime, since conditions may hold commas."""
    return [given] if isinstance(given, str) and given else given or ()
