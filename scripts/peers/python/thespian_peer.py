"""Thespian on one of its system bases, which is the first argument:

    simple  simpleSystemBase: every actor in the calling thread
    queue   multiprocQueueBase: a process an actor, and messages between parent and child go straight through a queue
    tcp     multiprocTCPBase: a process an actor, and a connection between any two

Actors are subclasses of Actor with receiveMessage (thespian_iterations.py). One leads each iteration and makes the others,
so that those who talk most are parent and child: the queue base's documentation calls all else not efficient. Actors have
no ask; it is
ActorSystem.ask, from outside. Logging is off (an empty `logDefs`, no internal log file). The TCP base's administrator
listens on a free port instead of 1900, where another system may live.
"""

import os
import select
import socket
import sys
from datetime import timedelta

os.environ["THESPLOG_FILE_MAXSIZE"] = "0"  # read when thespian is imported: no thespian.log

from thespian.actors import ActorExitRequest, ActorSystem  # noqa: E402

import frame  # noqa: E402
import protocol  # noqa: E402
from frame import Iteration, Opened, now  # noqa: E402
from thespian_iterations import COUNT, Answering, Director, Idle, Order, Recording  # noqa: E402

PATIENCE = timedelta(seconds=frame.LONGEST_S)
MOST = 2_000  # processes at once: each takes its milliseconds to start and its megabytes


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
        answer = self.system.ask(actor, message, PATIENCE)
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
            answer = ask(actor, question, PATIENCE)
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
