"""The list of areas as a table shows it: texts, what they are sorted by, and tooltips."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..messages import tr
from .card import draws_in_words
from .inside import ranks_by_open_replies

if TYPE_CHECKING:
    from ..ranking.ranked import Ranking, Standing
    from .exploration import Exploration

COLUMNS = ("rank", "name", "score", "interval", "residents", "tier", "reasons")
NUMBERS = ("rank", "score", "interval", "residents")  # stand at the right
TESTED, WAITING = "tested", "waiting"  # of the top while its ranking is tested, and of the others
SIGNS = {"robust": "●", "contestable": "◐", "not a priority": "○", TESTED: "◌", WAITING: "·"}
SURENESS = {tier: at for at, tier in enumerate(SIGNS)}
SCORE = 3  # decimals of a score on the screen


@dataclass(frozen=True)
class Heading:
    """What stands over a column, and what it means."""

    title: str
    meaning: str


@dataclass(frozen=True)
class Rows:
    """Areas in columns, a value per area in each; None where it is missing.

    ``short`` and ``full`` keep the reasons that were asked for, by row.
    """

    standing: Standing
    codes: list[str]
    names: list[str]
    ranks: list[int | None]
    scores: list[float | None]
    lows: list[int | None]
    highs: list[int | None]
    shares: list[float | None]
    tiers: list[str | None]
    residents: list[float | None]
    residents_title: str
    is_tested: bool
    in_top: list[bool]
    rules: str
    short: dict[int, str] = field(default_factory=dict, repr=False)
    full: dict[int, str] = field(default_factory=dict, repr=False)

    def __len__(self) -> int:
        return len(self.codes)

    def text(self, row: int, column: str) -> str:
        """Return what a cell says; empty where it is missing."""
        if column == "rank":
            rank = self.ranks[row]
            return tr("no rank") if rank is None else f"{rank:,}"
        if column == "name":
            return self.names[row]
        if column == "score":
            score = self.scores[row]
            return "" if score is None else f"{score:.{SCORE}f}"
        if column == "interval":
            return self._interval(row)
        if column == "residents":
            people = self.residents[row]
            return "" if people is None else f"{people:,.0f}"
        if column == "tier":
            tier = self.tiers[row]
            return "" if tier is None else f"{SIGNS.get(tier, '')} {tier_words(tier)}".strip()
        return self.reasons(row)

    def spoken(self, row: int, column: str) -> str:
        """Return what a screen reader says of a cell: words without signs."""
        if column == "tier":
            return self.tier_in_words(row)
        text = self.text(row, column)
        return text or tr("not known")

    def sort_key(self, row: int, column: str) -> Any:
        """Return what a column is sorted by; None where it is missing."""
        if column == "rank":
            return self.ranks[row]
        if column == "name":
            return natural(self.names[row])
        if column == "score":
            return self.scores[row]
        if column == "interval":
            low, high = self.lows[row], self.highs[row]
            return None if low is None or high is None else (low, high)
        if column == "residents":
            return self.residents[row]
        if column == "tier":
            tier = self.tiers[row]
            return None if tier is None else SURENESS.get(tier, len(SURENESS))
        return folded(self.reasons(row)) or None

    def tooltip(self, row: int, column: str) -> str:
        """Return what there is to say of a cell."""
        if self.ranks[row] is None and column != "residents":
            return self.why_no_rank(row)
        if column == "rank":
            return tr("Rank {rank:,} of {n:,}, {name}").format(
                rank=self.ranks[row], n=self.known, name=self.called(row)
            )
        if column == "name":
            return self.called(row)
        if column == "score":
            return tr("0 is the least, 1 the most")
        if column == "interval":
            return self._interval_in_words(row)
        if column == "residents":
            return self._residents_in_words(row)
        if column == "tier":
            return self._tier_explained(row)
        return self.reasons_in_full(row)

    @property
    def known(self) -> int:
        """Return how many areas have a rank."""
        return len(self) - self.ranks.count(None)

    def called(self, row: int) -> str:
        """Return an area's name, with its code where that is another."""
        name, code = self.names[row], self.codes[row]
        return name if name == code else f"{name} ({code})"

    def why_no_rank(self, row: int) -> str:
        """Return why an area has no rank."""
        standing = self.standing
        titles = [
            standing.scheme.pillar_title(pillar)
            for pillar in standing.scheme.pillar_weights
            if standing.scored.pillars[pillar].isna().iloc[row]
        ]
        if not titles:
            return tr("{name} has no rank.").format(name=self.called(row))
        return tr("{name} has no rank, as it is not known here: {pillars}.").format(
            name=self.called(row), pillars=", ".join(titles)
        )

    def tier_in_words(self, row: int) -> str:
        """Return how sure it is that an area belongs to the top."""
        return tier_words(self.tiers[row])

    def reasons(self, row: int) -> str:
        """Return the main reasons in a few words; empty without a rank."""
        if row not in self.short:
            self.prepare([row])
        return self.short[row]

    def reasons_in_full(self, row: int) -> str:
        """Return the main reasons in whole words, with their figures."""
        if row not in self.full:
            self.full[row] = self.standing.reasons([row])[0] or tr("No figure stands out here.")
        return self.full[row]

    def prepare(self, rows: Iterable[int]) -> None:
        """Find the short reasons of some areas together, which is quicker than one by one."""
        asked = [row for row in rows if row not in self.short]
        if asked:
            found = self.standing.short_reasons(asked)
            self.short.update(zip(asked, (text or "" for text in found)))

    def order(self, column: str = "rank", descending: bool = False) -> list[int]:
        """Return the rows in the order of a column.

        Areas with the same value stand by rank, then by code. What is missing stands last in both
        directions, and areas without a rank behind that.
        """
        if column == "reasons":
            self.prepare(range(len(self)))
        places = sorted(range(len(self)), key=self.codes.__getitem__)
        ranked = [row for row in places if self.ranks[row] is not None]
        ranked.sort(key=self.ranks.__getitem__)  # type: ignore[arg-type]
        keys = {row: self.sort_key(row, column) for row in ranked}
        there = [row for row in ranked if keys[row] is not None]
        there.sort(key=keys.__getitem__, reverse=descending)
        missing = [row for row in ranked if keys[row] is None]
        return [*there, *missing, *(row for row in places if self.ranks[row] is None)]

    def matching(self, text: str) -> list[bool]:
        """Return by row whether name, code or tier hold every word of a text."""
        words = folded(text).split()
        if not words:
            return [True] * len(self)
        tiers = {tier: folded(tier_words(tier)) for tier in {*self.tiers}}
        called = _called(self.names, self.codes)
        return [
            all(word in name or word in tiers[tier] for word in words)
            for name, tier in zip(called, self.tiers)
        ]

    def _interval(self, row: int) -> str:
        low, high = self.lows[row], self.highs[row]
        if self.ranks[row] is None:
            return ""
        if not self.is_tested:
            return tr("being tested")
        if low is None or high is None:
            return ""
        return tr("{low:,} to {high:,}").format(low=low, high=high)

    def _interval_in_words(self, row: int) -> str:
        if not self.is_tested:
            return tr("The ranking is being tested: how far the rank could move is known then.")
        low, high = self.lows[row], self.highs[row]
        if low is None or high is None:
            return tr("How far the rank could move is not known.")
        return tr(
            "In 90 of 100 draws the rank is {low:,} to {high:,}: with other weights, and with what "
            "chance leaves open."
        ).format(low=low, high=high)

    def _residents_in_words(self, row: int) -> str:
        if not self.residents_title:
            return tr("The layer has no number of residents.")
        people = self.residents[row]
        if people is None:
            return tr("{title}: not known, or hidden as a small count.").format(
                title=self.residents_title
            )
        return tr("{title}: {people:,.0f}").format(title=self.residents_title, people=people)

    def _tier_explained(self, row: int) -> str:
        share = self.shares[row]
        if not self.is_tested:
            return tr("The ranking is being tested; nothing is robust before.")
        if share is None:
            return self.tier_in_words(row)
        return tr("{tier}: in the top in {share} of the draws").format(
            tier=self.tier_in_words(row), share=draws_in_words(share)
        )


