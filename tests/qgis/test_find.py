"""Areas ranked: fields, order, honesty about what was not measured, and the same twice."""

from __future__ import annotations

import json
import shlex

import pytest
from qgis.core import (
    QgsProcessingContext,
    QgsProcessingFeatureSourceDefinition,
    QgsProcessingOutputLayerDefinition,
    QgsProcessingUtils,
    QgsProject,
)
from qgis.PyQt.QtCore import QVariant

from .helpers import (
    ROOT,
    Log,
    Outcome,
    algorithm,
    lsoas,
    make_areas,
    open_layer,
    refused,
    rows_of,
    run,
    save_layer,
)

N = 60
SCHEMES = ROOT / "resources" / "schemes"
CODES = lsoas(N)
WHOLE, DECIMAL, TEXT = QVariant.Type.LongLong, QVariant.Type.Double, QVariant.Type.String
FIELDS = {
    "sh_need": DECIMAL,
    "sh_barriers": DECIMAL,
    "sh_score": DECIMAL,
    "sh_rank": WHOLE,
    "sh_rank_median": WHOLE,
    "sh_rank_lo": WHOLE,
    "sh_rank_hi": WHOLE,
    "sh_p_top": DECIMAL,
    "sh_tier": TEXT,
    "sh_flag": WHOLE,
    "sh_reasons": TEXT,
}


def columns():
    """Two figures that agree on the worst and the best area and differ between."""
    return {
        "dep_exhealth_score": [float(at) for at in range(N)],
        "prev_dm_pct": [5 + (at * 7 % 13) / 10 for at in range(N)],
        "prev_copd_pct": [1 + (at * 5 % 11) / 10 for at in range(N)],
        "lang_low_english_pct": [float((at * 11) % (N - 2)) for at in range(N - 1)] + [99.0],
        "lang_low_english_n": [10 + at for at in range(N)],
        "dep_core20": [int(at >= 40) for at in range(N)],
    }


def areas(**more):
    return make_areas(CODES, **{**columns(), **more})


def voiced():
    """Replies per 100 expected: fewest in the areas that are richest."""
    shrunk = [20.0 + 2 * at for at in range(N)]
    return areas(
        voice_shrunk=shrunk, voice_class=["much lower" if v < 50 else "as expected" for v in shrunk]
    )


def find(layer=None, log=None, **more):
    options = {"DRAWS": 200, "OUTPUT": "memory:", **more}
    return run("findseldomheard", log, INPUT=areas() if layer is None else layer, **options)


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    return find(OUTPUT=tmp_path_factory.mktemp("find") / "found.gpkg")


def test_fields_of_the_contract(found):
    have = {f.name(): f.type() for f in found.layer.fields()}
    assert {name: have.get(name) for name in FIELDS} == FIELDS
    assert "sh_voice" not in have, "nobody was counted"


def test_first_rank_is_the_highest_score(found):
    rows = sorted(found.rows(), key=lambda row: row["sh_rank"])
    scores = [row["sh_score"] for row in rows]
    assert rows[0]["sh_rank"] == 1 and scores == sorted(scores, reverse=True)
    assert rows[0]["LSOA21CD"] == CODES[-1], "worst in deprivation and in English"
    assert {row["sh_rank"] for row in rows} <= set(range(1, N + 1))


def test_pillars_and_score_lie_between_0_and_1(found):
    for row in found.rows():
        for name in ("sh_need", "sh_barriers", "sh_score", "sh_p_top"):
            assert 0 <= row[name] <= 1, (name, row[name])
        assert row["sh_rank_lo"] <= row["sh_rank_median"] <= row["sh_rank_hi"]


def test_barriers_are_the_percentile_rank(found):
    values = columns()["lang_low_english_pct"]
    for at, row in enumerate(found.rows()):
        below = sum(value < values[at] for value in values)
        assert row["sh_barriers"] == pytest.approx(below / (N - 1))


def test_score_is_the_geometric_mean_of_the_pillars(found):
    for row in found.rows():
        need, barriers = (max(row[f"sh_{p}"], 1 / (N - 1)) for p in ("need", "barriers"))
        assert row["sh_score"] == pytest.approx((need * barriers) ** 0.5)


def test_flag_needs_core20_and_the_top_tenth_of_limited_english(found):
    values = columns()
    english = sorted(values["lang_low_english_pct"])
    limit = english[int(0.9 * (N - 1)) + 1]
    for at, row in enumerate(found.rows()):
        expected = values["dep_core20"][at] and values["lang_low_english_pct"][at] >= limit
        assert row["sh_flag"] == int(bool(expected)), at
    assert 0 < sum(row["sh_flag"] for row in found.rows()) < N


def test_tiers_follow_the_share_of_draws(found):
    for row in found.rows():
        share = row["sh_p_top"]
        expected = "robust" if share >= 0.8 else "contestable" if share >= 0.2 else "not a priority"
        assert row["sh_tier"] == expected


def test_reasons_are_words_with_figures(found):
    first = next(row for row in found.rows() if row["sh_rank"] == 1)
    assert "limited English is common (99.0 %" in first["sh_reasons"]
    last = max(found.rows(), key=lambda row: row["sh_rank"])
    assert last["sh_reasons"] is None or "%" in last["sh_reasons"]
    assert not [row for row in found.rows() if "$" in (row["sh_reasons"] or "")]


def test_areas_keep_their_own_fields(found):
    assert found.by_code("LSOA21CD")[CODES[7]]["dep_exhealth_score"] == 7.0


# --- potentially --------------------------------------------------------------------------------


def loaded_name(layer) -> str:
    """Return the name under which the desktop would load the output."""
    context, log = QgsProcessingContext(), Log()
    project = QgsProject()
    context.setProject(project)
    sink = QgsProcessingOutputLayerDefinition("memory:", project)
    sink.destinationName = "Ranked areas"
    values = {"INPUT": layer, "DRAWS": 20, "OUTPUT": sink}
    results, fine = algorithm("findseldomheard").run(values, context, log)
    assert fine, log.errors
    assert QgsProcessingUtils.mapLayerFromString(results["OUTPUT"], context).featureCount() == N
    return context.layerToLoadOnCompletionDetails(results["OUTPUT"]).name


def alias(layer, name):
    return layer.attributeAlias(layer.fields().indexOf(name))


def test_without_replies_it_says_potentially(found):
    assert loaded_name(areas()) == "Potentially seldom heard areas"
    assert "potentially" in alias(found.layer, "sh_score")
    assert "potentially" in alias(found.layer, "sh_rank")


def test_with_replies_it_does_not(found):
    with_voice = find(voiced())
    assert loaded_name(voiced()) == "Seldom heard areas"
    assert "potentially" not in alias(with_voice.layer, "sh_score")
    names = {f.name() for f in with_voice.layer.fields()}
    assert "sh_voice" in names


def test_replies_change_the_ranking(found):
    before, after = found.by_code("LSOA21CD"), find(voiced()).by_code("LSOA21CD")
    assert after[CODES[0]]["sh_voice"] == pytest.approx(1), "fewest replies, strongest barrier"
    enough = [row["sh_voice"] for row in after.values() if row["voice_shrunk"] >= 100]
    assert len(enough) == 20 and set(enough) == {0.0}, "as many replies as expected, or more"
    assert any(before[code]["sh_rank"] != after[code]["sh_rank"] for code in CODES)


