#!/usr/bin/env bash
# Runs engine/tests/memcheck.rs, a little of everything, under valgrind's memcheck, with envelopes from the system's
# allocator one by one; first its canaries, a use after free and a leak, which must be reported. Where there is no valgrind it says "not run".
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/arguments.sh
no_arguments "$@"
folders
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
# A test that must be reported, with the words of the one fault that is in it.
canary() {
    local name=$1 words=$2 code=0
    check --ignored --exact "$name" || code=$?
    if [ "$code" -ne 9 ] || ! grep -Eq "$words" "$log" || ! grep -q "ERROR SUMMARY: 1 errors from 1 contexts" "$log"; then
        echo "memcheck: does not find its canary, $name (exit $code)" >&2
        tail -n 12 "$log" >&2
        exit 1
    fi
}
canary a_state_is_used_after_its_actor_ended "Invalid read of size 8"
canary a_reply_is_forgotten "definitely lost: [0-9]+ bytes in 1 blocks"
code=0
check --exact a_little_of_everything || code=$?
# A name that matches nothing runs nothing, and succeeds.
if [ "$code" -ne 0 ] || ! grep -q '^test result: ok. 1 passed;' "$log"; then
    cat "$log" >&2
    echo "memcheck: exit $code, and one test is to pass" >&2
    exit 1
fi
echo "memcheck: $(grep -o 'ERROR SUMMARY: .*' "$log" | head -1), the canaries are reported, in $((SECONDS - began)) s"
