"""The Processing provider: the list of algorithms."""

from __future__ import annotations

from qgis.core import QgsProcessingProvider
from qgis.PyQt.QtGui import QIcon

from .base import RESOURCES
from .compare.comparebenchmark import CompareBenchmark
from .compare.measureinequality import MeasureInequality
from .find.findclusters import FindClusters
from .find.findseldomheard import FindSeldomHeard
from .plan.exportatlas import ExportAtlas
from .plan.exportlist import ExportList
from .plan.exportmap import ExportMap
from .plan.exportplan import ExportPlan
from .plan.planquotas import PlanQuotas
from .plan.planvenues import PlanVenues
from .prepare.aggregateareas import AggregateAreas
from .prepare.apportionprevalence import ApportionPrevalence
from .prepare.checkinputs import CheckInputs
from .prepare.convertareas import ConvertAreas
from .prepare.countresponses import CountResponses
from .prepare.suppresscounts import SuppressCounts
from .profile.profileareas import ProfileAreas
from .profile.profilebarriers import ProfileBarriers
from .profile.profilecustom import ProfileCustom
from .profile.profiledeprivation import ProfileDeprivation
from .profile.profileethnicity import ProfileEthnicity
from .profile.profilelanguage import ProfileLanguage
from .profile.profileprevalence import ProfilePrevalence
from .voice.measurevoice import MeasureVoice
from .voice.representation import Representation

ALGORITHMS = (
    CheckInputs,
    CountResponses,
    ApportionPrevalence,
    AggregateAreas,
    ConvertAreas,
    SuppressCounts,
    ProfileAreas,
    ProfileEthnicity,
    ProfileDeprivation,
    ProfilePrevalence,
    ProfileLanguage,
    ProfileBarriers,
    ProfileCustom,
    MeasureVoice,
    Representation,
    FindSeldomHeard,
    FindClusters,
    CompareBenchmark,
    MeasureInequality,
    PlanQuotas,
    PlanVenues,
    ExportMap,
    ExportAtlas,
    ExportList,
    ExportPlan,
)


class SeldomHeardProvider(QgsProcessingProvider):
    """All algorithms of the plugin, under the id ``seldomheard``."""

    def id(self):
        return "seldomheard"

    def name(self):
        return "Seldom Heard"

    def icon(self):
        return QIcon(str(RESOURCES / "icons" / "seldom_heard.svg"))

    def loadAlgorithms(self):
        for algorithm in ALGORITHMS:
            self.addAlgorithm(algorithm())
