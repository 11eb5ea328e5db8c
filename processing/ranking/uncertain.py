"""Figures with chance in them, which every draw of a ranking takes anew."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ...taxonomies.catalogue import catalogue
from ...taxonomies.figures import Share
from ..fields import known_figures, protected_before
from ..messages import tr
from .schemes import Scheme

if TYPE_CHECKING:
    import pandas as pd

    from ...methods.uncertainty import Varying


@dataclass(frozen=True)
class Noise:
    """A percentage of census counts, and what the publisher adds to small ones."""

    share: Share
    below: int
    most: int


@dataclass
class Uncertain:
    """What varies in a layer, by the field of the indicator.

    Attributes:
        replies: fields of the replies counted and expected.
        noise: census percentages with their count and base.
        without: fields of indicators of which nothing is drawn, with the reason.
    """

    replies: dict[str, tuple[str, str]] = field(default_factory=dict)
    noise: dict[str, Noise] = field(default_factory=dict)
    without: dict[str, str] = field(default_factory=dict)

    @property
    def fields(self) -> list[str]:
        """Return the fields that are needed to draw."""
        names = [name for pair in self.replies.values() for name in pair]
        for one in self.noise.values():
            names += [one.share.count, *one.share.base]
        return names

    def varying(self, data: pd.DataFrame) -> list[Varying]:
        """Return what the methods draw."""
        from ...methods.uncertainty import CensusCount, Replies
        from ...methods.voice import prior_strength

        drawn: list[Varying] = []
        for name, pair in self.replies.items():
            observed, expected = (data[one].to_numpy(dtype=float) for one in pair)
            drawn.append(Replies(name, observed, expected, prior_strength(observed, expected)))
        for name, one in self.noise.items():
            base = data[list(one.share.base)].sum(axis=1, skipna=False).to_numpy(dtype=float)
            count = data[one.share.count].to_numpy(dtype=float)
            drawn.append(CensusCount(name, count, base, one.below, one.most))
        return drawn

    def in_words(self, titles: Mapping[str, str], data: pd.DataFrame) -> list[str]:
        """Return in sentences what is drawn anew, and what is not although it could be."""
        told = []
        for name, pair in self.replies.items():
            text = tr("{title}: drawn anew each time, by how many replies came.")
            hidden = int((data[name].notna() & data[list(pair)].isna().any(axis=1)).sum())
            if hidden:
                text += " " + tr(
                    "Not in {n:,} areas whose replies are hidden or missing: there the ratio is "
                    "taken as it stands, and the intervals are too narrow by that."
                )
            told.append(text.format(title=titles[name], n=hidden))
        for name, one in self.noise.items():
            text = tr(
                "{title}: census counts below {below} drawn within ±{most}, as small ones are "
                "moved before they are published."
            )
            told.append(text.format(title=titles[name], below=one.below, most=one.most))
        return told + [f"{titles[name]}: {why}" for name, why in self.without.items()]


def uncertain_of(scheme: Scheme, have: Collection[str], inherited: Mapping[str, Any]) -> Uncertain:
    """Return which indicators of a scheme have chance in them that a layer can tell.

    Args:
        scheme: fitted to the layer.
        have: names of the layer's fields.
        inherited: what the layer tells of its figures; those that are protected (rounded) already
            get no noise of the census on top.
    """
    found = Uncertain()
    shares = {share.field: share for share in known_figures(have, inherited).shares}
    hidden = protected_before(inherited)
    for one in scheme.indicators:
        name = one.field
        pair = scheme.replies.get(name)
        noise = _noise(name, inherited)
        if pair and set(pair) <= set(have):
            found.replies[name] = pair
        elif pair or one.pillar == "voice":
            found.without[name] = tr(
                "taken as it stands, as the layer has no fields of the replies counted and "
                "expected ({fields}); the intervals are too narrow by that."
            ).format(fields=", ".join(pair) if pair else tr("“replies” in the scheme"))
        elif noise and name in hidden:
            found.without[name] = tr("rounded to protect people; no noise is drawn on top of it.")
        elif noise:
            share = shares.get(name)
            if share and share.count and share.base:
                found.noise[name] = Noise(share, noise["below"], noise["most"])
            else:
                found.without[name] = tr(
                    "the layer has no counts behind this percentage, so the noise of the census "
                    "in small counts is not drawn."
                )
    return found


def _noise(name: str, inherited: Mapping[str, Any]) -> Mapping[str, int] | None:
    """Return the noise of the tables that a field can be of; None where any of them has none."""
    told = {
        one.get("title") for one in inherited.get("sources", []) if name in one.get("fields", ())
    }
    makers = [t for t in catalogue() if name in t.fields() and (not told or t.name in told)]
    noise = [taxonomy.raw.get("noise") for taxonomy in makers]
    return noise[0] if noise and all(noise) else None
