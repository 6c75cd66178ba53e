"""asyncio: actors are tasks that read from an asyncio.Queue, all on the event loop of one thread.

Each queue is bounded at 1,024. Who sends much puts without waiting while there is room, and waits where there is none, which
is what lets the receiver run; who gets much gets likewise. Where never more than one message is under way there always is
room. A question carries a future that the one who is asked resolves.
"""

import asyncio
import itertools
import random
import sys
from asyncio import QueueEmpty, QueueFull

import frame
from frame import Iteration, Opened, Sink, now

BOUND = 1_024
UNDER_WAY = 256  # actors made in create, and asked of a crowd, between two turns of the loop
PIPE_BYTES = 65_536
PONG, BEGIN, END = None, 0, 1


def inbox():
    return asyncio.Queue(BOUND)


async def pinging(own, partner, trips):
    handled, began = 0, now()
    for _ in range(trips):
        partner.put_nowait("ping")
        await own.get()
        handled += 1
    return handled, now() - began


async def ponging(own, partner, trips):
    handled = 0
    while handled < trips:
        await own.get()
        handled += 1
        partner.put_nowait("pong")
    return handled


async def counting(own, messages):
    count = 0
    while count < messages:
        try:
            own.get_nowait()
        except QueueEmpty:
            await own.get()
        count += 1
    return count, now()


async def producing(receivers, each):
    """The same to all receivers, in turns."""
    began = now()
    for _ in range(each):
        for receiver in receivers:
            try:
                receiver.put_nowait("increment")
            except QueueFull:
                await receiver.put("increment")
    return began


async def handling_once(own):
    return await own.get()


async def creating(actors):
    handled = 0
    while actors:
        made = []
        for _ in range(min(actors, UNDER_WAY)):
            queue = inbox()
            made.append(asyncio.create_task(handling_once(queue)))
            queue.put_nowait(1)
        for task in made:
            handled += await task
        actors -= len(made)
    return handled


async def passing_on(own, following, place, ended):
    """Counts each hop, and passes the token on with one less to go."""
    hops = 0
    while (left := await own.get()) is not None:
        hops += 1
        if left > 1:
            following.put_nowait(left - 1)
        else:
            ended.set_result((now(), place))
    return hops


async def pinging_any(own, everyone, each, draw, ended):
    """A ping is the queue of the one that sends it."""
    pongs = answered = 0
    while True:
        message = await own.get()
        if message is PONG:
            pongs += 1
        elif message is END:
            return pongs, answered
        elif message is not BEGIN:
            answered += 1
            await message.put(PONG)
            continue
        if pongs < each:
            await everyone[int(draw() * len(everyone))].put(own)
        else:
            ended()


async def numbering(receiver, sender, each):
    began = now()
    for number in range(each):
        message = sender, number
        try:
            receiver.put_nowait(message)
        except QueueFull:
            await receiver.put(message)
    return began


async def in_turn(own, senders, messages):
    """Counts the messages of each sender, and those that came after a later one."""
    expected, counts, disorder = [0] * senders, [0] * senders, 0
    for _ in range(messages):
        try:
            sender, number = own.get_nowait()
        except QueueEmpty:
            sender, number = await own.get()
        disorder += number < expected[sender]
        expected[sender] = number + 1
        counts[sender] += 1
    return counts, disorder, now()


async def answering(own, questions):
    for _ in range(questions):
        question, reply = await own.get()
        reply.set_result(question + 1)


async def asking(other, questions):
    loop, answers, total, began = asyncio.get_running_loop(), 0, 0, now()
    for question in range(questions):
        reply = loop.create_future()
        other.put_nowait((question, reply))
        total += await reply
        answers += 1
    return [answers, total], now() - began


async def idling(own, handled):
    """One of a crowd: keeps how many messages it had, and the last."""
    count = last = 0
    while True:
        last = await own.get()
        count += 1
        handled(last)


async def recording(own, sink):
    while (stamp := await own.get()) is not None:
        sink.record(stamp)
    return sink.told()


async def feeding(stream, queues):
    """What comes from the process that plans the messages, to the sinks in turns: when the first was planned."""
    reader = asyncio.StreamReader(PIPE_BYTES)
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), stream)
    rest, turns, start = b"", itertools.cycle(queues), None
    while data := await reader.read(PIPE_BYTES):
        data = rest + data
        whole = len(data) // 8 * 8
        rest = data[whole:]
        for stamp in memoryview(data[:whole]).cast("Q"):
            start = start or stamp
            queue = next(turns)
            try:
                queue.put_nowait(stamp)
            except QueueFull:
                await queue.put(stamp)
    sent = now()
    for queue in queues:
        await queue.put(None)
    transport.close()
    return start, sent


