#!/usr/bin/env bash
# Runs the main job at its smallest and checks its JSON: every row there, the standard library's and throng's measured,
# and Pykka's and Thespian's where their environment could be made, every file written; then interrupts one and kills
# another, and looks that nothing of them is left running. Then loadgen: each policy, a flow; and the price list, quick.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/arguments.sh
no_arguments "$@"
folders
cargo build --release
release=${CARGO_TARGET_DIR:-target}/release
smoke_limit=30
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
"$release"/throng table --profile smoke --format json --out "$out/run" >"$out/table.json"
# Told and not demanded: how long it takes depends on what else the machine does. The first run also makes the Python
# environment.
seconds=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["env"]["seconds"])' "$out/table.json")
echo "smoke: the table took $seconds s of the $smoke_limit that --profile smoke is to take"
[ "$seconds" -le "$smoke_limit" ] ||
    echo "smoke: note: the table took $seconds s and is to take $smoke_limit; load $(cut -d' ' -f1-3 /proc/loadavg): on an idle machine this is a fault"
python3 - "$out" "target/baselines-venv/stamp" <<'PY'
import json, os, sys

out = sys.argv[1]
table = json.load(open(f"{out}/table.json"))
assert table["schema"] == "table/1", table["schema"]
rows = {row["name"]: row for row in table["rows"]}
names = ["multiprocessing", "asyncio", "pykka", "thespian-simple", "thespian-queue", "thespian-tcp", "beam", "throng"]
assert list(rows) == names, list(rows)
required = ["multiprocessing", "asyncio", "throng"]
packaged = ["pykka", "thespian-simple", "thespian-queue", "thespian-tcp"]
if os.path.exists(sys.argv[2]):
    required += packaged
else:
    for name in packaged:
        assert rows[name]["note"], f"{name}: no word why it was not measured"
        print(f"smoke: not run: {name}: {rows[name]['note']}")
if not rows["beam"]["measured"]:
    print(f"smoke: not run: beam: {rows['beam']['note']}")
for name in required:
    measured = rows[name]["measured"]
    assert measured, f"{name} was not measured: {rows[name]['note']}"
    for column in ["one_way_ns", "ask_ns"]:
        figure = measured[column]
        assert figure and figure["count"] > 0, f"{name}: {column} {figure} {rows[name]['note']}"
        # Where a message takes half a millisecond, a busy machine leaves too few samples for a median: then it tells none.
        few = name in ["thespian-queue", "thespian-tcp"] and figure["p50"] is None
        assert few or figure["p50"] > 0, f"{name}: {column} {figure}"
    for column in ["actors", "msgs_per_s", "bytes_per_actor", "speedup"]:
        assert measured[column], f"{name}: {column} {rows[name]['note']}"
    for column in ["one_way", "ask"]:
        for kind in ["hlog", "hgrm"]:
            path = f"{out}/run/{name}-{column}.{kind}"
            assert os.path.getsize(path) > 0, path
for row in table["rows"]:
    assert row["measured"] or row["note"], f"{row['name']}: neither measured nor a word why"
page = open(f"{out}/run/index.html").read()
assert "<svg" in page and "throng" in page
print("smoke: 8 rows,", sum(1 for row in table["rows"] if row["measured"]), "measured")
PY
# Everything that a conductor starts bears its number.
marked() { grep -lz "^THRONG_CHILD=$1" /proc/[0-9]*/environ 2>/dev/null || true; }
begin() {
    "$release"/throng table --profile paper --only "$2" --out "$out/$1" >/dev/null 2>"$out/$1.progress" &
    conductor=$!
    until grep -qs ": actors$\|processes created" "$out/$1.progress" && [ -n "$(marked "$conductor")" ]; do
        kill -0 "$conductor"
    done
}
interrupted() {
    local code=0 left
    begin "interrupted-$1" "$1"
    kill -INT "$conductor"
    wait "$conductor" || code=$?
    [ "$code" -eq 130 ] || { echo "$1: interrupted, it exits $code and not 130" >&2; exit 1; }
    left=$(marked "$conductor")
    [ -z "$left" ] || { echo "$1: left running after SIGINT: $left" >&2; exit 1; }
    echo "smoke: $1: interrupted, nothing is left"
}
interrupted asyncio,multiprocessing
# Whose admin process detaches itself.
if [ -e target/baselines-venv/stamp ]; then interrupted thespian-tcp; else echo "smoke: not run: SIGINT of thespian-tcp: no Python environment"; fi
if command -v erl >/dev/null; then interrupted beam; else echo "smoke: not run: SIGINT of beam: no erl"; fi
begin killed asyncio,multiprocessing
kill -KILL "$conductor"
wait "$conductor" 2>/dev/null || true
# Its children end by themselves, and take a moment to.
deadline=$((SECONDS + 10))
until left=$(marked "$conductor"); [ -z "$left" ]; do
    [ "$SECONDS" -lt "$deadline" ] || { echo "left running after SIGKILL: $left" >&2; exit 1; }
