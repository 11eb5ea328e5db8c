"""Profiling: published figures come out as published, whatever the areas are stored in."""

from __future__ import annotations

import math

import pytest
from qgis.core import (
    QgsFeature,
    QgsGeometry,
    QgsProcessingFeatureSourceDefinition,
    QgsProject,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QDate, QDateTime, QTime, QVariant

from .helpers import (
    SAMPLE,
    SHEFFIELD,
    ethnic_csv,
    lsoas,
    make_areas,
    open_layer,
    refused,
    run,
    save_layer,
    write_csv,
)

WHOLE, DECIMAL, TEXT = QVariant.Type.LongLong, QVariant.Type.Double, QVariant.Type.String
DOMAINS = ("income", "employment", "education", "health", "crime", "barriers", "living")
ETHNIC_GROUPS = ("asian", "black", "mixed", "white", "other")
CATEGORIES = (
    "bangladeshi",
    "chinese",
    "indian",
    "pakistani",
    "other_asian",
    "african",
    "caribbean",
    "other_black",
    "white_and_asian",
    "white_and_black_african",
    "white_and_black_caribbean",
    "other_mixed",
    "white_british",
    "white_irish",
    "gypsy_or_irish_traveller",
    "roma",
    "other_white",
    "arab",
    "any_other",
)
LIMITS = ("pct", "pct_lo", "pct_hi")


def _share(name: str, *statistics: str) -> dict[str, QVariant.Type]:
    fields = {f"{name}_n": WHOLE, f"{name}_pct": DECIMAL}
    return fields | {f"{name}_{s}": DECIMAL for s in statistics}


# What design.md promises for these tables, written out.
ETHNICITY = {
    "eth_total": WHOLE,
    **{k: v for group in ETHNIC_GROUPS for k, v in _share(f"eth_{group}").items()},
    **_share("eth_minority_excl_white", "pct_lo", "pct_hi"),
    "eth_diversity": DECIMAL,
    "eth_largest": TEXT,
}
INDEX = {
    "dep_imd_score": DECIMAL,
    "dep_imd_rank": WHOLE,
    "dep_imd_decile": WHOLE,
    "dep_imd_quintile": WHOLE,
    "dep_core20": WHOLE,
    **{f"dep_{domain}_rank": WHOLE for domain in DOMAINS},
    **{f"dep_{domain}_decile": WHOLE for domain in DOMAINS},
    "dep_exhealth_score": DECIMAL,
    "dep_exhealth_decile": WHOLE,
    "dep_idaci_decile": WHOLE,
    "dep_idaopi_decile": WHOLE,
}
HOUSEHOLDS = {**_share("dep_hh_any"), **_share("dep_hh_two")}
LANGUAGE = {
    "lang_total": WHOLE,
    **_share("lang_main_english"),
    **_share("lang_main_other"),
    **_share("lang_low_english", "pct_lo", "pct_hi"),
    **_share("lang_hh_no_english"),
}


def published(shared) -> dict:
    data = shared / "data"
    census = data / "census2021"
    return {
        "areas": data / "boundaries" / "lsoa21_south_yorkshire.geojson",
        "ethnicity": [census / "TS021_ethnic6_LSOA21_nomis_query_pct_SouthYorkshire.csv"],
        "language": [
            census / "census2021-ts029-lsoa_SouthYorkshire_DERIVED_sum_of_OAs.csv",
            census / "census2021-ts025-lsoa_SouthYorkshire_DERIVED_sum_of_OAs.csv",
        ],
        "deprivation": [
            data / "deprivation" / "File_7_IoD2025_SouthYorkshire_RECONSTRUCTED.csv",
            census / "TS011_hh_deprivation_LSOA21_nomis_query_pct_SouthYorkshire.csv",
        ],
    }


@pytest.fixture(scope="module")
def everything(shared, tmp_path_factory):
    """South Yorkshire profiled by five published tables in one call."""
    inputs = published(shared)
    return run(
        "profileareas",
        INPUT=inputs["areas"],
        TABLES=[*inputs["ethnicity"], *inputs["language"], *inputs["deprivation"]],
        OUTPUT=tmp_path_factory.mktemp("profile") / "all.gpkg",
    )


@pytest.fixture(scope="module")
def sheffield(everything) -> list[dict]:
    rows = [row for row in everything.rows() if row["LADCD_ACTIVE"] == SHEFFIELD]
    assert len(rows) == 343
    return rows


def total(rows, name):
    return sum(row[name] for row in rows)


def highest(rows, name):
    return max(rows, key=lambda row: row[name])


def types_of(layer) -> dict:
    return {f.name(): f.type() for f in layer.fields()}


def all_but(row, *names):
    return {k: v for k, v in row.items() if k.lower() not in names}


def same(one, other) -> bool:
    """Whether two cells hold the same figure, to what a file's text of a double keeps."""
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-9)
    return one == other


