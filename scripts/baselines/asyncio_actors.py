"""Actors that are tasks reading from an asyncio.Queue, as the document builds them: the standard library's asyncio.

All of them share one event loop on one thread. A send is `await inbox.put(message)`, which does not yield while there
is room; an ask sends a future along with the message, the idiom of asyncio. `throughput` bounds the inbox at 1,000, as
the document's section on back-pressure does: without a bound the sender would never yield to the receiver.
"""

import asyncio

import protocol
from protocol import Histogram, now

BOUND = 1_000
CHUNK = 1_000  # actors created, or asked, between two turns of the loop


class AsyncActor:
    def __init__(self, bound=0):
        self.inbox = asyncio.Queue(bound)

    def start(self):
        self.task = asyncio.get_running_loop().create_task(self.run())
        return self

    async def run(self):
        while True:
            message = await self.inbox.get()
            if message is None:
                break
            await self.handle(message)

    async def send(self, message):
        await self.inbox.put(message)

    async def handle(self, message):
        raise NotImplementedError


class Echo(AsyncActor):
    async def handle(self, message):
        value, reply = message
        reply.set_result(value)


class Marker(AsyncActor):
    """Marks its own place in a shared array: the cheapest proof that this very actor handled its message."""

    async def handle(self, message):
        marks, index = message
        marks[index] = 1


class Counter(AsyncActor):
    count = 0

    async def handle(self, message):
        self.count += 1


class Ping(AsyncActor):
    async def handle(self, message):
        came = now()
        if message == "pong":
            self.histogram.record((came - self.went) // 2)
            self.trips += 1
            if came >= self.until:
                self.done.set_result(self.trips)
                return
        else:
            self.done, self.until = message
            self.histogram, self.trips = Histogram(), 0
        self.went = now()
        await self.partner.send("ping")


class Pong(AsyncActor):
    count = 0

    async def handle(self, message):
        self.count += 1
        await self.partner.send("pong")


class Player(AsyncActor):
    """One side of a pair in `speedup`: works, then hits the ball back until its time is up."""

    def __init__(self, work):
        super().__init__()
        self.work, self.sent, self.received = work, 0, 0

    async def handle(self, message):
        until, ended = message
        self.received += 1
        protocol.spin(self.work)
        if now() < until:
            self.sent += 1
            await self.partner.send(message)
        else:
            ended.set_result(None)


async def stop(actors):
    for actor in actors:
        await actor.send(None)
    for actor in actors:
        await actor.task


async def create(args):
    """Marker actors until the budget is used, each waiting for its first message: (actors, the limit)."""
    actors = []
    budget = protocol.Budget(args, "tasks", protocol.own_bytes, 0)
    while not (limit := budget.spent(len(actors))):
        room = args.target - len(actors) if args.target else CHUNK
        actors.extend(Marker().start() for _ in range(min(CHUNK, room)))
        await asyncio.sleep(0)
    return actors, limit


async def all_answer(actors):
    """Sends each actor one message: how many different ones handled it."""
    marks = bytearray(len(actors))
    for index, actor in enumerate(actors):
        await actor.send((marks, index))
        if index % CHUNK == 0:
            await asyncio.sleep(0)
    await asyncio.sleep(0)
    return sum(marks)


async def measure_actors(args):
    actors, limit = await create(args)
    answered = await all_answer(actors)
    await stop(actors)
    return {"sent": len(actors), "received": answered, "actors": answered, "limit": limit}


async def measure_one_way(args):
    ping, pong = Ping(), Pong()
    ping.partner, pong.partner = pong, ping
    ping.start(), pong.start()
    done = asyncio.get_running_loop().create_future()
    await ping.send((done, now() + int(args.seconds * 1e9)))
    trips = await done
    await stop([ping, pong])
    return {"sent": 2 * trips, "received": trips + pong.count, "histogram": ping.histogram.sparse(), "batch": 1}


async def measure_ask(args):
    loop = asyncio.get_running_loop()
    echo, histogram, asked, answered = Echo().start(), Histogram(), 0, 0
    until = now() + int(args.seconds * 1e9)
    while (went := now()) < until:
        reply = loop.create_future()
        await echo.send((asked, reply))
        answered += await reply == asked
        histogram.record(now() - went)
        asked += 1
    await stop([echo])
    return {"sent": asked, "received": answered, "histogram": histogram.sparse(), "batch": 1}


async def measure_throughput(args):
    counter, sent = Counter(BOUND).start(), 0
    start = now()
    until = start + int(args.seconds * 1e9)
    while now() < until:
        for _ in range(100):
            await counter.send("increment")
        sent += 100
    await stop([counter])  # it handles all that came before
    took = now() - start
    return {"sent": sent, "received": counter.count, "msgs_per_s": counter.count * 1e9 / took}


async def measure_bytes(args):
    first = Marker().start()
    await all_answer([first])  # what only the first actor costs is not counted
    before = protocol.pss_bytes(protocol.family())
    actors, _ = await create(args)
    answered = await all_answer(actors)
    after = protocol.pss_bytes(protocol.family())
    await stop([first, *actors])
    bytes_per_actor = (after - before) / answered
    return {"sent": len(actors), "received": answered, "actors": answered, "bytes_per_actor": bytes_per_actor}


async def start_players(pairs, work):
    players = [Player(work).start() for _ in range(2 * pairs)]
    for one, other in zip(players[::2], players[1::2]):
        one.partner, other.partner = other, one
    return players


async def play_once(players, seconds):
    start = now()
    until, before = start + int(seconds * 1e9), sum(p.received for p in players)
    balls = [asyncio.get_running_loop().create_future() for _ in players[::2]]
    for player, ball in zip(players[::2], balls):
        await player.send((until, ball))
    for ball in balls:
        await ball
    took = now() - start
    return sum(p.received for p in players) - before, took


def measure_speedup(args):
    loop, pairs, served = asyncio.new_event_loop(), protocol.pairs_to_play(), 0
    players = loop.run_until_complete(start_players(pairs, protocol.work_loops()))

    def play(seconds):
        nonlocal served
        served += pairs
        return loop.run_until_complete(play_once(players, seconds))

    result = protocol.speedup(args, pairs, play)
    loop.run_until_complete(stop(players))
    loop.close()
    return {"sent": served + sum(p.sent for p in players), "received": sum(p.received for p in players), **result}


def in_a_loop(measure):
    return lambda args: asyncio.run(measure(args))


MEASURES = {"actors": in_a_loop(measure_actors), "one_way": in_a_loop(measure_one_way), "ask": in_a_loop(measure_ask),
            "throughput": in_a_loop(measure_throughput), "bytes": in_a_loop(measure_bytes),
            "speedup": measure_speedup}

if __name__ == "__main__":
    protocol.run(protocol.arguments(__doc__.partition("\n")[0]), MEASURES)
