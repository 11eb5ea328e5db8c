"""Quotas of areas and groups: exact sums, what is missing stays missing, nothing hidden is told."""

from __future__ import annotations

import html
import json
import re
import shutil

import numpy as np
import pandas as pd
import pytest
from qgis.core import QgsProcessingFeatureSourceDefinition, QgsProject
from seldom_heard.methods.sampling import sample_size, stratified_margin

from .helpers import (
    SHEFFIELD,
    Log,
    lsoas,
    make_areas,
    open_layer,
    refused,
    rows_of,
    run,
    save_layer,
)

PEOPLE = [1000, 2000, 500, 1500]
REPLIES = [10, 70, 5, 15]
# fair shares of 100 replies of 5,000 people: 20, 40, 10, 30
MISSING = [10, 0, 5, 15]
GROUPS = ["eth_asian_n", "eth_white_n"]
OWN = ["quota_base_n", "quota_have_n", "quota_target_n", "quota_n"]


def areas(people=PEOPLE, replies=REPLIES, sources=(), ranking=None, **more):
    columns = {"eth_total": people, **({"resp_total": replies} if replies else {}), **more}
    layer = make_areas(lsoas(len(people)), **columns)
    told = {"sources": list(sources), "ranking": ranking or {}}
    layer.setCustomProperty("seldom_heard/provenance", json.dumps(told))
    return layer


def by_group(**changed):
    """Two groups; the replies of both are counted, and five do not say theirs."""
    columns = {
        "eth_asian_n": [600, 400, 100, 0],
        "eth_white_n": [400, 1600, 400, 1500],
        "resp_eth_asian_n": [2, 10, 0, 0],
        "resp_eth_white_n": [8, 56, 4, 15],
        "resp_eth_unknown_n": [0, 4, 1, 0],
        **changed,
    }
    return areas(**columns)


def planned(layer, log=None, **more):
    return run("planquotas", log, INPUT=layer, **{"OUTPUT": "memory:", **more})


def ask(layer, **more):
    return refused("planquotas", INPUT=layer, **{"OUTPUT": "memory:", **more})


def column(outcome, name):
    return [row[name] for row in outcome.rows()]


def plan_of(outcome):
    told = json.loads(outcome.layer.customProperty("seldom_heard/provenance"))
    return told["plans"]["quotas"]


def page(path):
    return html.unescape(re.sub(r"<[^>]+>", " ", path.read_text(encoding="utf-8")))


def source(rule, *fields, title="Counts"):
    return {"title": title, "attribution": "Source: a publisher", "fields": list(fields),
            "suppression": rule}  # fmt: skip


# parity ----------------------------------------------------------------------------------------


def test_what_is_missing_to_fair_shares_by_hand():
    out = planned(areas())
    assert [n for n in out.rows()[0] if n.startswith("quota_")] == OWN
    assert column(out, "quota_n") == MISSING
    assert column(out, "quota_target_n") == [20, 70, 10, 30]
    assert column(out, "quota_base_n") == PEOPLE and column(out, "quota_have_n") == REPLIES
    assert out.results["TO_WIN"] == 30 and out.results["AREAS"] == 4
    plan = plan_of(out)
    assert plan["total"] == 30 and plan["rule"] == "none" and plan["population"] == "eth_total"
    assert any("fair share" in line for line in plan["sentences"])
    fields = out.layer.fields()
    assert fields.at(fields.indexOf("quota_n")).alias() == "Replies to win"
    assert "Keep this inside" in out.log.text


def test_a_total_is_won_where_fewest_are_had():
    """52 more: 152 in all but the 70, so 82 over shares of 1000, 500 and 1500: 27.3, 13.7, 41."""
    out = planned(areas(), TOTAL=52)
    assert column(out, "quota_n") == [17, 0, 9, 26]
    assert "shortfall" not in out.log.text


def test_without_replies_a_total_is_shared_out_by_people():
    out = planned(areas(replies=None), TOTAL=7)
    assert column(out, "quota_n") == [1, 3, 1, 2]  # of 1.4, 2.8, 0.7, 2.1
    assert column(out, "quota_have_n") == [None] * 4
    assert column(out, "quota_target_n") == [1, 3, 1, 2]