def test_flag_with_replies_asks_for_few_replies_too(found):
    rows = find(voiced()).rows()
    assert sum(row["sh_flag"] for row in rows) == 0, "those areas answered as expected"
    silent = areas(voice_shrunk=[30.0 + at / 10 for at in range(N)], voice_class=["lower"] * N)
    flags = [row["sh_flag"] for row in find(silent).rows()]
    assert flags == [row["sh_flag"] for row in found.rows()]


def test_sources_and_notes_travel_with_the_file(found):
    fresh = open_layer(found.results["OUTPUT"])
    fresh.loadDefaultStyle()
    kept = json.loads(fresh.customProperty("seldom_heard/provenance"))
    text = kept["ranking"]["method"]
    assert "potentially seldom heard" in text and "seed 1" in text and "200" in text


# --- TOP ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("top", "number"), [("7", 7), ("10%", 6), ("25 %", 15), ("1%", 1), ("100%", N), ("1000", N)]
)
def test_top_is_a_number_or_a_percentage(top, number):
    out = find(TOP=top, DRAWS=20)
    assert out.results["HIGHLIGHTED"] == number


@pytest.mark.parametrize("top", ["many", "0", "-3", "2.5", "120%", "%", "nan", "inf", "1e400"])
def test_top_that_is_nonsense_is_refused(tmp_path, top):
    target = tmp_path / "out.gpkg"
    message = refused("findseldomheard", INPUT=areas(), TOP=top, OUTPUT=target)
    assert "TOP" in message and top in message and "10%" in message
    assert not target.exists()


# --- SCHEME -------------------------------------------------------------------------------------


def scheme(tmp_path, **more):
    path = tmp_path / "my scheme.json"
    data = {
        "id": "mine",
        "title": "Mine",
        "pillars": [
            {
                "id": "need",
                "title": "Need",
                "weight": 1,
                "indicators": [{"fields": ["dep_exhealth_score"], "weight": 1}],
            }
        ],
        **more,
    }
    path.write_text(json.dumps(data), encoding="utf-8")
    return path


def test_scheme_by_path(tmp_path):
    rows = find(SCHEME=scheme(tmp_path)).rows()
    assert [row["sh_rank"] for row in rows] == [*range(N, 0, -1)]
    assert all(row["sh_score"] == pytest.approx(row["sh_need"]) for row in rows)


def test_scheme_where_less_is_a_barrier(tmp_path):
    fields = [{"fields": ["dep_exhealth_score"], "more_is_barrier": False}]
    pillars = [{"id": "need", "title": "Need", "weight": 1, "indicators": fields}]
    rows = find(SCHEME=scheme(tmp_path, pillars=pillars)).rows()
    assert [row["sh_rank"] for row in rows] == [*range(1, N + 1)]


def test_unknown_scheme_is_named(tmp_path):
    message = refused("findseldomheard", INPUT=areas(), SCHEME="nonesuch", OUTPUT="memory:")
    assert "nonesuch" in message and "general" in message


@pytest.mark.parametrize(
    "text", ["{", "[]", "{}", '{"pillars": 3}', '{"pillars": [{"id": "need"}]}', '{"pillars": []}']
)
def test_scheme_that_is_none_is_named(tmp_path, text):
    path = tmp_path / "broken.json"
    path.write_text(text, encoding="utf-8")
    message = refused("findseldomheard", INPUT=areas(), SCHEME=path, OUTPUT="memory:")
    assert "broken.json" in message and "scheme" in message.lower()


def test_missing_fields_name_profileareas(tmp_path):
    target = tmp_path / "out.gpkg"
    message = refused("findseldomheard", INPUT=make_areas(CODES), OUTPUT=target)
    assert "profileareas" in message and "dep_exhealth_score" in message
    assert not target.exists()


def test_one_missing_pillar_is_named():
    layer = make_areas(CODES, dep_exhealth_score=columns()["dep_exhealth_score"])
    message = refused("findseldomheard", INPUT=layer, OUTPUT="memory:")
    assert "Barriers" in message and "lang_low_english_pct" in message


def with_the_full_index(**more):
    values = {**columns(), **more}
    values["dep_imd_score"] = values.pop("dep_exhealth_score")
    return values


def test_full_index_beside_prevalence_is_refused_with_the_ways_out(tmp_path):
    target = tmp_path / "out.gpkg"
    layer = make_areas(CODES, **with_the_full_index())
    message = refused("findseldomheard", INPUT=layer, OUTPUT=target)
    assert "dep_imd_score" in message and "health would count twice" in message
    for way_out in ("dep_exhealth_score", "profiledeprivation", "allow_full_index"):
        assert way_out in message
    assert not target.exists()


def test_full_index_without_prevalence_is_the_fallback():
    values = with_the_full_index()
    del values["prev_dm_pct"], values["prev_copd_pct"]
    rows = find(make_areas(CODES, **values), DRAWS=20).rows()
    assert rows[-1]["sh_need"] == 1


def test_full_index_may_be_allowed_on_purpose(tmp_path):
    shipped = json.loads((SCHEMES / "general.json").read_text(encoding="utf-8"))
    allowed = scheme(tmp_path, **{**shipped, "allow_full_index": True})
    out = find(make_areas(CODES, **with_the_full_index()), SCHEME=allowed, DRAWS=20)
    assert any("health counts twice" in line for line in out.log.warnings)


@pytest.mark.parametrize("name", ["dep_health_rank", "dep_imd_decile"])
def test_other_figures_that_hold_health_are_refused_too(tmp_path, name):
    entries = [{"fields": [name], "more_is_barrier": False}, {"fields": ["prev_dm_pct"]}]
    pillars = [{"id": "need", "weight": 1, "indicators": entries}]
    layer = areas(**{name: [float(at + 1) for at in range(N)]})
    message = refused(
        "findseldomheard", INPUT=layer, SCHEME=scheme(tmp_path, pillars=pillars), OUTPUT="memory:"
    )
    assert name in message


# --- seed ---------------------------------------------------------------------------------------


def drawn(**more):
    return [(row["sh_rank_lo"], row["sh_rank_hi"], row["sh_p_top"]) for row in find(**more).rows()]


def test_same_seed_same_result_other_seed_another():
    first = drawn(SEED=3)
    assert drawn(SEED=3) == first
    assert drawn(SEED=4) != first


def test_seed_does_not_touch_score_and_rank():
    one, other = find(SEED=3).rows(), find(SEED=4).rows()
    assert [(r["sh_score"], r["sh_rank"]) for r in one] == [
        (r["sh_score"], r["sh_rank"]) for r in other
    ]


# --- REFERENCE ----------------------------------------------------------------------------------


def test_reference_of_the_same_areas_changes_nothing(found):
    again = find(REFERENCE=areas())
    for mine, theirs in zip(found.rows(), again.rows()):
        assert mine["sh_score"] == pytest.approx(theirs["sh_score"])
        assert mine["sh_rank"] == theirs["sh_rank"]


def test_reference_is_what_areas_are_placed_in():
    part = make_areas(CODES[:10], **{k: v[:10] for k, v in columns().items()})
    alone, placed = find(part).rows(), find(part, REFERENCE=areas()).rows()
    assert max(row["sh_need"] for row in placed) < max(row["sh_need"] for row in alone)
    assert "60 areas of a reference layer" in _notes(find(part, REFERENCE=areas()))


def _notes(outcome: Outcome) -> str:
    kept = json.loads(outcome.layer.customProperty("seldom_heard/provenance"))
    return kept["ranking"]["method"]


def test_reference_without_the_fields_is_refused():
    message = refused(
        "findseldomheard", INPUT=areas(), REFERENCE=make_areas(CODES), OUTPUT="memory:"
    )
    assert "REFERENCE" in message and "dep_exhealth_score" in message


