#!/usr/bin/env bash
# Makes the program that measures the BEAM's processes for `throng peers`: Erlang/OTP of Debian, compiled with erlc.
#
#   scripts/peers/beam.sh BIN_DIR WORK_DIR
#
# What is compiled lies in WORK_DIR/beam, and BIN_DIR/beam starts it; where it cannot be made, BIN_DIR/beam.skipped says why.
set -euo pipefail
system=beam
source "$(dirname "${BASH_SOURCE[0]}")/launchers.sh"
erlang() { command -v erl && command -v erlc; } >/dev/null
needs erlang erlang-base
built erlc -Werror -o "$work" "$peers"/beam/*.erl
# As many schedulers as workers, each bound to a processor: `erl` says that this is faster where nobody else binds threads. More
# processes than by default may be, where more are asked for: their table is part of the memory.
{
    printf 'code=%q\n' "$work"
    cat <<'LAUNCHER'
case "${1:-}" in
[1-9] | [1-9][0-9] | [1-9][0-9][0-9] | 10[01][0-9] | 102[0-4]) workers=$1 ;;
*) workers=1 ;;
esac
processes=$(printf '%s\n' "$@" | awk -F: '
    function size(text) { return text * (text ~ /k$/ ? 1e3 : text ~ /M$/ ? 1e6 : text ~ /G$/ ? 1e9 : 1) }
    NR == 2 { all = size($1) }
    NR > 4 { all += size($2) + ($1 == "create" ? size($3) : 0) }
    END { all += 100000; printf "%d", (all < 262144 ? 262144 : all > 134217727 ? 134217727 : all) }')
exec erl +S "$workers:$workers" +sbt db +P "$processes" +Bd -noshell -noinput -kernel logger_level none \
    -pa "$code" -s peer_program -extra "$@"
LAUNCHER
} | launch
