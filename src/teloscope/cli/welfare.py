"""`teloscope welfare`: options for beings whose strength of feeling is unknown."""

from __future__ import annotations

import webbrowser
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter

from teloscope.cli.console import print_json, print_message, progress_bar, result_console
from teloscope.cli.options import Flag, Names, Repeated
from teloscope.errors import BadUtilities


def welfare(
    *tables: Annotated[Path, Parameter(required=True)],
    zeros: str | None = None,
    groups: Path | None = None,
    prior: Repeated = (),
    ranges: Path | None = None,
    ordinal: Names = None,
    unit: Literal["range", "given"] | None = None,
    of: str = "return",
    out: Path | None = None,
    open: Flag = False,
    json: Flag = False,
    seed: int = 0,
) -> None:
    """Compare options for beings whose strength of feeling is unknown.

    One being may feel a thousand times as strongly as another and act the same.
    So first comes what holds however strongly anybody feels, then what each
    further assumption adds: how many times as strongly some must feel for the
    answer to change, how likely that is under a prior, and what named rules
    pick, each beside its assumptions.

        $ teloscope welfare options.csv --out welfare.html
        $ teloscope welfare options.csv --zeros 0 --groups sizes.csv --prior lognormal:sd=2
        $ teloscope welfare runs/ann runs/bob --of return

    Args:
        tables: A CSV or Parquet file: a row an option, a column a being; or long, with option, being, utility. Or
            folders of recordings, each a being, whose shared contexts are the options.
        zeros: Where life is neither good nor bad: a number for all, or a CSV file with being and zero.
        groups: CSV file with being and size, where a column stands for several equal beings.
        prior: A prior on scales, as loguniform:ratio=1000, lognormal:sd=2, student:df=2,scale=1, or a file of
            draws; may be repeated. The defaults are told too.
        ranges: CSV file of published welfare ranges: being, model, median, and if known low, high, source.
        ordinal: Beings of whom only the order is known.
        unit: What counts alike at equal strength: everyone's range over these options, which no rescaling changes, or
            the given numbers. [default: range; given with --ranges]
        of: For recordings: return, or a number over recorded features, such as energy - damage.
        out: Write the page to this file.
        open: Show the page in the browser; without --out it is written to welfare.html.
        json: Print everything as one JSON document on standard output.
        seed: Everything random follows from it.
    """
    from teloscope.report.welfare.terminal import print_welfare
    from teloscope.welfare import compare

    with progress_bar() as progress:
        found = compare(
            _source(tables, of, seed),
            zeros=zeros,
            groups=groups,
            priors=prior,
            ranges=ranges,
            ordinal=ordinal or (),
            unit=unit,
            seed=seed,
            progress=progress,
        )
    page = found.report(out or "welfare.html") if out is not None or open else None
    if json:
        print_json(found.document())
    else:
        print_welfare(found.document(), result_console(), page)
    if page is not None and json:
        print_message(f"Page: {page}")
    if page is not None and open:
        webbrowser.open(page.resolve().as_uri())


def _source(tables: Sequence[Path], of: str, seed: int) -> Any:
    """A table's file, or the table that recordings make."""
    if not any(table.is_dir() for table in tables):
        if len(tables) > 1:
            raise BadUtilities(
                f"There are {len(tables)} tables; expected one, with a column for every being, or the folders of "
                "recordings."
            )
        return tables[0]
    from teloscope.recordings import open_recording
    from teloscope.welfare import from_recordings

    return from_recordings([open_recording(table) for table in tables], of=of, seed=seed)