def test_reference_that_is_missing_is_named(tmp_path):
    message = refused(
        "findseldomheard", INPUT=areas(), REFERENCE=tmp_path / "gone.gpkg", OUTPUT="memory:"
    )
    assert "REFERENCE" in message or "gone.gpkg" in message


# --- SENSITIVITY --------------------------------------------------------------------------------


def test_sensitivity_table(tmp_path):
    path = tmp_path / "what_if.csv"
    out = find(SENSITIVITY=path, DRAWS=20)
    rows = rows_of(open_layer(path))
    used = ["dep_exhealth_score", "prev_dm_pct", "prev_copd_pct", "lang_low_english_pct"]
    assert [(row["change"], row["field"] or None) for row in rows] == [
        *(("without", name) for name in used),
        ("arithmetic", None),
        ("z", None),
        ("minmax", None),
    ]
    assert rows[0]["title"] == "Without: Deprivation (without health)"
    for row in rows:
        assert row["title"] and not row["title"].islower()
        assert -1 <= float(row["spearman"]) <= 1
        assert 0 <= float(row["top_overlap_pct"]) <= 100
        assert int(row["leave"]) <= 6
    assert out.results["SENSITIVITY"]


def test_sensitivity_is_not_made_unasked():
    assert "SENSITIVITY" not in find(DRAWS=20).results


# --- missing figures ----------------------------------------------------------------------------


def test_areas_without_figures_get_null():
    values = columns()
    values["lang_low_english_pct"][5] = None
    values["dep_exhealth_score"][6] = None
    rows = find(make_areas(CODES, **values)).rows()
    made_of_both = set(FIELDS) - {"sh_need", "sh_barriers", "sh_flag"}
    for at in (5, 6):
        assert {name: rows[at][name] for name in made_of_both} == dict.fromkeys(made_of_both)
    assert rows[5]["sh_barriers"] is None and rows[6]["sh_need"] is None
    assert max(row["sh_rank"] for row in rows if row["sh_rank"]) == N - 2


def test_one_missing_register_is_made_up_for():
    """A quarter of the pillar's weight may miss, as one of two registers does."""
    values = columns()
    values["prev_dm_pct"][5] = None
    out = find(make_areas(CODES, **values))
    assert out.rows()[5]["sh_rank"] is not None
    assert "1 areas were ranked with some figures missing" in out.log.text


def test_figures_empty_in_every_area_are_left_out_like_those_without_a_field():
    """As hiding small counts leaves them, where the counts behind a share are not on the layer."""
    none = [None] * N
    out = find(areas(prev_dm_pct=none, prev_copd_pct=none, voice_shrunk=none))
    assert "no figures for: Diagnosed long-term conditions" in out.log.text
    assert [row["sh_need"] for row in out.rows()] == pytest.approx([n / (N - 1) for n in range(N)])
    assert "sh_voice" not in {field.name() for field in out.layer.fields()}, "nobody was counted"


def test_no_area_with_all_figures_is_refused():
    values = {**columns(), "lang_low_english_pct": [None] * (N - 1) + [float("nan")]}
    message = refused("findseldomheard", INPUT=make_areas(CODES, **values), OUTPUT="memory:")
    assert "Barriers" in message and "NULL in every area" in message
    values["lang_low_english_pct"] = [None] * (N - 1) + [5.0]
    values["dep_exhealth_score"] = [5.0] * (N - 1) + [None]
    message = refused("findseldomheard", INPUT=make_areas(CODES, **values), OUTPUT="memory:")
    assert "figures for every pillar" in message and "NULL" in message


def test_one_area_alone_is_ranked_first():
    values = {name: cells[:1] for name, cells in columns().items()}
    rows = find(make_areas(CODES[:1], **values)).rows()
    assert rows[0]["sh_rank"] == 1


def test_all_alike_share_the_first_rank():
    layer = make_areas(CODES, dep_exhealth_score=[3.0] * N, lang_low_english_pct=[2.0] * N)
    assert {row["sh_rank"] for row in find(layer).rows()} == {1}


def test_ranking_again_replaces_the_first(found, tmp_path):
    again = find(found.results["OUTPUT"], OUTPUT=tmp_path / "again.gpkg")
    assert [f.name() for f in again.layer.fields()] == [f.name() for f in found.layer.fields()]
    assert again.rows() == found.rows()


def test_style_of_the_score_travels(found):
    fresh = open_layer(found.results["OUTPUT"])
    _, loaded = fresh.loadDefaultStyle()
    assert loaded
    labels = [item.label() for item in fresh.renderer().legendSymbolItems()]
    assert "Go here first – among the top in at least 80 % of draws (robust)" in labels


def test_legend_tells_the_thresholds_of_the_scheme(tmp_path):
    mine = scheme(tmp_path, thresholds={"robust": 0.95, "contestable": 0.05})
    layer = find(SCHEME=mine, OUTPUT=tmp_path / "out.gpkg").layer
    layer.loadDefaultStyle()
    labels = [item.label() for item in layer.renderer().legendSymbolItems()]
    assert "Go here first – among the top in at least 95 % of draws (robust)" in labels
    assert "Go here next – among the top in 5 to 95 % of draws (contestable)" in labels


def test_both_views_are_saved_where_replies_were_counted(tmp_path):
    out = find(voiced(), OUTPUT=tmp_path / "out.gpkg")
    assert "Styles saved in the GeoPackage: Seldom heard, Need and voice." in out.log.text
    out = find(areas(), OUTPUT=tmp_path / "no replies.gpkg")
    assert "Styles saved in the GeoPackage: Seldom heard." in out.log.text


def test_voice_of_an_earlier_scheme_does_not_stay(tmp_path):
    """Ranked again without replies, nothing may say that replies were counted."""
    codes = lsoas(20)
    figures = {
        "dep_exhealth_score": [float(n) for n in range(20)],
        "lang_low_english_pct": [float(n) for n in range(20)],
        "sh_voice": [0.5] * 20,
        "sh_score": [0.5] * 20,
    }
    ranked = run("findseldomheard", INPUT=make_areas(codes, **figures), DRAWS=10, OUTPUT="memory:")
    assert "sh_voice" not in [field.name() for field in ranked.layer.fields()]
    kept = json.loads(ranked.layer.customProperty("seldom_heard/provenance"))
    assert kept["ranking"]["voice"] is False


def test_middling_figures_are_not_called_high(tmp_path):
    codes = lsoas(21)
    figures = {
        "dep_exhealth_score": [float(n) for n in range(21)],
        "lang_low_english_pct": [float(n) for n in range(21)],
    }
    rows = run(
        "findseldomheard", INPUT=make_areas(codes, **figures), DRAWS=10, OUTPUT="memory:"
    ).by_code("LSOA21CD")
    assert "is high" in rows[codes[20]]["sh_reasons"]
    middling = rows[codes[12]]["sh_reasons"]
    assert middling and "high" not in middling and "common" not in middling
    assert rows[codes[3]]["sh_reasons"] is None


# --- eight areas by hand: those of docs/score.md and tests/unit/test_score_by_hand.py -----------

EIGHT = lsoas(8)
OBSERVED = [6.0, 8.0, 12.0, 16.0, 24.0, 28.0, 24.0, 42.0]
EXPECTED = [10.0, 10.0, 20.0, 20.0, 20.0, 20.0, 30.0, 30.0]


