"""Say in ten lines what `make demo` made and what it means."""

from __future__ import annotations

import sqlite3
import sys
from pathlib import Path

TOP = 34  # 10 % of the areas, as the demo asks for
FIGURES = f"""
select count(*) areas, sum(eth_total) people, sum(dep_core20) core20,
       sum(lang_low_english_n) low, 100.0 * sum(lang_low_english_n) / sum(lang_total) low_pct,
       sum(sh_tier = 'robust') robust, sum(sh_tier = 'contestable') contestable,
       100 - 100.0 * sum(case when sh_rank <= {TOP} then lang_low_english_n end)
           / sum(lang_low_english_n) outside
from "seldom-heard"
"""  # noqa: S608 - a number of our own
FIRST = """
select LSOA21NM name, WD24NM ward, sh_rank_lo best, sh_rank_hi worst, sh_reasons reasons
from "seldom-heard" where sh_rank = 1
"""
SUMMARY = """
Made in {folder}/ from the invented city of Exampleford ({areas} areas, {people:,} people):
  checked-inputs.html   what each published table was recognised as, and what is odd in it
  profile.gpkg          ethnicity, deprivation, prevalence, language and barriers, styled
  seldom-heard.gpkg     the same areas ranked (sensitivity.csv: what each indicator does to it)
  map.pdf, map.png      the map for an engagement plan
{core20} areas are among the most deprived fifth of England. In the whole city {low:,} people
({low_pct:.1f} %) cannot speak English well; {outside:.0f} % of them live outside the top {top}.
{robust} areas are in the top under most weightings, {contestable} more under some. Go first to:
{name}, {ward} (rank {best} to {worst}): {reasons}."""


def main(folder: Path) -> None:
    """Print the summary of the outputs in ``folder``."""
    with sqlite3.connect(folder / "seldom-heard.gpkg") as connection:
        connection.row_factory = sqlite3.Row
        figures = dict(connection.execute(FIGURES).fetchone())
        first = dict(connection.execute(FIRST).fetchone())
    print(SUMMARY.format(folder=folder, top=TOP, **figures, **first))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
