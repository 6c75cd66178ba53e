#!/usr/bin/env bash
# What the project is built from: cargo-deny looks at the licences, sources and bans of every crate by scripts/deny.toml, and
# cargo-machete for dependencies that nothing uses. Both are installed into the target folder where they are not there, which
# takes minutes once; where they cannot be, it says "not run". Last, each is shown a fault that it must find.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=$(realpath -m "${CARGO_TARGET_DIR:-target}/tools")
mkdir -p "$folder"
export PATH="$folder/bin:$PATH"
planted=$(mktemp -d)
trap 'rm -rf "$planted"' EXIT

# Whether the tool is there, installed if need be.
have() {
    local began=$SECONDS
    if command -v "$1" >/dev/null; then return 0; fi
    if CARGO_TARGET_DIR="$folder/build" cargo install --quiet --locked --root "$folder" "$1" >"$folder/$1.log" 2>&1; then
        echo "supply: $1 installed in $((SECONDS - began)) s"
        rm -rf "$folder/build"
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
    # Without a network a lock file tells all: of the project, and of its fuzzer where that has been fetched.
    for manifest in Cargo.toml bench/fuzz/Cargo.toml; do
        began=$SECONDS
        if cargo deny --offline --manifest-path "$manifest" check --config scripts/deny.toml --hide-inclusion-graph \
            bans sources licenses >"$planted/said" 2>&1; then
            echo "supply: $manifest: $(tail -n 1 "$planted/said") ($((SECONDS - began)) s)"
        elif [ "$manifest" != Cargo.toml ] && grep -q "offline" "$planted/said"; then
            echo "supply: not run: $manifest: its crates were never fetched (scripts/fuzz.sh does)"
        else
            cat "$planted/said" >&2
            failed=1
        fi
    done
    # The same crates where MIT is not allowed, and no registry is known.
    sed -e '/^allow = /s/"MIT", //' -e '/^allow-registry/s/\[.*\]/[]/' scripts/deny.toml >"$planted/deny.toml"
    for check in licenses sources; do
        if cargo deny --offline check --config "$planted/deny.toml" --hide-inclusion-graph "$check" >"$planted/said" 2>&1; then
            echo "supply: cargo deny does not see what $check are forbidden" >&2
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
    if cargo machete "$planted" >"$planted/said" 2>&1; then
        echo "supply: cargo machete does not see an unused dependency" >&2
        failed=1
    fi
fi
exit "$failed"
