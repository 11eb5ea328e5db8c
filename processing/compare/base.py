"""What the algorithms of comparison share: what is known of the layer, files of pictures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ...layers.errors import InputError
from ..base import AreaAlgorithm

if TYPE_CHECKING:
    from ...layers.areas import Areas
    from .counts import Known


class CompareAlgorithm(AreaAlgorithm):
    """Compares counts that the areas carry already."""

    GROUP = "Compare"
    TABLE_PARAMETERS = ()
    PLOT = "PLOT"

    def prepareAlgorithm(self, parameters, context, feedback):
        """Note the fields by which the layer tells its features, which count nobody."""
        layer = self.parameterAsVectorLayer(parameters, self.INPUT, context)
        at = layer.primaryKeyAttributes() if layer else []
        self.keys = {layer.fields().at(number).name() for number in at}
        return super().prepareAlgorithm(parameters, context, feedback)

    def plot_path(self, parameters, context) -> Path | None:
        """Return the file of PLOT; stop before anything is written where it cannot be drawn."""
        from ...layers import charts

        path = self.file_of(self.PLOT, parameters, context)
        if path is None:
            return None
        charts.check_ending(path, self.PLOT)
        if not charts.available():
            raise InputError(f"{self.PLOT}: {charts.how_to_install()}")
        return path

    def known(self, areas: Areas) -> Known:
        """Return what is known about the fields of the areas."""
        from .counts import known_fields

        names = [field.name() for field in areas.source.fields()]
        return known_fields(names, self.titles, self.inherited)
