"""`teloscope scaffolds`: list the grammar of scaffolds, or read one scaffold."""

from __future__ import annotations

from teloscope.cli.console import print_json, result_console
from teloscope.cli.options import Flag


def scaffolds(line: str | None = None, /, *, json: Flag = False) -> None:
    """List the pieces of scaffolds with what they cost, or read one line.

    A scaffold is a way of deciding (score, text, lookahead) and pieces joined
    by +. It stands after the last slash of an agent's name.

        $ teloscope scaffolds
        $ teloscope scaffolds think+memory:2
        $ teloscope audit ward --agent llm:smollm2/score+story+think:32

    Args:
        line: A scaffold to read: printed as it will be written in recordings, with its family.
        json: Print it as one JSON document on standard output.
    """
    from teloscope.scaffolds.grammar import listing
    from teloscope.scaffolds.judges import ERRAND_JUDGES, JUDGES
    from teloscope.scaffolds.scaffold import FAMILIES, PRESETS, Scaffold

    if line is not None:
        read = Scaffold.parse(line)
        told = {"scaffold": str(read), "family": read.family, "exact": read.tabulates}
        print_json(told) if json else _print(
            [(str(read), read.family, "rates are exact in table worlds" if read.tabulates else "rates are sampled")]
        )
        return
    pieces = [piece._asdict() for piece in listing()]
    judges = {name: judge.about for name, judge in JUDGES.items()}
    errand_judges = {name: judge.about for name, judge in ERRAND_JUDGES.items()}
    if json:
        print_json(
            {
                "pieces": pieces,
                "judges": judges,
                "errand_judges": errand_judges,
                "presets": PRESETS,
                "families": FAMILIES,
            }
        )
        return
    _print([(p["piece"], p["about"], p["cost"]) for p in pieces], "Pieces (what each costs a decision)")
    _print([(name, about, "") for name, about in judges.items()], "Judges, for lookahead (judge:, critic:)")
    _print([(name, about, "") for name, about in errand_judges.items()], "Judges of the errand (serves:)")
    named = [(name, whole, Scaffold.parse(whole).family) for name, whole in PRESETS.items()]
    _print(named, "Scaffolds with a name (and their family)")
    result_console().print(f"Families, for `build --families`: {', '.join(FAMILIES)}", markup=False, soft_wrap=True)


def _print(rows: list[tuple[str, str, str]], title: str = "") -> None:
    console = result_console()
    if title:
        console.print(f"{title}\n", style="bold", markup=False)
    width = max(len(word) for word, _, _ in rows)
    for word, about, cost in rows:
        console.print(
            f"  {word:<{width}}  {about}{f' ({cost})' if cost else ''}", markup=False, soft_wrap=True, highlight=False
        )
    if title:
        console.print()
