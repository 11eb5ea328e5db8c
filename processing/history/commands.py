"""The commands that made a layer, kept with it, oldest first; and the one that goes on from it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from qgis.core import QgsApplication, QgsMapLayer, QgsProcessingUtils

from ...layers.outputs import inherited
from .command import COMMENT, FILES, LAYERS, START, command_of, layers_of, told_by
from .names import as_read, fresh, is_passing, is_temporary, key_of, without_folders

HISTORY, MADE_AS = "history", "made_as"  # in what is kept with a layer; the latter is an output
MOST_COMMANDS, MOST_CHARACTERS = 40, 60_000  # of a history: a layer need not carry a book
FIRST = re.compile(re.escape(START) + "[a-z][a-z0-9]*")
WORD = re.compile("--([A-Z][A-Z0-9_]*)=(.*)", re.DOTALL)
OUTPUT = "OUTPUT"


def again(algorithm, parameters, context) -> list[str]:
    """Return the words of the ``qgis_process`` command that runs it again, defaults written out.

    They are quoted for a shell. What no command can say, a selection say, is a comment: the last.
    Call it on the thread that owns the layers.
    """
    layers = layers_of(algorithm, parameters, context)
    passing = {name: layer for name, layer in layers.items() if is_passing(layer)}
    told = told_by(algorithm, parameters, context, layers, _names_of(passing))
    return command_of(algorithm, told, told.read(algorithm))


def history(algorithm, parameters, context) -> list[list[str]]:
    """Return the commands that make the layers it reads, oldest first, and its own, the last.

    A file that was renamed since is called as it was when made. An output gets another name where
    one of the files has it: making things again must not write over anything.
    Call it on the thread that owns the layers.
    """
    layers = layers_of(algorithm, parameters, context)
    before: list[list[str]] = []
    called = {}
    for name, layer in layers.items():
        kept, _ = inherited(layer)
        before, own = merged(before, history_of(kept))
        called[name] = _called(own, layer, kept)
    for name in algorithm.TABLE_PARAMETERS:
        called[name] = _passed(parameters.get(name), before, context)
    told = told_by(algorithm, parameters, context, layers, called)
    taken = told.read(algorithm).union(*map(_keys, before))
    return bounded([*before, command_of(algorithm, told, taken)])


def history_of(kept: Mapping[str, Any]) -> list[list[str]]:
    """Return the commands among what a layer carries, those that are whole.

    A layer may come from anyone, and commands are there to be run: nothing but runs of our own
    algorithms is taken, quoted anew, that write where they are run.
    """
    found = kept.get(HISTORY)
    checked = [_checked(command) for command in found] if isinstance(found, list) else []
    return [command for command in checked if command]


def merged(
    first: Sequence[Sequence[str]], second: Sequence[Sequence[str]]
) -> tuple[list[list[str]], list[list[str]]]:
    """Return two histories as one, and the second as it is told there.

    What both have comes once. An output of the second that has the name of another file of the
    first gets one of its own, there and where it is read.
    """
    whole = [list(command) for command in first]
    told: list[list[str]] = []
    names: dict[str, str] = {}
    for command in second:
        new = _renamed(command, names)
        if new not in whole:
            taken: set[str] = set().union(*map(_keys, first))
            outputs = [value for _, value in _outputs(new).items()]
            changed = {key_of(value): fresh(value, taken) for value in outputs}
            names |= {key: value for key, value in changed.items() if key_of(value) != key}
            new = _renamed(new, names)
            whole.append(new)
        told.append(new)
    return whole, told


def needed(commands: Sequence[Sequence[str]]) -> list[str]:
    """Return the files that must lie there before commands are run: read, and written by none."""
    written: set[str] = set()
    files: dict[str, None] = {}
    for command in commands:
        outputs = _outputs(command)
        for name, value in _values(command):
            file = value.partition("|")[0]
            if name in outputs or not _is_file(command[0], name, file):
                continue
            if file.lower() not in written:
                files[file] = None
        written |= {as_read(value).partition("|")[0].lower() for value in outputs.values()}
    return list(files)


def _is_file(start: str, name: str, value: str) -> bool:
    """Return whether the value of a parameter names a file."""
    algorithm = _algorithm(start)
    definition = algorithm.parameterDefinition(name) if algorithm else None
    if definition is None or not Path(value).suffix:
        return False
    several = (algorithm.TABLE_PARAMETERS, algorithm.SOURCE_PARAMETERS, algorithm.FILE_PARAMETERS)
    return definition.type() in (*LAYERS, *FILES) or any(name in names for names in several)


def _names_of(layers: Mapping[str, QgsMapLayer]) -> dict[str, str]:
    """Return what layers are called in their own histories; those that have one."""
    told = {name: (layer, inherited(layer)[0]) for name, layer in layers.items()}
    names = {name: _called(history_of(kept), layer, kept) for name, (layer, kept) in told.items()}
    return {name: called for name, called in names.items() if called}


def bounded(commands: Sequence[list[str]]) -> list[list[str]]:
    """Return the latest commands, as many as a layer should carry; the last one always."""
    kept: list[list[str]] = []
    size = 0
    for command in reversed(commands):
        size += sum(map(len, command))
        if kept and (size > MOST_CHARACTERS or len(kept) >= MOST_COMMANDS):
            break
        kept.insert(0, command)
    return kept


def _passed(value: Any, commands: Sequence[Sequence[str]], context) -> str:
    """Return what a table that passes in a model was called when it was made, if that is known."""
    layer = value
    if isinstance(value, str) and value:
        layer = QgsProcessingUtils.mapLayerFromString(value, context, False)
    signs = {layer.name()} if isinstance(layer, QgsMapLayer) and is_passing(layer) else set()
    if isinstance(value, str) and is_temporary(value):
        signs.add(Path(value.partition("|")[0]).stem)  # an output that passes is called so
    made = ""
    for command in commands:
        written = _written_by(command[0])
        for name, text in _outputs(command).items():
            if name != OUTPUT and signs & {name, written[name]}:
                made = text
    return made


def _called(commands: Sequence[Sequence[str]], layer: QgsMapLayer, kept: Mapping) -> str:
    """Return what the last of some commands calls a layer that it made."""
    outputs = _outputs(commands[-1]) if commands else {}
    made = kept.get(MADE_AS)
    if made not in outputs:
        path = Path(layer.source().partition("|")[0])
        # an output that passes has the name of its parameter
        made = next((name for name, v in outputs.items() if path.name == v), path.stem)
    return as_read(outputs.get(made) or outputs.get(OUTPUT, ""))


def _checked(command: Any) -> list[str]:
    """Return a command that may be shown to be run, nothing for another one."""
    if not isinstance(command, list) or not all(isinstance(word, str) for word in command):
        return []
    if not command or not FIRST.fullmatch(command[0]):
        return []
    checked, comment = [command[0]], []
    written = _written_by(command[0])
    for word in command[1:]:
        if word.startswith(COMMENT):
            comment = [COMMENT + " ".join(word[len(COMMENT) :].split())]
            continue
        try:
            parts = shlex.split(word)
        except ValueError:
            return []
        found = WORD.fullmatch(parts[0]) if len(parts) == 1 else None
        if not found:
            return []
        value = without_folders(found[2]) if found[1] in written else found[2]
        checked.append(shlex.quote(f"--{found[1]}={value}"))
    return checked + comment


def _values(command: Sequence[str]) -> list[tuple[str, str]]:
    """Return names and values of the parameters of a command."""
    words = [shlex.split(word)[0] for word in command[1:] if not word.startswith(COMMENT)]
    return [(found[1], found[2]) for found in map(WORD.fullmatch, words) if found]


def _keys(command: Sequence[str]) -> set[str]:
    return {key_of(value) for _, value in _values(command)}


def _algorithm(start: str) -> Any:
    """Return the algorithm that a command runs, None for one of another version."""
    registry = QgsApplication.processingRegistry()
    return registry.algorithmById("seldomheard:" + start[len(START) :])


def _written_by(start: str) -> dict[str, str]:
    """Return the parameters by which an algorithm writes, each with its title."""
    algorithm = _algorithm(start)
    if algorithm is None:
        return {OUTPUT: ""}
    return {one.name(): one.description() for one in algorithm.destinationParameterDefinitions()}


def _outputs(command: Sequence[str]) -> dict[str, str]:
    written = _written_by(command[0])
    return {name: value for name, value in _values(command) if name in written}


def _renamed(command: Sequence[str], names: Mapping[str, str]) -> list[str]:
    """Return a command with other names for some files, by what they were called."""
    if not names:
        return list(command)
    written = _written_by(command[0])
    words = [command[0]]
    for name, value in _values(command):
        head, bar, where = value.partition("|subset=")
        new = names.get(key_of(value)) or names.get(key_of(head.partition("|layername=")[0]))
        if new:
            value = new if name in written else as_read(new) + bar + where
        words.append(shlex.quote(f"--{name}={value}"))
    return words + [word for word in command[1:] if word.startswith(COMMENT)]
