#!/usr/bin/env bash
# What the project is built from: cargo-deny looks at the licences, sources and bans of every crate by scripts/deny.toml, and
# cargo-machete for dependencies that nothing uses, those of tests aside. Both are installed into the target folder where they are not there, which
# takes some three minutes of processor time once; where they cannot be, it says "not run". Last, each is shown a fault that it must find.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/arguments.sh
no_arguments "$@"
folders
folder=$(realpath -m "${CARGO_TARGET_DIR:-target}/tools")
mkdir -p "$folder"
export PATH="$folder/bin:$PATH"
planted=$(mktemp -d)
trap 'rm -rf "$planted"' EXIT

# Whether the tool is there, installed if need be.
have() {
    local began=$SECONDS
    # They run for a second, and are not optimised for it: as it ships, cargo-deny takes many times as long to install.
    local -x CARGO_PROFILE_RELEASE_OPT_LEVEL=0 CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16
    if command -v "$1" >/dev/null; then return 0; fi
    if CARGO_TARGET_DIR="$folder/build" cargo install --quiet --locked --root "$folder" "$1" >"$folder/$1.log" 2>&1; then
        echo "supply: $1 installed in $((SECONDS - began)) s"
        return 0
    fi
    echo "supply: not run: $1: $(grep -m1 . "$folder/$1.log" || echo "it cannot be installed")"
    return 1
}

# A package in $planted that asks for the crate in $1 and uses nothing.
plant() {
    mkdir -p "$planted/src"
    printf '[package]\nname = "planted"\nversion = "0.0.0"\nedition = "2024"\nlicense = "MIT"\n[dependencies]\n%s\n[workspace]\n' "$1" >"$planted/Cargo.toml"
    echo >"$planted/src/lib.rs"
}

failed=0
if have cargo-deny; then
    # Of the project, of its fuzzer, and of the systems beside it. What is there of each crate is looked at, also of those for other systems.
    for manifest in Cargo.toml bench/fuzz/Cargo.toml bench/peers/Cargo.toml; do
        began=$SECONDS checks=(bans sources licenses)
        # What other systems need in two versions is theirs, and each of their programs chooses its allocator.
        [ "$manifest" != bench/peers/Cargo.toml ] || checks=(sources licenses)
        if ! cargo fetch --quiet --manifest-path "$manifest" >"$planted/said" 2>&1; then
            echo "supply: not run: $manifest: its crates cannot be fetched: $(grep -m1 . "$planted/said")"
        elif cargo deny --offline --manifest-path "$manifest" --config scripts/deny.toml check --hide-inclusion-graph \
            "${checks[@]}" >"$planted/said" 2>&1; then
            echo "supply: $manifest: $(tail -n 1 "$planted/said") ($((SECONDS - began)) s)"
        else
            cat "$planted/said" >&2
            failed=1
        fi
    done
    # The same crates where MIT is not allowed, no registry is known, a crate that they need is banned, and one of two versions has no reason.
    sed -e '/^allow = /s/"MIT", //' -e '/^allow-registry/s/\[.*\]/[]/' -e '/^deny = /s/\[/[{ crate = "libc" }, /' -e '/"syn@/d' \
        scripts/deny.toml >"$planted/deny.toml"
    for fault in licenses:rejected sources:source-not-allowed bans:banned bans:duplicate; do
        if cargo deny --offline --config "$planted/deny.toml" check --hide-inclusion-graph "${fault%:*}" >"$planted/said" 2>&1 ||
            ! grep -q "^error\[${fault#*:}\]" "$planted/said"; then
            echo "supply: cargo deny does not see what ${fault%:*} are forbidden:" >&2
            tail -n 3 "$planted/said" >&2
            failed=1
        fi
    done
fi
if have cargo-machete; then
    began=$SECONDS
    if cargo machete engine bench >"$planted/said" 2>&1; then
        echo "supply: nothing unused by cargo machete ($((SECONDS - began)) s)"
    else
        cat "$planted/said" >&2
        failed=1
    fi
    plant 'libc = "0.2"'
    if cargo machete "$planted" >"$planted/said" 2>&1 || ! grep -q '^[[:space:]]*libc$' "$planted/said"; then
        echo "supply: cargo machete does not see an unused dependency" >&2
        failed=1
    fi
fi
# What both were built from is kept until both are there.
rm -rf "$folder/build"
exit "$failed"
