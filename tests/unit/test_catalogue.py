"""The files of taxonomies and schemes: whole, in the shape of their schemas, and enough."""

from __future__ import annotations

import copy
import json
from collections import Counter
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from seldom_heard.taxonomies.catalogue import HOME, catalogue, find, load
from seldom_heard.taxonomies.errors import TaxonomyError
from seldom_heard.taxonomies.model import parse
from seldom_heard.taxonomies.recognise import plain

SCHEMES = HOME.parent / "schemes"
SHIPPED = sorted(HOME.glob("*/*.json"))
SHIPPED_SCHEMES = sorted(p for p in SCHEMES.glob("*.json") if ".schema." not in p.name)
GROUPS = ("asian", "black", "mixed", "white", "other")
LIMITED = ("n", "pct", "pct_lo", "pct_hi")
DOMAINS = ("income", "employment", "education", "health", "crime", "barriers", "living")
# the names that others rely on, of figures made of published tables
CONTRACT = {
    "eth_total",
    *(f"eth_{group}_{statistic}" for group in GROUPS for statistic in ("n", "pct")),
    *(f"eth_{i}_{s}" for i in ("minority", "minority_excl_white") for s in LIMITED),
    *("eth_diversity", "eth_largest"),
    *("dep_imd_score", "dep_imd_rank", "dep_imd_decile", "dep_imd_quintile", "dep_core20"),
    *(f"dep_{domain}_{what}" for domain in DOMAINS for what in ("rank", "decile")),
    *("dep_exhealth_score", "dep_exhealth_decile", "dep_idaci_decile", "dep_idaopi_decile"),
    *(f"dep_hh_{some}_{statistic}" for some in ("any", "two") for statistic in ("n", "pct")),
    "lang_total",
    *(f"lang_main_{which}_{s}" for which in ("english", "other") for s in ("n", "pct")),
    *(f"lang_low_english_{statistic}" for statistic in LIMITED),
    *("lang_hh_no_english_n", "lang_hh_no_english_pct"),
}
VOICE = {
    "voice_observed",
    "voice_expected",
    "voice_ratio",
    "voice_shrunk",
    "voice_class",
    "voice_q",
}


def read(path: Path) -> dict:
    return json.loads(path.read_text("utf-8"))


def schema(name: str) -> Draft202012Validator:
    data = read(HOME.parent / name)
    Draft202012Validator.check_schema(data)
    return Draft202012Validator(data)


def fields_of(taxonomy) -> list[str]:
    """Return the names of the fields that a taxonomy gives at the level of groups."""
    names = [
        taxonomy.field(indicator.id, statistic)
        for indicator in taxonomy.indicators
        for statistic in indicator.statistics or ("",)
    ]
    if taxonomy.kind == "composition":
        names.append(taxonomy.field(taxonomy.raw["total"]["field"]))
    if taxonomy.kind == "register":
        registers = [item["id"] for item in taxonomy.raw["categories"]]
        names += [taxonomy.field(r, statistic) for r in registers for statistic in LIMITED]
    return names


@pytest.fixture(scope="module")
def taxonomy_schema():
    return schema("taxonomies/taxonomy.schema.json")


@pytest.fixture(scope="module")
def scheme_schema():
    return schema("schemes/scheme.schema.json")


def nodes(value, path="$"):
    if isinstance(value, dict):
        yield path, value
        for key, inner in value.items():
            yield from nodes(inner, f"{path}.{key}")
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from nodes(inner, f"{path}[{number}]")


# --- the schemas


@pytest.mark.parametrize("path", SHIPPED, ids=lambda p: p.stem)
def test_shipped_taxonomy_is_in_the_shape_of_the_schema(taxonomy_schema, path):
    assert [error.message for error in taxonomy_schema.iter_errors(read(path))] == []


@pytest.mark.parametrize("path", SHIPPED_SCHEMES, ids=lambda p: p.stem)
def test_shipped_scheme_is_in_the_shape_of_the_schema(scheme_schema, path):
    assert [error.message for error in scheme_schema.iter_errors(read(path))] == []


@pytest.mark.parametrize("path", [*SHIPPED, *SHIPPED_SCHEMES], ids=lambda p: p.stem)
def test_shipped_file_points_to_its_schema(path):
    named = (path.parent / read(path)["$schema"]).resolve()
    assert named.is_file()
    assert named.name == f"{'scheme' if path.parent == SCHEMES else 'taxonomy'}.schema.json"


