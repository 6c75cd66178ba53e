#!/usr/bin/env bash
# Runs the engine's tests, the simulation's and the swarm under AddressSanitizer (with leaks) and ThreadSanitizer, in a target folder of
# their own. It takes minutes.
#
#   scripts/sanitizers.sh                             both
#   scripts/sanitizers.sh address|thread              one of them
#   scripts/sanitizers.sh address|thread NAME...      those tests whose names have one of these in them, and no swarm
#   scripts/sanitizers.sh --short ...                 less: the tests of engine/tests/sanitized, which end and use again what memory
#                                                     there is, the simulation's, and less of the swarm
#
# First in each: canaries, which must be reported. Flags of a test program may be given beside names: --skip=NAME, --exact, --nocapture,
# --test-threads=NUMBER.
# Needs a Rust with its sanitizer runtimes; where there is none it says "not run".
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/arguments.sh
short=
if [ "${1:-}" = --short ]; then short=yes && shift; fi
which=("address" "thread")
if [ "$#" -gt 0 ]; then
    among "$1" "${which[@]}" || refuse "got \"$1\": takes [--short] [address|thread [NAMES OF TESTS..]]"
    which=("$1")
    shift
fi
for_tests engine "$@"
folders
# The released compiler has the flag too, behind this.
export RUSTC_BOOTSTRAP=1
target=$(rustc -vV | sed -n 's/^host: //p')
folder="${CARGO_TARGET_DIR:-target}/sanitizers"
mkdir -p "$folder"
tests=(--test promises --test services --test simulation)
# So many tests pass at least, if none are asked for by name; and so much of the swarm: simulated scenarios, and seconds on threads.
floor=700
swarm=(3000 20)
if [ "$#" -gt 0 ]; then floor=1 swarm=(); fi
arguments=("$@")
# Of each of the panics that are meant to be, a backtrace: they take longer than the tests.
export RUST_BACKTRACE=0
if [ -n "$short" ]; then
    # Tests in which actors end, fail and are restarted under fire, of asks, credit, timers and functions, in a program of their
    # own: the whole ones take longer to build than this takes in all.
    tests=(--test sanitized --test simulation)
    if [ "$#" -eq 0 ]; then floor=230 swarm=(500 5); fi
    # Tables of safe code, rounds under each policy that take a minute under thread, and many runs of one simulation that take five.
    arguments+=(--skip supervisor:: --skip policies::r08_who_is_dropped_and_who_is_handed_back)
    arguments+=(--skip repeating::the_same_seed --skip repeating::other_seeds)
    export CARGO_PROFILE_TEST_OPT_LEVEL=0 CARGO_PROFILE_TEST_DEBUG=0
fi

# The source of the standard library, and what that stands on. Where it is not there it is added, and goes again at the end: the
# compiler shows it in what it says, and what other steps expect of it would not be what they find. Says why not.
source=$(rustc --print sysroot)/lib/rustlib/src/rust/library
added=$folder/rust-src-added
standard_library() {
    local said
    if [ ! -d "$source" ]; then
        command -v rustup >/dev/null || { echo "no rustup to add it with" && return 1; }
        # Before it is there: whoever is ended in the midst leaves word for the next.
        touch "$added"
        said=$(RUST_BACKTRACE=0 timeout 120 rustup component add rust-src 2>&1) || {
            grep -m1 '^error:' <<<"$said" || echo "rustup component add rust-src fails: $(tail -n 1 <<<"$said")"
            return 1
        }
        [ -d "$source" ] || { echo "rustup has added none for $(rustc --version)" && return 1; }
    fi
    said=$(timeout 300 cargo fetch --quiet -Zbuild-std --target "$target" 2>&1) || { tail -n 1 <<<"$said" && return 1; }
}
as_it_was() {
    [ -e "$added" ] || return 0
    [ ! -d "$source" ] || rustup component remove rust-src >/dev/null 2>&1 ||
        { echo "sanitizers: rust-src was added and cannot be removed: rustup component remove rust-src" >&2 && return 0; }
    rm "$added"
}
trap as_it_was EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# A use after free and a race, which each must be found: a sanitizer that finds nothing finds no canary either.
canary() {
    local kind=$1 source=$folder/canary-$1.rs
    if [ "$kind" = address ]; then
        echo 'fn main() { let p = Box::into_raw(Box::new(7_u8)); unsafe { drop(Box::from_raw(p)); println!("{}", p.read_volatile()) } }' >"$source"
    else
        echo 'static mut N: u64 = 0; fn main() { let t = std::thread::spawn(|| for _ in 0..1000 { unsafe { (&raw mut N).write((&raw mut N).read() + 1) } }); for _ in 0..1000 { unsafe { (&raw mut N).write((&raw mut N).read() + 1) } } let _ = t.join(); }' >"$source"
    fi
    # shellcheck disable=SC2086
    rustc --edition 2024 $RUSTFLAGS --target "$target" -o "$folder/canary-$kind" "$source" 2>"$folder/canary.log" || {
        # A compiler that has no such sanitizer for this machine; anything else is a fault of ours.
        grep -Eq 'librustc-[a-z_-]*_rt|sanitizer is not supported|the option .Z. is only accepted' "$folder/canary.log" && return 2
        return 3
    }
    if "$folder/canary-$kind" >"$folder/canary.log" 2>&1; then return 1; fi
    grep -q "Sanitizer" "$folder/canary.log"
}

