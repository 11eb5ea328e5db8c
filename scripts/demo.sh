#!/usr/bin/env bash
# The main job on the invented sample city: check the tables, profile the areas, rank them, map them.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/qgis_env.sh

sample=resources/sample
out=demo
log=$out/log.txt
mkdir -p "$out"
rm -f "$out"/*

# step NAME ALGORITHM [ARGUMENT...]: shows the log only when the step fails
step() {
  echo "$1 ..."
  shift
  if ! run_alg "$@" >>"$log" 2>&1; then
    tail -n 25 "$log" >&2
    exit 1
  fi
}

tables=()
for table in "$sample"/*.csv; do
  tables+=("--TABLES=$table")
done
# a copy, because opening a GeoPackage may change its bytes
cp "$sample/areas.gpkg" "$out/areas.gpkg"

step "Checking the published tables" seldomheard:checkinputs \
  --INPUT="$out/areas.gpkg" "${tables[@]}" --REPORT="$out/checked-inputs.html"
step "Profiling the areas" seldomheard:profileareas \
  --INPUT="$out/areas.gpkg" "${tables[@]}" --LEVEL=category --OUTPUT="$out/profile.gpkg"
step "Finding areas that are potentially seldom heard" seldomheard:findseldomheard \
  --INPUT="$out/profile.gpkg" --TOP=10% --OUTPUT="$out/seldom-heard.gpkg" \
  --SENSITIVITY="$out/sensitivity.csv"
for ending in pdf png; do
  step "Drawing the map ($ending)" seldomheard:exportmap \
    --INPUT="$out/seldom-heard.gpkg" --TITLE="Exampleford, an invented city: potentially seldom heard areas" \
    --PAPER=A4 --OUTPUT="$out/map.$ending"
done
rm -f "$out/areas.gpkg"
python3 scripts/demo_summary.py "$out"
