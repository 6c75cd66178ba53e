#!/usr/bin/env bash
# Gives every script of this folder what it does not take, by word and by environment, and demands one line that says so, exit 2, and
# nothing built or written; of --help its head, and exit 0; and that what they do take is not refused. It takes seconds.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/arguments.sh
no_arguments "$@"
# It is given to itself too, and a script that takes nonsense may run it again.
[ -z "${THRONG_REFUSALS:-}" ] || { echo "refusals: runs already" >&2 && exit 1; }
export THRONG_REFUSALS=yes
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work"/{tools,temporary}
# In the place of what builds: it leaves word, and fails. So a script that takes nonsense ends at once too.
for tool in cargo rustc; do
    printf '#!/bin/sh\necho %s >>"%s"\nexit 99\n' "$tool" "$work/built" >"$work/tools/$tool"
    chmod +x "$work/tools/$tool"
done
# Without what may choose among several of them each time.
ln -s "$(python3 -c 'import sys; print(sys.executable)')" "$work/tools/python3"
export PATH="$work/tools:$PATH" TMPDIR="$work/temporary" CARGO_TARGET_DIR="$work/target"
unset SEED

declare -i refusals=0 failed=0
wrong() { echo "refusals: FAILED: $*; exit $code: ${said:0:200} / ${told:0:400}" | tr '\n' ' ' >&2 && echo >&2 && failed+=1; }
# Variables, a script, its words.
run() {
    code=0
    timeout 10 env "$@" </dev/null >"$work/said" 2>"$work/told" || code=$?
    said=$(<"$work/said") told=$(<"$work/told")
}
untouched() {
    [ ! -e "$work/built" ] || { wrong "$*: it builds" && rm "$work/built"; }
    [ ! -e "$work/target" ] && ! compgen -G "$work/temporary/*" >/dev/null ||
        { wrong "$*: it writes" && rm -rf "$work"/{target,temporary/*}; }
}
# How what was given is to be told; then as above.
refused() {
    local given=$1
    shift
    run "$@"
    refusals+=1
    [ "$code" -eq 2 ] && [ -z "$said" ] && [[ "$told" != *$'\n'* && "$told" == *": got $given\": "*take*"; --help says more" ]] ||
        wrong "$*: wanted exit 2 and one line, got $given\": takes .."
    untouched "$@"
}
# The same of a last word, of a first variable.
word() { refused "\"${!#}" "$@"; }
variable() { refused "${1/=/=\"}" "$@"; }

for script in scripts/*; do
    [ -f "$script" ] && [ -x "$script" ] || continue
    for each in --nosuch nosuch ""; do word "$script" "$each"; done
    run "$script" --help
    [ "$code" -eq 0 ] && [ -z "$told" ] && [ "${said%%$'\n'*}" = "$(sed -nE '2s/^(# |""")//p' "$script")" ] ||
        wrong "$script --help: wanted its head"
    untouched "$script" --help
    [[ "$script" == *.sh ]] || continue
    variable SEED=x "$script"
    # These write nothing of their own.
    [[ "$script" =~ /(at_least|claims|refusals)\.sh$ ]] || variable CARGO_TARGET_DIR=/proc/nowhere "$script"
done
# What holds of all alike, of one.
run scripts/claims.sh -h
[ "$code" -eq 0 ] || wrong "scripts/claims.sh -h: wanted its head"
for each in claims.sh until_failure.py survivors.py; do refused '"no?such' "scripts/$each" $'no\nsuch'; done
for each in -1 01 1.0 10000000000000000000; do variable SEED="$each" scripts/claims.sh; done
variable TMPDIR=/proc/nowhere CARGO_TARGET_DIR="$work/temporary" scripts/smoke.sh

while read -r script words; do
    read -ra words <<<"$words"
    word "scripts/$script" "${words[@]}"
done <<'END'
check.sh ci nosuch
check.sh --list nosuch
models.sh --test-threads=0
models.sh mailbox::nosuch
models.sh mailbox --skip=nosuch
shuttle.sh --list
fuzz.sh 0
fuzz.sh 1000000
fuzz.sh 20 nosuch
fuzz.sh 20 hlog ../corpus/hlog
coverage.sh throng nosuch
counts.sh write
faults.sh R00
faults.sh R01 R24
resolution.sh 1000
sanitizers.sh --short nosuch
sanitizers.sh address --nosuch
sanitizers.sh thread nosuch_test
mutants.sh 6/6
mutants.sh 0/6 Cargo.toml
mutants.sh 0/6 engine/src/mailbox/nosuch.rs
peers.sh nosuch
peers.sh rust nosuch
peers.sh rust smoke
at_least.sh 0
at_least.sh 1 nosuch-command
END
for each in check:CHECK_{LINES,SECONDS}=0 check:CHECK_SECONDS={x,100000} models:LOOM_MAX_PREEMPTIONS={x,0,254} models:LOOM_MAX_{BRANCHES,PERMUTATIONS,DURATION}=x \
    models:LOOM_CHECKPOINT_INTERVAL=0 shuttle:SHUTTLE_RUNS={x,999} swarm:SWARM_{SEEDS,SECONDS,PLANTED,MOST}=0 \
    mutants:MUTANTS_{LONGEST,SEEDS}=0 coverage:LLVM_{COV,PROFDATA}=/nowhere java:HDRHISTOGRAM_JAR=/nowhere; do
    variable "${each#*:}" "scripts/${each%%:*}.sh"
done

for each in MUTANTS_{JUDGE,SEEDS,LONGEST}=x; do variable "$each" scripts/until_failure.py true; done
variable MUTANTS_LONGEST= MUTANTS_MEASURE=1 scripts/until_failure.py true
variable MUTANTS_LEFT_OUT=/nowhere MUTANTS_JUDGE=broad scripts/until_failure.py true
variable MUTANTS_UNCHANGED=/nowhere/file MUTANTS_JUDGE=deep scripts/until_failure.py true
# A folder in which nothing was seen.
mkdir -p "$work/swarm/mutants.out"
touch "$work/swarm/mutants.out/"{unviable,caught,missed,timeout}.txt
explained=scripts/baselines/survivors.toml
for each in nosuch scripts/deny.toml; do refused "\"$each" scripts/survivors.py "$each" "$work"; done
word scripts/survivors.py "$explained" nosuch
for each in nosuch "engine/src/nosuch.rs:1:1: replaced" "engine/src/lib.rs:99999:1: replaced"; do
    word scripts/survivors.py "$explained" "$work" "$each"
done

# What they take comes as far as to what builds, which is none here.
while read -r script words; do
    read -ra words <<<"$words"
    run "scripts/$script" "${words[@]}"
    [ -e "$work/built" ] && [ "$code" -ne 2 ] || wrong "scripts/$script ${words[*]}: wanted it to be taken"
    rm -rf "$work"/{built,target,temporary/*}
done <<'END'
check.sh lock
models.sh mailbox:: --skip=lanes
models.sh --exact --test-threads=2
shuttle.sh
fuzz.sh
fuzz.sh 60 hlog page
coverage.sh throng
faults.sh R07 r15 r8
resolution.sh 3
sanitizers.sh --short
sanitizers.sh address shutdown --nocapture
mutants.sh
mutants.sh 1/6 engine/src/mailbox/word.rs
at_least.sh 1 cargo test
peers.sh rust
swarm.sh
END
# A step that hangs, heeds no word, and has put what it started into a session of its own.
mkdir "$work/hangs"
printf '#!/bin/sh\ntrap "" TERM\nsetsid sleep 77077 &\nwait\nsleep 77077\n' >"$work/hangs/cargo"
chmod +x "$work/hangs/cargo"
run PATH="$work/hangs:$PATH" CHECK_SECONDS=1 scripts/check.sh lock
[ "$code" -eq 1 ] && [[ "$said" == *FAILED*"s  lock: took longer than 1 s"*"failed: lock"* ]] ||
    wrong "CHECK_SECONDS=1 scripts/check.sh lock: wanted a step that hangs to fail"
! pgrep -fx "sleep 77077" >"$work/left" || wrong "CHECK_SECONDS=1 scripts/check.sh lock: it left $(tr '\n' ' ' <"$work/left")"
rm -rf "$work"/{target,temporary/*}
run SEED= TMPDIR= scripts/smoke.sh
[ -e "$work/built" ] || wrong "SEED= TMPDIR= scripts/smoke.sh: wanted empty ones to be as none"
echo "refusals: $refusals refusals in one line each, $failed wrong, in $SECONDS s"
[ "$failed" -eq 0 ]
