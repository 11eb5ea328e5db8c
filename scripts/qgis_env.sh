# Sourced, not run: QGIS with this checkout as its plugin and a profile of its own, so that a user's
# settings neither change what a script does nor are changed by it.

SELDOM_HEARD_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# QGIS knows a plugin by its folder's name, whatever this checkout is called.
mkdir -p "$SELDOM_HEARD_ROOT/build/plugins"
ln -sfn "$SELDOM_HEARD_ROOT" "$SELDOM_HEARD_ROOT/build/plugins/seldom_heard"

export QGIS_PLUGINPATH=$SELDOM_HEARD_ROOT/build/plugins
export QGIS_CUSTOM_CONFIG_PATH=${QGIS_CUSTOM_CONFIG_PATH:-$SELDOM_HEARD_ROOT/build/profile}
# Qt warns on every start of a session that has none.
export XDG_RUNTIME_DIR=${XDG_RUNTIME_DIR:-$QGIS_CUSTOM_CONFIG_PATH/runtime}
mkdir -p "$QGIS_CUSTOM_CONFIG_PATH"
[[ -d $XDG_RUNTIME_DIR ]] || mkdir -m 700 -p "$XDG_RUNTIME_DIR"

# SELDOM_HEARD_DISPLAY=1 before sourcing: use the display there is.
if [[ -z ${SELDOM_HEARD_DISPLAY:-} ]]; then
  export QT_QPA_PLATFORM=offscreen
fi

# Debian's qgis_process passes on an option that every command refuses; the program behind it is fine.
QGIS_PROCESS=$(command -v qgis_process.bin || command -v qgis_process || true)
export QGIS_PROCESS

# run_alg ALGORITHM [ARGUMENT...]: enables the plugin the first time, then runs.
run_alg() {
  if [[ -z $QGIS_PROCESS ]]; then
    echo "QGIS is not installed: run scripts/setup.sh run" >&2
    return 1
  fi
  if [[ ! -f $QGIS_CUSTOM_CONFIG_PATH/.enabled ]]; then
    "$QGIS_PROCESS" plugins enable seldom_heard >/dev/null
    touch "$QGIS_CUSTOM_CONFIG_PATH/.enabled"
  fi
  "$QGIS_PROCESS" run "$@"
}