def assert_same_figures(rows, other, fields, code="LSOA21CD"):
    mine, theirs = ({row[code]: row for row in table} for table in (rows, other))
    assert mine.keys() == theirs.keys()
    wrong = [
        (at, name, mine[at][name], theirs[at][name])
        for at in mine
        for name in fields
        if not same(mine[at][name], theirs[at][name])
    ]
    assert not wrong, wrong[:5]


# --- acceptance on published tables -----------------------------------------------------------


def test_every_area_comes_out_once(everything):
    codes = [row["LSOA21CD"] for row in everything.rows()]
    assert len(codes) == len(set(codes)) == 860


def test_areas_keep_geometry_and_attributes(everything, shared):
    source = open_layer(published(shared)["areas"])
    before = {f["LSOA21CD"]: f for f in source.getFeatures()}
    after = {f["LSOA21CD"]: f for f in everything.layer.getFeatures()}
    assert everything.layer.crs() == source.crs()
    for code, feature in before.items():
        assert after[code].geometry().equals(feature.geometry()), code
        for name in ("LSOA21NM", "GlobalID", "LADCD_ACTIVE"):
            assert after[code][name] == feature[name]


def test_low_english_of_sheffield(sheffield):
    low, people = total(sheffield, "lang_low_english_n"), total(sheffield, "lang_total")
    assert (low, people) == (11_038, 538_761)
    assert round(100 * low / people, 2) == 2.05
    worst = highest(sheffield, "lang_low_english_pct")
    assert (worst["LSOA21CD"], round(worst["lang_low_english_pct"], 2)) == ("E01007913", 14.46)


def test_deprivation_of_sheffield(sheffield):
    assert sum(row["dep_imd_decile"] == 1 for row in sheffield) == 75
    assert sum(row["dep_core20"] == 1 for row in sheffield) == 120
    assert {row["dep_core20"] for row in sheffield} == {0, 1}
    assert all((row["dep_imd_quintile"] == 1) == (row["dep_core20"] == 1) for row in sheffield)


def test_ethnicity_of_sheffield(sheffield):
    share = 100 * total(sheffield, "eth_minority_excl_white_n") / total(sheffield, "eth_total")
    assert round(share, 2) == 20.90
    most = highest(sheffield, "eth_minority_excl_white_pct")
    figure = round(most["eth_minority_excl_white_pct"], 2)
    assert (most["LSOA21CD"], figure) == ("E01033269", 84.28)


def test_household_language_of_sheffield(sheffield):
    nobody, all_of_them = (
        total(sheffield, "lang_hh_no_english_n"),
        total(sheffield, "lang_hh_total"),
    )
    assert (nobody, all_of_them) == (11_173, 231_912)


def test_one_area_by_hand(everything):
    """E01007434, read off the published tables with a pocket calculator."""
    row = everything.by_code("LSOA21CD")["E01007434"]
    assert (row["eth_total"], row["eth_white_n"], row["eth_asian_n"]) == (2462, 2395, 29)
    assert row["eth_white_pct"] == pytest.approx(100 * 2395 / 2462)
    assert row["eth_minority_excl_white_n"] == 67
    shares = [n / 2462 for n in (29, 7, 17, 2395, 14)]
    assert row["eth_diversity"] == pytest.approx(1 - sum(s * s for s in shares))
    assert row["eth_largest"] == "White"
    assert (row["dep_hh_any_n"], row["dep_hh_two_n"]) == (514, 203)
    assert row["dep_hh_any_pct"] == pytest.approx(100 * 514 / 1038)


