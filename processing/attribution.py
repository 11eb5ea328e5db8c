"""Whose figures they are, as the licences ask to be told."""

from __future__ import annotations

import re
from collections.abc import Iterable

from .messages import tr

# where a sentence begins; those of several sources may stand together without a full stop
BEGINS = r"\.?\s+(?=Contains |Source:)"


def together(attributions: Iterable[str]) -> str:
    """Return attributions as one, each sentence once: figures made of others repeat theirs."""
    told = (re.split(BEGINS, one) for one in attributions)
    lines = dict.fromkeys(line.strip(" .") for several in told for line in several)
    return " ".join(f"{line}." for line in lines if line)


def source_line(attribution: str) -> str:
    """Return an attribution as a line, empty where there is none; some begin with the word."""
    text = together([attribution])
    return text if text.startswith("Source") or not text else tr("Source: {text}").format(text=text)
