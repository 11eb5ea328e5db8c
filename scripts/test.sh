#!/usr/bin/env bash
# Runs the tests in one pytest, so that there is one summary, on up to four cores; the tests of a file
# stay together. Arguments go to pytest; single files run in one process.
# usage: test.sh [newest] [pytest's arguments]
#   newest  the unit tests alone, on the newest pandas and without QGIS
set -euo pipefail
cd "$(dirname "$0")/.."

if [[ ${1:-} == newest ]]; then
  shift
  exec .venv-newest/bin/python -m pytest tests/unit "$@"
fi

[[ "$*" == *.py* ]] || set -- --numprocesses=auto --maxprocesses=4 --dist=loadfile "$@"
# A profile that no run before has written to.
QGIS_CUSTOM_CONFIG_PATH=$(mktemp -d)
trap 'rm -rf "$QGIS_CUSTOM_CONFIG_PATH"' EXIT
source scripts/qgis_env.sh
# QGIS is not taken down before Python: layers that a failed test still holds would crash it.
.venv/bin/python -m pytest --qgis_disable_exit "$@"
