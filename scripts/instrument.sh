#!/usr/bin/env bash
# Runs what the README says of measuring a load, each command at its smallest, and looks at what comes of it: exit codes,
# files, figures that must be there. Last, that everything which a load keeps can be rendered again.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/arguments.sh
no_arguments "$@"
folders
# Apart, as with an example the engine gets the features of the tests, and the binaries would be built again; that one is as
# `cargo test` has built it, as it is only seen through here.
cargo build --quiet --release --bins
cargo build --quiet --profile test --example acceptance
release=${CARGO_TARGET_DIR:-target}/release
acceptance=${CARGO_TARGET_DIR:-target}/debug/examples/acceptance
loadgen=$release/loadgen throng=$release/throng
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
# Runs it, with what it says in a file, and demands the exit code; a busy machine may miss a rate (3) where that is allowed.
demand() {
    local wanted=$1 code=0
    shift
    "$@" >"$out/said" 2>&1 || code=$?
    [[ " $wanted " == *" $code "* ]] && return
    echo "instrument: $*: exit $code, wanted $wanted" >&2
    tail -n 5 "$out/said" >&2
    exit 1
}
files() {
    local folder=$1 name
    shift
    for name in "$@"; do
        [ -s "$folder/$name" ] || [ -s "$folder/$name.FAIL" ] || { echo "instrument: $folder has no $name" >&2; exit 1; }
    done
}
demand "0 3" "$loadgen" counting --rate 20k --duration 2s --freeze 200ms --warmup 200ms
demand "0 3" "$loadgen" mesh --rate 50k --arrival burst:100 --duration 2s --warmup 200ms --assert 'response.p99<10s,lost==0' \
    --out "$out/one"
files "$out/one" run.json env.json summary.md latency.hlog intervals.csv response.hgrm service.hgrm
demand 3 "$loadgen" mesh --mode open --rate 10G --duration 500ms --runs 1 --warmup 0s
demand 4 "$loadgen" mesh --mode open --rate 1k --duration 500ms --runs 1 --warmup 0s --assert 'response.p50<1ns'
demand "0 3" "$throng" load pipeline --rate 10k --duration 500ms --warmup 200ms --runs 3 --out "$out/load"
files "$out/load" run.json combined.hlog response.hgrm service.hgrm jitter.hlog summary.md report.html svg run-3
demand "0 3" "$loadgen" mesh --rate 1k --profile smoke
demand "0 3" "$throng" sweep mesh --over rate=20%..60%/3 --duration 200ms --warmup 0 --runs 1 --out "$out/sweep"
files "$out/sweep" run.json report.html svg
demand 0 "$throng" sweep pipeline --over workers=1..2 --messages 20k --runs 2 --out "$out/workers"
demand 0 "$throng" compare '--payload 8' '--payload 256' --pairs 5 --out "$out/compare" -- counting --messages 100k --workers 1
files "$out/compare" run.json report.html svg
grep -q '"verdict":' "$out/compare/run.json"
demand 0 "$throng" jitter --duration 200ms --out "$out/jitter"
files "$out/jitter" run.json jitter.hlog report.html
demand "0 3" "$throng" load --profile-file reports/profiles/quick.toml --out "$out/quick"
files "$out/quick" run.json report.html
for from in outside handler; do
    demand 0 "$acceptance" parallel "$from" 2
done
demand 0 "$acceptance" sink 1
for folder in one load sweep workers compare jitter quick; do
    rm -rf "$out/$folder/report.html" "$out/$folder/svg"
    demand 0 "$throng" report "$out/$folder"
    files "$out/$folder" report.html
    ! grep -Eq 'https?://|src=' "$out/$folder/report.html" || { echo "instrument: $folder: the page asks for something" >&2; exit 1; }
done
echo "instrument: open load, load, sweep, compare, jitter, a profile file and their pages; what scripts/acceptance.sh measures"
