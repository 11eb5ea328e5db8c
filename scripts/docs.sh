#!/usr/bin/env bash
# Builds the documentation into build/site; a broken link is an error. `docs.sh serve` shows it.
set -euo pipefail
cd "$(dirname "$0")/.."
export NO_MKDOCS_2_WARNING=1 # about a version we do not use
scripts/setup.sh docs
if [[ ${1:-} == serve ]]; then
  exec .venv-docs/bin/mkdocs serve
fi
.venv-docs/bin/mkdocs build --strict --quiet "$@"
echo "build/site/index.html"
