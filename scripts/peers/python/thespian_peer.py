"""Thespian on one of its system bases, which is the first argument:

    simple  simpleSystemBase: every actor in the calling thread
    queue   multiprocQueueBase: a process an actor, and messages between parent and child go straight through a queue
    tcp     multiprocTCPBase: a process an actor, and a connection between any two

Actors are subclasses of Actor with receiveMessage. One leads each iteration and makes the others, so that those who talk
most are parent and child: the queue base's documentation calls all else not efficient. Actors have no ask; it is
ActorSystem.ask, from outside. Logging is off (an empty `logDefs`, no internal log file). The TCP base's administrator
listens on a free port instead of 1900, where another system may live.
"""

import os
import random
import select
import socket
import sys
from typing import NamedTuple

os.environ["THESPLOG_FILE_MAXSIZE"] = "0"  # read when thespian is imported: no thespian.log

from thespian.actors import Actor, ActorAddress, ActorExitRequest, ActorSystem, ChildActorExited  # noqa: E402

import frame  # noqa: E402
import protocol  # noqa: E402
from frame import Iteration, Opened, Sink, now  # noqa: E402

MOST = 2_000  # processes at once: each takes its milliseconds to start and its megabytes
CHUNK = 64  # messages that a producer sends in a turn
UNDER_WAY = 16  # actors that are made in create and have not ended
PING, PONG, INCREMENT, BEGIN, MORE, COUNT, ONCE = "ping", "pong", "increment", "begin", "more", "count", "once"


class Order(NamedTuple):
    """An iteration, of the director or of who leads it."""

    work: str
    actors: int
    each: int


class Told(NamedTuple):
    """What came of it."""

    took_ns: int
    counts: list
    disorder: int


class Setup(NamedTuple):
    number: int
    order: Order


class Ready(NamedTuple):
    number: int


class Following(NamedTuple):
    address: ActorAddress
    place: int


class Everyone(NamedTuple):
    addresses: list


class Counted(NamedTuple):
    """What one has counted, and when it had."""

    number: int
    count: object
    at: int


class Director(Actor):
    """Has an iteration led, and answers when all its actors have ended."""

    told = None

    def receiveMessage(self, message, sender):
        if isinstance(message, Order):
            self.asker = sender
            self.send(self.createActor(LEADS[message.work]), message)
        elif isinstance(message, Told):
            self.told, self.lead = message, sender
            self.send(sender, ActorExitRequest())
        elif isinstance(message, ChildActorExited) and self.told and message.childAddress == self.lead:
            self.send(self.asker, self.told)
            self.told = None


class Lead(Actor):
    """Makes the others of an iteration; when all of them are there, it begins."""

    other = None

    def beyond(self, message, sender):
        """All but what is measured."""
        if isinstance(message, Order):
            self.order, self.director = message, sender
            actors = 0 if self.other is None else 1 if message.work in frame.PAIRS else message.actors
            self.members, self.missing, self.counts = [None] * actors, actors, [None] * actors
            for number in range(actors):
                self.send(self.createActor(self.other), Setup(number, message))
            if not actors:
                self.begin()
        elif isinstance(message, Ready):
            self.members[message.number] = sender
            self.missing -= 1
            if self.missing == 0:
                self.begin()

    def to_all(self, message):
        for member in self.members:
            self.send(member, message)

    def counted(self, message):
        """Whether it was the last of all."""
        self.counts[message.number] = message
        return None not in self.counts

    def tell(self, ended, counts, disorder=0):
        self.send(self.director, Told(ended - self.began, counts, disorder))


class Member(Actor):
    def beyond(self, message, sender):
        """All but what is measured."""
        if isinstance(message, Setup):
            self.number, self.order, self.lead = message.number, message.order, sender
            self.send(sender, Ready(self.number))


class Ping(Lead):
    def begin(self):
        self.handled, self.began = 0, now()
        self.send(self.members[0], PING)

    def receiveMessage(self, message, sender):
        if message == PONG:
            self.handled += 1
            if self.handled < self.order.each:
                self.send(sender, PING)
            else:
                self.ended = now()
                self.send(sender, COUNT)
        elif isinstance(message, Counted):
            self.tell(self.ended, [self.handled, message.count])
        else:
            self.beyond(message, sender)


class Pong(Member):
    handled = 0

    def receiveMessage(self, message, sender):
        if message == PING:
            self.handled += 1
            self.send(sender, PONG)
        elif message == COUNT:
            self.send(sender, Counted(self.number, self.handled, now()))
        else:
            self.beyond(message, sender)