def test_limits_are_wilsons(everything):
    """E01007434: 67 of 2,462; limits worked out from the published formula."""
    row = everything.by_code("LSOA21CD")["E01007434"]
    x, n, z = 67, 2462, 1.959964
    half = z * math.sqrt(z * z + 4 * x * (1 - x / n))
    low, high = ((2 * x + z * z + s * half) / (2 * (n + z * z)) for s in (-1, 1))
    assert row["eth_minority_excl_white_pct_lo"] == pytest.approx(100 * low, rel=1e-6)
    assert row["eth_minority_excl_white_pct_hi"] == pytest.approx(100 * high, rel=1e-6)


@pytest.mark.parametrize(
    "expected", [ETHNICITY, INDEX, HOUSEHOLDS, LANGUAGE], ids=["eth", "index", "households", "lang"]
)
def test_fields_of_the_contract(everything, expected):
    have = types_of(everything.layer)
    assert {name: have.get(name) for name in expected} == expected


def test_no_field_for_a_figure_the_table_cannot_give(everything):
    """Six groups do not say who is White British."""
    names = [f.name() for f in everything.layer.fields()]
    assert not [name for name in names if name.startswith("eth_minority_") and "excl" not in name]
    assert "Ethnic groups other than White British" in everything.log.text


def test_log_says_what_each_table_is(everything, shared):
    inputs = published(shared)
    for path in [*inputs["ethnicity"], *inputs["language"], *inputs["deprivation"]]:
        assert any(path.name in line and "recognised as" in line for line in everything.log.lines)
    assert not everything.log.errors


SINGLE = {
    "profileethnicity": ("ethnicity", ETHNICITY),
    "profiledeprivation": ("deprivation", {**INDEX, **HOUSEHOLDS}),
    "profilelanguage": ("language", LANGUAGE),
}


@pytest.mark.parametrize("name", SINGLE)
def test_single_dimension_gives_the_same_figures(name, everything, shared):
    dimension, fields = SINGLE[name]
    inputs = published(shared)
    alone = run(name, INPUT=inputs["areas"], TABLES=inputs[dimension], OUTPUT="TEMPORARY_OUTPUT")
    assert_same_figures(alone.rows(), everything.rows(), fields)
    other = {"eth_", "dep_", "lang_", "prev_"} - {next(iter(fields)).split("_")[0] + "_"}
    assert not [f.name() for f in alone.layer.fields() if f.name().startswith(tuple(other))]


def test_dimensions_choose(shared, everything):
    inputs = published(shared)
    tables = [*inputs["ethnicity"], *inputs["language"]]
    some = run(
        "profileareas",
        INPUT=inputs["areas"],
        TABLES=tables,
        DIMENSIONS=["language"],
        OUTPUT="TEMPORARY_OUTPUT",
    )
    assert_same_figures(some.rows(), everything.rows(), LANGUAGE)
    assert not [f.name() for f in some.layer.fields() if f.name().startswith("eth_")]
    assert f"{inputs['ethnicity'][0].name}: not used" in some.log.text


def test_dimension_asked_for_without_its_table_is_refused(shared):
    inputs = published(shared)
    message = refused(
        "profileareas",
        INPUT=inputs["areas"],
        TABLES=inputs["ethnicity"],
        DIMENSIONS=["ethnicity", "language"],
        OUTPUT="TEMPORARY_OUTPUT",
    )
    assert "language" in message and "Ethnic group (TS021)" in message


# --- missing is NULL --------------------------------------------------------------------------


