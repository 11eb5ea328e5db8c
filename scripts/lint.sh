#!/usr/bin/env bash
# Style, types and metadata. usage: lint.sh [types]
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
scripts/setup.sh lint

# Types are checked under the name that QGIS imports the plugin by, so that relative imports resolve.
check_types() {
  local packages=() name
  mkdir -p build/plugins
  ln -sfn "$root" build/plugins/seldom_heard
  for name in taxonomies methods; do
    [[ -f $name/__init__.py ]] && packages+=(-p "seldom_heard.$name")
  done
  ((${#packages[@]})) || return 0
  (cd build/plugins && "$root/.venv-lint/bin/mypy" --config-file "$root/pyproject.toml" \
    --cache-dir "$root/.mypy_cache" "${packages[@]}")
}

if [[ ${1:-} == types ]]; then
  check_types
  exit
fi
.venv-lint/bin/ruff check .
.venv-lint/bin/ruff format --check .
check_types
python3 scripts/check_metadata.py