@pytest.mark.parametrize("name", ["taxonomies/taxonomy.schema.json", "schemes/scheme.schema.json"])
def test_every_property_is_explained(name):
    bare = [
        f"{path}.{key}"
        for path, node in nodes(read(HOME.parent / name))
        if path.endswith(".properties")
        for key, inner in node.items()
        if isinstance(inner, dict)
        and not {"description", "$ref"} & set(inner)
        and not (key in {"kind", "measure"} and "const" in inner)
    ]
    assert bare == []


PLACE_OF_TENTHS = [i.id for i in find("iod2025").indicators].index("exhealth_decile")


def without(*keys):
    """Return a change that takes a key away; numbers and names lead to it."""

    def change(data):
        for key in keys[:-1]:
            data = data[key]
        del data[keys[-1]]

    return change


def setting(*keys_and_value):
    """Return a change that puts a value in."""
    *keys, value = keys_and_value

    def change(data):
        for key in keys[:-1]:
            data = data[key]
        data[keys[-1]] = value

    return change


@pytest.mark.parametrize(
    ("identifier", "change"),
    [
        ("census2021_ts021", without("id")),
        ("census2021_ts021", without("kind")),
        ("census2021_ts021", without("attribution")),
        ("census2021_ts021", without("base")),
        ("census2021_ts021", without("total")),
        ("census2021_ts021", without("total", "field")),
        ("census2021_ts021", without("categories")),
        ("census2021_ts021", without("categories", 0, "label")),
        ("census2021_ts021", without("indicators", 0, "barrier")),
        ("census2021_ts021", without("indicators", 0, "numerator")),
        ("census2021_ts021", setting("kind", "pie")),
        ("census2021_ts021", setting("prefix", "eth ")),
        ("census2021_ts021", setting("categorys", [])),
        ("census2021_ts021", setting("areas_ranked", 33_755)),
        ("census2021_ts021", setting("area_vintage", 2001)),
        ("census2021_ts021", setting("date", "last spring")),
        ("census2021_ts021", setting("source", "a book")),
        ("census2021_ts021", setting("categories", 0, "parnet", "asian")),
        ("census2021_ts021", setting("indicators", 0, "barrier", "maybe")),
        ("census2021_ts021", setting("indicators", 0, "measure", "median")),
        ("census2021_ts021", setting("indicators", 0, "statistics", ["n", "percent"])),
        ("census2021_ts021", setting("indicators", 0, "national", [])),
        ("census2021_ts021", without("indicators", 0, "national", 0, "source")),
        ("census2021_ts021", setting("indicators", 0, "national", 0, "value", "9.61")),
        ("census2021_ts021", setting("indicators", 0, "national", 0, "nation", "England")),
        ("iod2025", setting("indicators", 0, "national", 0, "middle", False)),
        ("qof", setting("categories", 0, "national", 0, "date", "2021-2022")),
        ("iod2025", without("areas_ranked")),
        ("iod2025", without("columns")),
        ("iod2025", without("required")),
        ("iod2025", without("indicators", 0, "column")),
        ("iod2025", setting("kind", "composition")),
        ("iod2025", setting("required", [])),
        ("iod2025", setting("indicators", 2, "bands", 1)),
        ("qof", without("tables")),
        ("qof", without("tables", "registrations")),
        ("qof", without("tables", "registers", "numbers")),
        ("qof", without("categories", 0, "age_base")),
        ("qof", without("age_bases")),
        ("lsoa2011_lsoa2021", without("tables")),
        ("lsoa2011_lsoa2021", without("tables", "lookup", "required")),
    ],
)
def test_broken_taxonomy_is_not_in_the_shape_of_the_schema(taxonomy_schema, identifier, change):
    data = copy.deepcopy(dict(find(identifier).raw))
    assert taxonomy_schema.is_valid(data)
    change(data)
    assert not taxonomy_schema.is_valid(data)


