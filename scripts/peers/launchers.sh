# shellcheck shell=bash
# What the other scripts of this folder do alike, which source this with their arguments as they came and with the name of what they
# measure in `system`. Each leaves an executable BIN_DIR/SYSTEM, or one line of why there is none in BIN_DIR/SYSTEM.skipped, and exits 0.
case "${1:-}" in
-h | --help)
    awk 'NR > 1 { if (!/^#/) exit; sub(/^# ?/, ""); print }' "$0"
    exit
    ;;
esac
peers=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$peers/../arguments.sh"
[ "$#" -eq 2 ] && [ -n "$1" ] && [ -n "$2" ] || refuse "got \"$*\": takes BIN_DIR WORK_DIR"
mkdir -p "$1" "$2/$system" 2>/dev/null || refuse "got \"$*\": takes two folders that can be made"
bin=$(cd "$1" && pwd) work=$(cd "$2/$system" && pwd)
# What an earlier run left says nothing of this one.
rm -f "$bin/$system" "$bin/$system.skipped"

skip() {
    echo "${1//[[:cntrl:]]/ }" >"$bin/$system.skipped"
    exit 0
}

# Runs a compiler, of which one line is told, and only if it fails: the first that says error, or else where in a file.
built() {
    "$@" >"$work/log" 2>&1 ||
        skip "$system: $1 failed: $(grep -m 1 -i error "$work/log" || grep -m 1 -E ':[0-9]+:' "$work/log" || tail -n 1 "$work/log")"
}

# A command that succeeds where what is needed is there, and Debian's packages that bring it: installed by root, and by nobody else.
needs() {
    local there=$1
    shift
    ! "$there" || return 0
    if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
        installed "$@" >"$work/log" 2>&1 || skip "$system: apt-get cannot install $*: $(tail -n 1 "$work/log")"
        ! "$there" || return 0
    fi
    skip "$system: it wants what Debian has as $*"
}
# The lists of packages may be missing, or old.
installed() {
    local install=(apt-get -qq install -y --no-install-recommends "$@")
    export DEBIAN_FRONTEND=noninteractive
    "${install[@]}" || { apt-get -qq update && "${install[@]}"; }
}

# The launcher is a script, of which this is the body: what it ends with is to be exec.
launch() {
    { echo "#!/bin/sh" && cat; } >"$work/launcher"
    chmod +x "$work/launcher"
    mv "$work/launcher" "$bin/$system"
}