def eight(times: float = 1, **more):
    """A to H; with ``times`` every count of people, and nothing else, is multiplied."""
    prior = 20  # by hand: A = (16 - 8) / 160
    figures = {
        "dep_exhealth_score": [42.0, 18.5, 35.0, 27.0, 50.5, 9.0, 31.0, 12.0],
        "prev_dm_pct": [6.1, 9.0, 8.2, 7.4, 8.8, 5.0, 9.6, 6.8],
        "lang_low_english_pct": [3.0, 1.2, 6.5, 2.1, 4.0, 0.4, 2.1, 0.9],
        "lang_low_english_n": [times * n for n in (30, 12, 130, 42, 80, 8, 63, 27)],
        "barrier_hh_no_car_pct": [38.0, 20.0, 33.0, 25.0, 45.0, 11.0, 29.0, 15.0],
        "voice_observed": OBSERVED,
        "voice_expected": EXPECTED,
        "voice_shrunk": [100 * (o + prior) / (e + prior) for o, e in zip(OBSERVED, EXPECTED)],
    }
    return make_areas(EIGHT, **{**figures, **more})


def test_eight_areas_by_hand():
    rows = find(eight(), TOP="3").rows()
    by_hand = {
        "sh_need": [7, 8, 9, 6, 12, 0, 11, 3],
        "sh_barriers": [11, 4, 12, 6, 13, 0, 7, 2],
        "sh_voice": [12, 6, 14, 8, 0, 0, 10, 0],
    }
    for name, fourteenths in by_hand.items():
        assert [14 * row[name] for row in rows] == pytest.approx(fourteenths), name
    products = [924, 192, 1512, 288, 312, 8, 770, 12]
    assert [(14 * row["sh_score"]) ** 3 for row in rows] == pytest.approx(products)
    assert [row["sh_rank"] for row in rows] == [2, 6, 1, 5, 4, 8, 3, 7]
    fewer = "fewer replies than expected (24 where 30 were expected)"
    diabetes = "diagnosed diabetes is common (9.6 %, more than in 87 % of areas)"
    assert rows[6]["sh_reasons"] == f"{fewer}; {diabetes}"


def replies_with(suppression):
    """The eight areas, with the source of the replies and what was hidden in them."""
    names = ["voice_observed", "voice_expected"]
    layer = eight()
    source = {"title": "Replies", "fields": names, "suppression": suppression}
    layer.setCustomProperty("seldom_heard/provenance", json.dumps({"sources": [source]}))
    QgsProject.instance().addMapLayer(layer)
    return layer


@pytest.mark.parametrize("suppression", ["nhs", "ons10"])
def test_reasons_and_report_tell_no_replies_where_small_ones_were_hidden(tmp_path, suppression):
    page = tmp_path / "report.txt"
    out = find(replies_with(suppression), REPORT=page, TOP="8")
    told = "; ".join(row["sh_reasons"] or "" for row in out.rows())
    text = " ".join(page.read_text(encoding="utf-8").split())
    for words in (told, text):
        assert "were expected)" not in words
        assert "88 for every 100 expected, drawn towards 100 to allow for chance" in words
    assert "numbers of replies as they were counted" not in text
    page.unlink()
    open_to_all = find(replies_with("none"), REPORT=page, TOP="8")
    assert "(24 where 30 were expected)" in open_to_all.rows()[6]["sh_reasons"]
    text = " ".join(page.read_text(encoding="utf-8").split())
    assert "Reasons tell numbers of replies as they were counted" in text


def test_replies_hidden_in_some_areas_are_said_not_to_be_drawn():
    out = find(eight(voice_observed=[None, None, *OBSERVED[2:]]), DRAWS=50)
    assert "Not in 2 areas whose replies are hidden or missing" in out.log.text
    assert "Not in" not in find(eight(), DRAWS=50).log.text


def test_reasons_without_the_replies_behind_say_that_the_ratio_is_drawn_in():
    told = [row["sh_reasons"] or "" for row in find(voiced(), DRAWS=10).rows()]
    assert any("(20 for every 100 expected, drawn towards 100" in text for text in told)
    assert not any("were expected)" in text for text in told)


def test_expected_replies_have_a_decimal_where_they_would_look_alike():
    expected = [10.0, 10.4, 20, 20, 20, 20, 24.4, 30]
    observed = [12, 2, 22, 26, 24, 28, 24, 42]
    shrunk = [100 * o / e for o, e in zip(observed, expected)]
    figures = {"voice_observed": observed, "voice_expected": expected, "voice_shrunk": shrunk}
    told = [row["sh_reasons"] or "" for row in find(eight(**figures), DRAWS=10).rows()]
    assert "(24 where 24.4 were expected)" in told[6]
    assert "(2 where 10 were expected)" in told[1]


def test_replies_without_their_chance_give_narrower_intervals():
    """With the replies counted and expected their chance is drawn; without, the log says so."""
    with_chance = find(eight(), DRAWS=1000)
    assert "drawn anew each time" in with_chance.log.text
    fixed = make_areas(
        EIGHT,
        **{
            name: [row[name] for row in rows_of(eight())]
            for name in (f.name() for f in eight().fields())
            if name not in ("LSOA21CD", "voice_observed", "voice_expected")
        },
    )
    without = find(fixed, DRAWS=1000)
    assert "intervals are too narrow" in without.log.text
    assert "drawn anew" not in without.log.text

    def width(out):
        return sum(row["sh_rank_hi"] - row["sh_rank_lo"] for row in out.rows())

    assert width(with_chance) > width(without)
    assert [r["sh_rank"] for r in with_chance.rows()] == [r["sh_rank"] for r in without.rows()]


# --- CHANGES: other weights and directions -----------------------------------------------------


def test_changes_do_what_a_file_with_them_does(tmp_path):
    def other(data):
        data["pillars"][1]["weight"] = 2
        data["pillars"][1]["indicators"][0]["weight"] = 0
        data["pillars"][0]["indicators"][1]["weight"] = 0.25

    text = "barriers=2; lang_low_english_pct=0; prev_dm_pct=0.25"
    mine = find(eight(), TOP="3", CHANGES=text)
    assert mine.rows() == find(eight(), TOP="3", SCHEME=changed(tmp_path, other)).rows()
    assert ranks(mine) != ranks(find(eight(), TOP="3"))


def test_changes_that_change_nothing_are_none(tmp_path):
    page = tmp_path / "report.txt"
    out = find(eight(), CHANGES="barriers=1; voice_shrunk=1 less", REPORT=page)
    plain = find(eight())
    assert out.rows() == plain.rows()
    assert "hanged in the scheme" not in out.log.text + page.read_text(encoding="utf-8")
    assert _kept(out) == _kept(plain)


def _kept(outcome):
    return json.loads(outcome.layer.customProperty("seldom_heard/provenance"))["ranking"]


def test_changes_are_told_wherever_the_scheme_is(tmp_path):
    page = tmp_path / "report.txt"
    out = find(eight(), TOP="3", CHANGES="barriers=2; lang_hh_no_english_pct=0", REPORT=page)
    told = "Changed in the scheme: Barriers 2 (was 1), Limited English 0 (was 1)."
    text = " ".join(page.read_text(encoding="utf-8").split())
    kept = _kept(out)
    assert told in out.log.text and text.count(told) == 2 and told in kept["method"]
    assert text.startswith("Seldom heard areas: General, changed ")
    assert "Scheme “General, changed”: Need 1" in kept["method"]
    assert "Barriers 2 (No car or van 1)" in kept["method"]
    assert kept["changes"] == "barriers=2; lang_low_english_pct=0"
    assert kept["scheme"]["pillars"][1]["weight"] == 2
    assert "--CHANGES=barriers=2; lang_hh_no_english_pct=0" in command_of(page)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ("barier=2", ("barier", "barriers", "voice_shrunk")),
        ("barriers", ("“barriers” is no change",)),
        ("need=0; barriers=0; voice=0", ("Every weight is 0",)),
    ],
)
def test_changes_that_cannot_be_are_refused_in_words(tmp_path, changes, words):
    path = tmp_path / "out.gpkg"
    message = refused("findseldomheard", INPUT=eight(), CHANGES=changes, OUTPUT=path)
    assert all(word in message for word in words), message
    assert not path.exists()


