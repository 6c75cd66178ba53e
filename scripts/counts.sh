#!/usr/bin/env bash
# Counts the instructions of the engine's kernels (engine/instructions) under callgrind, one process each, and holds
# them against scripts/baselines/instructions.toml: exits 1 where one takes over 5 % more, or one locked instruction more,
# whose price its number does not tell, or asks for memory once more. A time would say less: it moves by more than that on
# a quiet machine, and a count repeats.
# `scripts/counts.sh --write` writes the baseline, to be committed with what changed it.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/arguments.sh
baseline=scripts/baselines/instructions.toml
folder="${CARGO_TARGET_DIR:-target}/counts"
[ "$#" -eq 0 ] || [ "$*" = --write ] || refuse "got \"$*\": takes nothing, or --write"
folders
if ! command -v valgrind >/dev/null; then
    echo "counts: not run: no valgrind (apt-get install valgrind)"
    # Not a failure, but for whoever asked for a baseline.
    exit "$#"
fi

# Built as what ships is, whatever else is built here: fat LTO takes no longer than thin, the crate is small.
for variable in RUSTFLAGS CARGO_ENCODED_RUSTFLAGS CARGO_BUILD_RUSTFLAGS "${!CARGO_PROFILE_@}"; do unset "$variable"; done
CARGO_INCREMENTAL=0 CARGO_TARGET_DIR=$folder cargo build --quiet --release -p throng-instructions
program=$folder/release/throng-instructions

# Counts are of a minor version of the compiler and a target, and of a kernel that does the rare half of a fence (membarrier) or does not.
now=$folder/instructions.toml
mkdir -p "$folder/callgrind"
{
    echo "# Of an operation: instructions, of these locked, and allocations. Written by scripts/counts.sh --write."
    echo "rustc = \"$(rustc --version | cut -d' ' -f2-)\""
    echo "target = \"$(rustc -vV | sed -n 's/^host: //p')\""
    echo "fences = \"$("$program" --fences)\""
    echo
    echo "[kernels]"
} >"$now"
while read -r kernel; do
    out=$folder/callgrind/$kernel
    # Two functions of the program turn collecting over, where they are entered and where they are left. No wide copies in
    # the C library, which takes them where the machine has them.
    GLIBC_TUNABLES=glibc.cpu.hwcaps=-AVX512VL,-AVX2,-ERMS,-FSRM valgrind --tool=callgrind --collect-bus=yes \
        --callgrind-out-file="$out.out" --toggle-collect=throng_counted --toggle-collect=throng_set_aside \
        "$program" "$kernel" >"$out.ran" 2>"$out.log" ||
        { echo "counts: $kernel failed under valgrind: $(tail -1 "$out.log")" >&2; exit 1; }
    read -r name operations allocations <"$out.ran"
    read -r instructions locked < <(sed -n 's/^summary: //p' "$out.out") || true
    # The names that callgrind was told may be gone from the program.
    [ "$name" = "$kernel" ] && [ "${instructions:-0}" -ge "$operations" ] ||
        { echo "counts: $kernel: $operations operations and ${instructions:-no} instructions counted" >&2; exit 1; }
    awk -v name="$name" -v n="$operations" -v i="$instructions" -v l="${locked:-0}" -v a="$allocations" \
        'BEGIN { printf "%s = [%.2f, %.2f, %.2f]\n", name, i / n, l / n, a / n }' >>"$now"
done < <("$program" --list)

if [ "$#" -eq 1 ]; then
    cp "$now" "$baseline"
    echo "counts: $baseline written"
fi
fact() { sed -n "s/^$1 = \"\(.*\)\"/\1/p" "$2"; }
# Releases of a compiler that differ in their last number are corrections of the same: what they build is compared.
same() { sed -E 's/^([0-9]+\.[0-9]+)\.[0-9]+ .*/\1/' <<<"$1"; }
comparable=1
for fact in rustc target fences; do
    was=$(fact "$fact" "$baseline") is=$(fact "$fact" "$now")
    if [ "$(same "$was")" != "$(same "$is")" ]; then
        comparable=0
        echo "counts: not run: not compared: the baseline is of $fact $was, this is $is"
    fi
done
kernels() { sed -n 's/^\(.*\) = \[\(.*\), \(.*\), \(.*\)\]$/\1 \2 \3 \4/p' "$1"; }
awk -v comparable="$comparable" -v file="$baseline" '
    # One operation in twenty: what comes now and then is no fault.
    function grown(what, is, was) {
        if (is <= was + 0.05) return ""
        failed = 1
        return sprintf("  FAILED: %.2f %s, baseline %.2f", is, what, was)
    }
    FILENAME == ARGV[1] { was[$1] = $2; locked[$1] = $3; allocations[$1] = $4; next }
    !comparable { printf "%-13s %9.2f instructions, %5.2f locked, %5.2f allocations\n", $1, $2, $3, $4; next }
    !($1 in was) { printf "%-13s %9.2f  FAILED: not in %s\n", $1, $2, file; failed = 1; next }
    {
        change = ($2 / was[$1] - 1) * 100
        say = ""
        if (change > 5) { say = "  FAILED: over 5 % more"; failed = 1 }
        if (change <= -5) { say = "  better: the baseline is to be rewritten"; better = 1 }
        say = say grown("locked", $3, locked[$1]) grown("allocations", $4, allocations[$1])
        printf "%-13s %9.2f  baseline %9.2f  %+7.2f %%%s\n", $1, $2, was[$1], change, say
        delete was[$1]
    }
    END {
        if (comparable) for (name in was) { printf "%-13s FAILED: in %s, and no kernel\n", name, file; failed = 1 }
        if (failed) print "counts: what is to cost more is committed with its baseline: scripts/counts.sh --write"
        else if (better) print "counts: note: cheaper than the baseline: scripts/counts.sh --write"
        exit failed
    }' <(kernels "$baseline") <(kernels "$now")