done
echo "smoke: killed, nothing is left"

bad() {
    local wanted=$1 code=0 lines
    shift
    lines=$("$@" 2>&1 >/dev/null | wc -l) || true
    "$@" >/dev/null 2>&1 || code=$?
    if [ "$code" -ne "$wanted" ] || [ "$lines" -ne 1 ]; then
        echo "$*: exit $code with $lines lines on stderr, wanted $wanted with 1" >&2
        exit 1
    fi
}
bad 2 "$release"/throng table --profile nonsense
bad 2 "$release"/throng nosuch
bad 2 "$release"/throng row
bad 2 "$release"/throng table --out /dev/null
bad 2 "$release"/loadgen ask --out /dev/null
bad 2 "$release"/loadgen nosuch
bad 2 "$release"/loadgen ping-pong --messages many
bad 2 "$release"/loadgen bounded --window 4
bad 2 "$release"/loadgen flow --mailbox 4
# Every policy and a flow: the ledger adds up, nothing is left, and no mailbox held more than it may.
for policy in mute fail drop-newest drop-oldest drop-oldest-exact signal; do
    "$release"/loadgen bounded --overflow "$policy" --mailbox 64 --messages 20k --format json >"$out/bounded-$policy.json"
done
"$release"/loadgen flow --mailbox 64 --messages 20k --format json >"$out/flow.json"
# The services: every fault is restarted, a pool grows and shrinks, what is published is handled or refused.
for mail in keep drop return; do
    "$release"/loadgen supervise --crash 1/200 --mail "$mail" --messages 100k --format json >"$out/supervise-$mail.json"
done
"$release"/loadgen pools --burst 500 --messages 2k --members 1..4 --leave 10ms --pause 100ms --format json >"$out/pools.json"
"$release"/loadgen pubsub --overflow fail --mailbox 16 --messages 20k --format json >"$out/pubsub.json"
# Each timer that was set has fired or was cancelled, and those that repeat have ticked as often as they were to.
"$release"/loadgen timers --actors 1k --messages 20k --cancel 50% --repeat 10% --format json >"$out/timers.json"
python3 - "$out" <<'PY'
import json, sys

FACTORS = {"mute": None, "fail": 1, "drop-newest": 1, "drop-oldest": 2, "drop-oldest-exact": 1, "signal": 1}


def held(name, beside):
    """What holds of every run; `beside` looks at the rest, and gives the most that a mailbox may hold."""
    run = json.load(open(f"{sys.argv[1]}/{name}.json"))
    ledger = run["ledger"]
    refused, dropped, dead = (sum(ledger[field].values()) for field in ["refused", "dropped", "dead"])
    assert ledger["attempts"] == ledger["accepted"] + refused, f"{name}: attempts do not add up: {ledger}"
    ends = ledger["handled"] + dropped + dead + sum(ledger["returned"].values())
    assert ledger["accepted"] == ends and ledger["queued"] == 0, f"{name}: accepted does not add up: {ledger}"
    assert ledger["handled"] > 0 and ledger["attempts"] >= 20_000 and dead == 0, f"{name}: {ledger}"
    assert run["validity"]["valid"] and run["rss_peak_bytes"] > 0, f"{name}: {run['validity']}"
    limit = beside(run, refused, dropped)
    assert 0 < run["occupancy_max"] <= limit, f"{name}: held {run['occupancy_max']} of {limit}"


