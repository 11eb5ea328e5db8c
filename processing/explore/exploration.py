"""A layer as the panel explores it: read once, then ranked as often as a slider moves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from qgis.core import (
    QgsFeatureRequest,
    QgsFields,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProject,
    QgsVectorLayer,
    QgsVectorLayerFeatureSource,
)

from ...layers.errors import InputError
from ...layers.values import TEXT
from ..choices import AMONG
from ..messages import some, tr
from ..ranking import schemes
from ..ranking.scheme_edits import Changes, Line, lines
from .names import likely_names
from .settings import Settings
from .whole import parts_of

if TYPE_CHECKING:
    import pandas as pd

    from ..ranking.figures import Figures
    from ..ranking.ranked import Question, Ranking
    from ..ranking.standing import Standing


class Snapshot:
    """A layer as it is now, which may be read on another thread.

    What the layers room reads of a source of an algorithm, it can read of this.
    """

    def __init__(self, layer: QgsVectorLayer) -> None:
        self._source: Any = QgsVectorLayerFeatureSource(layer)
        self._fields, self._name = QgsFields(layer.fields()), layer.name()

    def fields(self) -> QgsFields:
        """Return the fields, joined and calculated ones too."""
        return self._fields

    def sourceName(self) -> str:
        """Return what the layer is called."""
        return self._name

    def hasFeatures(self) -> bool:
        """Return whether there is any area."""
        return next(iter(self.getFeatures(QgsFeatureRequest().setLimit(1))), None) is not None

    def getFeatures(self, request: QgsFeatureRequest, _flags: Any = None) -> Any:
        """Return the features asked for."""
        return self._source.getFeatures(request)

    def let_go(self) -> None:
        """Close the file, which nobody could replace while it is open; no more can be read."""
        self._source = None


class Reading:
    """What is needed to read a layer, taken on the thread that owns the layers.

    Args:
        layer: the areas; a filter counts, a selection does not.
        settings: of the panel.
        project: in which a reference layer is.

    Raises:
        InputError: for settings that do not fit.
    """

    def __init__(self, layer: QgsVectorLayer, settings: Settings, project: QgsProject) -> None:
        from ..find.findseldomheard import FindSeldomHeard

        self._settings = settings
        context, feedback = QgsProcessingContext(), QgsProcessingFeedback(False)
        context.setProject(project)
        # prepared as for a run, so that the panel finds what a run would
        algorithm = FindSeldomHeard().create()
        asked = {algorithm.INPUT: layer, **settings.parameters(), algorithm.OUTPUT: "memory:"}
        fine, problem = algorithm.checkParameterValues(asked, context)
        if not fine:
            raise InputError(problem)
        algorithm.prepareAlgorithm(asked, context, feedback)
        reference = algorithm.parameterAsVectorLayer(asked, algorithm.REFERENCE, context)
        if settings.among == AMONG[1] and reference is None:
            raise InputError(tr("Choose the layer to rank among, or rank among the areas."))
        self._source = Snapshot(layer)
        self._reference = Snapshot(reference) if reference else None
        self._file, self._titles = algorithm.file, algorithm.titles
        self._inherited, self._compared = algorithm.inherited, algorithm.compared
        if settings.names and settings.names not in {one.name() for one in layer.fields()}:
            raise InputError(
                tr("The areas have no field {field} with names; choose another.").format(
                    field=settings.names
                )
            )
        self._names = settings.names or likely_names(layer)

    def read(self, feedback: QgsProcessingFeedback) -> Exploration:
        """Return the layer read, once, on any thread; the project is left alone.

        Raises:
            InputError: for a layer that cannot be ranked.
            Cancelled: when cancelled.
        """
        try:
            return self._read(feedback)
        finally:
            for source in filter(None, (self._source, self._reference)):
                source.let_go()

    def _read(self, feedback: QgsProcessingFeedback) -> Exploration:
        from ...layers.areas import read_areas
        from ...taxonomies import areas as area_names
        from ..ranking.figures import figures_of
        from ..ranking.ranked import Question
        from ..ranking.reading import Wanted

        settings = self._settings
        areas = read_areas(
            self._source,
            settings.code_field,
            lambda code: area_names.code_in(code) == code,
            some,
            feedback.isCanceled,
            self._file,
        )
        question = Question(
            scheme=schemes.load(settings.scheme),
            top=settings.top,
            draws=settings.draws,
            seed=settings.seed,
            among=settings.among,
            reference=self._reference,
            names=self._names,
            inherited=self._inherited,
            compared=self._compared,
        )
        fields = list(self._source.fields())
        more = Wanted(
            tuple(one.name() for one in fields if one.isNumeric()),
            tuple(one.name() for one in fields if one.type() == TEXT),
        )
        figures = figures_of(
            areas,
            question,
            more,
            lambda scheme, there: parts_of(scheme, there, self._compared),
        )
        return Exploration(figures, question, settings, self._titles)


class Exploration:
    """The areas of a layer, read, ready to be ranked by any weights.

    Attributes:
        codes, names: of the areas, a row each; names are codes where no field has names.
        ids: of their features in the layer.
        name_field: the field of the names, empty for none.
        code_field: the field of the codes.
        numbers: every field of numbers.
        words: every field of text.
        aliases: field to its title in words.
        inherited: what the layer tells of its figures.
        compared: what the reference tells of its own.
        titles: indicator's field to its title.
    """

    def __init__(
        self,
        figures: Figures,
        question: Question,
        settings: Settings,
        aliases: Mapping[str, str],
    ) -> None:
        self._figures, self._question, self._settings = figures, question, settings
        rows = figures.everything
        self.codes: list[str] = [_text(code) for code in figures.codes]
        self.names: list[str] = [_text(name) for name in figures.names]
        self.ids: list[int] = list(figures.areas.ids)
        self.name_field, self.code_field = question.names, figures.areas.code_field
        numeric = [name for name in rows if rows[name].dtype.kind == "f"]
        self.numbers: pd.DataFrame = rows[numeric]
        self.words: pd.DataFrame = rows.drop(columns=numeric)
        self.aliases = dict(aliases)
        self.inherited, self.compared = dict(question.inherited), dict(question.compared)
        self.titles: dict[str, str] = schemes.fit(
            schemes.entire(question.scheme), figures.have
        ).titles

    def scheme_raw(self, settings: Settings) -> dict[str, Any]:
        """Return the scheme with the changes made, as its file would hold it.

        Raises:
            InputError: for changes that cannot be.
        """
        return Changes.parse(settings.changes).apply(self._question.scheme)

    def lines(self, settings: Settings) -> list[Line]:
        """Return the pillars and indicators of the scheme, as they count in this layer.

        Raises:
            InputError: for changes that cannot be.
        """
        return lines(self.scheme_raw(settings), self._figures.have)

    def at_once(self, settings: Settings) -> Standing:
        """Return the areas ranked, within milliseconds, not tested.

        Raises:
            InputError: for settings by which no area can be ranked.
        """
        from ..ranking.standing import at_once

        return at_once(self._figures, self._figures.fit(self.scheme_raw(settings)), settings.top)

    def tested(self, settings: Settings, feedback: QgsProcessingFeedback) -> Ranking:
        """Return the areas ranked and tested in draws, on any thread.

        Raises:
            InputError: for settings by which no area can be ranked.
            Cancelled: when cancelled.
        """
        from ..ranking.ranked import rank

        changes = Changes.parse(settings.changes)
        asked = replace(
            self._question,
            scheme=changes.apply(self._question.scheme),
            changes=changes.told(self._question.scheme),
            top=settings.top,
            draws=settings.draws,
            seed=settings.seed,
        )
        return rank(self._figures, asked, feedback)

    def serves(self, settings: Settings) -> bool:
        """Return whether all that the settings ask of the layer has been read."""
        mine = self._settings
        return (
            settings.scheme == mine.scheme
            and settings.among == mine.among
            and settings.reference == mine.reference
            and settings.names in (mine.names, self.name_field)
            and settings.code_field in (mine.code_field, self.code_field)
        )


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
