#!/usr/bin/env bash
# Builds the programs of the systems that throng is set beside, into peers/bin of the target folder: `throng peers` runs them from there.
#
#   scripts/peers.sh             all: Rust's need no more than cargo; Erlang, CAF and Go are taken from Debian where this may install them,
#                                Python's packages from PyPI
#   scripts/peers.sh LANGUAGE... those: rust, beam, caf, go, python
#   scripts/peers.sh smoke       all, their tests, and then `throng peers --profile smoke`: throng and tokio must have every figure, the
#                                others those that they can have, none may do its work wrong, and it must take less than ten minutes
#
# What cannot be built says why in peers/bin/NAME.skipped, and in a line here: `peers: not run: NAME: why`.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/arguments.sh
languages=(rust beam caf go python)
wanted=() smoke=
for word in "$@"; do
    if [ "$word" = smoke ] && [ "$#" -eq 1 ]; then
        smoke=yes
    elif among "$word" "${languages[@]}"; then
        wanted+=("$word")
    else
        refuse "got \"$word\": takes nothing, smoke, or some of ${languages[*]}"
    fi
done
folders
[ "${#wanted[@]}" -gt 0 ] || wanted=("${languages[@]}")
target=${CARGO_TARGET_DIR:-target}
mkdir -p "$target/peers/bin"
target=$(cd "$target" && pwd)
bin=$target/peers/bin

# Every program of the Rust workspace, and why one is missing. Each package by itself: together they would all get the features of tokio that
# one of them asks for.
rust() {
    local built=$target/peers/rust log=$target/peers/rust.log package names name
    mapfile -t packages < <(cargo metadata --no-deps --format-version 1 --manifest-path bench/peers/Cargo.toml | python3 -c '
import json, sys
for package in json.load(sys.stdin)["packages"]:
    print(package["name"], *(target["name"] for target in package["targets"] if target["kind"] == ["bin"]))')
    [ "${#packages[@]}" -gt 0 ] || { echo "peers: cargo does not tell which programs there are" >&2 && return 1; }
    for package in "${packages[@]}"; do
        read -r package names <<<"$package"
        for name in $names; do rm -f "$built/release/$name" "$bin/$name" "$bin/$name.skipped"; done
        CARGO_TARGET_DIR=$built cargo build --release --locked -p "$package" --manifest-path bench/peers/Cargo.toml 2>&1 | tee "$log" >&2 || true
        for name in $names; do
            if [ -x "$built/release/$name" ]; then
                cp "$built/release/$name" "$bin/$name"
            else
                echo "it does not build: $(grep -m 1 '^error' "$log" || echo "no more is known")" >"$bin/$name.skipped"
            fi
        done
    done
}

for language in "${wanted[@]}"; do
    if [ "$language" = rust ]; then rust; else "scripts/peers/$language.sh" "$bin" "$target/peers/$language"; fi
done
for skipped in "$bin"/*.skipped; do
    [ ! -e "$skipped" ] || { name=${skipped##*/} && echo "peers: not run: ${name%.skipped}: $(head -n 1 "$skipped")"; }
done
[ -n "$smoke" ] || exit 0

CARGO_TARGET_DIR=$target/peers/rust cargo test --locked --manifest-path bench/peers/Cargo.toml
if [ -x "$target/peers/python/interpreter" ]; then
    "$target/peers/python/interpreter" scripts/peers/python/test_peers.py
else
    echo "peers: not run: tests of the Python systems: no Python for them"
fi

out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
cargo build --release
began=$SECONDS
"$target/release/throng" peers --profile smoke --programs "$bin" --out "$out/run" --format json >"$out/peers.json"
took=$((SECONDS - began))
python3 - "$out/peers.json" "$took" <<'PY'
import json, sys
peers, took = json.load(open(sys.argv[1])), int(sys.argv[2])
ran = [system["name"] for system in peers["systems"] if system["why"] is None]
standings = [(contest, one) for contest in peers["contests"] for one in contest["standings"]]
missing = [f"{one['name']} {contest['asked']}: {one['why']}" for contest, one in standings
           if one["value"] is None and one["name"] in ("throng", "tokio-bounded", "tokio-unbounded")]
wrong = [f"{one['name']} {contest['asked']}: {one['why']}" for contest, one in standings if one["wrong"]]
assert not missing, f"peers: without a figure: {missing}"
assert not wrong, f"peers: wrong: {wrong}"
assert took < 600, f"peers: {took} s"
print(f"peers: note: {len(ran)} systems, {sum(one['value'] is not None for _, one in standings)} figures, in {took} s")
PY
