#!/usr/bin/env bash
# Makes the Python systems of the comparison ready to be run:
#
#   scripts/peers/python.sh BIN_DIR WORK_DIR
#
# puts BIN_DIR/SYSTEM there for each, which takes the arguments of scripts/peers/python/frame.py. Of one that cannot be run here,
# BIN_DIR/SYSTEM.skipped says why in a line. The packages of scripts/baselines/requirements.txt are installed under WORK_DIR, once for
# what they are and the Python they are for. Exit 2 if it was given what it does not take.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd -P)
if [ "${1:-}" = --help ] || [ "${1:-}" = -h ]; then
    awk 'NR > 1 { if (!/^#/) exit; sub(/^# ?/, ""); print }' "$0"
    exit
fi
if [ "$#" -ne 2 ] || ! mkdir -p "$1" "$2" 2>/dev/null; then
    echo "python: takes BIN_DIR and WORK_DIR, which can be made and written to; --help says more" >&2
    exit 2
fi
bin=$(cd "$1" && pwd -P) work=$(cd "$2" && pwd -P)
venv=$work/python-venv site=$work/python-site requirements=$root/scripts/baselines/requirements.txt
# System, package, program and its first argument.
systems=(
    "asyncio - asyncio_peer"
    "multiprocessing - multiprocessing_peer"
    "pykka pykka pykka_peer"
    "thespian-simple thespian thespian_peer simple"
    "thespian-queue thespian thespian_peer queue"
    "thespian-tcp thespian thespian_peer tcp"
)
# Offline it is soon known; the same for the pip that pip starts to build a package.
export PIP_RETRIES=0 PIP_DEFAULT_TIMEOUT=10 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1
unset PYTHONPATH PYTHONHOME

skip() {
    local why=${2//[[:cntrl:]]/ }
    rm -f "$bin/$1"
    echo "$why" >"$bin/$1.skipped"
    echo "python: not run: $1: $why"
}
# What was said last, in a line.
last() { grep -v '^ *$' "$1" | tail -n 1 | cut -c1-300 || true; }

python=
for system in "${systems[@]}"; do rm -f "$bin/${system%% *}" "$bin/${system%% *}.skipped"; done
find_python() {
    local version
    command -v python3 >/dev/null || { echo "python3 not found"; return; }
    # The interpreter itself, no launcher in front of it.
    read -r version python < <(timeout 20 python3 -c 'import sys; print("%d.%d" % sys.version_info[:2], sys.executable)') ||
        { echo "python3 does not tell its version"; return; }
    [ "$(printf '%s\n' 3.8 "$version" | sort -V | head -n 1)" = 3.8 ] || echo "python3 is $version, 3.8 or newer is needed"
}
find_python >"$work/python.why"
missing=$(cat "$work/python.why")
if [ -n "$missing" ]; then
    for system in "${systems[@]}"; do skip "${system%% *}" "$missing"; done
    exit 0
fi

# A virtual environment, or where Python comes without ensurepip, a folder of packages by the machine's own pip.
stamp=$("$python" -c 'import sys; print(sys.executable, sys.version)' && cat "$requirements")
if [ "$(cat "$work/python.stamp" 2>/dev/null)" != "$stamp" ]; then
    rm -rf "$venv" "$site" "$work/python.stamp"
    if ! timeout 90 "$python" -m venv "$venv" >"$work/python.log" 2>&1; then
        rm -rf "$venv"
        mkdir "$site"
    fi
    echo "$stamp" >"$work/python.stamp"
fi
interpreter=$python
[ ! -d "$venv" ] || interpreter=$venv/bin/python
[ ! -d "$site" ] || export PYTHONPATH=$site

# Has a package there, in its version, or says why not.
has() {
    local package=$1 wanted
    wanted=$(grep "^$package==" "$requirements")
    "$interpreter" -c 'import sys; from importlib.metadata import version; sys.exit(version(sys.argv[1]) != sys.argv[2])' \
        "$package" "${wanted#*==}" 2>/dev/null && return
    local words=(-m pip install --quiet "$wanted")
    [ ! -d "$site" ] || words+=(--target "$site" --upgrade)
    timeout 240 "$interpreter" "${words[@]}" >"$work/python.log" 2>&1 ||
        echo "pip could not install $wanted: $(last "$work/python.log")"
}
declare -A why=()
for package in pykka thespian; do why[$package]=$(has "$package"); done

# What is in front of every program, so that the same Python runs their tests.
words=("PYTHONPATH=${PYTHONPATH:-}" "$interpreter" -X "pycache_prefix=$work/python-cache")
launcher() {
    local quoted=("${@//\'/\'\\\'\'}")
    echo '#!/bin/sh'
    printf 'exec env'
    printf " '%s'" "${quoted[@]}"
    echo ' "$@"'
}
launcher "${words[@]}" >"$work/interpreter"
chmod +x "$work/interpreter"

for system in "${systems[@]}"; do
    read -r name package program first <<<"$system"
    if [ -n "${why[$package]:-}" ]; then
        skip "$name" "${why[$package]}"
        continue
    fi
    launcher "${words[@]}" "$root/scripts/peers/python/$program.py" ${first:+"$first"} >"$bin/$name"
    chmod +x "$bin/$name"
    # It starts: of no arguments it says what it takes.
    code=0
    timeout 20 "$bin/$name" </dev/null >"$work/python.log" 2>&1 || code=$?
    [ "$code" = 2 ] || skip "$name" "does not start: $(last "$work/python.log")"
done
