"""Makes every page that the plugin writes, of the sample city, in which names are hostile."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from qgis.core import QgsProject, QgsVectorLayer

from ..qgis.helpers import SAMPLE, open_layer, run

LAYER = "<script>alert(1)</script>"
FILE = '<img src=x onerror=alert(2)> & "it\'s".gpkg'
NAMES = (  # of at most 55 letters: the field takes 60
    "</td></table><script>alert(3)</script>",
    "'twice' & <b onclick=\"alert(4)\">bold</b>",
    "=cmd|' /C calc'!A0",
    "שכונת הדוגמה مدينة المثال",
    "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysilio",
    "${body} $title {name} %s",
)
NAME = "LSOA21NM"


@dataclass
class Reports:
    """The pages, each made when it is asked for; what several need is made once."""

    folder: Path

    def __post_init__(self) -> None:
        self._made: dict[str, str] = {}

    def page(self, name: str) -> str:
        """Return a page as HTML."""
        if name not in self._made:
            path = self.folder / f"{name}.html"
            MAKERS[name](self, path)
            self._made[name] = path.read_text(encoding="utf-8")
        return self._made[name]

    @property
    def tables(self) -> list[Path]:
        """Return the published tables of the sample."""
        return sorted(SAMPLE.glob("*.csv"))

    @cached_property
    def replies(self) -> Path:
        """Return the replies, with some answers that nobody expects."""
        with (SAMPLE / "replies" / "survey_replies.csv").open(encoding="utf-8", newline="") as file:
            rows = [*csv.DictReader(file)]
        for at, row in enumerate(rows[:60]):
            row["preferred_opening"] = NAMES[at % len(NAMES)]
        path = self.folder / "replies.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, rows[0])
            writer.writeheader()
            writer.writerows(rows)
        return path

    @cached_property
    def areas(self) -> Path:
        """Return the areas, six of them with hostile names, in a file with another."""
        path = self.folder / FILE
        shutil.copy(SAMPLE / "areas.gpkg", path)
        layer = open_layer(path)
        at = layer.fields().indexOf(NAME)
        # all over the city, so that every list has one of them
        for number, feature in enumerate(layer.getFeatures()):
            if number % 8 < len(NAMES):
                value = f"{NAMES[number % 8]} {number}"
                assert layer.dataProvider().changeAttributeValues({feature.id(): {at: value}})
        return path

    @cached_property
    def profile(self) -> Path:
        """Return the areas profiled."""
        return self._run("profileareas", INPUT=self.areas, TABLES=self.tables)

    @cached_property
    def counted(self) -> Path:
        """Return the areas with replies."""
        return self._run(
            "countresponses",
            INPUT=self.profile,
            RESPONSES=self.replies,
            POSTCODES=SAMPLE / "replies" / "postcodes.csv",
            GROUP_FIELD="ethnic_group",
            REPORT=self.folder / "countresponses.html",
        )

    @cached_property
    def voice(self) -> Path:
        """Return the areas with voice."""
        page = self.folder / "measurevoice.html"
        return self._run("measurevoice", INPUT=self.counted, NAME_FIELD=NAME, REPORT=page)

    @cached_property
    def ranked(self) -> Path:
        """Return the areas ranked; ``sensitivity`` lies beside them."""
        return self._run(
            "findseldomheard",
            INPUT=self.voice,
            NAME_FIELD=NAME,
            DRAWS=100,
            SENSITIVITY=self.sensitivity,
            REPORT=self.folder / "findseldomheard.html",
        )

    @cached_property
    def quiet(self) -> Path:
        """Return the areas ranked without replies."""
        path = self.folder / "quiet.gpkg"
        run("findseldomheard", INPUT=self.profile, DRAWS=50, OUTPUT=path)
        return path

    @cached_property
    def wards(self) -> Path:
        """Return wards to draw on the map."""
        path = self.folder / "wards.gpkg"
        shutil.copy(SAMPLE / "wards.gpkg", path)
        return path

    @cached_property
    def planned(self) -> Path:
        """Return the ranked areas with quotas, and with who is reached from which venue."""
        quotas = self._run(
            "planquotas",
            INPUT=self.ranked,
            NAME_FIELD=NAME,
            GROUP_FIELDS=["eth_asian_n", "eth_white_n"],
            TOTAL=900,
            RESPONSE_RATE=10,
            REPORT=self.folder / "planquotas.html",
        )
        reached = self.folder / "planvenues.gpkg"
        run(
            "planvenues",
            INPUT=quotas,
            NAME_FIELD=NAME,
            VENUES=self.venues,
            VENUE_NAME_FIELD="name",
            NUMBER=6,
            OUTPUT=self.chosen,
            REACHED=reached,
            REPORT=self.folder / "planvenues.html",
        )
        return reached

    @cached_property
    def venues(self) -> Path:
        """Return places to go to, all with hostile names."""
        path = self.folder / "venues.gpkg"
        shutil.copy(SAMPLE / "venues.gpkg", path)
        layer = open_layer(path)
        at = layer.fields().indexOf("name")
        for number, feature in enumerate(layer.getFeatures()):
            value = f"{NAMES[number % len(NAMES)]} {number}"
            assert layer.dataProvider().changeAttributeValues({feature.id(): {at: value}})
        return path

    @property
    def chosen(self) -> Path:
        """Return where the venues are that were chosen."""
        return self.folder / "chosen.gpkg"

    @cached_property
    def groups(self) -> Path:
        """Return a table of representation."""
        path = self.folder / "groups.csv"
        run(
            "representation",
            INPUT=self.profile,
            RESPONSES=self.replies,
            GROUP_FIELD="ethnic_group",
            OUTPUT=path,
        )
        return path

    @property
    def sensitivity(self) -> Path:
        """Return where the table is of what changes the ranking."""
        return self.folder / "sensitivity.csv"

    def named(self, path: Path) -> tuple[QgsProject, str]:
        """Return a project with a layer of a file under a hostile name, and its id there."""
        project = QgsProject()
        layer = QgsVectorLayer(str(path), LAYER, "ogr")
        project.addMapLayer(layer)
        return project, layer.id()

    def _run(self, name: str, **asked: object) -> Path:
        path = self.folder / f"{name}.gpkg"
        run(name, OUTPUT=path, **asked)
        return path


def of_layer(name: str, source: str, **asked: object) -> Callable[[Reports, Path], None]:
    """Return what makes the page of an algorithm, of a layer that has a hostile name."""

    def make(reports: Reports, page: Path) -> None:
        project, layer = reports.named(getattr(reports, source))
        more = {key: one(reports) if callable(one) else one for key, one in asked.items()}
        run(name, project=project, INPUT=layer, REPORT=page, **more)

    return make


def plan(source: str, **asked: object) -> Callable[[Reports, Path], None]:
    """Return what makes an engagement plan of a layer that has a hostile name."""

    def make(reports: Reports, page: Path) -> None:
        project, layer = reports.named(getattr(reports, source))
        more = {key: one(reports) if callable(one) else one for key, one in asked.items()}
        asked_all = {"NAME_FIELD": NAME, "OUTPUT": page, **more}
        run("exportplan", project=project, INPUT=layer, **asked_all)

    return make


def with_a_layer(name: str) -> Callable[[Reports, Path], None]:
    """Return what makes the page of a step to the ranked areas."""
    return lambda reports, _page: getattr(reports, name) and None


REPORTS: dict[str, Callable[[Reports, Path], None]] = {
    "checkinputs": of_layer(
        "checkinputs", "areas", TABLES=lambda made: [*made.tables, made.replies]
    ),
    "countresponses": with_a_layer("counted"),
    "measurevoice": with_a_layer("voice"),
    "findseldomheard": with_a_layer("ranked"),
    "findseldomheard-named": of_layer(
        "findseldomheard", "profile", NAME_FIELD=NAME, DRAWS=50, OUTPUT="memory:"
    ),
    "representation": of_layer(
        "representation",
        "profile",
        RESPONSES=lambda made: made.replies,
        GROUP_FIELD="ethnic_group",
        OUTPUT="memory:",
    ),
    "findclusters": of_layer(
        "findclusters",
        "profile",
        FIELD="lang_low_english_pct",
        PERMUTATIONS=99,
        NAME_FIELD=NAME,
        OUTPUT="memory:",
    ),
    "comparebenchmark": of_layer(
        "comparebenchmark",
        "profile",
        COUNT_FIELD="lang_low_english_n",
        NAME_FIELD=NAME,
        OUTPUT="memory:",
    ),
    "measureinequality": of_layer(
        "measureinequality",
        "profile",
        FIELD="lang_low_english_n",
        RANK_FIELD="dep_imd_score",
        REPETITIONS=1000,
        OUTPUT="memory:",
    ),
    "suppresscounts": of_layer("suppresscounts", "counted", OUTPUT="memory:"),
}
PLANS: dict[str, Callable[[Reports, Path], None]] = {
    "planquotas": with_a_layer("planned"),
    "planvenues": with_a_layer("planned"),
    "plan-of-all": plan(
        "planned",
        TITLE=LAYER,
        TOP="12",
        VENUES=lambda made: made.chosen,
        GROUPS=lambda made: [made.groups],
        SENSITIVITY=lambda made: made.sensitivity,
        RESPONSES=lambda made: made.replies,
        OPENING_FIELD="preferred_opening",
        WARDS=lambda made: made.wards,
        CONTACT=NAMES[1],
    ),
    "plan-of-little": plan("ranked", MAPS=False),
    "plan-without-names": plan("quiet", TITLE="", SUPPRESSION="nhs", NAME_FIELD=None),
}
MAKERS = {**REPORTS, **PLANS}
