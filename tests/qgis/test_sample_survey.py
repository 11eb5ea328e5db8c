"""The invented survey: the walk of docs/first-map.md, and the truth it was drawn from."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from .helpers import ROOT, SAMPLE, rows_of, run

TABLES = [
    SAMPLE / "census2021-ts021-lsoa.csv",
    SAMPLE / "census2021-ts025-lsoa.csv",
    SAMPLE / "census2021-ts029-lsoa.csv",
    SAMPLE / "census2021-ts038-lsoa.csv",
    SAMPLE / "census2021-ts045-lsoa.csv",
    SAMPLE / "TS011_household_deprivation.csv",
    SAMPLE / "File_7_IoD2025.csv",
    SAMPLE / "PREVALENCE_2425.csv",
    SAMPLE / "gp-reg-pat-prac-lsoa-all.csv",
]
REPLIES = SAMPLE / "replies" / "survey_replies.csv"
POSTCODES = SAMPLE / "replies" / "postcodes.csv"
LOWER = ("lower", "much lower")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("survey")


@pytest.fixture(scope="module")
def profile(folder):
    out = folder / "profile.gpkg"
    run("profileareas", INPUT=SAMPLE / "areas.gpkg", TABLES=TABLES, OUTPUT=out)
    return out


@pytest.fixture(scope="module")
def counted(profile, folder):
    return run(
        "countresponses",
        INPUT=profile,
        RESPONSES=REPLIES,
        POSTCODES=POSTCODES,
        GROUP_FIELD="ethnic_group",
        OUTPUT=folder / "counted.gpkg",
        UNPLACED=folder / "unplaced.csv",
    )


@pytest.fixture(scope="module")
def voice(counted, folder):
    return run("measurevoice", INPUT=counted.results["OUTPUT"], OUTPUT=folder / "voice.gpkg")


@pytest.fixture(scope="module")
def heard(voice, folder):
    return run("findseldomheard", INPUT=voice.results["OUTPUT"], OUTPUT=folder / "heard.gpkg")


@pytest.fixture(scope="module")
def walk() -> str:
    """The text of the walk, without marks and line ends."""
    text = (ROOT / "docs" / "first-map.md").read_text(encoding="utf-8")
    return " ".join(text.replace("*", "").split())


@pytest.fixture(scope="module")
def quiet() -> set[str]:
    """The areas that the sample's README says were made quiet."""
    text = (SAMPLE / "README.md").read_text(encoding="utf-8")
    told = text.split("quarter of the usual rate**:")[1].split("They sent")[0]
    return {f"Exampleford {name}" for name in re.findall(r"\d{3}[A-F]", told)}


def test_every_reply_is_placed_or_told(counted, walk, folder):
    done = counted.results
    assert done["PLACED"] + done["UNPLACED_COUNT"] == done["RESPONSES_COUNT"] == 7_164
    assert sum(row["resp_total"] for row in counted.rows()) == done["PLACED"]
    lines = (folder / "unplaced.csv").read_text(encoding="utf-8").splitlines()[1:]
    reasons = Counter(line.split(",", 1)[1].strip('"') for line in lines)
    assert len(lines) == done["UNPLACED_COUNT"]
    assert f"Placed: {done['PLACED']:,} of 7,164 replies (90.5 %). Not placed: {len(lines)}" in walk
    assert (
        f"{reasons['blank']} gave no postcode, {reasons['not a postcode']} something that is none, "
        f"{reasons['outside the areas']} live outside the city, "
        f"{reasons['unknown postcode']} postcodes are unknown, {reasons['no coordinates']} have no"
    ) in walk


def test_no_postcode_leaves_the_machine(counted, folder):
    text = (folder / "unplaced.csv").read_text(encoding="utf-8") + counted.log.text
    assert not re.search(r"EF\d", text, re.IGNORECASE)
    values = {str(value) for row in counted.rows() for value in row.values()}
    assert not [value for value in values if re.search(r"EF\d+\s*\d", value)]