def test_groups_and_areas_are_made_fair_at_once():
    """95 replies say a group; each cell by hand as people / 5,000 x 95 less what is had."""
    out = planned(by_group(), GROUP_FIELDS=GROUPS)
    people = np.array([[600, 400], [400, 1600], [100, 400], [0, 1500]])
    had = np.array([[2, 8], [10, 56], [0, 4], [0, 15]])
    exact = np.maximum(people / 5000 * 95 - had, 0)
    won = np.array([[row[f"quota_{name}"] for name in GROUPS] for row in out.rows()])
    assert (np.abs(won - exact) < 1).all()
    assert won.sum() == np.ceil(exact.sum()) == out.results["TO_WIN"]
    assert won.sum(axis=1).tolist() == column(out, "quota_n")
    assert column(out, "quota_have_n") == had.sum(axis=1).tolist()
    assert "5 replies do not say a group" in out.log.text
    assert plan_of(out)["groups"]["quota_eth_asian_n"]


def test_a_group_alone_leaves_a_column_of_all_others():
    out = planned(by_group(), GROUP_FIELDS=["eth_asian_n"])
    rows = out.rows()
    assert all(row["quota_n"] == row["quota_eth_asian_n"] + row["quota_rest_n"] for row in rows)
    whole = planned(by_group(), GROUP_FIELDS=GROUPS).rows()
    assert [row["quota_rest_n"] for row in rows] == [row["quota_eth_white_n"] for row in whole]


def test_without_replies_by_group_areas_share_theirs_out_as_their_residents():
    layer = areas(eth_asian_n=[600, 400, 100, 0], eth_white_n=[400, 1600, 400, 1500])
    out = planned(layer, GROUP_FIELDS=GROUPS)
    assert column(out, "quota_n") == MISSING
    assert column(out, "quota_eth_asian_n") == [6, 0, 1, 0]
    assert "Replies by group are not on the areas" in out.log.text


def test_the_same_number_in_each_area():
    out = planned(areas(), ALLOCATION="equal", TOTAL=20)
    assert column(out, "quota_target_n") == [17, 70, 17, 16]  # 50 over 10, 5 and 15, and 70
    assert "same number of replies" in out.log.text
    assert "no meaning" in planned(areas(), ALLOCATION="neyman").log.text


def test_a_minimum_is_of_the_end_and_not_above_the_people():
    layer = areas(people=[1000, 2000, 6, 1500], replies=[10, 70, 1, 15])
    out = planned(layer, MINIMUM=25)
    assert column(out, "quota_n")[:3] == [15, 0, 5]
    message = ask(layer, MINIMUM=25, TOTAL=10)
    assert "TOTAL" in message and "MINIMUM" in message and "30" in message


def test_nothing_is_missing_where_shares_are_fair():
    out = planned(areas(replies=[20, 40, 10, 30]))
    assert column(out, "quota_n") == [0] * 4 and "nothing to win" in out.log.text


# a margin --------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["proportional", "equal", "neyman"])
def test_the_margin_is_met_for_all_areas_together(how):
    shares = [50, 10, 30, 5]
    out = planned(
        areas(replies=None, expected=shares),
        TARGET="margin", ALLOCATION=how, SHARE_FIELD="expected", MARGIN=4,
    )  # fmt: skip
    ends = column(out, "quota_target_n")
    reached = 100 * stratified_margin(ends, PEOPLE, np.array(shares) / 100)
    assert reached == pytest.approx(out.results["MARGIN_REACHED"]) and 3.8 < reached <= 4
    assert plan_of(out)["reached"] == pytest.approx(reached, abs=1e-3)
    if how == "equal":
        assert max(ends) - min(ends) <= 1


def test_each_area_has_its_own_margin(shared):
    known = pd.read_csv(shared / "reference" / "vectors" / "own_sample_size_fpc.csv")
    known = known[(known["p"] == 0.5) & (known["e"] == 0.05)]
    layer = areas(people=[int(n) for n in known["N"]], replies=None)
    out = planned(layer, TARGET="margin", PRECISION="area")
    assert column(out, "quota_n") == known["n"].tolist()
    assert all(0 < margin <= 5 for margin in column(out, "quota_margin"))