def test_voice_turned_round_ranks_the_other_way_and_is_not_called_seldom_heard(tmp_path):
    """By hand: E, F and H answered more than expected; what was enough is not any more."""
    page = tmp_path / "report.txt"
    text = "need=0; barriers=0; voice_shrunk=1 more"
    out = find(eight(), TOP="3", CHANGES=text, REPORT=page)
    rows = out.rows()
    assert [row["sh_rank"] for row in rows] == [7, 4, 8, 5, 3, 2, 6, 1]
    assert [round(7 * row["sh_voice"]) for row in rows] == [1, 4, 0, 3, 5, 6, 2, 7]
    assert rows[7]["sh_reasons"] == "Replies against those expected: 124.0"
    told = " ".join(page.read_text(encoding="utf-8").split())
    assert told.startswith("Potentially seldom heard areas: General, changed")
    assert "many of them, not few, raise the score" in told
    assert "fewer" not in told.split("Who lives outside the top")[0]
    assert "Replies against those expected: more is the barrier (was less)" in told
    assert _kept(out)["voice"] is False
    assert "not those heard from least" in _kept(out)["method"]


def test_replies_left_out_are_not_said_to_be_none(tmp_path):
    page = tmp_path / "report.txt"
    out = find(eight(voice_class=["lower"] * 8), TOP="3", CHANGES="voice=0", REPORT=page)
    told = " ".join(page.read_text(encoding="utf-8").split())
    for text in (told, _kept(out)["method"]):
        assert "No replies were counted" not in text
        assert "Replies were counted, but" in text and "potentially seldom heard" in text
    assert "sh_voice" not in [field.name() for field in out.layer.fields()]
    fields = out.layer.fields()
    alias = fields.at(fields.indexOf("sh_flag")).alias()
    assert "fewer replies" in alias, "the flag asks for them, whatever the weights"


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({}, "No replies were counted"),
        ({"resp_total": [3] * 8}, "how many were to be expected was not measured"),
        ({"resp_total": [3] * 8, "voice_shrunk": [90.0] * 8}, "Replies were counted, but"),
    ],
    ids=["none", "not measured", "not in the scheme"],
)
def test_replies_that_were_counted_are_not_said_to_be_none(tmp_path, fields, says):
    raw = json.loads((SCHEMES / "general.json").read_text(encoding="utf-8"))
    raw["pillars"] = [one for one in raw["pillars"] if one["id"] != "voice"]
    scheme = tmp_path / "own.json"
    scheme.write_text(json.dumps({**raw, "id": "own"}), encoding="utf-8")
    figures = {
        "dep_exhealth_score": [float(at) for at in range(8)],
        "lang_low_english_pct": [1.0] * 8,
    }
    page = tmp_path / "report.txt"
    out = find(make_areas(lsoas(8), **figures, **fields), SCHEME=scheme, TOP="3", REPORT=page)
    for text in (" ".join(page.read_text(encoding="utf-8").split()), _kept(out)["method"]):
        assert says in text and "potentially seldom heard" in text
        assert ("No replies were counted" in text) == (not fields)


@pytest.mark.parametrize(("inside", "told"), [(0, "100 %"), (3, "over 99 %"), (998, "under 1 %")])
def test_nearly_all_outside_is_not_all(inside, told):
    from seldom_heard.processing.ranking.people import Outside, in_a_line, people_of_table

    group = Outside("people", inside, 1000, 0)
    assert in_a_line(group, 5) == f"{told} of people live outside the top 5."
    assert people_of_table([group])[0][-1] == told


# --- what must not change it --------------------------------------------------------------------


def ranks(out):
    names = ("sh_score", "sh_rank", "sh_rank_lo", "sh_rank_median", "sh_rank_hi", "sh_p_top")
    return [tuple(row[name] for name in names) for row in out.rows()]


def test_twice_the_people_change_nothing():
    """Counts stand beside the score; percentages and ratios are what is ranked."""
    first, doubled = find(eight(), TOP="3"), find(eight(times=2), TOP="3")
    assert ranks(doubled) == ranks(first)
    assert doubled.results["OUTSIDE_PCT"] == pytest.approx(first.results["OUTSIDE_PCT"])


def test_twice_the_replies_change_no_rank():
    """The shrunk ratios differ (more replies are surer), their order and the rest do not."""
    prior = 1 / ((32 - 8) / 320)  # by hand: twice the replies, chance weighs half
    observed, expected = [2 * o for o in OBSERVED], [2 * e for e in EXPECTED]
    shrunk = [100 * (o + prior) / (e + prior) for o, e in zip(observed, expected)]
    doubled = eight(voice_observed=observed, voice_expected=expected, voice_shrunk=shrunk)
    names = ("sh_need", "sh_barriers")
    for mine, theirs in zip(find(eight()).rows(), find(doubled).rows()):
        assert [mine[name] for name in names] == [theirs[name] for name in names]
        assert mine["sh_voice"] == 0 or mine["voice_shrunk"] > theirs["voice_shrunk"]


def changed(tmp_path, change):
    data = json.loads((SCHEMES / "general.json").read_text(encoding="utf-8"))
    change(data)
    path = tmp_path / "changed.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    return path


def test_an_indicator_of_weight_0_changes_nothing(tmp_path):
    def weightless(data):
        more = {"title": "More", "fields": ["lang_low_english_n"], "weight": 0}
        data["pillars"][0]["indicators"].insert(0, more)

    out = find(eight(), SCHEME=changed(tmp_path, weightless))
    assert ranks(out) == ranks(find(eight()))


def test_all_weight_on_one_indicator_is_its_ranking(tmp_path):
    def alone(data):
        for at, pillar in enumerate(data["pillars"]):
            pillar["weight"] = int(at == 1)
        for at, entry in enumerate(data["pillars"][1]["indicators"]):
            entry["weight"] = int(at == 1)

    rows = find(eight(), SCHEME=changed(tmp_path, alone), DRAWS=20).rows()
    rows.sort(key=lambda row: -row["barrier_hh_no_car_pct"])
    assert [row["sh_rank"] for row in rows] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert all(row["sh_rank_lo"] == row["sh_rank_hi"] == row["sh_rank"] for row in rows)


def test_thresholds_of_the_scheme_count(tmp_path):
    def strict(data):
        data["thresholds"].update(robust=1, contestable=0.999, strong=1, minimum_weight=1)

    out = find(SCHEME=changed(tmp_path, strict))
    for row in out.rows():
        share = row["sh_p_top"]
        wanted = "robust" if share == 1 else "contestable" if share >= 0.999 else "not a priority"
        assert row["sh_tier"] == wanted
    said = [row["sh_reasons"] for row in out.rows() if "common" in (row["sh_reasons"] or "")]
    assert len(said) <= 3, "only the highest of each figure is called so"
    values = columns()
    values["prev_dm_pct"][5] = None
    rows = find(make_areas(CODES, **values), SCHEME=changed(tmp_path, strict), DRAWS=20).rows()
    assert rows[5]["sh_need"] is None, "a quarter of the pillar is not known"


