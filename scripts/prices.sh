#!/usr/bin/env bash
# Measures what each feature costs when it is switched on, and prints the table of engine/README.md: nanoseconds a message,
# in a stream and in a ping-pong on one worker, and bytes an actor. Each figure is taken in a fresh process, in rounds that
# go through all features: median, smallest and largest, and the median of the rounds' ratios to the base of the same round.
# On a quiet machine: prices.sh [ROUNDS], 7 unless given; --quick is one small round, to see that it works.
set -euo pipefail
cd "$(dirname "$0")/.."
rounds=${1:-7}
if [ "$#" -gt 1 ] || ! [[ "$rounds" =~ ^([1-9][0-9]{0,2}|--quick)$ ]]; then
    echo "prices: got \"$*\": takes a number of rounds from 1 to 999, or --quick" >&2
    exit 2
fi
cargo build --quiet --release --package throng-bench --example prices
exec python3 - "${CARGO_TARGET_DIR:-target}/release/examples/prices" "$rounds" <<'PY'
import json, statistics, subprocess, sys

program, rounds = sys.argv[1:]
quick = rounds == "--quick"
rounds = 1 if quick else int(rounds)
ITEMS, ACTORS, CHUNK = (200_000, 20_000, 64) if quick else (10_000_000, 1_000_000, 64)
FEATURES = {
    "base": "nothing: `mute`, which is the default",
    "fail": "`Overflow::Fail`",
    "drop-newest": "`Overflow::DropNewest`",
    "drop-oldest": "`Overflow::DropOldest`",
    "drop-oldest-exact": "`Overflow::DropOldestExact`",
    "signal": "`Overflow::Signal`",
    "lanes": "two lanes",
    "gather": "batches of up to 64",
    "flow": "credit flow in place of sends",
    "rate": "a rate limit, asked for each message",
    "suspended": "suspended and resumed once",
    "timer": "a timer pending",
    "ask": "asks in place of sends",
}
COLUMNS = {
    "stream": (lambda f: ["message", f, str(CHUNK), str(ITEMS)], "ns_per_message", "{:.1f}"),
    "ping-pong": (lambda f: ["message", f, "1", str(ITEMS)], "ns_per_message", "{:.1f}"),
    "actor": (lambda f: ["actor", f, str(ACTORS)], "bytes_per_actor", "{:.0f}"),
}


def run(command, field):
    done = subprocess.run([program, *command], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"prices: {' '.join(command)}: exit {done.returncode}: {done.stderr.strip()[-200:]}")
    return json.loads(done.stdout)[field]


taken = {column: {feature: [] for feature in FEATURES} for column in COLUMNS}
for number in range(1, rounds + 1):
    # There and back in turns, so that no feature always comes at the same place.
    order = list(FEATURES) if number % 2 else list(reversed(FEATURES))
    for column, (command, field, _) in COLUMNS.items():
        for feature in order:
            taken[column][feature].append(run(command(feature), field))
    print(f"prices: round {number} of {rounds}", file=sys.stderr)


def cell(column, feature):
    values, form = taken[column][feature], COLUMNS[column][2].format
    text = form(statistics.median(values))
    if len(values) > 1:
        text += f" ({form(min(values))} to {form(max(values))})"
    return text


def ratio(column, feature):
    if feature == "base":
        return "1"
    pairs = zip(taken[column][feature], taken[column]["base"])
    return f"{statistics.median(value / base for value, base in pairs):.2f}"


def more(feature):
    if feature == "base":
        return "0"
    pairs = zip(taken["actor"][feature], taken["actor"]["base"])
    return f"{statistics.median(value - base for value, base in pairs):+.0f}"


print("| switched on | stream, ns a message | to the base | ping-pong, ns a message | to the base | bytes an actor | more |")
print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
for feature, words in FEATURES.items():
    cells = [words]
    for column in ["stream", "ping-pong"]:
        cells += [cell(column, feature), ratio(column, feature)]
    cells += [cell("actor", feature), more(feature)]
    print("| " + " | ".join(cells) + " |")
print()
print(f"Medians of {rounds} rounds, smallest and largest in brackets; one worker, messages of two words, {ITEMS:,} a run; a stream")
print(f"sends {CHUNK} before its receiver has a turn, and never fills the mailbox. Of an ask, question and answer are a message each. Bytes")
print(f"are the growth of the process by each of {ACTORS:,} idle actors that have used the feature once; those of a flow are of both its ends.")
if quick:
    print("QUICK: to see that it works, no figures to go by.")
PY