def test_replies_had_count_towards_a_margin():
    out = planned(areas(), TARGET="margin", PRECISION="area", MARGIN=10)
    size = sample_size(PEOPLE, 0.5, 0.1)
    assert column(out, "quota_n") == np.maximum(size - REPLIES, 0).tolist()
    assert "not drawn by chance" in out.log.text


def test_each_group_has_a_margin_over_all_areas():
    out = planned(
        by_group(), TARGET="margin", PRECISION="group", GROUP_FIELDS=GROUPS, MARGIN=6, MINIMUM=30
    )
    people = {"eth_asian_n": [600, 400, 100, 0], "eth_white_n": [400, 1600, 400, 1500]}
    had = {"eth_asian_n": [2, 10, 0, 0], "eth_white_n": [8, 56, 4, 15]}
    for name in GROUPS:
        ends = np.add(column(out, f"quota_{name}"), had[name])
        assert stratified_margin(ends, people[name]) <= 0.06
    assert all(row["quota_target_n"] >= 30 for row in out.rows())
    assert all(row["quota_n"] == sum(row[f"quota_{g}"] for g in GROUPS) for row in out.rows())
    reached = plan_of(out)["group_reached"]
    assert all(5 < reached[name] <= 6 for name in GROUPS)


def test_a_total_for_a_margin_says_what_it_reaches():
    out = planned(areas(replies=None), TARGET="margin", TOTAL=200)
    assert sum(column(out, "quota_n")) == 200
    reached = 100 * stratified_margin(column(out, "quota_n"), PEOPLE)
    assert out.results["MARGIN_REACHED"] == pytest.approx(reached)
    few = planned(areas(replies=None), TARGET="margin", TOTAL=2)
    assert "MARGIN_REACHED" not in few.results and "no margin can be told" in few.log.text


# people to ask ---------------------------------------------------------------------------------


def test_people_to_ask_are_never_more_than_there_are():
    layer = areas(people=[1000, 2000, 60, 1500], replies=[10, 70, 0, 15], minimum=[0] * 4)
    out = planned(layer, RESPONSE_RATE=10, MINIMUM=10)
    rows = out.rows()
    assert [row["quota_invite_n"] for row in rows] == [
        min(10 * row["quota_n"], row["quota_base_n"] - row["quota_have_n"]) for row in rows
    ]
    assert rows[2]["quota_invite_n"] == 60 and "In 1 areas so many people" in out.log.text
    assert out.results["TO_ASK"] == sum(row["quota_invite_n"] for row in rows)


# what is missing -------------------------------------------------------------------------------


def test_missing_people_and_replies_have_no_quota():
    layer = areas(people=[*PEOPLE, None, 0, 700], replies=[*REPLIES, 4, 0, None])
    out = planned(layer)
    assert column(out, "quota_n") == [*MISSING, None, None, None]
    assert column(out, "quota_target_n")[4:] == [None] * 3
    assert "3 areas have nobody" in out.log.text


def test_missing_groups_have_no_quota_and_those_of_the_area_hold_theirs():
    layer = by_group(eth_asian_n=[600, 400, None, 0])
    out = planned(layer, GROUP_FIELDS=GROUPS)
    rows, whole = out.rows(), planned(by_group(), GROUP_FIELDS=GROUPS).rows()
    assert rows[2]["quota_eth_asian_n"] is None and rows[2]["quota_eth_white_n"] is not None
    assert rows[2]["quota_n"] == whole[2]["quota_n"] > rows[2]["quota_eth_white_n"]
    assert "1 areas residents of some groups are missing" in out.log.text


def test_selection_is_respected(project):
    layer = areas()
    QgsProject.instance().addMapLayer(layer)
    layer.selectByIds([2, 4])
    chosen = QgsProcessingFeatureSourceDefinition(layer.id(), True)
    out = run("planquotas", project=QgsProject.instance(), INPUT=chosen, OUTPUT="memory:")
    # 85 replies of 2,000 and 1,500 people: 48.6 and 36.4
    assert {row["eth_total"]: row["quota_n"] for row in out.rows()} == {2000: 0, 1500: 22}


