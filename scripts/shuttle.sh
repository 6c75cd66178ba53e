#!/usr/bin/env bash
# Runs the models of many actors, which shuttle takes through interleavings drawn at random, each also with its mutants
# planted, in a target folder of their own.
#
#   scripts/shuttle.sh            all
#   scripts/shuttle.sh NAME...    those whose names have one of these in them
#
# A failing model prints its SEED, and SEED=n runs the same interleavings again; SHUTTLE_RUNS=10000 draws ten times as many as by
# default. Flags of a test program may be given too: --skip=NAME, --exact, --nocapture, --test-threads=NUMBER.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/arguments.sh
for_tests engine/src "$@"
# With fewer some models do not come upon what they must see.
number SHUTTLE_RUNS 1000 9999999999
folders
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-target}/shuttle"
export RUSTFLAGS="--cfg throng_shuttle -D warnings"
# So many pass at least, or one of those that were asked for.
floor=55
[ "$#" -eq 0 ] || floor=1
exec scripts/at_least.sh "$floor" cargo test --profile models -p throng --no-default-features --test models -- "$@"