class Producer(Lead):
    """Sends the same to all receivers, in turns. A turn's messages are whole rounds: in the last one it sends nothing to
    itself, so that receivers that are done do not fill its own queue before it."""

    def begin(self):
        self.left, self.began = self.order.each, now()
        self.more()

    def more(self):
        rounds = min(self.left, max(CHUNK // len(self.members), 1))
        for _ in range(rounds):
            for member in self.members:
                self.send(member, INCREMENT)
        self.left -= rounds
        if self.left:
            self.send(self.myAddress, MORE)

    def receiveMessage(self, message, sender):
        if message == MORE:
            self.more()
        elif isinstance(message, Counted):
            if self.counted(message):
                self.tell(max(each.at for each in self.counts), [each.count for each in self.counts])
        else:
            self.beyond(message, sender)


class Receiver(Member):
    count = 0

    def receiveMessage(self, message, sender):
        if message == INCREMENT:
            self.count += 1
            if self.count == self.order.each:
                self.send(self.lead, Counted(self.number, self.count, now()))
        else:
            self.beyond(message, sender)


class Creator(Lead):
    """Each ends when it has handled its message, and only then."""

    def begin(self):
        self.left, self.under_way, self.ended, self.began = self.order.each, 0, set(), now()
        self.more()

    def more(self):
        while self.left and self.under_way < UNDER_WAY:
            self.send(self.createActor(Once), ONCE)
            self.left -= 1
            self.under_way += 1
        if not self.under_way:
            self.tell(now(), [len(self.ended)])

    def receiveMessage(self, message, sender):
        if isinstance(message, ChildActorExited):
            # Of a process it may come twice: from the actor, and from the system that saw it end.
            if (address := str(message.childAddress)) not in self.ended:
                self.ended.add(address)
                self.under_way -= 1
                self.more()
        else:
            self.beyond(message, sender)


class Once(Actor):
    def receiveMessage(self, message, sender):
        if message == ONCE:
            self.send(self.myAddress, ActorExitRequest())


class Ring(Lead):
    linked = False

    def begin(self):
        if self.linked:
            self.began = now()
            self.send(self.members[self.ring[0]], self.order.each)
            return
        self.linked, self.missing, self.ring = True, len(self.members), list(range(len(self.members)))
        if self.order.work == "ring-shuffled":
            random.Random(1).shuffle(self.ring)
        for place, number in enumerate(self.ring):
            after = self.ring[(place + 1) % len(self.ring)]
            self.send(self.members[number], Following(self.members[after], place))

    def receiveMessage(self, message, sender):
        if not isinstance(message, Counted):
            self.beyond(message, sender)
        elif message.number is None:
            self.last = message
            self.to_all(COUNT)
        elif self.counted(message):
            self.tell(self.last.at, [sum(each.count for each in self.counts), self.last.count])


class Link(Member):
    """Counts each hop, and passes the token on with one less to go."""

    hops = 0

    def receiveMessage(self, message, sender):
        if message.__class__ is int:
            self.hops += 1
            if message > 1:
                self.send(self.following, message - 1)
            else:
                self.send(self.lead, Counted(None, self.place, now()))
        elif isinstance(message, Following):
            self.following, self.place = message
            self.send(sender, Ready(self.number))
        elif message == COUNT:
            self.send(sender, Counted(self.number, self.hops, now()))
        else:
            self.beyond(message, sender)


class Crowd(Lead):
    acquainted = False

    def begin(self):
        if self.acquainted:
            self.began = now()
            self.to_all(BEGIN)
            return
        self.acquainted, self.missing = True, len(self.members)
        self.to_all(Everyone(list(self.members)))

    def receiveMessage(self, message, sender):
        if not isinstance(message, Counted):
            self.beyond(message, sender)
        elif self.counted(message):
            if self.counts[0].count is None:
                self.ended, self.counts = max(each.at for each in self.counts), [None] * len(self.counts)
                self.to_all(COUNT)
            else:
                pongs, answered = zip(*(each.count for each in self.counts))
                self.tell(self.ended, [*pongs, sum(answered)])


class Pinging(Member):
    """Pings any of all."""

    pongs = answered = 0

    def receiveMessage(self, message, sender):
        if message == PING:
            self.answered += 1
            self.send(sender, PONG)
        elif message == PONG or message == BEGIN:
            self.pongs += message == PONG
            if self.pongs < self.order.each:
                self.send(self.everyone[int(self.draw() * len(self.everyone))], PING)
            else:
                self.send(self.lead, Counted(self.number, None, now()))
        elif isinstance(message, Everyone):
            self.everyone, self.draw = message.addresses, random.Random(self.number).random
            self.send(sender, Ready(self.number))
        elif message == COUNT:
            self.send(sender, Counted(self.number, (self.pongs, self.answered), now()))
        else:
            self.beyond(message, sender)


class InTurn(Lead):
    """Counts the messages of each sender, and those that came after a later one."""

    def begin(self):
        senders = len(self.members)
        self.expected, self.handled, self.disorder, self.left = [0] * senders, [0] * senders, 0, senders * self.order.each
        self.began = now()
        self.to_all(BEGIN)

    def receiveMessage(self, message, sender):
        if message.__class__ is tuple:
            who, number = message
            self.disorder += number < self.expected[who]
            self.expected[who] = number + 1
            self.handled[who] += 1
            self.left -= 1
            if self.left == 0:
                self.tell(now(), self.handled, self.disorder)
        else:
            self.beyond(message, sender)


class Numbering(Member):
    sent = 0

    def receiveMessage(self, message, sender):
        if message == MORE or message == BEGIN:
            until = min(self.sent + CHUNK, self.order.each)
            for number in range(self.sent, until):
                self.send(self.lead, (self.number, number))
            self.sent = until
            if until < self.order.each:
                self.send(self.myAddress, MORE)
        else:
            self.beyond(message, sender)


class Answering(Actor):
    def receiveMessage(self, message, sender):
        if message.__class__ is int:
            self.send(sender, message + 1)
        elif message == COUNT:
            self.send(sender, os.getpid())


class Idle(Actor):
    """One of a crowd: keeps how many messages it had, and the last."""

    count = last = 0

    def receiveMessage(self, message, sender):
        if message.__class__ is int:
            self.count += 1
            self.last = message
            self.send(sender, message)


class Recording(Actor):
    def __init__(self):
        super().__init__()
        self.sink = Sink()

    def receiveMessage(self, message, sender):
        if message.__class__ is int:
            self.sink.record(message)
        elif message == COUNT:
            self.send(sender, (os.getpid(), self.sink.told()))


LEADS = {"ping-pong": Ping, "counting": Producer, "fork-join": Producer, "create": Creator, "ring": Ring,
         "ring-shuffled": Ring, "big": Crowd, "fan-in": InTurn}
for lead, other in ((Ping, Pong), (Producer, Receiver), (Ring, Link), (Crowd, Pinging), (InTurn, Numbering)):
    lead.other = other


class Thespian(frame.Peer):
    package = "thespian"
    base = None
    most_because = "a process for each actor"

    def __init__(self, workers):
        capabilities = {}
        if self.several:
            frame.confine(workers)
            self.most = min(MOST, protocol.tasks_left())
        elif workers > 1:
            raise frame.Cannot(frame.ONE_THREAD)
        if self.base == "multiprocTCPBase":
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                capabilities["Admin Port"] = probe.getsockname()[1]
        self.system = ActorSystem(self.base, capabilities=capabilities, logDefs={"version": 1})
        self.director, self.idle = self.system.createActor(Director), []

    def asked(self, actor, message):
        answer = self.system.ask(actor, message, frame.LONGEST_S)
        if answer is None:
            raise frame.Wrong(frame.MISSING)
        return answer

    def ended(self, actors, pids):
        """Has these end, which are no actor's children, and waits until their processes have."""
        for actor in actors:
            self.system.tell(actor, ActorExitRequest())
        for pid in pids if self.several else ():
            try:
                process = os.pidfd_open(pid)
            except ProcessLookupError:
                continue  # it has
            ready, _, _ = select.select([process], [], [], frame.LONGEST_S)
            os.close(process)
            if not ready:
                raise frame.Wrong("an actor's process did not end")

    def led(self, task):
        return Iteration(*self.asked(self.director, Order(task.work, task.actors, task.each)))

    ping_pong = counting = fork_join = create = ring = ring_shuffled = big = fan_in = led

    def ask(self, task):
        actor = self.system.createActor(Answering)
        pid, ask, answers, total = self.asked(actor, COUNT), self.system.ask, 0, 0
        began = now()
        for question in range(task.messages):
            answer = ask(actor, question, frame.LONGEST_S)
            if answer is None:
                raise frame.Wrong(frame.MISSING)
            answers += 1
            total += answer
        took = now() - began
        self.ended([actor], [pid])
        return Iteration(took, [answers, total])

    def crowd(self, actors):
        for number in range(actors):
            actor = self.system.createActor(Idle)
            self.idle.append(actor)
            if self.asked(actor, number) != number:
                raise frame.Wrong("an idle actor did not tell what it was sent")

    def open(self, actors, rate, messages):
        sinks, tell = [self.system.createActor(Recording) for _ in range(actors)], self.system.tell
        start, late, sent = frame.pace(rate, messages, lambda number, stamp: tell(sinks[number % actors], stamp))
        pids, told = zip(*(self.asked(sink, COUNT) for sink in sinks))
        self.ended(sinks, pids)
        return Opened(told, start, late, sent)

    def end(self):
        self.system.shutdown()


ASK = "ask is ActorSystem.ask, from outside, for actors have none"
SCHEDULED = "scheduled by the operating system on as many processors as there are workers"
THROTTLE = "the system's own throttle of 4,480 messages a second of one sender stays on"


class Simple(Thespian):
    name, base = "thespian-simple", "simpleSystemBase"
    how = f"simpleSystemBase: all actors in turns on the thread that calls; {ASK}"


class Queue(Thespian):
    name, base, several, first = "thespian-queue", "multiprocQueueBase", True, 10
    how = (f"multiprocQueueBase: a process an actor, {SCHEDULED}; those who talk most are parent and child, to whom messages "
           f"go straight; {ASK}; {THROTTLE}")


class Tcp(Thespian):
    name, base, several, first = "thespian-tcp", "multiprocTCPBase", True, 10
    how = f"multiprocTCPBase: a process an actor, {SCHEDULED}; {ASK}; {THROTTLE}"


if __name__ == "__main__":
    frame.main({"simple": Simple, "queue": Queue, "tcp": Tcp}[sys.argv[1]], sys.argv[2:])