@pytest.mark.parametrize(
    "change",
    [
        without("pillars"),
        without("title"),
        without("pillars", 0, "weight"),
        without("pillars", 0, "indicators"),
        without("pillars", 0, "indicators", 0, "fields"),
        setting("pillars", []),
        setting("pillars", 0, "id", "wealth"),
        setting("pillars", 0, "weight", -1),
        setting("pillars", 0, "weight", "1"),
        setting("pillars", 0, "wieght", 1),
        setting("pillars", 0, "indicators", []),
        setting("pillars", 0, "indicators", 0, "weight", -0.5),
        setting("pillars", 0, "indicators", 0, "each_of", {"dep_imd_score": "deprivation"}),
        setting("pillars", 0, "indicators", 0, "fields", ["IMD Score"]),
        setting("flag", "top_share", 10),
        setting("flag", "voice", "lower"),
        without("people", 0, "title"),
        setting("people", []),
        setting("people", "everyone"),
        setting("thresholds", "robust", 80),
        setting("thresholds", "rubost", 0.8),
        setting("thresholds", "concentration", 0),
        setting("allow_full_index", "yes"),
        setting("pillars", 2, "indicators", 0, "enough", "100"),
        without("pillars", 2, "indicators", 0, "replies", "expected"),
    ],
)
def test_broken_scheme_is_not_in_the_shape_of_the_schema(scheme_schema, change):
    data = read(SCHEMES / "general.json")
    assert scheme_schema.is_valid(data)
    change(data)
    assert not scheme_schema.is_valid(data)


# --- what a schema cannot say


def test_catalogue_holds_every_shipped_file_and_ids_are_unique():
    assert len(SHIPPED) >= 8
    ids = [taxonomy.id for taxonomy in catalogue()]
    assert len(ids) == len(SHIPPED)
    assert [name for name, number in Counter(ids).items() if number > 1] == []


def test_taxonomy_lies_in_the_folder_of_its_dimension_under_its_id():
    assert [str(p) for p in SHIPPED if load(p).id != p.stem] == []
    assert [str(p) for p in SHIPPED if load(p).dimension != p.parent.name] == []


def test_find_gives_a_shipped_taxonomy_and_refuses_another():
    assert find("iod2025").edition == "2025"
    with pytest.raises(KeyError, match="iod1066"):
        find("iod1066")


@pytest.mark.parametrize("taxonomy", catalogue(), ids=lambda t: t.id)
def test_ids_and_headings_are_unique_within_a_shape(taxonomy):
    prefix = taxonomy.raw.get("heading_prefix")
    for shape in taxonomy.shapes:
        ids = [column.id for column in shape.columns]
        assert len(set(ids)) == len(ids)
        labels = [name for c in shape.columns for name in {plain(n) for n in (c.label, *c.also)}]
        if prefix:
            labels += [f"{plain(prefix)}: {label}" for label in labels]
        assert [label for label, number in Counter(labels).items() if number > 1] == []


@pytest.mark.parametrize("taxonomy", catalogue(), ids=lambda t: t.id)
def test_what_a_taxonomy_refers_to_is_in_it(taxonomy):
    for shape in taxonomy.shapes:
        ids = {column.id for column in shape.columns}
        assert set().union(*shape.required) <= ids
        assert shape.numbers <= ids
        assert {column.parent for column in shape.columns} - {None} <= ids
    ids = {column.id for column in taxonomy.columns}
    before: set[str] = set()
    for indicator in taxonomy.indicators:
        options = indicator.options
        used = [
            *options.get("numerator", ()),
            *options.get("minus", ()),
            *options.get("weights", ()),
        ]
        used += [options[key] for key in ("column", "published") if key in options]
        assert set(used) <= ids, indicator.id
        assert {options.get("score")} - {None} <= before, indicator.id
        before.add(indicator.id)


def test_age_base_of_every_register_is_explained():
    raw = find("qof").raw
    assert {item["age_base"] for item in raw["categories"]} <= set(raw["age_bases"])
    codes = [item["code"] for item in raw["categories"]]
    assert len(set(codes)) == len(codes)


def test_groups_are_the_total_and_leaves_the_finest_categories():
    taxonomy = find("census2021_ts021")
    assert taxonomy.groups == list(GROUPS)
    assert len(taxonomy.leaves) == 19
    assert taxonomy.children("black") == ["african", "caribbean", "other_black"]
    assert find("census2021_ts029").leaves == [
        *("main_english", "very_well", "well", "not_well", "not_at_all")
    ]


def test_catalogue_gives_all_fields_of_the_contract():
    made = {field for taxonomy in catalogue() for field in fields_of(taxonomy)}
    assert CONTRACT - made == set()
    assert {f"prev_{r}_{s}" for r in ("dm", "copd", "dep", "mh", "ld") for s in LIMITED} <= made


