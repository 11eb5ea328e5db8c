"""What users may choose: declared when QGIS starts, so that nothing else is loaded for it."""

from __future__ import annotations

RULES = ("none", "nhs", "ons10")  # for small counts
DIMENSIONS = ("ethnicity", "deprivation", "prevalence", "language", "barriers")
LEVELS = ("group", "category")  # detail of figures
DETAILS = ("auto", "category", "group")  # of a representation
DIRECTIONS = ("2011to2021", "2021to2011")  # of a conversion
AMONG = ("layer", "reference", "national")  # what areas can be ranked among
MEASURES = ("proportion", "rate", "ratio")  # that are held against a benchmark
BENCHMARKS = ("total", "group", "value", "reference", "parent")
CLUSTER_METHODS = ("localmoran", "getisord")
NEIGHBOURS = ("queen", "knn", "distance")
CORRECTIONS = ("fdr", "none")  # for many tests
MOST_PERMUTATIONS = 99_999  # that can be asked for
TARGETS = ("parity", "margin")  # of quotas
ALLOCATIONS = ("proportional", "equal", "neyman")  # of replies over areas
PRECISIONS = ("all", "area", "group")  # whom a margin is for
