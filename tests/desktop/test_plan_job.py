"""The whole job without a desktop: the shell example and the model, through qgis_process."""

from __future__ import annotations

import os
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.desktop

POSTCODE_OF_SAMPLE = "EF1 "
STEPS = (
    *("check-inputs", "profile", "count", "voice", "groups", "rank", "quotas", "venues"),
    *("map", "voice-map", "atlas", "plan"),
)


@pytest.fixture(scope="module")
def sample(root: Path) -> Path:
    return root / "resources" / "sample"


@pytest.fixture
def environment(root: Path, tmp_path: Path) -> dict[str, str]:
    """A profile of its own with the plugin, and no way into a network that a proxy could give."""
    plugins = tmp_path / "plugins"
    plugins.mkdir()
    (plugins / "seldom_heard").symlink_to(root, target_is_directory=True)
    return os.environ | {
        "QGIS_PLUGINPATH": str(plugins),
        "QGIS_CUSTOM_CONFIG_PATH": str(tmp_path / "profile"),
        "QT_QPA_PLATFORM": "offscreen",
        "http_proxy": "http://127.0.0.1:9",
        "https_proxy": "http://127.0.0.1:9",
    }


@pytest.fixture
def inputs(sample: Path, tmp_path: Path) -> Path:
    """The raw files as the example wants them, in a folder whose name a shell could break."""
    folder = tmp_path / "raw $files & 'more'"
    (folder / "tables").mkdir(parents=True)
    for name in ("areas.gpkg", "wards.gpkg", "venues.gpkg"):
        shutil.copy(sample / name, folder)
    shutil.copy(sample / "replies" / "survey_replies.csv", folder / "replies.csv")
    shutil.copy(sample / "replies" / "postcodes.csv", folder)
    for name in ("ts021", "ts025", "ts029"):
        shutil.copy(sample / f"census2021-{name}-lsoa.csv", folder / "tables")
    shutil.copy(sample / "File_7_IoD2025.csv", folder / "tables")
    return folder


def ran(command: list[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a command, cut off from every network where this machine allows that."""
    alone = ["unshare", "--net", "--map-root-user"]
    if subprocess.run([*alone, "true"], capture_output=True, check=False).returncode == 0:
        command = [*alone, *command]
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=600, check=False
    )


def qgis_process() -> str:
    program = shutil.which("qgis_process.bin") or shutil.which("qgis_process")
    assert program, "QGIS is not installed: run scripts/setup.sh test"
    return program


def whole(folder: Path) -> None:
    """Hold what every plan must have."""
    for name in ("map.pdf", "atlas.pdf"):
        assert (folder / name).read_bytes().startswith(b"%PDF"), name
        assert (folder / name).stat().st_size < 10_000_000, name
    page = (folder / "plan.html").read_text("utf-8")
    assert "qgis_process run seldomheard:profileareas" in page
    assert "qgis_process run seldomheard:exportplan" in page
    assert "src=" not in page.replace('src="data:', "") and "Traceback" not in page
    assert zipfile.ZipFile(folder / "plan.xlsx").testzip() is None
    tables = sorted(path.name for path in (folder / "plan_tables").iterdir())
    assert any("priority-areas" in name for name in tables), tables
    assert any("venues" in name for name in tables) and any("quotas" in name for name in tables)


def test_shell_example_makes_a_plan_and_never_half_a_one(root, environment, inputs, tmp_path):
    script, out = str(root / "docs" / "examples" / "quarterly_plan.sh"), tmp_path / "my plans"
    settings = environment | {
        "IN": str(inputs),
        "OUT": str(out),
        "OPENING_FIELD": "preferred_opening",
        "TITLE": "Who is 'seldom' heard & where: $HOME",
        "DRAWS": "200",
    }
    done = ran([script], settings)
    assert done.returncode == 0, done.stdout + done.stderr
    (folder,) = out.iterdir()
    assert folder.name.count("-") == 2, "one folder, named by the day"
    logs = sorted((folder / "private" / "logs").iterdir())
    assert [log.name[3:-4] for log in logs] == list(STEPS)
    assert not [log.name for log in logs if POSTCODE_OF_SAMPLE in log.read_text("utf-8")]
    whole(folder)
    page = (folder / "plan.html").read_text("utf-8")
    assert "heard &amp; where: $HOME" in page
    public = [p for p in folder.rglob("*") if p.is_file() and "private" not in p.parts]
    told = [p.name for p in public if p.suffix in (".html", ".csv")
            and POSTCODE_OF_SAMPLE in p.read_text("utf-8", errors="replace")]  # fmt: skip
    assert told == [], "postcodes stay in the private folder"
    assert (folder / "private" / "unplaced.csv").is_file()

    # a run that fails keeps what there was, says where it stopped, and leaves no plan
    (inputs / "replies.csv").write_text("nothing\n", encoding="utf-8")
    failed = ran([script], settings)
    assert failed.returncode != 0
    assert "count failed" in failed.stderr and "03-count.log" in failed.stderr
    left = sorted(path.name for path in out.iterdir())
    assert left == [folder.name, f"{folder.name}-2.part"]
    whole(folder)


def test_shell_example_names_what_is_not_there(root, environment, inputs, tmp_path):
    script, out = str(root / "docs" / "examples" / "quarterly_plan.sh"), tmp_path / "out"
    (inputs / "venues.gpkg").unlink()
    done = ran([script], environment | {"IN": str(inputs), "OUT": str(out)})
    assert done.returncode != 0 and "venues.gpkg" in done.stderr
    assert not out.exists()


def test_model_makes_a_plan_from_raw_files(root, environment, inputs, tmp_path):
    enabled = ran([qgis_process(), "plugins", "enable", "seldom_heard"], environment)
    assert enabled.returncode == 0, enabled.stderr
    out = tmp_path / "out"
    out.mkdir()
    tables = [f"--TABLES={path}" for path in sorted((inputs / "tables").iterdir())]
    given = {
        "INPUT": inputs / "areas.gpkg",
        "NAME_FIELD": "LSOA21NM",
        "RESPONSES": inputs / "replies.csv",
        "POSTCODES": inputs / "postcodes.csv",
        "GROUP_FIELD": "ethnic_group",
        "OPENING_FIELD": "preferred_opening",
        "VENUES": inputs / "venues.gpkg",
        "VENUE_NAME_FIELD": "name",
        "WARDS": inputs / "wards.gpkg",
        "WARD_NAME_FIELD": "WD24NM",
        "TITLE": "The model's plan",
        "SUPPRESSION": "nhs",
        "planvenues:AREAS": out / "areas.gpkg",
        "planvenues:CHOSEN": out / "venues.gpkg",
        "representation:GROUPS": out / "groups.csv",
        "exportmap:MAP": out / "map.pdf",
        "exportatlas:ATLAS": out / "atlas.pdf",
        "exportplan:PLAN": out / "plan.html",
    }
    model = str(root / "resources" / "models" / "engagement_plan.model3")
    words = [f"--{name}={value}" for name, value in given.items()]
    done = ran([qgis_process(), "run", model, *tables, *words], environment)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert POSTCODE_OF_SAMPLE not in done.stdout
    whole(out)
    page = (out / "plan.html").read_text("utf-8")
    # each step of the model is told as a command that reads what the one before wrote
    for name in ("profileareas", "countresponses", "measurevoice", "findseldomheard"):
        assert f"--OUTPUT={name}.gpkg" in page and f"--INPUT={name}.gpkg" in page, name
    assert "--PEOPLE_FIELD=lang_low_english_n" in page, "what the model takes where none is given"
