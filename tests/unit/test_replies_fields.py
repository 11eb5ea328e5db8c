"""Fields of replies are known as counts, with what adds up to what."""

from __future__ import annotations

import json

from seldom_heard.taxonomies.catalogue import catalogue, find
from seldom_heard.taxonomies.figures import figures_among
from seldom_heard.taxonomies.model import parse
from seldom_heard.taxonomies.replies import answerable, field_of, titles_of, unknown_of

TS021, NHS = find("census2021_ts021"), find("nhs_2001")
GROUPS = [f"resp_eth_{name}_n" for name in ("asian", "black", "mixed", "white", "other")]


def of(*names):
    return figures_among(["LSOA21CD", *names, "resp_mine"], catalogue())


def sums_of(*names):
    return {(whole, frozenset(parts)) for whole, parts in of(*names).sums}


def test_names_are_those_agreed():
    assert field_of(TS021, "asian") == "resp_eth_asian_n"
    assert unknown_of(TS021) == "resp_eth_unknown_n"


def test_counts_of_replies_are_counts_with_titles():
    figures = of("resp_total", *GROUPS, "resp_eth_unknown_n")
    assert set(figures.counts) == {"resp_total", *GROUPS, "resp_eth_unknown_n"}
    assert figures.titles["resp_total"] == "Replies"
    assert figures.titles["resp_eth_asian_n"].startswith("Replies: Asian")
    assert not (figures.shares or figures.scores or figures.bands)


def test_the_total_is_the_groups_and_those_not_known():
    whole = frozenset([*GROUPS, "resp_eth_unknown_n"])
    assert sums_of("resp_total", *GROUPS, "resp_eth_unknown_n") == {("resp_total", whole)}
    assert sums_of("resp_total", *GROUPS[1:], "resp_eth_unknown_n") == set(), "a group is not there"
    assert sums_of("resp_total", *GROUPS) == set(), "unknown is not there"


def test_a_group_is_its_categories_and_so_is_the_total():
    names = [field_of(TS021, name) for name in answerable(TS021, "category")]
    found = sums_of("resp_total", *names, "resp_eth_unknown_n")
    asian = frozenset(field_of(TS021, name) for name in TS021.children("asian"))
    assert ("resp_eth_asian_n", asian) in found
    finest = frozenset([*(field_of(TS021, name) for name in TS021.leaves), "resp_eth_unknown_n"])
    assert ("resp_total", finest) in found
    # total in two ways, and the five groups
    assert len(found) == 7


def test_every_sum_holds_on_counts_made_of_the_categories():
    for taxonomy in (TS021, NHS, find("census2021_ts038"), find("census2021_ts025")):
        leaves = {name: 3**k for k, name in enumerate(taxonomy.leaves)}
        below = {g: taxonomy.children(g) or [g] for g in taxonomy.groups}
        fine = {n: leaves[n] for n in leaves if n not in taxonomy.optional}
        values = {field_of(taxonomy, name): n for name, n in fine.items()}
        for group in answerable(taxonomy, "group"):
            values[field_of(taxonomy, group)] = sum(_all(taxonomy, below[group], leaves))
        values[unknown_of(taxonomy)] = 7
        values["resp_total"] = sum(fine.values()) + 7
        sums = figures_among(values, [taxonomy]).sums
        assert sums, taxonomy.id
        for whole, parts in sums:
            assert values[whole] == sum(values[part] for part in parts), (taxonomy.id, whole)


def _all(taxonomy, names, leaves):
    for name in names:
        yield from _all(taxonomy, taxonomy.children(name), leaves) or ()
        if name in leaves:
            yield leaves[name]


def test_a_category_of_those_who_did_not_say_counts_as_unknown():
    assert NHS.optional, "the NHS list has such a category"
    assert not NHS.optional & {*answerable(NHS, "category")}
    assert not {field_of(NHS, name) for name in NHS.optional} & titles_of(NHS).keys()


def test_replies_beside_residents_do_not_change_what_these_are():
    residents = ["eth_total", *(name.replace("resp_", "") for name in GROUPS)]
    figures = of(*residents, "resp_total", *GROUPS, "resp_eth_unknown_n")
    assert ("eth_total", frozenset(residents[1:])) in {(w, frozenset(p)) for w, p in figures.sums}
    assert len(figures.counts) == len(residents) + len(GROUPS) + 2


def test_two_questions_of_the_same_replies_each_make_the_total():
    lang = find("census2021_ts025")
    names = [field_of(lang, name) for name in answerable(lang, "group")]
    found = sums_of("resp_total", *GROUPS, "resp_eth_unknown_n", *names, unknown_of(lang))
    assert {whole for whole, _ in found} == {"resp_total"}
    assert len(found) == 2


def test_a_taxonomy_without_groups_has_one_sum():
    raw = json.loads(json.dumps(dict(find("census2021_ts038").raw)))
    flat = [{k: v for k, v in c.items() if k != "parent"} for c in raw["categories"][:2]]
    raw |= {"categories": flat, "indicators": [], "id": "own", "prefix": "own", "dimension": "own"}
    raw.pop("crosswalks", None)
    own = parse(raw, "own.json")
    names = [field_of(own, name) for name in answerable(own, "category")]
    sums = figures_among(["resp_total", *names, unknown_of(own)], [own]).sums
    assert sums == (("resp_total", (*names, unknown_of(own))),)