class Asyncio(frame.Peer):
    name = "asyncio"
    how = ("the standard library: tasks that read from an asyncio.Queue(1024), on the event loop of one thread; put_nowait where "
           "there is room, else await put; a question carries a future; an open load comes from another process through a pipe")

    def __init__(self, workers):
        if workers > 1:
            raise frame.Cannot(frame.ONE_THREAD)
        self.loop, self.idle = asyncio.new_event_loop(), []
        asyncio.set_event_loop(self.loop)  # before Python 3.10 a queue is bound to it when it is made

    def wait(self, *work):
        """What these actors return, when all have ended."""
        async def all_of_them():
            return await asyncio.wait_for(asyncio.gather(*work), frame.LONGEST_S)

        try:
            return self.loop.run_until_complete(all_of_them())
        except asyncio.TimeoutError:
            raise frame.Wrong(frame.MISSING) from None

    def ping_pong(self, task):
        ping, pong = inbox(), inbox()
        pongs, (pings, took) = self.wait(ponging(pong, ping, task.each), pinging(ping, pong, task.each))
        return Iteration(took, [pings, pongs])

    def counting(self, task):
        queue = inbox()
        (count, ended), began = self.wait(counting(queue, task.messages), producing([queue], task.messages))
        return Iteration(ended - began, [count])

    def fork_join(self, task):
        queues = [inbox() for _ in range(task.actors)]
        *counted, began = self.wait(*(counting(queue, task.each) for queue in queues), producing(queues, task.each))
        return Iteration(max(ended for _, ended in counted) - began, [count for count, _ in counted])

    def create(self, task):
        async def timed():
            began = now()
            return await creating(task.messages), now() - began

        [(handled, took)] = self.wait(timed())
        return Iteration(took, [handled])

    def ring(self, task):
        return self.round(task, list(range(task.actors)))

    def ring_shuffled(self, task):
        order = list(range(task.actors))
        random.Random(1).shuffle(order)
        return self.round(task, order)

    def round(self, task, order):
        queues, following = [inbox() for _ in order], [0] * len(order)
        places = [0] * len(order)
        for place, actor in enumerate(order):
            following[actor], places[actor] = queues[order[(place + 1) % len(order)]], place

        async def timed(ended):
            began = now()
            await queues[order[0]].put(task.messages)
            at, place = await ended
            for queue in queues:
                await queue.put(None)
            return at - began, place

        ended = self.loop.create_future()
        links = (passing_on(queues[actor], following[actor], places[actor], ended) for actor in range(len(order)))
        *hops, (took, place) = self.wait(*links, timed(ended))
        return Iteration(took, [sum(hops), place])

    def big(self, task):
        everyone, left, at = [inbox() for _ in range(task.actors)], task.actors, self.loop.create_future()

        def ended():
            nonlocal left
            left -= 1
            if left == 0:
                at.set_result(now())

        async def timed():
            began = now()
            for queue in everyone:
                await queue.put(BEGIN)
            took = await at - began
            for queue in everyone:
                await queue.put(END)
            return took

        members = (pinging_any(queue, everyone, task.each, random.Random(number).random, ended)
                   for number, queue in enumerate(everyone))
        *counted, took = self.wait(*members, timed())
        return Iteration(took, [pongs for pongs, _ in counted] + [sum(answered for _, answered in counted)])

    def fan_in(self, task):
        queue = inbox()
        senders = (numbering(queue, sender, task.each) for sender in range(task.actors))
        (counts, disorder, ended), *began = self.wait(in_turn(queue, task.actors, task.messages), *senders)
        return Iteration(ended - min(began), counts, disorder)

    def ask(self, task):
        queue = inbox()
        _, (counts, took) = self.wait(answering(queue, task.messages), asking(queue, task.messages))
        return Iteration(took, counts)

    def crowd(self, actors):
        async def making():
            handled = 0

            def count(_):
                nonlocal handled
                handled += 1

            for number in range(actors):
                queue = inbox()
                self.idle.append((queue, asyncio.create_task(idling(queue, count))))
                await queue.put(number)
                if number % UNDER_WAY == 0:
                    await asyncio.sleep(0)
            await asyncio.sleep(0)
            return handled

        [handled] = self.wait(making())
        if handled != actors:
            raise frame.Wrong(f"idle actors: {actors} were to be, {handled} are")

    def open(self, actors, rate, messages):
        queues, outside = [inbox() for _ in range(actors)], frame.Outside(rate, messages)
        *told, (start, sent) = self.wait(*(recording(queue, Sink()) for queue in queues), feeding(outside.stream, queues))
        return Opened(told, start, outside.late(), sent)


if __name__ == "__main__":
    frame.main(Asyncio, sys.argv[1:])
