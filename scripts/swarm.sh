#!/usr/bin/env bash
# Runs the swarm: scenarios drawn from seeds, simulated and on threads, under an oracle; then each of the engine's logical faults
# planted, which the simulated ones must find within so many seeds, and for its own reason; and the same seeds with none planted, as a
# control. SWARM_SEEDS, SWARM_SECONDS and SWARM_PLANTED change the sizes: SWARM_SEEDS=1000000 SWARM_SECONDS=600 scripts/swarm.sh is a
# long one by hand. SEED is the first seed; by default it is the clock's.
set -euo pipefail
cd "$(dirname "$0")/.."
seeds="${SWARM_SEEDS:-100000}"
seconds="${SWARM_SECONDS:-30}"
planted="${SWARM_PLANTED:-10000}"
# What 100,000 seeds may take on two quiet processors.
asked=60

# Of the whole workspace, and in the profile of the README's test command, which has built it already where that was run.
cargo test --test swarm --no-run
began=$SECONDS
cargo test --test swarm -- --seeds "$seeds"
took=$((SECONDS - began))
# A line to be seen, and no failure: the machine may be at something else.
if ((took * 100000 > asked * seeds && took > 1)); then
    echo "swarm: slower than asked: $seeds seeds took $took s, and $asked s are asked for 100000"
fi
cargo test --test swarm -- --threads --seconds "$seconds"

# With the faults in it, in a target folder of its own; built quickly, as each is found soon.
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-target}/planted"
export RUSTFLAGS="--cfg throng_planted -D warnings"
export CARGO_PROFILE_TEST_OPT_LEVEL=0 CARGO_PROFILE_TEST_DEBUG=0 CARGO_INCREMENTAL=0
cargo test -p throng --test swarm --no-run
log="$CARGO_TARGET_DIR/swarm.log"

# From the first seed, so that the number that it takes can be compared.
cargo test -q -p throng --test swarm -- --seeds "$planted" --from 0
echo "planted nothing: nothing found in $planted seeds"

# Each fault, and what the oracle must say of it first.
faults='
end-over-waiters  ^liveness:
signal-owned      ^L5:
drain-unheard     ^liveness:
late-answer-next  ^asks: the answer
order-swapped     ^order:
payload-leaked    ^L3:|was not dropped$
stop-hasty        ^message .* nobody is to blame:
notice-lost       ^notices: 0 were told
credit-lost       ^L4:
mute-forgotten    ^L6:
timer-early       ^timers: .* early$
timer-late        ^timers: .* late$
deadline-early    ^asks: .* early$
link-untold       ^links:
restart-too-many  ^supervision: .* are allowed$
rest-left-out     ^supervision: .* goes with it, was not$
'
while read -r fault reason; do
    [ -n "$fault" ] || continue
    if cargo test -q -p throng --test swarm -- --seeds "$planted" --from 0 --plant "$fault" </dev/null >"$log" 2>&1; then
        echo "planted $fault: NOT FOUND within $planted seeds" >&2
        exit 1
    fi
    wrong="$(grep -a -m 1 '^swarm: wrong: ' "$log" || true)"
    wrong="${wrong#swarm: wrong: }"
    found="$(grep -a -m 1 '^swarm: found by seed ' "$log" || true)"
    # In the oracle's words: the process must not merely have died, nor something else have gone wrong.
    if ! grep -a -q -E -e "$reason" <<<"$wrong"; then
        echo "planted $fault: /$reason/ was expected of the oracle, which said \"$wrong\"; the end of its log:" >&2
        tail -n 20 "$log" >&2
        exit 1
    fi
    echo "planted $fault: ${found#swarm: } ($wrong)" | cut -c 1-220
done <<<"$faults"
