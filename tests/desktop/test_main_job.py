"""The main job as an officer does it: in the dialogs of the Toolbox, on the map."""

import shutil

import pytest

pytestmark = pytest.mark.desktop

SCRIPT = """
    from pathlib import Path

    from qgis.core import QgsProject, QgsVectorLayer

    FOLDER = Path(FOLDER_PATH)

    def newest(name):
        return next(l for l in QgsProject.instance().mapLayers().values() if l.name() == name)

    def main(iface):
        areas = QgsVectorLayer(str(FOLDER / "areas.gpkg"), "Areas", "ogr")
        QgsProject.instance().addMapLayer(areas)
        tables = [str(path) for path in sorted(FOLDER.glob("*.csv"))]
        done = [run("profileareas", {
            "INPUT": areas.id(), "TABLES": tables, "OUTPUT": str(FOLDER / "profile.gpkg")})]
        profiled = newest("Profiled areas")
        done.append(run("findseldomheard", {
            "INPUT": profiled.id(), "OUTPUT": "memory:", "DRAWS": 200}))
        ranked = newest("Potentially seldom heard areas")
        done.append(run("exportmap", {
            "INPUT": ranked.id(), "OUTPUT": str(FOLDER / "map.pdf"), "DPI": 96}))
        iface.setActiveLayer(ranked)
        iface.zoomToActiveLayer()
        iface.mapCanvas().waitWhileRendering()
        wait(1)
        return {
            "done": [fine for fine, _ in done],
            "features": [profiled.featureCount(), ranked.featureCount()],
            "renderers": [profiled.renderer().type(), ranked.renderer().type()],
            "alias": profiled.attributeAlias(profiled.fields().indexOf("lang_low_english_pct")),
            "codes": len(profiled.uniqueValues(profiled.fields().indexOf("LSOA21CD"))),
        }
"""


def test_main_job_in_the_toolbox(desktop, root, tmp_path):
    folder = tmp_path / "city"
    folder.mkdir()
    for path in (root / "resources" / "sample").iterdir():
        if path.suffix in (".csv", ".gpkg"):
            shutil.copy(path, folder)
    run = desktop(SCRIPT.replace("FOLDER_PATH", repr(str(folder))))
    assert run.complaints() == []
    assert run.result["done"] == [True, True, True]
    assert run.result["features"] == [340, 340]
    assert run.result["codes"] == 340
    assert run.result["renderers"] == ["RuleRenderer", "RuleRenderer"]
    assert run.result["alias"].startswith("Cannot speak English well or at all")
    assert (folder / "map.pdf").read_bytes().startswith(b"%PDF")
    assert not [message.text for message in run.log if message.level == 2]