def rows_of(exploration: Exploration, standing: Standing, ranking: Ranking | None = None) -> Rows:
    """Return the areas of an exploration as a list shows them.

    Args:
        exploration: the layer as read.
        standing: its areas ranked at once.
        ranking: the same ranking once it is tested, None before.
    """
    ranks, in_top = _listed(standing.ranks), standing.in_top.tolist()
    nothing = [None] * len(ranks)
    if ranking is None:
        tiers = [_untested(rank, top) for rank, top in zip(ranks, in_top)]
        lows, highs, shares = nothing, nothing, nothing
    else:
        frame = ranking.frame
        tiers = _listed(frame["sh_tier"])
        lows, highs, shares = (
            _listed(frame[name]) for name in ("sh_rank_lo", "sh_rank_hi", "sh_p_top")
        )
    name = residents_field(exploration.numbers.columns)
    return Rows(
        standing=standing,
        codes=exploration.codes,
        names=exploration.names,
        ranks=ranks,
        scores=_listed(standing.scored.composite),
        lows=lows,
        highs=highs,
        shares=shares,
        tiers=tiers,
        residents=_listed(exploration.numbers[name]) if name else nothing,
        residents_title=exploration.aliases.get(name) or name,
        is_tested=ranking is not None,
        in_top=in_top,
        rules=rules_in_words(exploration.inherited, name, standing.scheme),
    )


