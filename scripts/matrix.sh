#!/usr/bin/env bash
# Tests on every QGIS we support: this machine's own where it is the right one, else a Debian in a
# folder, made once and reused. Needs root.
# usage: matrix.sh [--build] [3.22|3.40|3.44|newest|fresh ...]   (default: the first four)
#   newest  the unit tests alone on the newest pandas, without QGIS
#   fresh   `make demo` and `make test` on a Debian that has nothing but git, make and certificates
#   --build only make the folders
# tests/pages is left out: pages are the same on every QGIS, `make test` and fresh hold them to it.
# The folders lie in $SELDOM_HEARD_MATRIX, by default ~/.cache/seldom-heard.
set -euo pipefail
cd "$(dirname "$0")/.."
project=$PWD
cache=${SELDOM_HEARD_MATRIX:-${XDG_CACHE_HOME:-$HOME/.cache}/seldom-heard}
home=/home/builder/project # where the checkout lies inside a folder

suite_of() {
  case $1 in
    3.22) echo bookworm ;;
    3.40 | fresh) echo trixie ;;
    3.44) echo trixie-backports ;;
    *) echo "matrix.sh: no such QGIS: $1" >&2 && return 2 ;;
  esac
}

# The archive this machine itself installs from; asked of apt, which reads every format of its sources.
mirror() {
  local codename
  codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
  apt-get update --print-uris 2>/dev/null |
    sed -n "s|^'\(.*\)/dists/$codename/InRelease'.*|\1|p" | head -n 1
}

# Runs a command inside a folder. Mounts and processes live in namespaces of their own, so they are
# gone when the command ends, however it ends.
inside() {
  local root=$1
  shift
  unshare --mount --pid --fork --kill-child -- bash -euc '
    root=$1 folders=$2 shared=$3
    shift 3
    mount --rbind /dev "$root/dev"
    mount -t proc proc "$root/proc"
    for folder in $folders; do
      mkdir -p "$root$folder" && mount --bind -o ro "$folder" "$root$folder"
    done
    if [[ -d $shared ]]; then
      mkdir -p "$root/home/builder/shared"
      mount --bind -o ro "$shared" "$root/home/builder/shared"
    fi
    exec chroot "$root" "$@"
  ' inside "$root" "$(pip_folders)" "$project/../shared" "$@"
}

# Folders on this machine that pip is told to look for packages in.
pip_folders() {
  local path
  { env | grep '^PIP_' || true; cat /etc/pip.conf ~/.config/pip/pip.conf ~/.pip/pip.conf 2>/dev/null || true; } |
    grep -oE '/[^ ]+' | sed 's|^/*|/|; s|/simple/*$||' | sort -u |
    while read -r path; do [[ ! -d $path ]] || echo "$path"; done
}

# The settings for pip, certificates and proxies, and nothing else of this machine's environment.
clean_env() {
  local kept
  mapfile -t kept < <(env | grep -E '^(PIP_|SSL_CERT|REQUESTS_CA|CURL_CA|GIT_SSL|[a-zA-Z]+_(proxy|PROXY)=|CI=)')
  echo env -i "${kept[@]@Q}" HOME=/root LANG=C.UTF-8 TERM=dumb \
    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
}

run_inside() {
  local root=$1 command=$2
  inside "$root" /bin/bash -c "cd $home && exec $(clean_env) bash -c ${command@Q}"
}

# The machine's own network settings: names, certificates, keys, pip.
copy_settings() {
  local root=$1 path
  for path in /etc/resolv.conf /etc/hosts /etc/pip.conf /etc/ssl/certs/ca-certificates.crt \
    /etc/apt/apt.conf.d /etc/apt/auth.conf.d /etc/apt/keyrings /etc/apt/trusted.gpg.d \
    /usr/local/share/ca-certificates; do
    [[ -e $path ]] || continue
    mkdir -p "$root${path%/*}"
    cp -rL --no-target-directory "$path" "$root$path"
  done
  for path in .config/pip/pip.conf .pip/pip.conf; do
    [[ ! -f ~/$path ]] || install -D -m 644 ~/"$path" "$root/root/$path"
  done
}

