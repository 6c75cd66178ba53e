"""multiprocessing: actors are processes, started by fork, which is the fastest start.

Who is sent to by one reads from a Pipe, and who is sent to by several from a SimpleQueue, a pipe with a lock on either end;
a Queue would have a thread more on the way. The operating system schedules them. An actor that has done its work returns,
and its process with it.
"""

import multiprocessing
import random
import signal
import sys
from collections import deque
from multiprocessing.connection import wait

import frame
import protocol
from frame import Iteration, Opened, Sink, now

CONTEXT = multiprocessing.get_context("fork")
MOST = 2_000  # processes at once: each takes its milliseconds to start and its megabytes
UNDER_WAY = 16  # processes that are made in create and have not ended
INCREMENT, PING, PONG, BEGIN, END = 0, -1, -2, -3, -4


def pipe():
    """Where to read, and where to write."""
    return CONTEXT.Pipe(duplex=False)


def pinging(own, partner, trips, news):
    own.recv()
    handled, began = 0, now()
    for _ in range(trips):
        partner.send(PING)
        own.recv()
        handled += 1
    news.put(("ping", handled, now() - began))


def ponging(own, partner, trips, news):
    handled = 0
    while handled < trips:
        own.recv()
        handled += 1
        partner.send(PONG)
    news.put(("pong", handled, 0))


def counting(own, number, messages, news):
    count = 0
    while count < messages:
        own.recv()
        count += 1
    news.put((number, count, now()))


def producing(begin, receivers, each, news):
    """The same to all receivers, in turns."""
    begin.recv()
    began = now()
    for _ in range(each):
        for receiver in receivers:
            receiver.send(INCREMENT)
    news.put((END, began, 0))


def handling_once(own):
    sys.exit(0 if own.recv() == INCREMENT else 1)


def creating(actors, news):
    """Who has handled its message ends with 0."""
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
        writer.send(INCREMENT)
        reader.close()
        writer.close()
        under_way.append(process)
        if len(under_way) == UNDER_WAY:
            handled += reaped()
    while under_way:
        handled += reaped()
    news.put((handled, now() - began))


def passing_on(own, following, place, news):
    """Counts each hop, and passes the token on with one less to go."""
    hops = 0
    while (left := own.recv()) != END:
        hops += 1
        if left > 1:
            following.send(left - 1)
        else:
            news.put((place, now()))
    news.put((place, hops))


def pinging_any(everyone, number, each, news):
    """A ping is the number of the one that sends it."""
    own, draw, pongs, answered = everyone[number], random.Random(number).random, 0, 0
    while (message := own.get()) != END:
        if message >= 0:
            answered += 1
            everyone[message].put(PONG)
            continue
        if message == PONG:
            pongs += 1
        if pongs < each:
            everyone[int(draw() * len(everyone))].put(number)
        else:
            news.put((number, now(), 0))
    news.put((number, pongs, answered))


def numbering(begin, receiver, sender, each):
    begin.recv()
    for number in range(each):
        receiver.put((sender, number))


def in_turn(own, senders, messages, news):
    """Counts the messages of each sender, and those that came after a later one."""
    expected, counts, disorder = [0] * senders, [0] * senders, 0
    for _ in range(messages):
        sender, number = own.get()
        disorder += number < expected[sender]
        expected[sender] = number + 1
        counts[sender] += 1
    news.put((counts, disorder, now()))


def answering(own, questions):
    for _ in range(questions):
        own.send(own.recv() + 1)


def asking(other, questions, news):
    other.recv()
    answers, total, began = 0, 0, now()
    for question in range(questions):
        other.send(question)
        total += other.recv()
        answers += 1
    news.put(([answers, total], now() - began))


def idling(own, news):
    """One of a crowd: keeps how many messages it had, and the last."""
    count = last = 0
    while True:
        last = own.recv()
        count += 1
        news.put(last)


def recording(own, news):
    sink = Sink()
    while (stamp := own.recv()) != END:
        sink.record(stamp)
    news.put(sink.told())


def living(up, target, args):
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.SIG_DFL)
    up.release()
    target(*args)