def tier_words(tier: str | None) -> str:
    """Return how sure a tier says it is that an area belongs to the top."""
    known = {
        "robust": tr("robust"),
        "contestable": tr("contestable"),
        "not a priority": tr("not a priority"),
        TESTED: tr("in the top, being tested"),
        WAITING: tr("being tested"),
        None: tr("no rank"),
    }
    return known.get(tier, str(tier))


def residents_field(names: Iterable[str]) -> str:
    """Return the field that counts who lives in an area, empty for none.

    Households, replies and larger or smaller groups are no residents.
    """
    from .whole import RESIDENTS

    have = set(names)
    return next((name for name in RESIDENTS if name in have), "")


def headings(rows: Rows | None = None) -> dict[str, Heading]:
    """Return the heading of each column, with what it means."""
    people = rows.residents_title if rows else ""
    told = {
        "rank": (tr("Rank"), tr("1 comes first. Areas without a rank stand last.")),
        "name": (tr("Area"), tr("Name of the area, or its code.")),
        "score": (tr("Score"), tr("From 0, the least, to 1, the most.")),
        "interval": (
            tr("Rank could be"),
            tr("The rank in 90 of 100 draws, with other weights and what chance leaves open."),
        ),
        "residents": (
            tr("Residents"),
            people or tr("How many people live there; the layer does not say."),
        ),
        "tier": (
            tr("How sure"),
            tr("How sure it is that the area belongs to the top; robust is surest."),
        ),
        "reasons": (tr("Main reasons"), tr("What adds most to the score.")),
    }
    return {column: Heading(*told[column]) for column in COLUMNS}


def copy_text(rows: Rows, chosen: Sequence[int]) -> str:
    """Return areas as text for the clipboard: columns by tabs, a heading, the rule at the end."""
    from ...layers.sheets import harmless

    titles = headings(rows)
    rows.prepare(chosen)
    lines = [[titles["rank"].title, tr("Code"), *(titles[one].title for one in COLUMNS[1:])]]
    for row in chosen:
        cells = {column: rows.text(row, column) for column in COLUMNS}
        cells["tier"] = rows.tier_in_words(row)
        lines.append([cells.pop("rank"), rows.codes[row], *cells.values()])
    told = ["\t".join(harmless(" ".join(cell.split())) for cell in line) for line in lines]
    return "\n".join([*told, rows.rules])


def rules_in_words(inherited: Any, name: str, scheme: Any) -> str:
    """Return by which rule the counts were protected that a list shows, or is ranked by.

    Args:
        inherited: what the layer carries about its figures.
        name: the field of the residents.
        scheme: that the areas are ranked by.
    """
    from ..fields import protected_before

    before = protected_before(inherited)
    text = tr("Small counts: counts are not suppressed (rule none).")
    if name in before:
        text = tr("Small counts: hidden and rounded by the rule {rule}.").format(rule=before[name])
    if not ranks_by_open_replies(scheme, inherited):
        return text
    return f"{text} {tr('Ranked by replies as they were counted: keep this list inside.')}"


def natural(text: str) -> tuple[tuple[int, int, str], ...]:
    """Return what names are sorted by: Ward 2 before Ward 10, É beside E."""
    parts = re.split(r"(\d+)", folded(text))
    return tuple((0, int(one), "") if one.isdecimal() else (1, 0, one) for one in parts if one)


def folded(text: str) -> str:
    """Return a text without case and accents."""
    if text.isascii():
        return text.lower()
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(one for one in apart if not unicodedata.combining(one))


def _called(names: Sequence[str], codes: Sequence[str]) -> list[str]:
    return [folded(f"{name}\n{code}") for name, code in zip(names, codes)]


def _untested(rank: int | None, in_top: bool) -> str | None:
    if rank is None:
        return None
    return TESTED if in_top else WAITING


def _listed(column: Any) -> list:
    """Return a column as Python values, None where missing."""
    from ...layers.areas import listed

    return listed(column.to_frame())[0]
