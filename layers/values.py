"""Values as QGIS and files give them, made into values that pandas understands."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from qgis.core import Qgis
from qgis.PyQt.QtCore import QMetaType, QVariant

if TYPE_CHECKING:
    import pandas as pd

# what publishers print for suppressed, confidential, not available or none
SUPPRESSED = ("*", "c", "[c]", "x", "[x]", "-", ":", "..", "[z]", "[low]")
# QGIS asks for the one until 3.36 and warns of it, for every field, from 3.38
if Qgis.QGIS_VERSION_INT >= 33800:
    WHOLE, DECIMAL = QMetaType.Type.LongLong, QMetaType.Type.Double
    TEXT = QMetaType.Type.QString
else:
    WHOLE, DECIMAL, TEXT = QVariant.Type.LongLong, QVariant.Type.Double, QVariant.Type.String
THOUSANDS = re.compile(r"-?\d{1,3}(,\d{3})+(\.\d+)?")


def plain_value(value: Any) -> Any:
    """Return None for the NULLs of Qt 5 (a QVariant) and Qt 6 (None), else the value."""
    return None if isinstance(value, QVariant) and value.isNull() else value


def as_text(value: Any) -> str:
    """Return a cell as text; NULL is blank and a whole number has no decimals."""
    value = plain_value(value)
    if value is None or value != value:  # NaN is not itself
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def texts(column: pd.Series, upper: bool = False) -> pd.Series:
    """Return a column as text without spaces around it, missing blank; in capitals if asked."""
    import numpy as np
    import pandas as pd

    if isinstance(column.dtype, pd.CategoricalDtype):
        # many rows, few texts: clean each text once
        categories = texts(pd.Series(column.cat.categories, dtype=object), upper)
        known = np.append(categories.to_numpy(dtype=object), "")  # code -1, missing, is the last
        return pd.Series(known[column.cat.codes.to_numpy()], index=column.index, dtype=object)
    if pd.api.types.infer_dtype(column, skipna=True) == "string":
        text = column.astype(object).where(column.notna(), "")
    else:
        text = column.map(as_text)
    text = text.str.strip()
    return text.str.upper() if upper else text


@dataclass
class Cells:
    """What was odd in the number columns of a table.

    Attributes:
        blank: cells without a value.
        suppressed: cells with a publisher's mark, by mark.
        infinite: cells with an infinite number.
        wrong: (row number, heading, text) of anything else that is no number.
        absent: pairs of area and category that a table in long form has no row for.
    """

    blank: int = 0
    suppressed: dict[str, int] = field(default_factory=dict)
    infinite: int = 0
    wrong: list[tuple[int, str, str]] = field(default_factory=list)
    absent: int = 0

    @property
    def missing(self) -> int:
        """Return the number of cells that became NULL."""
        return self.blank + self.infinite + sum(self.suppressed.values())


def numbers(column: pd.Series, rows: pd.Series, heading: str, cells: Cells) -> pd.Series:
    """Return a column as floats, missing where there is no number; note the odd cells.

    Args:
        column: cells as text, or numbers already.
        rows: their row numbers in the file, for messages.
        heading: of the column, for messages.
        cells: takes the counts.
    """
    import numpy as np
    import pandas as pd

    if pd.api.types.is_numeric_dtype(column):
        return column.astype(float)
    text = texts(column)
    grouped = text.str.fullmatch(THOUSANDS)
    text = text.where(~grouped, text.str.replace(",", "", regex=False))
    value = pd.to_numeric(text, errors="coerce").astype(float)
    lower = text.str.lower()
    blank, marked, infinite = lower.isin(["", "nan"]), lower.isin(SUPPRESSED), np.isinf(value)
    wrong = value.isna() & ~blank & ~marked
    cells.blank += int(blank.sum())
    cells.infinite += int(infinite.sum())
    for mark, count in text[marked].value_counts().items():
        cells.suppressed[mark] = cells.suppressed.get(mark, 0) + int(count)
    odd = zip(rows[wrong], text[wrong])
    cells.wrong += [(int(row), heading, bad) for row, bad in odd]
    return value.mask(infinite)