# the top ---------------------------------------------------------------------------------------

RANKED = {"top": 2, "voice": True, "areas": 4}


def test_only_the_top_is_measured_against_all():
    layer = areas(ranking=RANKED, sh_rank=[2, 4, 1, None])
    out = planned(layer, TOP_ONLY=True)
    assert column(out, "quota_n") == [10, None, 5, None]
    assert "2 areas in the top 2" in out.log.text and plan_of(out)["top_only"]


def test_a_layer_that_tells_no_top_is_refused():
    assert "findseldomheard" in ask(areas(), TOP_ONLY=True)


# what is refused -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("layer", "more", "said"),
    [
        (lambda: areas(replies=None), {}, "TOTAL"),
        (lambda: areas(replies=[0, 0, 0, 0]), {}, "TOTAL"),
        (areas, {"TOTAL": 5000}, "4,900 people are left"),
        (areas, {"TARGET": "margin", "PRECISION": "group"}, "GROUP_FIELDS"),
        (lambda: areas(eth_asian_pct=[1.0] * 4), {"GROUP_FIELDS": ["eth_asian_pct"]}, "no counts"),
        (lambda: areas(a=PEOPLE, b=PEOPLE), {"GROUP_FIELDS": ["a", "b"]}, "one only"),
        (areas, {"OBSERVED_FIELD": "eth_total"}, "cannot be both"),
        (lambda: areas(base_n=PEOPLE), {"GROUP_FIELDS": ["base_n"]}, "rename"),
        (
            lambda: areas(p=[50, 120, 1, 1], replies=None),
            {"TARGET": "margin", "SHARE_FIELD": "p"},
            "0 to 100",
        ),
        (lambda: make_areas(lsoas(2), resp_total=[1, 2]), {}, "POPULATION_FIELD"),
        (lambda: areas(people=[1000, -4, 500, 1500]), {}, "negative"),
    ],
)
def test_what_cannot_be_planned_is_refused_in_words(layer, more, said):
    assert said in ask(layer(), **more)


def test_a_group_with_a_part_of_it_is_refused():
    layer = by_group(eth_minority_n=[600, 400, 100, 0])
    message = ask(layer, GROUP_FIELDS=["eth_asian_n", "eth_total"])
    assert "one only" in message


# hidden ----------------------------------------------------------------------------------------

SMALL = [10, 70, 5, 15, 30, 22]
LARGE = [1000, 2000, 500, 1500, 900, 800]


def test_quotas_are_made_of_nothing_but_what_is_shown():
    """Two surveys that look alike under the rule give the same quotas, whatever is hidden."""
    first = planned(areas(LARGE, [10, 70, 5, 15, 3, 22]), SUPPRESSION="nhs").rows()
    other = planned(areas(LARGE, [9, 71, 2, 16, 7, 21]), SUPPRESSION="nhs").rows()
    assert first == other
    assert [row["resp_total"] for row in first] == [10, 70, None, 15, None, 20]
    hidden = [row for row in first if row["quota_have_n"] is None]
    assert len(hidden) == 2
    assert all(row["quota_target_n"] == row["quota_n"] > 0 for row in hidden)


def test_groups_under_a_rule_are_not_made_of_their_replies():
    out = planned(by_group(), SUPPRESSION="nhs", GROUP_FIELDS=GROUPS)
    assert "too few in an area to be shown" in out.log.text
    changed = by_group(resp_eth_asian_n=[3, 9, 0, 0], resp_eth_white_n=[7, 57, 4, 15])
    assert planned(changed, SUPPRESSION="nhs", GROUP_FIELDS=GROUPS).rows() == out.rows()
    told = json.loads(out.layer.customProperty("seldom_heard/provenance"))["sources"]
    rules = {name: one["suppression"] for one in told for name in one["fields"]}
    assert {rules[n] for n in ("resp_total", "eth_total", "quota_n", "quota_have_n")} == {"nhs"}
    assert plan_of(out)["rule"] == "nhs"


