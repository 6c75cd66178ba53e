#!/usr/bin/env bash
# Do the tests bite? Changes the engine's core (mailbox with its credit, cell, scheduler, the credit of flows) in one small way after the
# other, with cargo-mutants, and sees whether a test notices. By hand, as all of them take hours.
#
#   scripts/mutants.sh                 all
#   scripts/mutants.sh 0/6             every sixth, from the first; 1/6 those after them
#   scripts/mutants.sh 0/6 FILE...     of those in these files alone, as engine/src/mailbox/word.rs
#
# Six judges, the quickest first; the next one sees what those before let pass:
#   swarm    MUTANTS_SEEDS scenarios, and a second of it on threads
#   quick    those unit tests, and those of the simulation, that take no longer than MUTANTS_LONGEST milliseconds
#   models   loom's with one preemption, those of them that pass with one
#   broad    the promises and services that take no longer than that
#   units    all unit tests, the long ones too: tables that are gone through from every state
#   deep     loom's with two preemptions
# Each begins with the engine unchanged, in the copy: where that fails it would call everything noticed, and the script ends with exit 1.
# A judge that has come to its end is not asked again about the same part of the same code: so that who was interrupted goes on there.
# What none of them notices is named in scripts/baselines/survivors.toml with its reason, or is told at the end, with exit 1. What was
# seen is kept in the target folder, mutants/.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/arguments.sh
shard="${1-0/1}"
if ! [[ "$shard" =~ ^(0|[1-9][0-9]{0,3})/([1-9][0-9]{0,3})$ ]] || [ "${BASH_REMATCH[1]}" -ge "${BASH_REMATCH[2]}" ]; then
    refuse "got \"$shard\": takes nothing, or a part as 0/6, which is the first of six, and files"
fi
shift $(($# > 0))
files=()
for file in "$@"; do
    [[ -f "$file" && "$file" =~ ^engine/src/((mailbox|cell|scheduler)/[^.].*|actor/(flow|stock))\.rs$ ]] ||
        refuse "got \"$file\": takes files of engine/src/mailbox, cell and scheduler, actor/flow.rs and actor/stock.rs, and this is none"
    # By name: what is given as --file comes beside what the configuration has, and not in its place.
    files+=(-F "^${file//./\\.}:")
done
for name in MUTANTS_LONGEST MUTANTS_SEEDS; do number "$name" 1 9999999; done
folders
longest="${MUTANTS_LONGEST:-150}"
if ! cargo mutants --version >/dev/null 2>&1; then
    echo "mutants: not run: no cargo-mutants (cargo install --locked cargo-mutants)"
    exit
fi

kept=$(realpath -m "${CARGO_TARGET_DIR:-target}")/mutants
mkdir -p "$kept/copy"
# The workspace is copied, and the copy changed.
export TMPDIR=$kept/copy
# Quick to build, as each is built for a few seconds of tests.
export CARGO_PROFILE_TEST_OPT_LEVEL=0 CARGO_PROFILE_TEST_DEBUG=0 CARGO_INCREMENTAL=1
host=$(rustc -vV | sed -n 's/^host: //p' | tr 'a-z-' 'A-Z_')
declare -x "CARGO_TARGET_${host}_RUNNER=$PWD/scripts/until_failure.py"
# A changed bound may ask for all the memory there is. The engine reserves many addresses, and uses few.
ulimit -c 0 -v 24000000

engine=$(find Cargo.lock engine -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -c 1-16)
part="$shard ${files[*]} $engine"

# What a judge says is in $kept/<judge>/mutants.out. The first takes all that were asked for; the next what is left.
left=()
judge() {
    local name=$1 code=0 mutant chosen=("${files[@]}" --shard "$shard" --sharding round-robin)
    shift
    if [ "$name" != swarm ]; then
        [ "${#left[@]}" -gt 0 ] || return 0
        chosen=()
        # As they are printed: a regular expression that matches nothing else. Deletions of fields are tried all the same: left out below.
        for mutant in "${left[@]}"; do
            chosen+=(-F "^$(sed 's/[][\.*^$+?(){}|]/\\&/g' <<<"$mutant")\$")
        done
    fi
    if [ "$(cat "$kept/$name/finished" 2>/dev/null)" = "$part" ]; then
        heard "$name"
        return
    fi
    rm -rf "${kept:?}/$name"
    mkdir -p "$kept/$name"
    MUTANTS_JUDGE=$name MUTANTS_UNCHANGED=$kept/$name/unchanged cargo mutants --config scripts/mutants.toml -p throng \
        --baseline run --timeout 900 --build-timeout 900 --colors never --output "$kept/$name" "${chosen[@]}" "$@" || code=$?
    # It ends with 2 where something was missed, with 3 where something took too long, and with 4 where the unchanged engine fails.
    case "$code" in
    0 | 2 | 3) ;;
    4) echo "mutants: $name: the engine fails unchanged in the copy: nothing can be judged" >&2 && exit 1 ;;
    *) echo "mutants: cargo mutants ended with $code" >&2 && exit 1 ;;
    esac
    [ "$name" = swarm ] || printf '%s\n' "${left[@]}" >"$kept/$name/asked"
    echo "$part" >"$kept/$name/finished"
    heard "$name"
}

# What a judge has let pass.
heard() {
    local name=$1
    mapfile -t left < <(cat "$kept/$name/mutants.out/"{missed,timeout}.txt |
        if [ "$name" = swarm ]; then cat; else grep -xFf "$kept/$name/asked"; fi)
    echo "mutants: $name: ${#left[@]} are left"
}

# What takes longest, and what does not pass by itself, is left out by name: measured once, on the engine as it is.
measured() {
    local judge=$1
    shift
    export MUTANTS_LEFT_OUT=$kept/left-out-$judge-$engine
    if [ "${#left[@]}" -gt 0 ] && [ ! -e "$MUTANTS_LEFT_OUT" ]; then
        MUTANTS_MEASURE=1 cargo test --quiet -p throng "$@" >"$MUTANTS_LEFT_OUT.new"
        mv "$MUTANTS_LEFT_OUT.new" "$MUTANTS_LEFT_OUT"
    fi
}

export CARGO_TARGET_DIR=$kept/tests MUTANTS_LONGEST=$longest
judge swarm -C=--test=swarm
measured quick --lib --test simulation
judge quick -C=--lib -C=--test=simulation

models() {
    export CARGO_TARGET_DIR=$kept/loom RUSTFLAGS="--cfg throng_loom"
    "$@" --profile=models --no-default-features
}
LOOM_MAX_PREEMPTIONS=1 MUTANTS_LONGEST=2000 models measured models --test models
LOOM_MAX_PREEMPTIONS=1 models judge models -C=--test=models

export CARGO_TARGET_DIR=$kept/tests
unset RUSTFLAGS
measured broad --test promises --test services
judge broad -C=--test=promises -C=--test=services

# But for what does not pass by itself.
MUTANTS_LONGEST=60000 measured units --lib
judge units -C=--lib

LOOM_MAX_PREEMPTIONS=2 models judge deep -C=--test=models

all=()
[ "$shard ${files[*]}" != "0/1 " ] || all=(--all)
exec scripts/survivors.py "${all[@]}" scripts/baselines/survivors.toml "$kept" "${left[@]}"
