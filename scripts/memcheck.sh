#!/usr/bin/env bash
# Runs engine/tests/memcheck.rs, a little of everything, under valgrind's memcheck, with envelopes from the system's
# allocator one by one; first its canary, which must be reported. Where there is no valgrind it says "not run".
set -euo pipefail
cd "$(dirname "$0")/.."
if ! command -v valgrind >/dev/null; then
    echo "memcheck: not run: no valgrind"
    exit 0
fi
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-target}/memcheck"
# Line numbers for its reports; code that is not optimised takes valgrind several times as long.
export CARGO_PROFILE_TEST_DEBUG=line-tables-only
began=$SECONDS
built=$(RUSTFLAGS="--cfg throng_sanitize" cargo test --package throng --test memcheck --no-run 2>&1) || { echo "$built" >&2; exit 1; }
program=$(sed -n 's/.*Executable.*(\(.*\))$/\1/p' <<<"$built")
log=$CARGO_TARGET_DIR/memcheck.log
# What crossbeam's collector keeps of a thread, and the main thread's name for itself, is found through marked pointers.
printf '{\n %s\n Memcheck:Leak\n match-leak-kinds: possible\n ...\n fun:*%s*\n}\n' \
    collector 'crossbeam_epoch*Local*register' thread 'std*thread*current*init_current' >"$CARGO_TARGET_DIR/memcheck.supp"
# Threads take turns, or one that waits in a loop keeps the other from what it waits for.
check() {
    RUST_BACKTRACE=0 valgrind --suppressions="$CARGO_TARGET_DIR/memcheck.supp" --error-exitcode=9 --leak-check=full --fair-sched=yes --num-callers=20 \
        "$program" --test-threads=1 "$@" >"$log" 2>&1
}
code=0
check --ignored --exact a_state_is_used_after_its_actor_ended || code=$?
if [ "$code" -ne 9 ] || ! grep -q "Invalid read of size 8" "$log"; then
    echo "memcheck: does not find its canary (exit $code)" >&2
    tail -n 5 "$log" >&2
    exit 1
fi
code=0
check --exact a_little_of_everything || code=$?
if [ "$code" -ne 0 ]; then
    cat "$log" >&2
    echo "memcheck: exit $code" >&2
    exit 1
fi
echo "memcheck: $(grep -o 'ERROR SUMMARY: .*' "$log" | head -1), the canary is reported, in $((SECONDS - began)) s"
