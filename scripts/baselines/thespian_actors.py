"""Thespian's actors on one of its system bases: `--base simple|queue|tcp`.

simple: simpleSystemBase, every actor in the calling thread; queue: multiprocQueueBase and tcp: multiprocTCPBase, a
process per actor. Actors are subclasses of Actor with receiveMessage, created by the system, as its documentation does;
an ask is ActorSystem.ask. Logging is off (an empty `logDefs`, no internal log file). The TCP base's administrator
listens on a free port instead of 1900, where another system may live.
"""

import os
import socket

os.environ["THESPLOG_FILE_MAXSIZE"] = "0"  # read when thespian is imported: no thespian.log

from thespian.actors import Actor, ActorSystem

import protocol
from protocol import Histogram, now

BASES = {"simple": "simpleSystemBase", "queue": "multiprocQueueBase", "tcp": "multiprocTCPBase"}
CHUNK = 100  # messages in `throughput` between two questions how many have come
PATIENCE = 10  # seconds until a missing answer is an error


class Echo(Actor):
    def receiveMessage(self, message, sender):
        if isinstance(message, int):
            self.send(sender, message)


class Counter(Actor):
    count = 0

    def receiveMessage(self, message, sender):
        if message == "increment":
            self.count += 1
        elif message == "get":
            self.send(sender, self.count)


class Source(Actor):
    """Sends to the counter in chunks, the next one when the counter has told how far it is."""

    def receiveMessage(self, message, sender):
        if isinstance(message, tuple):
            self.asker, (self.counter, self.until), self.sent = sender, message, 0
        elif not isinstance(message, int):
            return
        elif now() >= self.until:
            self.send(self.asker, (self.sent, message, now()))
            return
        for _ in range(CHUNK):
            self.send(self.counter, "increment")
        self.send(self.counter, "get")
        self.sent += CHUNK


