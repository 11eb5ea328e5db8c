#!/usr/bin/env bash
# Installs what a task needs; a second run finds it there and does nothing.
# usage: setup.sh [run|test|matrix|lint|docs|bench|newest]
#   run     QGIS with pandas, scipy and matplotlib, from the system's packages
#   test    the same, a virtual display, and .venv with the test tools on top of the system's Python;
#           a headless Chromium, and .venv-npm with axe-core, for the tests of pages
#   matrix  as test, for tests/qgis and tests/desktop alone: without Chromium and axe-core
#   lint    .venv-lint: ruff, mypy and stubs; needs no QGIS
#   docs    .venv-docs: mkdocs
#   bench   run, and .venv-bench: geopandas, to compare with
#   newest  .venv-newest: the newest pandas and scipy, for the unit tests; needs no QGIS
set -euo pipefail
cd "$(dirname "$0")/.."

python=/usr/bin/python3
venv_packages=(python3-venv)
run_packages=(qgis python3-qgis qgis-providers python3-pandas python3-scipy python3-matplotlib
  fonts-dejavu-core)
test_packages=("${run_packages[@]}" "${venv_packages[@]}" xvfb xauth poppler-utils)

test_tools=("pytest>=8,<10" "pytest-xdist>=3,<4" "pytest-qgis>=3,<6" "hypothesis>=6,<7" "jsonschema>=4.18,<5" statsmodels
  "esda>=2.6,<3" "libpysal>=4.12,<5")
lint_tools=("ruff==0.14.*" "mypy==1.18.*" "pandas-stubs==2.2.*" "numpy<2.3" types-jsonschema)
docs_tools=("mkdocs>=1.6,<2" "mkdocs-material>=9.5,<10")
bench_tools=(geopandas pyogrio pyarrow pandas scipy)
axe=axe-core@4.14.1 # from npm
newest_tools=("pytest>=8,<10" "hypothesis>=6,<7" "jsonschema>=4.18,<5" statsmodels pandas scipy numpy)

is_debian() { command -v apt-get >/dev/null && command -v dpkg-query >/dev/null; }

# The packages among the arguments that are not installed, one a line.
missing_packages() {
  local installed package
  # dpkg-query fails when it does not know one of them, which is no error here.
  installed=" $({ dpkg-query -W -f '${db:Status-Abbrev}${Package}\n' "$@" 2>/dev/null || true; } |
    sed -n 's/^ii *//p' | tr '\n' ' ')"
  for package; do
    [[ $installed == *" $package "* ]] || echo "$package"
  done
}

ask_user() {
  echo "Please install these packages yourself (names as in Debian), then run this again:" >&2
  printf '  %s\n' "$@" >&2
  exit 1
}

# What a machine without apt must offer for the same tasks.
check_other_system() {
  if [[ " $* " == *" qgis "* ]]; then
    "$python" -c 'import qgis.core, pandas, scipy, matplotlib' 2>/dev/null || ask_user "$@"
  fi
  [[ " $* " != *" xvfb "* ]] || command -v xvfb-run >/dev/null || ask_user "$@"
  "$python" -c 'import ensurepip' 2>/dev/null || ask_user "$@"
}

install_packages() {
  if ! is_debian; then
    check_other_system "$@"
    return
  fi
  local missing as_root=()
  mapfile -t missing < <(missing_packages "$@")
  ((${#missing[@]})) || return 0
  if ((EUID != 0)); then
    command -v sudo >/dev/null || ask_user "${missing[@]}"
    as_root=(sudo)
  fi
  echo "installing: ${missing[*]}"
  "${as_root[@]}" apt-get update -qq
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# pip must not replace the numpy and pandas that QGIS itself runs on.
system_constraints() {
  "$python" - <<'PY'
from importlib.metadata import PackageNotFoundError, version

for name in ("numpy", "pandas", "scipy", "matplotlib"):
    try:
        print(f"{name}=={version(name)}")
    except PackageNotFoundError:
        pass
PY
}

# make_venv FOLDER ISOLATED|SYSTEM TOOL...: anew whenever the tools or the system's Python changed.
make_venv() {
  local folder=$1 kind=$2 options=() constraints=/dev/null want
  shift 2
  if [[ $kind == SYSTEM ]]; then
    options=(--system-site-packages)
    constraints=$(mktemp)
    system_constraints >"$constraints"
  fi
  want=$("$python" --version && pwd && cat "$constraints" && printf '%s\n' "$kind" "$@")
  if [[ -f $folder/.complete && $(<"$folder/.complete") == "$want" ]]; then
    return
  fi
  echo "making $folder"
  rm -rf "$folder"
  "$python" -m venv "${options[@]}" "$folder"
  "$folder/bin/python" -m pip install -qq --disable-pip-version-check \
    --constraint "$constraints" "$@"
  printf '%s\n' "$want" >"$folder/.complete"
}

# A Chromium for the tests of pages: the one there is, else the smallest of Debian. Where neither can be
# had the reason is kept, and those tests tell it.
get_browser() {
  local package=chromium-headless-shell reason=.venv-npm/no-browser name
  mkdir -p .venv-npm && rm -f "$reason"
  for name in "$package" chromium chromium-browser google-chrome; do
    ! command -v "$name" >/dev/null || return 0
  done
  if is_debian; then
    ! install_packages "$package" || return 0
    ! apt-cache show "$package" >/dev/null 2>&1 || return 1
  fi
  echo "This system has no package $package. Install Chromium, then run scripts/setup.sh test." |
    tee "$reason" >&2
}

# get_npm PACKAGE@VERSION: into .venv-npm, once; npm itself is only needed then.
get_npm() {
  [[ ! -f .venv-npm/.complete || $(<.venv-npm/.complete) != "$1" ]] || return 0
  command -v npm >/dev/null || install_packages npm
  echo "getting $1"
  rm -rf .venv-npm/node_modules
  npm install --prefix .venv-npm --prefer-offline --no-save --no-package-lock --ignore-scripts \
    --no-audit --no-fund --loglevel=error "$1" >/dev/null || {
    echo "npm could not get $1. Run scripts/setup.sh test where npm reaches its registry." >&2
    return 1
  }
  printf '%s\n' "$1" >.venv-npm/.complete
}

set -- "${1:-test}"
case $1 in
  run)
    install_packages "${run_packages[@]}"
    ;;
  test | matrix)
    install_packages "${test_packages[@]}"
    make_venv .venv SYSTEM "${test_tools[@]}"
    [[ $1 == matrix ]] || { get_browser && get_npm "$axe"; }
    ;;
  lint)
    install_packages "${venv_packages[@]}"
    make_venv .venv-lint ISOLATED "${lint_tools[@]}"
    ;;
  docs)
    install_packages "${venv_packages[@]}"
    make_venv .venv-docs ISOLATED "${docs_tools[@]}"
    ;;
  bench)
    install_packages "${run_packages[@]}" "${venv_packages[@]}"
    make_venv .venv-bench ISOLATED "${bench_tools[@]}"
    ;;
  newest)
    install_packages "${venv_packages[@]}"
    make_venv .venv-newest ISOLATED "${newest_tools[@]}"
    ;;
  *)
    sed -n '2,11s/^# \{0,1\}//p' "$0" >&2
    exit 2
    ;;
esac
