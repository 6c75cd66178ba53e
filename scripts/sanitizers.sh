#!/usr/bin/env bash
# Runs the engine's tests under AddressSanitizer (with leaks) and ThreadSanitizer, in a target folder of their own.
# `scripts/sanitizers.sh address` or `thread` runs one of them; further arguments go to the test program.
# By hand: it takes minutes. Needs a Rust with its sanitizer runtimes; where there is none it says "not run".
set -euo pipefail
cd "$(dirname "$0")/.."
# The released compiler has the flag too, behind this.
export RUSTC_BOOTSTRAP=1
target=$(rustc -vV | sed -n 's/^host: //p')
folder="${CARGO_TARGET_DIR:-target}/sanitizers"
which=("address" "thread")
case "${1:-}" in
address | thread) which=("$1") && shift ;;
esac

# A use after free and a race, which each must be found: a sanitizer that finds nothing finds no canary either.
canary() {
    local kind=$1 source=$folder/canary-$1.rs
    mkdir -p "$folder"
    if [ "$kind" = address ]; then
        echo 'fn main() { let p = Box::into_raw(Box::new(7_u8)); unsafe { drop(Box::from_raw(p)); println!("{}", p.read_volatile()) } }' >"$source"
    else
        echo 'static mut N: u64 = 0; fn main() { let t = std::thread::spawn(|| for _ in 0..1000 { unsafe { (&raw mut N).write((&raw mut N).read() + 1) } }); for _ in 0..1000 { unsafe { (&raw mut N).write((&raw mut N).read() + 1) } } let _ = t.join(); }' >"$source"
    fi
    # shellcheck disable=SC2086
    rustc --edition 2024 $RUSTFLAGS --target "$target" -o "$folder/canary-$kind" "$source" 2>"$folder/canary.log" || return 2
    if "$folder/canary-$kind" >"$folder/canary.log" 2>&1; then return 1; fi
    grep -q "Sanitizer" "$folder/canary.log"
}

failed=0
for kind in "${which[@]}"; do
    RUSTFLAGS="-Zsanitizer=$kind --cfg throng_sanitize"
    build=()
    if [ "$kind" = thread ]; then
        # Without its own standard library every lock that was waited for looks like a race: hundreds of false alarms.
        if [ ! -d "$(rustc --print sysroot)/lib/rustlib/src/rust/library" ]; then
            echo "sanitizers: not run: thread: the standard library's source (rust-src) is not there"
            continue
        fi
        build=(-Zbuild-std)
        RUSTFLAGS+=" -Cunsafe-allow-abi-mismatch=sanitizer"
    fi
    export RUSTFLAGS
    code=0
    canary "$kind" || code=$?
    if [ "$code" -eq 2 ]; then
        echo "sanitizers: not run: $kind: $(head -1 "$folder/canary.log")"
        continue
    elif [ "$code" -ne 0 ]; then
        echo "sanitizers: $kind does not find its canary: $(head -1 "$folder/canary.log")" >&2
        exit 1
    fi
    cat >"$folder/thread.supp" <<'SUPP'
race:CompletedTest
race:alloc::sync::Arc<*>>::drop_slow
race:alloc::sync::Arc<*> as core::ops::drop::Drop>::drop
race:crossbeam_deque::deque
race:crossbeam_epoch
SUPP
    # A system with a stuck handler is left behind, as its documentation says.
    # A reply that a test keeps for ever, and what a payload holds whose Drop panics, cannot be freed by anybody.
    printf 'leak:%s\n' r06_shutdown_names_who_is_stuck promises::basics promises::contained_panics >"$folder/leak.supp"
    export ASAN_OPTIONS="detect_leaks=1"
    export LSAN_OPTIONS="suppressions=$(realpath "$folder/leak.supp")"
    export TSAN_OPTIONS="suppressions=$(realpath "$folder/thread.supp")"
    echo "== $kind sanitizer"
    CARGO_TARGET_DIR="$folder/$kind" cargo test "${build[@]}" --package throng --target "$target" --test promises --test services -- "$@" || failed=1
done
exit "$failed"
