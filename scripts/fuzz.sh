#!/usr/bin/env bash
# Fuzzes what reads text or bytes of a user: each target of bench/src/fuzz.rs for so many seconds (20), from its corpus in
# bench/fuzz/corpus. `scripts/fuzz.sh 60 hlog page` fuzzes these two for a minute each. First a canary, which must be found.
# What makes a target fail is left in the target folder and told; it belongs into the corpus, which `cargo test` replays.
#
# libFuzzer is linked and its coverage asked for here, as cargo-fuzz does it: that would have to be installed, and demands a
# nightly compiler. No sanitizer: there is no unsafe code on these ways, and with one all takes twice as long. Needs a C++
# compiler; where there is none it says "not run".
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/arguments.sh
seconds=${1-20}
[[ "$seconds" =~ ^[1-9][0-9]{0,5}$ ]] || refuse "got \"$seconds\": takes seconds for each target from 1 to 999999, and targets"
shift $(($# > 0))
known=(bench/fuzz/corpus/*/)
known=("${known[@]%/}")
known=("${known[@]##*/}")
for target in "$@"; do
    among "$target" "${known[@]}" || refuse "got \"$target\": takes, behind the seconds, targets of: ${known[*]}"
done
folders
host=$(rustc -vV | sed -n 's/^host: //p')
folder=$(realpath -m "${CARGO_TARGET_DIR:-target}/fuzz")
mkdir -p "$folder/artifacts"
if ! command -v c++ >/dev/null; then
    echo "fuzz: not run: no C++ compiler, which libFuzzer is built with"
    exit 0
fi
coverage="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters"
coverage+=" -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares"
began=$SECONDS
RUSTFLAGS="$coverage --cfg fuzzing" CARGO_TARGET_DIR=$folder \
    cargo build --quiet --locked --release --target "$host" --manifest-path bench/fuzz/Cargo.toml
echo "fuzz: built in $((SECONDS - began)) s"
program=$folder/$host/release/throng-fuzz
work=$(mktemp -d)
# Files for what reads files lie in memory where there is some.
memory=$(mktemp -d -p /dev/shm 2>/dev/null || mktemp -d)
trap 'rm -rf "$work" "$memory"' EXIT

# A target for so long, with further flags; what it says is in $work/said.
fuzz() {
    local target=$1
    shift
    mkdir -p "$work/$target"
    # New inputs go into the first folder. No reader may take much memory, or 10 s, for what is so short.
    THRONG_FUZZ=$target TMPDIR=$memory RUST_BACKTRACE=0 "$program" -print_final_stats=1 -timeout=10 -rss_limit_mb=256 \
        -artifact_prefix="$folder/artifacts/$target-" "$work/$target" "$@" >"$work/said" 2>&1
}
rm -f "$folder/artifacts/canary-"*
if fuzz canary -max_total_time=60 || ! grep -q "the canary" "$work/said"; then
    echo "fuzz: does not find its canary" >&2
    tail -n 3 "$work/said" >&2
    exit 1
fi
targets=("$@")
[ "$#" -gt 0 ] || targets=("${known[@]}")
failed=0
for target in "${targets[@]}"; do
    code=0
    fuzz "$target" -max_total_time="$seconds" -dict=bench/fuzz/words.dict "bench/fuzz/corpus/$target" || code=$?
    runs=$(sed -n 's/^stat::number_of_executed_units: //p' "$work/said")
    if [ "$code" -eq 0 ] && [ -n "$runs" ]; then
        echo "fuzz: $target: $runs executions in $seconds s, nothing found"
        continue
    fi
    failed=1
    echo "fuzz: $target: FAILED after ${runs:-0} executions: $(grep -m1 -A1 -E 'panicked at|ERROR: |SUMMARY' "$work/said" | tr '\n' ' ')" >&2
    sed -n 's/.*Test unit written to /fuzz: the input: /p' "$work/said" >&2
done
exit "$failed"
