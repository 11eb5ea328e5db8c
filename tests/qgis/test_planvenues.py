"""Venues planned: who is reached by which way, what is written, and what must not be told."""

from __future__ import annotations

import csv
import itertools
import json
import math

import numpy as np
import pytest
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsFeature,
    QgsGeometry,
    QgsProcessingContext,
    QgsProject,
    QgsVectorLayer,
)
from seldom_heard.layers import styles
from seldom_heard.layers.outputs import inherited
from seldom_heard.methods.disclosure import protect

from .helpers import (
    SAMPLE,
    Log,
    lsoas,
    open_layer,
    refused,
    rows_of,
    run,
    save_layer,
)

SIDE = 1000.0
WIDTH = 5
N = WIDTH * WIDTH
CODES = lsoas(N)
PEOPLE = [100 + 7 * at % 60 + at for at in range(N)]
# the middles of squares, counted along the rows
SITES = {"Northfield Library": 0, "Mill Hall": 12, "East Chapel": 14, "Old School": 22}


def layer(kind, shapes, crs="EPSG:27700", title="places", **columns):
    """Return a layer in memory of shapes in WKT (None for no geometry), with columns of values."""
    kinds = {int: "integer", float: "double", str: "string(200)"}
    uri = f"{kind}?crs={crs}" if crs else f"{kind}?"
    for field, values in columns.items():
        sample = next((v for v in values if v is not None), "")
        uri += f"&field={field}:{kinds[type(sample)]}"
    made = QgsVectorLayer(uri, title, "memory")
    features = []
    for at, shape in enumerate(shapes):
        feature = QgsFeature(made.fields())
        if shape:
            feature.setGeometry(QgsGeometry.fromWkt(shape))
        feature.setAttributes([values[at] for values in columns.values()])
        features.append(feature)
    fine, _ = made.dataProvider().addFeatures(features)
    assert fine
    made.updateExtents()
    return made


