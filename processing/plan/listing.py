"""A list of ranked areas for people, made safe to hand on where that is asked for.

The order of areas tells what they are ordered by. So where replies are hidden by a rule, only a
ranking of replies that were hidden before can be listed; hiding them in the list would not do.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any

from ...layers.errors import InputError
from ..attribution import is_beside, publishers, sources_in_words
from ..fields import numbers_of, protected_before, text_of
from ..inputs import RANK
from ..messages import Log, some, tr
from ..ranking.notes import LIMITS
from ..ranking.schemes import PLAIN, Scheme, fit

if TYPE_CHECKING:
    import pandas as pd

    from ...layers.areas import Areas

NUMBERS = {  # field to column
    "sh_score": "score",
    "sh_rank": "rank",
    "sh_rank_lo": "rank_lo",
    "sh_rank_hi": "rank_hi",
    "sh_p_top": "p_top",
    "sh_flag": "flag",
}
WHOLE = ("sh_rank", "sh_rank_lo", "sh_rank_hi", "sh_flag")
TIER, REASONS = "sh_tier", "sh_reasons"
PILLARS = ("need", "barriers", "voice")  # where a layer does not tell its scheme
REPLIES = ("resp_", "voice_")  # figures made of replies begin so
DECIMALS, FEW_DECIMALS = 4, 2  # of scores, as they are and by a rule
VOICE = "voice"  # the pillar of what is made of replies, turned round or not
MISSING = "none"  # rule of what was not protected


@dataclass(frozen=True)
class Asked:
    """How the list is wanted.

    Attributes:
        top: how many areas, a number or a percentage; empty for all.
        rule: how small counts are hidden.
        named: whether the areas have names beside their codes.
    """

    top: str
    rule: str
    named: bool


@dataclass(frozen=True)
class Listing:
    """A list of areas, and what to say about it.

    Attributes:
        table: a row per area, those without a rank last.
        title: what the areas may be called.
        about: headings, and what there is to say under each.
        unranked: areas without a rank.
        known: areas with a rank, however many are listed.
        scheme: that ranked them, with its words; None where the layer does not tell it.
        voice: whether replies are part of the ranking.
        ranked_by: the fields that it is made of.
        hides_flag: whether the flag is left out, as it tells how few replied.
        residents: the field that counts who lives in an area, empty for none.
    """

    table: pd.DataFrame
    title: str
    about: list[tuple[str, str]]
    unranked: int
    known: int
    scheme: Scheme | None
    voice: bool
    ranked_by: tuple[str, ...]
    hides_flag: bool
    residents: str


def refuse_unranked(source: Any) -> None:
    """Raise for a layer that holds no ranking."""
    if source is not None and source.fields().lookupField(RANK) < 0:
        raise InputError(
            tr("The layer has no field {field}: run findseldomheard on it first.").format(
                field=RANK
            )
        )


def tells_replies(areas: Areas, inherited: Mapping[str, Any], titles: Mapping[str, str]) -> bool:
    """Return whether areas are ranked by replies of which nothing was hidden."""
    return _Layer(areas, inherited, titles).open_replies


def safe_words(
    areas: Areas, inherited: Mapping[str, Any], titles: Mapping[str, str], rule: str
) -> dict[str, pd.Series]:
    """Return reasons without numbers, and the flag emptied where it tells replies, by field."""
    import pandas as pd

    layer = _Layer(areas, inherited, titles)
    found = {}
    if layer.has(REASONS):
        found[REASONS] = _reasons(layer, Asked("", rule, False))
    if layer.has("sh_flag") and layer.open_flag:
        found["sh_flag"] = pd.Series(pd.NA, index=range(len(areas.ids)), dtype="Int64")
    return found


def listed(
    areas: Areas,
    names: pd.Series,
    asked: Asked,
    inherited: Mapping[str, Any],
    titles: Mapping[str, str],
    log: Log,
) -> Listing:
    """Return the ranked areas as a list.

    Args:
        areas: of the ranked layer.
        names: of the areas.
        asked: how the list is wanted.
        inherited: what the layer carries about its figures.
        titles: its aliases.
        log: takes what to know; it stops the work where that was cancelled.

    Raises:
        InputError: for a layer without any rank, or whose ranks would tell what the rule hides.
    """
    layer = _Layer(areas, inherited, titles)
    if asked.rule != MISSING:
        _refuse_told(layer, asked.rule)
    numbers = numbers_of(areas, [name for name in (*NUMBERS, *layer.pillars) if layer.has(name)])
    if not numbers[RANK].notna().any():
        raise InputError(
            tr(
                "No area of the layer has a rank. Run findseldomheard again; suppresscounts "
                "empties the ranks, so rank its output."
            )
        )
    log(
        tr("Read: {n:,} areas, {known:,} with a rank.").format(
            n=len(numbers), known=_known(numbers)
        )
    )
    people = _people(layer, asked.rule, log)
    table = _table(layer, names, numbers, people, asked)
    unranked = int(table["rank"].isna().sum())
    if asked.top:
        table = _first(table, asked.top)
    about = _about(layer, table, unranked, asked)
    for line in _warnings(layer, asked):
        log(line)
    return Listing(
        table,
        layer.title,
        about,
        unranked,
        _known(numbers),
        layer.scheme(),
        layer.has_voice,
        tuple(layer.ranked_by),
        asked.rule != MISSING and layer.open_flag,
        layer.residents,
    )


def write(path: Path, made: Listing, cancelled: Callable[[], bool]) -> Path:
    """Write a list, and what there is to say about it: beside a CSV, on a sheet of an XLSX.

    Returns:
        The file that says it.

    Raises:
        InputError: when the files cannot be written; those there before are then as they were.
        Cancelled: when cancelled.
    """
    import pandas as pd

    from ...layers.sheets import write_sheets

    if path.suffix.lower() == ".xlsx":
        told = pd.DataFrame(made.about, columns=[tr("About"), made.title], dtype=object)
        write_sheets(path, {tr("List"): made.table, tr("About"): told}, cancelled=cancelled)
        return path
    about = path.with_name(f"{path.stem}-about.txt")
    lines = [made.title, "", *(f"{heading}: {text}" for heading, text in made.about)]
    text = "\n".join([*lines, ""])
    write_sheets(path, {path.stem: made.table}, {about: text}, cancelled)
    return about


# --- what the layer tells


class _Layer:
    """A ranked layer: its fields, and what it carries about them."""

    def __init__(self, areas: Areas, inherited: Mapping[str, Any], titles: Mapping[str, str]):
        from ..explore.rows import residents_field

        self.areas, self.titles, self.inherited = areas, titles, inherited
        self.names = [field.name() for field in areas.source.fields()]
        self.ranking: Mapping[str, Any] = inherited.get("ranking") or {}
        self.raw: Mapping[str, Any] = self.ranking.get("scheme") or {}
        self.sources = [one for one in inherited.get("sources", ()) if not is_beside(one)]
        self.told = {*self.names, *(name for one in self.sources for name in one["fields"])}
        self.before = protected_before(inherited)
        self.residents = residents_field(self.names)

    def has(self, name: str) -> bool:
        return name in self.names

    @property
    def pillars(self) -> list[str]:
        """Return the fields of the pillars."""
        ids = [one["id"] for one in self.raw.get("pillars", ())] or PILLARS
        return [f"sh_{one}" for one in ids]

    def pillar_title(self, field: str) -> str:
        one = field.removeprefix("sh_")
        named = {p["id"]: p.get("title", p["id"]) for p in self.raw.get("pillars", ())}
        return tr(named.get(one, one))

    @property
    def has_voice(self) -> bool:
        """Return whether replies are part of the ranking; where that is not told, by its fields."""
        if "voice" in self.ranking:
            return bool(self.ranking["voice"])
        return self.has("sh_voice")

    @property
    def title(self) -> str:
        """Return what the areas may be called: 'potentially' without replies."""
        if self.has_voice:
            return tr("Seldom heard areas")
        return tr("Potentially seldom heard areas")

    @property
    def ranked_by(self) -> list[str]:
        """Return the fields that the ranking is made of, by its scheme and what the layer tells."""
        used = []
        for entry in self._entries():
            fields = entry.get("each_of") or entry.get("fields", ())
            here = [name for name in fields if name in self.told]
            used += here if entry.get("each_of") else here[:1]
        return used

    def _entries(self) -> list[Mapping[str, Any]]:
        """Return the indicators of the scheme that have a weight."""
        return [
            entry
            for one in self.raw.get("pillars", ())
            for entry in one["indicators"]
            if float(one.get("weight", 1)) > 0 and float(entry.get("weight", 1)) > 0
        ]

    @property
    def open_replies(self) -> bool:
        """Return whether the ranking is made of replies that nothing was hidden of, or may be."""
        replies = [name for name in self.ranked_by if name.startswith(REPLIES)]
        if replies:
            return any(name not in self.before for name in replies)
        # a scheme of other names for them, or a layer that does not tell its scheme
        said = self.has_voice or self._says_replies
        return said and not any(name.startswith(REPLIES) for name in self.before)

    @property
    def _says_replies(self) -> bool:
        """Return whether the scheme calls a figure that counts replies, turned round or not."""
        used = {*self.ranked_by}
        return any(
            used & {*entry.get("fields", ()), *entry.get("each_of", ())}
            for one in self.raw.get("pillars", ())
            for entry in one["indicators"]
            if one["id"] == VOICE or "replies" in entry
        )

    @property
    def open_flag(self) -> bool:
        """Return whether the flag tells a class of replies that nothing was hidden of."""
        name = self.raw.get("flag", {}).get("voice", {}).get("field")
        return name in self.told and name not in self.before

    @property
    def open_counts(self) -> list[str]:
        """Return the fields ranked by that are made of counts of which nothing was hidden."""
        counted = {
            name
            for one in self.sources
            if one.get("suppression") is not None
            for name in one["fields"]
        }
        return [name for name in self.ranked_by if name in counted and name not in self.before]

    def scheme(self) -> Scheme | None:
        """Return the scheme with its words, None where the layer does not tell it."""
        entries = [e for one in self.raw.get("pillars", ()) for e in one["indicators"]]
        named = [n for one in entries for n in (*one.get("each_of", ()), *one.get("fields", ()))]
        for have in (self.names, named):  # columns may have been taken off the layer
            try:
                return fit(self.raw, have)
            except (InputError, KeyError, TypeError):
                continue
        return None


def _refuse_told(layer: _Layer, rule: str) -> None:
    if layer.open_replies:
        raise InputError(
            tr(
                "This ranking is made of replies as they were counted. Its order tells small "
                "numbers of replies, whatever the list hides. Hide the replies first: measurevoice "
                "with SUPPRESSION {rule}, then findseldomheard on its output, and list that. Or "
                "list this one with SUPPRESSION none, to keep inside."
            ).format(rule=rule)
        )


def _warnings(layer: _Layer, asked: Asked) -> list[str]:
    """Return what the person who makes the list should know."""
    told = []
    if asked.rule == MISSING and layer.open_replies:
        told.append(
            tr(
                "The ranking is made of replies as they were counted, and reasons may tell their "
                "number: keep this list inside."
            )
        )
    if asked.rule != MISSING and layer.open_counts:
        told.append(_open_counts_in_words(layer))
    return told


def _open_counts_in_words(layer: _Layer) -> str:
    return tr(
        "The ranks are made of counts of which nothing was hidden: {fields}. That is right for "
        "published tables. If they are tables of your own, run suppresscounts, rank its output, "
        "and list that."
    ).format(fields=some([layer.titles.get(n) or n for n in layer.open_counts], 8))


# --- the table


def _known(numbers: pd.DataFrame) -> int:
    return int(numbers[RANK].notna().sum())


def _people(layer: _Layer, rule: str, log: Log) -> pd.Series | None:
    """Return who lives in the areas, protected by the rule unless that was done before."""
    from ...methods.disclosure import protect
    from ..hiding.protection import whole_if_whole

    if not layer.residents:
        log(tr("The layer has no number of residents; that column is left empty."))
        return None
    people = numbers_of(layer.areas, [layer.residents])[layer.residents]
    if layer.residents not in layer.before:
        people = protect(people, rule)
    return whole_if_whole(people)


def _table(
    layer: _Layer,
    names: pd.Series,
    numbers: pd.DataFrame,
    people: pd.Series | None,
    asked: Asked,
) -> pd.DataFrame:
    """Return a row per area, by rank and code; those without a rank last."""
    import pandas as pd

    def column(field: str) -> pd.Series:
        if field not in numbers:
            return pd.Series(float("nan"), index=numbers.index)
        return numbers[field].round().astype("Int64") if field in WHOLE else numbers[field]

    nothing = pd.Series(None, index=numbers.index, dtype=object)
    decimals = DECIMALS if asked.rule == MISSING else FEW_DECIMALS
    codes = layer.areas.codes.reset_index(drop=True)
    table = pd.DataFrame(
        {
            "rank": column("sh_rank"),
            "code": codes,
            "name": names if asked.named else nothing,
            "score": column("sh_score").round(decimals),
            "rank_lo": column("sh_rank_lo"),
            "rank_hi": column("sh_rank_hi"),
            "p_top": column("sh_p_top").round(DECIMALS),
            "tier": text_of(layer.areas, TIER) if layer.has(TIER) else nothing,
            "flag": column("" if asked.rule != MISSING and layer.open_flag else "sh_flag"),
            "residents": nothing.astype(float) if people is None else people,
            "reasons": _reasons(layer, asked),
        }
    )
    unranked = table["rank"].isna()
    table.loc[unranked, "reasons"] = _why_none(layer, numbers[unranked])
    table["list"], table["rule"] = layer.title, _rule_of(layer, asked)
    return table.sort_values(["rank", "code"], kind="stable", na_position="last", ignore_index=True)


def _first(table: pd.DataFrame, top: str) -> pd.DataFrame:
    """Return the areas up to the last rank asked for, with all that share it."""
    from ...methods.score import top_count

    known = table[table["rank"].notna()]
    try:
        number = top_count(top, len(known))
    except ValueError as error:
        raise InputError(
            tr("TOP: {top} is neither a number of areas nor a percentage such as 10%.").format(
                top=top
            )
        ) from error
    return known[known["rank"] <= known["rank"].iloc[number - 1]]


def _why_none(layer: _Layer, numbers: pd.DataFrame) -> pd.Series:
    """Return why areas have no rank: the pillars that are not known there."""
    pillars = [name for name in layer.pillars if name in numbers]
    missing = numbers[pillars].isna()
    told = []
    for row in missing.to_numpy():
        titles = [layer.pillar_title(name) for name, lacks in zip(pillars, row) if lacks]
        text = tr("no rank, as it is not known: {pillars}").format(pillars=", ".join(titles))
        told.append(text if titles else tr("no rank"))
    return _words(told, numbers.index)


def _words(texts: list[str | None], index: pd.Index) -> pd.Series:
    import pandas as pd

    return pd.Series(texts, index=index, dtype=object)


def _reasons(layer: _Layer, asked: Asked) -> pd.Series:
    """Return the main reasons: as they are, or by a rule in a few words without numbers."""
    if not layer.has(REASONS):
        return _words([None] * len(layer.areas.ids), layer.areas.codes.reset_index(drop=True).index)
    told = text_of(layer.areas, REASONS)
    if asked.rule == MISSING:
        return told
    short = _Short(layer.scheme())
    return _words([short(text) if isinstance(text, str) else None for text in told], told.index)


class _Short:
    """Reasons of a layer in a few words, known again by the templates of its scheme."""

    def __init__(self, scheme: Scheme | None):
        self._known: dict[str, str] = {}
        self._forms: list[tuple[re.Pattern[str], str]] = []
        for one in scheme.indicators if scheme else ():
            name, more = scheme.names[one.field], one.more_is_barrier
            high = tr("{name}: high") if more else tr("{name}: low")
            said = high.format(name=name)
            if one.field in scheme.short:
                said = scheme.short[one.field].safe_substitute(name=name)
            middle = tr("{name}: in the upper half") if more else tr("{name}: in the lower half")
            long = [scheme.reasons[one.field], scheme.counted.get(one.field)]
            self._forms += [(_form(template, name), said) for template in long if template]
            said_middle = middle.format(name=name)
            self._forms.append((_form(Template(tr(PLAIN)), name), said_middle))
            # a step before may have told them in a few words already
            self._known |= {said: said, said_middle: said_middle}

    def __call__(self, text: str) -> str | None:
        """Return reasons in a few words; those that are not known are left out."""
        told = [self._short(part) for part in text.split("; ")]
        return "; ".join(dict.fromkeys(filter(None, told))) or None

    def _short(self, part: str) -> str:
        if part not in self._known:
            fits = (said for form, said in self._forms if form.fullmatch(part))
            self._known[part] = next(fits, "")
        return self._known[part]


def _form(template: Template, name: str) -> re.Pattern[str]:
    """Return what a template looks like with any figures in it."""
    text = template.safe_substitute(name=name)
    return re.compile(re.sub(r"\\\$\\?\{?\w+\\?\}?", ".+", re.escape(text)))


# --- what there is to say about it


def _rule_of(layer: _Layer, asked: Asked) -> str:
    """Return the rule by which all that the list shows of counts was hidden."""
    if asked.rule != MISSING:
        return layer.before.get(layer.residents, asked.rule)
    shown = [*layer.ranked_by, *([layer.residents] if layer.residents else [])]
    sources = {name: one for one in layer.sources for name in one["fields"]}
    no_counts = {name for name, one in sources.items() if one.get("suppression") is None}
    rules = {layer.before.get(name, MISSING) for name in shown if name not in no_counts}
    return ", ".join(sorted(rules)) if rules and MISSING not in rules else MISSING


def _about(
    layer: _Layer, table: pd.DataFrame, unranked: int, asked: Asked
) -> list[tuple[str, str]]:
    """Return headings and texts: what is listed, how it was made, what it cannot say."""
    raw, ranking = layer.raw, layer.ranking
    told = [
        (tr("Areas"), _areas_in_words(table, unranked, asked)),
        (tr("Scheme"), _scheme_in_words(raw)),
        (tr("Changes to the scheme"), str(ranking.get("changes") or "")),
        (tr("Top"), f"{ranking['top']:,}" if "top" in ranking else ""),
        (tr("Draws"), f"{ranking['draws']:,}" if "draws" in ranking else ""),
        (tr("Seed"), str(ranking.get("seed", ""))),
        (tr("Ranked among"), "; ".join(dict.fromkeys(ranking.get("among", {}).values()))),
        (tr("Method"), str(ranking.get("method", ""))),
        (tr("Small counts"), _rule_in_words(layer, asked)),
        (tr("Sources"), _sources_in_words(layer)),
        (tr("Date of the figures"), _dates(layer)),
        *_columns(layer, asked),
        *((tr("What it cannot say"), tr(line)) for line in (LIMITS[0], LIMITS[1], LIMITS[-1])),
    ]
    return [(heading, text) for heading, text in told if text]


def _areas_in_words(table: pd.DataFrame, unranked: int, asked: Asked) -> str:
    known = int(table["rank"].notna().sum())
    text = tr("{n:,} areas with a rank are listed.").format(n=known)
    if not unranked:
        return text
    if asked.top:
        return f"{text} {tr('{n:,} areas without a rank are not.').format(n=unranked)}"
    return f"{text} {tr('{n:,} areas without a rank stand at the end.').format(n=unranked)}"


def _scheme_in_words(raw: Mapping[str, Any]) -> str:
    if not raw:
        return tr("The layer does not say by which scheme it was ranked.")
    title, explanation = tr(str(raw.get("title", raw.get("id", "")))), raw.get("explanation")
    return f"{title}. {tr(explanation)}" if explanation else title


def _rule_in_words(layer: _Layer, asked: Asked) -> str:
    from ...methods.disclosure import RULES

    told = []
    before = layer.before.get(layer.residents)
    if before:
        told.append(
            tr("Residents: hidden and rounded by the rule {rule} before; left so.").format(
                rule=before
            )
        )
    elif asked.rule != MISSING and layer.residents:
        smallest, base = RULES[asked.rule]
        told.append(
            tr(
                "Residents: by the rule {rule}, counts of 1 to {limit} are hidden and the others "
                "rounded to the nearest {base}."
            ).format(rule=asked.rule, limit=smallest - 1, base=base)
        )
    if asked.rule != MISSING:
        told.append(tr("Scores are rounded, and reasons told without numbers."))
        if layer.open_flag:
            told.append(tr("The flag is left out, as it tells how few replied."))
        told += [_open_counts_in_words(layer)] if layer.open_counts else []
    else:
        told.append(tr("No rule was asked for (none): the list shows what the layer shows."))
        told += _warnings(layer, asked)
    hidden = sorted({layer.before[name] for name in layer.ranked_by if name in layer.before})
    if hidden:
        titles = [layer.titles.get(n) or n for n in layer.ranked_by if n in layer.before]
        told.append(
            tr("Hidden before the ranking, by the rule {rules}: {fields}.").format(
                rules=", ".join(hidden), fields=some(titles, 8)
            )
        )
    return " ".join(told)


def _sources_in_words(layer: _Layer) -> str:
    shown = {layer.residents, *layer.ranked_by}
    used = [one for one in layer.sources if shown & {*one["fields"]}]
    if used:
        return sources_in_words(used)
    found = sources_in_words(publishers(layer.areas.source))
    return found or tr("The layer does not say where its figures come from.")


def _dates(layer: _Layer) -> str:
    """Return the editions of the tables behind the list; of registers that none is told."""
    from ..explore.cautions import dated

    shown, told = {layer.residents, *layer.ranked_by}, {}
    for one in layer.sources:
        edition = one.get("edition")
        if edition and shown & {*one["fields"]}:
            title = str(one.get("title") or "").removesuffix(f", {edition}")
            text = dated(title, edition)
            told[edition if text == title else text] = None
    return "; ".join(told)


def _columns(layer: _Layer, asked: Asked) -> list[tuple[str, str]]:
    people = layer.titles.get(layer.residents) or layer.residents
    meant = {
        "rank": tr("1 comes first; among the areas of the layer, however many are listed"),
        "score": tr("0 is the least, 1 the most"),
        "rank_lo, rank_hi": tr("between these the rank lies in 90 of 100 draws"),
        "p_top": tr("share of the draws that put the area in the top"),
        "tier": tr("how sure it is that the area belongs to the top"),
        "flag": layer.titles.get("sh_flag", "") if layer.has("sh_flag") else "",
        "residents": people,
        "reasons": tr("what adds most to the score, or why there is no rank"),
        "rule": tr("how small counts of the list were hidden"),
    }
    return [(tr("Column {name}").format(name=name), text) for name, text in meant.items() if text]
