"""What quotas are asked for, and the fields they are written to."""

from __future__ import annotations

from dataclasses import dataclass

from ...layers.errors import InputError
from ..choices import ALLOCATIONS, PRECISIONS, TARGETS
from ..messages import tr

PARITY, MARGIN = TARGETS
PROPORTIONAL, EQUAL, NEYMAN = ALLOCATIONS
ALL, AREA, GROUP = PRECISIONS
PREFIX = "quota_"
BASE, HAVE, TARGET, QUOTA = "quota_base_n", "quota_have_n", "quota_target_n", "quota_n"
INVITE, POINTS, OTHERS = "quota_invite_n", "quota_margin", "quota_rest_n"
OWN = (BASE, HAVE, TARGET, QUOTA, INVITE, POINTS, OTHERS)


def field_of(group: str) -> str:
    """Return the field of the replies to win of a group: eth_asian_n is in quota_eth_asian_n."""
    return PREFIX + (group if group.endswith("_n") else f"{group}_n")


@dataclass(frozen=True)
class Asked:
    """How quotas are wanted; fields that are empty are to be found.

    Attributes:
        target: parity or margin.
        groups: fields of the residents of each group.
        population: field of the people the quotas are of.
        observed: field of the replies had.
        allocation: how replies are shared out over the areas.
        share: field of the share expected, in per cent.
        total: replies to win in all, None to work it out.
        margin: in percentage points.
        confidence: in per cent.
        precision: whom the margin is for.
        minimum: replies of each area in the end.
        rate: per cent of those asked who reply, None where nobody knows.
        top_only: only areas in the top of the ranking.
        rule: how small counts are hidden.
    """

    target: str = PARITY
    groups: tuple[str, ...] = ()
    population: str = ""
    observed: str = ""
    allocation: str = PROPORTIONAL
    share: str = ""
    total: int | None = None
    margin: float = 5.0
    confidence: float = 95.0
    precision: str = ALL
    minimum: int = 0
    rate: float | None = None
    top_only: bool = False
    rule: str = "none"

    @property
    def parity(self) -> bool:
        """Return whether shares are to be fair, rather than a margin met."""
        return self.target == PARITY

    @property
    def allocated(self) -> str:
        """Return the allocation that has a meaning for the target."""
        return PROPORTIONAL if self.parity and self.allocation == NEYMAN else self.allocation

    def check(self) -> None:
        """Raise for what cannot go together.

        Raises:
            InputError: naming the parameter, and what to do.
        """
        if not self.parity and self.precision == GROUP and not self.groups:
            raise InputError(
                tr("PRECISION group: choose GROUP_FIELDS, the groups whose shares are wanted.")
            )
        fields = [field_of(name) for name in self.groups]
        wrong = [
            name
            for name, field in zip(self.groups, fields)
            if fields.count(field) > 1 or field in OWN
        ]
        if wrong:
            raise InputError(
                tr(
                    "GROUP_FIELDS: {name} would give a field of quotas the name of another. Choose "
                    "each group once, or rename the field."
                ).format(name=wrong[0])
            )
