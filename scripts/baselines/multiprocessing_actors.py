"""Actors that are processes reading from a queue, as the document builds them: the standard library's multiprocessing.

Every actor is a process (started by fork, the fastest start on Linux) with a multiprocessing.Queue as its inbox;
results come back through a second queue, which is also what an ask is here: there is none in the library.
`--inbox SimpleQueue` takes multiprocessing.SimpleQueue instead, which has no feeder thread: less work per message, but
a sender waits while the pipe is full.
"""

import errno
import multiprocessing
import signal

import protocol
from protocol import Histogram, now

CONTEXT = multiprocessing.get_context("fork")
CHUNK = 1_000  # messages between two acknowledgements in `throughput`: bounds what waits in the sender's memory


class Actor:
    def __init__(self, replies):
        self.inbox = make_inbox()
        self.replies = replies
        self.process = CONTEXT.Process(target=self.run, daemon=True)

    def start(self):
        self.process.start()
        return self

    def send(self, message):
        self.inbox.put(message)

    def run(self):
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        while True:
            message = self.inbox.get()
            if message is None:  # poison pill
                break
            self.handle(message)

    def handle(self, message):
        raise NotImplementedError


class Echo(Actor):
    def handle(self, message):
        self.replies.put(message)


class Counter(Actor):
    count = 0

    def handle(self, message):
        if message == "increment":
            self.count += 1
        else:
            self.replies.put(self.count)


class Ping(Actor):
    partner = None
    histogram = None

    def handle(self, message):
        came = now()
        if message == "pong":
            self.histogram.record((came - self.went) // 2)
            self.trips += 1
            if came >= self.until:
                self.replies.put((self.histogram.sparse(), self.trips))
                return
        else:
            self.histogram, self.trips, self.until = Histogram(), 0, came + message
        self.went = now()
        self.partner.put("ping")


class Pong(Actor):
    partner = None
    count = 0

    def handle(self, message):
        if message == "ping":
            self.count += 1
            self.partner.put("pong")
        else:
            self.replies.put(self.count)


class Player(Actor):
    """One side of a pair in `speedup`: works, then hits the ball back until its time is up."""

    partner = None
    sent = received = 0

    def __init__(self, replies, work):
        super().__init__(replies)
        self.work = work

    def handle(self, message):
        if message == "report":
            self.replies.put((self.sent, self.received))
            return
        self.received += 1
        protocol.spin(self.work)
        if now() < message:
            self.sent += 1
            self.partner.put(message)
        else:
            self.replies.put((self.sent, self.received))


def stop(actors):
    for actor in actors:
        actor.send(None)
    for actor in actors:
        actor.process.join()


def create(args):
    """Echo actors until the budget is used: (actors, replies, the limit)."""
    replies, actors = make_inbox(), []
    # A process, and a feeder thread at either end of its queues.
    budget = protocol.Budget(args, "processes", protocol.machine_bytes, 3)
    while not (limit := budget.spent(len(actors))):
        try:
            actors.append(Echo(replies).start())
        except OSError as error:
            if error.errno not in (errno.EAGAIN, errno.EMFILE, errno.ENFILE, errno.ENOSPC, errno.ENOMEM):
                raise
            limit = "memory" if error.errno == errno.ENOMEM else "threads"
            break
    return actors, replies, limit


def all_answer(actors, replies):
    """Sends each actor one message: how many different ones answered."""
    for index, actor in enumerate(actors):
        actor.send(index)
    return len({replies.get() for _ in actors})


def measure_actors(args):
    actors, replies, limit = create(args)
    answered = all_answer(actors, replies)
    stop(actors)
    return {"sent": len(actors), "received": answered, "actors": answered, "limit": limit}


def measure_one_way(args):
    replies = make_inbox()
    ping, pong = Ping(replies), Pong(replies)
    ping.partner, pong.partner = pong.inbox, ping.inbox
    stop_these = [ping.start(), pong.start()]
    ping.send(int(args.seconds * 1e9))
    histogram, trips = replies.get()
    pong.send("report")
    received = replies.get()
    stop(stop_these)
    return {"sent": 2 * trips, "received": trips + received, "histogram": histogram, "batch": 1}


def measure_ask(args):
    replies = make_inbox()
    echo, histogram, asked, answered = Echo(replies).start(), Histogram(), 0, 0
    until = now() + int(args.seconds * 1e9)
    while (went := now()) < until:
        echo.send(asked)
        answered += replies.get() == asked
        histogram.record(now() - went)
        asked += 1
    stop([echo])
    return {"sent": asked, "received": answered, "histogram": histogram.sparse(), "batch": 1}


def measure_throughput(args):
    replies = make_inbox()
    counter = Counter(replies).start()
    sent = received = waiting = 0
    start = now()
    until = start + int(args.seconds * 1e9)
    while now() < until:
        for _ in range(CHUNK):
            counter.send("increment")
        counter.send("get")
        sent, waiting = sent + CHUNK, waiting + 1
        if waiting > 1:
            received, waiting = replies.get(), waiting - 1
    while waiting:
        received, waiting = replies.get(), waiting - 1
    took = now() - start
    stop([counter])
    return {"sent": sent, "received": received, "msgs_per_s": received * 1e9 / took}


def measure_bytes(args):
    first = Echo(replies := make_inbox()).start()
    all_answer([first], replies)  # what only the first actor costs is not counted
    before = protocol.pss_bytes(protocol.family())
    actors, replies, _ = create(args)
    answered = all_answer(actors, replies)
    after = protocol.pss_bytes(protocol.family())
    stop([first, *actors])
    bytes_per_actor = (after - before) / answered
    return {"sent": len(actors), "received": answered, "actors": answered, "bytes_per_actor": bytes_per_actor}


def measure_speedup(args):
    replies, pairs, work = make_inbox(), protocol.pairs_to_play(), protocol.work_loops()
    players = [Player(replies, work) for _ in range(2 * pairs)]
    for one, other in zip(players[::2], players[1::2]):
        one.partner, other.partner = other.inbox, one.inbox
    for player in players:
        player.start()

    def score():
        for player in players:
            player.send("report")
        reports = [replies.get() for _ in players]
        return sum(sent for sent, _ in reports), sum(received for _, received in reports)

    served = 0

    def play(seconds):
        nonlocal served
        _, before = score()  # all of them have started and wait
        start = now()
        until = start + int(seconds * 1e9)
        for player in players[::2]:
            player.send(until)
        served += pairs
        for _ in range(pairs):
            replies.get()
        took = now() - start
        return score()[1] - before, took

    result = protocol.speedup(args, pairs, play)
    sent, received = score()
    stop(players)
    return {"sent": served + sent, "received": received, **result}


MEASURES = {"actors": measure_actors, "one_way": measure_one_way, "ask": measure_ask, "throughput": measure_throughput,
            "bytes": measure_bytes, "speedup": measure_speedup}


def add_inbox(parser):
    parser.add_argument("--inbox", choices=("Queue", "SimpleQueue"), default="Queue", help="the actors' inboxes")


if __name__ == "__main__":
    ARGS = protocol.arguments(__doc__.partition("\n")[0], add_inbox)
    make_inbox = getattr(CONTEXT, ARGS.inbox)
    protocol.run(ARGS, MEASURES)
