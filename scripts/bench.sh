#!/usr/bin/env bash
# Speed and memory against QGIS's own copy of the layer and against geopandas, as tables on the screen.
# It is a benchmark, not a test: it fails only when a command does, or when the figures differ.
#   SELDOM_HEARD_BENCH_AREAS=188880  areas in the made-up country
#   SELDOM_HEARD_BENCH_ROUNDS=5      rounds, of which the medians are shown
#   SELDOM_HEARD_BENCH_PROFILE=1     the plugin under cProfile instead, to see where the time goes
set -euo pipefail
cd "$(dirname "$0")/.."

# users have the bytecode; without it each start would compile the plugin anew
unset PYTHONDONTWRITEBYTECODE
export QGIS_CUSTOM_CONFIG_PATH=$PWD/build/bench/profile_with
source scripts/qgis_env.sh
if [[ -z $QGIS_PROCESS ]]; then
  echo "QGIS is not installed: run scripts/setup.sh run" >&2
  exit 1
fi

areas=${SELDOM_HEARD_BENCH_AREAS:-188880}
few=2000
/usr/bin/python3 scripts/bench/make_data.py "$areas"
if [[ -n ${SELDOM_HEARD_BENCH_PROFILE:-} ]]; then
  exec /usr/bin/python3 scripts/bench/profile_plugin.py "$areas"
fi
/usr/bin/python3 scripts/bench/make_data.py "$few"
"$QGIS_PROCESS" plugins enable seldom_heard >/dev/null 2>&1 || true # an error where it is already
.venv-bench/bin/python scripts/bench/check_same.py "$few"
/usr/bin/python3 scripts/bench/methods.py
/usr/bin/python3 scripts/bench/score.py
/usr/bin/python3 scripts/bench/clusters.py
/usr/bin/python3 scripts/bench/panel.py
/usr/bin/python3 scripts/bench/run.py "$areas" "$@"
