#!/usr/bin/env bash
# Runs every example of the engine and compares what it prints with what it should.
set -euo pipefail
cd "$(dirname "$0")/.."

expect() {
    local name=$1 wanted=$2 got
    got=$(cargo run --quiet --package throng --example "$name")
    if [ "$got" != "$wanted" ]; then
        printf 'example %s printed\n%s\ninstead of\n%s\n' "$name" "$got" "$wanted" >&2
        exit 1
    fi
    printf 'example %s: as expected\n' "$name"
}

expect hello "Hello, world!"
expect counter "the count is 55
the reader heard 55"
expect ring "10000 actors, 1000000 hops"
expect back_pressure "the patient producer was suspended many times
the hasty producer was refused and knows it
the consumer handled 10016 messages"

for example in engine/examples/*.rs; do
    name=$(basename "$example" .rs)
    grep -q "^expect $name " "$0" || { echo "example $name has no expected output in $0" >&2; exit 1; }
done
