"""Pykka: actors are threads, ThreadingActor with `tell` and `ask`, as its documentation uses them.

Plain messages to on_receive, not proxies, which cost more. The threads are daemon threads (`use_daemon_thread`), so that
nothing outlives the program. All of them share the interpreter's lock, and the operating system schedules them.
"""

import operator
import os
import queue
import random
import sys
import threading

import pykka

import frame
import protocol
from frame import Iteration, Opened, Sink, now

CHUNK = 256  # messages that a producer sends in a turn
UNDER_WAY = 256  # actors that are made in create and have not ended
SPARE_MAPS = 1_024  # memory mappings kept free below the kernel's limit: without one a thread dies at its start
MAPS_PER_THREAD = 3  # its stack and its guard among them
STAMPS_BYTES = 65_536
PING, PONG, BEGIN, MORE, COUNT = "ping", "pong", "begin", "more", "count"


class Actor(pykka.ThreadingActor):
    use_daemon_thread = True


class Latch:
    """Tells when the last of so many had counted down."""

    def __init__(self, count, news):
        self.count, self.left, self.news = count, iter(range(count - 1, -1, -1)), news

    def count_down(self):
        # One step of the interpreter: no two get the same.
        if next(self.left) == 0:
            self.news.put(now())

    def counted(self):
        return self.count - operator.length_hint(self.left)


class Ping(Actor):
    def __init__(self, partner, trips, news):
        super().__init__()
        self.partner, self.trips, self.news, self.handled = partner, trips, news, 0

    def on_receive(self, message):
        if message == PONG:
            self.handled += 1
            if self.handled == self.trips:
                self.news.put((self.began, now()))
                return
        elif message == BEGIN:
            self.began = now()
        else:
            return self.handled
        self.partner.tell(PING)


class Pong(Actor):
    handled = 0

    def on_receive(self, message):
        if message == PING:
            self.handled += 1
            self.partner.tell(PONG)
        elif message == COUNT:
            return self.handled
        else:
            self.partner = message


class Receiver(Actor):
    def __init__(self, messages, latch):
        super().__init__()
        self.messages, self.latch, self.count = messages, latch, 0

    def on_receive(self, message):
        if message == COUNT:
            return self.count
        self.count += 1
        if self.count == self.messages:
            self.latch.count_down()


