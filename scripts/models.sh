#!/usr/bin/env bash
# Runs the loom models of the engine, each also with its mutants planted, in a target folder of their own.
#
#   scripts/models.sh             all
#   scripts/models.sh NAME...     those whose names have one of these in them
#
# LOOM_MAX_PREEMPTIONS=3 explores about ten times as much as the 2 that it is by default. Flags of a test program may be given too:
# --skip=NAME, --exact, --nocapture, --test-threads=NUMBER.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/arguments.sh
for_tests engine/src "$@"
number LOOM_MAX_PREEMPTIONS 1 253
for name in LOOM_MAX_BRANCHES LOOM_MAX_PERMUTATIONS LOOM_MAX_DURATION LOOM_CHECKPOINT_INTERVAL; do number "$name" 1 9999999999; done
folders
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-target}/loom"
export RUSTFLAGS="--cfg throng_loom -D warnings"
export LOOM_MAX_PREEMPTIONS="${LOOM_MAX_PREEMPTIONS:-2}"
# So many pass at least, or one of those that were asked for.
floor=200
[ "$#" -eq 0 ] || floor=1
exec scripts/at_least.sh "$floor" cargo test --profile models -p throng --no-default-features --test models -- "$@"
