"""Layers for tests of what the panel says of an area: made here, or the invented city."""

from __future__ import annotations

from dataclasses import replace

from qgis.core import QgsProcessingFeedback, QgsProject
from seldom_heard.processing.explore.exploration import Reading
from seldom_heard.processing.explore.settings import Settings

from .helpers import SAMPLE, run

TABLES = [
    *sorted(SAMPLE.glob("census2021-*.csv")),
    *(SAMPLE / "TS011_household_deprivation.csv", SAMPLE / "File_7_IoD2025.csv"),
    *(SAMPLE / "PREVALENCE_2425.csv", SAMPLE / "gp-reg-pat-prac-lsoa-all.csv"),
]


def sample_profile(folder, level="category", suppression="none"):
    """Return the invented city, profiled."""
    return run(
        "profileareas",
        INPUT=SAMPLE / "areas.gpkg",
        TABLES=TABLES,
        LEVEL=level,
        SUPPRESSION=suppression,
        OUTPUT=folder / f"profile_{level}_{suppression}.gpkg",
    ).layer


def sample_heard(profile, folder, suppression="none"):
    """Return the invented city with replies held against those expected."""
    counted = run(
        "countresponses",
        INPUT=profile,
        RESPONSES=SAMPLE / "replies" / "survey_replies.csv",
        POSTCODES=SAMPLE / "replies" / "postcodes.csv",
        OUTPUT=folder / f"counted_{suppression}.gpkg",
    )
    return run(
        "measurevoice",
        INPUT=counted.layer,
        SUPPRESSION=suppression,
        OUTPUT=folder / f"voice_{suppression}.gpkg",
    ).layer


def explored(layer, **settings):
    """Return a layer as the panel explores it, and ranks it at once."""
    asked = replace(Settings(draws=200), **settings)
    exploration = Reading(layer, asked, QgsProject.instance()).read(QgsProcessingFeedback(False))
    return exploration, exploration.at_once(asked), asked


def in_draws(exploration, asked):
    """Return the ranking tested in draws."""
    return exploration.tested(asked, QgsProcessingFeedback(False))
