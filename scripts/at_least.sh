#!/usr/bin/env bash
# Runs a command that runs tests, and has failed too where fewer than so many of them have passed: a filter or a name that matches
# nothing runs nothing, and succeeds. For the other scripts.
#
#   scripts/at_least.sh 40 cargo test --test models
set -euo pipefail
# shellcheck source=scripts/arguments.sh
source "$(dirname "$0")/arguments.sh"
[[ "${1:-}" =~ ^[1-9][0-9]{0,4}$ ]] || refuse "got \"${1:-}\": takes a number from 1 to 99999, and a command"
command -v "${2:-}" >/dev/null || refuse "got \"${2:-}\": takes, behind the number, a command, and there is no such"
floor=$1
shift
said=$(mktemp)
trap 'rm -f "$said"' EXIT
code=0
"$@" | tee "$said" || code=$?
# A line for each program.
passed=$(awk '/^test result: .* [0-9]+ passed;/ { sub(/.*\. /, ""); passed += $1 } END { print passed + 0 }' "$said")
if [ "$code" -eq 0 ] && [ "$passed" -lt "$floor" ]; then
    echo "at_least: FAILED: $passed tests passed, and there are to be $floor and more: $*" | cut -c 1-300 >&2
    code=1
fi
exit "$code"
