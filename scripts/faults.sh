#!/usr/bin/env bash
# Runs the fault catalogue, at its sizes, and prints one line per fault: R01 to R23 (engine/tests/FAULTS.md says what each test
# asserts). `scripts/faults.sh R07 R15` runs some. A fault's tests are those whose names begin with its number, in the test
# programs of the engine and the bench: `r07_...`, or `r10_r11_...` for two. A fault without a test has failed. Where a test
# says that it could not run here, so does the line. What the tests said is kept in the target folder, faults/R07.log.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/arguments.sh

catalogue=(
    "R01 100,000 actors panic on their 3rd message of 6"
    "R02 a panic in every hook, Drop and callback"
    "R03 a panic in the midst of a batch, or with credit"
    "R04 a child that fails on every start"
    "R05 a receiver stops under fire"
    "R06 shutdown under load"
    "R07 2M spawn/stop cycles"
    "R08 full mailboxes under every policy, 8 x 250,000"
    "R09 credit over panic, stop, restart, kill"
    "R10 asks and their deadlines"
    "R11 1M timers, half cancelled, the clock jumps"
    "R12 two self-sending actors and 1,000 others"
    "R13 back-pressure: a relay, 16 stages, a slow consumer"
    "R14 1M stops, stale addresses"
    "R15 a worker's thread dies"
    "R16 affinity refused, more workers than processors"
    "R17 threads and memory refused, absurd sizes"
    "R18 malformed flags, profiles, histograms, runs"
    "R19 full device, read-only folder, closed pipe"
    "R20 SIGINT and SIGTERM in the middle of a run"
    "R21 a worker frozen for 200 ms under open load"
    "R22 parking after every message, an idle engine"
    "R23 an endless handler, deep recursion"
)
# Longer than any fault takes on a busy machine; the tests have watchdogs of their own.
limit=900

chosen=()
for given in "$@"; do
    [[ $given =~ ^[Rr]0*([0-9]+)$ ]] && ((BASH_REMATCH[1] >= 1 && BASH_REMATCH[1] <= ${#catalogue[@]})) ||
        refuse "got \"$given\": takes some of R01 to R${#catalogue[@]}, or nothing for all"
    chosen+=("${catalogue[BASH_REMATCH[1] - 1]}")
done
[ $# -gt 0 ] || chosen=("${catalogue[@]}")
folders

target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
logs=$target/faults
mkdir -p "$logs"

# As the README's test command builds them, all at once, so that nothing is built twice: of each the package's folder, in which
# cargo runs its tests, and the program.
cargo test --no-run --lib --bins --tests --message-format=json-render-diagnostics >"$logs/build.json"
mapfile -t programs < <(python3 -c '
import json, os, sys
for line in open(sys.argv[1]):
    built = json.loads(line)
    if built["reason"] == "compiler-artifact" and built["profile"]["test"] and built["executable"]:
        print(os.path.dirname(built["manifest_path"]), built["executable"], sep="\t")
' "$logs/build.json")
[ "${#programs[@]}" -gt 0 ] || { echo "faults: no test program was built" >&2; exit 1; }

# As cargo does: the tests of a procedural macro are linked with the compiler's own standard library.
LD_LIBRARY_PATH=$(rustc --print target-libdir)${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
export LD_LIBRARY_PATH

# A line each: folder, program, test.
tests=$logs/tests
for each in "${programs[@]}"; do
    IFS=$'\t' read -r folder program <<<"$each"
    # One that does not list has a harness of its own, and no tests with names.
    listed=$(cd "$folder" && "$program" --list --format terse 2>/dev/null) || continue
    sed -nE "s#^(.*::)?((r[0-9]{2}_)+[^:]*): test\$#$folder\t$program\t\1\2#p" <<<"$listed"
done >"$tests"
# What the catalogue names is there: a test that this build leaves out is none.
grep -oE '`r[0-9]{2}_[a-z0-9_]+`' engine/tests/FAULTS.md | tr -d '`' | sort -u >"$logs/named"
missing=$(sed -E 's/.*(\t|::)//' "$tests" | sort -u | comm -23 "$logs/named" - | paste -sd ' ')
[ -z "$missing" ] || { echo "faults: engine/tests/FAULTS.md names what no test program has: $missing" >&2; exit 1; }

failed=0
for fault in "${chosen[@]}"; do
    id=${fault%% *} words=${fault#* }
    log=$logs/$id.log
    : >"$log"
    count=0 broken=() began=${EPOCHREALTIME/[.,]/}
    for each in "${programs[@]}"; do
        IFS=$'\t' read -r folder program <<<"$each"
        mapfile -t names < <(awk -F'\t' -v program="$program" -v number="${id#R}" \
            '$2 == program && $3 ~ "(^|::)(r[0-9][0-9]_)*r" number "_" { print $3 }' "$tests")
        [ "${#names[@]}" -gt 0 ] || continue
        count=$((count + ${#names[@]}))
        code=0
        (cd "$folder" && CARGO_MANIFEST_DIR=$folder timeout "$limit" \
            "$program" --include-ignored --show-output --exact "${names[@]}" || exit $?) >>"$log" 2>&1 || code=$?
        # One that ended the whole program is not told of at the end: its name comes with what it said.
        [ "$code" -eq 0 ] || broken+=("${program##*/} exits $code")
        # A name that matches nothing runs nothing, and succeeds.
        ran=$(sed -nE 's/^test result: .* ([0-9]+) passed; ([0-9]+) failed; .*/\1 \2/p' "$log" | tail -1)
        [ "$code" -ne 0 ] || [ "$ran" = "${#names[@]} 0" ] || broken+=("${program##*/} ran $ran of ${#names[@]}")
    done
    tenths=$(((${EPOCHREALTIME/[.,]/} - began) / 100000))
    # From each line that says so: several tests of one fault may.
    skipped=$({ grep -aoE '[[:alnum:]_-]+: not run: .+' "$log" || true; } | sed 's/: not run: /: /' | sort -u | paste -sd ';')
    verdict=ok why=
    if [ "$count" -eq 0 ]; then
        verdict=FAILED why="no test is named ${id,}_..."
    elif [ "${#broken[@]}" -gt 0 ]; then
        names=$(sed -nE 's/^test (.*) \.\.\. FAILED$/\1/p' "$log" | sort -u | paste -sd ' ')
        verdict=FAILED why="${names:-${broken[*]}}; see $log"
    elif [ -n "$skipped" ]; then
        verdict="not run" why=$skipped
    fi
    [ "$verdict" != FAILED ] || failed=1
    [ "$count" -eq 1 ] && noun="test, " || noun=tests,
    # As every script says it, for whoever reads many.
    [ "$verdict" != "not run" ] || echo "$id: not run: $why"
    printf '%s %-7s %3d %s %3d.%d s  %s%s\n' "$id" "$verdict" "$count" "$noun" $((tenths / 10)) $((tenths % 10)) \
        "$words" "${why:+: $why}"
done
exit "$failed"
