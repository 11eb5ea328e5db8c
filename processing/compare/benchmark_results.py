"""The fields that a comparison with a benchmark writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..inputs import MADE_OF_FIGURES, Results
from . import benchmarks
from .protected import holds_true_counts, protected_sources

if TYPE_CHECKING:
    import pandas as pd

    from .benchmark_report import Findings
    from .counts import Compared


def results_of(compared: Compared, shown: pd.DataFrame, found: Findings, rule: str) -> Results:
    """Return the fields to write: the new ones, and with a rule the protected ones of the layer."""
    import pandas as pd

    aliases = benchmarks.aliases(found.title, found.base_title, found.measure, found.benchmark)
    results = Results(found.frame, aliases, [found.source])
    if rule != "none":
        results.frame = pd.concat([shown, found.frame], axis=1)
        results.sources += protected_sources(compared.known, list(shown.columns), rule)
    told = MADE_OF_FIGURES if rule != "none" and holds_true_counts(compared.known) else ()
    results.replaced = lambda name: (
        name.lower() in benchmarks.FIELDS or name.lower().startswith(told)
    )
    return results
