"""What measured voice comes to: fields to write, numbers for whoever runs it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..compare.protected import holds_true_counts, protected_sources
from ..inputs import MADE_OF_FIGURES, Results
from . import measuring
from .hiding import tells_on
from .measuring import HIGHER, LOWER, PREFIX, TOO_FEW

if TYPE_CHECKING:
    from .hiding import Shown
    from .measuring import Measured
    from .survey import Survey


def numbers_of(made: Measured) -> dict[str, float]:
    """Return the outputs that are numbers."""
    return {
        "LOWER": made.number(*LOWER),
        "MUCH_LOWER": made.number("much lower"),
        "HIGHER": made.number(*HIGHER),
        "TOO_FEW": made.number(TOO_FEW),
        "EXPECTED_MEDIAN": made.median,
    }


def results_of(survey: Survey, seen: Shown, made: Measured, source) -> Results:
    """Return the fields to write: the new ones, and with a rule the protected ones of the layer."""
    import pandas as pd

    results = Results(made.frame, measuring.aliases(survey, made), [source])
    known, hides = survey.compared.known, made.rule != "none"
    if hides:
        results.frame = pd.concat([seen.frame, made.frame], axis=1)
        results.sources += protected_sources(known, list(seen.frame.columns), made.rule)
    told = MADE_OF_FIGURES if hides and holds_true_counts(known) else ()
    results.replaced = lambda name: name.lower().startswith(told) or left_out(name, survey, hides)
    return results


def left_out(name: str, survey: Survey, hides: bool) -> bool:
    """Return whether a field of the input is left out: of an earlier run, or telling too much."""
    return name.lower().startswith(PREFIX) or (hides and tells_on(name, survey.observed))
