"""Nash's barter of 1950 as a comparison: every exchange from which both gain, and nobody knows who gains more.

python examples/welfare/bill_and_jack.py bill_and_jack.html
"""

from __future__ import annotations

import sys
from itertools import compress, product
from pathlib import Path

import polars as pl

from teloscope import welfare

GOODS = Path(__file__).with_name("goods_1950.csv")


def exchanges() -> pl.DataFrame:
    """One row an exchange: the goods that change hands, and what Bill and Jack gain."""
    goods = pl.read_csv(GOODS, comment_prefix="#").to_dicts()
    rows = []
    for moved in product([False, True], repeat=len(goods)):
        given = list(compress(goods, moved))
        bill = sum(-good["Bill"] if good["owner"] == "Bill" else good["Bill"] for good in given)
        jack = sum(good["Jack"] if good["owner"] == "Bill" else -good["Jack"] for good in given)
        rows.append({"option": " ".join(good["good"] for good in given), "Bill": bill, "Jack": jack})
    return pl.DataFrame(rows).filter((pl.col("Bill") > 0) & (pl.col("Jack") > 0))


def main(page: str = "bill_and_jack.html") -> welfare.Welfare:
    """Compare the exchanges and write the page."""
    found = welfare.compare(exchanges(), zeros=0)
    for sentence in found.document().answers:
        print("-", sentence)
    print("Page:", found.report(page))
    return found


if __name__ == "__main__":
    main(*sys.argv[1:2])
