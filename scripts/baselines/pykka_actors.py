"""Actors that are threads: Pykka's ThreadingActor, with `tell` and `ask` as its documentation uses them.

Plain messages to on_receive, not proxies, which cost more. The threads are daemon threads (`use_daemon_thread`), so that
nothing outlives the program; Pykka runs them alike otherwise. All of them share the interpreter's lock.
"""

import mmap
import threading

import pykka

import protocol
from protocol import Histogram, now

CHUNK = 1_000  # messages between two acknowledgements in `throughput`: bounds what waits in the inbox
PATIENCE = 10  # seconds until a missing answer is an error
SPARE_MAPS = 1_024  # memory mappings kept free below the kernel's limit: the asking needs some too
PROBE = 256  # actors after which the mappings of one are known


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
    """One side of a pair in `speedup`: works, then hits the ball back until the time is up."""

    use_daemon_thread = True

    def __init__(self, work, until):
        super().__init__()
        self.work, self.until, self.sent, self.received = work, until, 0, 0

    def on_receive(self, message):
        if message == "report":
            return self.sent, self.received
        if isinstance(message, pykka.ActorRef):
            self.partner = message
            return None
        self.received += 1
        protocol.spin(self.work)
        if now() < self.until:
            self.sent += 1
            self.partner.tell(message)
        else:
            message.set(None)
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

    A thread takes several memory mappings, and the kernel allows a process so many. Where they run out in the middle of
    a start, Python waits for that thread for ever; so the mappings of the first actors are counted, and the creation
    ends SPARE_MAPS short of the kernel's limit.
    """
    refs, most = [], None
    maps_allowed, maps_before = protocol.number("/proc/sys/vm/max_map_count"), mappings()
    budget = protocol.Budget(args, "threads", protocol.own_bytes, 1, 64)
    while not (limit := budget.spent(len(refs))):
        if len(refs) == PROBE and maps_allowed:
            per_actor = (mappings() - maps_before) / PROBE
            most = (maps_allowed - SPARE_MAPS - maps_before) / per_actor
        if most and len(refs) >= most:
            limit = "threads"
            break
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
    return {"sent": len(refs), "received": answered, "actors": answered, "bytes_per_actor": (after - before) / answered}


def rally(pairs, work, seconds):
    start = now()
    players = [Player.start(work, start + int(seconds * 1e9)) for _ in range(2 * pairs)]
    balls = [pykka.ThreadingFuture() for _ in range(pairs)]
    for one, other in zip(players[::2], players[1::2]):
        one.tell(other), other.tell(one)
    for one, ball in zip(players[::2], balls):
        one.tell(ball)
    for ball in balls:
        ball.get(timeout=seconds + PATIENCE)
    took = now() - start
    reports = [player.ask("report") for player in players]
    stop(players)
    sent, received = pairs + sum(s for s, _ in reports), sum(r for _, r in reports)
    return sent, received, received * 1e9 / took


MEASURES = {"actors": measure_actors, "one_way": measure_one_way, "ask": measure_ask, "throughput": measure_throughput,
            "bytes": measure_bytes, "speedup": lambda args: protocol.speedup(args, rally)}

if __name__ == "__main__":
    protocol.run(protocol.arguments(__doc__.partition("\n")[0]), MEASURES)
