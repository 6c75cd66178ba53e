#!/usr/bin/env bash
# Measures what is promised of scheduling and size on a machine with two processors or more: five rounds, one of each
# figure in every round, each in a fresh process. Prints the medians against their goals; exit 1 when one is missed.
# By hand, on a quiet machine: it is no test of correctness.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/arguments.sh
no_arguments "$@"
folders
[ "$(nproc)" -ge 2 ] || { echo "acceptance: not run: one processor cannot show parallelism" >&2; exit 2; }
cargo build --release --package throng-bench --bins --example acceptance
exec python3 - "${CARGO_TARGET_DIR:-target}/release" <<'PY'
import json, statistics, subprocess, sys

release = sys.argv[1]
ROUNDS, ACTORS = 5, 10_000_000


def run(*command):
    done = subprocess.run([f"{release}/{command[0]}", *command[1:]], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"acceptance: {' '.join(command)}: exit {done.returncode}: {done.stderr.strip()[-200:]}")
    return json.loads(done.stdout.splitlines()[-1])


def parallel(source, workers):
    return run("examples/acceptance", "parallel", source, str(workers))


speedups = {"outside": [], "handler": []}
taken = {"outside": [], "handler": []}
sinks, crowds = [], []
for number in range(1, ROUNDS + 1):
    for source in speedups:
        one, two = parallel(source, 1), parallel(source, 2)
        speedups[source].append(one["seconds"] / two["seconds"])
        taken[source].append((two["steals"], two["rescued"]))
    sinks.append(run("examples/acceptance", "sink", "2"))
    crowds.append(run("throng", "row", "actors", "--seconds", "120", "--target", str(ACTORS)))
    print(f"round {number} of {ROUNDS}", file=sys.stderr)

missed = 0


def goal(holds, what, measured, wanted):
    global missed
    missed += not holds
    print(f"{'ok    ' if holds else 'MISSED'} {what}: {measured}; goal {wanted}")


def spread(values, form):
    return f"{form.format(statistics.median(values))} (" + " ".join(form.format(v) for v in values) + ")"


for source, words in [("outside", "spawned from outside"), ("handler", "spawned by one handler")]:
    held = statistics.median(speedups[source]) >= 1.7
    goal(held, f"two computing actors, {words}, 2 workers against 1", spread(speedups[source], "{:.2f} x"), ">= 1.70 x")
counts = ", ".join(f"{s} stolen, {r} of them from behind a handler" for s, r in taken["handler"])
goal(all(s > 0 for s, r in taken["handler"]), "taken from the handler's worker", counts, "> 0 in each run")
percents = [100 * sink["cores"] for sink in sinks]
goal(statistics.median(percents) < 20, "eight producers, a sink that sleeps 1 ms a message", spread(percents, "{:.1f} %"), "< 20 % of a core")
goal(all(sink["muted"] > 0 for sink in sinks), "those producers were suspended", [sink["muted"] for sink in sinks], "> 0 times")
held = all(c["actors"] == ACTORS and c["received"] == c["sent"] >= ACTORS for c in crowds)
goal(held, "actors alive together, each answering", " ".join(f"{c['actors']:,}/{c['received']:,}" for c in crowds), f"{ACTORS:,} each")
sys.exit(missed > 0)
PY