def test_blank_scores_of_the_published_file_are_null(everything):
    """File 7 as reconstructed has no figures for IDACI and IDAOPI: NULL, never 0."""
    rows = everything.rows()
    assert {row["dep_idaci_decile"] for row in rows} == {None}
    assert {row["dep_idaopi_decile"] for row in rows} == {None}


def test_suppressed_cells_are_null_and_other_cells_stay(tmp_path):
    codes = lsoas(20)

    def spoil(rows):
        rows[3][4] = "c"  # Asian in the fourth area
        rows[5][3] = ""  # total of the sixth

    table = ethnic_csv(tmp_path / "t.csv", codes, change=spoil)
    out = run("profileethnicity", INPUT=make_areas(codes), TABLES=[table], OUTPUT="memory:")
    rows = out.by_code("LSOA21CD")
    fourth, sixth = rows[codes[3]], rows[codes[5]]
    assert fourth["eth_asian_n"] is None and fourth["eth_asian_pct"] is None
    assert fourth["eth_black_n"] == 56 and fourth["eth_total"] > 0
    assert fourth["eth_diversity"] is None and fourth["eth_largest"] is None
    assert sixth["eth_total"] is None and sixth["eth_asian_n"] == 105
    assert sixth["eth_asian_pct"] is None
    assert sum(row["eth_asian_n"] is None for row in rows.values()) == 1


# --- selection, filters, sources --------------------------------------------------------------


@pytest.fixture
def squares():
    """Thirty areas with one table; the layer is in a project, as a user's would be."""
    layer = make_areas(lsoas(30), place=["a" if at % 2 else "b" for at in range(30)])
    QgsProject.instance().addMapLayer(layer, False)
    yield layer
    QgsProject.instance().removeMapLayer(layer.id())


@pytest.fixture
def table(tmp_path):
    return ethnic_csv(tmp_path / "ts021.csv", lsoas(30))


def test_selection_is_respected(squares, table):
    squares.selectByExpression("\"place\" = 'a'")
    everything = run("profileethnicity", INPUT=squares, TABLES=[table], OUTPUT="memory:")
    assert len(everything.rows()) == 30, "without the flag a selection means nothing"
    selected = run(
        "profileethnicity",
        project=QgsProject.instance(),
        INPUT=QgsProcessingFeatureSourceDefinition(squares.id(), True),
        TABLES=[table],
        OUTPUT="memory:",
    )
    rows = selected.rows()
    assert len(rows) == 15 and {row["place"] for row in rows} == {"a"}


def test_filter_of_the_layer_is_respected(squares, table, tmp_path):
    layer = open_layer(save_layer(squares, tmp_path / "areas.gpkg"))
    assert layer.setSubsetString("\"place\" = 'b'")
    out = run("profileethnicity", INPUT=layer, TABLES=[table], OUTPUT="memory:")
    rows = out.rows()
    assert len(rows) == 15 and {row["place"] for row in rows} == {"b"}
    assert all(row["eth_total"] for row in rows)


def test_source_with_a_filter_in_its_path(squares, table, tmp_path):
    """As qgis_process and saved models name a filtered layer."""
    path = save_layer(squares, tmp_path / "areas.gpkg")
    source = f"{path}|layername=areas|subset=\"place\" = 'b'"
    out = run("profileethnicity", INPUT=source, TABLES=[table], OUTPUT="memory:")
    assert len(out.rows()) == 15


@pytest.mark.parametrize(
    ("ending", "crs"),
    [
        (".gpkg", "EPSG:27700"),
        (".gpkg", "EPSG:4326"),
        (".shp", "EPSG:27700"),
        (".shp", "EPSG:4326"),
        (".geojson", "EPSG:4326"),  # geographic by its standard
    ],
)
def test_areas_in_any_file_and_crs(squares, table, tmp_path, ending, crs):
    path = save_layer(squares, tmp_path / f"areas{ending}", crs)
    out = run("profileethnicity", INPUT=path, TABLES=[table], OUTPUT=tmp_path / "out.gpkg")
    plain = run("profileethnicity", INPUT=squares, TABLES=[table], OUTPUT="memory:")
    assert_same_figures(out.rows(), plain.rows(), ETHNICITY)
    assert out.layer.crs().authid() in (crs, "OGC:CRS84")
    before = open_layer(path)
    assert out.layer.extent().center().distance(before.extent().center()) < 1e-6


