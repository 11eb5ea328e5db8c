"""Areas ranked: fields, order, honesty about what was not measured, and the same twice."""

from __future__ import annotations

import json

import pytest
from qgis.core import (
    QgsProcessingContext,
    QgsProcessingOutputLayerDefinition,
    QgsProcessingUtils,
    QgsProject,
)
from qgis.PyQt.QtCore import QVariant

from .helpers import (
    Log,
    Outcome,
    algorithm,
    lsoas,
    make_areas,
    open_layer,
    refused,
    rows_of,
    run,
)

N = 60
CODES = lsoas(N)
WHOLE, DECIMAL, TEXT = QVariant.Type.LongLong, QVariant.Type.Double, QVariant.Type.String
FIELDS = {
    "sh_need": DECIMAL,
    "sh_barriers": DECIMAL,
    "sh_score": DECIMAL,
    "sh_rank": WHOLE,
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


def find(layer=None, **more):
    options = {"DRAWS": 200, "OUTPUT": "memory:", **more}
    return run("findseldomheard", INPUT=areas() if layer is None else layer, **options)


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
        assert row["sh_rank_lo"] <= row["sh_rank_hi"]


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


# --- potentially ------------------------------------------------------------------------------


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
    assert after[CODES[-1]]["sh_voice"] == pytest.approx(0)
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


# --- TOP --------------------------------------------------------------------------------------


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


# --- SCHEME -----------------------------------------------------------------------------------


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
    # the floor of the score, 1 / (N - 1), makes the two lowest areas alike
    assert [row["sh_rank"] for row in rows] == [N - 1, *range(N - 1, 0, -1)]
    assert all(row["sh_score"] == pytest.approx(max(row["sh_need"], 1 / (N - 1))) for row in rows)


def test_scheme_where_less_is_a_barrier(tmp_path):
    fields = [{"fields": ["dep_exhealth_score"], "more_is_barrier": False}]
    pillars = [{"id": "need", "title": "Need", "weight": 1, "indicators": fields}]
    rows = find(SCHEME=scheme(tmp_path, pillars=pillars)).rows()
    assert [row["sh_rank"] for row in rows] == [*range(1, N), N - 1]


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


def test_full_index_beside_prevalence_is_warned_of():
    values = columns()
    values["dep_imd_score"] = values.pop("dep_exhealth_score")
    out = find(make_areas(CODES, **values), DRAWS=20)
    assert any("health counts twice" in line for line in out.log.warnings)


# --- seed -------------------------------------------------------------------------------------


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


# --- REFERENCE --------------------------------------------------------------------------------


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


# --- SENSITIVITY ------------------------------------------------------------------------------


def test_sensitivity_table(tmp_path):
    path = tmp_path / "what_if.csv"
    out = find(SENSITIVITY=path, DRAWS=20)
    rows = rows_of(open_layer(path))
    used = {"dep_exhealth_score", "prev_dm_pct", "prev_copd_pct", "lang_low_english_pct"}
    assert {row["field"] for row in rows} == used
    assert all(row["title"] for row in rows)
    for row in rows:
        assert -1 <= float(row["spearman"]) <= 1
        assert 0 <= float(row["top_overlap_pct"]) <= 100
    assert out.results["SENSITIVITY"]


def test_sensitivity_is_not_made_unasked():
    assert "SENSITIVITY" not in find(DRAWS=20).results


# --- missing figures --------------------------------------------------------------------------


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
    assert "1 areas were ranked" in out.log.text


def test_no_area_with_all_figures_is_refused():
    values = {**columns(), "lang_low_english_pct": [None] * (N - 1) + [float("nan")]}
    message = refused("findseldomheard", INPUT=make_areas(CODES, **values), OUTPUT="memory:")
    assert "NULL" in message


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
    assert any("Go here first" in label for label in labels)


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
