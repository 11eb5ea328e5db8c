"""What the panel shows on the map: a copy of the areas with their ranking, in a view.

The areas in the top are "being tested" until draws have shown how sure that is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from qgis.core import QgsMapLayer, QgsProject, QgsVectorLayer
from qgis.PyQt.QtXml import QDomDocument, QDomElement

from ...layers import specs, styles
from ...layers.own_copy import (
    OwnCopy,
    forget_old_copies,
    is_own_copy,
    leave_blank,
    leave_out,
)
from ...layers.own_style import OwnStyle
from ..inputs import Results
from ..messages import tr
from ..ranking.fields import aliases_of

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Shown", "forget_old_copies", "is_own_copy"]

VIEWS = ("score", "voice", "bivariate")
TESTED, NOT_IN_TOP = "being tested", "not a priority"  # what is known of an area without draws
TIER, FLAG, RANK = "sh_tier", "sh_flag", "sh_rank"
OF_DRAWS = ("sh_rank_median", "sh_rank_lo", "sh_rank_hi", "sh_p_top", "sh_reasons")


class Shown:
    """The panel's copy of a layer, and what it shows. Use it on the main thread only."""

    def __init__(self, layer: QgsVectorLayer, exploration: Any, project: QgsProject) -> None:
        self._copy = OwnCopy(layer, exploration.ids, project)
        self._exploration = exploration
        self._style = OwnStyle(self._copy.layer, self._mark)
        self._asked, self._is_new = VIEWS[0], True  # a view that is asked for and not shown yet
        self._title = ""
        self._told: tuple[dict[str, str], dict[str, Any]] | None = None
        self._is_tested: bool | None = None
        self._call(tr("Seldom heard areas"))

    @classmethod
    def make(cls, layer: QgsVectorLayer, exploration: Any, project: QgsProject) -> Shown:
        """Copy the areas explored, and put the copy above their layer.

        Raises:
            InputError: when the layer no longer holds them.
        """
        return cls(layer, exploration, project)

    # --- the copy

    @property
    def layer(self) -> QgsVectorLayer:
        """Return the copy."""
        return self._copy.layer

    @property
    def is_gone(self) -> bool:
        """Return whether the copy is no longer there to be written to."""
        return self._copy.is_gone

    def remove(self) -> None:
        """Take the copy out of the project."""
        self._style.close()
        self._copy.remove()

    def leave_out(self, document: QDomDocument) -> None:
        """Keep the copy out of the file of the project, to which it does not belong."""
        leave_out(document, self._copy.layer.id())

    def leave_blank(self, layer: QgsMapLayer, element: QDomElement) -> None:
        """Keep nothing in that file of what is the copy's."""
        if layer is self._copy.layer:
            leave_blank(element)

    def follow(self, layer: QgsVectorLayer, exploration: Any) -> None:
        """Take the areas as they were read anew; what the map shows of them stays as it is.

        Raises:
            InputError: when the layer no longer holds them.
        """
        self._copy.take_again(layer, exploration.ids)
        self._exploration = exploration
        self._is_tested = None

    def rows_of(self, feature_ids: Iterable[int]) -> list[int]:
        """Return the rows of features of the copy."""
        return self._copy.rows_of(feature_ids)

    def feature_id(self, row: int) -> int:
        """Return the id of a row's feature in the copy."""
        return self._copy.feature_id(row)

    # --- figures

    def show_at_once(self, standing: Any, everything: bool) -> None:
        """Show a ranking that no draws have tested yet: which areas are in the top now.

        With ``everything`` all its figures are written; else what the map is drawn with.
        """
        whole = self._at_once(standing)
        new = self._copy.set_fields(whole)
        first = new or self._is_tested is not False
        frame = whole.drop(columns=FLAG)  # it is free of weights: what was found of it stays
        if not (everything or new):
            # beside a ranking that they do not fit, ranks and figures of draws may not stand
            fields = [TIER, *self._drawn(), *((RANK, *OF_DRAWS) if first else ())]
            frame = frame.assign(**{RANK: frame[OF_DRAWS[0]]})
            frame = frame[[name for name in frame if name in fields]]
        changed = self._copy.write(frame)
        self._is_tested = False
        if first:
            self._call(standing.title)
            aliases = aliases_of(standing.scheme, standing.top, 0, standing.figures.data)
            aliases["sh_p_top"] = tr("Share of draws that put it in the top")
            self._tell(aliases, self._untested(standing, whole))
        # classes of many areas take longer to find than to draw: they wait for the draws
        keeps = not everything and not (first and self.view == VIEWS[0])
        self._draw(first or changed > 0, keeps)

    def show_tested(self, ranking: Any) -> None:
        """Show a ranking with all that its draws have told."""
        self._copy.set_fields(ranking.frame)
        self._copy.write(ranking.frame)
        self._is_tested = True
        results = ranking.results()
        self._call(ranking.title)
        self._tell(results.aliases, results.provenance(self._exploration.inherited))
        self._draw(True)
        self.layer.dataChanged.emit()  # an open table of attributes reads again

    def _at_once(self, standing: Any) -> pd.DataFrame:
        """Return the fields of a ranking, those missing that only draws can tell."""
        import numpy as np
        import pandas as pd

        scored, ranks = standing.scored, standing.ranks.reset_index(drop=True)
        columns: dict[str, Any] = {
            f"sh_{pillar}": scored.pillars[pillar].to_numpy(dtype=float)
            for pillar in standing.scheme.pillar_weights
        }
        columns["sh_score"] = scored.composite.to_numpy(dtype=float)
        columns[RANK] = ranks.astype("Int64")
        whole = pd.Series(pd.NA, index=ranks.index, dtype="Int64")
        for name in ("sh_rank_median", "sh_rank_lo", "sh_rank_hi"):
            columns[name] = whole
        columns["sh_p_top"] = np.nan
        tiers = np.where(standing.in_top.to_numpy(dtype=bool), TESTED, NOT_IN_TOP).astype(object)
        tiers[ranks.isna().to_numpy()] = None
        columns[TIER] = pd.Series(tiers, dtype=object)
        columns[FLAG] = whole
        columns["sh_reasons"] = pd.Series(None, index=ranks.index, dtype=object)
        return pd.DataFrame(columns, index=ranks.index)

    def _untested(self, standing: Any, frame: pd.DataFrame) -> dict[str, Any]:
        """Return what is kept with the copy of a ranking that is not tested: no figure of draws."""
        results = Results(frame)
        results.replaced = lambda name: name.lower().startswith("sh_")
        results.ranking = {
            "method": tr("The areas in the top are still being tested: how sure they are is open."),
            "voice": standing.scheme.has_voice,
            "scheme": {"thresholds": standing.scheme.raw.get("thresholds", {})},
        }
        return results.provenance(self._exploration.inherited)

    def _tell(self, aliases: Mapping[str, str], provenance: Mapping[str, Any]) -> None:
        self._told = (dict(aliases), dict(provenance))
        self._copy.tell(*self._told)

    def _mark(self) -> None:
        """Tell again what a style of another day has overwritten."""
        self._copy.mark()
        if self._told is not None:
            self._copy.tell(*self._told)

    def _call(self, title: str) -> None:
        """Name the copy, unless the user has named it."""
        if self._title in ("", self.layer.name()):
            self._title = title
            self.layer.setName(title)

    # --- views

    @property
    def view(self) -> str:
        """Return what the map shows."""
        return self._style.view or self._asked

    def views(self) -> list[tuple[str, str]]:
        """Return the views that the copy has figures for, with their names."""
        return [
            (view, styles.view_name(view)) for view in VIEWS if styles.applies(self.layer, view)
        ]

    def set_view(self, view: str) -> None:
        """Show the areas in a view; the score where it has no figures for it."""
        self._asked, self._is_new = view, True
        if self._is_tested is not None:
            self._show_view()

    @property
    def restyled_by_user(self) -> bool:
        """Return whether the user has given the copy a look of her own, which is hers."""
        return self._style.is_users

    @property
    def can_undo_style(self) -> bool:
        """Return whether there is a look to go back to."""
        return self._style.can_undo

    def undo_style(self) -> bool:
        """Go back to the look before the last view was asked for; return whether there was one."""
        done = self._style.undo()
        self._asked = self.view
        return done

    def _draw(self, changed: bool, keeps: bool = False) -> None:
        """Draw the copy, in another view where one was asked for; with its classes if it keeps."""
        if self._is_new or not styles.applies(self.layer, self._style.view):
            self._show_view()
        elif changed and keeps:
            self._style.repaint()
        elif changed:
            self._style.follow()

    def _show_view(self) -> None:
        self._is_new = False
        there = styles.applies(self.layer, self._asked)
        self._style.show(self._asked if there else VIEWS[0])

    def _drawn(self) -> set[str]:
        """Return the figures of a ranking that the map is drawn with now."""
        if self.view == VIEWS[0]:
            return {TIER}  # while it is tested the others have one shade
        return specs.fields_shown(self.layer, self.view)