def test_own_groups_that_make_up_all_people_are_hidden_with_what_would_tell_them():
    """17 people, shown as 15, less two groups of 8, shown as 10 each: the third would be 1."""
    own = {"young": [8, 80, 60], "grown": [8, 90, 60], "old": [1, 60, 80]}
    layer = areas([100, 500, 300], [40, 50, 60], clients=[17, 230, 200], **own)
    out = planned(
        layer, SUPPRESSION="nhs", POPULATION_FIELD="clients", GROUP_FIELDS=[*own], TOTAL=10
    )
    (first, *_) = out.rows()
    assert first["old"] is None
    assert None in (first["young"], first["grown"], first["clients"])


def test_figures_that_would_tell_are_left_out_under_a_rule():
    layer = areas(voice_ratio=[50.0, 175, 50, 50], sh_rank=[2, 4, 1, 3], ranking=RANKED)
    rows = planned(layer, SUPPRESSION="ons10").rows()
    assert "voice_ratio" not in rows[0] and "sh_rank" not in rows[0]
    assert "voice_ratio" in planned(layer).rows()[0]  # kept otherwise
    assert "tells small numbers" in ask(layer, SUPPRESSION="nhs", TOP_ONLY=True)
    # also where the figures of replies were taken off the layer, and the ranking was not
    bare = areas(replies=None, sh_rank=[2, 4, 1, 3], ranking={**RANKED, "voice": True})
    assert "tells small numbers" in ask(bare, SUPPRESSION="nhs", TOP_ONLY=True, TOTAL=20)


def test_an_expected_share_is_taken_as_it_is_shown():
    """Shares of counts that look alike under the rule, in a sample where Neyman's minds them."""
    rows = []
    for asian in (3, 6):
        counts = [asian, 300, 90, 700]
        layer = areas(
            replies=None,
            eth_asian_n=counts,
            eth_asian_pct=[100 * n / people for n, people in zip(counts, PEOPLE)],
        )
        rows.append(
            planned(
                layer,
                TARGET="margin",
                ALLOCATION="neyman",
                SHARE_FIELD="eth_asian_pct",
                SUPPRESSION="nhs",
                MARGIN=2,
            ).rows()
        )
    assert rows[0] == rows[1] and rows[0][0]["eth_asian_pct"] is None


def test_open_replies_are_not_protected_by_a_rule_for_the_people():
    layer = areas(sources=[source("nhs", "eth_total")])
    out = planned(layer)
    assert plan_of(out)["rule"] == "none" and "Keep this inside" in out.log.text


def test_open_residents_are_not_protected_by_a_rule_for_the_replies():
    """Where everybody is to be asked, the quota of a group is the number of its residents."""
    counts = {"eth_asian_n": [3, 5, 90, 700], "eth_white_n": [1997, 4995, 910, 1300]}
    hidden = source("nhs", "resp_total", "eth_total")
    layer = areas([2000, 5000, 1000, 2000], replies=[None] * 4, sources=[hidden], **counts)
    more = {"TARGET": "margin", "PRECISION": "area", "MARGIN": 0.1, "GROUP_FIELDS": GROUPS}
    out = planned(layer, **{**more, "OBSERVED_FIELD": ""})
    assert column(out, "quota_eth_asian_n")[:2] == [3, 5]
    assert plan_of(out)["rule"] == "none" and "Keep this inside" in out.log.text
    later = run("suppresscounts", INPUT=out.layer, SUPPRESSION="nhs", OUTPUT="memory:")
    assert set(column(later, "quota_eth_asian_n")) == {None}


def test_a_layer_protected_before_stays_so():
    layer = areas(
        replies=[10, 70, None, 15],
        sources=[source("nhs", "resp_total", "eth_total", title="Replies")],
    )
    out = planned(layer)
    rows = out.rows()
    assert rows[2]["quota_have_n"] is None
    # 95 shown replies: a tenth of them for a tenth of the people, as if none were had
    assert rows[2]["quota_n"] == rows[2]["quota_target_n"] == 10
    assert plan_of(out)["rule"] == "nhs" and "Keep this inside" not in out.log.text
    told = json.loads(out.layer.customProperty("seldom_heard/provenance"))["sources"]
    (mine,) = [one for one in told if "quota_n" in one["fields"]]
    assert mine["suppression"] == "nhs"


# whatever comes -------------------------------------------------------------------------------


