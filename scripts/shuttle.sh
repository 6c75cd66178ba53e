#!/usr/bin/env bash
# Runs the models of many actors, which shuttle takes through interleavings drawn at random, each also with its mutants
# planted, in a target folder of their own. Arguments go to `cargo test`. A failing model prints its SEED, and SEED=n runs
# the same interleavings again; SHUTTLE_RUNS=10000 draws ten times as many.
set -euo pipefail
cd "$(dirname "$0")/.."
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-target}/shuttle"
export RUSTFLAGS="--cfg throng_shuttle -D warnings"
# So many pass at least, or one of those that were asked for.
floor=55
[ "$#" -eq 0 ] || floor=1
exec scripts/at_least.sh "$floor" cargo test --profile models -p throng --no-default-features --test models "$@"
