"""multiprocessing: actors are processes, started by fork, which is the fastest start.

Each reads from a Pipe, one way, and messages are 8 or 16 bytes that are sent as such: pickling an object costs more than
sending it. Where several send to one they share a Lock, as its documentation asks for. The operating system schedules
them. Every actor has had a first message before anything is measured, and ends, with its process, when it is told to.
"""

import multiprocessing
import random
import signal
import struct
import sys
from collections import deque
from multiprocessing.connection import wait

import frame
import protocol
from frame import Iteration, Opened, Sink, now

CONTEXT = multiprocessing.get_context("fork")
MOST = 2_000  # processes at once: each takes its milliseconds to start and its megabytes
UNDER_WAY = 16  # processes that are made in create and have not ended
NUMBER, NUMBERED = struct.Struct("<q"), struct.Struct("<qq")
INCREMENT, PING, PONG, BEGIN, COUNT, END = (NUMBER.pack(-word) for word in (1, 2, 3, 4, 5, 6))
PRODUCER = -1  # tells what it did under this number


def pipe():
    """Where to read, and where to write."""
    return CONTEXT.Pipe(duplex=False)


def living(own, up, target, args):
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.SIG_DFL)
    own.recv_bytes()
    up.release()
    target(own, *args)
    own.recv_bytes()


def pinging(own, partner, trips, news):
    own.recv_bytes()
    handled, began = 0, now()
    for _ in range(trips):
        partner.send_bytes(PING)
        own.recv_bytes()
        handled += 1
    news.put(("ping", handled, now() - began))


def ponging(own, partner, trips, news):
    handled = 0
    while handled < trips:
        own.recv_bytes()
        handled += 1
        partner.send_bytes(PONG)
    news.put(("pong", handled, 0))


def counting(own, number, messages, news):
    count = 0
    while count < messages:
        own.recv_bytes()
        count += 1
    news.put((number, count, now()))


def producing(own, receivers, each, news):
    """The same to all receivers, in turns."""
    own.recv_bytes()
    began = now()
    for _ in range(each):
        for receiver in receivers:
            receiver.send_bytes(INCREMENT)
    news.put((PRODUCER, began, 0))


def handling_once(own):
    sys.exit(0 if own.recv_bytes() == INCREMENT else 1)


def creating(own, actors, news):
    """Who has handled its message ends with 0."""
    own.recv_bytes()
    handled, under_way, began = 0, deque(), now()

    def reaped():
        process = under_way.popleft()
        process.join()
        well = process.exitcode == 0
        process.close()
        return well

    for _ in range(actors):
        reader, writer = pipe()
        process = CONTEXT.Process(target=handling_once, args=(reader,))
        process.start()
        writer.send_bytes(INCREMENT)
        reader.close()
        writer.close()
        under_way.append(process)
        if len(under_way) == UNDER_WAY:
            handled += reaped()
    while under_way:
        handled += reaped()
    news.put((handled, now() - began))


def passing_on(own, following, place, news):
    """Counts each hop, and passes the token on with one less to go; asked for its count, tells it."""
    hops = 0
    while (message := own.recv_bytes()) != COUNT:
        hops += 1
        left, = NUMBER.unpack(message)
        if left > 1:
            following.send_bytes(NUMBER.pack(left - 1))
        else:
            news.put((place, now()))
    news.put((place, hops))


def pinging_any(own, everyone, number, each, news):
    """A ping is the number of the one that sends it; asked for its counts, tells them."""
    ping, draw, pongs, answered = NUMBER.pack(number), random.Random(number).random, 0, 0

    def send(other, message):
        _, writer, lock = everyone[other]
        with lock:
            writer.send_bytes(message)

    while (message := own.recv_bytes()) != COUNT:
        if message == PONG:
            pongs += 1
        elif message != BEGIN:
            answered += 1
            send(NUMBER.unpack(message)[0], PONG)
            continue
        if pongs < each:
            send(int(draw() * len(everyone)), ping)
        else:
            news.put((number, now(), 0))
    news.put((number, pongs, answered))


