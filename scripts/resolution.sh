#!/usr/bin/env bash
# How small a difference `throng compare` finds, and how often it finds one that is not there: 20 comparisons of a load
# with itself, and 20 with one whose handler takes 5 % longer, each of 10 pairs and as many A/A pairs; a handler that spins for
# 10 us, one worker. Prints a line for each and the two counts; exits 1 if more than 3 or fewer than 17 were called different.
# About ten minutes on a quiet machine: resolution.sh [COMPARISONS], 20 unless given.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/arguments.sh
times=${1-20}
[ "$#" -le 1 ] && [[ "$times" =~ ^[1-9][0-9]{0,2}$ ]] || refuse "got \"$*\": takes a number of comparisons from 1 to 999"
folders
cargo build --quiet --release
throng=${CARGO_TARGET_DIR:-target}/release/throng
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
declare -A different=([same]=0 [slower]=0)
for n in $(seq "$times"); do
    for kind in same slower; do
        service=10us
        [ "$kind" = same ] || service=10500ns
        "$throng" compare '--service 10us' "--service $service" --pairs 10 --format json --out "$out/$kind-$n" -- \
            fan-out --actors 1 --mode closed --tokens 1 --messages 20k --workers 1 --seed "$n" \
            >"$out/$kind-$n.json" 2>"$out/progress" || { cat "$out/progress" >&2; exit 1; }
        line=$(python3 - "$out/$kind-$n.json" <<'PY'
import json, sys

run = json.load(open(sys.argv[1]))
ratio, same = run["ratio"], run["aa_ratio"]
apart = sum(pair["outlier"] for pair in run["pairs"])
print(f"{run['verdict']}: B/A {ratio['median']:.4f} ({ratio['low']:.4f} .. {ratio['high']:.4f}),"
      f" A/A {same['median']:.4f} ({same['low']:.4f} .. {same['high']:.4f}), band {run['band']:.4f}, {apart} apart")
PY
)
        echo "$n $kind: $line"
        [[ "$line" != different:* ]] || different[$kind]=$((different[$kind] + 1))
    done
done
echo "called different: ${different[same]} of $times with themselves, ${different[slower]} of $times with 5 % more"
most=$((times * 3 / 20)) least=$(((times * 17 + 19) / 20))
[ "${different[same]}" -le "$most" ] && [ "${different[slower]}" -ge "$least" ]