def test_correlated_figures_are_warned_of(tmp_path):
    twin = {"lang_low_english_pct": columns()["dep_exhealth_score"]}
    out = find(make_areas(CODES, **{**columns(), **twin}), DRAWS=20)
    assert any("say nearly the same (Spearman 1.00)" in line for line in out.log.warnings)
    assert not [line for line in find(DRAWS=20).log.warnings if "Spearman" in line]


def test_voice_not_known_in_an_area_leaves_it_without_a_rank():
    layer = eight(voice_shrunk=[None, 93.0, 80.0, 90.0, 110.0, 120.0, 88.0, 124.0])
    out = find(layer, DRAWS=20)
    rows = out.rows()
    assert rows[0]["sh_score"] is None and rows[0]["sh_tier"] is None
    assert max(row["sh_rank"] for row in rows[1:]) == 7
    assert f"the pillar Voice is not known there: 1 ({EIGHT[0]})" in out.log.text


def test_flag_is_open_where_too_few_replies_were_expected():
    """Unless Core20 or English rules it out."""
    few = areas(
        voice_shrunk=[80.0 + at / 10 for at in range(N)], voice_class=["too few to say"] * N
    )
    without = [row["sh_flag"] for row in find(DRAWS=20).rows()]
    flags = [row["sh_flag"] for row in find(few, DRAWS=20).rows()]
    assert flags == [None if flag else 0 for flag in without] and None in flags


def test_text_among_the_figures_counts_as_missing_and_is_said():
    texts = [str(value) for value in columns()["lang_low_english_pct"]]
    texts[3] = "n/a"
    out = find(make_areas(CODES, **{**columns(), "lang_low_english_pct": texts}), DRAWS=20)
    assert out.rows()[3]["sh_barriers"] is None
    assert "lang_low_english_pct: 1 cells are no number" in out.log.text


# --- the noise of the census --------------------------------------------------------------------


def census(tmp_path, suppression="none"):
    """Percentages of small counts, with the source that makes them of the census."""
    counts = [3 + at % 15 for at in range(N)]
    totals = [100 + at for at in range(N)]
    values = {
        **columns(),
        "lang_total": totals,
        "lang_low_english_n": counts,
        "lang_low_english_pct": [100 * n / all_ for n, all_ in zip(counts, totals)],
    }
    layer = make_areas(CODES, **values)
    names = ["lang_total", "lang_low_english_n", "lang_low_english_pct"]
    title = catalogue_title("census2021_ts029")
    source = {"title": title, "attribution": "", "fields": names, "suppression": suppression}
    layer.setCustomProperty("seldom_heard/provenance", json.dumps({"sources": [source]}))
    QgsProject.instance().addMapLayer(layer)
    return layer


def catalogue_title(identifier):
    from seldom_heard.taxonomies.catalogue import find as taxonomy

    return taxonomy(identifier).name


def test_small_census_counts_are_drawn_anew(tmp_path):
    plain = find(census(tmp_path))
    assert "Limited English: census counts below 20 drawn within ±2" in plain.log.text
    rounded = find(census(tmp_path, "nhs"))
    assert "no noise is drawn on top" in rounded.log.text
    wider = sum(r["sh_rank_hi"] - r["sh_rank_lo"] for r in plain.rows())
    assert wider > sum(r["sh_rank_hi"] - r["sh_rank_lo"] for r in rounded.rows())
    assert [r["sh_rank"] for r in plain.rows()] == [r["sh_rank"] for r in rounded.rows()]


def test_a_percentage_without_its_counts_is_said():
    assert "the layer has no counts behind this percentage" in find(DRAWS=20).log.text


# --- RANKED_AMONG -------------------------------------------------------------------------------


def indexed(**more):
    """Areas that tell the edition of their ranks, as profiledeprivation leaves them."""
    values = {
        "dep_imd_score": [float(n) for n in range(N)],
        "dep_imd_rank": [33_755 - 500 * n for n in range(N)],
        "lang_low_english_pct": columns()["lang_low_english_pct"],
        **more,
    }
    layer = make_areas(CODES, **values)
    names = [name for name in values if name.startswith("dep_")]
    source = {"title": catalogue_title("iod2025"), "attribution": "", "fields": names}
    layer.setCustomProperty("seldom_heard/provenance", json.dumps({"sources": [source]}))
    QgsProject.instance().addMapLayer(layer)
    return layer


def test_national_places_are_those_of_the_published_ranks():
    out = find(indexed(), RANKED_AMONG="national", DRAWS=20)
    for row in out.rows():
        assert row["sh_need"] == pytest.approx((33_755 - row["dep_imd_rank"]) / 33_754)
    assert "Deprivation (full index) among the 33,755 areas of England" in out.log.text
    assert "English among the 60 areas of the layer" in out.log.text
    assert "33,755 areas of England" in _notes(out) and "60 areas of the layer" in _notes(out)


def test_national_place_without_health_comes_from_hundredths_of_the_score():
    """Of all 33,755 areas the place is tested in tests/unit/test_national.py."""
    score = [4.739654, 15.298726, 58.950907]  # the 10th, 50th and 99th hundredth
    layer = indexed(dep_exhealth_score=[*score, *[20.0] * (N - 3)])
    needs = [row["sh_need"] for row in find(layer, RANKED_AMONG="national", DRAWS=20).rows()]
    assert needs[:3] == pytest.approx([0.10, 0.50, 0.99])


def test_ranks_themselves_are_placed_too(tmp_path):
    entries = [{"fields": ["dep_imd_rank"], "more_is_barrier": False}]
    pillars = [{"id": "need", "title": "Need", "weight": 1, "indicators": entries}]
    mine = scheme(tmp_path, pillars=pillars)
    rows = find(indexed(), SCHEME=mine, RANKED_AMONG="national", DRAWS=20).rows()
    assert [r["sh_need"] for r in rows] == pytest.approx([500 * n / 33_754 for n in range(N)])


def test_more_than_in_so_many_areas_is_never_too_many(tmp_path):
    """Of three areas the first has more than two, of the nation's than all but itself."""
    figures = {name: cells[:3] for name, cells in columns().items()}
    rows = find(make_areas(CODES[:3], **figures), DRAWS=10).rows()
    assert "limited English is common (22.0 %, more than in 66 % of areas)" in rows[2]["sh_reasons"]
    ranks = [1, 3_376] + [33_755] * (N - 2)
    rows = find(indexed(dep_imd_rank=ranks), RANKED_AMONG="national", DRAWS=10).rows()
    assert "deprivation is high (more than in 99 % of areas)" in rows[0]["sh_reasons"]
    assert "deprivation is high (more than in 89 % of areas)" in rows[1]["sh_reasons"]


def test_nobody_outside_is_not_said_to_be_missed(tmp_path):
    page = tmp_path / "report.txt"
    find(TOP="100%", DRAWS=10, REPORT=page)
    assert "would miss them" not in page.read_text(encoding="utf-8")


def test_national_without_ranks_or_edition_is_refused():
    message = refused("findseldomheard", INPUT=areas(), RANKED_AMONG="national", OUTPUT="memory:")
    assert "RANKED_AMONG" in message and "profiledeprivation" in message


def test_a_rank_the_nation_does_not_have_is_refused():
    layer = indexed(dep_imd_rank=[40_000] + [1] * (N - 1))
    message = refused("findseldomheard", INPUT=layer, RANKED_AMONG="national", OUTPUT="memory:")
    assert "dep_imd_rank" in message and "40000" in message and "33,755" in message


