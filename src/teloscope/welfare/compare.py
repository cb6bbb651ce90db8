"""Compare options for beings whose scales are unknown: from a table to everything that can be said of it.

Theory: E0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np

from teloscope.errors import BadUtilities
from teloscope.welfare.counting import DEFAULT_SCALES, count
from teloscope.welfare.result import Welfare
from teloscope.welfare.robustness.setting import Setting, make_setting
from teloscope.welfare.robustness.supports import find_supports
from teloscope.welfare.rules import RULES, RuleResult, answers, draw_shares, possible_winners
from teloscope.welfare.scales.numeraires import Numeraire, numeraires
from teloscope.welfare.scales.priors import DEFAULTS, Prior, read_prior
from teloscope.welfare.scales.welfare_ranges import RangeModel, WelfareRanges, read_ranges
from teloscope.welfare.tables.reading import read_utilities
from teloscope.welfare.tables.utilities import Floats, Utilities

Progress = Callable[[int, int, str], None]


def compare(
    source: str | Path | Mapping[str, Any] | Utilities | Any,
    *,
    zeros: float | str | Path | Mapping[str, float] | None = None,
    groups: str | Path | Mapping[str, float] | None = None,
    priors: Sequence[str | Prior] = (),
    ranges: Any = None,
    ordinal: Sequence[str] = (),
    unit: Literal["range", "given"] | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> Welfare:
    """What holds between beings whose scales are unknown, the weakest assumption first.

    Args:
        source: a CSV or Parquet file, a dataframe, a mapping of columns, or what `from_recordings` made. Rows are
            options and columns are beings; or long, with `option`, `being`, `utility` (and `low`, `high` or `draw`).
        zeros: where life is neither good nor bad: one number for all, a mapping from beings, or a CSV file with `being`
            and `zero`.
        groups: how many beings a column stands for: a mapping, or a CSV file with `being` and `size`.
        priors: further priors on scales, such as "lognormal:sd=2", or the path of a file of draws.
        ranges: a table of published welfare ranges (`being`, `model`, `median`).
        ordinal: beings of whom only the order is known.
        unit: what counts alike at equal strength. "range": everyone's distance between the worst and the best option
            here, which no rescaling changes. "given": everyone's given numbers. Default: range, and given where there
            are `ranges`, which are meant for the given numbers.
        seed: everything random follows from it.
        progress: called with what is done, of how much, and what it is.

    Returns:
        Everything found: `.document()`, dataframes, `.report(path)`.

    Raises:
        BadUtilities: the table, a prior or the ranges can't be read or compared.
        NotFound: a being is named that is not in the table.
    """
    utilities = read_utilities(source, zeros, groups, ordinal)
    if seed < 0:
        raise BadUtilities(f"The seed is {seed}; expected 0 or more.")
    if unit not in (None, "range", "given"):
        raise BadUtilities(f"The unit is {unit!r}; expected 'range' or 'given'.")
    told_ranges = None if ranges is None else read_ranges(ranges, utilities.beings)
    setting = make_setting(utilities, unit or ("range" if told_ranges is None else "given"))
    asked = _priors(priors, utilities)
    models: Sequence[RangeModel] = told_ranges.models if told_ranges else ()
    counted = tuple(count(setting, counting, asked, models, seed) for counting in setting.countings)
    return Welfare(
        setting=setting,
        supports=find_supports(setting, seed, progress),
        counted=counted,
        rules=_rules(setting),
        numeraires=_numeraires(setting, asked, told_ranges),
        ranges=told_ranges,
        seed=seed,
        source=getattr(source, "origin", ""),
    )


def _priors(given: Sequence[str | Prior], utilities: Utilities) -> tuple[Prior, ...]:
    """The default priors, and the user's; of the same name one."""
    read = [read_prior(prior, utilities.beings) if isinstance(prior, str) else prior for prior in given]
    return tuple({prior.name: prior for prior in (DEFAULT_SCALES, *DEFAULTS, *read)}.values())


def _rules(setting: Setting) -> dict[str, RuleResult]:
    utilities, front = setting.utilities, setting.dominance.front
    by_total = answers(utilities, setting.people("totals"), front)
    by_average = answers(utilities, setting.people("averages"), front)
    told = {}
    for rule in RULES:
        possible = None
        if utilities.uncertain and not by_total[rule.key].refused:
            possible = possible_winners(rule, utilities, setting.people("totals"), front)
        shares = draw_shares(rule, utilities, setting.people("totals"))
        told[rule.key] = RuleResult(by_total[rule.key], by_average[rule.key], possible, shares)
    return told


def _numeraires(
    setting: Setting, priors: Sequence[Prior], ranges: WelfareRanges | None
) -> tuple[tuple[str, list[Numeraire]], ...]:
    """The best expected sum in each being's unit, for each prior; and over the models of the ranges, all alike."""
    members = setting.members
    if len(members) < 2:
        return ()
    values = setting.scaled.value[np.ix_(setting.rows, members)]
    counts = setting.counts("totals")[members]
    told: list[tuple[str, Floats]] = []
    for prior in priors:
        told.append((prior.name, prior.mean_ratios(len(setting.utilities.beings))[np.ix_(members, members)]))
    if ranges is not None and len(ranges.models) > 1:
        over = np.mean([model.mean_ratios(0)[np.ix_(members, members)] for model in ranges.models], axis=0)
        told.append(("all models of the welfare ranges, each equally likely", over))
    return tuple(
        (name, [n._replace(being=int(members[n.being])) for n in numeraires(values, counts, ratios)])
        for name, ratios in told
    )
