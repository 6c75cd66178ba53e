#!/usr/bin/env bash
# Has HdrHistogram's Java processor read every kind of .hlog that the commands write, all tags of each, and holds what it makes
# of them against what stands beside: each row of the .hgrm, where there is one, every value within one bucket and every count the
# same; and each figure that the JSON tells. HDRHISTOGRAM_JAR says where its jar is, if not where Debian has it.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/arguments.sh
no_arguments "$@"
[ -z "${HDRHISTOGRAM_JAR:-}" ] || [ -f "$HDRHISTOGRAM_JAR" ] ||
    refuse "got HDRHISTOGRAM_JAR=\"$HDRHISTOGRAM_JAR\": takes HdrHistogram's jar, and there is no such file"
folders
jar=${HDRHISTOGRAM_JAR:-/usr/share/java/hdrhistogram.jar}
if ! command -v java >/dev/null || [ ! -e "$jar" ]; then
    echo "java: not run: it wants java and HdrHistogram's jar (Debian: default-jre-headless, libhdrhistogram-java), or HDRHISTOGRAM_JAR"
    exit 0
fi
cargo build --release --bin loadgen --bin throng
release=${CARGO_TARGET_DIR:-target}/release
loadgen=$release/loadgen throng=$release/throng
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
# The rows of an .hgrm: value in microseconds, percentile, count.
cat >"$out/rows.py" <<'PY'
def rows(path):
    lines = (line.split() for line in open(path) if not line.startswith("#"))
    return [[float(n) for n in line] for line in lines if line and line[0] != "Value"]

# A bucket is a thousandth of its value, at least a nanosecond; `more` is what else two values may be apart.
def near(theirs, ours, more=0.0):
    return abs(theirs - ours) <= max(ours / 1000, 0.0011) + more