for policy, factor in FACTORS.items():
    def bounded(run, refused, dropped):
        may_refuse, may_drop = policy in ["fail", "signal"], policy.startswith("drop-")
        assert may_refuse or refused == 0, f"{policy}: {refused} refused"
        assert may_drop or dropped == 0, f"{policy}: {dropped} dropped"
        return factor * 64 if factor else 64 + run["producers"] * run["sends_per_handler"]

    held(f"bounded-{policy}", bounded)


def flow(run, refused, dropped):
    assert refused == dropped == 0, f"flow: {refused} refused, {dropped} dropped"
    credit = run["facts"]["credit"]
    assert run["producers"] * run["window"] == credit["windows"] <= 64, f"flow: {credit}"
    assert credit["free"] + credit["held"] + credit["in_flight"] == credit["windows"], f"flow: {credit}"
    assert run["stall_ns"]["count"] > 0, "flow: no producer ran out of credit"
    return credit["windows"]


held("flow", flow)
print(f"smoke: loadgen bounded, {len(FACTORS)} policies, and loadgen flow: the ledgers add up")
PY
python3 - "$out" <<'PY'
import json, sys


def held(name):
    run = json.load(open(f"{sys.argv[1]}/{name}.json"))
    ledger = run["ledger"]
    gone = sum(sum(ledger[field].values()) for field in ["dropped", "dead", "returned"])
    assert run["validity"]["valid"] and ledger["queued"] == 0, f"{name}: {run['validity']}"
    assert ledger["accepted"] == ledger["handled"] + gone, f"{name}: {ledger}"
    return run, run["facts"]


for mail in ["keep", "drop", "return"]:
    run, facts = held(f"supervise-{mail}")
    assert facts["faults"] == facts["restarts"] == run["engine"]["faults"] > 0, f"supervise: {facts}"
    assert run["latency_ns"]["response"]["count"] == facts["faults"], f"supervise: {run['latency_ns']}"
    assert facts["handled"] + facts["dead"] + facts["returned"] == run["messages"], f"supervise: {facts}"
_, facts = held("pools")
assert facts["members_seen_most"] >= 4 and facts["members_seen_fewest"] >= 1 and facts["bursts"] == 4, f"pools: {facts}"
_, facts = held("pubsub")
assert facts["published"] * facts["subscribers"] == facts["handled"] + facts["refused"], f"pubsub: {facts}"
run, facts = held("timers")
fired = facts["timers_set"] - facts["timers_cancelled"]
assert facts["timers_still_set"] == 0 and run["messages"] == fired + facts["ticks"], f"timers: {run['messages']}, {facts}"
assert facts["ticks"] == 20 * facts["timers_repeating"] > 0, f"timers: {facts}"
assert 0 < facts["timers_cancelled"] < facts["timers_set"], f"timers: {facts}"
assert facts["timers_set"] == 20 * (1_000 - facts["timers_repeating"]), f"timers: {facts}"
print("smoke: loadgen supervise, pools, pubsub and timers: what was counted agrees")
PY
"$release"/loadgen ping-pong --messages 200k --workers 1 --format json >"$out/run.json"
python3 -c '
import json, sys
run = json.load(open(sys.argv[1]))
assert run["ledger"]["handled"] >= 200_000 and run["ledger"]["queued"] == 0, run["ledger"]
print("smoke: loadgen", run["ns_per_msg"], "ns a message")' "$out/run.json"
"$release"/throng prices --quick --format markdown --out "$out/prices" >"$out/prices.md"
rows=$(grep -c '^| .* | [0-9.]* | [0-9.]* | [0-9.]* | [0-9.]* | [0-9]* | [-+]*[0-9]* |$' "$out/prices.md") || true
[ "$rows" -eq 39 ] || { echo "throng prices --quick: $rows rows, wanted 39" >&2; exit 1; }
echo "smoke: prices, $rows rows"
"$release"/throng savina --size small --format json --out "$out/savina" >"$out/savina.json"
python3 - "$out/savina.json" <<'PY'
import json, sys
rows = json.load(open(sys.argv[1]))["rows"]
bad = [row["name"] for row in rows if not row["verified"]]
assert len(rows) == 31 and not bad, f"savina: {len(rows)} workloads, not verified: {bad}"
print(f"smoke: savina, {len(rows)} workloads verified")
PY
