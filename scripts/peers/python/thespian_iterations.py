"""The actors of Thespian's iterations: the director has one led; who leads it makes the others, as its own children."""

import os
import random
from typing import NamedTuple

from thespian.actors import Actor, ActorAddress, ActorExitRequest, ChildActorExited

import frame
from frame import Sink, now

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
