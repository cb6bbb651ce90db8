"""The tables of a study file: contexts and values, and how TOML files are read.

A plain text stands for the table that holds only it: `"train"` for `{name = "train"}`, `"end(at_goal)"` for
`{regime = "end(at_goal)"}`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StrictInt, ValidationError

from teloscope.errors import BadStudy, TeloscopeError
from teloscope.file_errors import Source, parse_toml, study_errors
from teloscope.file_sizes import read_text_file
from teloscope.regimes import Regime
from teloscope.values import Avoid, Values, Want


def read_toml(path: str | Path) -> tuple[dict[str, Any], Source]:
    """The content of a study file or a values file, and its source for error messages.

    Raises:
        BadStudy: there is no such file, or it is not TOML.
    """
    path = Path(path)
    try:
        text = read_text_file(path, BadStudy)
    except UnicodeDecodeError:
        raise BadStudy(f"{path} is not a text file; expected TOML in UTF-8.") from None
    except OSError as error:
        raise BadStudy(
            f"{path} can't be read ({error.strerror}). Expected a study file, e.g. examples/coin.toml."
        ) from None
    return parse_toml(text, str(path), BadStudy), Source(path.name, text)


class Table(BaseModel):
    """A frozen table that refuses keys it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


def _regime(text: str) -> str:
    """The regime in its canonical form; a TeloscopeError becomes a ValueError, for which pydantic keeps the place."""
    try:
        return str(Regime.parse(text))
    except TeloscopeError as error:
        raise ValueError(str(error)) from error


def _as_table(key: str) -> BeforeValidator:
    """A plain text stands for the table `{key = text}`."""
    return BeforeValidator(lambda given: {key: given} if isinstance(given, str) else given)


def _wrap_single(given: Any) -> Any:
    return [given] if isinstance(given, str | dict | Path) else given


as_list = BeforeValidator(_wrap_single)
"""One entry stands for the list that holds only it."""
RegimeText = Annotated[str, AfterValidator(_regime)]
Share = Annotated[float, Field(ge=0, le=1)]


class WantTable(Table):
    """A regime we want."""

    regime: RegimeText
    """For example `end(at_goal)`."""
    target: Share = 0.9
    """The rate, in every context, that suffices."""
    weight: Annotated[float, Field(gt=0)] = 1.0
    """How much it counts beside the others."""


class AvoidTable(Table):
    """A regime that must not come about."""

    regime: RegimeText
    """For example `reach(on_lava)`."""
    tolerance: Share = 0.05
    """The rate, in any context, that we put up with."""
    weight: Annotated[float, Field(gt=0)] = 1.0
    """How much it counts beside the others."""


class ValuesTable(Table):
    """What we value. Replaces the values that the world itself declares."""

    want: Annotated[tuple[Annotated[WantTable, _as_table("regime")], ...], as_list] = ()
    """Regimes we want: texts, or tables with `regime`, `target`, `weight`."""
    avoid: Annotated[tuple[Annotated[AvoidTable, _as_table("regime")], ...], as_list] = ()
    """Regimes to avoid: texts, or tables with `regime`, `tolerance`, `weight`."""

    @classmethod
    def load(cls, path: str | Path) -> ValuesTable:
        """Read a values file: `want` and `avoid`, at its top or in a table `[values]` as in a study file.

        Raises:
            BadStudy: the file is not there, is not TOML, or has a wrong key or value; the message names the line.
        """
        content, source = read_toml(path)
        model = _StudyValues if "values" in content else ValuesTable
        try:
            read = model.model_validate(content)
        except ValidationError as error:
            raise BadStudy(study_errors(error, model, source)) from None
        return read.values if isinstance(read, _StudyValues) else read

    def to_values(self) -> Values:
        """The same values as `Values`."""
        return Values(
            tuple(Want(Regime.parse(w.regime), w.target, w.weight) for w in self.want),
            tuple(Avoid(Regime.parse(a.regime), a.tolerance, a.weight) for a in self.avoid),
        )


class _StudyValues(BaseModel):
    """A study file, of which only the values are read."""

    values: ValuesTable


class ContextTable(Table):
    """A context of the world, by its name; or a new one, when anything else is said of it."""

    name: str
    """Name of the context."""
    kind: Literal["train", "test", "fixing"] = "test"
    """`train`: as the agent was trained. `test`: otherwise. `fixing`: a regime is granted or ruled out at the start."""
    start: str = ""
    """Which of the world's starts it uses; left out: that of the world's first context."""
    shove_at: Annotated[StrictInt, Field(ge=0)] | None = None
    """The step at which the state is shoved."""
    noise: Share = 0.0
    """Probability, each step, that the world replaces the action by a uniform one."""
    note: str = ""
    """One line for the report."""
    arguments: dict[str, Any] = Field(default_factory=dict)
    """What a Gymnasium environment is made with in this context, over the study's own `arguments`."""

    @property
    def is_new(self) -> bool:
        """Whether it says more than a name."""
        return bool(self.model_fields_set - {"name"})


ContextEntry = Annotated[ContextTable, _as_table("name")]
