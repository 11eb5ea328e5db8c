"""Makes the Processing model of the whole job: resources/models/engagement_plan.model3.

Run it with the oldest QGIS that is supported, as newer ones read what older ones write:

    .venv/bin/python scripts/make_model.py [--check]

``--check`` writes nothing; it fails where the file is not what the script makes.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ["QT_HASH_SEED"] = "0"  # the same file every time

from qgis.core import (
    QgsApplication,
    QgsProcessing,
    QgsProcessingModelAlgorithm,
    QgsProcessingModelChildAlgorithm,
    QgsProcessingModelChildParameterSource,
    QgsProcessingModelOutput,
    QgsProcessingModelParameter,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterEnum,
    QgsProcessingParameterField,
    QgsProcessingParameterMultipleLayers,
    QgsProcessingParameterNumber,
    QgsProcessingParameterString,
    QgsProcessingParameterVectorLayer,
)
from qgis.PyQt.QtCore import QPointF

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "resources" / "models" / "engagement_plan.model3"
PACKAGE = "seldom_heard"
NAME, GROUP = "Engagement plan from raw files", "Seldom Heard"
HELP = {
    "ALG_DESC": (
        "Makes an engagement plan from raw files in one run: areas profiled by published tables, "
        "replies counted and held against the residents, areas ranked, replies to win, venues that "
        "reach most of the people sought, a map, an atlas and the plan as a page with its tables. "
        "Each step is an algorithm of Seldom Heard, whose own help says what it assumes."
    ),
    "INPUT": "Polygons with area codes, such as LSOAs, as published.",
    "TABLES": "Published tables of these areas, as downloaded: census, deprivation, registers.",
    "RESPONSES": "Replies to a survey, a row for each, with postcodes or area codes.",
    "POSTCODES": "Where postcodes lie: Code-Point Open, ONSPD or NSPL. Needed where replies have "
    "postcodes.",
    "SUPPRESSION": "How small counts are hidden in all that leaves: the same rule in every step.",
    "ALG_CREATOR": "Seldom Heard",
}
WIDTH, HEIGHT = 260, 110  # between boxes in the modeler
KEPT: list[Any] = []  # what Qt uses after Python would have forgotten it


@dataclass(frozen=True)
class Given:
    """A parameter of the model."""

    name: str


@dataclass(frozen=True)
class Else:
    """A parameter of the model, and what stands where it is not given.

    A dialog fills in the defaults of a model, qgis_process does not.
    """

    name: str
    value: str


@dataclass(frozen=True)
class Made:
    """An output of an earlier step."""

    step: str
    output: str = "OUTPUT"


@dataclass(frozen=True)
class Step:
    """An algorithm in the model.

    Attributes:
        id: of the step; the algorithm's own.
        title: in the modeler.
        inputs: its parameters: from the model, from earlier steps, or values.
        outputs: those of the model, by name: the algorithm's output and its title.
    """

    id: str
    title: str
    inputs: dict[str, Any]
    outputs: dict[str, tuple[str, str]] = field(default_factory=dict)


GROUPS = ";".join(f"eth_{name}_n" for name in ("asian", "black", "mixed", "white", "other"))
PEOPLE = "lang_low_english_n"
AREAS = {"CODE_FIELD": Given("CODE_FIELD")}
NAMED = {**AREAS, "NAME_FIELD": Given("NAME_FIELD")}
RULE = {"SUPPRESSION": Given("SUPPRESSION")}
WARDS = {"WARDS": Given("WARDS"), "WARD_NAME_FIELD": Given("WARD_NAME_FIELD")}
PLANNED = Made("planvenues", "REACHED")
STEPS = (
    Step(
        "profileareas",
        "Profile the areas",
        {"INPUT": Given("INPUT"), **AREAS, "TABLES": Given("TABLES")},
    ),
    Step(
        "countresponses",
        "Count the replies",
        {
            "INPUT": Made("profileareas"),
            **AREAS,
            "RESPONSES": Given("RESPONSES"),
            "POSTCODE_FIELD": Given("POSTCODE_FIELD"),
            "POSTCODES": Given("POSTCODES"),
            "GROUP_FIELD": Given("GROUP_FIELD"),
        },
        {"UNPLACED": ("UNPLACED", "Replies not placed, and why (holds postcodes)")},
    ),
    Step(
        "measurevoice",
        "Measure voice",
        {"INPUT": Made("countresponses"), **NAMED, **RULE},
        {"VOICE_REPORT": ("REPORT", "Report on voice")},
    ),
    Step(
        "representation",
        "Compare groups with the residents",
        {
            "INPUT": Made("profileareas"),
            **AREAS,
            "RESPONSES": Given("RESPONSES"),
            "GROUP_FIELD": Given("GROUP_FIELD"),
            **RULE,
        },
        {"GROUPS": ("OUTPUT", "Groups, and how far each was heard")},
    ),
    Step(
        "findseldomheard",
        "Rank the areas",
        {
            "INPUT": Made("measurevoice"),
            **NAMED,
            "SCHEME": Given("SCHEME"),
            "TOP": Given("TOP"),
        },
        {"RANKING_REPORT": ("REPORT", "Report on the ranking")},
    ),
    Step(
        "planquotas",
        "Plan the replies to win",
        {
            "INPUT": Made("findseldomheard"),
            **NAMED,
            "TARGET": Given("TARGET"),
            "GROUP_FIELDS": Else("GROUP_FIELDS", GROUPS),
            "RESPONSE_RATE": Given("RESPONSE_RATE"),
            **RULE,
        },
    ),
    Step(
        "planvenues",
        "Choose venues",
        {
            "INPUT": Made("planquotas"),
            **NAMED,
            "VENUES": Given("VENUES"),
            "VENUE_NAME_FIELD": Given("VENUE_NAME_FIELD"),
            "NUMBER": Given("NUMBER"),
            "REACH": Given("REACH"),
            "PEOPLE_FIELD": Else("PEOPLE_FIELD", PEOPLE),
            **RULE,
        },
        {
            "AREAS": ("REACHED", "Areas with ranking, quotas and reach"),
            "CHOSEN": ("OUTPUT", "Venues, chosen and not"),
        },
    ),
    Step(
        "exportmap",
        "Draw the map",
        {
            "INPUT": PLANNED,
            "TITLE": Given("TITLE"),
            "SOURCES": Given("SOURCES"),
            **WARDS,
            "VENUES": Made("planvenues"),
            "VENUE_NAME_FIELD": Given("VENUE_NAME_FIELD"),
        },
        {"MAP": ("OUTPUT", "Map")},
    ),
    Step(
        "exportatlas",
        "Draw the atlas",
        {
            "INPUT": PLANNED,
            **NAMED,
            "PAGES": Given("PAGES"),
            "TITLE": Given("TITLE"),
            **WARDS,
            "LOOKUP": Given("LOOKUP"),
            "SOURCES": Given("SOURCES"),
            **RULE,
        },
        {"ATLAS": ("OUTPUT", "Atlas")},
    ),
    Step(
        "exportplan",
        "Write the plan",
        {
            "INPUT": PLANNED,
            **NAMED,
            "TITLE": Given("TITLE"),
            "TOP": Given("TOP"),
            "VENUES": Made("planvenues"),
            "GROUPS": [Made("representation")],
            "SENSITIVITY": Made("findseldomheard", "SENSITIVITY"),
            "RESPONSES": Given("RESPONSES"),
            "OPENING_FIELD": Given("OPENING_FIELD"),
            "WARDS": Given("WARDS"),
            "CONTACT": Given("CONTACT"),
            **RULE,
        },
        {"PLAN": ("OUTPUT", "Engagement plan")},
    ),
)


def load_plugin() -> Any:
    """Return the plugin as a package, whatever the folder of this checkout is called."""
    if PACKAGE not in sys.modules:
        spec = importlib.util.spec_from_file_location(
            PACKAGE, ROOT / "__init__.py", submodule_search_locations=[str(ROOT)]
        )
        if not spec or not spec.loader:
            raise SystemExit(f"{ROOT} holds no plugin")
        module = importlib.util.module_from_spec(spec)
        sys.modules[PACKAGE] = module
        spec.loader.exec_module(module)
    from seldom_heard.processing import choices, provider

    registry = QgsApplication.processingRegistry()
    if not KEPT:
        KEPT.append(provider.SeldomHeardProvider())
        registry.addProvider(KEPT[0])
    return choices


def parameters(choices: Any) -> list[QgsProcessingParameterDefinition]:
    """Return what the model asks for, in the order of its dialog."""
    vector = [QgsProcessing.SourceType.TypeVector]
    polygons = [QgsProcessing.SourceType.TypeVectorPolygon]
    points = [QgsProcessing.SourceType.TypeVectorPoint]
    layer, text = QgsProcessingParameterVectorLayer, QgsProcessingParameterString
    number, enum = QgsProcessingParameterNumber, QgsProcessingParameterEnum

    def of(name: str, title: str, parent: str) -> QgsProcessingParameterDefinition:
        return QgsProcessingParameterField(
            name, title, parentLayerParameterName=parent, optional=True
        )

    basic = [
        layer("INPUT", "Areas", polygons),
        of("NAME_FIELD", "Field with the names of the areas", "INPUT"),
        QgsProcessingParameterMultipleLayers(
            "TABLES", "Published tables, as downloaded", QgsProcessing.SourceType.TypeVector
        ),
        layer("RESPONSES", "Replies, a row for each", vector),
        text("POSTCODE_FIELD", "Heading of the postcodes in the replies", optional=True),
        text("GROUP_FIELD", "Heading of the group in the replies", optional=True),
        text("OPENING_FIELD", "Heading of the answers on opening times", optional=True),
        layer("POSTCODES", "Lookup of postcodes", vector, optional=True),
        layer("VENUES", "Venues to choose from", points),
        of("VENUE_NAME_FIELD", "Field with the names of the venues", "VENUES"),
        number("NUMBER", "How many venues", number.Type.Integer, 5, minValue=1),
        number("REACH", "How far people go to a venue (metres)", number.Type.Double, 800.0),
        text(
            "PEOPLE_FIELD",
            "Whom venues are to reach: a count that the profile makes (none: all residents)",
            PEOPLE,
            optional=True,
        ),
        layer("WARDS", "Wards", polygons, optional=True),
        of("WARD_NAME_FIELD", "Field with the names of the wards", "WARDS"),
        text("TITLE", "Title", optional=True),
        enum(
            "SUPPRESSION",
            "Hide small counts in all that leaves",
            choices.RULES,
            defaultValue="none",
            usesStaticStrings=True,
        ),
    ]
    advanced = [
        of("CODE_FIELD", "Field with the area codes (found by its values)", "INPUT"),
        layer("LOOKUP", "Lookup of areas in wards (none: by place)", vector, optional=True),
        text("SCHEME", "Scheme of the ranking: a shipped one or a file", "general"),
        text("TOP", "Areas in the top: a number, or a percentage", "10%"),
        enum(
            "TARGET",
            "Replies to win: by parity of representation, or for a margin of error",
            ["parity", "margin"],
            defaultValue="parity",
            usesStaticStrings=True,
        ),
        text(
            "GROUP_FIELDS",
            "Groups that have quotas: counts that the profile makes (none: areas alone)",
            GROUPS,
            optional=True,
        ),
        number(
            "RESPONSE_RATE",
            "Per cent of those asked who reply",
            number.Type.Double,
            optional=True,
            minValue=0.0,
            maxValue=100.0,
        ),
        enum(
            "PAGES",
            "A page of the atlas for each",
            ["wards", "areas"],
            defaultValue="wards",
            usesStaticStrings=True,
        ),
        text("SOURCES", "Further sources to name, such as that of the boundaries", optional=True),
        text("CONTACT", "Whom to ask for the plan in other formats", optional=True),
    ]
    for one in advanced:
        one.setFlags(one.flags() | QgsProcessingParameterDefinition.Flag.FlagAdvanced)
    return basic + advanced


def source_of(value: Any) -> QgsProcessingModelChildParameterSource:
    """Return where a step takes a value from."""
    if isinstance(value, Given):
        return QgsProcessingModelChildParameterSource.fromModelParameter(value.name)
    if isinstance(value, Else):
        text = f"coalesce(@{value.name}, '{value.value}')"
        return QgsProcessingModelChildParameterSource.fromExpression(text)
    if isinstance(value, Made):
        return QgsProcessingModelChildParameterSource.fromChildOutput(value.step, value.output)
    return QgsProcessingModelChildParameterSource.fromStaticValue(value)


def defaults(child: QgsProcessingModelChildAlgorithm) -> dict[str, Any]:
    """Return what a step must be told and is not, as the Model Designer would fill it in."""
    optional = QgsProcessingParameterDefinition.Flag.FlagOptional
    return {
        one.name(): one.defaultValue()
        for one in child.algorithm().parameterDefinitions()
        if not (one.isDestination() or one.flags() & optional)
        and one.name() not in child.parameterSources()
        and one.defaultValue() is not None
    }


def build() -> QgsProcessingModelAlgorithm:
    """Return the model."""
    choices = load_plugin()
    model = QgsProcessingModelAlgorithm(NAME, GROUP)
    model.setHelpContent(HELP)
    definitions = parameters(choices)
    for at, definition in enumerate(definitions):
        component = QgsProcessingModelParameter(definition.name())
        component.setPosition(QPointF(140, 80 + 60 * at))
        model.addModelParameter(definition, component)
    model.setParameterOrder([definition.name() for definition in definitions])
    for at, step in enumerate(STEPS):
        child = QgsProcessingModelChildAlgorithm(f"seldomheard:{step.id}")
        child.setChildId(step.id)
        child.setDescription(step.title)
        for name, value in step.inputs.items():
            values = value if isinstance(value, list) else [value]
            child.addParameterSources(name, [source_of(one) for one in values])
        for name, value in defaults(child).items():
            child.addParameterSources(name, [source_of(value)])
        position = QPointF(500 + WIDTH * (at % 2), 80 + HEIGHT * 2 * at)
        child.setPosition(position)
        outputs = {}
        for number, (name, (output, title)) in enumerate(step.outputs.items()):
            made = QgsProcessingModelOutput(name, title)
            made.setChildId(step.id)
            made.setChildOutputName(output)
            made.setPosition(position + QPointF(2 * WIDTH, HEIGHT * number))
            outputs[name] = made
        child.setModelOutputs(outputs)
        model.addChildAlgorithm(child)
    model.updateDestinationParameters()
    return model


def said(model: QgsProcessingModelAlgorithm) -> dict[str, Any]:
    """Return what a model does, told alike by every QGIS: no places of boxes."""
    steps = {}
    for name, child in model.childAlgorithms().items():
        inputs = {
            key: [
                (one.source().value if hasattr(one.source(), "value") else int(one.source()),
                 one.parameterName(), one.outputChildId(), one.outputName(), one.staticValue(),
                 one.expression())
                for one in sources
            ]
            for key, sources in child.parameterSources().items()
        }  # fmt: skip
        outputs = {
            key: (one.childOutputName(), one.description())
            for key, one in child.modelOutputs().items()
        }
        steps[name] = (child.algorithmId(), child.description(), inputs, outputs)
    asked = [
        (one.name(), one.type(), one.description(), one.defaultValue(), int(one.flags()))
        for one in model.parameterDefinitions()
        if not one.isDestination()
    ]
    return {"name": model.name(), "steps": steps, "asked": sorted(asked, key=lambda one: one[0])}


def main() -> None:
    """Write the model, or check it."""
    application = QgsApplication([], False)
    application.initQgis()
    model = build()
    if "--check" in sys.argv:
        kept = QgsProcessingModelAlgorithm()
        if not kept.fromFile(str(TARGET)) or said(kept) != said(model):
            raise SystemExit(f"{TARGET.relative_to(ROOT)} is not what scripts/make_model.py makes")
        return
    TARGET.parent.mkdir(exist_ok=True)
    if not model.toFile(str(TARGET)):
        raise SystemExit(f"{TARGET} cannot be written")
    print(TARGET)


if __name__ == "__main__":
    main()
    sys.stdout.flush()
    os._exit(0)  # QGIS may crash when Python takes it down