def numbering(own, receiver, lock, sender, each):
    own.recv_bytes()
    for number in range(each):
        with lock:
            receiver.send_bytes(NUMBERED.pack(sender, number))


def in_turn(own, senders, messages, news):
    """Counts the messages of each sender, and those that came after a later one."""
    expected, counts, disorder = [0] * senders, [0] * senders, 0
    for _ in range(messages):
        sender, number = NUMBERED.unpack(own.recv_bytes())
        disorder += number < expected[sender]
        expected[sender] = number + 1
        counts[sender] += 1
    news.put((counts, disorder, now()))


def answering(own, asker, questions):
    for _ in range(questions):
        question, = NUMBER.unpack(own.recv_bytes())
        asker.send_bytes(NUMBER.pack(question + 1))


def asking(own, other, questions, news):
    own.recv_bytes()
    answers, total, began = 0, 0, now()
    for question in range(questions):
        other.send_bytes(NUMBER.pack(question))
        total += NUMBER.unpack(own.recv_bytes())[0]
        answers += 1
    news.put(([answers, total], now() - began))


def idling(own):
    """One of a crowd: keeps how many messages it had, and the last."""
    count = last = 0
    while True:
        last, = NUMBER.unpack(own.recv_bytes())
        count += 1


def recording(own, news):
    sink = Sink()
    while (message := own.recv_bytes()) != COUNT:
        sink.record(NUMBER.unpack(message)[0])
    news.put(sink.told())


