"""Known answers and real tables, read from ../shared; tests that need them skip without it."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, settings

# how long an example takes says nothing about the code where other work shares the machine
settings.register_profile("any", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any")

HEAD = 25  # rows that are enough to find the headings in


def _read_head(path: Path, encoding: str = "utf-8") -> list[list[str]]:
    unpack = gzip.open if path.suffix == ".gz" else open
    with unpack(path, "rt", encoding=encoding, newline="") as file:
        return list(islice(csv.reader(file), HEAD))


@pytest.fixture(scope="session")
def vector(shared: Path) -> Callable[[str], pd.DataFrame]:
    """Read one table of known answers by its name."""
    return lambda name: pd.read_csv(shared / "reference" / "vectors" / f"{name}.csv")


@pytest.fixture(scope="session")
def data(shared: Path) -> Path:
    """The folder of real open data."""
    return shared / "data"


@pytest.fixture(scope="session")
def read_head() -> Callable[..., list[list[str]]]:
    """Read the first rows of a CSV file, packed or not, cells as text."""
    return _read_head


@pytest.fixture(scope="session")
def head_of(data: Path) -> Callable[..., list[list[str]]]:
    """Read the first rows of a real table by its path under the folder of data."""
    return lambda name, encoding="utf-8": _read_head(data / name, encoding)
