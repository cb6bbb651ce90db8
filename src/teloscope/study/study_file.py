"""The keys of a study file: which agent is audited, in which world, against which values.

    world = "coin"
    agent = "onnx:coin.onnx"

    [values]
    want = ["end(coin_taken)"]

Keyword arguments have the same names. Options of the command line replace keys of the file. Paths in a file are
relative to its folder.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import Field, PrivateAttr, StrictBool, StrictInt, ValidationError

from teloscope.errors import BadStudy
from teloscope.file_errors import COMMAND_LINE, Source, study_errors
from teloscope.study.toml_tables import ContextEntry, Table, ValuesTable, as_list, read_toml

if TYPE_CHECKING:
    from teloscope.verdict import Verdict

SUBJECTS = frozenset({"agent", "recording", "minari", "inspect_log"})
"""The keys that name the subject of an audit; a study has one of them."""

Require = Literal["aligned", "misaligned", "aimless", "undecided"]


class StudyFile(Table):
    """What a study file may say."""

    world: Annotated[str | None, Field(examples=['"coin"'])] = None
    """A world of the suite, a Gymnasium id, or your own as `package.module:Class` (with --trust)."""
    agent: Annotated[str | None, Field(examples=['"onnx:policy.onnx"'])] = None
    """The agent, as `teloscope agents` lists them."""
    profile: Annotated[str | None, Field(examples=['"researcher"'])] = None
    """What a language model may think, say and do: the name of a profile, or a TOML file."""
    recording: Annotated[Path | None, Field(examples=['"runs/mine"'])] = None
    """Audit this recording, without the agent."""
    minari: Annotated[str | None, Field(examples=['"D4RL/door/human-v2"'])] = None
    """Audit this Minari data set (an id, or a folder), without the agent."""
    inspect_log: Annotated[tuple[Path, ...] | None, as_list, Field(examples=['["logs/run.eval"]'])] = None
    """Audit the tool-using agent of these Inspect logs (files, or folders of them), without the agent."""
    inspect_context: Annotated[str | None, Field(examples=['"attack"'])] = None
    """For Inspect logs: the entry of the samples' metadata that says which context each is in."""
    episodes: Annotated[StrictInt, Field(ge=1, le=1_000_000, examples=["200"])] = 200
    """Episodes in each context, of the agent and of each reference."""
    until: Annotated[Literal["decided"] | None, Field(examples=['"decided"'])] = None
    """Look after 50 episodes a context, and record twice as many until the verdict is decided: up to `episodes` where
    that is given, else up to 1,600."""
    seed: Annotated[StrictInt, Field(ge=0, lt=2**63, examples=["0"])] = 0
    """Everything random follows from it."""
    latents: StrictBool = False
    """Keep the latents of the agent's network beside its steps."""
    contexts: Annotated[
        tuple[ContextEntry, ...], Field(examples=['["train", {name = "windy", start = "train", noise = 0.3}]'])
    ] = ()
    """Names of the world's contexts to keep (none: all of them), and tables for new ones."""
    references: Annotated[tuple[str, ...] | None, Field(examples=['["uniform", "marginal", "replay", "idle"]'])] = None
    """Agents without the goal that the agent is compared with."""
    values: Annotated[ValuesTable | None, Field(examples=['{want = ["end(at_goal)"], avoid = ["reach(on_lava)"]}'])] = (
        None
    )
    """What we want and what we want avoided; left out: what the world declares."""
    features: dict[str, str] = Field(default_factory=dict, examples=['{height = "my_features:height"}'])
    """For a Gymnasium environment or Inspect logs: feature name -> your function, as `package.module:function` (with
    --trust)."""
    names: dict[str, str] = Field(default_factory=dict, examples=['{obs_0 = "position"}'])
    """For a Gymnasium environment or a Minari data set: observation column -> the name it gets."""
    arguments: dict[str, Any] = Field(default_factory=dict, examples=["{size = 8}"])
    """For a Gymnasium environment: what it is made with, in every context."""
    horizon: Annotated[StrictInt | None, Field(ge=1, examples=["100"])] = None
    """For a Gymnasium environment: steps in an episode, at most; left out: its own limit."""
    out: Annotated[Path | None, Field(examples=['"runs/mine"'])] = None
    """Folder of the recording and the report; left out: a folder under `runs/` that is named after the study."""
    probe: Annotated[StrictInt, Field(ge=0, examples=["3"])] = 0
    """How many further contexts may be recorded to tell apart what the data can't; choosing each costs pilots."""
    exact: Annotated[StrictBool, Field(examples=["true"])] = False
    """Compute rates instead of counting episodes, where the world and the agent are tables."""
    second_opinions: Annotated[StrictBool, Field(examples=["true"])] = False
    """Ask MEG and inverse reinforcement learning too, where the world is a table; takes some seconds."""
    require: Annotated[Require | None, Field(examples=['"aligned"'])] = None
    """The verdict without which `teloscope audit` exits with status 1."""

    _folder: Path = PrivateAttr(default=Path())
    _path: Path | None = PrivateAttr(default=None)

    @property
    def folder(self) -> Path:
        """The folder of the study file; modules are searched there too."""
        return self._folder

    @property
    def own_out(self) -> Path | None:
        """Folder that is written into; None: one that is named after the study.

        A study file may come from somebody else, so the folder that it names must lie in its own; on the command line
        and in Python any folder may be named.

        Raises:
            BadStudy: the file names a folder elsewhere.
        """
        if self._path is None or self.out is None or self.out.resolve().is_relative_to(self._folder.resolve()):
            return self.out
        raise BadStudy(
            f"The study file {self._path} writes to {self.out}, which is not in its own folder. Name a folder beside "
            f"it, or give --out {self.out} on the command line."
        )

    @classmethod
    def of(cls, **given: Any) -> Self:
        """A study from keyword arguments with the names of a file's keys.

        Raises:
            BadStudy: a key is not known, a value is of the wrong type, or they don't go together.
        """
        return cls._validate(given, Source("Study"))

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a study file.

        Raises:
            BadStudy: the file is not there, is not TOML, or has a wrong key or value; the message names the line.
        """
        given, source = read_toml(path)
        study = cls._validate(given, source)._with_paths_from(Path(path).parent)
        study._path = Path(path)
        return study

    def with_options(self, **given: Any) -> Self:
        """A copy of this study with some keys replaced, as by options of the command line.

        Raises:
            BadStudy: see `of`.
        """
        kept = self.model_dump(exclude_unset=True)
        if given.keys() & SUBJECTS:  # another subject replaces the subject of the file
            kept = {key: value for key, value in kept.items() if key not in SUBJECTS}
            if "agent" not in given:  # data bring their own world
                kept.pop("world", None)
        study = self._validate({**kept, **given}, COMMAND_LINE)
        study._folder = self._folder
        study._path = None if "out" in given else self._path
        return study

    @classmethod
    def _validate(cls, given: dict[str, Any], source: Source) -> Self:
        try:
            return cls.model_validate(given)
        except ValidationError as error:
            raise BadStudy(study_errors(error, cls, source)) from None

    def _with_paths_from(self, folder: Path) -> Self:
        """A copy whose relative paths start from the study file's folder."""
        update: dict[str, Any] = {
            key: folder / path for key, path in (("out", self.out), ("recording", self.recording)) if path is not None
        }
        if self.inspect_log is not None:
            update["inspect_log"] = tuple(folder / path for path in self.inspect_log)
        if self.minari is not None and (folder / self.minari).is_dir():
            update["minari"] = str(folder / self.minari)
        if self.profile is not None and (folder / self.profile).is_file():
            update["profile"] = str(folder / self.profile)
        kind, colon, file = (self.agent or "").partition(":")
        if colon and (folder / file.partition("?")[0]).is_file():
            update["agent"] = f"{kind}:{folder / file}"
        study = self.model_copy(update=update)
        study._folder = folder
        return study

    def is_met_by(self, verdict: Verdict) -> bool:
        """Whether the verdict is the required one, or none is required."""
        return self.require is None or verdict.verdict.lower() == self.require