def any_layer(random):
    """Areas with gaps: nobody, missing people, groups and replies, more replies than people."""
    number = random.randint(2, 30)
    groups = random.poisson(random.gamma(1, 200, (number, 3))).astype(object)
    replies = random.poisson(3, (number, 3)).astype(object)
    groups[random.rand(number) < 0.1] = 0
    people = groups.sum(axis=1) + random.randint(0, 2) * random.randint(0, 90, number)
    unknown = random.poisson(1, number)
    columns = {f"eth_{name}_n": groups[:, at].copy() for at, name in enumerate("abc")}
    columns |= {f"resp_eth_{name}_n": replies[:, at].copy() for at, name in enumerate("abc")}
    columns |= {"eth_total": people.astype(object), "resp_eth_unknown_n": unknown.astype(object)}
    columns["resp_total"] = (replies.sum(axis=1) + unknown).astype(object)
    gaps = random.choice(["none", "eth_a_n", "eth_total", "resp_total", "resp_eth_b_n"])
    if gaps != "none":
        columns[gaps][random.rand(number) < 0.2] = None
    return make_areas(lsoas(number), **{name: list(column) for name, column in columns.items()})


@pytest.mark.parametrize("seed", range(24))
def test_whatever_comes_sums_are_exact_and_gaps_stay(seed):
    random = np.random.RandomState(seed)
    layer = any_layer(random)
    fields = ["eth_a_n", "eth_b_n", "eth_c_n"][: random.randint(1, 4)]
    more = [
        {},
        {"TOTAL": 40},
        {"MINIMUM": 15},
        {"ALLOCATION": "equal", "TOTAL": 25},
        {"TARGET": "margin", "MARGIN": 10},
        {"TARGET": "margin", "PRECISION": "area", "MARGIN": 20, "MINIMUM": 4},
        {"TARGET": "margin", "PRECISION": "group", "MARGIN": 15, "MINIMUM": 9},
        {"TARGET": "margin", "TOTAL": 33, "ALLOCATION": "neyman"},
    ][seed % 8]
    more["SUPPRESSION"] = ["none", "none", "nhs"][random.randint(3)]
    out = planned(layer, GROUP_FIELDS=fields, **more)
    rows = pd.DataFrame(out.rows()).astype(object).set_index("LSOA21CD").astype(float)
    won = rows["quota_n"]
    assert won.sum() == out.results["TO_WIN"] == more.get("TOTAL", won.sum())
    assert won[~rows["eth_total"].gt(0)].isna().all()
    if more["SUPPRESSION"] == "none":
        assert won[rows["resp_total"].isna()].isna().all()
    known = rows[won.notna()]
    assert (won.dropna() % 1 == 0).all() and (won.dropna() >= 0).all()
    have = known["quota_have_n"].fillna(0)
    assert (known["quota_target_n"] == have + known["quota_n"]).all()
    rounded = 0 if more["SUPPRESSION"] == "none" else 10  # groups and all, each to the nearest 5
    sent, people = (known[[f"{p}eth_{g}_n" for g in "abc"]].fillna(0) for p in ("resp_", ""))
    usual = (sent.to_numpy() <= people.to_numpy()).all(axis=1)  # nobody replies twice
    left = (known["eth_total"] - have).clip(lower=0) + rounded
    assert (known["quota_n"] <= left)[usual].all()
    parts = [f"quota_{name}" for name in fields]
    assert (known[parts].isna() == known[fields].isna().to_numpy()).all().all()
    parts += ["quota_rest_n"] if "quota_rest_n" in known else []
    full = known[fields].notna().all(axis=1)
    assert (known.loc[full, parts].sum(axis=1) == known.loc[full, "quota_n"]).all()
    room = known[fields].fillna(0).to_numpy()
    assert (known[parts[: len(fields)]].fillna(0).to_numpy() <= room).all()


# files -----------------------------------------------------------------------------------------