class Multiprocessing(frame.Peer):
    name = "multiprocessing"
    how = ("the standard library: a process an actor, forked and scheduled by the operating system, on as many processors as "
           "there are workers; messages of 8 or 16 bytes by send_bytes through a Pipe, with a Lock where several send; it has "
           "no ask: a question and its answer go through two Pipes")
    several = True
    first = 10
    most_because = "a process for each actor"

    def __init__(self, workers):
        frame.confine(workers)
        self.most = min(MOST, protocol.tasks_left())
        self.up, self.idle, self.news = CONTEXT.Semaphore(0), [], CONTEXT.SimpleQueue()

    def start(self, target, inbox, *args):
        """Where it reads is the first of its inbox."""
        process = CONTEXT.Process(target=living, args=(inbox[0], self.up, target, args))
        process.start()
        inbox[1].send_bytes(BEGIN)
        return process, inbox[1]

    def all_up(self, started):
        """Each of them has handled its first message."""
        for _ in started:
            if not self.up.acquire(timeout=frame.LONGEST_S):
                raise frame.Wrong(frame.MISSING)
        self.look()
        return started

    def told(self):
        """What an actor tells."""
        if not wait([self.news._reader], frame.LONGEST_S):
            raise frame.Wrong(frame.MISSING)
        return self.news.get()

    def ended(self, started):
        for _, writer in started:
            writer.send_bytes(END)
        for process, _ in started:
            process.join(frame.LONGEST_S)
            if process.exitcode != 0:
                raise frame.Wrong("a process did not end as it was told")
            process.close()

    def ping_pong(self, task):
        ping, pong = pipe(), pipe()
        started = self.all_up([self.start(pinging, ping, pong[1], task.each, self.news),
                               self.start(ponging, pong, ping[1], task.each, self.news)])
        ping[1].send_bytes(BEGIN)
        told = {who: (handled, took) for who, handled, took in (self.told(), self.told())}
        self.ended(started)
        return Iteration(told["ping"][1], [told["ping"][0], told["pong"][0]])

    def counting(self, task):
        return self.sent_to_all(1, task.messages)

    def fork_join(self, task):
        return self.sent_to_all(task.actors, task.each)

    def sent_to_all(self, actors, each):
        inboxes, producer = [pipe() for _ in range(actors)], pipe()
        started = [self.start(counting, inbox, number, each, self.news) for number, inbox in enumerate(inboxes)]
        started.append(self.start(producing, producer, [writer for _, writer in inboxes], each, self.news))
        self.all_up(started)
        producer[1].send_bytes(BEGIN)
        told = {who: (count, at) for who, count, at in (self.told() for _ in started)}
        self.ended(started)
        began, _ = told.pop(PRODUCER)
        return Iteration(max(at for _, at in told.values()) - began, [told[number][0] for number in range(actors)])

    def create(self, task):
        started = self.all_up([self.start(creating, pipe(), task.messages, self.news)])
        started[0][1].send_bytes(BEGIN)
        handled, took = self.told()
        self.ended(started)
        return Iteration(took, [handled])

    def ring(self, task):
        return self.round(list(range(task.actors)), task.messages)

    def ring_shuffled(self, task):
        order = list(range(task.actors))
        random.Random(1).shuffle(order)
        return self.round(order, task.messages)

    def round(self, order, hops):
        inboxes, places = [pipe() for _ in order], [0] * len(order)
        for place, actor in enumerate(order):
            places[actor] = place
        following = [inboxes[order[(place + 1) % len(order)]][1] for place in places]
        started = self.all_up([self.start(passing_on, *link, self.news) for link in zip(inboxes, following, places)])
        first, began = inboxes[order[0]][1], now()
        first.send_bytes(NUMBER.pack(hops))
        place, at = self.told()
        for _, writer in started:
            writer.send_bytes(COUNT)
        counted = sum(self.told()[1] for _ in started)
        self.ended(started)
        return Iteration(at - began, [counted, place])

    def big(self, task):
        everyone = [(*pipe(), CONTEXT.Lock()) for _ in range(task.actors)]
        started = self.all_up([self.start(pinging_any, inbox, everyone, number, task.each, self.news)
                               for number, inbox in enumerate(everyone)])

        def to_all(message):
            for _, writer, lock in everyone:
                with lock:
                    writer.send_bytes(message)

        began = now()
        to_all(BEGIN)
        at = max(self.told()[1] for _ in started)
        to_all(COUNT)
        told = {number: (pongs, answered) for number, pongs, answered in (self.told() for _ in started)}
        self.ended(started)
        return Iteration(at - began, [told[number][0] for number in range(task.actors)] + [sum(b for _, b in told.values())])

    def fan_in(self, task):
        inbox, lock, senders = pipe(), CONTEXT.Lock(), [pipe() for _ in range(task.actors)]
        started = [self.start(numbering, sender, inbox[1], lock, number, task.each) for number, sender in enumerate(senders)]
        started.append(self.start(in_turn, inbox, task.actors, task.messages, self.news))
        self.all_up(started)
        began = now()
        for _, writer in senders:
            writer.send_bytes(BEGIN)
        counts, disorder, at = self.told()
        self.ended(started)
        return Iteration(at - began, counts, disorder)

    def ask(self, task):
        asker, asked = pipe(), pipe()
        started = self.all_up([self.start(answering, asked, asker[1], task.messages),
                               self.start(asking, asker, asked[1], task.messages, self.news)])
        asker[1].send_bytes(BEGIN)
        counts, took = self.told()
        self.ended(started)
        return Iteration(took, counts)

    def crowd(self, actors):
        for _ in range(actors):
            inbox = pipe()
            self.idle.append(self.start(idling, inbox))
            inbox[0].close()
        self.all_up(range(actors))

    def open(self, actors, rate, messages):
        started = self.all_up([self.start(recording, pipe(), self.news) for _ in range(actors)])
        writers = [writer for _, writer in started]

        def send(number, stamp):
            writers[number % actors].send_bytes(NUMBER.pack(stamp))

        start, late, sent = frame.pace(rate, messages, send)
        for writer in writers:
            writer.send_bytes(COUNT)
        told = [self.told() for _ in started]
        self.ended(started)
        return Opened(told, start, late, sent)


if __name__ == "__main__":
    frame.main(Multiprocessing, sys.argv[1:])