def retold(layer, **sources):
    """The layer, whose fields are told to be of other taxonomies: id to names of fields."""
    told = [{"title": catalogue_title(name), "fields": own} for name, own in sources.items()]
    layer.setCustomProperty("seldom_heard/provenance", json.dumps({"sources": told}))
    return layer


def test_a_rank_of_another_edition_is_no_place_of_the_score():
    layer = retold(indexed(), iod2025=["dep_imd_score"], iod2019=["dep_imd_rank"])
    message = refused("findseldomheard", INPUT=layer, RANKED_AMONG="national", OUTPUT="memory:")
    assert "no national rank" in message


def test_a_reference_of_another_edition_is_warned_of(tmp_path):
    fields, page = ["dep_imd_score", "dep_imd_rank"], tmp_path / "report.txt"
    other = retold(indexed(), iod2019=fields)
    out = find(indexed(), REFERENCE=other, DRAWS=20, REPORT=page)
    said = "Deprivation (full index): of the areas it is from English Indices of Deprivation 2025"
    assert any(said in line for line in out.log.warnings)
    assert said in " ".join(page.read_text(encoding="utf-8").split())
    same = find(indexed(), REFERENCE=retold(indexed(), iod2025=fields), DRAWS=20)
    assert not any("it is from" in line for line in same.log.warnings)


def test_reference_is_asked_for_where_it_is_named():
    message = refused("findseldomheard", INPUT=areas(), RANKED_AMONG="reference", OUTPUT="memory:")
    assert "REFERENCE" in message


def test_national_and_a_reference_for_the_others():
    part = {name: cells[:10] for name, cells in columns().items() if name.startswith("lang_")}
    wide = indexed()
    few = make_areas(CODES[:10], **part)
    out = find(wide, RANKED_AMONG="national", REFERENCE=few, DRAWS=20)
    assert "English among 10 areas of a reference layer" in out.log.text


# --- LARGER -------------------------------------------------------------------------------------


def larger(**more):
    codes = [f"E0200{1001 + at}" for at in range(6)]
    figures = {"sh_rank": [6, 5, 4, 3, 2, 1], **more}
    return codes, make_areas(codes, code_field="MSOA21CD", **figures)


