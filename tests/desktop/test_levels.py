"""Levels and comparisons in the real desktop: wards, a funnel, inequality, small counts hidden."""

import shutil

import pytest

pytestmark = pytest.mark.desktop

SCRIPT = """
    from pathlib import Path

    from qgis.core import QgsProject, QgsVectorLayer

    FOLDER = Path(FOLDER_PATH)

    def main(iface):
        project = QgsProject.instance()
        areas = QgsVectorLayer(str(FOLDER / "areas.gpkg"), "Areas", "ogr")
        project.addMapLayer(areas)
        tables = ("census2021-ts029-lsoa.csv", "File_7_IoD2025.csv")
        file = {name: str(FOLDER / name) for name in (
            "profile.gpkg", "places.gpkg", "compared.gpkg", "funnel.png", "compared.html",
            "inequality.gpkg", "inequality.html", "hidden.gpkg", "hidden.html")}
        done = [run("profileareas", {
            "INPUT": areas.id(), "TABLES": [str(FOLDER / name) for name in tables],
            "OUTPUT": file["profile.gpkg"]})]
        profile = next(l for l in project.mapLayers().values() if "profile" in l.source())
        done.append(run("aggregateareas", {
            "INPUT": profile.id(), "GROUP_FIELD": PLACE, "WEIGHT_FIELD": "lang_total",
            "OUTPUT": file["places.gpkg"]}))
        done.append(run("suppresscounts", {
            "INPUT": profile.id(), "RULE": "nhs", "OUTPUT": file["hidden.gpkg"],
            "REPORT": file["hidden.html"]}))
        done.append(run("measureinequality", {
            "INPUT": profile.id(), "FIELD": "lang_low_english_n",
            "RANK_FIELD": "dep_imd_decile", "OUTPUT": file["inequality.gpkg"],
            "REPORT": file["inequality.html"]}))
        done.append(run("comparebenchmark", {
            "INPUT": profile.id(), "COUNT_FIELD": "lang_low_english_n",
            "OUTPUT": file["compared.gpkg"], "PLOT": file["funnel.png"],
            "REPORT": file["compared.html"]}))
        made = [l for l in project.mapLayers().values() if l.name() != "Areas"]
        top = next(l for l in made if "compared" in l.source())
        iface.setActiveLayer(top)
        iface.zoomToActiveLayer()
        iface.layerTreeView().expandAll()
        iface.mapCanvas().waitWhileRendering()
        wait(1)
        places = next(l for l in made if "places" in l.source())
        return {
            "done": [fine for fine, _ in done],
            "help": [len(text) for _, text in done],
            "files": {name: Path(path).stat().st_size for name, path in file.items()},
            "legend": [i.label() for i in top.renderer().legendSymbolItems()],
            "people": {
                l.source().split("/")[-1]: sum(f["lang_total"] for f in l.getFeatures())
                for l in (profile, places)
            },
            "hidden": sum(
                1 for l in made if "hidden" in l.source()
                for f in l.getFeatures() if f["lang_low_english_n"] in (1, 2, 3, 4, 5, 6, 7)
            ),
        }
"""


def test_levels_and_comparisons_in_the_toolbox(desktop, root, tmp_path):
    folder = tmp_path / "city"
    shutil.copytree(root / "resources" / "sample", folder)
    script = SCRIPT.replace("FOLDER_PATH", repr(str(folder))).replace("PLACE", repr("WD24CD"))
    run = desktop(script)
    assert run.complaints() == []
    assert run.result["done"] == [True] * 5
    assert min(run.result["help"]) > 1000
    assert min(run.result["files"].values()) > 500
    assert len(set(run.result["people"].values())) == 1
    assert run.result["hidden"] == 0
    ends = ("Much lower than the benchmark", "Much higher than the benchmark")
    assert all(any(text.startswith(end) for text in run.result["legend"]) for end in ends)
    assert not [message.text for message in run.log if message.level == 2]