# the same figure of several editions, or of one nation and another, goes by one name
FAMILIES = (
    {"census2021_ts021", "census2011_ks201", "nhs_2001", "gss_2021", "ethnic_groups_5"},
    {"iod2025", "iod2019", "wimd2025", "wimd2019", "simd2020v2", "nimdm2017"},
    {"census2021_ts024", "census2021_main_language"},
)


def makers_of_fields() -> dict[str, list]:
    makers: dict[str, list] = {}
    for taxonomy in catalogue():
        for field in fields_of(taxonomy):
            makers.setdefault(field, []).append(taxonomy)
    return makers


def test_no_field_is_made_twice_by_one_table():
    for taxonomy in catalogue():
        names = fields_of(taxonomy)
        assert len(set(names)) == len(names), taxonomy.id


def test_no_field_is_made_by_two_tables_but_by_editions_of_one():
    strange = {}
    for field, makers in makers_of_fields().items():
        ids = {taxonomy.id for taxonomy in makers}
        if len(ids) > 1 and not any(ids <= family for family in FAMILIES):
            strange[field] = sorted(ids)
        assert len({taxonomy.dimension for taxonomy in makers}) == 1, field
    assert strange == {}


def test_every_family_shares_fields():
    together = [{t.id for t in makers} for makers in makers_of_fields().values()]
    for family in FAMILIES:
        assert set().union(*(ids for ids in together if len(ids) > 1 and ids & family)) == family


def test_figures_of_one_name_are_made_in_one_way():
    """A field of two editions must not be a share here and a rank there, nor turn its meaning."""
    ways: dict[str, set] = {}
    for taxonomy in catalogue():
        for indicator in taxonomy.indicators:
            way = (indicator.measure, indicator.barrier, indicator.options.get("bands"))
            ways.setdefault(taxonomy.field(indicator.id), set()).add(way)
    published = {"value", "band", "band_of_score"}  # published here, made of the rank there
    assert {
        name: way
        for name, way in ways.items()
        if len({(barrier, bands) for _, barrier, bands in way if bands}) > 1
        or len({barrier for _, barrier, _ in way}) > 1
        or (len({measure for measure, _, _ in way}) > 1 and {m for m, _, _ in way} - published)
    } == {}


@pytest.mark.parametrize("key", ["date", "source", "licence", "verified", "limits"])
def test_every_shipped_file_says_what_a_file_of_ones_own_may_leave_out(key):
    assert [path.name for path in SHIPPED if key not in read(path)] == []


@pytest.mark.parametrize("key", ["date", "source", "licence", "verified", "limits"])
def test_file_of_ones_own_may_leave_out_where_it_is_from(taxonomy_schema, key):
    data = dict(find("census2021_ts021").raw)
    del data[key]
    assert taxonomy_schema.is_valid(data)
    assert parse(data, "mine.json").id == "census2021_ts021"


def test_what_is_not_verified_says_so():
    """Somewhere a person can read it: in the limits, or in a note."""
    silent = []
    for path in SHIPPED:
        data = read(path)
        said = " ".join([*data["limits"], data.get("$comment", "")]).lower()
        if not data["verified"] and "not " not in said:
            silent.append(path.name)
    assert silent == []


@pytest.mark.parametrize("path", SHIPPED_SCHEMES, ids=lambda p: p.stem)
def test_scheme_asks_only_for_fields_that_the_plugin_makes(path):
    data = read(path)
    made = {field for taxonomy in catalogue() for field in fields_of(taxonomy)} | VOICE
    made |= {f"{field}_avg" for field in made if field.endswith("_score")}  # by aggregateareas
    asked = [
        field
        for pillar in data["pillars"]
        for entry in pillar["indicators"]
        for field in entry.get("fields", entry.get("each_of"))
    ]
    asked += [data["flag"]["core20"], data["flag"]["low_english"]]
    asked += [one[key] for one in data["people"] for key in ("field", "where") if key in one]
    assert set(asked) - made == set()
    assert data["id"] == path.stem


@pytest.mark.parametrize("path", SHIPPED_SCHEMES, ids=lambda p: p.stem)
def test_scheme_gives_ethnicity_no_weight_and_does_not_count_health_twice(path):
    for pillar in read(path)["pillars"]:
        for entry in pillar["indicators"]:
            fields = list(entry.get("fields", entry.get("each_of")))
            assert entry.get("weight", 1) == 0 or not any(f.startswith("eth_") for f in fields)
            if "dep_imd_score" in fields:
                assert fields.index("dep_exhealth_score") < fields.index("dep_imd_score")


