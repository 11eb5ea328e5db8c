#!/usr/bin/env bash
# An engagement plan from raw files to the PDF: for cron, or by hand. It needs no network.
#
# Every run makes a folder of its own, OUT/2026-04-01 say. The folder is called 2026-04-01.part until
# all of it is there. Where a step fails the run stops, says so, ends with a code other than 0, and
# leaves the .part folder with its logs; earlier plans stay as they are.
#
# Change the settings here, or set them in the environment:
#     IN=/srv/engagement/in OUT=/srv/engagement/out TITLE="Spring plan" ./quarterly_plan.sh
# cron, at 3 in the morning of the first day of each quarter:
#     0 3 1 1,4,7,10 * IN=/srv/engagement/in OUT=/srv/engagement/out /srv/engagement/quarterly_plan.sh
set -euo pipefail
umask 027 # replies are of people: nothing made here is for everyone on the machine

# --- settings -------------------------------------------------------------------------------------
: "${IN:=/srv/engagement/in}"             # folder of the raw files
: "${OUT:=/srv/engagement/out}"           # folder of the plans
: "${AREAS:=$IN/areas.gpkg}"              # polygons with area codes
: "${NAME_FIELD:=LSOA21NM}"               # their field with names
: "${TABLES:=$IN/tables}"                 # folder of published tables, as downloaded (.csv)
: "${REPLIES:=$IN/replies.csv}"           # a row for each reply
: "${POSTCODES:=$IN/postcodes.csv}"       # where postcodes lie: Code-Point Open, ONSPD or NSPL
: "${POSTCODE_FIELD:=postcode}"           # heading of the postcodes in the replies
: "${GROUP_FIELD:=ethnic_group}"          # heading of the group in the replies
: "${OPENING_FIELD:=}"                    # heading of the answers on opening times; none: empty
: "${VENUES:=$IN/venues.gpkg}"            # points
: "${VENUE_NAME_FIELD:=name}"             # their field with names
: "${NUMBER:=5}"                          # how many venues to choose
: "${REACH:=800}"                         # how far people go to one, in metres
: "${PEOPLE_FIELD:=lang_low_english_n}"   # whom they are to reach: a count that the profile makes
: "${WARDS:=$IN/wards.gpkg}"              # polygons: a page of the atlas for each
: "${WARD_NAME_FIELD:=WD24NM}"            # their field with names
: "${GROUP_COUNTS:=eth_asian_n eth_black_n eth_mixed_n eth_white_n eth_other_n}" # of the quotas
: "${TITLE:=Engagement plan}"             # of map, atlas and plan
: "${TOP:=10%}"                           # how many areas are the top: a number, or a percentage
: "${SUPPRESSION:=nhs}"                   # how small counts are hidden: none, nhs or ons10
: "${SOURCES:=}"                          # of the boundaries, such as: Contains OS data © Crown ...
: "${CONTACT:=}"                          # whom to ask for the plan in other formats
: "${DRAWS:=2000}"                        # how often the ranking is tested
: "${QGIS_PROCESS:=$(command -v qgis_process.bin || command -v qgis_process || true)}"
: "${QGIS_PLUGINPATH:=}"                  # the folder that holds seldom_heard, if it is in no profile

# --- before anything is made ----------------------------------------------------------------------
fail() {
  echo "quarterly_plan: $*" >&2
  exit 1
}

[[ -n $QGIS_PROCESS ]] || fail "qgis_process is not there: install QGIS, or set QGIS_PROCESS"
for file in "$AREAS" "$REPLIES" "$POSTCODES" "$VENUES" "$WARDS"; do
  [[ -f $file ]] || fail "there is no file $file"
