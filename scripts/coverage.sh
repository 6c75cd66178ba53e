#!/usr/bin/env bash
# Lines of each folder that the tests reach, and of everything: `scripts/coverage.sh`, or with the packages that are to be
# tested (throng, throng-macros, throng-bench). By hand: everything is built again, and runs at a third of its speed. What a process did that was
# killed is not counted. Exit 1 if a test fails.
# Needs the llvm-tools of the compiler (`rustup component add llvm-tools`) or LLVM_COV and LLVM_PROFDATA of its version of LLVM.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/arguments.sh
known=(throng throng-macros throng-bench)
for package in "$@"; do
    among "$package" "${known[@]}" || refuse "got \"$package\": takes packages of: ${known[*]}"
done
for tool in LLVM_COV LLVM_PROFDATA; do
    [ -z "${!tool:-}" ] || "${!tool}" --version >/dev/null 2>&1 ||
        refuse "got $tool=\"${!tool}\": takes a program of the compiler's version of LLVM, and this one does not run"
done
folders
packages=("$@")
[ "$#" -gt 0 ] || packages=("${known[@]}")
host=$(rustc -vV | sed -n 's/^host: //p')
tools=$(rustc --print sysroot)/lib/rustlib/$host/bin
if [ -z "${LLVM_COV:-}" ] && [ ! -x "$tools/llvm-cov" ]; then
    rustup component add llvm-tools >/dev/null 2>&1 || true
fi
cov=${LLVM_COV:-$tools/llvm-cov} profdata=${LLVM_PROFDATA:-$tools/llvm-profdata}
for tool in "$cov" "$profdata"; do
    if ! "$tool" --version >/dev/null 2>&1; then
        echo "coverage: not run: no $tool: rustup component add llvm-tools, or LLVM_COV and LLVM_PROFDATA"
        exit 0
    fi
done
folder=$(realpath -m "${CARGO_TARGET_DIR:-target}/coverage")
rm -rf "$folder/raw"
mkdir -p "$folder/raw"
export CARGO_TARGET_DIR=$folder RUSTFLAGS="-Cinstrument-coverage" CARGO_INCREMENTAL=0
# Code that is not optimised has all of its lines.
export CARGO_PROFILE_TEST_OPT_LEVEL=0 CARGO_PROFILE_DEV_OPT_LEVEL=0
# Processes of one program share two files, however many there are.
export LLVM_PROFILE_FILE="$folder/raw/%2m.profraw"
test=(cargo test --target "$host" --lib --bins --tests)
for package in "${packages[@]}"; do test+=(--package "$package"); done
began=$SECONDS
"${test[@]}" --no-run --message-format=json >"$folder/built.json"
built=$((SECONDS - began))
code=0
"${test[@]}" --no-fail-fast >"$folder/tests.log" 2>&1 || code=$?
"$profdata" merge -sparse -o "$folder/all.profdata" "$folder"/raw/*.profraw
python3 - "$folder" "$cov" "$PWD" <<'PY'
import collections, json, re, subprocess, sys

folder, cov, here = sys.argv[1:]
programs = [json.loads(line).get("executable") for line in open(f"{folder}/built.json")]
programs = sorted({program for program in programs if program})
command = [cov, "export", "-summary-only", f"-instr-profile={folder}/all.profdata", programs[0]]
command += [word for program in programs[1:] for word in ["-object", program]]
files = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)["data"][0]["files"]
lines = collections.defaultdict(lambda: [0, 0])
for file in files:
    path = file["filename"].removeprefix(here + "/")
    # What tests is no part of what is tested, nor are models, which other programs run.
    of = re.match(r"(engine|engine/macros|bench)/src/(?!.*(?:tests?\.rs|tests/|/model/|modelled\.rs|canary\.rs))(?:([^/]+)/)?", path)
    if not of:
        continue
    place = f"{of[1]}/src" + (f"/{of[2]}" if of[2] else ", its own files")
    for key in [place, f"{of[1]} in all"]:
        lines[key][0] += file["summary"]["lines"]["covered"]
        lines[key][1] += file["summary"]["lines"]["count"]
for place, (covered, count) in sorted(lines.items()):
    print(f"coverage: {place:32} {covered:6} of {count:6} lines, {100 * covered / max(count, 1):5.1f} %")
assert lines, "no file of this project is in what was measured"
PY
echo "coverage: $((SECONDS - began)) s, $built of them building"
# Told when what was reached is told, which is worth having all the same.
if [ "$code" -ne 0 ]; then
    grep -aE '^test .* FAILED$|^error: ' "$folder/tests.log" >&2 || true
    echo "coverage: FAILED: tests fail, see $folder/tests.log" >&2
    exit 1
fi