def test_the_table_holds_what_the_layer_holds(tmp_path):
    table = tmp_path / "quotas.csv"
    out = planned(by_group(name=["=1+1", "b", "c", "d"]), GROUP_FIELDS=GROUPS, NAME_FIELD="name",
                  TABLE=table)  # fmt: skip
    rows = pd.read_csv(table)
    assert len(rows) == 8 and rows["rule"].unique().tolist() == ["none"]
    made = rows.pivot(index="area_code", columns="group", values="quota_n")
    for row in out.rows():
        assert made.loc[row["LSOA21CD"]].tolist() == [row[f"quota_{name}"] for name in GROUPS]
    assert (rows["target_n"] == rows["have_n"] + rows["quota_n"]).all()


def test_the_table_without_groups_is_of_areas(tmp_path):
    table = tmp_path / "quotas.csv"
    planned(areas(), RESPONSE_RATE=50, TABLE=table)
    rows = pd.read_csv(table)
    assert rows["quota_n"].tolist() == MISSING and rows["invite_n"].tolist() == [20, 0, 10, 30]


@pytest.mark.parametrize("ending", ["html", "txt"])
def test_the_report_says_what_is_won_and_what_that_assumes(tmp_path, ending):
    path = tmp_path / f"quotas.{ending}"
    planned(by_group(name=["<script>", "b", "c", "d"]), GROUP_FIELDS=GROUPS, NAME_FIELD="name",
            RESPONSE_RATE=8, REPORT=path)  # fmt: skip
    raw = path.read_text(encoding="utf-8")
    text = page(path) if ending == "html" else raw
    for words in ("Replies to win", "One reply is one person", "If 8 per cent", "By group"):
        assert words in text
    assert "<script>" not in raw or ending == "txt"


def test_other_fields_and_plans_stay_and_an_earlier_run_is_replaced(tmp_path):
    layer = areas(sh_rank=[2, 4, 1, 3], ranking=RANKED, quota_old_n=[1, 1, 1, 1])
    told = json.loads(layer.customProperty("seldom_heard/provenance"))
    told["plans"] = {"venues": {"rule": "none"}}
    layer.setCustomProperty("seldom_heard/provenance", json.dumps(told))
    out = planned(layer)
    assert "quota_old_n" not in out.rows()[0] and column(out, "sh_rank") == [2, 4, 1, 3]
    kept = json.loads(out.layer.customProperty("seldom_heard/provenance"))
    assert set(kept["plans"]) == {"venues", "quotas"} and kept["ranking"]["top"] == 2
    again = planned(out.layer, TOTAL=10)
    assert sum(column(again, "quota_n")) == 10 and plan_of(again)["total"] == 10


def test_a_geopackage_and_a_shapefile_keep_the_quotas(tmp_path):
    path = save_layer(by_group(), tmp_path / "in.gpkg")
    planned(path, GROUP_FIELDS=GROUPS, OUTPUT=tmp_path / "out.gpkg")
    rows = rows_of(open_layer(tmp_path / "out.gpkg"))
    assert all(row["quota_n"] == sum(row[f"quota_{g}"] for g in GROUPS) for row in rows)
    log = Log()
    planned(path, log, GROUP_FIELDS=GROUPS, OUTPUT=tmp_path / "out.shp")
    assert "quota_eth_asian_n →" in log.text


def test_a_cancelled_run_leaves_nothing(tmp_path):
    log = Log(cancel_when=lambda line: "Quotas are of" in str(line))
    layer = save_layer(by_group(), tmp_path / "in.gpkg")
    done = planned(
        layer,
        log,
        GROUP_FIELDS=GROUPS,
        OUTPUT=tmp_path / "out.gpkg",
        TABLE=tmp_path / "t.csv",
        REPORT=tmp_path / "r.html",
    )
    assert not done.results and "nothing was written" in log.text
    assert sorted(file.name for file in tmp_path.iterdir()) == ["in.gpkg"]


