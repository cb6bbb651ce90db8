"""`teloscope worlds --check` and `--wish`: the words of a world, and wants in words as regimes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from teloscope.cli.console import print_json, result_console
from teloscope.errors import BadStudy, os_reason

if TYPE_CHECKING:
    from teloscope.schema import ProposalDocument
    from teloscope.values import Values
    from teloscope.worlds import World


def print_check(world: World, values: Values | None, engine: str | None, json: bool) -> int:
    """Print what is found of a world's sentences; 1 if something is found."""
    from teloscope.engines import engine as engine_named
    from teloscope.scaffolds.wording import check_words

    found = check_words(world, values, None if engine is None else engine_named(engine))
    if json:
        print_json(found)
        return 0 if found.fine else 1
    _line(f"{found.world}: {found.sentences} distinct sentences", "bold")
    for row in found.values:
        _line(f"\n{row.kind} {row.regime}", "bold")
        for sentence in row.telling:
            _line(f"    is told: {sentence}", "dim")
        for text in row.findings or ["fine"]:
            _line(f"    {text}")
        for text in row.proposals:
            _line(f"    rather: {text}", "green")
    if engine is None:
        _line("\nWhether an engine can tell these sentences apart is checked with --engine.", "dim")
    return 0 if found.fine else 1


def print_wish(
    world: World, wish: str, take: Sequence[str] | None, out: Path | None, engine: str | None, json: bool
) -> int:
    """Print proposals for a wish, or write those that were taken."""
    from teloscope.engines import engine as engine_named
    from teloscope.scaffolds.wording import propose_regimes

    found = propose_regimes(world, wish, None if engine is None else engine_named(engine))
    taken = _taken(found, take)
    if taken and out is not None:
        _write(taken, wish, out)
    if json:
        print_json([proposal.model_dump() for proposal in (taken or found)])
        return 0
    for number, row in enumerate(found, 1):
        _line(f"{'*' if row in taken else ' '} {number}  --{row.kind} {row.regime!r}", "bold")
        _line(f"       {', '.join(row.why)}", "dim")
        for sentence in row.telling:
            _line(f"       is told: {sentence}", "dim")
    if taken:
        _line(f"\nTaken: {', '.join(row.regime for row in taken)}{f', in {out}' if out else ''}")
    else:
        _line("\nThese are proposals. Take those that you mean by number: --take 1,2 --out values.toml")
    return 0


def _taken(found: Sequence[ProposalDocument], take: Sequence[str] | None) -> list[ProposalDocument]:
    numbers = [part for text in take or () for part in text.split(",") if part]
    for number in numbers:
        if not number.isdecimal() or not 1 <= int(number) <= len(found):
            raise BadStudy(f"Proposal {number!r} was to be taken; expected numbers from 1 to {len(found)}.")
    return [found[int(number) - 1] for number in dict.fromkeys(numbers)]


def _write(taken: Sequence[ProposalDocument], wish: str, out: Path) -> None:
    import json

    from teloscope.file_writing import whole_file

    kinds = {kind: [row.regime for row in taken if row.kind == kind] for kind in ("want", "avoid")}
    lines = [f"# {' '.join(wish.split())}", *(f"{kind} = {json.dumps(rows)}" for kind, rows in kinds.items() if rows)]
    try:
        with whole_file(out) as file:
            file.write(("\n".join(lines) + "\n").encode("utf-8"))
    except OSError as error:
        raise BadStudy(f"{out} can't be written: {os_reason(error)}. Choose another file with --out.") from None


def _line(text: str, style: str | None = None) -> None:
    result_console().print(text, style=style, markup=False, soft_wrap=True, highlight=False)
