#!/usr/bin/env bash
# Runs the swarm: scenarios drawn from seeds, simulated and on threads, under an oracle; then each of the engine's logical faults
# planted, which the simulated ones must find within so many seeds. SWARM_SEEDS, SWARM_SECONDS and SWARM_PLANTED change the sizes:
# SWARM_SEEDS=1000000 SWARM_SECONDS=600 scripts/swarm.sh is a long one by hand. SEED is the first seed; by default it is the clock's.
set -euo pipefail
cd "$(dirname "$0")/.."
seeds="${SWARM_SEEDS:-100000}"
seconds="${SWARM_SECONDS:-30}"
planted="${SWARM_PLANTED:-10000}"

# Of the whole workspace, and in the profile of the README's test command, which has built it already where that was run.
cargo test --test swarm -- --seeds "$seeds"
cargo test --test swarm -- --threads --seconds "$seconds"

# With the faults in it, in a target folder of its own; built quickly, as each is found soon.
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-target}/planted"
export RUSTFLAGS="--cfg throng_planted -D warnings"
export CARGO_PROFILE_TEST_OPT_LEVEL=0 CARGO_PROFILE_TEST_DEBUG=0 CARGO_INCREMENTAL=0
cargo test -p throng --test swarm --no-run
log="$CARGO_TARGET_DIR/swarm.log"
for fault in end-over-waiters signal-owned drain-unheard late-answer-next; do
    # From the first seed, so that the number that it takes can be compared.
    if cargo test -q -p throng --test swarm -- --seeds "$planted" --from 0 --plant "$fault" >"$log" 2>&1; then
        echo "planted $fault: NOT FOUND within $planted seeds" >&2
        exit 1
    fi
    # In the oracle's words: the process must not merely have died.
    wrong="$(grep -a -m 1 '^swarm: wrong: ' "$log" || true)"
    found="$(grep -a -m 1 '^swarm: found by seed ' "$log" || true)"
    if [ -z "$wrong" ]; then
        echo "planted $fault: it ended without a word of the oracle's:" >&2
        tail -n 20 "$log" >&2
        exit 1
    fi
    echo "planted $fault: ${found#swarm: } (${wrong#swarm: wrong: })" | cut -c 1-220
done