class Ping(Actor):
    def receiveMessage(self, message, sender):
        came = now()
        if message == "pong":
            self.histogram.record((came - self.went) // 2)
            self.trips += 1
            if came >= self.until:
                self.send(self.asker, (self.histogram.sparse(), self.trips))
                return
        elif isinstance(message, tuple):
            self.asker, (self.partner, self.until) = sender, message
            self.histogram, self.trips = Histogram(), 0
        else:
            return
        self.went = now()
        self.send(self.partner, "ping")


class Pong(Actor):
    count = 0

    def receiveMessage(self, message, sender):
        if message == "ping":
            self.count += 1
            self.send(sender, "pong")
        elif message == "report":
            self.send(sender, self.count)


class Player(Actor):
    """One side of a pair in `speedup`: works, then hits the ball back until the time is up."""

    sent = received = 0

    def receiveMessage(self, message, sender):
        if message == "report":
            self.send(sender, (self.sent, self.received))
        elif isinstance(message, tuple):  # the ball: who keeps the score, how much to work, until when
            umpire, work, until = message
            self.received += 1
            protocol.spin(work)
            if now() < until:
                self.sent += 1
                self.send(self.partner if sender == umpire else sender, message)
            else:
                self.send(umpire, "ended")
        elif isinstance(message, dict):
            self.partner = message["partner"]
            self.send(sender, "ready")


class Umpire(Actor):
    """Serves all the balls in one turn, and answers when the last one has ended."""

    def receiveMessage(self, message, sender):
        if isinstance(message, tuple):
            self.asker, (servers, work, seconds) = sender, message
            self.start, self.playing = now(), len(servers)
            for server in servers:
                self.send(server, (self.myAddress, work, self.start + int(seconds * 1e9)))
        elif message == "ended":
            self.playing -= 1
            if self.playing == 0:
                self.send(self.asker, now() - self.start)


def start_system():
    capabilities = {}
    if ARGS.base == "tcp":
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            capabilities["Admin Port"] = probe.getsockname()[1]
    return ActorSystem(BASES[ARGS.base], capabilities=capabilities, logDefs={"version": 1})


def ask(system, actor, message, patience=PATIENCE):
    answer = system.ask(actor, message, patience)
    if answer is None:
        raise TimeoutError(f"no answer to {message!r} within {patience} s")
    return answer


def create(args, system):
    """Echo actors until the budget is used: (addresses, the limit)."""
    actors = []
    if ARGS.base == "simple":
        budget = protocol.Budget(args, "actors", protocol.own_bytes, 0, 256)
    else:
        budget = protocol.Budget(args, "processes", protocol.machine_bytes, 1)
    while not (limit := budget.spent(len(actors))):
        actors.append(system.createActor(Echo))
    return actors, limit


def all_answer(system, actors):
    """Asks each actor once: how many gave its own answer."""
    return sum(ask(system, actor, index) == index for index, actor in enumerate(actors))


def measure_actors(args):
    system = start_system()
    actors, limit = create(args, system)
    answered = all_answer(system, actors)
    system.shutdown()
    return {"sent": len(actors), "received": answered, "actors": answered, "limit": limit}


def measure_one_way(args):
    system = start_system()
    ping, pong = system.createActor(Ping), system.createActor(Pong)
    histogram, trips = ask(system, ping, (pong, now() + int(args.seconds * 1e9)), args.seconds + PATIENCE)
    received = ask(system, pong, "report")
    system.shutdown()
    return {"sent": 2 * trips, "received": trips + received, "histogram": histogram, "batch": 1}


def measure_ask(args):
    system = start_system()
    echo, histogram, asked, answered = system.createActor(Echo), Histogram(), 0, 0
    until = now() + int(args.seconds * 1e9)
    while (went := now()) < until:
        answered += ask(system, echo, asked) == asked
        histogram.record(now() - went)
        asked += 1
    system.shutdown()
    return {"sent": asked, "received": answered, "histogram": histogram.sparse(), "batch": 1}


def measure_throughput(args):
    """From another actor on the simple base, where that is fastest. From outside on the others: there it is faster than
    from an actor, and chunks sent by actors stall for ever in the queue base, whose source warns of such deadlocks."""
    system = start_system()
    counter, sent = system.createActor(Counter), 0
    start = now()
    until = start + int(args.seconds * 1e9)
    if ARGS.base == "simple":
        sent, received, end = ask(system, system.createActor(Source), (counter, until), args.seconds + PATIENCE)
    else:
        while (end := now()) < until:
            for _ in range(CHUNK):
                system.tell(counter, "increment")
            sent += CHUNK
            received = ask(system, counter, "get")
    system.shutdown()
    return {"sent": sent, "received": received, "msgs_per_s": received * 1e9 / (end - start)}


def measure_bytes(args):
    system = start_system()
    all_answer(system, [system.createActor(Echo)])  # what only the first actor costs is not counted
    before = protocol.pss_bytes(protocol.family())
    actors, _ = create(args, system)
    answered = all_answer(system, actors)
    after = protocol.pss_bytes(protocol.family())
    system.shutdown()
    bytes_per_actor = (after - before) / answered
    return {"sent": len(actors), "received": answered, "actors": answered, "bytes_per_actor": bytes_per_actor}


def measure_speedup(args):
    system, pairs, work, served = start_system(), protocol.pairs_to_play(), protocol.work_loops(), 0
    umpire = system.createActor(Umpire)
    players = [system.createActor(Player) for _ in range(2 * pairs)]
    for one, other in zip(players[::2], players[1::2]):
        ask(system, one, {"partner": other})

    def score():
        reports = [ask(system, player, "report") for player in players]
        return sum(sent for sent, _ in reports), sum(received for _, received in reports)

    def play(seconds):
        nonlocal served
        _, before = score()
        took = ask(system, umpire, (players[::2], work, seconds), seconds + PATIENCE)
        served += pairs
        return score()[1] - before, took

    result = protocol.speedup(args, pairs, play)
    sent, received = score()
    system.shutdown()
    return {"sent": served + sent, "received": received, **result}


MEASURES = {"actors": measure_actors, "one_way": measure_one_way, "ask": measure_ask, "throughput": measure_throughput,
            "bytes": measure_bytes, "speedup": measure_speedup}


def add_base(parser):
    parser.add_argument("--base", choices=tuple(BASES), required=True, help="the system base")


if __name__ == "__main__":
    ARGS = protocol.arguments(__doc__.partition("\n")[0], add_base)
    protocol.run(ARGS, MEASURES)