def test_geopackage_to_geopackage_is_the_same_as_feature_by_feature(table, tmp_path):
    """That way goes by columns: nothing of the areas may change on it."""
    codes = lsoas(30)
    areas = QgsVectorLayer(
        "MultiPolygon?crs=EPSG:27700&field=LSOA21CD:string(20)&field=whole:integer"
        "&field=long:long&field=share:double&field=day:date&field=moment:datetime"
        "&field=yes:bool&field=odd%20%22name%22:string(5)",
        "squares",
        "memory",
    )
    features = []
    for at, code in enumerate(codes):
        feature = QgsFeature(areas.fields())
        if at != 4:  # one has no geometry
            x = 1000 * at
            wkt = f"MULTIPOLYGON((({x} 0,{x + 1000} 0,{x + 1000} 1000,{x} 0)))"
            feature.setGeometry(QgsGeometry.fromWkt(wkt))
        day = QDate(2021, 3, 21).addDays(at)
        moment = QDateTime(day, QTime(12, 30, 15))
        cells = [at, 2**40 + at, at / 7, day, moment, at % 2 == 0, "ä'\""]
        feature.setAttributes([code, *(cells if at != 5 else [None] * 7)])
        features.append(feature)
    areas.dataProvider().addFeatures(features)
    source = save_layer(areas, tmp_path / "source.gpkg", name="my 'areas'")
    # another format of the same has to go feature by feature
    assert open_layer(source).featureCount() == 30
    fast = run("profileethnicity", INPUT=source, TABLES=[table], OUTPUT=tmp_path / "fast.gpkg")
    subset = f"{source}|layername=my 'areas'|subset=1 = 1"
    slow = run("profileethnicity", INPUT=subset, TABLES=[table], OUTPUT=tmp_path / "slow.gpkg")
    one, other = fast.layer, slow.layer
    assert [f.name() for f in one.fields()] == [f.name() for f in other.fields()]
    assert {f.name(): f.typeName() for f in one.fields()} == {
        f.name(): f.typeName() for f in other.fields()
    }
    assert (one.crs(), one.wkbType()) == (other.crs(), other.wkbType())
    assert one.hasSpatialIndex() == other.hasSpatialIndex()
    assert one.extent() == other.extent()
    assert [f.id() for f in one.getFeatures()] == [f.id() for f in other.getFeatures()]
    for mine, theirs in zip(one.getFeatures(), other.getFeatures()):
        assert mine.geometry().asWkt() == theirs.geometry().asWkt()
        assert mine.hasGeometry() == theirs.hasGeometry()
    for mine, theirs in zip(fast.rows(), slow.rows()):
        assert mine == theirs


def test_layer_of_a_geopackage_with_several(squares, table, tmp_path):
    book = save_layer(make_areas(["x"]), tmp_path / "book.gpkg", name="first")
    save_layer(squares, book, name="second", append=True)
    source = f"{book}|layername=second"
    out = run("profileethnicity", INPUT=source, TABLES=[table], OUTPUT=tmp_path / "out.gpkg")
    assert len(out.rows()) == 30 and all(row["eth_total"] for row in out.rows())
    assert out.layer.crs().authid() == "EPSG:27700"


def test_edits_that_are_not_saved_count(squares, table, tmp_path):
    """The layer as the user sees it, not the file behind it."""
    layer = open_layer(save_layer(squares, tmp_path / "areas.gpkg"))
    assert layer.startEditing()
    first = next(layer.getFeatures())
    assert layer.changeAttributeValue(first.id(), layer.fields().indexOf("place"), "new")
    out = run("profileethnicity", INPUT=layer, TABLES=[table], OUTPUT=tmp_path / "out.gpkg")
    layer.rollBack()
    assert out.rows()[0]["place"] == "new"


