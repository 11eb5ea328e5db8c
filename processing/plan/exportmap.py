"""Export a map of a result to PDF, PNG or SVG."""

from __future__ import annotations

from pathlib import Path

from qgis.core import (
    QgsProcessing,
    QgsProcessingAlgorithm,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterNumber,
    QgsProcessingParameterString,
    QgsProcessingParameterVectorLayer,
)

from ...layers import layouts, outputs, styles
from ...layers.errors import InputError
from ...taxonomies.catalogue import catalogue
from ..base import SeldomHeardAlgorithm
from ..messages import tr


class ExportMap(SeldomHeardAlgorithm):
    """Puts the ranked areas on a page with legend, sources and method."""

    ID = "exportmap"
    TITLE = "Export map"
    GROUP = "Plan"
    TAGS = ("map", "layout", "PDF", "PNG", "SVG", "print", "report")
    INPUT, VIEW, PAPER, DPI, OUTPUT = "INPUT", "VIEW", "PAPER", "DPI", "OUTPUT"
    TITLE_PARAMETER = "TITLE"
    SOURCES = "SOURCES"
    VIEWS = ("score",)
    PAPERS = ("A4", "A3")

    def flags(self):
        # layouts belong to the main thread
        return super().flags() | QgsProcessingAlgorithm.Flag.FlagNoThreading

    def initAlgorithm(self, configuration=None):
        polygons = [QgsProcessing.SourceType.TypeVectorPolygon]
        self.addParameter(
            QgsProcessingParameterVectorLayer(self.INPUT, tr("Ranked areas"), polygons)
        )
        self.addParameter(
            QgsProcessingParameterEnum(
                self.VIEW, tr("View"), self.VIEWS, defaultValue="score", usesStaticStrings=True
            )
        )
        self.addParameter(
            QgsProcessingParameterString(
                self.TITLE_PARAMETER, tr("Title (none: made from the figures)"), optional=True
            )
        )
        self.addParameter(
            QgsProcessingParameterEnum(
                self.PAPER, tr("Paper"), self.PAPERS, defaultValue="A4", usesStaticStrings=True
            )
        )
        self.addParameter(
            QgsProcessingParameterNumber(
                self.DPI,
                tr("Resolution (dots per inch)"),
                QgsProcessingParameterNumber.Type.Integer,
                300,
                minValue=72,
                maxValue=1200,
            )
        )
        self.addParameter(
            QgsProcessingParameterString(
                self.SOURCES,
                tr("Further sources to name, such as that of the boundaries"),
                optional=True,
            )
        )
        self.addParameter(
            QgsProcessingParameterFileDestination(
                self.OUTPUT, tr("Map"), "PDF (*.pdf);;PNG (*.png);;SVG (*.svg)"
            )
        )

    def execute(self, parameters, context, feedback):
        layer = self.parameterAsVectorLayer(parameters, self.INPUT, context)
        view = self.parameterAsString(parameters, self.VIEW, context)
        if layer is None:
            raise InputError(tr("INPUT: the layer cannot be read."))
        if view not in styles.applicable_views(layer):
            raise InputError(
                tr("The layer has no field {field}: make it with findseldomheard first.").format(
                    field="sh_score"
                )
            )
        kept, _ = outputs.inherited(layer)
        sources = kept.get("sources") or _publishers(layer)
        ranking = kept.get("ranking", {})
        has_voice = ranking.get("voice", layer.fields().lookupField("sh_voice") >= 0)
        title = self.parameterAsString(parameters, self.TITLE_PARAMETER, context)
        path = layouts.export_map(
            layer,
            Path(self.parameterAsFileOutput(parameters, self.OUTPUT, context)),
            title=_title(title, has_voice),
            subtitle=_subtitle(ranking.get("areas") or layer.featureCount(), has_voice),
            method=ranking.get("method", ""),
            note=_note(view, sources),
            sources=" ".join(
                [self.parameterAsString(parameters, self.SOURCES, context), _sources(sources)]
            ).strip(),
            paper=self.parameterAsString(parameters, self.PAPER, context),
            dpi=self.parameterAsInt(parameters, self.DPI, context),
            view=view,
            feedback=feedback,
        )
        return {self.OUTPUT: str(path)}


def _title(asked: str, has_voice: bool) -> str:
    """Return the title; without replies it says 'potentially', whatever was asked."""
    if has_voice:
        return asked or tr("Seldom heard areas")
    if not asked:
        return tr("Potentially seldom heard areas")
    word = tr("potentially")
    return asked if word in asked.lower() else f"{asked} ({word} seldom heard)"


def _subtitle(areas: int, has_voice: bool) -> str:
    text = (
        tr("Areas where need and barriers are high and fewer replies came than expected")
        if has_voice
        else tr("Areas where need and barriers to being heard are high")
    )
    return tr("{text}, ranked among {n:,} areas").format(text=text, n=areas)


def _note(view: str, sources: list[dict]) -> str:
    """Return what a reader has to know: of the view, of modelled figures, of hidden counts."""
    notes = dict.fromkeys(source["note"] for source in sources if source.get("note"))
    counted = [source for source in sources if source.get("suppression")]
    hidden = [source for source in counted if source["suppression"] != "none"]
    rules = ", ".join(dict.fromkeys(source["suppression"] for source in hidden))
    text = ""
    if hidden and len(hidden) == len(counted):
        text = tr(
            "Small counts, and what would tell them, were hidden by the rule {rules}."
        ).format(rules=rules)
    elif hidden:
        titles = "; ".join(source["title"] for source in hidden)
        text = tr(
            "Small counts, and what would tell them, were hidden by the rule {rules} in {titles} "
            "only."
        ).format(rules=rules, titles=titles)
    return " ".join([styles.view_note(view), *notes, text]).strip()


def _publishers(layer) -> list[dict]:
    """Return who published the figures, by the fields: for layers that lost what they carried."""
    fields = {field.name() for field in layer.fields()}
    return [
        {"title": taxonomy.publisher, "attribution": taxonomy.attribution}
        for taxonomy in catalogue()
        if fields & set(taxonomy.fields())
    ]


def _sources(sources: list[dict]) -> str:
    """Return the attributions, each once, and then what they are for, tables by their numbers."""
    if not sources:
        return ""
    tables: dict[str, list[str]] = {}
    titles: dict[str, None] = {}
    for source in sources:
        if source.get("table"):
            tables.setdefault(source["edition"], []).append(source["table"])
        else:
            titles[source["title"]] = None
    numbered = [f"{edition}: {', '.join(dict.fromkeys(of))}" for edition, of in tables.items()]
    # what the licences ask for comes first: a long list may not fit on the paper
    asked = " ".join(dict.fromkeys(f"{s['attribution']}." for s in sources if s["attribution"]))
    return f"{asked} {'; '.join([*numbered, *titles])}.".strip()
