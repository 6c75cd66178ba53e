#!/usr/bin/env bash
# Runs every example of the engine and compares what it prints with what it should.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/arguments.sh
no_arguments "$@"
folders
# One of them tries a thousand seeds of its own, and would try this one alone.
unset SEED
# As `cargo test` has built them, with the same features: asked for by their package alone they would be built again, with the
# engine and what it stands on.
names=()
for example in engine/examples/*.rs; do names+=(--example "$(basename "$example" .rs)"); done
cargo build --quiet --profile test "${names[@]}"
built=${CARGO_TARGET_DIR:-target}/debug/examples

expect() {
    local name=$1 wanted=$2 got
    got=$("$built/$name")
    if [ "$got" != "$wanted" ]; then
        printf 'example %s printed\n%s\ninstead of\n%s\n' "$name" "$got" "$wanted" >&2
        exit 1
    fi
    printf 'example %s: as expected\n' "$name"
}

expect hello "Hello, World!"
expect your_name "\"Good evening\": the answerer ended or dropped the question without an answer; \`System::watch_faults\` tells whether it failed
\"Hello! My name is Ying\": Hello, Ying
2 actors were made, 0 are left
once more: the question was refused: the actor has ended; look up who has taken its place, in a \`Registry\` or a \`Directory\`"
expect stateful_counter "Your count is 0
Your count is 1
Your count is 2"
expect order_processor "processor 1 has processed order 100, its number 1
processor 1 has processed order 101, its number 2
processor 1 has processed order 102, its number 3
30000 orders by 10000 processors in 30ms"
expect greeter "Hi, Alice!
Hi, stranger!
the question was refused: the actor has ended; look up who has taken its place, in a \`Registry\` or a \`Directory\`"
expect calculator "3 + 7 = 10
42 / 6 = 7
1 / 0: the answerer ended or dropped the question without an answer; \`System::watch_faults\` tells whether it failed
20 + 1 = 21
4 requests handled, 1 of them failed"
expect counter "the count is 55
the reader heard 55"
expect ring "10000 actors, 1000000 hops
hello around the ring
0 are left"
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
expect proxy "apples: 3
pears: 0
the customer has one, 1 left
after the end: message refused: the actor has ended; look up who has taken its place, in a \`Registry\` or a \`Directory\`"
expect asks "two together: 9
all or the first failure: Err(Dropped)
all outcomes: [Ok(5), Err(Dropped), Ok(4)]
the first answer: 4
the broker's best: Some(4)"
expect circuit_breaker "question 1: the answerer ended or dropped the question without an answer; \`System::watch_faults\` tells whether it failed
question 2: the answerer ended or dropped the question without an answer; \`System::watch_faults\` tells whether it failed
question 3: the answerer ended or dropped the question without an answer; \`System::watch_faults\` tells whether it failed
question 4: rejected, the circuit is Open
question 5: answered by number 4
question 6: answered by number 5"
expect retry "payment 1 is New: the balance is 30
payment 1 is Seen: the balance is 30
payment 1 is Seen: the balance is 30
the receipt says 30"
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
expect initialising "begins: by the north road up to 5
serves 1
9 is too much
serves 2"

expect blocking "3 numbers are being fetched, and the worker is free
blocking work panicked: there is no three
the sum is 7
9 messages handled"
expect own_thread "0 letters so far
10 letters
Source has stopped
5 messages handled, 0 dead"
expect dead_letters "job 1 is done
job 2 is done
a u32 is left by dead_letters::Clerk: it failed
a u32 is left by dead_letters::Clerk: it failed
in the ledger: 2 failed, 0 stopped"
expect registry "8 threads got one actor
names: [\"counter\"]
\`counter\` is for messages of type registry::Msg, not alloc::string::String: ask for that type, or take another name
3 took the message, 0 refused it
the counter is at 121
names: []
Cleo stops
Ben stops
Ada stops
0 clerks are left"
expect publish_subscribe "slow refused: the mailbox is full; it comes back: Price(3)
fast reads 1
fast reads 2
fast reads 3
slow reads 1
slow reads 2
3 taken, 0 refused
2 taken, 1 refused
1 took the message, 0 refused it
slow reads 4
0 subscribers after its end"
expect router "nobody is there: 7 comes back
in turn: [0, 1, 2, 0, 1, 2]
by load: [1, 2, 1, 2, 0, 1]
worker 2 is lost: only keys of it moved: true
3 members are left"
expect pool "at first: 1
under load: 4
after a failure: 3
after 29 s: 3
after 30 s: 1
an hour later: 1
dead letters: 0"
expect supervisor "worker 1 is there
worker 2 is there
worker 3 is there
worker 4 is there
worker 1 has done job 1, its 1.
worker 1 has done job 2, its 2.
worker 1 has done job 3, its 3.
worker 2 has done job 1, its 1.
worker 2 has done job 2, its 2.
worker 2 has done job 3, its 3.
worker 3 has done job 1, its 1.
worker 3 is there
worker 3 has done job 3, its 1.
worker 4 has done job 1, its 1.
worker 4 has done job 2, its 2.
worker 4 has done job 3, its 3.
worker-3 has failed: this job is too hard
worker-3 is back
restarts: 1
worker 4 stops
worker 3 stops
worker 2 stops
worker 1 stops"
expect strategies "OneForOne:
  source begins
  filter begins
  sink begins
  the filter fails
  filter begins
OneForAll:
  source begins
  filter begins
  sink begins
  the filter fails
  source begins
  filter begins
  sink begins
RestForOne:
  source begins
  filter begins
  sink begins
  the filter fails
  filter begins
  sink begins
Mail::Keep:
  filter begins
  filter failed: bad
  filter is down for 100ms
  filter begins
  filter has one
  filter failed: bad again
  filter is down for 200ms
  filter begins
  filter has two
Mail::Drop:
  filter begins
  filter failed: bad
  filter is down for 100ms
  filter begins
  filter failed: bad again
  filter is down for 200ms
  filter begins
Mail::Return:
  filter begins
  filter failed: bad
  filter is down for 100ms
  one comes back
  filter begins
  filter failed: bad again
  filter is down for 200ms
  two comes back
  filter begins
Escalate:
  filter begins
  sink begins
  the filter is sent \"bad luck\"
  line/filter failed: bad luck
  the filter is sent \"bad\"
  filter begins
  line/filter failed: bad
  the filter is sent \"bad and worse\"
  line/filter failed: bad and worse
  line failed: child \"filter\" failed: bad and worse
  filter begins
  sink begins
  the filter is sent \"bad and worst\"
  line/filter failed: bad and worst
  line failed: child \"filter\" failed: bad and worst
  the root has given up
  restarts: 2, the tree: Some(\"failed: child \\\"line\\\" failed: child \\\"filter\\\" failed: bad and worst (restarts allowed: 1 within 60s)\")"
expect let_it_crash "\"1\": the sum is 1
\"20\": the sum is 21
\"three\": no answer
\"4\": the sum is 4
\"\": no answer
\"6\": the sum is 6
\"7.5\": no answer
restarts: 2
given up: child \"parser\" failed: invalid digit found in string (restarts allowed: 2 within 60s)"
expect error_kernel "readers/reader has failed: invalid digit found in string
readers/reader is back
readers/reader has failed: what is \"steal 100\"?
readers has failed: child \"reader\" failed: what is \"steal 100\"? (restarts allowed: 1 within 60s)
readers is back
the balance is 22
restarts: 2"
expect ring_of_functions "hello around the ring
10000 were there, 0 are left"
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
expect atomic "audited: 7 to 1
audited: 7 from 0
moved 7: [3, 7]
7 not moved: the answerer ended or dropped the question without an answer; \`System::watch_faults\` tells whether it failed
audited: 2 to 0
audited: 2 from 1
moved 2: [5, 5]"
expect exits "the visitor looks at the first page
the visitor looks at the second page
1 min, and the session lives: true
the session is over
2 min
59 min
renewed in time: true
118 min
the ticket has run out
119 min
alive: false false"
expect links "the keeper's: 1
trapped: failed: invalid digit found in string
the keeper's: 3
the other: 4
watched: failed: invalid digit found in string
the twin is gone
6: message refused: the actor has ended; look up who has taken its place, in a \`Registry\` or a \`Directory\`
alive: false false true
watched: ended before it was watched"
expect children "good: stopped; at work: {\"hasty\", \"patient\", \"unwanted\"}
hasty: failed: a step too far; at work: {\"patient\", \"unwanted\"}
unwanted: killed; at work: {\"patient\"}
in the tree: children::Parent with [\"patient\"]"
expect poison "job 1 is done
job 2 has failed once
job 2 is done
the worker goes on: 3 cannot be done
job 4 is done
back: Bad(3), as 3 cannot be done
in the ledger: 1 returned, 3 faults"
expect status "(root): throng::supervisor::child::Supervisor
  desk: throng::supervisor::child::Supervisor
    first: status::Clerk
    second: status::Clerk
suspended: true, 3 of 4 pending, Some(1) handled
4 living, 0 pending
nobody waits: true"

for example in engine/examples/*.rs; do
    name=$(basename "$example" .rs)
    grep -q "^expect $name " "$0" || { echo "example $name has no expected output in $0" >&2; exit 1; }
done
expect simulation "read, then write: a payment is lost, for instance in 8 turns
in one message: none is, in 1000 orders of turns, with slow handlers and late wake-ups"