done
shopt -s nullglob
tables=()
for table in "$TABLES"/*.csv; do
  tables+=("--TABLES=$table")
done
((${#tables[@]})) || fail "there is no table (.csv) in $TABLES"

export QT_QPA_PLATFORM=offscreen # no display
[[ -z $QGIS_PLUGINPATH ]] || export QGIS_PLUGINPATH
"$QGIS_PROCESS" plugins enable seldom_heard >/dev/null 2>&1 || true # fails where it is enabled
"$QGIS_PROCESS" help seldomheard:exportplan >/dev/null 2>&1 ||
  fail "QGIS has no plugin seldom_heard: install it, or set QGIS_PLUGINPATH to its parent folder"

# A folder that no other run has: making it fails where it is there.
mkdir -p "$OUT"
day=$(date +%Y-%m-%d)
name=$day number=1
until [[ ! -e $OUT/$name ]] && mkdir "$OUT/$name.part" 2>/dev/null; do
  number=$((number + 1)) name=$day-$number
  ((number < 100)) || fail "no folder can be made in $OUT"
done
out=$OUT/$name.part
mkdir "$out/data" "$out/private" "$out/private/logs"
chmod 700 "$out/private"

# --- steps ----------------------------------------------------------------------------------------
# step NAME ALGORITHM [ARGUMENT...]: runs it, keeps what it said in private/logs/NN-NAME.log, as
# logs tell how many counts are hidden. An argument without a value, --SOURCES= say, is left out.
count=0
step() {
  local title=$1 algorithm=$2 log word words=()
  shift 2
  for word; do
    [[ $word == --*= ]] || words+=("$word")
  done
  count=$((count + 1))
  log=$out/private/logs/$(printf '%02d' "$count")-$title.log
  echo "$(date +%H:%M:%S) $title"
  if ! "$QGIS_PROCESS" run "seldomheard:$algorithm" "${words[@]}" >"$log" 2>&1 </dev/null; then
    tail -n 15 "$log" >&2
    fail "$title failed; all it said is in $log"
  fi
}

quota_groups=()
for field in $GROUP_COUNTS; do
  quota_groups+=("--GROUP_FIELDS=$field")
done

step check-inputs checkinputs --INPUT="$AREAS" "${tables[@]}" --REPORT="$out/checked-inputs.html"
step profile profileareas --INPUT="$AREAS" "${tables[@]}" --OUTPUT="$out/data/profile.gpkg"
# replies that cannot be placed are listed with their postcodes, so the list is private
step count countresponses --INPUT="$out/data/profile.gpkg" --RESPONSES="$REPLIES" \
  --POSTCODE_FIELD="$POSTCODE_FIELD" --POSTCODES="$POSTCODES" --GROUP_FIELD="$GROUP_FIELD" \
  --OUTPUT="$out/private/counted.gpkg" --UNPLACED="$out/private/unplaced.csv"
# from here on small counts of replies are hidden
step voice measurevoice --INPUT="$out/private/counted.gpkg" --NAME_FIELD="$NAME_FIELD" \
  --SUPPRESSION="$SUPPRESSION" --OUTPUT="$out/data/voice.gpkg" --REPORT="$out/voice.html"
step groups representation --INPUT="$out/data/profile.gpkg" --RESPONSES="$REPLIES" \
  --GROUP_FIELD="$GROUP_FIELD" --SUPPRESSION="$SUPPRESSION" \
  --OUTPUT="$out/data/groups.csv" --REPORT="$out/groups.html"
step rank findseldomheard --INPUT="$out/data/voice.gpkg" --NAME_FIELD="$NAME_FIELD" --TOP="$TOP" \
  --DRAWS="$DRAWS" --SEED=1 --OUTPUT="$out/data/ranked.gpkg" \
  --SENSITIVITY="$out/data/sensitivity.csv" --REPORT="$out/ranking.html"
step quotas planquotas --INPUT="$out/data/ranked.gpkg" --NAME_FIELD="$NAME_FIELD" \
  "${quota_groups[@]}" --SUPPRESSION="$SUPPRESSION" --OUTPUT="$out/data/quotas.gpkg"
step venues planvenues --INPUT="$out/data/quotas.gpkg" --NAME_FIELD="$NAME_FIELD" \
  --VENUES="$VENUES" --VENUE_NAME_FIELD="$VENUE_NAME_FIELD" --NUMBER="$NUMBER" --REACH="$REACH" \
  --PEOPLE_FIELD="$PEOPLE_FIELD" --SUPPRESSION="$SUPPRESSION" --OUTPUT="$out/data/venues.gpkg" --REACHED="$out/data/areas.gpkg"
step map exportmap --INPUT="$out/data/areas.gpkg" --TITLE="$TITLE" --SOURCES="$SOURCES" \
  --WARDS="$WARDS" --WARD_NAME_FIELD="$WARD_NAME_FIELD" --VENUES="$out/data/venues.gpkg" \
  --VENUE_NAME_FIELD="$VENUE_NAME_FIELD" --OUTPUT="$out/map.pdf"
step voice-map exportmap --INPUT="$out/data/areas.gpkg" --VIEW=voice --SOURCES="$SOURCES" \
  --OUTPUT="$out/voice-map.pdf"
step atlas exportatlas --INPUT="$out/data/areas.gpkg" --NAME_FIELD="$NAME_FIELD" --PAGES=wards \
  --WARDS="$WARDS" --WARD_NAME_FIELD="$WARD_NAME_FIELD" --TITLE="$TITLE" --SOURCES="$SOURCES" \
  --SUPPRESSION="$SUPPRESSION" --OUTPUT="$out/atlas.pdf"
step plan exportplan --INPUT="$out/data/areas.gpkg" --NAME_FIELD="$NAME_FIELD" --TITLE="$TITLE" \
  --TOP="$TOP" --VENUES="$out/data/venues.gpkg" --GROUPS="$out/data/groups.csv" \
  --SENSITIVITY="$out/data/sensitivity.csv" --RESPONSES="$REPLIES" \
  --OPENING_FIELD="$OPENING_FIELD" --WARDS="$WARDS" --CONTACT="$CONTACT" \
  --SUPPRESSION="$SUPPRESSION" --OUTPUT="$out/plan.html"

# --- all of it is there -----------------------------------------------------------------------------
for file in map.pdf voice-map.pdf atlas.pdf plan.html plan.xlsx voice.html groups.html ranking.html; do
  [[ -s $out/$file ]] || fail "$file is missing in $out"
done
mv "$out" "$OUT/$name"
echo "$(date +%H:%M:%S) done: $OUT/$name"
