"""Taxonomies in the real desktop: barriers on the map, and a list of one's own in the dialog."""

import shutil

import pytest

pytestmark = pytest.mark.desktop

SCRIPT = """
    from pathlib import Path

    from qgis.core import QgsProject, QgsVectorLayer

    FOLDER = Path(FOLDER_PATH)

    def main(iface):
        areas = QgsVectorLayer(str(FOLDER / "areas.gpkg"), "Areas", "ogr")
        QgsProject.instance().addMapLayer(areas)
        own = FOLDER / "own"
        done = [run("profilecustom", {
            "INPUT": areas.id(), "TABLES": [str(own / "own_survey_by_area.csv")],
            "TAXONOMY": str(own / "own_categories.csv"), "OUTPUT": str(FOLDER / "own.gpkg")})]
        done.append(run("profilecustom", {
            "INPUT": areas.id(), "TABLES": [str(FOLDER / "census2021-ts045-lsoa.csv")],
            "TAXONOMY": "census2021_ts045.json", "OUTPUT": str(FOLDER / "cars.gpkg")}))
        done.append(run("profilebarriers", {
            "INPUT": areas.id(), "OUTPUT": str(FOLDER / "barriers.gpkg"),
            "TABLES": [str(FOLDER / f"census2021-ts0{n}-lsoa.csv") for n in (38, 45)]}))
        layers = list(QgsProject.instance().mapLayers().values())
        made = [l for l in layers if l.name() != "Areas"]
        top = next(l for l in made if "barriers" in l.source())
        iface.setActiveLayer(top)
        iface.zoomToActiveLayer()
        iface.layerTreeView().expandAll()
        iface.mapCanvas().waitWhileRendering()
        wait(1)
        return {
            "done": [fine and "taxonomies.html#" in text for fine, text in done],
            "fields": sorted({f.name() for l in made for f in l.fields()}),
            "renderers": [l.renderer().type() for l in made],
        }
"""


def test_own_list_and_barriers_in_the_toolbox(desktop, root, tmp_path):
    folder = tmp_path / "city"
    shutil.copytree(root / "resources" / "sample", folder)
    run = desktop(SCRIPT.replace("FOLDER_PATH", repr(str(folder))))
    assert run.complaints() == []
    assert run.result["done"] == [True, True, True]
    assert run.result["renderers"] == ["RuleRenderer"] * 3
    fields = run.result["fields"]
    assert {"own_categories_post_pct", "barrier_hh_no_car_pct", "barrier_disabled_lot_n"} <= {
        *fields
    }
    assert not [message.text for message in run.log if message.level == 2]
