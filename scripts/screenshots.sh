#!/usr/bin/env bash
# Pictures of the panel in the real QGIS on a virtual display: those of README and docs in docs/images,
# and in build/screenshots those to look at for texts that are cut: 320 px wide, at 150 %, with texts
# 40 % longer, in a dark theme.
# usage: screenshots.sh [docs] [dark] [look] [scaled]   (default: all)
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
source scripts/qgis_env.sh
qgis=$(command -v qgis.bin || command -v qgis || true)
if [[ -z $qgis ]] || ! command -v xvfb-run >/dev/null; then
  echo "screenshots.sh: QGIS or xvfb is not installed: run scripts/setup.sh test" >&2
  exit 1
fi

(($#)) || set -- docs dark look scaled
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir -p docs/images build/screenshots "$folder/profiles/default/QGIS"

# picture KIND: one start of QGIS, in a profile that no start before has written to
picture() {
  cat >"$folder/profiles/default/QGIS/QGIS3.ini" <<'INI'
[PythonPlugins]
seldom_heard=true
processing=true
db_manager=false
MetaSearch=false
grassprovider=false
sagaprovider=false
[qgis]
showTips=false
checkVersion=false
[locale]
overrideFlag=true
userLocale=en_GB
globalLocale=en_GB
INI
  [[ $1 != dark ]] || printf '[UI]\nUITheme=Night Mapping\n' >>"$folder/profiles/default/QGIS/QGIS3.ini"
  # the same harness as that of the desktop tests
  cat tests/desktop/panel_tools.py scripts/screenshots/take.py >"$folder/job.py"
  rm -f "$folder/reply.json"
  local scale=1
  [[ $1 != scaled ]] || scale=1.5
  env -u QT_QPA_PLATFORM -u QGIS_CUSTOM_CONFIG_PATH -u DISPLAY -u WAYLAND_DISPLAY \
    QT_SCALE_FACTOR=$scale PYQGIS_STARTUP="$root/tests/desktop/before_plugins.py" \
    DESKTOP_LOG="$folder/messages.jsonl" DESKTOP_JOB="$folder/job.py" \
    DESKTOP_REPLY="$folder/reply.json" DESKTOP_SCREENSHOT="$folder/last.png" \
    SCREENSHOTS="$1" SCREENSHOTS_DOCS="$root/docs/images" SCREENSHOTS_LOOK="$root/build/screenshots" \
    timeout 300 xvfb-run -a -s "-screen 0 2400x1600x24" "$qgis" --noversioncheck --nologo \
    --profiles-path "$folder" --code "$root/tests/desktop/inside_qgis.py" >"$folder/output.txt" 2>&1 || true
  python3 scripts/screenshots/report.py "$1" "$folder/reply.json" || {
    tail -n 30 "$folder/output.txt" >&2
    exit 1
  }
}

for kind; do
  picture "$kind"
done
