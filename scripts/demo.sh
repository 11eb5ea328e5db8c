#!/usr/bin/env bash
# The main job on the invented sample city: check the tables, profile the areas, count the replies of a
# survey, measure who was not heard, rank the areas, map them.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/qgis_env.sh

sample=resources/sample
replies=$sample/replies/survey_replies.csv
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
step "Counting the replies" seldomheard:countresponses \
  --INPUT="$out/profile.gpkg" --RESPONSES="$replies" --POSTCODE_FIELD=postcode \
  --POSTCODES="$sample/replies/postcodes.csv" --GROUP_FIELD=ethnic_group \
  --OUTPUT="$out/counted.gpkg" --UNPLACED="$out/unplaced.csv"
step "Measuring voice" seldomheard:measurevoice \
  --INPUT="$out/counted.gpkg" --NAME_FIELD=LSOA21NM --OUTPUT="$out/voice.gpkg" \
  --REPORT="$out/voice.html"
step "Holding groups against the residents" seldomheard:representation \
  --INPUT="$out/profile.gpkg" --RESPONSES="$replies" --GROUP_FIELD=ethnic_group \
  --OUTPUT="$out/groups.csv" --REPORT="$out/groups.html"
step "Finding areas that are seldom heard" seldomheard:findseldomheard \
  --INPUT="$out/voice.gpkg" --TOP=10% --NAME_FIELD=LSOA21NM --OUTPUT="$out/seldom-heard.gpkg" \
  --SENSITIVITY="$out/sensitivity.csv" --REPORT="$out/seldom-heard.html"
for ending in pdf png; do
  step "Drawing the map ($ending)" seldomheard:exportmap \
    --INPUT="$out/seldom-heard.gpkg" --TITLE="Exampleford, an invented city: seldom heard areas" \
    --PAPER=A4 --OUTPUT="$out/map.$ending"
done
step "Drawing the map of voice" seldomheard:exportmap \
  --INPUT="$out/voice.gpkg" --VIEW=voice --TITLE="Exampleford, an invented city: who replied" \
  --PAPER=A4 --OUTPUT="$out/voice-map.pdf"
rm -f "$out/areas.gpkg" "$out/counted.gpkg"
python3 scripts/demo_summary.py "$out"
