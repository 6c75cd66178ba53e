#!/usr/bin/env bash
# Runs the loom models of the engine, each also with its mutants planted, in a target folder of their own.
# Arguments go to `cargo test`; LOOM_MAX_PREEMPTIONS=3 explores about ten times as much.
set -euo pipefail
cd "$(dirname "$0")/.."
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-target}/loom"
export RUSTFLAGS="--cfg throng_loom -D warnings"
export LOOM_MAX_PREEMPTIONS="${LOOM_MAX_PREEMPTIONS:-2}"
# So many pass at least, or one of those that were asked for.
floor=200
[ "$#" -eq 0 ] || floor=1
exec scripts/at_least.sh "$floor" cargo test --profile models -p throng --no-default-features --test models "$@"