def test_table_of_areas_without_geometry(table, tmp_path):
    rows = [[code, "x"] for code in lsoas(30)]
    areas = write_csv(tmp_path / "areas.csv", rows, ["LSOA21CD", "note"])
    out = run("profileethnicity", INPUT=areas, TABLES=[table], OUTPUT=tmp_path / "out.gpkg")
    assert len(out.rows()) == 30 and out.rows()[0]["eth_total"] == 980


def test_code_field_is_found_by_its_values(table):
    names = [f"Place {at}" for at in range(30)]
    layer = make_areas(names, "name", gss=lsoas(30))
    out = run("profileethnicity", INPUT=layer, TABLES=[table], OUTPUT="memory:")
    assert "codes in the field gss" in out.log.text
    assert all(row["eth_total"] for row in out.rows())


def test_code_field_can_be_chosen(table):
    other = [f"E0200{1000 + at}" for at in range(30)]
    layer = make_areas(other, "msoa", lsoa=lsoas(30))
    out = run("profileethnicity", INPUT=layer, CODE_FIELD="lsoa", TABLES=[table], OUTPUT="memory:")
    assert all(row["eth_total"] for row in out.rows())


def test_codes_in_lower_case_and_with_spaces(tmp_path, table):
    layer = make_areas([f" {code.lower()} " for code in lsoas(30)])
    out = run("profileethnicity", INPUT=layer, TABLES=[table], OUTPUT="memory:")
    assert all(row["eth_total"] for row in out.rows())


def test_rerun_on_its_own_output_replaces_the_figures(squares, table, tmp_path):
    first = run("profileethnicity", INPUT=squares, TABLES=[table], OUTPUT=tmp_path / "1.gpkg")

    def doubled(rows):
        for row in rows:
            row[3:] = [2 * figure for figure in row[3:]]

    newer = ethnic_csv(tmp_path / "newer.csv", lsoas(30), change=doubled)
    again = run(
        "profileethnicity", INPUT=tmp_path / "1.gpkg", TABLES=[newer], OUTPUT=tmp_path / "2.gpkg"
    )
    assert [f.name() for f in again.layer.fields()] == [f.name() for f in first.layer.fields()]
    old, new = first.by_code("LSOA21CD"), again.by_code("LSOA21CD")
    assert all(new[code]["eth_total"] == 2 * old[code]["eth_total"] for code in old)
    assert any("eth_total" in line and "eth_diversity" in line for line in again.log.lines)


def test_another_dimension_is_added_beside_the_first(shared, everything, tmp_path):
    inputs = published(shared)
    first = run(
        "profileethnicity",
        INPUT=inputs["areas"],
        TABLES=inputs["ethnicity"],
        OUTPUT=tmp_path / "1.gpkg",
    )
    both = run(
        "profilelanguage",
        INPUT=first.results["OUTPUT"],
        TABLES=inputs["language"],
        OUTPUT=tmp_path / "2.gpkg",
    )
    assert_same_figures(both.rows(), everything.rows(), {**ETHNICITY, **LANGUAGE})


# --- level and suppression --------------------------------------------------------------------


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    return run(
        "profileethnicity",
        INPUT=SAMPLE / "areas.gpkg",
        TABLES=[SAMPLE / "census2021-ts021-lsoa.csv"],
        LEVEL="category",
        OUTPUT=tmp_path_factory.mktemp("city") / "city.gpkg",
    )


def test_level_category_gives_all_nineteen(city):
    have = types_of(city.layer)
    expected = {k: v for name in CATEGORIES for k, v in _share(f"eth_{name}").items()}
    assert {name: have.get(name) for name in expected} == expected
    assert {"eth_minority_n", "eth_minority_pct", "eth_minority_pct_lo", "eth_minority_pct_hi"} <= {
        *have
    }