# a whole city ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def city(shared, tmp_path_factory):
    """Sheffield with its residents and the simulated replies by group."""
    data, folder = shared / "data", tmp_path_factory.mktemp("city")
    postcodes = "CodePointOpen_2025-05_SouthYorkshire.csv.gz"
    shutil.copy(data / "lookups" / postcodes, folder)  # QGIS leaves a file beside those it opens
    layer = open_layer(data / "boundaries" / "lsoa21_south_yorkshire.geojson")
    assert layer.setSubsetString(f"\"LADCD_ACTIVE\" = '{SHEFFIELD}'")
    table = data / "census2021" / "TS021_ethnic6_LSOA21_tidy_SouthYorkshire.csv"
    profiled = run("profileareas", INPUT=layer, TABLES=[table], OUTPUT="memory:")
    counted = run(
        "countresponses",
        INPUT=profiled.layer,
        RESPONSES=data / "simulated" / "survey_responses_sheffield_SIMULATED.csv",
        POSTCODE_FIELD="postcode",
        POSTCODES=folder / postcodes,
        GROUP_FIELD="ethnic_group",
        OUTPUT="memory:",
    )
    save_layer(counted.layer, folder / "city.gpkg")
    return folder / "city.gpkg"


FIVE = [f"eth_{name}_n" for name in ("asian", "black", "mixed", "white", "other")]


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"TOTAL": 1234, "MINIMUM": 12},
        {"TOTAL": 777, "ALLOCATION": "equal"},
        {"TARGET": "margin", "MARGIN": 1.2},
        {"TARGET": "margin", "PRECISION": "area", "MARGIN": 18},
        {"TARGET": "margin", "PRECISION": "group"},
        {"TARGET": "margin", "TOTAL": 500},
    ],
)
def test_sums_are_exact_over_a_city(city, more):
    out = planned(city, GROUP_FIELDS=FIVE, **more)
    rows = pd.DataFrame(out.rows())
    groups = rows[[f"quota_{name}" for name in FIVE]]
    assert len(rows) == 343 and (groups.sum(axis=1) == rows["quota_n"]).all()
    assert (
        rows["quota_n"].sum() == out.results["TO_WIN"] == more.get("TOTAL", plan_of(out)["total"])
    )
    assert (rows["quota_target_n"] == rows["quota_have_n"] + rows["quota_n"]).all()
    assert (rows["quota_n"] >= 0).all() and (rows["quota_target_n"] <= rows["eth_total"]).all()
    assert (groups.to_numpy() <= rows[FIVE].to_numpy()).all()
    if "MINIMUM" in more:
        assert (rows["quota_target_n"] >= 12).all()


def test_group_totals_of_a_city_are_off_by_less_than_one(city):
    """The exact quotas, worked out here by halving the level until the total is met."""
    out = planned(city, GROUP_FIELDS=FIVE, TOTAL=2000)
    rows = pd.DataFrame(out.rows())
    people, had = rows[FIVE].to_numpy(float), rows[[f"resp_{n}" for n in FIVE]].to_numpy(float)
    low, high = 0.0, 1.0
    for _ in range(200):
        level = (low + high) / 2
        exact = np.clip(level * people, had, people) - had
        low, high = (level, high) if exact.sum() < 2000 else (low, level)
    won = rows[[f"quota_{name}" for name in FIVE]].to_numpy(float)
    assert (np.abs(won - exact) < 1 + 1e-6).all()
    assert (np.abs(won.sum(axis=0) - exact.sum(axis=0)) < 1 + 1e-6).all()
    assert (np.abs(won.sum(axis=1) - exact.sum(axis=1)) < 1 + 1e-6).all()


# what others do with the layer -----------------------------------------------------------------


def test_counts_hidden_later_take_quotas_of_open_replies_along():
    """A target less a quota is a number of replies."""
    out = planned(areas(LARGE, SMALL))
    hidden = run("suppresscounts", INPUT=out.layer, SUPPRESSION="nhs", OUTPUT="memory:")
    rows = hidden.rows()
    assert rows[2]["resp_total"] is None
    assert all(row[name] is None for row in rows for name in OWN)


def test_quotas_of_hidden_replies_stay_when_more_is_hidden():
    layer = areas(
        LARGE,
        [None if n < 8 else n for n in SMALL],
        sources=[source("nhs", "resp_total", "eth_total", title="Replies")],
        lang_total=LARGE,
        lang_low_english_n=SMALL,
    )
    out = planned(layer, POPULATION_FIELD="eth_total")
    hidden = run("suppresscounts", INPUT=out.layer, SUPPRESSION="nhs", OUTPUT="memory:")
    assert column(hidden, "quota_n") == column(out, "quota_n")
