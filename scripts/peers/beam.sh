#!/usr/bin/env bash
# Makes the program that measures the BEAM's processes for `throng peers`: Erlang/OTP of Debian, compiled with erlc.
#
#   scripts/peers/beam.sh BIN_DIR WORK_DIR
#
# What is compiled lies in WORK_DIR/beam, and BIN_DIR/beam starts it; where it cannot be made, BIN_DIR/beam.skipped says why.
set -euo pipefail
system=beam
source "$(dirname "${BASH_SOURCE[0]}")/launchers.sh"
needs "command -v erl >/dev/null && command -v erlc >/dev/null" erlang-base
built erlc -Werror -o "$work" "$peers"/beam/*.erl
# As many schedulers as workers, each bound to a processor: `erl` says that this is faster where nobody else binds threads. +P is for
# a crowd of four million.
launch <<LAUNCHER
case "\${1:-}" in
[1-9] | [1-9][0-9] | [1-9][0-9][0-9] | 10[01][0-9] | 102[0-4]) workers=\$1 ;;
*) workers=1 ;;
esac
exec erl +S "\$workers:\$workers" +sbt db +P 4194304 +Bd -noshell -noinput -kernel logger_level none \\
    -pa "$work" -s peer_program -extra "\$@"
LAUNCHER