PY
# What Java makes of LOG: TAG is - for the samples without one, UNIT how many of their nanoseconds are a microsecond of ours.
java_of() {
    local log=$1 tag=$2 unit=$3
    shift 3
    [ "$tag" = - ] || set -- "$@" -tag "$tag"
    java -cp "$jar" org.HdrHistogram.HistogramLogProcessor -i "$out/$log" -outputValueUnitRatio "$unit" -o "$out/theirs" "$@"
}
# Each row of HGRM; MORE microseconds apart at most beside the bucket.
compare() {
    local log=$1 hgrm=$2 tag=${3:--} unit=${4:-1000} more=${5:-0}
    java_of "$log" "$tag" "$unit"
    PYTHONPATH=$out python3 - "$out/theirs.hgrm" "$out/$hgrm" "$log ${tag/#-/response}" "$more" <<'PY'
import sys
from rows import near, rows

theirs, ours, name, more = rows(sys.argv[1]), rows(sys.argv[2]), sys.argv[3], float(sys.argv[4])
# Where its iterator adds up fractions it may come out a hair beside a percentile, and so has another row: each of ours is held
# against the value that theirs has there.
assert ours[-1][1] == theirs[-1][1] == 1.0 and ours[-1][2] == theirs[-1][2], (name, ours[-1], theirs[-1])
for value, percentile, count, *_ in ours:
    there = next(row for row in theirs if row[1] >= percentile - 1e-9)
    assert near(there[0], value, more), (name, value, there)
print(f"java: {name}: {len(ours)} percentiles of {ours[-1][2]:.0f} samples agree")
PY
}
# Each figure that JSON tells at PLACE, in nanoseconds: the number of samples and the largest, and each percentile between the
# rows before and after it.
told() {
    local log=$1 json=$2 place=$3 tag=${4:--}
    java_of "$log" "$tag" 1000 "${@:5}"
    PYTHONPATH=$out python3 - "$out/theirs.hgrm" "$out/$json" "$place" "$log ${tag/#-/response}" <<'PY'
import json, sys
from rows import near, rows

theirs, told, name = rows(sys.argv[1]), json.load(open(sys.argv[2])), sys.argv[4]
for step in sys.argv[3].split("/"):
    told = told[int(step) if isinstance(told, list) else step]
assert theirs[-1][2] == told["count"] > 0 and told["saturated"] == 0, (name, theirs[-1], told)
assert near(theirs[-1][0], told["max"] / 1000), (name, theirs[-1], told)
compared = 2
for figure, quantile in [("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p99_9", 0.999)]:
    if told[figure] is None:
        continue
    value = told[figure] / 1000
    low = [row[0] for row in theirs if row[1] <= quantile + 1e-9][-1]
    high = next(row[0] for row in theirs if row[1] >= quantile - 1e-9)
    assert low <= value <= high or near(low, value) or near(high, value), (name, figure, low, value, high)
    compared += 1
print(f"java: {name}: {compared} figures of {told['count']} samples agree")
PY
}
# A run: each of its latencies. A busy machine may miss a rate (3); then its files end in .FAIL.
run() {
    local name=$1 code=0
    shift
    "$@" --out "$out/$name" >/dev/null || code=$?
    [ $code = 0 ] || { echo "java: $name: exit $code" >&2; exit 1; }
}
latencies() {
    local name=$1 log=$2 place=$3
    compare "$name/$log" "$name/response.hgrm"
    compare "$name/$log" "$name/service.hgrm" service
    told "$name/$log" "$name/run.json" "$place/response"
    told "$name/$log" "$name/run.json" "$place/service" service
    told "$name/$log" "$name/run.json" "$place/schedule_lag" schedule_lag
}
run open "$loadgen" mesh --rate 5k --duration 4s --warmup 100ms
latencies open latency.hlog latency_ns
# At ten a second most intervals have nothing to tell.
run seldom "$loadgen" counting --rate 10 --duration 2s --warmup 0
latencies seldom latency.hlog latency_ns
run closed "$loadgen" pipeline --mode closed --messages 1M
compare closed/latency.hlog closed/response.hgrm
told closed/latency.hlog closed/run.json latency_ns/response
run ping-pong "$loadgen" ping-pong --messages 1M
compare ping-pong/latency.hlog ping-pong/response.hgrm
told ping-pong/latency.hlog ping-pong/run.json latency_ns/response
# Several runs merged, and the machine's own gaps before and after: the first look begins with the log.
run load "$throng" load mesh --rate 2k --duration 1s --warmup 100ms --runs 3
latencies load combined.hlog merged/latency_ns
told load/jitter.hlog load/run.json jitter/before/gap_ns - -end 0.05
told load/jitter.hlog load/run.json jitter/after/gap_ns - -start 0.05
run jitter "$throng" jitter --duration 1s
told jitter/jitter.hlog jitter/run.json all/gap_ns
each=$(python3 -c 'import json, sys; print(*(p["processor"] for p in json.load(open(sys.argv[1]))["per_processor"]))' "$out/jitter/run.json")
nth=0
for processor in $each; do
    told jitter/jitter.hlog jitter/run.json "per_processor/$nth/gap_ns" "processor-$processor"
    nth=$((nth + 1))
done
# The loads of a file, one of them open.
cat >"$out/two.toml" <<'TOML'
version = 1
[[load]]
name = "open"
workload = "counting"
rate = "2k"
duration = "1s"
warmup = 0
[[load]]
name = "closed"
workload = "ask"
messages = "100k"
TOML
run series "$throng" load --profile-file "$out/two.toml" --runs 2
latencies series/open combined.hlog merged/latency_ns
compare series/closed/combined.hlog series/closed/response.hgrm
told series/closed/combined.hlog series/closed/run.json merged/latency_ns/response
# Samples that are each the time of a batch: what was stamped, and the mean of each in whole nanoseconds.
run table "$throng" table --profile smoke --only throng
for column in one_way ask; do
    batch=$(sed -n 's/^#\[Batch: \([0-9]*\) .*/\1/p' "$out/table/throng-$column.hlog")
    compare "table/throng-$column.hlog" "table/throng-$column.hgrm" batch $((batch * 1000))
    compare "table/throng-$column.hlog" "table/throng-$column.hgrm" - 1000 0.0005
done
echo "java: every kind of log is read as it was written"
