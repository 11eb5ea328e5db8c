"""What the panel shows on the map: a ranking before and after its draws, in a style that can be
undone and gives way to the user's own."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from qgis.core import (
    QgsCategorizedSymbolRenderer,
    QgsFillSymbol,
    QgsMapLayerStyle,
    QgsProcessingFeedback,
    QgsProject,
    QgsRendererCategory,
    QgsVectorLayer,
)
from qgis.PyQt.QtGui import QColor
from seldom_heard.layers import own_style, styles
from seldom_heard.layers.own_copy import EXPLORED, OWN_ID
from seldom_heard.layers.specs import PROVENANCE
from seldom_heard.processing.explore.exploration import Reading
from seldom_heard.processing.explore.settings import Settings
from seldom_heard.processing.explore.shown import Shown, is_own_copy

from .helpers import lsoas, make_areas, rows_of, run
from .test_own_copy import happen
from .test_styles import labels

N = 60
SETTINGS = Settings(draws=60, top="10")
PASSING = "being tested"


def areas(**more) -> QgsVectorLayer:
    """Areas with two pillars; the last one has no figure, so no rank."""
    return make_areas(
        lsoas(N),
        dep_exhealth_score=[float(at) for at in range(N - 1)] + [None],
        lang_low_english_pct=[float(at * 11 % N) for at in range(N)],
        dep_core20=[int(at > 40) for at in range(N)],
        **more,
    )


def replied() -> dict[str, list]:
    """Columns of replies, of the areas from the poorest on."""
    few = ["too few to say"] * 5
    return {
        "voice_shrunk": [60.0 + at for at in range(N)],
        "voice_class": [*few, *(["lower", "as expected"] * N)[: N - 5]],
    }


class Case:
    """A layer explored and shown, as the session does it."""

    def __init__(self, **more) -> None:
        self.project = QgsProject()
        self.layer = areas(**more)
        self.project.addMapLayer(self.layer)
        self.read()
        self.shown = Shown.make(self.layer, self.exploration, self.project)

    def read(self, settings: Settings = SETTINGS) -> None:
        reading = Reading(self.layer, settings, self.project)
        self.exploration = reading.read(QgsProcessingFeedback())

    def at_once(self, changes: str = "", everything: bool = True) -> None:
        standing = self.exploration.at_once(replace(SETTINGS, changes=changes))
        self.shown.show_at_once(standing, everything)

    def tested(self, changes: str = "") -> None:
        asked = replace(SETTINGS, changes=changes)
        self.shown.show_tested(self.exploration.tested(asked, QgsProcessingFeedback()))

    @property
    def copy(self) -> QgsVectorLayer:
        return self.shown.layer

    @property
    def told(self) -> dict:
        return json.loads(self.copy.customProperty(PROVENANCE))

    def column(self, name: str) -> list:
        by_id = {f.id(): row[name] for f, row in zip(self.copy.getFeatures(), rows_of(self.copy))}
        return [by_id[self.shown.feature_id(row)] for row in range(len(self.exploration.ids))]

    def lines(self) -> list[str]:
        return [item.ruleKey() for item in self.copy.renderer().legendSymbolItems()]


@pytest.fixture
def case():
    return Case()


@pytest.fixture
def voiced():
    return Case(**replied())


@pytest.fixture
def few_are_many(monkeypatch):
    """Treat as many areas what is quick to test with."""
    monkeypatch.setattr(own_style, "MANY", 20)


# --- figures ----------------------------------------------------------------------------------


def test_before_the_draws_nothing_is_called_robust(case):
    case.at_once()
    tiers = case.column("sh_tier")
    assert tiers.count(PASSING) == 10 and tiers.count("not a priority") == N - 11
    assert tiers[-1] is None and case.column("sh_rank")[-1] is None, "no figures, no rank"
    for name in ("sh_rank_median", "sh_rank_lo", "sh_rank_hi", "sh_p_top", "sh_reasons", "sh_flag"):
        assert set(case.column(name)) == {None}, name


def test_the_areas_in_the_top_are_those_of_the_ranking(case):
    standing = case.exploration.at_once(SETTINGS)
    case.shown.show_at_once(standing, True)
    assert [tier == PASSING for tier in case.column("sh_tier")] == standing.in_top.tolist()
    ranks = [None if rank != rank or rank is None else int(rank) for rank in case.column("sh_rank")]
    assert ranks[:-1] == [int(rank) for rank in standing.ranks[:-1]]
    score = case.column("sh_score")
    assert score[:-1] == pytest.approx(standing.scored.composite[:-1].tolist())


def test_after_the_draws_the_copy_has_what_the_algorithm_writes(case):
    case.at_once()
    case.tested()
    run_by_hand = run(
        "findseldomheard", INPUT=case.layer, TOP="10", DRAWS=60, SEED=1, OUTPUT="memory:"
    )
    made = run_by_hand.layer
    by_hand, mine = rows_of(made), rows_of(case.copy)
    assert [field.name() for field in case.copy.fields()] == [f.name() for f in made.fields()]
    assert [field.type() for field in case.copy.fields()] == [f.type() for f in made.fields()]
    assert mine == by_hand
    for at, field in enumerate(made.fields()):
        if field.name().startswith("sh_"):
            assert case.copy.attributeAlias(at) == made.attributeAlias(at) != ""


def test_what_a_map_on_paper_needs_is_kept_with_the_copy(case):
    case.at_once()
    assert "still being tested" in case.told["ranking"]["method"]
    case.tested()
    ranking = case.told["ranking"]
    assert "still being tested" not in ranking["method"]
    assert (ranking["top"], ranking["draws"], ranking["seed"]) == (10, 60, 1)
    case.at_once("barriers=2")
    assert "draws" not in case.told["ranking"], "those were another ranking's"


def test_a_change_of_weights_takes_back_what_draws_had_told(case):
    case.at_once()
    case.tested()
    assert case.column("sh_p_top")[0] is not None
    flags = case.column("sh_flag")
    case.at_once("barriers=2")
    for name in ("sh_rank_median", "sh_rank_lo", "sh_rank_hi", "sh_p_top", "sh_reasons"):
        assert set(case.column(name)) == {None}, name
    assert PASSING in case.column("sh_tier") and "robust" not in case.column("sh_tier")
    assert case.column("sh_flag") == flags, "no weight is in it"


def test_with_many_areas_only_what_is_drawn_follows_a_slider(case, few_are_many):
    case.at_once(everything=False)
    case.tested()
    scores = case.column("sh_score")
    case.at_once("barriers=3", everything=False)
    standing = case.exploration.at_once(replace(SETTINGS, changes="barriers=3"))
    assert [tier == PASSING for tier in case.column("sh_tier")] == standing.in_top.tolist()
    assert case.column("sh_score") == scores
    for name in ("sh_rank", "sh_rank_median", "sh_rank_lo", "sh_rank_hi", "sh_p_top", "sh_reasons"):
        assert set(case.column(name)) == {None}, "they would belong to another ranking"
    case.tested("barriers=3")
    assert case.column("sh_score") != scores


def test_the_name_says_potentially_without_replies_and_the_users_name_stays(case, voiced):
    case.at_once()
    voiced.at_once()
    assert case.copy.name() == "Potentially seldom heard areas"
    assert voiced.copy.name() == "Seldom heard areas"
    case.copy.setName("Mine")
    case.tested()
    assert case.copy.name() == "Mine"


def test_the_users_layer_is_left_alone(case):
    style = QgsMapLayerStyle()
    style.readFromLayer(case.layer)
    before, rows = style.xmlData(), rows_of(case.layer)
    case.at_once()
    case.tested()
    case.shown.set_view("score")
    style.readFromLayer(case.layer)
    assert style.xmlData() == before and rows_of(case.layer) == rows


def test_another_scheme_and_other_areas_are_followed(case):
    case.at_once()
    case.tested()
    own = case.copy.id()
    case.layer.dataProvider().deleteFeatures([case.exploration.ids[0]])
    case.read(replace(SETTINGS, scheme="language_access"))
    case.shown.follow(case.layer, case.exploration)
    case.at_once()
    standing = case.exploration.at_once(SETTINGS)
    assert case.copy.id() == own and len(case.column("sh_tier")) == N - 1
    assert [tier == PASSING for tier in case.column("sh_tier")] == standing.in_top.tolist()
    assert sum(number for _, number in styles.legend_counts(case.copy)) == N - 1


# --- the legend -------------------------------------------------------------------------------


def test_the_class_being_tested_is_there_only_while_something_is(case):
    case.at_once()
    assert labels(case.copy)[0].startswith("In the top now – being tested")
    assert not any("robust" in label for label in labels(case.copy)), "nothing is, yet"
    case.tested()
    assert not any("being tested" in label for label in labels(case.copy))
    assert labels(case.copy)[0].endswith("(robust)")
    case.at_once("barriers=2")
    assert labels(case.copy)[0].startswith("In the top now – being tested")


def test_every_area_is_drawn_in_its_class_at_every_step(case):
    for changes in ("", "barriers=2", "need=3"):
        case.at_once(changes)
        counts = dict(styles.legend_counts(case.copy))
        assert sum(counts.values()) == N
        assert next(n for label, n in counts.items() if PASSING in label) == 10
        fifths = [n for label, n in counts.items() if label.startswith("Other areas")]
        assert len(fifths) == 5 and min(fifths) >= 7, fifths  # 49 areas, some alike
    case.tested("need=3")
    assert sum(n for _, n in styles.legend_counts(case.copy)) == N


def test_a_step_of_a_slider_changes_rules_and_not_the_legend(case):
    case.at_once()
    heard = []
    case.copy.rendererChanged.connect(lambda: heard.append("renderer"))
    case.copy.repaintRequested.connect(lambda *_: heard.append("repaint"))
    case.at_once("barriers=2")
    assert heard == ["repaint"]
    case.tested("barriers=2")
    assert heard.count("renderer") == 1, "robust and contestable take its place"


def test_many_areas_have_one_shade_and_no_labels_while_they_are_tested(case, few_are_many):
    case.at_once(everything=False)
    assert [label for label in labels(case.copy) if label.startswith("Other")] == ["Other areas"]
    assert sum(n for _, n in styles.legend_counts(case.copy)) == N
    assert not case.copy.labelsEnabled()
    case.tested()
    assert len([label for label in labels(case.copy) if label.startswith("Other")]) == 5
    assert not case.copy.labelsEnabled(), "ranks cannot be read on so many"


def test_ranks_are_written_on_few_areas_once_they_are_tested(case):
    case.at_once()
    assert not case.copy.labelsEnabled()
    case.tested()
    assert case.copy.labelsEnabled()


def test_the_result_of_the_algorithm_has_no_class_being_tested(case):
    made = run("findseldomheard", INPUT=case.layer, TOP="10", DRAWS=60, OUTPUT="memory:").layer
    styles.style_layer(made, "score")
    assert not any("being tested" in label for label in labels(made))
    assert len(labels(made)) == 9


# --- views ------------------------------------------------------------------------------------


def test_views_are_those_that_there_are_figures_for(case, voiced):
    case.at_once()
    voiced.at_once()
    assert case.shown.views() == [("score", "Seldom heard")]
    assert [view for view, _ in voiced.shown.views()] == ["score", "voice", "bivariate"]


def test_a_view_without_figures_leaves_the_score(case):
    case.shown.set_view("voice")
    case.at_once()
    assert case.shown.view == "score" and labels(case.copy)[0].startswith("In the top now")


def test_a_view_asked_for_before_the_first_ranking_is_shown_with_it(voiced):
    voiced.shown.set_view("voice")
    voiced.at_once()
    assert voiced.shown.view == "voice" and labels(voiced.copy)[0].startswith("Far fewer")
    assert not voiced.shown.can_undo_style, "there was nothing before it"


def test_a_view_asked_for_while_areas_are_read_again_is_shown_with_them(voiced):
    voiced.at_once()
    voiced.shown.follow(voiced.layer, voiced.exploration)
    voiced.shown.set_view("voice")
    voiced.at_once()
    assert voiced.shown.view == "voice" and labels(voiced.copy)[0].startswith("Far fewer")


def test_a_view_whose_figures_are_gone_gives_way_to_the_score(voiced):
    voiced.at_once()
    voiced.shown.set_view("voice")
    at = voiced.layer.fields().indexOf("voice_class")
    voiced.layer.dataProvider().deleteAttributes([at])
    voiced.layer.updateFields()
    voiced.read()
    voiced.shown.follow(voiced.layer, voiced.exploration)
    voiced.at_once()
    assert voiced.shown.view == "score" and labels(voiced.copy)[0].startswith("In the top now")


@pytest.mark.parametrize("everything", [True, False])
def test_need_and_voice_follows_the_weights(voiced, everything):
    voiced.shown.set_view("bivariate")
    voiced.at_once(everything=everything)
    voiced.tested()
    before = voiced.column("sh_need")
    changes = "dep_exhealth_score=1 less"
    voiced.at_once(changes, everything=everything)
    standing = voiced.exploration.at_once(replace(SETTINGS, changes=changes))
    need = voiced.column("sh_need")
    assert need[:-1] == pytest.approx(standing.scored.pillars["need"][:-1].tolist())
    assert need != before, "the direction was turned round"
    assert sum(n for _, n in styles.legend_counts(voiced.copy)) == N


# --- undone, and the user's own ---------------------------------------------------------------


def test_the_style_goes_back_step_by_step(voiced):
    voiced.at_once()
    voiced.tested()
    assert not voiced.shown.can_undo_style and not voiced.shown.undo_style()
    voiced.shown.set_view("voice")
    voiced.shown.set_view("voice")
    voiced.shown.set_view("bivariate")
    assert voiced.shown.undo_style() and voiced.shown.view == "voice"
    assert labels(voiced.copy)[0].startswith("Far fewer")
    assert voiced.shown.undo_style() and voiced.shown.view == "score"
    assert labels(voiced.copy)[0].endswith("(robust)")
    assert not voiced.shown.can_undo_style and not voiced.shown.restyled_by_user


def test_a_style_had_back_shows_the_figures_of_now(voiced):
    voiced.at_once()
    voiced.shown.set_view("voice")
    voiced.tested()
    told = voiced.told
    voiced.shown.undo_style()
    assert labels(voiced.copy)[0].endswith("(robust)"), "it was left while being tested"
    assert sum(n for _, n in styles.legend_counts(voiced.copy)) == N
    assert voiced.told == told, "what is known of the figures is no part of a style"
    assert voiced.copy.customProperty(OWN_ID) == voiced.copy.id()


def recolour(layer: QgsVectorLayer, key: str, colour: str) -> None:
    """Do what the user does in the styling panel."""
    renderer = layer.renderer().clone()
    rule = renderer.rootRule().findRuleByKey(key)
    symbol = rule.symbol().clone()
    symbol.setColor(QColor(colour))
    rule.setSymbol(symbol)
    layer.setRenderer(renderer)


def colour_of(layer: QgsVectorLayer, key: str) -> str:
    return layer.renderer().rootRule().findRuleByKey(key).symbol().color().name()


def test_our_own_changes_are_not_taken_for_the_users(voiced):
    voiced.at_once()
    voiced.at_once("barriers=2")
    voiced.tested("barriers=2")
    voiced.shown.set_view("voice")
    voiced.shown.undo_style()
    voiced.shown.follow(voiced.layer, voiced.exploration)
    voiced.at_once()
    assert not voiced.shown.restyled_by_user


def test_what_the_user_made_of_the_look_stays_while_figures_change(case):
    case.at_once()
    case.tested()
    recolour(case.copy, "class 4", "#123456")
    assert case.shown.restyled_by_user
    case.at_once("barriers=3")
    assert colour_of(case.copy, "class 4") == "#123456"
    assert "passing being tested" in case.lines(), "the areas in the top stay to be seen"
    assert sum(n for _, n in styles.legend_counts(case.copy)) == N
    case.tested("barriers=3")
    assert "passing being tested" not in case.lines()
    assert colour_of(case.copy, "class 4") == "#123456" and case.shown.restyled_by_user
    fifths = [n for label, n in styles.legend_counts(case.copy) if label.startswith("Other")]
    assert len(fifths) == 5 and min(fifths) >= 7, "her colours, the classes of now"


def test_a_look_made_while_areas_are_tested_shows_how_sure_they_are_then(case):
    case.at_once()
    recolour(case.copy, "passing being tested", "#123456")
    case.at_once("barriers=3")
    assert colour_of(case.copy, "passing being tested") == "#123456"
    case.tested("barriers=3")
    assert case.shown.restyled_by_user
    counts = dict(styles.legend_counts(case.copy))
    assert counts["No score: figures are missing"] == 1, "and not those in the top"
    tiers = case.column("sh_tier")
    assert next(n for label, n in counts.items() if "(robust)" in label) == tiers.count("robust")
    assert case.lines()[:2] == ["heading", "category robust"]


def test_a_class_that_the_user_took_away_stays_away(case):
    case.at_once()
    case.tested()
    renderer = case.copy.renderer().clone()
    renderer.rootRule().removeChild(renderer.rootRule().findRuleByKey("category contestable"))
    case.copy.setRenderer(renderer)
    case.tested("barriers=3")
    assert "category contestable" not in case.lines()


def test_a_renderer_of_the_users_own_is_not_touched(case):
    case.at_once()
    one = QgsRendererCategory("robust", QgsFillSymbol.createSimple({"color": "red"}), "mine")
    case.copy.setRenderer(QgsCategorizedSymbolRenderer("sh_tier", [one]))
    case.tested()
    case.at_once("barriers=2")
    assert case.shown.restyled_by_user and labels(case.copy) == ["mine"]


def test_her_style_is_kept_when_a_view_is_asked_for(voiced):
    voiced.at_once()
    voiced.tested()
    recolour(voiced.copy, "class 4", "#123456")
    voiced.shown.set_view("voice")
    assert not voiced.shown.restyled_by_user
    manager = voiced.copy.styleManager()
    assert sorted(manager.styles()) == ["Seldom Heard", "Your style"]
    assert manager.currentStyle() == "Seldom Heard"
    manager.setCurrentStyle("Your style")
    assert colour_of(voiced.copy, "class 4") == "#123456"
    assert voiced.shown.restyled_by_user, "she chose it"
    voiced.shown.set_view("score")
    assert sorted(manager.styles()) == ["Seldom Heard", "Your style"], "it is kept already"
    assert colour_of(voiced.copy, "class 4") != "#123456"


def test_the_same_view_again_takes_our_look_back(case):
    case.at_once()
    case.tested()
    before = colour_of(case.copy, "class 4")
    recolour(case.copy, "class 4", "#123456")
    case.shown.set_view("score")
    assert colour_of(case.copy, "class 4") == before
    assert case.shown.undo_style() and colour_of(case.copy, "class 4") == "#123456"
    assert case.shown.restyled_by_user


def test_a_style_loaded_from_elsewhere_does_not_change_whose_copy_it_is(case, tmp_path):
    case.at_once()
    case.tested()
    told = case.told
    other = areas()
    other.setCustomProperty(PROVENANCE, '{"ranking": {"method": "another"}}')
    path = str(tmp_path / "other.qml")
    assert other.saveNamedStyle(path)[1]
    assert case.copy.loadNamedStyle(path)[1]
    assert case.shown.restyled_by_user
    happen()
    assert is_own_copy(case.copy) and case.copy.customProperty(EXPLORED) == case.layer.id()
    assert case.told == told


def test_after_it_is_removed_nothing_is_watched(case):
    case.at_once()
    case.shown.remove()
    recolour(case.copy, "no_data", "#123456")
    assert not case.shown.restyled_by_user and case.shown.is_gone
    happen()
    case.shown.remove()
