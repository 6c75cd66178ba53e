"""Actors that are threads: Pykka's ThreadingActor, with `tell` and `ask` as its documentation uses them.

Plain messages to on_receive, not proxies, which cost more. The threads are daemon threads (`use_daemon_thread`), so
that nothing outlives the program; Pykka runs them alike otherwise. All of them share the interpreter's lock.
"""

import threading

import pykka

import protocol
from protocol import Histogram, now

CHUNK = 1_000  # messages between two acknowledgements in `throughput`: bounds what waits in the inbox
PATIENCE = 10  # seconds until a missing answer is an error
SPARE_MAPS = 1_024  # memory mappings kept free below the kernel's limit: the asking needs some too
MAPS_PER_ACTOR = 8  # more than a thread ever takes (two or three, its stack and its guard among them)


class Echo(pykka.ThreadingActor):
    use_daemon_thread = True

    def on_receive(self, message):
        return message


class Counter(pykka.ThreadingActor):
    use_daemon_thread = True
    count = 0

    def on_receive(self, message):
        if message == "increment":
            self.count += 1
        else:
            return self.count


class Ping(pykka.ThreadingActor):
    use_daemon_thread = True

    def on_receive(self, message):
        came = now()
        if message == "pong":
            self.histogram.record((came - self.went) // 2)
            self.trips += 1
            if came >= self.until:
                self.done.set((self.histogram.sparse(), self.trips))
                return
        else:
            self.partner, self.done, self.until = message
            self.histogram, self.trips = Histogram(), 0
        self.went = now()
        self.partner.tell("ping")


class Pong(pykka.ThreadingActor):
    use_daemon_thread = True
    partner = None
    count = 0

    def on_receive(self, message):
        if message == "ping":
            self.count += 1
            self.partner.tell("pong")
        elif message == "report":
            return self.count
        else:
            self.partner = message


class Player(pykka.ThreadingActor):
    """One side of a pair in `speedup`: works, then hits the ball back until its time is up."""

    use_daemon_thread = True

    def __init__(self, work):
        super().__init__()
        self.work, self.sent, self.received = work, 0, 0

    def on_receive(self, message):
        if message == "report":
            return self.sent, self.received
        if isinstance(message, pykka.ActorRef):
            self.partner = message
            return None
        until, ended = message
        self.received += 1
        protocol.spin(self.work)
        if now() < until:
            self.sent += 1
            self.partner.tell(message)
        else:
            ended.set(None)
        return None


def stop(refs):
    """In the order of their start: the registry is a list, and finds the oldest fastest."""
    for ref in refs:
        ref.stop(block=False)
    for thread in threading.enumerate():
        if isinstance(thread, threading.Thread) and thread is not threading.current_thread():
            thread.join()


def mappings():
    with open("/proc/self/maps") as file:
        return sum(1 for _ in file)


def create(args):
    """Echo actors until the budget is used: (refs, the limit).

    The kernel allows a process so many memory mappings. Where they run out, a thread in the middle of its start or of
    its work dies, and who waits for it waits for ever. So they are counted, the more often the fewer are left, and
    creation ends SPARE_MAPS short of the limit.
    """
    refs, look_at = [], 0
    maps_allowed = protocol.number("/proc/sys/vm/max_map_count")
    budget = protocol.Budget(args, "threads", protocol.own_bytes, 1, 64)
    while not (limit := budget.spent(len(refs))):
        if maps_allowed and len(refs) == look_at:
            room = (maps_allowed - SPARE_MAPS - mappings()) // MAPS_PER_ACTOR
            if room < 1:
                limit = "threads"
                break
            look_at += room
        try:
            refs.append(Echo.start())
        except RuntimeError:  # can't start new thread
            limit = "threads"
            break
    return refs, limit


def all_answer(refs):
    """Asks each actor once: how many gave its own answer."""
    return sum(ref.ask(index, timeout=PATIENCE) == index for index, ref in enumerate(refs))


def measure_actors(args):
    refs, limit = create(args)
    answered = all_answer(refs)
    stop(refs)
    return {"sent": len(refs), "received": answered, "actors": answered, "limit": limit}


def measure_one_way(args):
    ping, pong, done = Ping.start(), Pong.start(), pykka.ThreadingFuture()
    pong.ask(ping)
    ping.tell((pong, done, now() + int(args.seconds * 1e9)))
    histogram, trips = done.get(timeout=args.seconds + PATIENCE)
    received = pong.ask("report")
    stop([ping, pong])
    return {"sent": 2 * trips, "received": trips + received, "histogram": histogram, "batch": 1}


def measure_ask(args):
    echo, histogram, asked, answered = Echo.start(), Histogram(), 0, 0
    until = now() + int(args.seconds * 1e9)
    while (went := now()) < until:
        answered += echo.ask(asked) == asked
        histogram.record(now() - went)
        asked += 1
    stop([echo])
    return {"sent": asked, "received": answered, "histogram": histogram.sparse(), "batch": 1}


def measure_throughput(args):
    counter, sent, waiting = Counter.start(), 0, []
    start = now()
    until = start + int(args.seconds * 1e9)
    while now() < until:
        for _ in range(CHUNK):
            counter.tell("increment")
        sent += CHUNK
        waiting.append(counter.ask("get", block=False))
        if len(waiting) > 1:
            waiting.pop(0).get(timeout=PATIENCE)
    received = counter.ask("get", timeout=PATIENCE)
    took = now() - start
    stop([counter])
    return {"sent": sent, "received": received, "msgs_per_s": received * 1e9 / took}


def measure_bytes(args):
    first = Echo.start()
    all_answer([first])  # what only the first actor costs is not counted
    before = protocol.pss_bytes(protocol.family())
    refs, _ = create(args)
    answered = all_answer(refs)
    after = protocol.pss_bytes(protocol.family())
    stop([first, *refs])
    bytes_per_actor = (after - before) / answered
    return {"sent": len(refs), "received": answered, "actors": answered, "bytes_per_actor": bytes_per_actor}


def measure_speedup(args):
    pairs, work = protocol.pairs_to_play(), protocol.work_loops()
    players = [Player.start(work) for _ in range(2 * pairs)]
    for one, other in zip(players[::2], players[1::2]):
        one.tell(other), other.tell(one)

    def score():
        reports = [player.ask("report") for player in players]
        return sum(sent for sent, _ in reports), sum(received for _, received in reports)

    served = 0

    def play(seconds):
        nonlocal served
        balls = [pykka.ThreadingFuture() for _ in range(pairs)]
        _, before = score()
        start = now()
        until = start + int(seconds * 1e9)
        for player, ball in zip(players[::2], balls):
            player.tell((until, ball))
        served += pairs
        for ball in balls:
            ball.get(timeout=seconds + PATIENCE)
        took = now() - start
        return score()[1] - before, took

    result = protocol.speedup(args, pairs, play)
    sent, received = score()
    stop(players)
    return {"sent": served + sent, "received": received, **result}


MEASURES = {"actors": measure_actors, "one_way": measure_one_way, "ask": measure_ask, "throughput": measure_throughput,
            "bytes": measure_bytes, "speedup": measure_speedup}

if __name__ == "__main__":
    protocol.run(protocol.arguments(__doc__.partition("\n")[0]), MEASURES)