def test_minority_is_all_but_white_british(city):
    for row in city.rows():
        assert row["eth_minority_n"] == row["eth_total"] - row["eth_white_british_n"]
        assert row["eth_minority_pct_lo"] < row["eth_minority_pct"] < row["eth_minority_pct_hi"]
        assert row["eth_minority_n"] > row["eth_minority_excl_white_n"]


def test_first_area_of_the_city_as_its_file_says(city):
    codes = [row for row in city.rows() if "E01990001" in row.values()]
    row = codes[0]
    assert (row["eth_total"], row["eth_white_british_n"], row["eth_arab_n"]) == (2518, 2393, 7)
    assert row["eth_minority_n"] == 125
    assert row["eth_pakistani_pct"] == pytest.approx(100 * 11 / 2518)


def test_published_noise_is_logged_not_refused(city):
    """The sample's counts miss their total by up to 3, as the census' own do."""
    line = [line for line in city.log.lines if "miss their total" in line]
    assert line and "Ethnic group (TS021)" in line[0] and "noise" in line[0]


def test_level_group_has_no_categories(city):
    group = run(
        "profileethnicity",
        INPUT=SAMPLE / "areas.gpkg",
        TABLES=[SAMPLE / "census2021-ts021-lsoa.csv"],
        OUTPUT="memory:",
    )
    names = {f.name() for f in group.layer.fields()}
    assert "eth_pakistani_n" not in names and "eth_minority_n" in names
    assert group.rows()[0]["eth_minority_n"] == city.rows()[0]["eth_minority_n"]


def _rounded(count, smallest):
    if count is None or 0 < count < smallest:
        return None
    return 5 * math.floor(count / 5 + 0.5)


@pytest.mark.parametrize(("rule", "smallest"), [("nhs", 8), ("ons10", 10)])
def test_suppression_hides_and_rounds(city, rule, smallest):
    safe = run(
        "profileethnicity",
        INPUT=SAMPLE / "areas.gpkg",
        TABLES=[SAMPLE / "census2021-ts021-lsoa.csv"],
        LEVEL="category",
        SUPPRESSION=rule,
        OUTPUT="memory:",
    )
    hidden = 0
    for open_row, row in zip(city.rows(), safe.rows()):
        of = row["eth_total"]
        assert of == _rounded(open_row["eth_total"], smallest)
        counts = {k[:-2]: v for k, v in row.items() if k.startswith("eth_") and k.endswith("_n")}
        for name, count in counts.items():
            assert count in (None, _rounded(open_row[f"{name}_n"], smallest)), name
            share = row[f"{name}_pct"]
            if count is None:
                hidden += 1
                assert share is None
            else:
                assert share == pytest.approx(100 * count / of)
        for name in ("eth_minority", "eth_minority_excl_white"):
            if row[f"{name}_n"] is None:
                assert row[f"{name}_pct_lo"] is None and row[f"{name}_pct_hi"] is None
    assert hidden > 500, "the sample has many small counts"


def test_suppression_of_language_shows_nothing_small(shared):
    inputs = published(shared)
    safe = run(
        "profilelanguage",
        INPUT=inputs["areas"],
        TABLES=inputs["language"],
        SUPPRESSION="nhs",
        OUTPUT="memory:",
    )
    counts = [v for row in safe.rows() for k, v in row.items() if k.endswith(("_n", "_total"))]
    shown = [count for count in counts if count is not None]
    assert not [count for count in shown if 1 <= count <= 7 or count % 5]
    assert 0 in shown, "a true zero stays"
    assert None in counts


# --- what goes with the file ------------------------------------------------------------------


def test_style_travels_with_the_geopackage(everything):
    path = everything.results["OUTPUT"]
    fresh = open_layer(path)
    _, loaded = fresh.loadDefaultStyle()
    assert loaded
    assert fresh.renderer().type() == "RuleRenderer"
    labels = [item.label() for item in fresh.renderer().legendSymbolItems()]
    assert "1 (most deprived tenth)" in labels and "No figure" in labels
    assert labels[0].startswith("Index of Multiple Deprivation"), "what the classes are of"


