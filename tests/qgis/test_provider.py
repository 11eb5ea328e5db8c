"""The provider: ids, parameters and defaults that others rely on; loads light, unloads whole."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys

import pytest
from qgis.core import QgsApplication, QgsProcessingAlgorithm, QgsProcessingParameterDefinition

from .helpers import ROOT, algorithm, ensure_provider

GROUPS = {
    "checkinputs": "Prepare",
    "countresponses": "Prepare",
    "apportionprevalence": "Prepare",
    "aggregateareas": "Prepare",
    "convertareas": "Prepare",
    "suppresscounts": "Prepare",
    "profileareas": "Profile",
    "profileethnicity": "Profile",
    "profiledeprivation": "Profile",
    "profileprevalence": "Profile",
    "profilelanguage": "Profile",
    "profilebarriers": "Profile",
    "profilecustom": "Profile",
    "measurevoice": "Voice",
    "representation": "Voice",
    "findseldomheard": "Find",
    "findclusters": "Find",
    "comparebenchmark": "Compare",
    "measureinequality": "Compare",
    "exportmap": "Plan",
    "exportlist": "Plan",
}
AREAS = {"INPUT": ("source", None, False), "CODE_FIELD": ("field", None, True)}
TABLES = {"TABLES": ("multilayer", None, True), "MIN_MATCH": ("number", 98, False)}
SINK = {"OUTPUT": ("sink", None, False)}
SUPPRESSION = {"SUPPRESSION": ("enum", "none", False)}
LEVEL = {"LEVEL": ("enum", "group", False)}
ONE_DIMENSION = {**AREAS, **TABLES, **SUPPRESSION, **SINK}
# name: type, default, optional; as design.md freezes them
PARAMETERS = {
    "checkinputs": {**AREAS, **TABLES, "REPORT": ("fileDestination", None, False)},
    "apportionprevalence": {
        **AREAS,
        "REGISTERS": ("vector", None, False),
        "REGISTRATIONS": ("vector", None, False),
        "LOOKUP": ("vector", None, True),
        "MIN_MATCH": ("number", 98, False),
        **SINK,
    },
    "aggregateareas": {
        **AREAS,
        "LOOKUP": ("vector", None, True),
        "LOOKUP_FIELD": ("string", None, True),
        "GROUP_FIELD": ("field", None, True),
        "COUNT_FIELDS": ("field", None, True),
        "WEIGHT_FIELD": ("field", None, True),
        "DISSOLVE": ("boolean", True, False),
        "MIN_MATCH": ("number", 98, False),
        **SUPPRESSION,
        **SINK,
    },
    "convertareas": {
        **ONE_DIMENSION,
        "LOOKUP": ("vector", None, False),
        "WEIGHT_FIELD": ("string", None, True),
        "DIRECTION": ("enum", "2011to2021", False),
        "TARGET": ("source", None, True),
        "COUNT_FIELDS": ("field", None, True),
    },
    "suppresscounts": {
        **AREAS,
        "FIELDS": ("field", None, True),
        "TOTAL_FIELD": ("field", None, True),
        "PARENT_FIELD": ("field", None, True),
        "RULE": ("enum", "nhs", False),
        **SINK,
        "REPORT": ("fileDestination", None, True),
    },
    "profileareas": {**ONE_DIMENSION, **LEVEL, "DIMENSIONS": ("enum", None, True)},
    "profileethnicity": {
        **ONE_DIMENSION,
        **LEVEL,
        "CATEGORIES": ("enum", "as_published", False),
    },
    "profilebarriers": {**ONE_DIMENSION, **LEVEL},
    "profilecustom": {
        **ONE_DIMENSION,
        **LEVEL,
        "TAXONOMY": ("file", None, False),
        "CATEGORIES": ("string", None, True),
    },
    "profiledeprivation": {**ONE_DIMENSION, **LEVEL},
    "profilelanguage": {**ONE_DIMENSION, **LEVEL},
    "profileprevalence": ONE_DIMENSION,
    "measurevoice": {
        **AREAS,
        "OBSERVED_FIELD": ("field", None, True),
        "POPULATION_FIELD": ("field", None, True),
        "STANDARDISE": ("string", None, True),
        "MIN_EXPECTED": ("number", 10, False),
        **SUPPRESSION,
        **SINK,
        "REPORT": ("fileDestination", None, True),
    },
    "representation": {
        **AREAS,
        "RESPONSES": ("vector", None, False),
        "GROUP_FIELD": ("field", None, True),
        **TABLES,
        "TAXONOMY": ("file", None, True),
        "LEVEL": ("enum", "auto", False),
        "RAKE_FIELDS": ("field", None, True),
        "POPULATION_FIELD": ("field", None, True),
        "MIN_EXPECTED": ("number", 10, False),
        **SUPPRESSION,
        **SINK,
        "REPORT": ("fileDestination", None, True),
    },
    "findseldomheard": {
        **AREAS,
        "SCHEME": ("string", "general", False),
        "REFERENCE": ("source", None, True),
        "TOP": ("string", "10%", False),
        "DRAWS": ("number", 2000, False),
        "SEED": ("number", 1, False),
        **SINK,
    },
    "findclusters": {
        **AREAS,
        "FIELD": ("field", None, False),
        "METHOD": ("enum", "localmoran", False),
        "WEIGHTS": ("enum", "queen", False),
        "K": ("number", 8, False),
        "DISTANCE": ("number", None, True),
        "SNAP": ("number", 0, False),
        "PERMUTATIONS": ("number", 9999, False),
        "SEED": ("number", 1, False),
        "ALPHA": ("number", 0.05, False),
        "CORRECTION": ("enum", "fdr", False),
        "NAME_FIELD": ("field", None, True),
        **SINK,
        "REPORT": ("fileDestination", None, True),
    },
    "comparebenchmark": {
        **AREAS,
        "COUNT_FIELD": ("field", None, False),
        "BASE_FIELD": ("field", None, True),
        "MEASURE": ("enum", "proportion", False),
        "PER": ("number", 100_000, False),
        "BENCHMARK": ("enum", "total", False),
        "GROUP": ("expression", None, True),
        "VALUE": ("number", None, True),
        "REFERENCE": ("source", None, True),
        "PARENT_FIELD": ("field", None, True),
        **SUPPRESSION,
        **SINK,
        "PLOT": ("fileDestination", None, True),
        "REPORT": ("fileDestination", None, True),
    },
    "countresponses": {
        **AREAS,
        "RESPONSES": ("source", None, False),
        "POSTCODE_FIELD": ("string", None, True),
        "POSTCODES": ("source", None, True),
        "RESPONSE_CODE_FIELD": ("string", None, True),
        "LOOKUP": ("vector", None, True),
        "GROUP_FIELD": ("string", None, True),
        "TAXONOMY": ("string", None, True),
        **LEVEL,
        **SUPPRESSION,
        **SINK,
        "UNPLACED": ("sink", None, True),
        "REPORT": ("fileDestination", None, True),
    },
    "measureinequality": {
        **AREAS,
        "FIELD": ("field", None, False),
        "BASE_FIELD": ("field", None, True),
        "RANK_FIELD": ("field", None, True),
        "RANK_ORDER": ("enum", "auto", False),
        "GROUPS": ("number", 10, False),
        "FAVOURABLE": ("boolean", False, False),
        "REPETITIONS": ("number", 10_000, False),
        "SEED": ("number", 1, False),
        **SUPPRESSION,
        **SINK,
        "GROUPS_TABLE": ("sink", None, True),
        "REPORT": ("fileDestination", None, True),
    },
    "exportmap": {
        "INPUT": ("vector", None, False),
        "VIEW": ("enum", "score", False),
        "TITLE": ("string", None, True),
        "PAPER": ("enum", "A4", False),
        "DPI": ("number", 300, False),
        "OUTPUT": ("fileDestination", None, False),
    },
    "exportlist": {
        **AREAS,
        "NAME_FIELD": ("field", None, True),
        "TOP": ("string", None, True),
        **SUPPRESSION,
        "OUTPUT": ("fileDestination", None, False),
    },
}
ENUMS = {
    # the first four are frozen; barriers came later
    ("profileareas", "DIMENSIONS"): [
        *("ethnicity", "deprivation", "prevalence", "language"),
        "barriers",
    ],
    ("profileareas", "LEVEL"): ["group", "category"],
    ("profileareas", "SUPPRESSION"): ["none", "nhs", "ons10"],
    ("apportionprevalence", "SUPPRESSION"): ["none", "nhs", "ons10"],
    ("suppresscounts", "RULE"): ["nhs", "ons10"],
    ("representation", "LEVEL"): ["auto", "category", "group"],
    ("exportlist", "SUPPRESSION"): ["none", "nhs", "ons10"],
    ("aggregateareas", "SUPPRESSION"): ["none", "nhs", "ons10"],
    ("convertareas", "SUPPRESSION"): ["none", "nhs", "ons10"],
    ("convertareas", "DIRECTION"): ["2011to2021", "2021to2011"],
    ("comparebenchmark", "MEASURE"): ["proportion", "rate", "ratio"],
    ("comparebenchmark", "BENCHMARK"): ["total", "group", "value", "reference", "parent"],
    ("findclusters", "METHOD"): ["localmoran", "getisord"],
    ("findclusters", "WEIGHTS"): ["queen", "knn", "distance"],
    ("findclusters", "CORRECTION"): ["fdr", "none"],
    ("measureinequality", "RANK_ORDER"): ["auto", "low", "high"],
}
LOAD = """
import importlib.util, sys
from pathlib import Path
root = Path(sys.argv[1])
spec = importlib.util.spec_from_file_location(
    "seldom_heard", root / "__init__.py", submodule_search_locations=[str(root)]
)
module = importlib.util.module_from_spec(spec)
sys.modules["seldom_heard"] = module
spec.loader.exec_module(module)
from qgis.core import QgsApplication
app = QgsApplication([], False)
app.initQgis()
before = set(sys.modules)
plugin = module.classFactory(None)
plugin.initProcessing()
assert QgsApplication.processingRegistry().providerById("seldomheard")
heavy = {"pandas", "scipy", "numpy", "matplotlib"}
heavy &= set(sys.modules) - before
# of ours the declarations alone, and what they share: what a run needs is for the run
mine = QgsApplication.processingRegistry().providerById("seldomheard").algorithms()
light = {base.__module__ for one in mine for base in type(one).__mro__}
shared = ("plugin", "layers.errors", "layers.specs", "taxonomies.catalogue", "taxonomies.errors")
light |= {f"seldom_heard.{name}" for name in shared}
shared = ("provider", "choices", "messages", "ranking.schemes", "ranking.scheme_checks")
light |= {f"seldom_heard.processing.{name}" for name in shared}
heavy |= {
    name
    for name, loaded in sys.modules.items()
    if name.startswith("seldom_heard.") and name not in light and not hasattr(loaded, "__path__")
}
del mine
plugin.unload()
print("HEAVY", sorted(heavy))
"""


@pytest.fixture(scope="module")
def provider():
    return ensure_provider()


def test_id_and_name(provider):
    assert (provider.id(), provider.name()) == ("seldomheard", "Seldom Heard")


def test_algorithms_of_the_contract(provider):
    assert {a.name() for a in provider.algorithms()} >= set(GROUPS)


def test_names_shown_are_all_different(provider):
    shown = [a.displayName() for a in provider.algorithms()]
    assert len(set(shown)) == len(shown) and all(shown)


@pytest.mark.parametrize("name", GROUPS)
def test_id_group_and_tags(name):
    found = algorithm(name)
    assert found.id() == f"seldomheard:{name}"
    assert (found.group(), found.groupId()) == (GROUPS[name], GROUPS[name].lower())
    assert len(found.tags()) >= 3 and all(tag.strip() for tag in found.tags())


@pytest.mark.parametrize("name", GROUPS)
def test_help_speaks_of_every_choice(name):
    found = algorithm(name)
    text = found.shortHelpString()
    assert len(text) > 200, "help is missing or says nothing"
    assert "<p" in text or "<h" in text


@pytest.mark.parametrize("name", GROUPS)
def test_icon_exists(name):
    icon = algorithm(name).icon()
    assert not icon.isNull() and not icon.pixmap(24, 24).isNull()
    assert (ROOT / "resources" / "icons" / f"{GROUPS[name].lower()}.svg").is_file()


def test_icon_of_the_provider(provider):
    assert not provider.icon().pixmap(24, 24).isNull()
    metadata = (ROOT / "metadata.txt").read_text(encoding="utf-8")
    named = next(line for line in metadata.splitlines() if line.startswith("icon="))
    assert (ROOT / named.split("=", 1)[1]).is_file()


@pytest.mark.parametrize("name", PARAMETERS)
def test_parameters_of_the_contract(name):
    optional = QgsProcessingParameterDefinition.Flag.FlagOptional
    found = algorithm(name)  # owns its definitions
    have = {
        p.name(): (p.type(), p.defaultValue(), bool(p.flags() & optional))
        for p in found.parameterDefinitions()
    }
    assert {key: have.get(key) for key in PARAMETERS[name]} == PARAMETERS[name]


@pytest.mark.parametrize("name", GROUPS)
def test_parameters_are_described_in_words(name):
    found = algorithm(name)
    for definition in found.parameterDefinitions():
        assert definition.description().strip() not in ("", definition.name())


@pytest.mark.parametrize("name", GROUPS)
def test_enums_are_static_strings(name):
    found = algorithm(name)
    for definition in found.parameterDefinitions():
        if definition.type() == "enum":
            assert definition.usesStaticStrings(), definition.name()
            default = definition.defaultValue()
            assert default is None or default in definition.options()


@pytest.mark.parametrize(("name", "parameter"), ENUMS)
def test_choices_of_the_contract(name, parameter):
    found = algorithm(name)
    assert found.parameterDefinition(parameter).options() == ENUMS[(name, parameter)]


@pytest.mark.parametrize("name", GROUPS)
def test_fit_for_qgis_process_and_models(name):
    flags = algorithm(name).flags()
    flag = QgsProcessingAlgorithm.Flag
    for unwanted in (
        flag.FlagHideFromToolbox,
        flag.FlagHideFromModeler,
        flag.FlagNotAvailableInStandaloneTool,
        flag.FlagRequiresProject,
        flag.FlagDeprecated,
    ):
        assert not flags & unwanted
    assert flags & flag.FlagCanCancel


def test_layouts_stay_on_the_main_thread():
    flag = QgsProcessingAlgorithm.Flag.FlagNoThreading
    assert algorithm("exportmap").flags() & flag
    assert not algorithm("profileareas").flags() & flag


@pytest.mark.parametrize("name", GROUPS)
def test_can_be_created_again(name):
    found = algorithm(name)
    other = found.create()
    assert other.id() == found.id() and other is not found


@pytest.mark.parametrize("missing", ["pandas", "scipy"])
def test_without_pandas_it_says_what_to_do(monkeypatch, missing):
    real = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda n, *a: None if n == missing else real(n, *a)
    )
    fine, message = algorithm("profileareas").canExecute()
    assert not fine and missing in message
    for system in ("Windows", "Debian", "macOS"):
        assert system in message
    assert f"python3-{missing}" in message


def test_with_pandas_it_can_run():
    assert algorithm("profileareas").canExecute()[0]


def test_loading_is_light():
    """Every qgis_process run loads every plugin: importing pandas would slow them all."""
    done = subprocess.run(
        [sys.executable, "-c", LOAD, str(ROOT)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=os.path.dirname(__file__),
        env=os.environ | {"QT_QPA_PLATFORM": "offscreen"},
    )
    lines = done.stdout.splitlines()
    assert "HEAVY []" in lines, done.stdout + done.stderr
    assert lines == ["HEAVY []"], "loading prints nothing"


def test_load_and_unload_ten_times(qgis_iface):
    import seldom_heard

    registry = QgsApplication.processingRegistry()
    mine = registry.providerById("seldomheard")
    if mine is not None:
        registry.removeProvider(mine)
    try:
        for _ in range(10):
            plugin = seldom_heard.classFactory(qgis_iface)
            plugin.initGui()
            assert len(registry.providerById("seldomheard").algorithms()) >= len(GROUPS)
            plugin.initProcessing()  # twice does no harm
            plugin.unload()
            assert registry.providerById("seldomheard") is None
            plugin.unload()
        ids = [p.id() for p in registry.providers()]
        assert len(ids) == len(set(ids))
    finally:
        ensure_provider()


def test_unload_before_load(qgis_iface):
    import seldom_heard

    before = {p.id() for p in QgsApplication.processingRegistry().providers()}
    seldom_heard.classFactory(qgis_iface).unload()
    assert {p.id() for p in QgsApplication.processingRegistry().providers()} == before