def test_quiet_areas_are_found(voice, quiet, walk):
    rows = voice.rows()
    classes = Counter(row["voice_class"] for row in rows)
    found = {row["LSOA21NM"] for row in rows if row["voice_class"] in LOWER}
    far = {row["LSOA21NM"] for row in rows if row["voice_class"] == "much lower"}
    stay = {row["LSOA21NM"] for row in rows if row["voice_q"] < 0.05 and row["voice_ratio"] < 100}
    assert len(quiet) == 20
    assert quiet <= found, "all of them"
    assert far <= quiet, "and nobody else is far lower"
    assert stay == quiet
    assert f"{classes['as expected']} areas are as expected" in walk
    assert (
        f"{classes['much lower']} areas are dark blue (much lower), {classes['lower']} light"
        in walk
    )
    assert f"All 20 are found, {len(far)} of them as much lower" in walk
    assert f"Of the other 320 areas {len(found - quiet)} are lower as well" in walk


def test_groups_explain_the_other_quiet_areas(counted, quiet, walk):
    made = run("measurevoice", INPUT=counted.results["OUTPUT"], STANDARDISE="eth", OUTPUT="memory:")
    rows = made.rows()
    classes = Counter(row["voice_class"] for row in rows)
    found = {row["LSOA21NM"] for row in rows if row["voice_class"] in LOWER}
    assert quiet <= found
    told = f"{classes['much lower']} and {classes['lower']} are left"
    assert f"{told}, and outside the 20 quiet areas {len(found - quiet)}, about" in walk


def test_quiet_groups_are_found(walk):
    made = run(
        "representation",
        INPUT=SAMPLE / "areas.gpkg",
        TABLES=TABLES[:1],
        RESPONSES=REPLIES,
        GROUP_FIELD="ethnic_group",
        OUTPUT="memory:",
    )
    rows = {row["title"]: row for row in rows_of(made.layer)}
    low = {
        title: row["index"]
        for title, row in rows.items()
        if row["class"] == "much under-represented"
    }
    assert set(low) == {"Roma", "African", "Pakistani", "Bangladeshi", "Arab"}
    told = f"Roma (index {low['Roma']:.0f}: {low['Roma']:.0f} replies"
    assert told in walk
    for title in set(low) - {"Roma"}:
        assert f"{title} ({low[title]:.0f})" in walk
    assert f"{rows['Pakistani']['shortfall']} replies of Pakistani residents are missing" in walk
    assert rows["Gypsy or Irish Traveller"]["class"] == "too few to say"
    assert f"{made.results['UNKNOWN']:.0f} people did not say" in walk


def test_ranking_says_what_the_walk_says(profile, heard, walk, folder):
    before = run("findseldomheard", INPUT=profile, OUTPUT=folder / "before.gpkg")
    tiers = [
        (run_of.results["ROBUST"], run_of.results["CONTESTABLE"]) for run_of in (before, heard)
    ]
    assert "robust {}, contestable {}".format(*tiers[0]) in walk
    assert "{} are robust, {} contestable".format(*tiers[1]) in walk
    assert f"{before.results['OUTSIDE_PCT']:.0f} % of people who cannot speak English" in walk
    assert f"{heard.results['OUTSIDE_PCT']:.0f} % of them live outside the top 34" in walk
    first = {row["LSOA21NM"]: row["sh_rank"] for row in before.rows()}
    now = {row["LSOA21NM"]: row for row in heard.rows()}
    assert sum(row["sh_flag"] or 0 for row in before.rows()) == 28
    assert f"{sum(row['sh_flag'] or 0 for row in now.values())} areas are outlined" in walk
    top = next(row for row in now.values() if row["sh_rank"] == 1)
    told = f"{top['LSOA21NM']} in {top['WD24NM']}"
    assert (
        f"{told}, with {top['voice_observed']} replies where {top['voice_expected']:.0f} were"
        in walk
    )
    assert f"{told}, rank {top['sh_rank_lo']} to {top['sh_rank_hi']}" in walk
    ranks = [
        (first[f"Exampleford {n}"], now[f"Exampleford {n}"]["sh_rank"]) for n in ("001B", "001E")
    ]
    assert "from rank {} to {} and from {} to {}".format(*ranks[0], *ranks[1]) in walk
    assert first["Exampleford 014A"] == 2
    assert f"falls to {now['Exampleford 014A']['sh_rank']}:" in walk