class Multiprocessing(frame.Peer):
    name = "multiprocessing"
    how = ("the standard library: a process an actor, forked and scheduled by the operating system, on as many processors as "
           "there are workers; Pipe where one sends, SimpleQueue where several do; a question and its answer go through a Pipe")
    several = True
    first = 10
    most_because = "a process for each actor"

    def __init__(self, workers):
        frame.confine(workers)
        self.most = min(MOST, protocol.tasks_left())
        self.up, self.idle = CONTEXT.Semaphore(0), []

    def start(self, target, *args):
        process = CONTEXT.Process(target=living, args=(self.up, target, args))
        process.start()
        return process

    def all_up(self, processes):
        """Every one of them runs."""
        for _ in processes:
            if not self.up.acquire(timeout=frame.LONGEST_S):
                raise frame.Wrong(frame.MISSING)
        self.look()
        return processes

    def told(self, news):
        """What an actor tells."""
        if not wait([news._reader], frame.LONGEST_S):
            raise frame.Wrong(frame.MISSING)
        return news.get()

    def ended(self, processes):
        for process in processes:
            process.join(frame.LONGEST_S)
            if process.exitcode != 0:
                raise frame.Wrong("a process did not end by itself")
            process.close()

    def ping_pong(self, task):
        news, (to_ping, from_pong), (to_pong, from_ping) = CONTEXT.SimpleQueue(), pipe(), pipe()
        processes = self.all_up([self.start(pinging, to_ping, from_ping, task.each, news),
                                 self.start(ponging, to_pong, from_pong, task.each, news)])
        from_pong.send(BEGIN)
        told = {who: (handled, took) for who, handled, took in (self.told(news) for _ in processes)}
        self.ended(processes)
        return Iteration(told["ping"][1], [told["ping"][0], told["pong"][0]])

    def counting(self, task):
        return self.sent_to_all(1, task.messages)

    def fork_join(self, task):
        return self.sent_to_all(task.actors, task.each)

    def sent_to_all(self, actors, each):
        news, pipes, (begin, beginning) = CONTEXT.SimpleQueue(), [pipe() for _ in range(actors)], pipe()
        processes = [self.start(counting, reader, number, each, news) for number, (reader, _) in enumerate(pipes)]
        processes.append(self.start(producing, begin, [writer for _, writer in pipes], each, news))
        self.all_up(processes)
        beginning.send(BEGIN)
        told = {who: (count, at) for who, count, at in (self.told(news) for _ in processes)}
        self.ended(processes)
        began, _ = told.pop(END)
        return Iteration(max(at for _, at in told.values()) - began, [told[number][0] for number in range(actors)])

    def create(self, task):
        news = CONTEXT.SimpleQueue()
        processes = self.all_up([self.start(creating, task.messages, news)])
        handled, took = self.told(news)
        self.ended(processes)
        return Iteration(took, [handled])

    def ring(self, task):
        return self.round(task, list(range(task.actors)))

    def ring_shuffled(self, task):
        order = list(range(task.actors))
        random.Random(1).shuffle(order)
        return self.round(task, order)

    def round(self, task, order):
        news, pipes, places = CONTEXT.SimpleQueue(), [pipe() for _ in order], [0] * len(order)
        for place, actor in enumerate(order):
            places[actor] = place
        following = [pipes[order[(place + 1) % len(order)]][1] for place in places]
        processes = self.all_up([self.start(passing_on, pipes[actor][0], following[actor], places[actor], news)
                                 for actor in range(len(order))])
        began = now()
        pipes[order[0]][1].send(task.messages)
        place, at = self.told(news)
        for _, writer in pipes:
            writer.send(END)
        hops = sum(self.told(news)[1] for _ in order)
        self.ended(processes)
        return Iteration(at - began, [hops, place])

    def big(self, task):
        news, everyone = CONTEXT.SimpleQueue(), [CONTEXT.SimpleQueue() for _ in range(task.actors)]
        processes = self.all_up([self.start(pinging_any, everyone, number, task.each, news) for number in range(task.actors)])
        began = now()
        for queue in everyone:
            queue.put(BEGIN)
        at = max(self.told(news)[1] for _ in everyone)
        for queue in everyone:
            queue.put(END)
        told = {number: (pongs, answered) for number, pongs, answered in (self.told(news) for _ in everyone)}
        self.ended(processes)
        return Iteration(at - began, [told[number][0] for number in range(task.actors)] + [sum(b for _, b in told.values())])

    def fan_in(self, task):
        news, queue, begins = CONTEXT.SimpleQueue(), CONTEXT.SimpleQueue(), [pipe() for _ in range(task.actors)]
        processes = [self.start(numbering, reader, queue, sender, task.each) for sender, (reader, _) in enumerate(begins)]
        processes.append(self.start(in_turn, queue, task.actors, task.messages, news))
        self.all_up(processes)
        began = now()
        for _, writer in begins:
            writer.send(BEGIN)
        counts, disorder, at = self.told(news)
        self.ended(processes)
        return Iteration(at - began, counts, disorder)

    def ask(self, task):
        news, (one, other) = CONTEXT.SimpleQueue(), CONTEXT.Pipe()
        processes = self.all_up([self.start(answering, one, task.messages), self.start(asking, other, task.messages, news)])
        one.send(BEGIN)
        counts, took = self.told(news)
        self.ended(processes)
        return Iteration(took, counts)

    def crowd(self, actors):
        news = CONTEXT.SimpleQueue()
        for number in range(actors):
            reader, writer = pipe()
            self.idle.append((self.start(idling, reader, news), writer))
            reader.close()
            writer.send(number)
            if self.told(news) != number:
                raise frame.Wrong("an idle actor did not tell what it was sent")
        self.all_up(range(actors))

    def open(self, actors, rate, messages):
        news, pipes = CONTEXT.SimpleQueue(), [pipe() for _ in range(actors)]
        processes = self.all_up([self.start(recording, reader, news) for reader, _ in pipes])
        writers = [writer for _, writer in pipes]
        start, late, sent = frame.pace(rate, messages, lambda number, stamp: writers[number % actors].send(stamp))
        for writer in writers:
            writer.send(END)
        told = [self.told(news) for _ in processes]
        self.ended(processes)
        return Opened(told, start, late, sent)


if __name__ == "__main__":
    frame.main(Multiprocessing, sys.argv[1:])
