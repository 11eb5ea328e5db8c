"""Say in a few lines what `make demo` made and what it means."""

from __future__ import annotations

import csv
import sqlite3
import sys
import textwrap
from pathlib import Path

TOP = 34  # 10 % of the areas, as the demo asks for
SURE = 0.05  # q below which a finding stays, with so many areas looked at
FIGURES = f"""
select count(*) areas, sum(eth_total) people, sum(resp_total) placed,
       sum(voice_class in ('lower', 'much lower')) lower, sum(voice_class = 'much lower') far,
       sum(voice_q < {SURE} and voice_ratio < 100) stay,
       sum(sh_tier = 'robust') robust, sum(sh_tier = 'contestable') contestable,
       sum(sh_flag) flagged, sum(lang_low_english_n) low,
       100.0 * sum(lang_low_english_n) / sum(lang_total) low_pct,
       100 - 100.0 * sum(case when sh_rank <= {TOP} then lang_low_english_n end)
           / sum(lang_low_english_n) outside
from "seldom-heard"
"""  # noqa: S608 - numbers of our own
FIRST = """
select LSOA21NM name, WD24NM ward, sh_rank_lo best, sh_rank_hi worst, sh_reasons reasons
from "seldom-heard" where sh_rank = 1
"""
PLAN = """
select sum(quota_n) to_win, sum(quota_n > 0) quotas, sum(reach_people_n) sought
from plan
"""
VENUES = """
select count(*) venues, sum(venue_chosen) chosen,
       sum(case when venue_chosen then venue_new_n end) reached,
       max(case when venue_order = 1 then name end) venue
from venues
"""
FILES = """
Made in {folder}/ from the invented city of Exampleford ({areas} areas, {people:,} people) and an
invented survey of it:
  checked-inputs.html      what each published table was recognised as, and what is odd in it
  profile.gpkg             ethnicity, deprivation, prevalence, language and barriers, styled
  voice.gpkg .html         replies of each area against those expected (voice-map.pdf: the map)
  groups.csv .html         which groups replied less than their share of the residents
  unplaced.csv             replies that lie in no area, and why
  seldom-heard.gpkg .html  the areas ranked (sensitivity.csv: what each indicator does to it)
  quotas.csv .html         replies to win in each area and of each group
  venues.gpkg .html        the venues that reach most of the people sought
  plan.gpkg                the areas with all of that
  map.pdf, map.png         the map of ranking, wards and venues
  atlas.pdf                a page for each ward, to hand to those who work there
  plan.html .xlsx          the engagement plan, and all of its tables (plan_tables/: as CSV)
Start with plan.html.
"""
WORDS = (
    "{placed:,} of {replies:,} replies can be placed. {lower} areas replied less than chance "
    "explains, {far} of them far less; {stay} remain when it is allowed for that so many areas are "
    "looked at. Groups that replied far less than their share (100): {groups}.",
    "In the whole city {low:,} people ({low_pct:.1f} %) cannot speak English well; {outside:.0f} % "
    "of them live outside the top {top}. {robust} areas are in the top in most draws, "
    "{contestable} more under some; in {flagged}, deprivation is high, English limited and replies "
    "few, all three. Go first to {name}, {ward} (rank {best} to {worst}): {reasons}.",
    "{to_win:,} replies from {quotas} areas would bring the survey near to fair shares. "
    "{chosen} of {venues} venues reach {reached:,} of {sought:,} people who cannot speak English "
    "well within 1,000 m, most of them at {venue}.",
)
WIDTH = 98


def quiet_groups(path: Path) -> str:
    """Return the groups that are much under-represented, each with its index, lowest first."""
    with path.open(encoding="utf-8", newline="") as file:
        quiet = [row for row in csv.DictReader(file) if row["class"] == "much under-represented"]
    quiet.sort(key=lambda row: float(row["index"]))
    return ", ".join(f"{row['title']} {float(row['index']):.0f}" for row in quiet)


def rows_in(path: Path) -> int:
    """Return how many rows a table has below its headings."""
    with path.open(encoding="utf-8", newline="") as file:
        return sum(1 for _ in csv.reader(file)) - 1


def row_of(path: Path, query: str) -> dict:
    """Return the one row that a query of a GeoPackage gives."""
    with sqlite3.connect(path) as connection:
        connection.row_factory = sqlite3.Row
        return dict(connection.execute(query).fetchone())


def main(folder: Path) -> None:
    """Print the summary of the outputs in ``folder``."""
    figures = row_of(folder / "seldom-heard.gpkg", FIGURES)
    figures |= row_of(folder / "seldom-heard.gpkg", FIRST)
    figures |= row_of(folder / "plan.gpkg", PLAN) | row_of(folder / "venues.gpkg", VENUES)
    replies = figures["placed"] + rows_in(folder / "unplaced.csv")
    groups = quiet_groups(folder / "groups.csv")
    told = {"folder": folder, "top": TOP, "replies": replies, "groups": groups, **figures}
    print(FILES.format(**told))
    print("\n".join(textwrap.fill(words.format(**told), WIDTH) for words in WORDS))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
