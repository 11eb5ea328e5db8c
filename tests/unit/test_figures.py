"""What may be done with each field of a profiled layer is known from the taxonomies."""

from __future__ import annotations

import pytest
from seldom_heard.taxonomies.catalogue import catalogue, find
from seldom_heard.taxonomies.figures import figures_among

GROUPS = ["asian", "black", "mixed", "other", "white"]
ETHNICITY = ["eth_total", *(f"eth_{g}_{s}" for g in GROUPS for s in ("n", "pct"))]


def of(*names):
    return figures_among(["LSOA21CD", *names, "my_own_n"], catalogue())


def test_columns_of_others_are_no_figures():
    figures = of("sh_score", "voice_observed")
    assert not any((figures.counts, figures.shares, figures.scores, figures.bands, figures.titles))


def test_a_share_knows_its_count_its_base_and_its_limits():
    figures = of(
        "eth_total", "eth_minority_n", *(f"eth_minority_pct{s}" for s in ("", "_lo", "_hi"))
    )
    (share,) = figures.shares
    assert (share.field, share.count, share.base) == (
        "eth_minority_pct",
        "eth_minority_n",
        ("eth_total",),
    )
    assert share.limits == ("eth_minority_pct_lo", "eth_minority_pct_hi")
    assert set(figures.counts) == {"eth_total", "eth_minority_n"}


def test_a_share_over_another_base_than_the_total_finds_it_or_none():
    names = ["lang_total", "lang_low_english_n", "lang_low_english_of_other_pct"]
    assert of(*names).shares[0].base == ()
    assert of(*names, "lang_main_other_n").shares[0].base == ("lang_main_other_n",)


def test_a_base_that_is_the_sum_of_several_counts_is_all_of_them():
    figures = figures_among([*ETHNICITY[1:], "eth_not_known_n"], [find("nhs_2001")])
    assert {frozenset(share.base) for share in figures.shares} == {
        frozenset(f"eth_{group}_n" for group in GROUPS)
    }


def test_the_taxonomy_that_made_most_of_the_fields_is_meant():
    # not known is a category of the NHS alone: there the groups' shares leave it out
    names = [*ETHNICITY, "eth_not_known_n", "eth_not_known_pct", "eth_minority_n"]
    bases = {share.field: set(share.base) for share in of(*names).shares}
    assert bases["eth_asian_pct"] == {f"eth_{group}_n" for group in GROUPS}
    assert bases["eth_not_known_pct"] == {"eth_total"}


def test_sums_hold_groups_categories_and_what_is_left_of_a_total():
    sums = {(whole, frozenset(parts)) for whole, parts in of(*ETHNICITY).sums}
    assert sums == {("eth_total", frozenset(f"eth_{group}_n" for group in GROUPS))}
    white = [f"eth_{c}_n" for c in find("census2021_ts021").children("white")]
    sums = of(*ETHNICITY, *white, "eth_minority_n", "eth_minority_excl_white_n").sums
    found = {(whole, frozenset(parts)) for whole, parts in sums}
    assert ("eth_white_n", frozenset(white)) in found
    assert ("eth_total", frozenset({"eth_minority_n", "eth_white_british_n"})) in found
    assert ("eth_total", frozenset({"eth_minority_excl_white_n", "eth_white_n"})) in found


def test_every_sum_holds_on_counts_made_of_the_categories():
    taxonomy = find("census2021_ts021")
    leaves = {name: 3**k for k, name in enumerate(taxonomy.leaves)}  # any two sums differ

    def count(column):
        below = taxonomy.children(column)
        return sum(map(count, below)) if below else leaves[column]

    values = {f"eth_{c.id}_n": count(c.id) for c in taxonomy.columns if c.id != "total"}
    values["eth_total"] = sum(leaves.values())
    values["eth_minority_n"] = values["eth_total"] - values["eth_white_british_n"]
    values["eth_minority_excl_white_n"] = values["eth_total"] - values["eth_white_n"]
    sums = of(*values).sums
    assert len(sums) > len(taxonomy.groups)
    for whole, parts in sums:
        assert values[whole] == sum(values[part] for part in parts), (whole, parts)


def test_some_categories_of_a_table_are_never_its_total():
    figures = of("eth_detail_total", "eth_detail_roma_n", "eth_detail_somali_n")
    assert figures.sums == ()
    assert len(figures.counts) == 3


@pytest.mark.parametrize(
    ("field", "kind"),
    [
        ("dep_imd_score", "scores"),
        ("dep_exhealth_score", "scores"),
        ("dep_townsend_score", "scores"),
        ("dep_imd_rank", "bands"),
        ("dep_imd_decile", "bands"),
        ("dep_core20", "bands"),
    ],
)
def test_scores_may_be_averaged_and_bands_may_not(field, kind):
    figures = of(field)
    assert getattr(figures, kind) == (field,)
    assert not figures.counts
    assert figures.titles[field]


def test_registers_are_counts_whose_base_the_layer_does_not_hold():
    figures = of("prev_dm_n", "prev_dm_pct", "prev_coverage_pct", "prev_flag")
    assert figures.counts == ("prev_dm_n",)
    assert [(s.field, s.base) for s in figures.shares] == [("prev_dm_pct", ())]


def test_diversity_needs_all_of_its_groups():
    names = [*ETHNICITY, "eth_diversity"]
    assert set(of(*names).structures[0].groups) == {f"eth_{group}_n" for group in GROUPS}
    assert of("eth_diversity").structures[0].groups == {}


def test_a_share_without_a_count_of_its_own_finds_the_same_count_under_another_name():
    names = ["lang_low_english_n", "lang_main_other_n", "lang_low_english_of_other_pct"]
    assert of(*names).shares[0].count == "lang_low_english_n"
    assert of(*names[1:]).shares[0].count == ""


def test_registered_patients_are_a_count_and_no_part_of_the_residents():
    figures = of("prev_registered_n", "prev_registered_ratio", "prev_coverage_pct", "prev_flag")
    assert figures.counts == ("prev_registered_n",)
    assert set(figures.bands) == {"prev_coverage_pct", "prev_flag"}
    (share,) = figures.shares
    assert (share.field, share.count, share.part) == (
        "prev_registered_ratio",
        "prev_registered_n",
        False,
    )
