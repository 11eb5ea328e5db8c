#!/usr/bin/env bash
# The main job on the invented sample city: check the tables, profile the areas, count the replies of a
# survey, measure who was not heard, rank the areas, plan replies and venues, and put it all on maps and
# into a plan.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/qgis_env.sh

sample=resources/sample
replies=$sample/replies/survey_replies.csv
out=demo
log=$out/log.txt
mkdir -p "$out"
rm -rf "$out"/*

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
# copies, because opening a GeoPackage may change its bytes
inputs=$(mktemp -d)
trap 'rm -rf "$inputs"' EXIT
cp "$sample"/{areas,wards,venues}.gpkg "$inputs"
city="Exampleford, an invented city"

step "Checking the published tables" seldomheard:checkinputs \
  --INPUT="$inputs/areas.gpkg" "${tables[@]}" --REPORT="$out/checked-inputs.html"
step "Profiling the areas" seldomheard:profileareas \
  --INPUT="$inputs/areas.gpkg" "${tables[@]}" --LEVEL=category --OUTPUT="$out/profile.gpkg"
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
step "Planning the replies to win" seldomheard:planquotas \
  --INPUT="$out/seldom-heard.gpkg" --NAME_FIELD=LSOA21NM --GROUP_FIELDS=eth_asian_n \
  --GROUP_FIELDS=eth_black_n --GROUP_FIELDS=eth_mixed_n --GROUP_FIELDS=eth_white_n \
  --GROUP_FIELDS=eth_other_n --OUTPUT="$inputs/quotas.gpkg" --TABLE="$out/quotas.csv" \
  --REPORT="$out/quotas.html"
step "Choosing venues" seldomheard:planvenues \
  --INPUT="$inputs/quotas.gpkg" --NAME_FIELD=LSOA21NM --VENUES="$inputs/venues.gpkg" \
  --VENUE_NAME_FIELD=name --NUMBER=8 --REACH=1000 --PEOPLE_FIELD=lang_low_english_n \
  --OUTPUT="$out/venues.gpkg" --REACHED="$out/plan.gpkg" --REPORT="$out/venues.html"
for ending in pdf png; do
  step "Drawing the map ($ending)" seldomheard:exportmap \
    --INPUT="$out/plan.gpkg" --TITLE="$city: seldom heard areas" --WARDS="$inputs/wards.gpkg" \
    --VENUES="$out/venues.gpkg" --PAPER=A4 --OUTPUT="$out/map.$ending"
done
step "Drawing the map of voice" seldomheard:exportmap \
  --INPUT="$out/voice.gpkg" --VIEW=voice --TITLE="$city: who replied" \
  --PAPER=A4 --OUTPUT="$out/voice-map.pdf"
step "Drawing the atlas" seldomheard:exportatlas \
  --INPUT="$out/plan.gpkg" --NAME_FIELD=LSOA21NM --PAGES=wards --WARDS="$inputs/wards.gpkg" \
  --WARD_NAME_FIELD=WD24NM --TITLE="$city: ward by ward" --DPI=150 --OUTPUT="$out/atlas.pdf"
step "Writing the plan" seldomheard:exportplan \
  --INPUT="$out/plan.gpkg" --NAME_FIELD=LSOA21NM --TITLE="$city: engagement plan" \
  --VENUES="$out/venues.gpkg" --GROUPS="$out/groups.csv" --SENSITIVITY="$out/sensitivity.csv" \
  --RESPONSES="$replies" --OPENING_FIELD=preferred_opening --WARDS="$inputs/wards.gpkg" \
  --CONTACT="Nobody: the city is invented." --OUTPUT="$out/plan.html"
rm -f "$out/counted.gpkg"
python3 scripts/demo_summary.py "$out"
