"""Export a map of a result to PDF, PNG or SVG."""

from __future__ import annotations

import re
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

from ...layers import outputs, specs, styles
from ...layers.errors import InputError
from ..base import SeldomHeardAlgorithm
from ..messages import tr

VOICE = ("sh_voice", "voice_class")  # fields that are there when replies were counted
MOST_SAID = 320  # characters of what one source says of its figures
SENTENCE = 1  # where many sources stand behind a ranking, the first sentence of each
RANKED = ("score", "bivariate")  # views of a ranking, whose method stands under the map
BESIDE = ("cluster_", "bench_")  # fields that a ranking is not made of, whatever they are made of


class ExportMap(SeldomHeardAlgorithm):
    """Puts areas on a page as a view draws them, with legend, sources and method."""

    ID = "exportmap"
    TITLE = "Export map"
    GROUP = "Plan"
    TAGS = ("map", "layout", "PDF", "PNG", "SVG", "print", "report")
    INPUT, VIEW, PAPER, DPI, OUTPUT = "INPUT", "VIEW", "PAPER", "DPI", "OUTPUT"
    TITLE_PARAMETER = "TITLE"
    SOURCES = "SOURCES"
    PAPERS = ("A4", "A3")

    def flags(self):
        # layouts belong to the main thread
        return super().flags() | QgsProcessingAlgorithm.Flag.FlagNoThreading

    def initAlgorithm(self, configuration=None):
        polygons = [QgsProcessing.SourceType.TypeVectorPolygon]
        self.addParameter(
            QgsProcessingParameterVectorLayer(self.INPUT, tr("Areas with results"), polygons)
        )
        self.addParameter(
            QgsProcessingParameterEnum(
                self.VIEW, tr("View"), styles.VIEWS, defaultValue="score", usesStaticStrings=True
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
        from ...layers import layouts  # here, so that a start of QGIS does not wait for it

        layer = self.parameterAsVectorLayer(parameters, self.INPUT, context)
        view = self.parameterAsString(parameters, self.VIEW, context)
        if layer is None:
            raise InputError(tr("INPUT: the layer cannot be read."))
        if layer.isModified():
            feedback.pushWarning(
                tr("The layer has edits that are not saved yet: the map is drawn without them.")
            )
        kept, _ = outputs.inherited(layer)
        layer = _as_saved(layer, bool(kept))
        if not styles.applies(layer, view):
            raise InputError(
                tr("The layer has no field {fields}: make it with {maker} first.").format(
                    fields=tr(" or ").join(specs.fields_of(view)), maker=styles.view_maker(view)
                )
            )
        sources = kept.get("sources") or _publishers(layer)
        ranking = kept.get("ranking", {})
        ranked = view in RANKED
        if ranked:
            sources = [source for source in sources if not _is_beside(source)]
        has_voice = ranking["voice"] if ranked and "voice" in ranking else _has_voice(layer, view)
        title = self.parameterAsString(parameters, self.TITLE_PARAMETER, context)
        path = layouts.export_map(
            layer,
            Path(self.parameterAsFileOutput(parameters, self.OUTPUT, context)),
            title=_title(title, layer, view, has_voice),
            subtitle=_subtitle(ranking.get("areas") if ranked else None, layer, view, has_voice),
            method=ranking.get("method", "") if ranked else _notes(_behind(layer, view, sources)),
            note=_note(view, sources, with_notes=ranked),
            sources=" ".join(
                [self.parameterAsString(parameters, self.SOURCES, context), _sources(sources)]
            ).strip(),
            paper=self.parameterAsString(parameters, self.PAPER, context),
            dpi=self.parameterAsInt(parameters, self.DPI, context),
            view=view,
            feedback=feedback,
        )
        return {self.OUTPUT: str(path)}


def _as_saved(layer, has_style: bool):
    """Return a copy with the titles and whole names of its fields, which its saved style knows.

    qgis_process opens a file without its style.
    """
    copy = styles.copy_of(layer)
    if has_style and not copy.customProperty(outputs.PROVENANCE):
        copy.loadDefaultStyle()
    return copy


def _has_voice(layer, view: str) -> bool:
    """Return whether replies were measured in any area; for the score, whether it counts them."""
    fields = VOICE[:1] if view == "score" else VOICE
    whole = specs.whole_names(layer)
    return any(name in fields and specs.has_values(layer, short) for short, name in whole.items())


def _title(asked: str, layer, view: str, has_voice: bool) -> str:
    """Return the title; without replies a map that names the seldom heard says 'potentially'."""
    claims = view == "score" or tr("seldom heard") in asked.lower()
    if has_voice or not claims:
        return asked or styles.view_texts(view)[0] or styles.view_title(layer, view)
    if not asked:
        return tr("Potentially seldom heard areas")
    word = tr("potentially")
    return asked if word in asked.lower() else f"{asked} ({word} seldom heard)"


def _subtitle(areas: int | None, layer, view: str, has_voice: bool) -> str:
    """Return what is shown of how many areas."""
    text, n = styles.view_texts(view)[1], areas or layer.featureCount()
    if view != "score":
        text = text or (styles.view_title(layer, view) if styles.view_texts(view)[0] else "")
        return tr("{text}: {n:,} areas").format(text=text, n=n) if text else _areas(n)
    if not has_voice:
        text = tr("Areas where need and barriers to being heard are high")
    return tr("{text}, ranked among {n:,} areas").format(text=text, n=n)


def _areas(number: int) -> str:
    return tr("1 area") if number == 1 else tr("{n:,} areas").format(n=number)


def _behind(layer, view: str, sources: list[dict]) -> list[dict]:
    """Return the sources of the fields that the view draws."""
    shown = specs.fields_shown(layer, view)
    return [source for source in sources if shown & set(source.get("fields", ()))]


def _is_beside(source: dict) -> bool:
    """Return whether a source is a test of figures, made after them."""
    fields = source.get("fields", ())
    return bool(fields) and all(field.startswith(BESIDE) for field in fields)


def _notes(sources: list[dict], most: int = MOST_SAID) -> str:
    """Return what the sources say of their figures, of each its first sentences."""
    notes = dict.fromkeys(source["note"] for source in sources if source.get("note"))
    return " ".join(_first_sentences(note, most) for note in notes)


def _first_sentences(note: str, most: int) -> str:
    """Return as many sentences as a map has room for: a report may say more than a map can."""
    told = ""
    for sentence in re.split(r"(?<=[.!?]) (?=\S)", note):
        if told and len(told) + len(sentence) > most:
            break
        told = f"{told} {sentence}".strip()
    return told


def _note(view: str, sources: list[dict], with_notes: bool) -> str:
    """Return what a reader has to know: of the view, of hidden counts, of modelled figures."""
    notes = _notes(sources, SENTENCE) if with_notes else ""
    parts = [styles.view_note(view), _hidden(sources), notes]
    return " ".join(part for part in parts if part)


def _hidden(sources: list[dict]) -> str:
    """Return by which rule small counts were hidden, and in which tables if not in all."""
    counted = [source for source in sources if source.get("suppression")]
    hidden = [source for source in counted if source["suppression"] != "none"]
    rules = ", ".join(dict.fromkeys(source["suppression"] for source in hidden))
    if not hidden:
        return ""
    if len(hidden) == len(counted):
        return tr(
            "Small counts, and what would tell them, were hidden by the rule {rules}."
        ).format(rules=rules)
    return tr(
        "Small counts, and what would tell them, were hidden by the rule {rules} in {titles} only."
    ).format(rules=rules, titles="; ".join(source["title"] for source in hidden))


def _publishers(layer) -> list[dict]:
    """Return who published the figures, by the fields: for layers that lost what they carried."""
    from ...taxonomies.catalogue import catalogue

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
    return f"{_attributions(sources)} {'; '.join([*numbered, *titles])}.".strip()


def _attributions(sources: list[dict]) -> str:
    """Return the lines that licences ask for, each once: of figures made of others, what is new."""
    lines = sorted({source["attribution"].strip(" .") for source in sources} - {""}, key=len)
    told: list[str] = []
    for line in lines:
        for shorter in told:
            line = line.replace(shorter, "")
        line = line.strip(" .;,")
        if line:
            told.append(line)
    return " ".join(f"{line}." for line in told)
