"""An atlas of ranked areas: its pages in their order, and what stands on each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...layers.errors import Cancelled, InputError
from ...layers.paper.atlas import Book, Sheet
from ...layers.paper.typeset import Table
from .. import attribution
from ..attribution import together
from ..messages import Log, tr
from ..plan import map_words
from ..plan.listing import Asked as ListAsked
from ..plan.listing import Listing, listed, tells_replies
from ..ranking.notes import LIMITS
from .sums import MISSING, REPLIES, Sums
from .tables import (
    areas_table,
    as_number,
    figures_table,
    key_fields,
    labels_of,
    languages_table,
    replies_table,
    whole_number,
)
from .wards import Wards

if TYPE_CHECKING:
    import pandas as pd

    from ...layers.areas import Areas

WARDS, AREAS = "wards", "areas"
PAGES = (WARDS, AREAS)
AROUND_AREA = 2.6  # of an area's extent, how much the map of its page shows
SHARE = "10%"  # that is the top where the layer does not tell its own
REPLIES_OPEN = ("voice_observed", "quota_n", "reach_people_n")


@dataclass(frozen=True)
class Asked:
    """How an atlas is wanted.

    Attributes:
        pages: ``wards`` or ``areas``.
        view: what the maps show.
        title: empty to make it.
        top: areas to make pages of, a number or a percentage; empty for the ranking's top.
        rule: how small counts are hidden.
        named: whether the areas have names beside their codes.
        sources: further ones to name.
    """

    pages: str
    view: str
    title: str
    top: str
    rule: str
    named: bool
    sources: str


@dataclass(frozen=True)
class Subject:
    """The areas that an atlas is of.

    Attributes:
        areas: of the ranked layer.
        layer: the same, as it is drawn.
        names: of the areas.
        numbers: every field of numbers.
        words: every other field.
        titles: aliases of the fields.
        inherited: what the layer carries about its figures.
    """

    areas: Areas
    layer: Any
    names: pd.Series
    numbers: pd.DataFrame
    words: pd.DataFrame
    titles: Mapping[str, str]
    inherited: Mapping[str, Any]


def book_of(subject: Subject, wards: Wards | None, asked: Asked, log: Log) -> Book:
    """Return what an atlas says.

    Raises:
        InputError: for areas without a rank, or whose ranks would tell what the rule hides.
    """
    return _Maker(subject, wards, asked, log).book()


class _Maker:
    def __init__(self, subject: Subject, wards: Wards | None, asked: Asked, log: Log) -> None:
        self.subject, self.wards, self.asked, self.log = subject, wards, asked, log
        areas = subject.areas
        listing = listed(
            areas,
            subject.names,
            ListAsked("", asked.rule, asked.named),
            subject.inherited,
            subject.titles,
            log,
        )
        self.listing = listing
        self.ranking = subject.inherited.get("ranking") or {}
        self.table = self._by_row(listing)
        self.top = self._top(str(self.ranking.get("top") or ""))
        self.place = self._places()
        self.sums = Sums(
            areas, subject.numbers, subject.words, self.place, subject.inherited,
            subject.titles, asked.rule,
        )  # fmt: skip
        self.drawn = self._drawn()
        self._refuse_view()
        self.fields = key_fields(self.sums, self.ranking.get("scheme") or {})
        for line in (*self._without_code(), *self._left_out(), *self._view_of_counts()):
            log(line)

    def _without_code(self) -> list[str]:
        """Return what to know of areas that no table can name."""
        lost = int(self.subject.areas.codes.isna().sum())
        if not lost:
            return []
        told = tr("1 area has no code: no table names it and no label stands on it.")
        if lost > 1:
            told = tr("{n:,} areas have no code: no table names them and no label stands on them.")
        return [told.format(n=lost)]

    def _drawn(self) -> list[str]:
        """Return the fields of the map's classes of which nothing was hidden."""
        from ...layers import specs

        shown = specs.fields_shown(self.subject.layer, self.asked.view)
        return sorted(name for name in shown if name not in self.sums.before)

    def _refuse_view(self) -> None:
        """Raise for a view that would tell replies which a rule is to hide.

        Raises:
            InputError: with what to do.
        """
        if self.asked.rule == MISSING:
            return
        replies = any(not self.sums.may_show(name) for name in self.subject.numbers)
        tells = [name for name in self.drawn if name.startswith(REPLIES)]
        tells += [name for name in self.drawn if name.startswith(attribution.BESIDE) and replies]
        if tells:
            raise InputError(
                tr(
                    "The view {view} shows classes of replies as they were counted ({fields}), "
                    "which tell small numbers whatever the tables hide. Hide the replies first: "
                    "measurevoice with SUPPRESSION {rule}. Or choose the view score."
                ).format(view=self.asked.view, fields=", ".join(tells), rule=self.asked.rule)
            )

    def _view_of_counts(self) -> list[str]:
        """Return what to know of a map of counts of which nothing was hidden, by a rule."""
        shares = self.sums.whole.shares
        counted = [name for name in self.drawn if name in shares]
        if self.asked.rule == MISSING or not counted:
            return []
        return [
            tr(
                "The map shows classes of figures of which nothing was hidden: {titles}. That is "
                "right for published tables. If they are tables of your own, run suppresscounts, "
                "and make the atlas of its output, ranked again."
            ).format(titles="; ".join(self.sums.whole.title(name) for name in counted))
        ]

    def _by_row(self, listing: Listing) -> pd.DataFrame:
        """Return the list with the rows of the areas as its index, by rank."""
        rows = {code: row for row, code in enumerate(self.subject.areas.codes)}
        frame = listing.table[listing.table["code"].notna()]
        return frame.set_axis([rows[code] for code in frame["code"]])

    def _top(self, asked: str) -> int:
        """Return the last rank of the top."""
        from ...methods.score import top_count

        ranks = self.table["rank"].dropna().sort_values()
        try:
            number = top_count(asked or SHARE, len(ranks))
        except ValueError as error:
            raise InputError(
                tr("TOP: {top} is neither a number of areas nor a percentage such as 10%.").format(
                    top=asked
                )
            ) from error
        return int(ranks.iloc[min(number, len(ranks)) - 1])

    def _places(self) -> pd.Series:
        import pandas as pd

        areas = self.subject.areas
        if self.wards is None or self.asked.pages == AREAS:
            codes = areas.codes.reset_index(drop=True)
            return pd.Series(codes, dtype=object)
        return self.wards.place

    # --- the whole

    def book(self) -> Book:
        """Return all of it."""
        sheets, rows = self._wards() if self.asked.pages == WARDS else self._areas()
        if not sheets:
            raise InputError(tr("There is no area to make a page of."))
        title = map_words.title_of(self.asked.title, self.subject.layer, "score", self.has_voice)
        return Book(
            title=title,
            subtitle=self._subtitle(len(sheets)),
            facts="\n\n".join(self._facts(rows)),
            sources=self._sources_line(),
            view=self.asked.view,
            places=tr("Wards") if self.asked.pages == WARDS else tr("Areas"),
            sheets=sheets,
            contents=self._contents(rows),
            method=self._method(),
        )

    @property
    def has_voice(self) -> bool:
        """Return whether replies are part of the ranking."""
        return bool(self.ranking.get("voice", self.sums.has("sh_voice")))

    def _subtitle(self, pages: int) -> str:
        ranked = int(self.table["rank"].notna().sum())
        if self.asked.pages == WARDS:
            text = tr("Ward by ward: {pages:,} wards, {n:,} areas ranked")
        else:
            text = tr("Area by area: the first {pages:,} of {n:,} areas ranked")
        return text.format(pages=pages, n=ranked)

    def _facts(self, rows: Sequence[tuple[int, int, int | None]]) -> list[str]:
        ranked = int(self.table["rank"].notna().sum())
        number = int((self.table["rank"] <= self.top).sum())
        told = [
            tr("{n:,} areas are ranked by where people are seldom heard; the first {top:,} are the "
               "top.").format(n=ranked, top=number)
        ]  # fmt: skip
        if not self.has_voice:
            told[0] = tr(
                "{n:,} areas are ranked by need and barriers to being heard; the first {top:,} are "
                "the top. Who replied is not part of it, so they are potentially seldom heard."
            ).format(n=ranked, top=number)
        if self.asked.pages == WARDS:
            some = sum(1 for _, first, _ in rows if first)
            told.append(
                tr("{some:,} of {all:,} wards have areas of the top.").format(
                    some=some, all=len(rows)
                )
            )
        lost = self.listing.unranked
        if lost:
            told.append(
                tr("1 area has no rank.")
                if lost == 1
                else tr("{n:,} areas have no rank.").format(n=lost)
            )
        told.append(
            tr(
                "For those who plan where to go and whom to ask: link workers, councillors, health "
                "and voluntary organisations. Numbers on the map are pages; the last pages say how "
                "it was made and what it cannot say."
            )
        )
        told.append(self._rule_line())
        return told

    def _rule_line(self) -> str:
        if self.asked.rule != MISSING:
            return tr(
                "Small counts are hidden by the rule {rule}, which the last pages explain."
            ).format(rule=self.asked.rule)
        if self.sums.before and not self._tells_replies():
            rules = ", ".join(sorted(set(self.sums.before.values())))
            return tr("Small counts: hidden before by the rule {rules}, in some figures.").format(
                rules=rules
            )
        if self._tells_replies():
            return tr(
                "For use inside your organisation only: replies are told as they were counted, "
                "small numbers too (rule none), so keep this atlas inside."
            )
        return tr("Small counts: not hidden (rule none).")

    def _tells_replies(self) -> bool:
        """Return whether replies are told of which nothing was hidden, or ranks made of them."""
        subject = self.subject
        told = [name for name in REPLIES_OPEN if self.sums.has(name)]
        return any(name not in self.sums.before for name in told) or tells_replies(
            subject.areas, subject.inherited, subject.titles
        )

    def _noted(self, line: str) -> str:
        """Return the line below a title; each page says who may see it, as pages are torn out."""
        if self.asked.rule != MISSING or not self._tells_replies():
            return line
        return tr("{line}. For use inside your organisation only").format(line=line)

    def _contents(self, rows: Sequence[tuple[int, int, int | None]]) -> Table:
        if self.asked.pages == WARDS:
            names = [self._ward_name(key) for key in self._keys()]
            headings = [tr("Ward"), tr("Areas"), tr("In the top"), tr("First rank"), tr("Page")]
            made = [
                (name, f"{n:,}", f"{first:,}", "–" if best is None else f"{best:,}")
                for name, (n, first, best) in zip(names, rows)
            ]
            return Table("", headings, made, [50, 12, 14, 14, 10], right={1, 2, 3, 4})
        headings = [tr("Area"), tr("Rank"), tr("How sure"), tr("Page")]
        made = [
            (self._area_title(row), whole_number(self.table.at[row, "rank"]),
             _word(self.table.at[row, "tier"]) or "–")
            for row in self._first_rows()
        ]  # fmt: skip
        return Table("", headings, made, [56, 12, 20, 12], right={1, 3})

    # --- pages of wards

    def _keys(self) -> list[str]:
        """Return the wards in the order of their names."""
        found = self.place.dropna().unique()
        return sorted(found, key=lambda key: (self._ward_name(key).casefold(), key))

    def _ward_name(self, key: str) -> str:
        return self.wards.name(key) if self.wards else key

    def _wards(self) -> tuple[list[Sheet], list[tuple[int, int, int | None]]]:
        sheets, rows = [], []
        groups = self.table.groupby(self.place.reindex(self.table.index), sort=False)
        for key in self._keys():
            self._look()
            # a ward whose areas have no codes has none in the list
            mine = groups.get_group(key) if key in groups.groups else self.table.iloc[:0]
            rows.append(self._counts(mine))
            sheets.append(self._ward(key, mine, rows[-1]))
        return sheets, rows

    def _look(self) -> None:
        if self.subject.areas.cancelled():
            raise Cancelled

    def _counts(self, mine: pd.DataFrame) -> tuple[int, int, int | None]:
        """Return how many areas a ward has, how many of the top, and the first rank among them."""
        ranks = mine["rank"].dropna()
        return len(mine), int((ranks <= self.top).sum()), int(ranks.min()) if len(ranks) else None

    def _ward(self, key: str, mine: pd.DataFrame, counts: tuple[int, int, int | None]) -> Sheet:
        n, first, best = counts
        name = self._ward_name(key)
        labels = dict(zip(mine.index, labels_of([as_number(one) for one in mine["rank"]])))
        ids = self.subject.areas.ids
        tables = self._tables(key, tr("This ward (95 % limits)"))
        tables["areas"] = areas_table(
            mine, labels, self.top, self.sums, tr("Areas of this ward, those of the top in bold")
        )
        return Sheet(
            name=name,
            title=name,
            subtitle=self._noted(self._ward_line(n, first, best)),
            ids=[ids[row] for row in mine.index],
            labels={ids[row]: text for row, text in labels.items()},
            tables=tables,
        )

    def _ward_line(self, n: int, first: int, best: int | None) -> str:
        if best is None:
            text = tr("{n:,} areas, none of which has a rank")
        elif first:
            text = tr("{n:,} areas, {first:,} of them in the top (ranks 1 to {top:,})")
        else:
            text = tr("{n:,} areas, none in the top (ranks 1 to {top:,}); the first has {best:,}")
        line = text.format(n=n, first=first, top=self.top, best=best)
        if n == 1:
            line = (
                tr("1 area, rank {best:,}").format(best=best)
                if best
                else tr("1 area, which has no rank")
            )
        return line

    def _tables(self, key: str, here: str) -> dict[str, Table]:
        return {
            "figures": figures_table(self.sums, key, self.fields, here),
            "languages": languages_table(self.sums, key),
            "replies": replies_table(self.sums, key, self.has_voice),
        }

    # --- pages of areas

    def _first_rows(self) -> list[int]:
        """Return the areas that get a page, by rank."""
        last = self._top(self.asked.top) if self.asked.top else self.top
        return list(self.table.index[(self.table["rank"] <= last).fillna(False).astype(bool)])

    def _areas(self) -> tuple[list[Sheet], list[tuple[int, int, int | None]]]:
        from ...layers.surface import beside

        rows = self._first_rows()
        near, sheets = beside(self.subject.areas, rows), []
        for row in rows:
            self._look()
            sheets.append(self._area(row, near[row]))
        return sheets, [(1, 1, None) for _ in rows]

    def _area_title(self, row: int) -> str:
        name, code = self.table.at[row, "name"], self.table.at[row, "code"]
        name = _word(name)
        return f"{name} ({code})" if name and name != code else str(code)

    def _area(self, row: int, near: Sequence[int]) -> Sheet:
        one = self.table.loc[row]
        shown = [row, *(other for other in self.table.index if other in set(near))]
        mine = self.table.loc[shown]
        labels = dict(zip(shown, labels_of([as_number(rank) for rank in mine["rank"]])))
        ids = self.subject.areas.ids
        tables = self._tables(str(one["code"]), tr("This area (95 % limits)"))
        tables["areas"] = areas_table(
            mine, labels, self.top, self.sums, tr("This area, and those that touch it by rank")
        )
        return Sheet(
            name=self._area_title(row),
            title=self._area_title(row),
            subtitle=self._noted(self._area_line(row, one)),
            ids=[ids[row]],
            labels={ids[at]: text for at, text in labels.items()},
            tables=tables,
            around=AROUND_AREA,
        )

    def _area_line(self, row: int, one: pd.Series) -> str:
        ranked = int(self.table["rank"].notna().sum())
        line = tr("Rank {rank:,} of {n:,} areas").format(rank=int(one["rank"]), n=ranked)
        if _word(one["tier"]):
            line = tr("{line}, {tier}").format(line=line, tier=tr(_word(one["tier"])))
        ward = self.wards.place[row] if self.wards is not None else None
        if isinstance(ward, str) and ward:
            line = tr("{line}; ward: {ward}").format(line=line, ward=self._ward_name(ward))
        return line

    # --- method

    def _left_out(self) -> list[str]:
        """Return which figures a rule keeps out, and what to do."""
        lost = [name for name in REPLIES_OPEN if self.sums.has(name)]
        lost = [name for name in lost if not self.sums.may_show(name)]
        if not lost:
            return []
        titles = [self.subject.titles.get(name) or name for name in lost]
        return [
            tr(
                "Left out, as nothing was hidden in them yet: {titles}. Make them with SUPPRESSION "
                "{rule} (measurevoice, planquotas, planvenues), then the atlas."
            ).format(titles="; ".join(titles), rule=self.asked.rule)
        ]

    def _sources(self) -> list[dict]:
        kept = self.subject.inherited.get("sources") or attribution.publishers(self.subject.layer)
        other = (attribution.is_beside, attribution.is_planned)
        return [one for one in kept if not any(is_other(one) for is_other in other)]

    def _sources_line(self) -> str:
        asked = together(one.get("attribution", "") for one in self._sources())
        return f"{self.asked.sources} {asked}".strip()

    def _method(self) -> list[tuple[str, list[str]]]:
        told = dict.fromkeys(heading for heading, _ in self.listing.about)
        about = {
            heading: [text for name, text in self.listing.about if name == heading]
            for heading in told
        }

        def from_list(*headings: str) -> list[str]:
            return [
                text if len(headings) == 1 else f"{heading}: {text}"
                for heading in headings
                for text in about.get(heading, ())
            ]

        settings = (tr("Scheme"), tr("Changes to the scheme"), tr("Ranked among"), tr("Top"),
                    tr("Draws"), tr("Seed"))  # fmt: skip
        ranked = " ".join(_sentence(one) for one in from_list(*settings))
        dates = from_list(tr("Date of the figures"))
        dated = [tr("Date of the figures: {dates}.").format(dates=one) for one in dates]
        small = [*from_list(tr("Small counts")), *self._small(), *self._left_out(),
                 *self._view_of_counts()]  # fmt: skip
        sources = f"{self.asked.sources} {self._all_sources()}".strip()
        parts = [
            (tr("How the areas were ranked"), [ranked, *from_list(tr("Method"))]),
            (tr("How to read a page"), [*self._reading(), *self._without_code()]),
            (tr("Figures of a place"), self._figures()),
            (tr("Replies"), self._replies()),
            (tr("Plans"), self._plans()),
            (tr("Wards"), list(self.wards.told) if self.wards else []),
            (tr("Small counts"), small),
            (tr("What it cannot say"), [tr(line) for line in LIMITS]),
            (tr("Sources and licences"), [sources, *dated]),
        ]
        return [(heading, [one for one in texts if one]) for heading, texts in parts if any(texts)]

    def _all_sources(self) -> str:
        found = attribution.sources_in_words(self._sources())
        return found or tr("The layer does not say where its figures come from.")

    def _reading(self) -> list[str]:
        from ...layers import styles

        return [
            tr(
                "Rank 1 comes first. It is a place among the {n:,} areas of the layer, wherever "
                "they lie. Areas without a rank have a letter; of areas with the same rank on a "
                "page each has a small letter more."
            ).format(n=len(self.table)),
            tr(
                "Between: the rank lies there in 90 of 100 draws of other weights, means and "
                "scales. How sure: robust, contestable or not a priority, with the share of the "
                "draws in which the area is in the top. A rank alone is not sure."
            ),
            tr(
                "Areas around a place are faded; their colours mean the same. The map shows: "
                "{view}."
            ).format(view=styles.view_title(self.subject.layer, self.asked.view)),
            styles.view_note(self.asked.view) if self.asked.view != "score" else "",
        ]

    def _figures(self) -> list[str]:
        return [
            tr(
                "A percentage of a place is made of the counts of its areas, never of their "
                "percentages; so is that of all areas. Its limits (Wilson, 95 %) allow for chance "
                "in the count alone. What cannot be added up, such as a score, is that of the "
                "middle area. A dash means hidden or not known, never 0."
            ),
            tr(
                "Figures of the nation are as published, of the middle area of the nation where "
                "the others are. Where a figure is hidden or missing in some areas, those that "
                "show it are added up, and their number is said."
            ),
        ]

    def _replies(self) -> list[str]:
        if not self.has_voice and not self.sums.has("voice_observed"):
            return [tr("The layer has no replies: areas are called potentially seldom heard.")]
        notes = [
            one.get("note", "")
            for one in self._sources()
            if any(name.startswith("voice_") for name in one.get("fields", ()))
        ]
        return [
            tr(
                "Replies of a place against the number expected there, were all as likely to "
                "reply as the average; per 100 expected, with exact limits (Poisson, 95 %). Where "
                "replies vary more than chance from area to area, true limits are wider."
            ),
            attribution.notes_of([{"note": note} for note in notes]),
        ]

    def _plans(self) -> list[str]:
        """Return what was planned; under a rule, of plans that were made by one."""
        plans = (self.subject.inherited.get("plans") or {}).values()
        safe = [p for p in plans if self.asked.rule == MISSING or p.get("rule", MISSING) != MISSING]
        return [text for one in safe for text in one.get("sentences", ())]

    def _small(self) -> list[str]:
        if self.asked.rule == MISSING:
            return []
        return [
            tr(
                "Counts of places are protected by the rule {rule} together with those of all "
                "areas, so that none can be worked out from the others; percentages are made of "
                "the counts as they are shown."
            ).format(rule=self.asked.rule)
        ]


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _word(value: Any) -> str:
    return value if isinstance(value, str) else ""
