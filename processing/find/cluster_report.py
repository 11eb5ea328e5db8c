"""Clusters as a page in words."""

from __future__ import annotations

from pathlib import Path

from ...layers import reports
from ..messages import some, tr
from .cluster_words import (
    by_chance,
    cannot_say,
    coarse,
    meanings,
    moran_in_words,
    more_permutations,
    neighbours_in_words,
    settings,
    source_in_words,
)
from .clusters import Clusters


def write_report(path: Path, found: Clusters, names: dict[str, list[str]]) -> None:
    """Write the page: what was found, what it means, what it cannot say, how it came about.

    Args:
        path: of the page.
        found: the clusters.
        names: codes of the areas that stand out, by class.
    """
    said = [
        summary(found),
        moran_in_words(found),
        more_permutations(found) or coarse(found) or by_chance(found),
    ]
    body = reports.bullets([text for text in said if text])
    body += reports.table(
        [tr("Class"), tr("Areas"), tr("Meaning")],
        [[name, f"{n:,}", meanings(found)[name]] for name, n in found.counted.items()],
        tr("Areas by class"),
    )
    for name, codes in names.items():
        if codes:
            heading = tr("{name}: {n:,} areas").format(name=name, n=len(codes))
            body += reports.folded(heading, reports.paragraph(some(codes, len(codes))))
    body += reports.heading(tr("What this cannot say"))
    body += reports.bullets(cannot_say(found))
    body += reports.heading(tr("How it came about"))
    body += reports.bullets([text for text in _how(found) if text])
    title = tr("{title}: clusters").format(title=found.title)
    reports.write_page(path, title, body)


def summary(found: Clusters) -> str:
    """Return the finding in a sentence."""
    tested = len(found.tested)
    if not found.significant:
        return tr("None of {n:,} areas stands out ({rule}).").format(
            n=tested, rule=found.asked.rule
        )
    return tr("{k:,} of {n:,} areas stand out ({rule}).").format(
        k=found.significant, n=tested, rule=found.asked.rule
    )


def _how(found: Clusters) -> list[str]:
    left = tr("All areas of the layer were tested.")
    if found.missing:
        left = tr(
            "{n:,} areas without a figure or a place were left out, also as neighbours."
        ).format(n=found.missing)
    return [
        settings(found),
        neighbours_in_words(found.neighbours),
        left,
        tr(
            "In each permutation an area keeps its own figure and its neighbours are dealt others. "
            "p is the share of permutations at least as extreme, in the tail where the area lies; "
            "as that tail was not known before, q and class are made of twice p."
        ),
        source_in_words(found),
    ]
