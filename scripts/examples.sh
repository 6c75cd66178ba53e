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
expect fail "came back: [\"d\", \"e\"]
the sink got a
the sink got b
the sink got c
came back: []
the sink got d
the sink got e
in the ledger: 2 refused, 0 dropped"
expect drop_newest "dropped 1 so far
dropped 2 so far
reading 1
reading 2
reading 3
reading 4
in the ledger: 2 dropped, 0 refused"
expect drop_oldest "oldest, 6 prices for 4 places: [3, 4, 5, 6]
  dropped: 2 oldest, 0 newest
oldest, 10 prices: [5, 6, 7, 8]
  dropped: 4 oldest, 2 newest
oldest, exact, 10 prices: [7, 8, 9, 10]
  dropped: 6 oldest, 0 newest"
expect signal_upstream "9 items sent: High
9 items sent: Low
18 items sent: High
18 items sent: Low
0 refused"
expect credit_flow "page 1: [0, 1, 2, 3]
page 2: [4, 5, 6, 7]
page 3: [8, 9, 10, 11]
the consumer has cancelled the flow: 12 items sent"
expect lanes "suspended: 6 wait
alarm 1
alarm 2
alarm 3
letter 1
letter 2
letter 3"
expect batches "write 1: [1, 2, 3, 4]
write 2: [5, 6, 7, 8]
2 wait for more
write 3: [9, 10]
10 rows written"
expect rate_limit "it took no less than 15ms
the service had 20 calls"
expect become "locked: Push
locked: Coin
free: Jam
out of order: Push
out of order: Repair
free: Push
1 passed for 1 coins
locked: Push"
expect stash "printed a letter
out of paper: a poem is number 1
out of paper: a bill is number 2
out of paper: a map is number 3
a book is turned away: 3 wait already
paper for 2: 3 wait
printed a poem
printed a bill
out of paper: a map is number 1
1 kept in the end"
expect selective_receive "the price is 3; 3 orders wait
medicine at once for 3
bandage at once for 3
bread for 3
milk for 3
nobody comes for a minute: closed
sold for 12"
expect pipe "engine: the words of a page
failing: panicked: cannot read it
runtime: the words of a socket
4 messages handled, 0 actors failed"

for example in engine/examples/*.rs; do
    name=$(basename "$example" .rs)
    grep -q "^expect $name " "$0" || { echo "example $name has no expected output in $0" >&2; exit 1; }
done