# sources ROOT SUITE: a backports suite sits on its base, and only QGIS is taken from it.
write_sources() {
  local root=$1 suite=$2 base=${2%-backports} url
  url=$(mirror)
  rm -rf "$root"/etc/apt/sources.list.d/* "$root/etc/apt/preferences.d/qgis"
  echo "deb $url $base main" >"$root/etc/apt/sources.list"
  [[ $suite != *-backports ]] && return
  echo "deb $url $suite main" >>"$root/etc/apt/sources.list"
  printf 'Package: *qgis*\nPin: release n=%s\nPin-Priority: 900\n' "$suite" \
    >"$root/etc/apt/preferences.d/qgis"
}

# A Debian with git, make and certificates; moved into place only when it is whole.
make_bare() {
  local base=$1 root=$cache/bare-$1
  [[ -d $root ]] && return
  command -v debootstrap >/dev/null || {
    apt-get update -qq && apt-get install -y -qq --no-install-recommends debootstrap >/dev/null
  }
  echo "making a bare $base in $root"
  rm -rf --one-file-system "$root.part"
  debootstrap --variant=minbase --include=git,make,ca-certificates "$base" "$root.part" "$(mirror)" \
    >"$root.log" 2>&1 || { tail -n 20 "$root.log" >&2 && return 1; }
  mv "$root.part" "$root"
}

# copy_bare NAME: a folder of this name, fresh.
copy_bare() {
  local root=$cache/$1 suite
  suite=$(suite_of "${1#qgis-}")
  make_bare "${suite%-backports}"
  rm -rf --one-file-system "$root"
  cp -a --reflink=auto "$cache/bare-${suite%-backports}" "$root"
  write_sources "$root" "$suite"
  copy_settings "$root"
}

# The files of this checkout, tracked or new, without anything built; .venv in the folder is kept.
copy_project() {
  local root=$1
  mkdir -p "$root$home"
  find "$root$home" -mindepth 1 -maxdepth 1 ! -name '.venv*' -exec rm -rf {} +
  git ls-files -z --cached --others --exclude-standard |
    tar --create --null --files-from=- --ignore-failed-read --warning=no-failed-read |
    tar --extract --no-same-owner --directory "$root$home"
  inside "$root" sh -c "cd $home && git init -q && git add -A" # packaging asks git what to ship
}

# A folder with QGIS in it; one that was left half made is made anew.
make_folder() {
  local root=$cache/qgis-$1
  if [[ ! -f $root/.complete ]]; then
    echo "making QGIS $1 in $root"
    copy_bare "qgis-$1"
  fi
  copy_settings "$root"
  copy_project "$root"
  run_inside "$root" "scripts/setup.sh matrix"
  touch "$root/.complete"
}

own_qgis() { dpkg-query -W -f '${Version}' qgis 2>/dev/null | sed -E 's/^([0-9]+:)?([0-9]+\.[0-9]+).*/\2/'; }

# On its own Debian a version needs no folder, even before QGIS is installed.
is_own() {
  [[ $(own_qgis) == "$1" ]] && return
  [[ -z $(own_qgis) && $(. /etc/os-release && echo "$VERSION_CODENAME") == "$(suite_of "$1")" ]]
}

test_version() {
  local root=$cache/qgis-$1
  if [[ $1 == newest ]]; then
    scripts/setup.sh newest && scripts/test.sh newest
  elif [[ $1 == fresh ]]; then
    root=$cache/fresh
    copy_bare fresh && copy_project "$root" && run_inside "$root" "make demo && make test"
  elif is_own "$1"; then
    scripts/setup.sh matrix && scripts/test.sh tests/qgis tests/desktop
  else
    make_folder "$1" && run_inside "$root" "scripts/test.sh tests/qgis tests/desktop"
  fi
}

# Only the folders, for those who want to have them before they need them.
build_version() {
  [[ $1 == newest || $1 == fresh ]] || is_own "$1" || make_folder "$1"
}

main() {
  local action=test_version version log result failed=0 table=()
  if [[ ${1:-} == --build ]]; then
    action=build_version
    shift
  fi
  ((EUID == 0)) || { echo "matrix.sh: needs root, to make and enter folders" >&2 && exit 1; }
  (($#)) || set -- 3.22 3.40 3.44 newest
  mkdir -p "$cache" build
  exec 9>"$cache/.lock"
  flock 9 # two runs must not share a folder
  for version; do
    log=build/matrix-$version.log
    echo "== QGIS $version"
    SECONDS=0
    # A process of its own, because `set -e` sleeps inside a condition.
    if bash "$0" --one "$action" "$version" 2>&1 9>&- | tee "$log"; then
      result=passed
    else
      result=FAILED failed=1
    fi
    table+=("$(printf '%-8s %-7s %5ss  %s' "$version" "$result" "$SECONDS" "$(closing_line "$log")")")
  done
  printf '\n%s\n' "QGIS     result    time  tests"
  printf '%s\n' "${table[@]}"
  exit "$failed"
}

closing_line() { sed -n -E 's/^=* ?([0-9]+ (passed|failed|error).*in [0-9.]+s).*/\1/p' "$1" | tail -n 1; }

if [[ ${1:-} == --one ]]; then
  "$2" "$3"
else
  main "$@"
fi