# The engine's own memory: an envelope that was freed, or never is, and the cell of an actor that has ended. Each in a process of
# its own, which the sanitizer must end with these words.
engine_canary() {
    local kind=$1 name=$2 words=$3 log=$folder/$1-$2.log
    if "${test[@]}" --lib -- --ignored --exact "canary::$name" >"$log" 2>&1 || ! grep -Eq "$words" "$log"; then
        echo "sanitizers: $kind does not report the canary that $name:" >&2
        tail -n 5 "$log" >&2
        return 1
    fi
}

failed=0
for kind in "${which[@]}"; do
    began=$SECONDS
    # The engine is told which of both it is: what it says to the one the other does not understand.
    # Frame pointers: without them the stack of an allocation ends anywhere, and no suppression knows it.
    RUSTFLAGS="-Zsanitizer=$kind -Cforce-frame-pointers=yes --cfg throng_sanitize --cfg throng_sanitize=\"$kind\""
    build=()
    if [ "$kind" = thread ]; then
        # Without its own standard library every lock that was waited for looks like a race: hundreds of false alarms.
        if ! why=$(standard_library); then
            echo "sanitizers: not run: thread: no source of the standard library (rust-src): $why"
            continue
        fi
        build=(-Zbuild-std="std,panic_unwind,test")
        RUSTFLAGS+=" -Cunsafe-allow-abi-mismatch=sanitizer"
    fi
    export RUSTFLAGS
    code=0
    canary "$kind" || code=$?
    if [ "$code" -eq 2 ]; then
        echo "sanitizers: not run: $kind: $(head -1 "$folder/canary.log")"
        continue
    elif [ "$code" -eq 3 ]; then
        echo "sanitizers: $kind: its canary cannot be built: $(head -1 "$folder/canary.log")" >&2
        exit 1
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
    # A reply that a test keeps for ever, an item that one forgets, and what a payload holds whose Drop panics, cannot be freed by
    # anybody.
    printf 'leak:%s\n' r06_shutdown_names_who_is_stuck basics::asks_end_once_each_way contained_panics::NastyPayload r09_items_over_an_abort >"$folder/leak.supp"
    export ASAN_OPTIONS="detect_leaks=1"
    export LSAN_OPTIONS="suppressions=$(realpath "$folder/leak.supp")"
    export TSAN_OPTIONS="suppressions=$(realpath "$folder/thread.supp")"
    echo "== $kind sanitizer"
    export CARGO_TARGET_DIR="$folder/$kind"
    test=(cargo test "${build[@]}" --package throng --target "$target")
    "${test[@]}" --no-run --lib "${tests[@]}" --test swarm
    built=$((SECONDS - began))
    words="AddressSanitizer: (heap-use-after-free|use-after-poison)"
    if [ "$kind" = thread ]; then words="ThreadSanitizer: (data race|heap-use-after-free)"; fi
    outcome="nothing reported, the canaries are"
    engine_canary "$kind" an_envelope_is_used_after_it_was_freed "$words" || outcome=FAILED
    engine_canary "$kind" a_cell_is_used_after_its_actor_ended "$words" || outcome=FAILED
    # This one alone: nothing else is left at the end.
    [ "$kind" = thread ] || engine_canary "$kind" an_envelope_is_never_given_back \
        "SUMMARY: AddressSanitizer: 64 byte\(s\) leaked in 1 allocation" || outcome=FAILED
    # All programs, also where the first has a failure: an hour later the others' would be told one by one.
    scripts/at_least.sh "$floor" "${test[@]}" --no-fail-fast --lib "${tests[@]}" -- "${arguments[@]}" || outcome=FAILED
    if [ "${#swarm[@]}" -gt 0 ]; then
        "${test[@]}" --test swarm -- --seeds "${swarm[0]}" || outcome=FAILED
        "${test[@]}" --test swarm -- --threads --seconds "${swarm[1]}" || outcome=FAILED
    fi
    [ "$outcome" != FAILED ] || failed=1
    echo "sanitizers: $kind${short:+, short}: $outcome, in $((SECONDS - began)) s, $built of them building"
done
exit "$failed"
