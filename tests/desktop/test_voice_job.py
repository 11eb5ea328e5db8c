"""Voice in the real desktop: replies counted, held against the residents, ranked and on the map."""

import shutil

import pytest

pytestmark = pytest.mark.desktop

SCRIPT = """
    from pathlib import Path

    from qgis import processing
    from qgis.core import QgsProcessingFeedback, QgsProject, QgsVectorLayer

    FOLDER = Path(FOLDER_PATH)
    REPLIES = str(FOLDER / "replies" / "survey_replies.csv")
    POSTCODES = str(FOLDER / "replies" / "postcodes.csv")

    def layer_of(name):
        layers = QgsProject.instance().mapLayers().values()
        return next(l for l in layers if name in l.source())

    def legend(layer):
        return [item.label() for item in layer.renderer().legendSymbolItems()]

    def main(iface):
        project = QgsProject.instance()
        project.addMapLayer(QgsVectorLayer(str(FOLDER / "areas.gpkg"), "Areas", "ogr"))
        tables = [str(FOLDER / f"census2021-ts0{n}-lsoa.csv") for n in (21, 29, 45)]
        file = {name: str(FOLDER / f"{name}.gpkg") for name in (
            "profile", "counted", "voice", "ranked")}
        # the first and the last steps in their dialogs, the others as a script would
        done = [run("profileareas", {
            "INPUT": layer_of("areas.gpkg").id(), "OUTPUT": file["profile"],
            "TABLES": [*tables, str(FOLDER / "File_7_IoD2025.csv")]})[0]]
        feedback = QgsProcessingFeedback()
        processing.run("seldomheard:countresponses", {
            "INPUT": layer_of("profile.gpkg"), "RESPONSES": REPLIES, "POSTCODE_FIELD": "postcode",
            "POSTCODES": POSTCODES, "GROUP_FIELD": "ethnic_group", "OUTPUT": file["counted"],
            "UNPLACED": str(FOLDER / "unplaced.csv")}, feedback=feedback)
        processing.run("seldomheard:representation", {
            "INPUT": file["profile"], "RESPONSES": REPLIES, "GROUP_FIELD": "ethnic_group",
            "OUTPUT": str(FOLDER / "groups.csv")}, feedback=feedback)
        counted = QgsVectorLayer(file["counted"], "Counted", "ogr")
        project.addMapLayer(counted)
        done.append(run("measurevoice", {
            "INPUT": counted.id(), "OUTPUT": file["voice"],
            "REPORT": str(FOLDER / "voice.html")})[0])
        voice = layer_of("voice.gpkg")
        done.append(run("findseldomheard", {
            "INPUT": voice.id(), "OUTPUT": file["ranked"], "DRAWS": 200})[0])
        ranked = layer_of("ranked.gpkg")
        # the layer of voice on top, which the picture shows
        root = project.layerTreeRoot()
        for layer in project.mapLayers().values():
            root.findLayer(layer.id()).setItemVisibilityChecked(layer.id() == voice.id())
        iface.setActiveLayer(voice)
        iface.zoomToActiveLayer()
        iface.layerTreeView().expandAll()
        iface.mapCanvas().waitWhileRendering()
        wait(1)
        return {
            "done": done,
            "names": [voice.name(), ranked.name()],
            "renderers": [voice.renderer().type(), ranked.renderer().type()],
            "legends": [legend(voice), legend(ranked)],
            "classes": sorted({f["voice_class"] for f in voice.getFeatures()}),
            "replies": sum(f["resp_total"] for f in counted.getFeatures()),
            "unplaced": len((FOLDER / "unplaced.csv").read_text("utf-8").splitlines()) - 1,
            "log": feedback.textLog() + (FOLDER / "unplaced.csv").read_text("utf-8"),
        }
"""


def test_voice_in_the_toolbox(desktop, root, tmp_path):
    folder = tmp_path / "city"
    shutil.copytree(root / "resources" / "sample", folder)
    run = desktop(SCRIPT.replace("FOLDER_PATH", repr(str(folder))))
    assert run.complaints() == []
    assert run.result["done"] == [True] * 3
    assert run.result["replies"] == 6_486
    assert run.result["replies"] + run.result["unplaced"] == 7_164
    assert {"much lower", "lower", "as expected"} <= set(run.result["classes"])
    assert run.result["renderers"] == ["RuleRenderer"] * 2
    voice, ranked = run.result["legends"]
    assert any("uch lower" in label for label in voice)
    assert len(ranked) > 2
    # replies were counted, so what was said is no longer only possible
    assert "otentially" not in run.result["names"][1]
    assert "EF1 " not in run.result["log"]
    assert (folder / "voice.html").stat().st_size > 2_000
    assert (folder / "groups.csv").read_text("utf-8").count("\n") > 5
    assert not [message.text for message in run.log if message.level == 2]
