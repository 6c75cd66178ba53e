#!/usr/bin/env bash
# Checks that every file named in the claims table of reports/README.md exists.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/arguments.sh
no_arguments "$@"
missing=0
while read -r path; do
    [ -e "$path" ] || { echo "reports/README.md names $path, which is not there" >&2; missing=1; }
done < <(grep -oE '`(engine|bench|scripts|reports)/[^` ]+`' reports/README.md | tr -d '`' | grep -v '<' | sort -u)
exit "$missing"
