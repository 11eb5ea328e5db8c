"""Commands that are shown to users: scripts, documentation, the model; every word is known."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys

import pytest
from qgis.core import QgsProcessingModelAlgorithm, QgsProcessingParameterDefinition

from .helpers import ROOT, algorithm, ensure_provider

MODEL = ROOT / "resources" / "models" / "engagement_plan.model3"
EXAMPLES = ROOT / "docs" / "examples"
SHELL, WINDOWS = EXAMPLES / "quarterly_plan.sh", EXAMPLES / "quarterly_plan.bat"
WORD = re.compile(r"--([A-Z][A-Z0-9_]*)=")
OPTIONAL = QgsProcessingParameterDefinition.Flag.FlagOptional


def joined(path) -> list[str]:
    """Return the lines of a file, those that go on taken together."""
    text = path.read_text("utf-8").replace("\r\n", "\n")
    return re.sub(r"\\\n\s*", " ", text).split("\n")


def commands(path) -> list[tuple[str, list[str]]]:
    """Return the algorithms that a file runs, each with the parameters it gives."""
    starts = (
        r"^step [a-z-]+ (\w+) ",  # the shell example
        r'^step "[^"]*" seldomheard:(\w+) ',  # the demo
        r"^call :step \S+ (\w+) ",  # Windows
        r"^\s*step \"Drawing the map \([^)]*\)\" seldomheard:(\w+) ",
        r"^\s*qgis_process run seldomheard:(\w+) ",
    )
    found = []
    for line in joined(path):
        for start in starts:
            match = re.match(start, line)
            if match and WORD.search(line):
                found.append((match[1], WORD.findall(line)))
                break
    return found


@pytest.mark.parametrize(
    ("path", "least"),
    [
        (SHELL, 12),
        (WINDOWS, 12),
        (ROOT / "scripts" / "demo.sh", 12),
        (ROOT / "docs" / "batch.md", 6),
    ],
    ids=["shell", "windows", "demo", "documentation"],
)
def test_every_parameter_that_users_are_shown_is_one(path, least):
    found = commands(path)
    assert len(found) >= least, found
    for name, given in found:
        run = algorithm(name)  # its definitions go with it
        known = {one.name(): one for one in run.parameterDefinitions()}
        assert [word for word in given if word not in known] == [], f"{path.name}: {name}"
        must = {key for key, one in known.items() if not one.flags() & OPTIONAL}  # not optional
        lacking = (
            must - {*given} - {k for k, one in known.items() if one.defaultValue() is not None}
        )
        assert not lacking, f"{path.name}: {name} lacks {lacking}"


def test_both_examples_do_the_same_in_the_same_order():
    shell, windows = (
        [(name, sorted({*given} - {"TABLES"})) for name, given in commands(path)]
        for path in (SHELL, WINDOWS)
    )
    quotas = [at for at, (name, _) in enumerate(shell) if name == "planquotas"]
    for at in quotas:  # in the shell these come from a list
        shell[at][1].append("GROUP_FIELDS")
        shell[at][1].sort()
    assert shell == windows


def test_the_file_for_windows_has_lines_as_windows_has_them():
    data = WINDOWS.read_bytes()
    assert data.count(b"\n") == data.count(b"\r\n") > 50
    assert data.isascii(), "the code page of the console is not known"
    assert max(map(len, data.split(b"\r\n"))) < 2000


def test_shell_example_is_sound():
    done = subprocess.run(["bash", "-n", str(SHELL)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    text = SHELL.read_text("utf-8")
    assert "set -euo pipefail" in text and SHELL.stat().st_mode & 0o111
    bare = re.findall(r" --[A-Z_]+=\$\w+", text)
    assert bare == [], "a value that is not quoted"
    ran = [line for line in joined(SHELL) if line.startswith("step ")]
    assert len(ran) == 12 and all(line.count('"') % 2 == 0 for line in ran)


# --- the model


@pytest.fixture(scope="module")
def model(qgis_app):
    ensure_provider()
    model = QgsProcessingModelAlgorithm()
    assert model.fromFile(str(MODEL))
    return model


def test_model_is_what_the_script_makes():
    script = [sys.executable, str(ROOT / "scripts" / "make_model.py"), "--check"]
    done = subprocess.run(script, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr[-500:]


def test_each_step_of_the_model_is_known_and_given_what_it_takes(model):
    steps = model.childAlgorithms()
    assert len(steps) == 10
    for name, step in steps.items():
        assert step.algorithmId() == f"seldomheard:{name}"
        assert step.algorithm() is not None
        known = {one.name() for one in step.algorithm().parameterDefinitions()}
        assert {*step.parameterSources()} <= known, name
        outputs = {one.name() for one in step.algorithm().outputDefinitions()}
        assert {one.childOutputName() for one in step.modelOutputs().values()} <= outputs, name
        for sources in step.parameterSources().values():
            for source in sources:
                made = steps.get(source.outputChildId())
                if made is not None:
                    of = {one.name() for one in made.algorithm().outputDefinitions()}
                    assert source.outputName() in of, name
    fine, problems = model.validate()
    assert fine, problems


def test_small_counts_are_hidden_in_all_that_leaves_the_model(model):
    """Each step that can hide counts takes the rule, but those whose output stays inside."""
    inside = {"profileareas", "countresponses"}
    can = {
        name
        for name, step in model.childAlgorithms().items()
        if step.algorithm().parameterDefinition("SUPPRESSION") is not None
    }
    given = {
        name
        for name, step in model.childAlgorithms().items()
        for source in step.parameterSources().get("SUPPRESSION", [])
        if source.parameterName() == "SUPPRESSION"
    }
    assert can - inside == given
    outputs = {n: s.modelOutputs() for n, s in model.childAlgorithms().items() if n in inside}
    assert [*outputs["profileareas"]] == [] and [*outputs["countresponses"]] == ["UNPLACED"]


def test_model_asks_for_the_raw_files_and_little_else(model):
    asked = [one for one in model.parameterDefinitions() if not one.isDestination()]
    must = {
        one.name() for one in asked if not one.flags() & OPTIONAL and one.defaultValue() is None
    }
    assert must == {"INPUT", "TABLES", "RESPONSES", "VENUES"}


# --- what is shipped


def test_the_zip_holds_the_model_and_no_script_of_a_shell():
    spec = importlib.util.spec_from_file_location("package", ROOT / "scripts" / "package.py")
    package = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(package)
    assert package.is_shipped("resources/models/engagement_plan.model3")
    for script in ("docs/examples/quarterly_plan.sh", "scripts/make_model.py"):
        assert not package.is_shipped(script)
    inside = [path for path in package.git_files(ROOT) if package.is_shipped(path)]
    assert package.refusals(inside) == []
    assert package.refusals([*inside, "resources/models/run.bat"]) == [
        "resources/models/run.bat must not be shipped"
    ]
