"""Changes to a scheme: read from a text, made, told in words, and undone."""

from __future__ import annotations

import copy
import json

import pytest
from seldom_heard.layers.errors import InputError
from seldom_heard.processing.ranking import schemes
from seldom_heard.processing.ranking.scheme_edits import Changes, key_of, lines

from .test_schemes import FIELDS, SHIPPED, saved


def general():
    return schemes.load("general")


def entry_of(raw, key):
    return next(e for p in raw["pillars"] for e in p["indicators"] if key_of(e) == key)


# --- the text -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("", ""),
        (" ; ;", ""),
        ("barriers=2", "barriers=2"),
        ("voice_shrunk = 1  MORE;barriers=2.50", "barriers=2.5; voice_shrunk=1 more"),
        ("voice_shrunk=more", "voice_shrunk=more"),
        ("need=-0", "need=0"),
        ("need=0.1234567891", "need=0.1234567891"),
        ("need=1e3", "need=1000"),
    ],
)
def test_text_is_read_and_written_alike(text, canonical):
    changes = Changes.parse(text)
    assert changes.text == canonical
    assert Changes.parse(canonical) == changes


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("barriers", "“barriers” is no change"),
        ("=2", "“=2” is no change"),
        ("barriers=", "barriers needs a weight"),
        ("barriers=two", "“two”"),
        ("barriers=2 many", "“2 many”"),
        ("barriers=more less", "“more”"),
        ("barriers=-1", "0 or more"),
        ("barriers=nan", "0 or more"),
        ("barriers=inf", "0 or more"),
        ("barriers=0,5", "“0,5”"),
        ("need=1; need=2", "need stands twice"),
    ],
)
def test_text_that_is_no_change_is_refused_in_words(text, named):
    with pytest.raises(InputError, match="CHANGES") as caught:
        Changes.parse(text)
    assert named in str(caught.value)


# --- made ---------------------------------------------------------------------------------------


def test_changes_are_made_in_a_copy():
    raw = general()
    before = copy.deepcopy(raw)
    made = Changes.parse("barriers=2; lang_low_english_pct=0; voice_shrunk=3 more").apply(raw)
    assert raw == before
    assert [p["weight"] for p in made["pillars"]] == [1, 2, 1]
    assert entry_of(made, "lang_low_english_pct")["weight"] == 0
    voice = entry_of(made, "voice_shrunk")
    assert voice["weight"] == 3 and voice["more_is_barrier"] is True
    assert voice["enough"] == 100, "kept for who turns it back"


def test_each_of_share_one_name_and_every_alternative_is_one():
    for name in ("prev_dm_pct", "prev_mh_pct"):
        made = Changes.parse(f"{name}=0").apply(general())
        fitted = schemes.fit(made, FIELDS)
        assert not [i for i in fitted.indicators if i.field.startswith("prev_")]
    tidy = Changes.parse("prev_mh_pct=0; dep_imd_score=2").tidied(general())
    assert tidy.text == "dep_exhealth_score=2; prev_dm_pct=0"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("lang_low_englsh_pct=0", ("lang_low_englsh_pct", "lang_low_english_pct", "barriers")),
        ("need=1 less", ("need is a pillar",)),
        ("prev_dm_pct=1; prev_mh_pct=2", ("prev_dm_pct", "prev_mh_pct", "same indicator")),
        ("need=0; barriers=0; voice=0", ("Every weight is 0",)),
    ],
)
def test_changes_that_cannot_be_are_refused_in_words(text, named):
    with pytest.raises(InputError) as caught:
        Changes.parse(text).apply(general())
    assert all(word in str(caught.value) for word in named), caught.value


def test_a_pillar_of_weight_0_is_off_and_so_is_one_whose_indicators_all_are():
    alone = "dep_exhealth_score=0; prev_dm_pct=0"
    for text in ("need=0", alone):
        fitted = schemes.fit(Changes.parse(text).apply(general()), FIELDS)
        assert [*fitted.pillar_weights] == ["barriers", "voice"]
    with pytest.raises(InputError, match="Every weight is 0"):
        Changes.parse(f"{alone}; barriers=0; voice=0").apply(general())