# --- files that cannot be used


def test_error_of_a_file_without_a_kind_names_it_and_the_kinds():
    data = dict(find("iod2025").raw)
    del data["kind"]
    with pytest.raises(
        TaxonomyError, match=r"mine\.json: .*kind.* composition, ranked, "
    ) as caught:
        parse(data, "mine.json")
    assert caught.value.key in {"file", "kind"}


@pytest.mark.parametrize("key", ["id", "title", "prefix", "base", "attribution", "indicators"])
def test_error_names_file_and_key_that_every_taxonomy_needs(key):
    data = dict(find("iod2025").raw)
    del data[key]
    with pytest.raises(TaxonomyError) as caught:
        parse(data, "mine.json")
    assert (caught.value.file, caught.value.key) == ("mine.json", key)
    assert str(caught.value) == f"mine.json: {key}: is missing"


@pytest.mark.parametrize(
    ("identifier", "change", "key"),
    [
        ("census2021_ts021", without("categories"), "categories"),
        ("census2021_ts021", without("total"), "total"),
        ("census2021_ts021", without("categories", 3, "label"), "categories[3].label"),
        ("census2021_ts021", without("indicators", 1, "barrier"), "indicators[1].barrier"),
        (
            "census2021_ts021",
            setting("indicators", 1, "numerator", ["blak"]),
            "indicators[1].numerator",
        ),
        ("census2021_ts021", setting("categories", 1, "parent", "asain"), "categories[1].parent"),
        ("iod2025", without("columns"), "columns"),
        ("iod2025", without("required"), "required"),
        ("iod2025", setting("required", ["imd_rnak"]), "required"),
        ("iod2025", without("columns", 2, "id"), "columns[2].id"),
        ("iod2025", setting("indicators", 1, "column", "imd_rnak"), "indicators[1].column"),
        *(
            (
                "iod2025",
                setting("indicators", PLACE_OF_TENTHS, "cut_points", {"scores": s, "made": "so"}),
                f"indicators[{PLACE_OF_TENTHS}].cut_points.scores",
            )
            for s in (list(range(9, 1, -1)), list(range(1, 10)))
        ),
        ("qof", without("tables"), "tables"),
        ("qof", without("tables", "registers", "columns"), "tables.registers.columns"),
        ("qof", without("tables", "registers", "required"), "tables.registers.required"),
        ("qof", without("tables", "registers", "numbers"), "tables.registers.numbers"),
        ("iod2025", without("nation"), "nation"),
        ("iod2025", setting("indicators", 1, "measure", "median"), "indicators[1]"),
        ("census2021_ts021", setting("categorys", []), "categorys"),
        ("census2021_ts021", setting("categories", 1, "parnet", "asian"), "categories[1].parnet"),
        ("townsend_2021", without("variables", 2, "numerator"), "variables[2].numerator"),
    ],
)
def test_error_names_the_key_that_a_kind_needs(identifier, change, key):
    data = copy.deepcopy(dict(find(identifier).raw))
    change(data)
    with pytest.raises(TaxonomyError) as caught:
        parse(data, "mine.json")
    assert caught.value.key == key
    assert "mine.json" in str(caught.value)


@pytest.mark.parametrize("content", [b"{", b"", b"\xff\xfe{}", b"a, b\n1, 2"])
def test_file_that_is_not_json_is_refused_by_name(tmp_path, content):
    path = tmp_path / "mine.json"
    path.write_bytes(content)
    with pytest.raises(TaxonomyError, match=r"mine\.json: file: is not valid JSON"):
        load(path)


@pytest.mark.parametrize("content", ["[]", "3", "null", '"kind"'])
def test_json_that_is_no_object_is_refused_by_name(tmp_path, content):
    path = tmp_path / "mine.json"
    path.write_text(content, "utf-8")
    with pytest.raises(TaxonomyError, match=r"mine\.json"):
        load(path)


def test_file_with_a_byte_order_mark_is_read(tmp_path):
    path = tmp_path / "mine.json"
    path.write_text(json.dumps(dict(find("iod2025").raw)), "utf-8-sig")
    assert load(path).id == "iod2025"
