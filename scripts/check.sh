#!/usr/bin/env bash
# Runs what proves throng, one step after the other, and prints a line with its time for each: everything but the mutation tests,
# which take hours, and the million seeds of the swarm, which take six minutes: those are run by hand.
#
#   scripts/check.sh            every step
#   scripts/check.sh ci         those that each change must pass (.ci/run)
#   scripts/check.sh STEP...    those, in the order of the list
#   scripts/check.sh --list     those of the list that the other words ask for: name, ci or all, command
#
# What a step says is kept in check/STEP.log of the target folder; of one that failed the last lines are shown, as many as CHECK_LINES
# says. A step that cannot be run here, or a part of it, says `word: not run: why`: it counts neither as passed nor as failed. What it
# says as `STEP: note: words` is shown below its line. A step that leaves a process running has failed, and the process is ended. So has
# one that takes longer than CHECK_SECONDS (7200: the sanitizers take more than an hour), and all that it started is ended: what hangs
# ends too. Exit 1 if a step failed, 2 if it was given what it does not take.
#
# `ci` takes 26 minutes on two processors with nothing kept (1,569 s, of which 786 are the tests), where twenty are asked for: so what
# else takes minutes is no part of it. By hand `scripts/sanitizers.sh --short` is the shortest of that.
#
# What is drawn at random is drawn from SEED. CI has the same each time, so that a change is judged by what it changes; by hand it is
# another each time, which is how new ones are tried, unless SEED says which. The first line tells it. `sim::explore` tries that seed
# alone where it finds one: tests that explore start themselves again without it, and the documentation's run once more in `seeds`.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/arguments.sh
logs=${CARGO_TARGET_DIR:-target}/check
number CHECK_LINES 1 9999
shown=${CHECK_LINES:-12}
number CHECK_SECONDS 1 99999
limit=${CHECK_SECONDS:-7200}
# What is told to end has so many seconds for it.
grace=10

# The binaries as everybody builds them take minutes in the linker; CI, where nothing that they measure is kept, leaves that out.
quick=
[[ " $* " != *" ci "* ]] || quick="CARGO_PROFILE_RELEASE_LTO=false CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 "
[[ " $* " != *" ci "* ]] || SEED=${SEED:-895275080}
# Short enough to be typed.
SEED=${SEED:-$((${EPOCHREALTIME/[^0-9]/} % 1000000000))}
# What cargo is asked for is of the whole workspace and of one profile: for one package alone a crate gets other features, and is
# built again with all that it stands on.
steps=(
    "lock        ci   for at in . bench/fuzz bench/peers; do cargo update --workspace --locked --manifest-path \$at/Cargo.toml || exit 1; done"
    "refusals    ci   scripts/refusals.sh"
    "tests       ci   cargo test"
    "seeds       ci   env -u SEED cargo test --doc"
    "benches     ci   cargo test --bench parts --bench turn --bench record"
    "format      ci   for at in . bench/peers; do cargo fmt --all --check --manifest-path \$at/Cargo.toml || exit 1; done"
    "clippy      ci   cargo clippy --profile test --workspace --all-targets --all-features -- -D warnings"
    "docs        ci   RUSTDOCFLAGS='-D warnings' cargo doc --profile test --workspace --no-deps --all-features"
    "models      ci   scripts/models.sh"
    "shuttle     ci   scripts/shuttle.sh"
    "examples    ci   scripts/examples.sh"
    "claims      ci   scripts/claims.sh"
    "smoke       ci   ${quick}scripts/smoke.sh"
    "instrument  ci   ${quick}scripts/instrument.sh"
    "java        ci   ${quick}scripts/java.sh"
    "swarm       ci   scripts/swarm.sh"
    "supply      ci   scripts/supply.sh"
    "counts      ci   scripts/counts.sh"
    "faults      all  scripts/faults.sh"
    "savina      all  out=\$(mktemp -d) && trap 'rm -rf \"\$out\"' EXIT && cargo run --release -- savina --rounds 1 --out \"\$out/run\""
    "memcheck    all  scripts/memcheck.sh"
    "fuzz        all  scripts/fuzz.sh"
    "sanitizers  all  scripts/sanitizers.sh"
    "coverage    all  scripts/coverage.sh"
    "peers       all  scripts/peers.sh smoke"
)

export SEED
listed=
declare -A wanted=()
for word in "$@"; do
    [ "$word" != --list ] || { listed=yes && continue; }
    known=
    for step in "${steps[@]}"; do
        read -r name part _ <<<"$step"
        if [ "$word" = "$name" ] || [ "$word" = ci -a "$part" = ci ]; then wanted[$name]=1 known=1; fi
    done
    [ -n "$known" ] || refuse "got \"$word\": takes nothing, ci, --list, or steps of: ${steps[*]%% *}"