def middle(at):
    return 400_500 + SIDE * (at % WIDTH), 200_500 + SIDE * (at // WIDTH)


def square(at):
    x, y = (one - SIDE / 2 for one in middle(at))
    return f"POLYGON(({x} {y},{x + SIDE} {y},{x + SIDE} {y + SIDE},{x} {y + SIDE},{x} {y}))"


def point(at, east=0.0, north=0.0):
    x, y = middle(at)
    return f"POINT({x + east} {y + north})"


def areas(people=None, **more):
    columns = {"LSOA21CD": CODES, "name": [f"Place {at}" for at in range(N)]}
    columns["eth_total"] = list(people or PEOPLE)
    return layer("Polygon", map(square, range(N)), title="areas", **columns, **more)


def told(made, **provenance):
    made.setCustomProperty("seldom_heard/provenance", json.dumps(provenance))
    return made


def source(rule, *fields):
    return {
        "title": "Ethnic group",
        "attribution": "Source: a publisher",
        "fields": list(fields),
        "suppression": rule,
        "note": "",
        "table": "",
        "edition": "2021",
    }


def venues(sites=SITES, crs="EPSG:27700", **more):
    return layer("Point", map(point, sites.values()), crs, "venues", name=[*sites], **more)


def plan(tmp_path, log=None, **more):
    given = {"INPUT": areas(), "VENUES": venues(), "NUMBER": 2, "REACH": 1100, **more}
    given.setdefault("OUTPUT", tmp_path / "venues.gpkg")
    return run("planvenues", log, **given)


def reached_areas(out):
    return {row["LSOA21CD"]: row for row in rows_of(open_layer(out.results["REACHED"]))}


def straight(one, other):
    return math.dist(middle(one), middle(other))


def best(distance, reach, number, sites=SITES, people=PEOPLE):
    """Return the most people by trying every choice."""
    return max(
        sum(
            people[at]
            for at in range(N)
            if any(distance(at, sites[name]) <= reach for name in some)
        )
        for some in itertools.combinations(sites, number)
    )


# --- straight lines -----------------------------------------------------------------------------


@pytest.mark.parametrize(("number", "reach"), [(1, 1100), (2, 1100), (3, 1500), (2, 2300)])
def test_choice_is_the_best_of_all(tmp_path, number, reach):
    out = plan(tmp_path, NUMBER=number, REACH=reach)
    most = best(straight, reach, number)
    assert out.results["REACHED_N"] == most == out.results["BOUND_N"]
    assert out.results["SOUGHT_N"] == sum(PEOPLE)


def test_fields_of_venues(tmp_path):
    out = plan(tmp_path, NUMBER=2)
    rows = {row["name"]: row for row in out.rows()}
    assert set(rows) == set(SITES)
    for name, at in SITES.items():
        near = sum(n for one, n in enumerate(PEOPLE) if straight(one, at) <= 1100)
        assert rows[name]["venue_reach_n"] == near
    chosen = sorted(
        (row for row in rows.values() if row["venue_chosen"]), key=lambda row: row["venue_order"]
    )
    assert [row["venue_order"] for row in chosen] == [1, 2]
    assert chosen[0]["venue_new_n"] == chosen[0]["venue_reach_n"] >= chosen[1]["venue_new_n"]
    assert sum(row["venue_new_n"] for row in chosen) == out.results["REACHED_N"]
    others = [row for row in rows.values() if not row["venue_chosen"]]
    assert len(others) == 2 and {row["venue_order"] for row in others} == {None}
    assert {row["venue_kept"] for row in rows.values()} == {0}


def test_fields_of_areas(tmp_path):
    out = plan(tmp_path, REACHED=tmp_path / "areas.gpkg", NAME_FIELD="name")
    rows, chosen = reached_areas(out), {r["name"] for r in out.rows() if r["venue_chosen"]}
    for at, code in enumerate(CODES):
        far = {name: straight(at, SITES[name]) for name in chosen}
        nearest = min(far, key=lambda name: far[name])
        assert rows[code]["reach_people_n"] == PEOPLE[at] == rows[code]["eth_total"]
        assert rows[code]["reach_distance"] == pytest.approx(far[nearest], abs=0.6)
        assert rows[code]["reach_within"] == int(far[nearest] <= 1100)
        assert far[rows[code]["reach_venue"]] == far[nearest]
        assert rows[code]["name"] == f"Place {at}"
    within = [row["reach_people_n"] for row in rows.values() if row["reach_within"]]
    assert sum(within) == out.results["REACHED_N"]


def test_what_is_kept_with_both_layers(tmp_path):
    out = plan(tmp_path, REACHED=tmp_path / "areas.gpkg")
    for name in ("OUTPUT", "REACHED"):
        kept = inherited(open_layer(out.results[name]))[0]["plans"]["venues"]
        assert (kept["number"], kept["reach"], kept["unit"]) == (2, 1100, "m")
        assert (kept["way"], kept["rule"], kept["exact"]) == ("straight", "none", True)
        assert kept["sought"] == sum(PEOPLE) and kept["gap_pct"] == 0
        assert kept["reached"] == kept["bound"] == out.results["REACHED_N"]
        text = " ".join(kept["sentences"])
        assert f"{sum(PEOPLE):,}" in text and "1,100 m in a straight line" in text
        assert "not a walk" in text and "Opening hours" in text


def test_degrees_give_the_same(tmp_path):
    """The plane around the middle and the British grid differ by less than one in a thousand."""
    here = save_layer(areas(), tmp_path / "degrees.gpkg", crs="EPSG:4326")
    there = save_layer(venues(), tmp_path / "halls.gpkg", crs="EPSG:3857", name="halls")
    flat = plan(tmp_path, REACHED=tmp_path / "a.gpkg", OUTPUT=tmp_path / "v1.gpkg")
    out = plan(
        tmp_path, INPUT=here, VENUES=there, REACHED=tmp_path / "b.gpkg", OUTPUT=tmp_path / "v2.gpkg"
    )
    assert out.results["REACHED_N"] == flat.results["REACHED_N"]
    one, other = reached_areas(flat), reached_areas(out)
    for code in CODES:
        far = one[code]["reach_distance"]
        assert other[code]["reach_distance"] == pytest.approx(far, rel=1e-3, abs=2)


def test_points_as_areas_are_used_as_they_are(tmp_path):
    shapes = [point(at, east=400) for at in range(N)]
    here = layer("Point", shapes, LSOA21CD=CODES, eth_total=PEOPLE)
    out = plan(tmp_path, INPUT=here, REACHED=tmp_path / "a.gpkg", NUMBER=1, REACH=450)
    assert "at its point" in out.log.text
    chosen = next(row["name"] for row in out.rows() if row["venue_chosen"])
    code = CODES[SITES[chosen]]
    assert reached_areas(out)[code]["reach_distance"] == 400


def test_centres_of_areas_are_found_by_code(tmp_path):
    shifted = [point(at, north=300) for at in range(N)]
    centres = layer("Point", shifted, code=[code.lower() for code in CODES])
    out = plan(tmp_path, CENTRES=centres, REACHED=tmp_path / "a.gpkg", NUMBER=1, REACH=350)
    chosen = next(row["name"] for row in out.rows() if row["venue_chosen"])
    assert reached_areas(out)[CODES[SITES[chosen]]]["reach_distance"] == 300


def test_areas_without_a_centre_are_named(tmp_path):
    some = [at for at in range(N) if at != 3]
    centres = layer("Point", map(point, some), code=[CODES[at] for at in some])
    message = bad(CENTRES=centres)
    assert CODES[3] in message and "96.0 %" in message and "MIN_MATCH" in message
    out = plan(tmp_path, CENTRES=centres, MIN_MATCH=90)
    assert CODES[3] in out.log.text and "for 24 areas, else at a point inside" in out.log.text


def test_large_areas_are_told_of(tmp_path):
    out = plan(tmp_path, REACH=500)
    assert "25 areas with people sought are so large" in out.log.text
    assert "so large" not in plan(tmp_path, REACH=600).log.text


# --- how many, and which stay -------------------------------------------------------------------


def test_kept_venues_stay_and_count(tmp_path):
    marked = venues(keep=["no", "0", "Yes", ""])
    out = plan(tmp_path, VENUES=marked, KEEP_FIELD="keep", NUMBER=2)
    rows = {row["name"]: row for row in out.rows()}
    assert rows["East Chapel"]["venue_kept"] == 1 and rows["East Chapel"]["venue_order"] == 1
    assert sum(row["venue_chosen"] for row in rows.values()) == 2
    others = [name for name in SITES if name != "East Chapel"]
    most = max(
        sum(
            PEOPLE[at]
            for at in range(N)
            if min(straight(at, SITES[name]), straight(at, SITES["East Chapel"])) <= 1100
        )
        for name in others
    )
    assert out.results["REACHED_N"] == most
    assert "1 of them are kept" in out.log.text


def test_more_kept_than_asked_for_all_stay_and_it_is_said(tmp_path):
    out = plan(tmp_path, VENUES=venues(keep=[1, 1, 1, 0]), KEEP_FIELD="keep", NUMBER=2)
    assert sum(row["venue_chosen"] for row in out.rows()) == 3
    assert any("3 venues are kept, more than the 2" in line for line in out.log.warnings)


def test_venues_that_would_reach_nobody_else_are_not_chosen(tmp_path):
    twice = {**SITES, "Mill Hall Annexe": 12}
    out = plan(tmp_path, VENUES=venues(twice), NUMBER=5)
    rows = {row["name"]: row["venue_chosen"] for row in out.rows()}
    assert rows["Mill Hall"] == 1 and rows["Mill Hall Annexe"] == 0
    assert "further ones would reach nobody else" in out.log.text


def test_a_mark_that_says_neither_is_refused():
    marked = venues(keep=["yes", "perhaps", "", ""])
    message = refused(
        "planvenues", INPUT=areas(), VENUES=marked, KEEP_FIELD="keep", NUMBER=1, OUTPUT="memory:"
    )
    assert "'perhaps'" in message and "venue 2" in message


# --- whom -----------------------------------------------------------------------------------------


def test_all_residents_unless_a_group_is_chosen_and_it_is_said_aloud(tmp_path):
    few = [at % 3 for at in range(N)]
    here = areas(lang_low_english_n=few)
    out = plan(tmp_path, INPUT=here)
    assert any("all residents count alike" in line for line in out.log.warnings)
    group = plan(tmp_path, INPUT=here, PEOPLE_FIELD="lang_low_english_n")
    assert group.results["SOUGHT_N"] == sum(few)
    assert not any("all residents" in line for line in group.log.warnings)


def test_missing_counts_are_left_out_and_told(tmp_path):
    people = [None if at in (0, 12) else n for at, n in enumerate(PEOPLE)]
    out = plan(tmp_path, INPUT=areas(people), REACHED=tmp_path / "a.gpkg")
    assert out.results["SOUGHT_N"] == sum(n for n in people if n)
    assert reached_areas(out)[CODES[12]]["reach_people_n"] is None
    assert any("In 2 areas the number is not known" in line for line in out.log.warnings)


def ranked(**more):
    ranks = [at + 1 for at in range(N)]
    here = areas(sh_rank=ranks, **more)
    return told(here, sources=[source("none", "eth_total")], ranking={"top": 6, "voice": False})


def test_only_people_in_the_top(tmp_path):
    out = plan(tmp_path, INPUT=ranked(), TOP_ONLY=True, REACHED=tmp_path / "a.gpkg", NUMBER=1)
    assert out.results["SOUGHT_N"] == sum(PEOPLE[:6])
    assert [row["name"] for row in out.rows() if row["venue_chosen"]] == ["Northfield Library"]
    rows = reached_areas(out)
    assert rows[CODES[5]]["reach_people_n"] == PEOPLE[5]
    assert rows[CODES[6]]["reach_people_n"] is None and rows[CODES[6]]["reach_distance"] > 0


def test_no_top_is_refused():
    message = refused(
        "planvenues", INPUT=areas(), VENUES=venues(), TOP_ONLY=True, NUMBER=1, OUTPUT="memory:"
    )
    assert "findseldomheard" in message


@pytest.mark.parametrize("field", ["eth_asian_pct", "sh_score"])
def test_shares_and_scores_are_no_people(field):
    here = areas(**{field: [1.5] * N})
    message = bad(INPUT=here, PEOPLE_FIELD=field)
    assert field in message and "_n" in message


# --- what must not be told ----------------------------------------------------------------------

SMALL = [at % 12 for at in range(N)]


def small_areas(rule="none", counts=SMALL):
    here = areas([1000] * N, eth_asian_n=counts, eth_asian_pct=[n / 10 for n in counts])
    return told(here, sources=[source(rule, "eth_total", "eth_asian_n", "eth_asian_pct")])


@pytest.mark.parametrize("rule", ["nhs", "ons10"])
def test_every_figure_is_made_of_counts_as_they_are_shown(tmp_path, rule):
    import pandas as pd

    given = {"PEOPLE_FIELD": "eth_asian_n", "SUPPRESSION": rule, "NUMBER": 3, "REACH": 2100}
    out = plan(
        tmp_path,
        INPUT=small_areas(),
        REACHED=tmp_path / "a.gpkg",
        REPORT=tmp_path / "r.html",
        **given,
    )
    shown = protect(pd.Series(SMALL, dtype=float), rule)
    rows = reached_areas(out)
    for at, code in enumerate(CODES):
        wanted = None if math.isnan(shown[at]) else shown[at]
        assert rows[code]["reach_people_n"] == wanted == rows[code]["eth_asian_n"]
        # a share of the true count would tell it
        assert rows[code]["eth_asian_pct"] == (None if wanted is None else wanted / 10)
    assert out.results["SOUGHT_N"] == shown.sum() != sum(SMALL)
    for row in out.rows():
        near = [n for at, n in enumerate(shown) if straight(at, SITES[row["name"]]) <= 2100]
        assert row["venue_reach_n"] == np.nansum(near)
        assert row["venue_new_n"] is None or row["venue_new_n"] % 5 == 0
    for name in ("OUTPUT", "REACHED"):
        carried, _ = inherited(open_layer(out.results[name]))
        assert carried["plans"]["venues"]["rule"] == rule
        rules = {f: s["suppression"] for s in carried["sources"] for f in s["fields"]}
        counted = {"venue_reach_n", "venue_new_n"} if name == "OUTPUT" else {"reach_people_n"}
        assert {rules[field] for field in counted} == {rule}
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert f"rule {rule}" in page


def test_numbers_that_a_rule_leaves_as_they_are_are_named(tmp_path):
    """All clients less the men among them are the women, who are hidden."""
    here = areas(women=SMALL, men=[20] * N, clients=[n + 20 for n in SMALL])
    out = plan(tmp_path, INPUT=here, PEOPLE_FIELD="women", SUPPRESSION="nhs")
    assert "go through as they are: men, clients" in out.log.text
    few = areas([n if at in (0, 12) else 3 for at, n in enumerate(PEOPLE)])
    far = plan(tmp_path, INPUT=few, SUPPRESSION="nhs", REACH=100)
    assert "as far as their number is known and not hidden: East Chapel, Old School" in far.log.text
    out = plan(tmp_path, INPUT=here, PEOPLE_FIELD="women")
    assert "go through as they are" not in out.log.text
    out = plan(tmp_path, INPUT=small_areas(), PEOPLE_FIELD="eth_asian_n", SUPPRESSION="nhs")
    assert "go through as they are" not in out.log.text


def test_the_same_is_told_whatever_a_hidden_count_is(tmp_path):
    """Two layers that show the same give the same plan: nothing of it comes from hidden counts."""
    import random

    other = [random.Random(at).randint(1, 7) if 0 < n < 8 else n for at, n in enumerate(SMALL)]
    assert other != SMALL
    made = []
    for number, counts in enumerate((SMALL, other)):
        out = plan(
            tmp_path,
            INPUT=small_areas(counts=counts),
            PEOPLE_FIELD="eth_asian_n",
            SUPPRESSION="nhs",
            OUTPUT=tmp_path / f"v{number}.gpkg",
            REACHED=tmp_path / f"a{number}.gpkg",
            REPORT=tmp_path / f"r{number}.html",
        )
        page = (tmp_path / f"r{number}.html").read_text(encoding="utf-8")
        made.append((out.rows(), reached_areas(out), page))
    assert made[0] == made[1]


def test_counts_hidden_before_stay_as_they_are(tmp_path):
    shown = [None if 0 < n < 8 else 5 * round(n / 5) for n in SMALL]
    out = plan(
        tmp_path,
        INPUT=small_areas("nhs", [-1 if n is None else n for n in shown])
        if None not in shown
        else told(
            areas([1000] * N, eth_asian_n=shown),
            sources=[source("nhs", "eth_total", "eth_asian_n")],
        ),
        PEOPLE_FIELD="eth_asian_n",
        REACHED=tmp_path / "a.gpkg",
    )
    assert out.results["SOUGHT_N"] == sum(n for n in shown if n)
    kept = inherited(open_layer(out.results["OUTPUT"]))[0]["plans"]["venues"]
    assert kept["rule"] == "nhs" and "before" in " ".join(kept["sentences"])


def test_a_rule_hides_what_is_open_beside_counts_hidden_before(tmp_path):
    here = areas([1000] * N, eth_asian_n=[10] * N, eth_black_n=SMALL, voice_observed=[3] * N)
    told(here, sources=[source("nhs", "eth_asian_n"), source("none", "eth_total", "eth_black_n")])
    out = plan(
        tmp_path,
        INPUT=here,
        PEOPLE_FIELD="eth_asian_n",
        SUPPRESSION="ons10",
        REACHED=tmp_path / "a.gpkg",
    )
    rows = reached_areas(out)
    assert out.results["SOUGHT_N"] == 10 * N
    assert {rows[code]["eth_black_n"] for code in CODES} == {None, 0, 10}
    assert "voice_observed" not in rows[CODES[0]]
    kept, _ = inherited(open_layer(out.results["REACHED"]))
    rules = {f: one["suppression"] for one in kept["sources"] for f in one["fields"]}
    assert (rules["eth_asian_n"], rules["eth_black_n"]) == ("nhs", "ons10")
    assert rules["reach_people_n"] == kept["plans"]["venues"]["rule"] == "nhs"


def test_a_ranking_by_true_replies_is_refused_under_a_rule(tmp_path):
    here = areas(sh_rank=list(range(1, N + 1)), voice_shrunk=[50.0 + at for at in range(N)])
    pillar = {
        "id": "voice",
        "title": "Voice",
        "indicators": [{"fields": ["voice_shrunk"], "direction": "less"}],
    }
    ranking = {"top": 5, "voice": True, "scheme": {"pillars": [pillar]}}
    sources = [source("none", "eth_total"), source("none", "voice_shrunk")]
    told(here, sources=sources, ranking=ranking)
    given = {"INPUT": here, "VENUES": venues(), "NUMBER": 1, "REACH": 1100}
    message = refused("planvenues", **given, SUPPRESSION="nhs", OUTPUT="memory:")
    assert "measurevoice" in message and "nhs" in message
    assert plan(tmp_path, INPUT=here).results["CHOSEN_N"] == 2


def test_figures_made_of_open_counts_are_left_out_under_a_rule(tmp_path):
    here = areas(
        resp_total=[at % 9 for at in range(N)],
        quota_n=[3] * N,
        sh_rank=[1] * N,
        sh_reasons=["12.3 % cannot speak English well"] * N,
    )
    told(here, sources=[source("none", "eth_total", "resp_total", "quota_n")])
    out = plan(tmp_path, INPUT=here, SUPPRESSION="nhs", REACHED=tmp_path / "a.gpkg")
    rows = reached_areas(out)
    assert "quota_n" not in rows[CODES[0]] and "sh_rank" in rows[CODES[0]]
    hidden = [rows[code].get("resp_total") for code in CODES]
    assert {n for n in hidden if n is not None} <= {0, 10}
    assert not any(char.isdigit() for row in rows.values() for char in row["sh_reasons"] or "")


# --- along a network ----------------------------------------------------------------------------


def grid(cut=()):
    """Return streets through the middles of all squares, but for some stretches."""
    shapes = []
    for at in range(N):
        for step, there in ((1, at % WIDTH < WIDTH - 1), (WIDTH, at + WIDTH < N)):
            if there and (at, at + step) not in cut:
                (x, y), (u, v) = middle(at), middle(at + step)
                shapes.append(f"LINESTRING({x} {y},{u} {v})")
    return layer("LineString", shapes, title="streets", number=list(range(len(shapes))))


def blocks(one, other):
    """Return the way along the whole grid."""
    return sum(abs(a - b) for a, b in zip(middle(one), middle(other)))


@pytest.mark.parametrize(("number", "reach"), [(1, 1000), (2, 2000), (3, 3000)])
def test_ways_along_a_grid_are_known(tmp_path, number, reach):
    out = plan(
        tmp_path, NETWORK=grid(), NUMBER=number, REACH=reach, REACHED=tmp_path / "areas.gpkg"
    )
    assert out.results["REACHED_N"] == best(blocks, reach, number)
    chosen = [SITES[row["name"]] for row in out.rows() if row["venue_chosen"]]
    for at, code in enumerate(CODES):
        far = min(blocks(at, site) for site in chosen)
        row = reached_areas(out)[code]
        assert row["reach_distance"] == pytest.approx(far, abs=0.6)
        assert row["reach_within"] == int(far <= reach)


def test_a_river_is_walked_around(tmp_path):
    """Without the streets over it, the way from 1 to 0 is by 6 and 5; 24 has none at all."""
    cut = {(0, 1), (23, 24), (19, 24)}
    sites = {"Northfield Library": 0}
    out = plan(
        tmp_path,
        VENUES=venues(sites),
        NETWORK=grid(cut),
        NUMBER=1,
        REACH=1000,
        REACHED=tmp_path / "areas.gpkg",
    )
    rows = reached_areas(out)
    assert rows[CODES[1]]["reach_distance"] == 3000 and rows[CODES[1]]["reach_within"] == 0
    assert rows[CODES[5]]["reach_distance"] == 1000 and rows[CODES[5]]["reach_within"] == 1


def test_without_a_way_there_is_no_distance(tmp_path):
    streets = grid({(23, 24), (19, 24)})
    x, y = middle(24)
    lane = layer(
        "LineString",
        [
            f"LINESTRING({x} {y},{x + 300} {y})",
            *(f.geometry().asWkt() for f in streets.getFeatures()),
        ],
        number=list(range(1 + streets.featureCount())),
    )
    out = plan(tmp_path, NETWORK=lane, REACHED=tmp_path / "areas.gpkg")
    row = reached_areas(out)[CODES[24]]
    assert row["reach_distance"] is None and row["reach_venue"] is None
    assert row["reach_within"] == 0 and "2 parts of the network" in out.log.text


def test_places_aside_of_the_network_are_told_and_walk_to_it(tmp_path):
    sites = {"Northfield Library": 0, "Far Farm": 24}
    shapes = [point(0, north=-200), point(24, east=400)]
    halls = layer("Point", shapes, title="venues", hall=[*sites])
    out = plan(tmp_path, VENUES=halls, NETWORK=grid(), REACH=1300, REACHED=tmp_path / "areas.gpkg")
    rows = reached_areas(out)
    assert rows[CODES[0]]["reach_distance"] == 200
    assert rows[CODES[1]]["reach_distance"] == 1200
    assert rows[CODES[23]]["reach_distance"] == 1400 and rows[CODES[23]]["reach_within"] == 0
    assert "1 venues (Far Farm)" in out.log.text


def test_network_agrees_with_the_paths_of_qgis(tmp_path):
    """QGIS's own shortest path, on streets at odd angles, point by point."""
    from qgis.analysis import (
        QgsGraphAnalyzer,
        QgsGraphBuilder,
        QgsNetworkDistanceStrategy,
        QgsVectorLayerDirector,
    )
    from qgis.core import QgsPointXY
    from seldom_heard.layers.network import read_network

    rng = np.random.default_rng(2)
    knots = rng.uniform(0, 5000, (60, 2)) + np.array([400_000, 200_000])
    pairs = {(a, b) for a in range(60) for b in np.argsort(((knots - knots[a]) ** 2).sum(1))[1:4]}
    lines = [
        "LINESTRING({} {},{} {})".format(*knots[a].tolist(), *knots[b].tolist()) for a, b in pairs
    ]
    streets = layer("LineString", lines, number=list(range(len(lines))))
    places = rng.uniform(500, 4500, (12, 2)) + np.array([400_000, 200_000])
    crs = streets.crs()
    made = read_network(
        streets, crs, QgsProject.instance().transformContext(), places[:, 0], places[:, 1], Log()
    )
    mine = made.lengths(np.arange(12), np.arange(12))
    director = QgsVectorLayerDirector(
        streets, -1, "", "", "", QgsVectorLayerDirector.Direction.DirectionBoth
    )
    director.addStrategy(QgsNetworkDistanceStrategy())
    builder = QgsGraphBuilder(crs, True, 0, "NONE")
    tied = director.makeGraph(builder, [QgsPointXY(*one) for one in places.tolist()])
    graph = builder.graph()
    at = [graph.findVertex(one) for one in tied]
    aside = [math.dist(place, (one.x(), one.y())) for place, one in zip(places.tolist(), tied)]
    for start in range(12):
        _, cost = QgsGraphAnalyzer.dijkstra(graph, at[start], 0)
        for end in range(12):
            if start != end:
                far = cost[at[end]] + aside[start] + aside[end]
                assert mine[start, end] == pytest.approx(far, rel=1e-9)


# --- by a table of times ------------------------------------------------------------------------


def times(path, rows=None, headings=("from_id", "to_id", "travel_time_p50")):
    """Write travel times: a minute for 100 m of the grid."""
    if rows is None:
        rows = [
            [code, name, blocks(at, site) / 100]
            for at, code in enumerate(CODES)
            for name, site in SITES.items()
        ]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(headings)
        writer.writerows(rows)
    return path


def test_times_of_a_table(tmp_path):
    table = times(tmp_path / "times.csv")
    out = plan(tmp_path, MATRIX=table, REACH=20, REACHED=tmp_path / "areas.gpkg")
    assert out.results["REACHED_N"] == best(blocks, 2000, 2)
    kept = inherited(out.layer)[0]["plans"]["venues"]
    assert (kept["way"], kept["unit"], kept["reach"]) == ("matrix", "min", 20)
    chosen = [SITES[row["name"]] for row in out.rows() if row["venue_chosen"]]
    for at, code in enumerate(CODES):
        far = min(blocks(at, site) for site in chosen) / 100
        assert reached_areas(out)[code]["reach_distance"] == far


def test_columns_are_known_by_their_values_in_any_order(tmp_path):
    ids = ["a1", "b2", "c3", "d4"]
    rows = [
        [blocks(at, site) / 100, number, key, code, "car"]
        for number, (at, code) in enumerate(zip(range(N), CODES))
        for key, site in zip(ids, SITES.values())
    ]
    headings = ("minutes", "row", "hall", "zone", "mode")
    table = times(tmp_path / "t.csv", rows, headings)
    out = plan(tmp_path, VENUES=venues(key=ids), MATRIX=table, REACH=20)
    assert out.results["REACHED_N"] == best(blocks, 2000, 2)
    assert "areas in the column zone, venues in hall (their key), times in minutes" in out.log.text


def test_pairs_without_a_time_are_out_of_reach(tmp_path):
    rows = [
        [code, name, blocks(at, site) / 100 if blocks(at, site) <= 2000 else ""]
        for at, code in enumerate(CODES)
        for name, site in SITES.items()
    ]
    out = plan(tmp_path, MATRIX=times(tmp_path / "t.csv", rows), REACH=20)
    assert out.results["REACHED_N"] == best(blocks, 2000, 2)
    assert "pairs of area and venue have no time" in out.log.text


def matrix_refused(tmp_path, rows=None, **more):
    table = times(tmp_path / "t.csv", rows, **more)
    return refused(
        "planvenues",
        INPUT=areas(),
        VENUES=venues(),
        NUMBER=2,
        REACH=20,
        MATRIX=table,
        OUTPUT="memory:",
    )


def whole():
    return [
        [code, name, blocks(at, SITES[name]) / 100]
        for at, code in enumerate(CODES)
        for name in SITES
    ]


def test_venues_that_the_table_lacks_are_named(tmp_path):
    rows = [row for row in whole() if row[1] != "Old School"]
    assert "Old School" in matrix_refused(tmp_path, rows)


def test_areas_that_the_table_lacks_are_named(tmp_path):
    rows = [row for row in whole() if row[0] != CODES[7]]
    message = matrix_refused(tmp_path, rows)
    assert CODES[7] in message and "MIN_MATCH" in message
    out = plan(tmp_path, MATRIX=tmp_path / "t.csv", REACH=20, MIN_MATCH=50)
    assert "count as not reached" in out.log.text


def test_a_cell_that_is_no_time_is_named_by_its_row(tmp_path):
    rows = whole()
    rows[5][2] = "far"
    message = matrix_refused(tmp_path, rows)
    assert "row 7" in message and "'far'" in message


def test_two_times_for_a_pair_are_refused(tmp_path):
    message = matrix_refused(tmp_path, [*whole(), [CODES[0], "Mill Hall", 99]])
    assert CODES[0] in message and "Mill Hall" in message and "3, 102" in message


def test_a_negative_time_is_refused(tmp_path):
    rows = whole()
    rows[1][2] = -4
    assert "row 3" in matrix_refused(tmp_path, rows)


def test_several_columns_of_times_are_refused(tmp_path):
    rows = [[*row, row[2] + 1] for row in whole()]
    headings = ("area", "venue", "bus_min", "walk_min")
    message = matrix_refused(tmp_path, rows, headings=headings)
    assert "'bus_min', 'walk_min'" in message


def test_metres_for_minutes_are_refused(tmp_path):
    table = times(tmp_path / "t.csv")
    message = refused(
        "planvenues", INPUT=areas(), VENUES=venues(), NUMBER=2, MATRIX=table, OUTPUT="memory:"
    )
    assert "800" in message and "80" in message and "minutes" in message


def test_a_table_of_something_else_is_refused(tmp_path):
    message = matrix_refused(tmp_path, [["A", "B", 1]], headings=("x", "y", "z"))
    assert CODES[0] in message and "'x', 'y', 'z'" in message


def test_network_and_table_at_once_are_refused(tmp_path):
    message = refused(
        "planvenues",
        INPUT=areas(),
        VENUES=venues(),
        NUMBER=2,
        NETWORK=grid(),
        MATRIX=times(tmp_path / "t.csv"),
        OUTPUT="memory:",
    )
    assert "NETWORK" in message and "MATRIX" in message


# --- bad input ----------------------------------------------------------------------------------


def bad(**more):
    given = {"INPUT": areas(), "VENUES": venues(), "NUMBER": 2, "REACH": 1100, "OUTPUT": "memory:"}
    return refused("planvenues", **{**given, **more})


def test_no_venues():
    assert "no venues" in bad(VENUES=layer("Point", [], title="venues", hall=[]))


def test_more_venues_than_there_are():
    message = bad(NUMBER=5)
    assert "5" in message and "4" in message


@pytest.mark.parametrize("reach", [0, -5])
def test_no_reach(reach):
    message = bad(REACH=reach)
    assert "REACH" in message


def test_nobody_within_reach_tells_how_far_the_nearest_is():
    message = bad(VENUES=layer("Point", [point(0, north=-600)] * 2, hall=["A", "B"]), REACH=400)
    assert "600 m" in message


def test_no_reference_system():
    lost = venues()
    lost.setCrs(QgsCoordinateReferenceSystem())
    assert "VENUES has no coordinate" in bad(VENUES=lost)
    lost = areas()
    lost.setCrs(QgsCoordinateReferenceSystem())
    assert "The areas have no coordinate" in bad(INPUT=lost)


def test_lines_are_no_venues():
    assert "points" in bad(VENUES=grid())


def test_venues_at_several_points_are_named():
    x, y = middle(3)
    shapes = [f"MULTIPOINT(({x} {y}),({x + 9} {y}))", f"MULTIPOINT(({x} {y}))"]
    halls = layer("MultiPoint", shapes, hall=["Twin Halls", "Single Hall"])
    message = bad(VENUES=halls)
    assert "Twin Halls" in message and "Single" not in message


def test_polygons_as_venues_are_written_as_points(tmp_path):
    halls = layer("Polygon", map(square, SITES.values()), title="venues", hall=[*SITES])
    out = plan(tmp_path, VENUES=halls)
    assert out.results["REACHED_N"] == best(straight, 1100, 2)
    where = {f["hall"]: f.geometry().asPoint() for f in out.layer.getFeatures()}
    for name, at in SITES.items():
        assert (where[name].x(), where[name].y()) == pytest.approx(middle(at))


def test_equal_names_are_numbered_and_told(tmp_path):
    halls = layer("Point", [point(0), point(24)], hall=["Town Hall", "Town Hall"])
    out = plan(tmp_path, VENUES=halls, REACHED=tmp_path / "areas.gpkg")
    names = {row["reach_venue"] for row in reached_areas(out).values()}
    assert names == {
        "Town Hall (venue 1 of the layer)",
        "Town Hall (venue 2 of the layer)",
    }
    assert {row["hall"] for row in out.rows()} == {"Town Hall"}


def test_equal_names_in_a_table_are_refused(tmp_path):
    halls = layer("Point", [point(0), point(24)], hall=["Town Hall", "Town Hall"])
    rows = [[code, "Town Hall", 5] for code in CODES]
    assert "Town Hall" in bad(VENUES=halls, MATRIX=times(tmp_path / "t.csv", rows), REACH=9)


def test_venues_without_a_place_or_far_away_are_named(tmp_path):
    shapes = [point(0), None, "POINT(10 10)"]
    halls = layer("Point", shapes, hall=["Here", "Nowhere", "Elsewhere"])
    out = plan(tmp_path, VENUES=halls, NUMBER=1)
    assert "no place on the map and reach nobody: Nowhere" in out.log.text
    assert "50 km away from all areas: Elsewhere" in out.log.text
    rows = {row["hall"]: row for row in out.rows()}
    assert rows["Nowhere"]["venue_chosen"] == 0 and rows["Elsewhere"]["venue_reach_n"] == 0


def test_an_output_that_is_an_input_is_refused(tmp_path):
    halls = save_layer(venues(), tmp_path / "halls.gpkg")
    before = halls.read_bytes()
    assert "halls.gpkg" in bad(VENUES=halls, OUTPUT=halls)
    assert halls.read_bytes() == before


# --- what comes out -----------------------------------------------------------------------------


def test_report_tells_who_is_and_is_not_reached(tmp_path):
    sites = {"<script>alert(1)</script>": 0, "Mill Hall": 12, "East Chapel": 14}
    out = plan(
        tmp_path, VENUES=venues(sites), NUMBER=2, REPORT=tmp_path / "r.html", NAME_FIELD="name"
    )
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "<script>" not in page
    assert f"{out.results['REACHED_N']:,.0f} of {sum(PEOPLE):,} people sought" in page
    missed = [f"Place {at}" for at in range(N) if min(straight(at, 12), straight(at, 14)) > 1100]
    assert all(f'<th scope="row">{name}</th>' in page for name in missed)
    assert "If one more were taken" in page and "&lt;script&gt;" in page


def test_old_results_are_replaced(tmp_path):
    first = plan(tmp_path, REACHED=tmp_path / "a.gpkg")
    again = plan(
        tmp_path,
        INPUT=first.results["REACHED"],
        VENUES=first.results["OUTPUT"],
        VENUE_NAME_FIELD="name",
        NUMBER=3,
        OUTPUT=tmp_path / "v2.gpkg",
        REACHED=tmp_path / "a2.gpkg",
    )
    assert sum(row["venue_chosen"] for row in again.rows()) == 3
    names = [field.name() for field in open_layer(tmp_path / "a2.gpkg").fields()]
    assert len([name for name in names if name.startswith("reach_")]) == 4


def test_style_tells_kept_chosen_and_others_apart_by_shape(tmp_path):
    out = plan(tmp_path, VENUES=venues(keep=[0, 0, 1, 0]), KEEP_FIELD="keep")
    made = QgsVectorLayer(str(out.results["OUTPUT"]), "again", "ogr")
    made.loadDefaultStyle()
    rules = made.renderer().rootRule().children()
    labels = [rule.label() for rule in rules]
    assert labels == ["Kept: there already", "Chosen", "Not chosen"]
    shapes = {rule.symbol().symbolLayer(0).shape() for rule in rules}
    assert len(shapes) == 3
    order = made.labeling().settings().fieldName
    assert "venue_order" in order and made.labelsEnabled()
    assert made.attributeAlias(made.fields().indexOf("venue_new_n"))


def test_areas_show_who_is_reached(tmp_path):
    out = plan(tmp_path, REACHED=tmp_path / "areas.gpkg")
    made = open_layer(out.results["REACHED"])
    made.loadDefaultStyle()
    counts = dict(styles.legend_counts(made))
    within = sum(row["reach_within"] for row in rows_of(made))
    assert counts["Centre within reach of a chosen venue"] == within
    assert counts["Centre not within reach"] == N - within > 0


def test_a_shapefile_is_styled_by_its_short_names(tmp_path):
    out = plan(tmp_path, OUTPUT=tmp_path / "venues.shp")
    made = QgsVectorLayer(str(out.results["OUTPUT"]), "again", "ogr")
    names = {field.name() for field in made.fields()}
    filters = [rule.filterExpression() for rule in made.renderer().rootRule().children()]
    assert all(any(f'"{name}"' in text for name in names) for text in filters)
    made.loadDefaultStyle()
    assert inherited(made)[0]["plans"]["venues"]["number"] == 2


@pytest.mark.parametrize("when", [0.0, 10.0, 40.0, 60.0])
def test_cancelled_leaves_nothing(tmp_path, when):
    log = Log(lambda what: isinstance(what, float) and what >= when)
    out = plan(
        tmp_path, log, REACHED=tmp_path / "a.gpkg", REPORT=tmp_path / "r.html", NETWORK=grid()
    )
    assert out.results == {} and not list(tmp_path.iterdir())


def test_it_runs_off_the_main_thread():
    from .helpers import algorithm

    flags = algorithm("planvenues").flags()
    assert not flags & type(algorithm("planvenues")).Flag.FlagNoThreading


# --- the invented city, and a real one -----------------------------------------------------------


def test_venues_of_the_sample_lie_in_it():
    halls, city = open_layer(SAMPLE / "venues.gpkg"), open_layer(SAMPLE / "areas.gpkg")
    assert halls.featureCount() == 40 and halls.crs() == city.crs()
    names = [feature["name"] for feature in halls.getFeatures()]
    assert len({*names}) == 40
    whole_city = QgsGeometry.unaryUnion([f.geometry() for f in city.getFeatures()])
    assert all(whole_city.contains(f.geometry()) for f in halls.getFeatures())
    assert sum(f["in_use"] for f in halls.getFeatures()) == 3


def test_practices_of_sheffield(shared, tmp_path):
    """Of the surgeries, six by brute force over the twelve that reach most; no more can be."""
    areas_here = open_layer(shared / "data/boundaries/lsoa21_south_yorkshire.geojson")
    areas_here.setSubsetString("LSOA21NM LIKE 'Sheffield%'")
    codes = [f["LSOA21CD"] for f in areas_here.getFeatures()]
    people = {code: 800 + 13 * at % 900 for at, code in enumerate(codes)}
    shapes = [f.geometry().asWkt() for f in areas_here.getFeatures()]
    here = layer("MultiPolygon", shapes, "EPSG:4326", LSOA21CD=codes, eth_total=[*people.values()])
    practices = shared / "data/health/gp_practice_locations_SouthYorkshire.csv"
    with practices.open(encoding="utf-8-sig") as file:
        rows = [r for r in csv.DictReader(file) if 53.3 < float(r["Lat"]) < 53.51]
    rows = [r for r in rows if -1.6 < float(r["Long"]) < -1.33]
    halls = layer(
        "Point",
        [f"POINT({r['Long']} {r['Lat']})" for r in rows],
        "EPSG:4326",
        code=[r["OrganisationCode"] for r in rows],
        name=[r["OrganisationName"] for r in rows],
    )
    out = plan(
        tmp_path,
        INPUT=here,
        VENUES=halls,
        NUMBER=6,
        REACH=1200,
        REACHED=tmp_path / "a.gpkg",
    )
    assert len(rows) > 60 and len(codes) > 330
    assert out.results["REACHED_N"] == out.results["BOUND_N"]
    # exchange by hand: no single other surgery instead of one chosen reaches more
    near = {}
    from qgis.core import QgsDistanceArea, QgsPointXY

    ruler = QgsDistanceArea()
    ruler.setSourceCrs(here.crs(), QgsProcessingContext().transformContext())
    ruler.setEllipsoid("WGS84")
    spots = {
        f["LSOA21CD"]: (g.centroid() if g.contains(g.centroid()) else g.pointOnSurface()).asPoint()
        for f in here.getFeatures()
        for g in [f.geometry()]
    }
    for r in rows:
        door = QgsPointXY(float(r["Long"]), float(r["Lat"]))
        near[r["OrganisationCode"]] = {
            code for code, spot in spots.items() if ruler.measureLine(spot, door) <= 1200
        }
    chosen = [row["code"] for row in out.rows() if row["venue_chosen"]]

    def count(some):
        return sum(people[code] for code in set().union(*(near[one] for one in some)))

    assert count(chosen) == out.results["REACHED_N"]
    for gone in chosen:
        rest = [one for one in chosen if one != gone]
        assert all(count([*rest, other]) <= out.results["BOUND_N"] for other in near)
