"""Priors on the strength with which a being feels: what is believed of each scale before anything is observed.

Every scale is drawn on its own, in the unit that the table is read in, and its median is 1: nobody is thought stronger.

    loguniform:ratio=1000     log-uniform, so that no two scales are further apart than 1:1000
    lognormal:sd=2            natural log of each scale normal, with this standard deviation
    student:df=2,scale=1      the log of each scale Student-t: heavy tails (df=1: Cauchy)
    file.csv                  draws of your own: a column a being, a row a draw, positive numbers

Theory: E0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri
from scipy.stats import t as student_t

from teloscope.errors import BadUtilities
from teloscope.welfare.tables.reading import read_frame
from teloscope.welfare.tables.utilities import Floats


class Prior(Protocol):
    """What is believed of scales."""

    @property
    def name(self) -> str:
        """As it is written."""
        ...

    @property
    def about(self) -> str:
        """What it says, in words."""
        ...

    def logs(self, uniforms: Floats) -> Floats:
        """`[N, B]` natural logs of scales, from uniform numbers of that shape."""
        ...

    def mean_ratios(self, beings: int) -> Floats:
        """`[B, B]` mean of the scale of the column over that of the row; inf where there is no finite mean."""
        ...


@dataclass(frozen=True)
class LogUniform:
    """Log-uniform between 1 / sqrt(ratio) and sqrt(ratio)."""

    ratio: float = 1000.0
    family: ClassVar[str] = "loguniform"
    width_name: ClassVar[str] = "ratio"

    @property
    def name(self) -> str:
        return f"loguniform:ratio={self.ratio:g}"

    @property
    def about(self) -> str:
        return (
            f"each being's scale is equally likely to be of any size, on a log scale, up to 1:{self.ratio:g} from "
            "the largest to the smallest"
        )

    def logs(self, uniforms: Floats) -> Floats:
        return np.log(self.ratio) * (uniforms - 0.5)

    def mean_ratios(self, beings: int) -> Floats:
        root, span = np.sqrt(self.ratio), np.log(self.ratio)
        return _square(beings, ((root - 1 / root) / span) ** 2 if span > 0 else 1.0)


@dataclass(frozen=True)
class LogNormal:
    """Normal logs."""

    sd: float = 2.0
    family: ClassVar[str] = "lognormal"
    width_name: ClassVar[str] = "sd"

    @property
    def name(self) -> str:
        return f"lognormal:sd={self.sd:g}"

    @property
    def about(self) -> str:
        with np.errstate(over="ignore"):
            times = np.exp(1.96 * np.sqrt(2) * self.sd)
        return (
            f"the log of each being's scale is normal with standard deviation {self.sd:g}: of two beings, the ratio "
            f"lies between 1:{times:.3g} and {times:.3g}:1 with probability 95 %"
        )

    def logs(self, uniforms: Floats) -> Floats:
        return self.sd * ndtri(uniforms)

    def mean_ratios(self, beings: int) -> Floats:
        with np.errstate(over="ignore"):
            return _square(beings, float(np.exp(self.sd**2)))


@dataclass(frozen=True)
class LogStudent:
    """Logs with heavy tails."""

    df: float = 2.0
    scale: float = 1.0
    family: ClassVar[str] = "student"

    @property
    def name(self) -> str:
        return f"student:df={self.df:g},scale={self.scale:g}"

    @property
    def about(self) -> str:
        return (
            f"the log of each being's scale has a Student-t distribution with {self.df:g} degrees of freedom times "
            f"{self.scale:g}: extreme strengths stay possible"
        )

    def logs(self, uniforms: Floats) -> Floats:
        return self.scale * student_t.ppf(uniforms, self.df)

    def mean_ratios(self, beings: int) -> Floats:
        return _square(beings, np.inf)


@dataclass(frozen=True)
class Drawn:
    """The user's own draws."""

    path: str
    scales: Floats
    """`[N, B]` positive."""

    @property
    def name(self) -> str:
        return Path(self.path).name

    @property
    def about(self) -> str:
        return f"{len(self.scales):,} draws of your own; only what they hold can be found"

    def only(self, beings: NDArray[np.intp]) -> Drawn:
        """The draws of some beings."""
        return replace(self, scales=self.scales[:, beings])

    def logs(self, uniforms: Floats) -> Floats:
        rows = np.minimum((uniforms[:, 0] * len(self.scales)).astype(np.intp), len(self.scales) - 1)
        return np.log(self.scales[rows])

    def mean_ratios(self, beings: int) -> Floats:
        with np.errstate(over="ignore"):
            return np.stack([(self.scales / self.scales[:, [n]]).mean(axis=0) for n in range(beings)])