def test_what_is_left_but_not_in_the_layer_is_told_as_that():
    raw = Changes.parse("need=0; barriers=0").apply(general())
    with pytest.raises(InputError, match="no figures for “Voice”"):
        schemes.fit(raw, FIELDS - {"voice_shrunk"})


@pytest.mark.parametrize("name", SHIPPED)
def test_changed_scheme_is_one_that_a_file_may_hold(tmp_path, name):
    """As the panel saves it: it loads, and turning it back there gives the shipped one again."""
    raw = schemes.load(name)
    made = Changes.parse("voice_shrunk=0.5 more; lang_low_english_pct=2 less").apply(raw)
    loaded = schemes.load(saved(tmp_path, made))
    assert loaded == json.loads(json.dumps(made))
    before = {key: entry_of(raw, key)["weight"] for key in ("voice_shrunk", "lang_low_english_pct")}
    back = Changes(before, {"voice_shrunk": False, "lang_low_english_pct": True})
    assert back.apply(loaded) == raw


def test_turned_round_no_word_of_the_other_direction_is_used():
    raw = Changes.parse("voice_shrunk=1 more; lang_low_english_pct=1 less").apply(general())
    fitted = schemes.fit(raw, FIELDS)
    by_field = {i.field: i for i in fitted.indicators}
    assert by_field["voice_shrunk"].enough is None, "100 was enough of the other direction"
    assert by_field["voice_shrunk"].more_is_barrier
    assert not by_field["lang_low_english_pct"].more_is_barrier
    for name in ("voice_shrunk", "lang_low_english_pct"):
        assert fitted.reasons[name].template == "$name: $value"
        assert name not in fitted.short and name not in fitted.counted
    assert fitted.replies == {"voice_shrunk": ("voice_observed", "voice_expected")}
    assert not fitted.has_voice, "many replies are no reason to call areas seldom heard"
    assert not fitted.has_shortfall
    assert fitted.short["dep_exhealth_score"].template == "deprivation is high"


# --- any changes at all -------------------------------------------------------------------------


def any_changes(raw, random):
    """Return some changes of a scheme as a person may write them."""
    names = [p["id"] for p in raw["pillars"]]
    fields = [key_of(e) for p in raw["pillars"] for e in p["indicators"]]
    chosen = random.sample([*names, *fields], random.randint(0, 5))
    parts = []
    for name in chosen:
        weight = random.choice(["0", "1", "0.5", "2.50", "1e3", "1e-7", repr(random.random())])
        way = random.choice(["", " more", " LESS"]) if name in fields else ""
        text = random.choice([f"{weight}{way}", way.strip() or weight])
        parts.append(random.choice(["{}={}", " {} = {} "]).format(name, text))
    return random.choice([";", "; ", ";;"]).join(parts)


@pytest.mark.parametrize("name", SHIPPED)
def test_any_changes_are_read_made_and_told_alike(name):
    from random import Random

    random, raw = Random(7), schemes.load(name)
    before, made_any = copy.deepcopy(raw), 0
    for _ in range(300):
        changes = Changes.parse(any_changes(raw, random))
        assert Changes.parse(changes.text) == changes
        assert Changes.parse(changes.text).text == changes.text
        try:
            made = changes.apply(raw)
        except InputError as error:
            assert "Every weight is 0" in str(error)
            continue
        made_any += 1
        assert changes.apply(made) == made, "twice is once"
        short = Changes.parse(changes.told(raw)[1])
        assert lines(short.apply(raw), FIELDS) == lines(made, FIELDS), "the shortest text does it"
        assert short.tidied(raw) == short
        back = Changes(
            {key: entry_weight(raw, key) for key in changes.weights},
            {key: not more_of(made, key) for key in turned(raw, made)},
        )
        assert lines(back.apply(made), FIELDS) == lines(raw, FIELDS), "and can be undone"
    assert raw == before
    assert made_any > 200