def test_top_of_larger_areas_is_held_against_this_one():
    codes, layer = larger()
    inside = areas(MSOA21CD=[codes[at // 10] for at in range(N)])
    out = find(inside, LARGER=layer, PARENT_FIELD="MSOA21CD", TOP="20%", DRAWS=20)
    top = [at for at, row in enumerate(out.rows()) if row["sh_rank"] <= 12]
    share = 100 * sum(at >= 40 for at in top) / len(top)
    assert f"{share:.0f} % of the areas in the top lie in the top 2 of the 6 larger areas" in (
        out.log.text
    )
    people = [10 + at for at in range(N)]
    living = 100 * sum(people[at] for at in top if at >= 40) / sum(people[at] for at in top)
    assert f"So do {living:.0f} % of people who cannot speak English" in out.log.text


@pytest.mark.parametrize("given", [{"PARENT_FIELD": "LSOA21CD"}, {"LARGER": True}])
def test_larger_and_parent_go_together(given):
    given = {k: larger()[1] if v is True else v for k, v in given.items()}
    message = refused("findseldomheard", INPUT=areas(), OUTPUT="memory:", **given)
    assert "LARGER" in message and "PARENT_FIELD" in message


def test_larger_that_is_not_ranked_or_holds_other_codes_is_refused():
    inside = areas(MSOA21CD=["E02009999"] * N)
    asked = {"INPUT": inside, "PARENT_FIELD": "MSOA21CD", "OUTPUT": "memory:"}
    assert "sh_rank" in refused("findseldomheard", LARGER=areas(), **asked)
    assert "E02009999" in refused("findseldomheard", LARGER=larger()[1], **asked)


def test_field_that_is_not_there_is_named():
    message = refused("findseldomheard", INPUT=areas(), NAME_FIELD="NAME", OUTPUT="memory:")
    assert "NAME" in message


# --- CONTRIBUTIONS, REPORT, numbers -------------------------------------------------------------


def test_contributions_add_up_to_the_arithmetic_mean_of_the_pillars(tmp_path):
    path = tmp_path / "parts.csv"
    rows = find(eight(), CONTRIBUTIONS=path, DRAWS=20).by_code("LSOA21CD")
    table = rows_of(open_layer(path))
    assert [int(row["sh_rank"]) for row in table] == sorted(int(r["sh_rank"]) for r in table)
    for line in table:
        row = rows[line["code"]]
        parts = sum(float(cell) for name, cell in line.items() if name.endswith("_part"))
        mean = (row["sh_need"] + row["sh_barriers"] + row["sh_voice"]) / 3
        assert parts == pytest.approx(mean)
        assert parts >= row["sh_score"] - 1e-9 or row["sh_score"] < 0.2, "none is on the floor"
    by_code = {line["code"]: line for line in table}
    assert float(by_code[EIGHT[6]]["voice_shrunk_percentile"]) == pytest.approx(5 / 7)
    assert float(by_code[EIGHT[6]]["voice_shrunk_part"]) == pytest.approx(5 / 21)


def test_report_says_it_all_in_html(tmp_path):
    names = [f"Hill & <{at}>" for at in range(8)]
    page = tmp_path / "report.html"
    out = find(eight(NAME=names), REPORT=page, NAME_FIELD="NAME", TOP="3", SEED=7)
    text = page.read_text(encoding="utf-8")
    assert out.results["REPORT"] == str(page)
    assert "<h1>Seldom heard areas: General</h1>" in text and "potentially" not in text
    for said in (
        "8 of 8 areas could be ranked",
        "Hill &amp; &lt;2&gt; (" + EIGHT[2],
        "fewer replies than expected (12 where 20 were expected)",
        "Where people live, inside and outside the top 3",
        "the 8 areas of the layer",
        "Without: No car or van",
        "1 more areas stand outside the top and are contestable",
        "1 of those outside answered as expected or better, so voice counts 0 in their rank (down "
        "to 4). The least that an area falls short makes it 0.43",
        "never statements about the people who live there",
        "seed 7",
        "--SEED=7",
        "--TOP=3",
        "qgis_process run seldomheard:findseldomheard",
        "minimum weight 0.75, concentration 20, robust 0.8, contestable 0.2",
    ):
        assert said in text, said
    top = text.split("<caption>Areas in the top, with reasons")[1].split("</table>")[0]
    assert top.count("<tr>") == 1 + 3, "no league table beyond the top"
    assert str(tmp_path) not in text


def command_of(page) -> list[str]:
    """Return the words of the command that a report in plain text names."""
    text = page.read_text(encoding="utf-8").split("in the folder of the files:")[1]
    return shlex.split(text.replace("\\\n", " "))


def test_the_command_of_the_report_makes_the_same_again(tmp_path):
    """Of a layer of the project, which a dialog names by an id that means nothing elsewhere."""
    path = tmp_path / "my areas.gpkg"
    layer = open_layer(save_layer(eight(), path))
    QgsProject.instance().addMapLayer(layer)
    page = tmp_path / "report.txt"
    mine = scheme(tmp_path, thresholds={"robust": 0.9})
    given = {"SCHEME": mine, "TOP": "3", "SEED": 7, "DRAWS": 50, "REPORT": page}
    given["project"] = QgsProject.instance()
    first = find(layer.id(), OUTPUT=tmp_path / "first.gpkg", **given)
    words = command_of(page)
    assert words[:3] == ["qgis_process", "run", "seldomheard:findseldomheard"]
    named = dict(word.removeprefix("--").split("=", 1) for word in words[3:])
    assert named["INPUT"].startswith("my areas.gpkg") and named["SCHEME"] == "my scheme.json"
    assert named["RANKED_AMONG"] == "layer", "defaults too, as another version may have others"
    assert layer.id() not in str(words) and str(tmp_path) not in str(words)
    for name in ("INPUT", "SCHEME", "OUTPUT", "REPORT"):
        named[name] = str(tmp_path / named[name])
    named["OUTPUT"] = str(tmp_path / "second.gpkg")
    again = run("findseldomheard", **named)
    own = [name for name in rows_of(first.layer)[0] if name.startswith("sh_")]
    assert [[row[n] for n in own] for row in again.rows()] == [
        [row[n] for n in own] for row in first.rows()
    ]


def test_the_command_says_that_only_selected_areas_were_ranked(tmp_path):
    layer = eight()
    QgsProject.instance().addMapLayer(layer)
    layer.selectByIds([feature.id() for feature in layer.getFeatures()][:5])
    page = tmp_path / "report.txt"
    chosen = QgsProcessingFeatureSourceDefinition(layer.id(), True)
    find(chosen, project=QgsProject.instance(), DRAWS=20, REPORT=page)
    text = " ".join(page.read_text(encoding="utf-8").split())
    assert "5 of 5 areas could be ranked" in text
    assert "Only selected areas were read. Save them as a layer of their own first." in text


def test_report_as_plain_text_without_replies(tmp_path):
    page = tmp_path / "report.txt"
    find(REPORT=page, DRAWS=20)
    text = page.read_text(encoding="utf-8")
    assert text.startswith("Potentially seldom heard areas: General\n====")
    assert "<" not in text and max(map(len, text.splitlines())) <= 120
    assert "who was heard is not known" in " ".join(text.split())
    assert not page.with_name("report.txt.part").exists()


def test_outside_is_counted_by_group(found):
    rows = found.rows()
    top = [row for row in rows if row["sh_rank"] <= 6]
    inside = sum(row["lang_low_english_n"] for row in top)
    everyone = sum(row["lang_low_english_n"] for row in rows)
    assert found.results["OUTSIDE_PCT"] == pytest.approx(100 * (1 - inside / everyone))
    assert found.results["ROBUST"] == sum(row["sh_tier"] == "robust" for row in rows)
    assert found.results["CONTESTABLE"] == sum(row["sh_tier"] == "contestable" for row in rows)
    asian = [at % 7 for at in range(N)]
    out = find(areas(eth_asian_n=asian, eth_total=[100] * N), DRAWS=20)
    core = sum(r["eth_total"] for r in out.rows() if r["sh_rank"] <= 6 and r["dep_core20"] == 1)
    share = 100 * (1 - core / sum(r["eth_total"] for r in out.rows() if r["dep_core20"] == 1))
    assert f"{share:.0f} % of residents of the most deprived fifth" in out.log.text
    mine = sum(r["eth_asian_n"] for r in out.rows() if r["sh_rank"] <= 6)
    assert f"{100 * (1 - mine / sum(asian)):.0f} % of residents of Asian" in out.log.text


def test_reference_set_scheme_and_seed_are_kept_with_the_layer(found):
    kept = json.loads(found.layer.customProperty("seldom_heard/provenance"))["ranking"]
    assert kept["scheme"]["id"] == "general" and kept["seed"] == 1 and kept["draws"] == 200
    assert set(kept["among"].values()) == {"the 60 areas of the layer"}


# --- whole or nothing ---------------------------------------------------------------------------


def test_cancelled_in_the_draws_leaves_nothing(tmp_path):
    log = Log(cancel_when=lambda what: isinstance(what, float) and 20 < what < 90)
    files = {
        "OUTPUT": tmp_path / "out.gpkg",
        "SENSITIVITY": tmp_path / "sensitivity.csv",
        "CONTRIBUTIONS": tmp_path / "parts.csv",
        "REPORT": tmp_path / "report.html",
    }
    find(log=log, DRAWS=20000, **files)
    assert log.cancelled_at is not None
    assert [*tmp_path.iterdir()] == []


@pytest.mark.parametrize("name", ["SENSITIVITY", "CONTRIBUTIONS"])
@pytest.mark.parametrize("kind", ["memory", "gpkg"])  # by a sink, or as a copy of the file
def test_a_table_that_takes_no_more_rows_leaves_no_file_of_the_run(
    tmp_path, monkeypatch, name, kind
):
    from seldom_heard.layers import areas as layer_of_areas
    from seldom_heard.layers.errors import InputError

    layer = eight() if kind == "memory" else save_layer(eight(), tmp_path / "areas.gpkg")
    before = [*tmp_path.iterdir()]
    target = tmp_path / "out.gpkg"
    seen, real = [], layer_of_areas.write_table

    def full(table, sink, cancelled):
        real(table, sink, cancelled)
        if ("change" in table) == (name == "SENSITIVITY"):
            seen.append(target.exists())
            raise InputError("no more rows")

    monkeypatch.setattr(layer_of_areas, "write_table", full)
    files = {"SENSITIVITY": tmp_path / "s.csv", "CONTRIBUTIONS": tmp_path / "parts.gpkg"}
    message = refused("findseldomheard", INPUT=layer, DRAWS=20, OUTPUT=target, **files)
    assert "no more rows" in message and seen == [True]
    assert [*tmp_path.iterdir()] == before


@pytest.mark.parametrize("name", ["OUTPUT", "SENSITIVITY", "CONTRIBUTIONS", "REPORT"])
def test_output_into_no_folder_writes_none_of_the_others(tmp_path, name):
    files = {
        "OUTPUT": tmp_path / "out.gpkg",
        "SENSITIVITY": tmp_path / "sensitivity.csv",
        "CONTRIBUTIONS": tmp_path / "parts.csv",
        "REPORT": tmp_path / "report.html",
    }
    files[name] = tmp_path / "gone" / files[name].name
    message = refused("findseldomheard", INPUT=areas(), DRAWS=20, **files)
    assert name in message
    assert [*tmp_path.iterdir()] == []


def test_draws_report_their_progress():
    log = Log()
    find(log=log, DRAWS=500)
    assert len([value for value in log.progressed if 10 < value < 95]) >= 5


def test_report_and_tables_of_one_figure_and_of_one_area(tmp_path):
    """Nothing to leave out, nobody outside: said, not crashed."""
    files = {"REPORT": tmp_path / "r.html", "SENSITIVITY": tmp_path / "s.csv"}
    find(SCHEME=scheme(tmp_path), DRAWS=20, **files)
    first = rows_of(open_layer(files["SENSITIVITY"]))[0]
    assert first["change"] == "without" and not first["spearman"]
    assert "no counts of the people" in files["REPORT"].read_text(encoding="utf-8")
    one = make_areas(CODES[:1], **{name: cells[:1] for name, cells in columns().items()})
    find(one, DRAWS=20, **files)
    assert "1 of 1 areas" in files["REPORT"].read_text(encoding="utf-8")


def test_an_area_without_a_code_is_ranked_and_named_so(tmp_path):
    page = tmp_path / "r.txt"
    layer = make_areas([*CODES[:-1], None], **columns())
    find(layer, DRAWS=20, REPORT=page)
    assert "- the area without a code. Rank: 1;" in page.read_text(encoding="utf-8")