class Producer(Actor):
    """Sends the same to all receivers, in turns."""

    def __init__(self, receivers, each):
        super().__init__()
        self.receivers, self.left = receivers, each

    def on_receive(self, message):
        rounds = min(self.left, max(CHUNK // len(self.receivers), 1))
        for _ in range(rounds):
            for receiver in self.receivers:
                receiver.tell("increment")
        self.left -= rounds
        if self.left:
            self.actor_ref.tell(MORE)


class Once(Actor):
    """Handles one message and ends."""

    def __init__(self, under_way, latch):
        super().__init__()
        self.under_way, self.latch, self.handled = under_way, latch, 0

    def on_receive(self, message):
        self.handled += 1
        self.stop()

    def on_stop(self):
        self.under_way.release()
        if self.handled == 1:
            self.latch.count_down()


class Creator(Actor):
    def on_receive(self, message):
        actors, latch, under_way = message
        for _ in range(actors):
            under_way.acquire()
            Once.start(under_way, latch).tell("once")


class Link(Actor):
    """Counts each hop, and passes the token on with one less to go."""

    def __init__(self, news):
        super().__init__()
        self.news, self.hops = news, 0

    def on_receive(self, message):
        if message == COUNT:
            return self.hops
        if isinstance(message, tuple):
            self.following, self.place = message
            return
        self.hops += 1
        if message > 1:
            self.following.tell(message - 1)
        else:
            self.news.put((self.place, now()))


class Member(Actor):
    """Pings any of all; a ping is the one that sends it."""

    def __init__(self, number, each, latch):
        super().__init__()
        self.draw, self.each, self.latch, self.pongs, self.answered = random.Random(number).random, each, latch, 0, 0

    def on_receive(self, message):
        if message is PONG:
            self.pongs += 1
        elif isinstance(message, pykka.ActorRef):
            self.answered += 1
            message.tell(PONG)
            return
        elif message is COUNT:
            return self.pongs, self.answered
        elif isinstance(message, list):
            self.everyone = message
            return
        if self.pongs < self.each:
            self.everyone[int(self.draw() * len(self.everyone))].tell(self.actor_ref)
        else:
            self.latch.count_down()


class Numbering(Actor):
    def __init__(self, receiver, sender, each):
        super().__init__()
        self.receiver, self.sender, self.each, self.number = receiver, sender, each, 0

    def on_receive(self, message):
        until = min(self.number + CHUNK, self.each)
        for number in range(self.number, until):
            self.receiver.tell((self.sender, number))
        self.number = until
        if until < self.each:
            self.actor_ref.tell(MORE)


class InTurn(Actor):
    """Counts the messages of each sender, and those that came after a later one."""

    def __init__(self, senders, messages, news):
        super().__init__()
        self.expected, self.counts, self.disorder = [0] * senders, [0] * senders, 0
        self.left, self.news = messages, news

    def on_receive(self, message):
        sender, number = message
        self.disorder += number < self.expected[sender]
        self.expected[sender] = number + 1
        self.counts[sender] += 1
        self.left -= 1
        if self.left == 0:
            self.news.put((self.counts, self.disorder, now()))


class Answering(Actor):
    def on_receive(self, message):
        return message + 1


class Asking(Actor):
    def __init__(self, other, questions, news):
        super().__init__()
        self.other, self.questions, self.news = other, questions, news

    def on_receive(self, message):
        answers, total, began = 0, 0, now()
        for question in range(self.questions):
            total += self.other.ask(question)
            answers += 1
        self.news.put(([answers, total], now() - began))


class Idle(Actor):
    """One of a crowd: keeps how many messages it had, and the last."""

    count = last = 0

    def on_receive(self, message):
        self.count += 1
        self.last = message
        return message


class Recording(Actor):
    def __init__(self):
        super().__init__()
        self.sink = Sink()

    def on_receive(self, message):
        if message == COUNT:
            return self.sink.told()
        self.sink.record(message)


def threads_possible():
    """The kernel allows a process so many memory mappings, and a machine so many threads."""
    with open("/proc/self/maps") as file:
        taken = sum(1 for _ in file)
    maps = protocol.number("/proc/sys/vm/max_map_count")
    threads = protocol.tasks_left()
    return min(threads, (maps - SPARE_MAPS - taken) // MAPS_PER_THREAD) if maps else threads


def stop(refs):
    """In the order of their start: the registry is a list, and finds the oldest fastest."""
    pykka.get_all([ref.stop(block=False) for ref in refs], timeout=frame.LONGEST_S)


class Pykka(frame.Peer):
    name = package = "pykka"
    how = ("ThreadingActor: a thread an actor, scheduled by the operating system under the interpreter's lock, on as many "
           "processors as there are workers; plain messages by tell and ask, no proxies; an open load comes from another "
           "process through a pipe")
    most_because = "a thread for each actor"

    def __init__(self, workers):
        frame.confine(workers)
        self.most, self.news, self.idle = threads_possible(), queue.SimpleQueue(), []

    def told(self):
        """What an actor tells."""
        try:
            return self.news.get(timeout=frame.LONGEST_S)
        except queue.Empty:
            raise frame.Wrong(frame.MISSING) from None

    def ping_pong(self, task):
        pong = Pong.start()
        ping = Ping.start(pong, task.each, self.news)
        pong.ask(ping)
        ping.tell(BEGIN)
        began, ended = self.told()
        counts = [ping.ask(COUNT), pong.ask(COUNT)]
        stop([pong, ping])
        return Iteration(ended - began, counts)

    def counting(self, task):
        return self.sent_to_all(1, task.messages)

    def fork_join(self, task):
        return self.sent_to_all(task.actors, task.each)

    def sent_to_all(self, actors, each):
        latch = Latch(actors, self.news)
        receivers = [Receiver.start(each, latch) for _ in range(actors)]
        producer = Producer.start(receivers, each)
        began = now()
        producer.tell(BEGIN)
        took = self.told() - began
        counts = [receiver.ask(COUNT) for receiver in receivers]
        stop([*receivers, producer])
        return Iteration(took, counts)

    def create(self, task):
        creator, under_way, latch = Creator.start(), threading.Semaphore(UNDER_WAY), Latch(task.messages, self.news)
        began = now()
        creator.tell((task.messages, latch, under_way))
        took = self.told() - began
        stop([creator])
        return Iteration(took, [latch.counted()])

    def ring(self, task):
        return self.round(task, list(range(task.actors)))

    def ring_shuffled(self, task):
        order = list(range(task.actors))
        random.Random(1).shuffle(order)
        return self.round(task, order)

    def round(self, task, order):
        links = [Link.start(self.news) for _ in order]
        for place, actor in enumerate(order):
            links[actor].ask((links[order[(place + 1) % len(order)]], place))
        began = now()
        links[order[0]].tell(task.messages)
        place, at = self.told()
        hops = sum(link.ask(COUNT) for link in links)
        stop(links)
        return Iteration(at - began, [hops, place])

    def big(self, task):
        latch = Latch(task.actors, self.news)
        everyone = [Member.start(number, task.each, latch) for number in range(task.actors)]
        for member in everyone:
            member.ask(everyone)
        began = now()
        for member in everyone:
            member.tell(BEGIN)
        took = self.told() - began
        counts = [member.ask(COUNT) for member in everyone]
        stop(everyone)
        return Iteration(took, [pongs for pongs, _ in counts] + [sum(answered for _, answered in counts)])

    def fan_in(self, task):
        receiver = InTurn.start(task.actors, task.messages, self.news)
        senders = [Numbering.start(receiver, sender, task.each) for sender in range(task.actors)]
        began = now()
        for sender in senders:
            sender.tell(BEGIN)
        counts, disorder, at = self.told()
        stop([receiver, *senders])
        return Iteration(at - began, counts, disorder)

    def ask(self, task):
        answering = Answering.start()
        asking = Asking.start(answering, task.messages, self.news)
        asking.tell(BEGIN)
        counts, took = self.told()
        stop([answering, asking])
        return Iteration(took, counts)

    def crowd(self, actors):
        for number in range(actors):
            ref = Idle.start()
            self.idle.append(ref)
            if ref.ask(number, timeout=frame.LONGEST_S) != number:
                raise frame.Wrong("an idle actor did not tell what it was sent")

    def open(self, actors, rate, messages):
        sinks, outside = [Recording.start() for _ in range(actors)], frame.Outside(rate, messages)
        start, number, rest = None, 0, b""
        while data := os.read(outside.stream.fileno(), STAMPS_BYTES):
            data = rest + data
            whole = len(data) // 8 * 8
            rest = data[whole:]
            for stamp in memoryview(data[:whole]).cast("Q"):
                start = start or stamp
                sinks[number % actors].tell(stamp)
                number += 1
        sent = now()
        told = [sink.ask(COUNT, timeout=frame.LONGEST_S) for sink in sinks]
        stop(sinks)
        return Opened(told, start, outside.late(), sent)


if __name__ == "__main__":
    frame.main(Pykka, sys.argv[1:])