def test_every_view_is_saved(everything):
    fresh = open_layer(everything.results["OUTPUT"])
    number, _, names, _, _ = fresh.listStylesInDatabase()
    assert {"Deprivation", "Ethnicity", "Language"} <= set(names), names
    assert number >= 3


def test_tenths_without_health_are_national_for_a_county_alone(everything, shared):
    """Against the ranks of all of England, made here from the national file."""
    import numpy as np
    import pandas as pd

    table = pd.read_csv(
        shared / "data/deprivation/IoD2025_LSOA21_England_scores_ranks_deciles.csv.gz",
        index_col="lsoa21_code",
    )
    weights = {
        **{"Income_rank": 0.225, "Employment_rank": 0.225, "Education_rank": 0.135},
        **{"Crime_rank": 0.093, "Housing_and_Services_rank": 0.093, "Environment_rank": 0.093},
    }
    share = (len(table) - table[list(weights)] + 1) / len(table)
    score = (-23 * np.log(1 - share * (1 - np.exp(-100 / 23)))) @ pd.Series(weights)
    decile = np.ceil(10 * score.rank(ascending=False, method="min") / len(table))
    rows = everything.rows()
    wrong = [row for row in rows if row["dep_exhealth_decile"] != decile[row["LSOA21CD"]]]
    assert len(rows) == 860 and not wrong
    said = [
        line for line in everything.log.lines if "national (England), by the cut points" in line
    ]
    assert len(said) == 1


def test_aliases_say_the_figures_in_words(everything):
    fresh = open_layer(everything.results["OUTPUT"])
    fresh.loadDefaultStyle()
    contract = {**ETHNICITY, **INDEX, **HOUSEHOLDS, **LANGUAGE}
    aliases = {name: fresh.attributeAlias(fresh.fields().indexOf(name)) for name in contract}
    assert not [name for name, alias in aliases.items() if not alias]
    assert aliases["lang_low_english_pct"] == "Cannot speak English well or at all (per cent)"
    assert "households" in aliases["dep_hh_any_n"]
    assert "national (England)" in aliases["dep_exhealth_decile"]
    assert len(set(aliases.values())) == len(aliases), "two fields must not share a title"


def _drawn(layer) -> dict:
    """Return how many areas each line of the legend draws, of lines that draw any."""
    items = layer.renderer().legendSymbolItems()
    keys = {item.ruleKey(): item.label() for item in items if item.ruleKey() != "heading"}
    counter = layer.countSymbolFeatures()
    counter.waitForFinished()
    counts = {label: counter.featureCount(key) for key, label in keys.items()}
    return {label: count for label, count in counts.items() if count > 0}


def test_saved_style_draws_every_area(everything):
    fresh = open_layer(everything.results["OUTPUT"])
    fresh.loadDefaultStyle()
    drawn = _drawn(fresh)
    assert sum(drawn.values()) == 860 and len(drawn) == 10, drawn


def test_shapefile_output_gets_a_style_beside_it(squares, table, tmp_path):
    """Its field names are cut: the style must still find them."""
    run("profileethnicity", INPUT=squares, TABLES=[table], OUTPUT=tmp_path / "out.shp")
    assert (tmp_path / "out.qml").exists()
    fresh = open_layer(tmp_path / "out.shp")
    assert fresh.renderer().type() == "RuleRenderer"
    drawn = _drawn(fresh)
    assert sum(drawn.values()) == 30 and len(drawn) > 2, drawn


def test_memory_output_is_fully_profiled(squares, table):
    out = run("profileethnicity", INPUT=squares, TABLES=[table], OUTPUT="memory:")
    assert (
        out.layer.attributeAlias(out.layer.fields().indexOf("eth_total")) == "All usual residents"
    )
    assert out.layer.renderer().type() == "RuleRenderer"


def test_progress_runs_to_the_end(squares, table):
    out = run("profileethnicity", INPUT=squares, TABLES=[table], OUTPUT="memory:")
    steps = out.log.progressed
    assert steps == sorted(steps) and all(0 <= step <= 100 for step in steps)