def entry_weight(raw, key):
    found = next((p for p in raw["pillars"] if p["id"] == key), None) or entry_of(raw, key)
    return float(found.get("weight", 1))


def more_of(raw, key):
    return entry_of(raw, key).get("more_is_barrier", True)


def turned(raw, made):
    keys = [key_of(e) for p in raw["pillars"] for e in p["indicators"]]
    return [key for key in keys if more_of(raw, key) != more_of(made, key)]


# --- tidied, and told ---------------------------------------------------------------------------


def test_what_changes_nothing_is_dropped():
    changes = Changes.parse("barriers=1; need=2; voice_shrunk=1 less; dep_exhealth_score=0.5 less")
    assert changes.tidied(general()).text == "dep_exhealth_score=less; need=2"
    assert Changes().tidied(general()) == Changes()


def test_changes_one_at_a_time():
    changes = Changes().with_weight("need", 2).with_direction("voice_shrunk", True)
    assert changes.text == "need=2; voice_shrunk=more"
    assert changes.with_weight("need", 3).text == "need=3; voice_shrunk=more"
    assert changes.without("need").text == "voice_shrunk=more"
    assert changes.without("voice_shrunk").without("need") == Changes()


def test_changes_in_words():
    told = Changes.parse("barriers=2; lang_low_english_pct=0; voice_shrunk=more; need=1")
    assert told.in_words(general()) == (
        "Barriers 2 (was 1), Limited English 0 (was 1), "
        "Replies against those expected: more is the barrier (was less)"
    )
    assert Changes.parse("need=1").in_words(general()) == ""


# --- lines --------------------------------------------------------------------------------------


def by_key(text, have=FIELDS):
    return {line.key: line for line in lines(Changes.parse(text).apply(general()), have)}


def test_lines_tell_every_pillar_and_indicator():
    told = lines(general(), FIELDS)
    assert [(line.key, line.is_pillar) for line in told] == [
        ("need", True),
        ("dep_exhealth_score", False),
        ("prev_dm_pct", False),
        ("barriers", True),
        ("lang_low_english_pct", False),
        ("barrier_hh_no_car_pct", False),
        ("barrier_disabled_lot_pct", False),
        ("voice", True),
        ("voice_shrunk", False),
    ]
    assert sum(line.share for line in told if line.is_pillar) == pytest.approx(100)
    assert sum(line.share for line in told if not line.is_pillar) == pytest.approx(100)
    assert [line.more_is_barrier for line in told if line.is_pillar] == [None] * 3
    voice = told[-1]
    assert (voice.pillar, voice.weight, voice.more_is_barrier, voice.there) == (
        "voice",
        1,
        False,
        True,
    )


def test_shares_follow_what_counts():
    told = by_key("barriers=2; lang_low_english_pct=0")
    assert told["barriers"].share == pytest.approx(50)
    assert told["lang_low_english_pct"].share is None
    assert told["barrier_hh_no_car_pct"].share == pytest.approx(25)
    told = by_key("need=0")
    assert told["need"].share is None and told["dep_exhealth_score"].share is None
    assert told["need"].there and told["voice"].share == pytest.approx(50)


def test_lines_of_what_the_layer_does_not_have():
    told = by_key("", {"dep_imd_score", "lang_low_english_pct"})
    assert not told["voice"].there and told["voice"].share is None
    assert "no figures" in told["voice_shrunk"].note
    assert told["dep_exhealth_score"].title == "Deprivation (full index)"
    assert told["dep_exhealth_score"].share == pytest.approx(50)
    assert told["prev_dm_pct"].share is None and not told["prev_dm_pct"].there


def test_lines_say_what_shares_a_weight_and_what_is_turned():
    told = by_key("voice_shrunk=more")
    assert told["prev_dm_pct"].note == "diabetes, high blood pressure"
    assert "turned round" in told["voice_shrunk"].note
    assert told["voice_shrunk"].more_is_barrier is True
