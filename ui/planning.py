"""From the ranking on show to what is planned with it: atlas, plan, quotas and venues.

Plans are made of a layer that holds the ranking. Where the one explored does not, the ranking is
made first, in a file, and the panel goes on with that.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qgis.core import QgsProject, QgsVectorLayer

from ..processing.explore import sample
from ..processing.messages import tr

if TYPE_CHECKING:
    from .hand_over import HandOver

RANKING, PLAN, ATLAS = "findseldomheard", "exportplan", "exportatlas"
QUOTAS, VENUES = "planquotas", "planvenues"
REACHED = "REACHED"  # the output of planvenues that is areas


class Planning:
    """Opens the dialogs of plans, filled in; each goes on with what the one before it made."""

    def __init__(self, hand_over: HandOver) -> None:
        self._hand = hand_over
        self._tables: dict[str, str] = {}  # layer to the table of what changes its ranking

    @property
    def _session(self) -> Any:
        return self._hand.session

    # --- asked by the menu

    def export_plan(self) -> None:
        """Open the engagement plan of what is on show, with the tables that were made for it."""
        if not self._is_ready():
            return
        rule = self._hand.rule_of_plan()
        if rule is not None:
            self._with_ranked(lambda layer: self._open_plan(layer, rule))

    def export_atlas(self) -> None:
        """Open the atlas, of what the panel shows."""
        if not self._is_ready():
            return
        rule = self._hand.rule_of_plan()
        if rule is None:
            return
        session = self._session
        asked = self._asked(session.shown.layer, "seldom-heard-atlas.pdf")
        asked |= {"SUPPRESSION": rule, "VIEW": session.settings.view, **self._title()}
        self._hand.open_algorithm(ATLAS, asked)

    def plan_quotas(self) -> None:
        """Open the quotas of replies to win; the panel goes on with the areas that have them."""
        if self._is_ready():
            self._with_ranked(self._open_quotas)

    def plan_venues(self) -> None:
        """Open the choice of venues; the panel goes on with the areas that say who is reached."""
        if self._is_ready():
            self._with_ranked(self._open_venues)

    # --- the dialogs

    def _open_plan(self, layer: QgsVectorLayer, rule: str) -> None:
        from ..processing.explore.kept import chosen_venues

        asked = self._asked(layer, "engagement-plan.html")
        asked |= {"SUPPRESSION": rule, **self._title()}
        table = self._tables.get(layer.id(), "")
        if table and Path(table).is_file():
            asked["SENSITIVITY"] = table
        venues = chosen_venues([*QgsProject.instance().mapLayers().values()])
        if venues:
            asked["VENUES"] = venues
        self._hand.open_algorithm(PLAN, asked)

    def _open_quotas(self, layer: QgsVectorLayer) -> None:
        asked = self._asked(layer, "seldom-heard-quotas.gpkg")
        self._hand.open_algorithm(QUOTAS, asked, on_layer=self._goes_on(layer))

    def _open_venues(self, layer: QgsVectorLayer) -> None:
        asked = self._asked(layer, "seldom-heard-venues.gpkg")
        asked[REACHED] = self._file("seldom-heard-reached.gpkg")
        self._hand.open_algorithm(VENUES, asked, on_layer=self._goes_on(layer), output=REACHED)

    # --- the ranking in a layer

    def _is_ready(self) -> bool:
        """Return whether there is a ranking to plan with; say what to do where there is none."""
        session = self._session
        if session.layer is None:
            self._hand.warn(tr("Choose a layer of areas first."))
        elif not (session.has_map and session.is_tested):
            self._hand.warn(tr("The ranking is still being tested. Try again in a moment."))
        else:
            return True
        return False

    def _with_ranked(self, then: Callable[[QgsVectorLayer], None]) -> None:
        """Go on with a layer that holds the ranking on show; make it first where there is none."""
        from ..processing.explore.kept import is_kept

        session = self._session
        layer = session.layer
        if is_kept(layer, session.exploration, session.ranking):
            then(layer)
            return
        asked = {**self._asked(layer, "seldom-heard.gpkg"), **session.settings.parameters()}
        asked["SENSITIVITY"] = self._file("seldom-heard-sensitivity.csv")
        tables: list[str] = []
        goes_on, invented = self._goes_on(layer), sample.is_invented(layer)

        def made(ranked: QgsVectorLayer) -> None:
            self._tables[ranked.id()] = tables[-1]
            if invented:  # before: what is made of it is invented too
                ranked.setCustomProperty(sample.INVENTED, True)
            then(ranked)  # while the panel still knows the areas: then it reads them anew
            goes_on(ranked)

        opened = self._hand.open_algorithm(
            RANKING,
            asked,
            on_layer=made,
            on_results=lambda results: tables.append(str(results.get("SENSITIVITY") or "")),
        )
        if opened is not None:
            self._hand.tell(
                tr("The ranking has to be in a file first: run this, and the next window opens.")
            )

    def _goes_on(self, before: QgsVectorLayer) -> Callable[[QgsVectorLayer], None]:
        """Return what makes the panel explore a layer made of another, by the same settings."""
        was, settings = before.id(), self._session.settings
        invented = sample.is_invented(before)

        def go_on(made: QgsVectorLayer) -> None:
            self._tables.setdefault(made.id(), self._tables.get(was, ""))
            if invented:
                made.setCustomProperty(sample.INVENTED, True)
            self._session.set_layer(made, settings)

        return go_on

    def _asked(self, layer: QgsVectorLayer, output: str) -> dict[str, Any]:
        """Return what every one of these dialogs is filled in with."""
        asked = {"INPUT": layer.id(), "OUTPUT": self._file(output)}
        names = self._session.exploration.name_field
        return {**asked, "NAME_FIELD": names} if names else asked

    def _title(self) -> dict[str, str]:
        """Return a title where it has to say more than the ranking does."""
        if sample.is_invented(self._session.layer):
            return {"TITLE": tr("Exampleford, an invented city")}
        return {}

    def _file(self, name: str) -> str:
        return str(self._hand.unused(name))
