#!/usr/bin/env bash
# Has HdrHistogram's Java processor read the histograms of some runs, and compares each row of the percentile distributions
# that it makes of an .hlog with those of the .hgrm written beside it: every value within one bucket, every count the same.
set -euo pipefail
cd "$(dirname "$0")/.."
jar=${HDRHISTOGRAM_JAR:-/usr/share/java/hdrhistogram.jar}
if ! command -v java >/dev/null || [ ! -e "$jar" ]; then
    echo "java: not run: it wants java and HdrHistogram's jar (Debian: default-jre-headless, libhdrhistogram-java), or HDRHISTOGRAM_JAR"
    exit 0
fi
cargo build --release --bin loadgen
loadgen=${CARGO_TARGET_DIR:-target}/release/loadgen
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
# At ten a second most intervals have nothing to tell.
"$loadgen" mesh --rate 5k --duration 4s --warmup 100ms --out "$out/open" >/dev/null
"$loadgen" counting --rate 10 --duration 2s --warmup 0 --out "$out/seldom" >/dev/null
"$loadgen" pipeline --mode closed --messages 1M --out "$out/closed" >/dev/null
"$loadgen" ping-pong --messages 1M --out "$out/ping-pong" >/dev/null
compare() {
    local run=$1 latency=$2
    shift 2
    java -cp "$jar" org.HdrHistogram.HistogramLogProcessor -i "$out/$run/latency.hlog" -outputValueUnitRatio 1000 \
        -o "$out/$run/java-$latency" "$@"
    python3 - "$out/$run/java-$latency.hgrm" "$out/$run/$latency.hgrm" "$run $latency" <<'PY'
import sys

def rows(path):
    lines = (line.split() for line in open(path) if not line.startswith("#"))
    return [[float(n) for n in line] for line in lines if line and line[0] != "Value"]

theirs, ours = rows(sys.argv[1]), rows(sys.argv[2])
# Where its iterator adds up fractions it may come out a hair beside a percentile, and so has another row: each of ours is held
# against the value that theirs has there.
assert ours[-1][1] == theirs[-1][1] == 1.0 and ours[-1][2] == theirs[-1][2], (ours[-1], theirs[-1])
compared = 0
for value, percentile, count, *_ in ours:
    there = next(row for row in theirs if row[1] >= percentile - 1e-9)
    # A bucket is a thousandth of its value, at least a nanosecond.
    assert abs(there[0] - value) <= max(value / 1000, 0.0011), (sys.argv[3], value, there)
    compared += 1
print(f"java: {sys.argv[3]}: {compared} percentiles of {ours[-1][2]:.0f} samples agree")
PY
}
compare open response
compare open service -tag service
compare seldom response
compare closed response
compare ping-pong response