def _square(beings: int, ratio: float) -> Floats:
    out = np.full((beings, beings), ratio)
    np.fill_diagonal(out, 1.0)
    return out


FAMILIES: dict[str, tuple[type[LogUniform] | type[LogNormal] | type[LogStudent], dict[str, float]]] = {
    "loguniform": (LogUniform, {"ratio": 1.0}),
    "lognormal": (LogNormal, {"sd": 0.0}),
    "student": (LogStudent, {"df": 0.0, "scale": 0.0}),
}
"""Family -> its class, and for each parameter the number that it has to exceed."""
DEFAULTS: tuple[Prior, ...] = (LogUniform(1000.0), LogNormal(2.0), LogStudent(2.0, 1.0))


def read_prior(text: str, beings: Sequence[str]) -> Prior:
    """The prior that a text or a file describes.

    Args:
        text: a family with its parameters, or the path of a file of draws.
        beings: `B` names, which a file must have as columns.

    Raises:
        BadUtilities: it is not a prior.
    """
    head, _, tail = text.partition(":")
    if head not in FAMILIES:
        if Path(text).suffix.lower() in (".csv", ".parquet", ".pq"):
            return _read_draws(text, beings)
        raise BadUtilities(
            f"{text!r} is not a prior. Expected loguniform:ratio=1000, lognormal:sd=2, student:df=2,scale=1, or a CSV "
            "or Parquet file of draws with a column a being."
        )
    kind, above = FAMILIES[head]
    given: dict[str, float] = {}
    for part in filter(None, tail.split(",")):
        key, _, number = part.partition("=")
        try:
            given[key.strip()] = float(number)
        except ValueError:
            raise BadUtilities(
                f"{number!r} in the prior {text!r} is not a number; expected e.g. {kind().name}."
            ) from None
    for key, number in given.items():
        if key not in above:
            raise BadUtilities(f"The prior {head!r} has no {key!r}; expected {', '.join(above)}, as in {kind().name}.")
        if not np.isfinite(number) or number <= above[key]:
            raise BadUtilities(
                f"{key} is {number:g} in the prior {text!r}; expected a finite number above {above[key]:g}."
            )
    return kind(**given)


def _read_draws(path: str, beings: Sequence[str]) -> Drawn:
    frame = read_frame(path)
    if missing := [name for name in beings if name not in frame.columns]:
        raise BadUtilities(
            f"{path} has no column {missing[0]!r}; expected a column of draws for every being: {', '.join(beings)}."
        )
    scales = np.stack([frame[name].cast(float, strict=False).fill_null(np.nan).to_numpy() for name in beings], axis=1)
    if not len(scales):
        raise BadUtilities(f"{path} has no draws; expected one a row.")
    if (bad := np.argwhere(~(np.isfinite(scales) & (scales > 0)))).size:
        row, b = bad[0]
        raise BadUtilities(
            f"Draw {row + 1} of {beings[b]!r} in {path} is {scales[row, b]:g}; expected a positive number, since a "
            "scale turns nobody's better into worse."
        )
    return Drawn(path, scales)
