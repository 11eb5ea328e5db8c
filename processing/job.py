"""One recognised table, and what is asked of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..taxonomies.model import Taxonomy
from .messages import Log

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Job:
    """A table held against its areas.

    Attributes:
        file: names of its files, for messages.
        table: figures by code.
        codes: of the areas, in their order.
        level: ``group``, or ``category`` for every detail.
        rule: how small counts are hidden.
        aliases: takes the title of each field made.
        log: takes what is odd.
    """

    taxonomy: Taxonomy
    file: str
    table: pd.DataFrame
    codes: pd.Series
    level: str
    rule: str
    aliases: dict[str, str]
    log: Log
