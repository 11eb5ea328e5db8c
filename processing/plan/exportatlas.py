"""A page per ward or area in one PDF."""

from __future__ import annotations

from qgis.core import (
    QgsProcessing,
    QgsProcessingAlgorithm,
    QgsProcessingOutputNumber,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterFile,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterNumber,
    QgsProcessingParameterString,
)

from ...layers.specs import VIEWS
from ..base import AreaAlgorithm, talk
from ..messages import tr


class ExportAtlas(AreaAlgorithm):
    """Makes a PDF with cover, contents, a page per ward or area of the top, and the method."""

    ID = "exportatlas"
    TITLE = "Export atlas"
    GROUP = "Plan"
    TAGS = ("atlas", "ward", "page", "layout", "PDF", "print", "report", "bookmarks", "profile")
    TABLE_PARAMETERS = ("LOOKUP",)
    SOURCE_PARAMETERS = ("INPUT", "WARDS")
    FILE_PARAMETERS = ("TEMPLATE",)
    PAGES, VIEW, TITLE_PARAMETER, TOP = "PAGES", "VIEW", "TITLE", "TOP"
    GROUP_FIELD, LOOKUP, WARDS = "GROUP_FIELD", "LOOKUP", "WARDS"
    WARD_NAME_FIELD, PAPER, DPI = "WARD_NAME_FIELD", "PAPER", "DPI"
    TEMPLATE, SOURCES = "TEMPLATE", "SOURCES"
    WITH_PAGES, BOOKMARKED = "PAGE_COUNT", "BOOKMARKED"

    def flags(self):
        # layouts belong to the main thread
        return super().flags() | QgsProcessingAlgorithm.Flag.FlagNoThreading

    def initAlgorithm(self, configuration=None):
        self.add_area_parameters()
        self.add_field_parameter(self.NAME_FIELD, tr("Field with the names of the areas"))
        self._add_choice(self.PAGES, tr("A page for each"), ("wards", "areas"), "wards")
        self._add_choice(self.VIEW, tr("View"), VIEWS, "score")
        self._add_text(self.TITLE_PARAMETER, tr("Title (none: made from the figures)"))
        self.add_field_parameter(self.GROUP_FIELD, tr("Field with the ward of each area"))
        self.add_table_parameter(self.LOOKUP, tr("Or a table of areas and wards"), optional=True)
        polygons = [QgsProcessing.SourceType.TypeVectorPolygon]
        self.addParameter(
            QgsProcessingParameterFeatureSource(
                self.WARDS, tr("Or the wards as polygons"), polygons, optional=True
            )
        )
        self.add_field_parameter(
            self.WARD_NAME_FIELD, tr("Field with the names of these wards"), of=self.WARDS
        )
        self._add_text(
            self.TOP,
            tr("Pages of areas: how many, or a percentage such as 5% (none: the ranking's top)"),
        )
        self._add_choice(self.PAPER, tr("Paper"), ("A4", "A3"), "A4")
        self.addParameter(
            QgsProcessingParameterNumber(
                self.DPI,
                tr("Resolution of hatches (dots per inch); all else is drawn as lines"),
                QgsProcessingParameterNumber.Type.Integer,
                150,
                minValue=72,
                maxValue=1200,
            )
        )
        self.addParameter(
            QgsProcessingParameterFile(
                self.TEMPLATE,
                tr("Your own template for the pages (.qpt), or a folder with several"),
                optional=True,
                fileFilter=tr("QGIS layouts (*.qpt);;All files and folders (*)"),
            )
        )
        self._add_text(self.SOURCES, tr("Further sources to name, such as that of the boundaries"))
        self.add_suppression_parameter()
        self.addParameter(
            QgsProcessingParameterFileDestination(self.OUTPUT, tr("Atlas"), "PDF (*.pdf)")
        )
        self.addOutput(QgsProcessingOutputNumber(self.WITH_PAGES, tr("Pages")))
        self.addOutput(QgsProcessingOutputNumber(self.BOOKMARKED, tr("With bookmarks (1 or 0)")))

    def _add_choice(self, name, title, options, default):
        self.addParameter(
            QgsProcessingParameterEnum(
                name, title, options, defaultValue=default, usesStaticStrings=True
            )
        )

    def _add_text(self, name, title):
        self.addParameter(QgsProcessingParameterString(name, title, optional=True))

    def execute(self, parameters, context, feedback):
        from ...layers.paper.atlas import export_atlas
        from ..atlas import book, reading

        path = self.file_of(self.OUTPUT, parameters, context)
        asked = book.Asked(
            pages=self.parameterAsString(parameters, self.PAGES, context),
            view=self.parameterAsString(parameters, self.VIEW, context),
            title=self.parameterAsString(parameters, self.TITLE_PARAMETER, context).strip(),
            top=self.parameterAsString(parameters, self.TOP, context).strip(),
            rule=self.parameterAsString(parameters, self.SUPPRESSION, context),
            named=bool(self.parameterAsString(parameters, self.NAME_FIELD, context)),
            sources=self.parameterAsString(parameters, self.SOURCES, context).strip(),
        )
        subject = reading.subject_of(self, parameters, context, feedback, asked.view)
        wards = reading.wards_asked(self, subject.areas, asked.pages, parameters, context, feedback)
        made = export_atlas(
            subject.layer,
            path,
            book.book_of(subject, wards, asked, talk(feedback)),
            paper=self.parameterAsString(parameters, self.PAPER, context),
            dpi=self.parameterAsInt(parameters, self.DPI, context),
            template=self.parameterAsString(parameters, self.TEMPLATE, context) or None,
            feedback=feedback,
        )
        reading.tell(made, feedback)
        return {
            self.OUTPUT: str(path),
            self.WITH_PAGES: made.pages,
            self.BOOKMARKED: int(made.bookmarked),
        }