done
# Whether a step is asked for, by its name or as all are.
asked() { [ "${#wanted[@]}" -eq 0 ] || [ -n "${wanted[$1]:-}" ]; }
if [ -n "$listed" ]; then
    for step in "${steps[@]}"; do
        ! asked "${step%% *}" || echo "$step"
    done
    exit
fi
folders

# Every process of a step bears this script's number, whichever group or session it made itself.
left() { grep -lzs "^THRONG_CHECK=$$\$" /proc/[0-9]*/environ | cut -d/ -f3 || true; }
told() { for pid in "$@"; do echo -n " $pid $(tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | cut -c1-60 || true)"; done; }
group=
end() {
    local pids signal
    for signal in TERM KILL; do
        [ -z "$group" ] || kill "-$signal" -- "-$group" 2>/dev/null || true
        mapfile -t pids < <(left)
        [ "${#pids[@]}" -gt 0 ] || break
        kill "-$signal" "${pids[@]}" 2>/dev/null || true
        sleep 0.5
    done
    group=
}
trap end EXIT
trap 'echo "check: interrupted" >&2; exit 130' INT
trap 'echo "check: ended" >&2; exit 143' TERM HUP

now() { echo "${EPOCHREALTIME/[^0-9]/}"; }
seconds() { local tenths=$((($(now) - $1) / 100000)); echo "$((tenths / 10)).$((tenths % 10))"; }
line() { printf '%-7s %6s s  %s\n' "$@"; }

# A process may take a moment to end after the one that waited for it.
nothing_left() {
    local pids deadline=$((SECONDS + 5))
    while mapfile -t pids < <(left) && [ "${#pids[@]}" -gt 0 ]; do
        if [ "$SECONDS" -ge "$deadline" ]; then
            echo "check: left running:$(told "${pids[@]}")"
            return 1
        fi
        sleep 0.1
    done
}

declare -i ok=0 partly=0
failed=()
run() {
    local name=$1 command=$2 log=$logs/$1.log began code=0 words="" because notes
    began=$(now)
    [ ! -t 1 ] || printf '...               %s\r' "$name"
    if [[ " $command" =~ \ (scripts/[^ ]+) ]] && [ ! -x "${BASH_REMATCH[1]}" ]; then
        echo "there is no ${BASH_REMATCH[1]}" >"$log"
        line FAILED "$(seconds "$began")" "$name: there is no ${BASH_REMATCH[1]}"
        failed+=("$name")
        return
    fi
    # In a group of its own, so that what it started can be ended with it.
    set -m
    THRONG_CHECK=$$ timeout -k "$grace" "$limit" bash -c "$command" </dev/null >"$log" 2>&1 &
    group=$!
    set +m
    wait "$group" 2>/dev/null || code=$?
    # A step may have had the same codes from a timeout of its own.
    if [[ "$code" =~ ^(124|137)$ ]] && [ $((($(now) - began) / 1000000)) -ge "$limit" ]; then
        words=": took longer than $limit s"
        echo "check: $name$words, and was ended" >>"$log"
    else
        [ "$code" -lt 128 ] || echo "check: ended by signal $((code - 128))" >>"$log"
        nothing_left >>"$log" || code=left
    fi
    end
    mapfile -t because < <(grep -aoE '[[:alnum:]_-]+: not run: .+' "$log" | sed "s/: not run: /: /; s/^$name: //" | awk '!seen[$0]++')
    mapfile -t notes < <(sed -n "s/^$name: note: //p" "$log")
    if [ "$code" != 0 ]; then
        line FAILED "$(seconds "$began")" "$name$words"
        failed+=("$name")
        # What a watchdog or a compiler said may be far above the end.
        head -n -"$shown" "$log" | grep -aE '^(test .* FAILED$|error(\[|:)|watchdog: |swarm: |thread .* panicked)' | head -n "$shown" | sed 's/^/    /' || true
        tail -n "$shown" "$log" | sed 's/^/    /'
    elif [ "${#because[@]}" -gt 0 ]; then
        partly+=1
        line 'not run' "$(seconds "$began")" "$name: ${because[0]}"
        printf '                   %s\n' "${because[@]:1}" | sed '/^ *$/d'
    else
        ok+=1
        line ok "$(seconds "$began")" "$name"
    fi
    [ "${#notes[@]}" -eq 0 ] || printf '                   %s\n' "${notes[@]}"
}

mkdir -p "$logs"
echo "check: SEED=$SEED"
began=$(now)
for step in "${steps[@]}"; do
    read -r name _ command <<<"$step"
    ! asked "$name" || run "$name" "$command"
done
echo "check: $ok ok, $partly not run or not in full, ${#failed[@]} failed, in $(seconds "$began") s; logs in $logs"
[ "${#failed[@]}" -eq 0 ] || { echo "check: failed: ${failed[*]}" && exit 1; }
