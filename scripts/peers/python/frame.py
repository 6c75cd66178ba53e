"""The frame of every Python system of the comparison: reads what is asked, measures, and answers with one JSON object on
the last line of stdout, as bench/src/peers/program.rs does for the systems in Rust.

    PROGRAM WORKERS IDLE USED_MS TIME_MS NAME:ACTORS:MESSAGES...

It starts the system with so many workers, makes so many idle actors, works for so long on everything in turns, and
measures what is asked for, each for about so long. Exit code 0 with an answer, 1 where there is none, 2 on bad arguments.
Whatever ends a program, no process of its system is left.

The cyclic garbage collector runs between the iterations and not within them, and leaves idle actors alone: what the
documentation of gc advises for processes that fork, and it can only help the system measured.
"""

import array
import ctypes
import gc
import json
import os
import resource
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import NamedTuple

sys.path.append(str(Path(__file__).resolve().parents[2] / "baselines"))

import pacer  # noqa: E402
import protocol  # noqa: E402
from protocol import now  # noqa: E402

LONGEST_S = 120  # nothing that is measured takes so long
MISSING = f"nothing after {LONGEST_S} s: a message is missing"
ONE_THREAD = "runs on one thread only"
ITERATIONS_MOST = 1_000
FITTING = 12  # so many iterations are to fit into the time, for which there may be fewer messages in each
SLOWER = 8  # with what it cannot count, an iteration may take so many times as long as the time says
LEAST = 4_096  # so small a part of the messages is tried first, to see how many fit
MORE = 8  # times as many are tried next
OPEN_TIMES = 4  # an open load takes so many times as long as other figures
PROBE = 2_000  # messages of an open load, to see whether it would come to an end
PROBES = 3  # so often, as it may be another program that is slow
WORKERS_MOST = 1_024
IDLE_MOST = 100_000_000
MS_MOST = 3_600_000
NUMBER_MOST = 1_000_000_000
PAIRS = ("ping-pong", "counting", "ask")
CROWD = 100_000  # a ring of so many is a crowd by itself: most of its time goes to making it
RINGS = ("ring", "ring-shuffled")
WORKS = ("ping-pong", "counting", "fork-join", "create", "ring", "ring-shuffled", "big", "fan-in", "ask")
MIXED = (("ping-pong", 2, 10_000), ("counting", 2, 100_000), ("fork-join", 60, 60_000), ("create", 1, 10_000),
         ("ring-shuffled", 1_000, 10_000), ("big", 120, 24_000), ("fan-in", 8, 80_000), ("ask", 2, 10_000))
PROCESSORS = sorted(os.sched_getaffinity(0))


class Wrong(Exception):
    """The work was not done as it was to be: something was lost, doubled, refused or out of order."""


class Failed(Exception):
    """It could not be measured."""


class Cannot(Failed):
    """It was not even begun, for the system cannot do it: whatever else is asked still can be measured."""


class Task(NamedTuple):
    """An iteration's work, as bench/src/peers/task.rs has it."""

    work: str
    actors: int
    messages: int

    @classmethod
    def new(cls, work, actors, messages):
        """With as many messages as every actor can have the same share of, and at least one share."""
        actors = 2 if work in PAIRS else max(messages if work == "create" else actors, 1)
        share = {"ping-pong": 2, "big": 2 * actors, "fork-join": actors, "fan-in": actors}.get(work, 1)
        return cls(work, actors, max(-(-messages // share), 1) * share)

    @property
    def each(self):
        share = {"ping-pong": 2, "big": 2 * self.actors, "fork-join": self.actors, "fan-in": self.actors}
        return self.messages // share.get(self.work, 1)

    def with_messages(self, messages):
        """The same work with fewer messages; in create also with fewer actors."""
        return Task.new(self.work, self.actors, messages)

    def part(self, messages):
        """The same work with fewer messages, to see how long it takes; a ring also with fewer actors than those."""
        actors = min(self.actors, max(messages, 2)) if self.work in RINGS else self.actors
        return Task.new(self.work, actors, messages)

    @property
    def is_crowd(self):
        """A ring of so many that making it takes most of the time."""
        return self.work in RINGS and self.actors >= CROWD

    @property
    def counts(self):
        each = self.each
        return {"ping-pong": lambda: [each, each], "counting": lambda: [each], "create": lambda: [each],
                "fork-join": lambda: [each] * self.actors, "fan-in": lambda: [each] * self.actors,
                "ring": lambda: [each, (each - 1) % self.actors],
                "ring-shuffled": lambda: [each, (each - 1) % self.actors],
                "big": lambda: [each] * self.actors + [each * self.actors],
                "ask": lambda: [each, each * (each + 1) // 2]}[self.work]()


class Iteration(NamedTuple):
    """See bench/src/peers/peer.rs."""

    took_ns: int
    counts: list
    disorder: int = 0


class Opened(NamedTuple):
    """What came of an open load: what each sink told; when the first message was planned, how many were late, and until when
    the last was sent."""

    told: list
    start_ns: int
    late: int
    sent_ns: int


class Sink:
    """What an actor of an open load keeps: the latency of each message, from when it was planned until it is handled."""

    def __init__(self):
        self.latencies, self.last, self.disorder, self.came = array.array("q"), 0, 0, 0

    def record(self, stamp):
        self.came = now()
        self.latencies.append(self.came - stamp)
        if stamp < self.last:
            self.disorder += 1
        self.last = stamp

    def told(self):
        """How often each latency was seen, to three digits, how many messages came out of order, and when the last came."""
        counts = Counter()
        for ns in self.latencies:
            shift = max(ns.bit_length() - 11, 0)
            counts[((ns >> shift) + 1 << shift) - 1] += 1
        return dict(counts), self.disorder, self.came


class Peer:
    """A system, used as its documentation says is fastest. A method for each work, `-` written as `_`, does an iteration
    with actors of its own, none of which is left afterwards."""

    name = how = ""
    package = None  # whose version is told; none: the interpreter's
    fifo = True  # whether it promises that messages from one actor to another come in order
    most = None  # actors that it has at once, where the machine sets a limit
    most_because = ""
    several = False  # whether it is several processes
    first = 1_000  # idle actors made before it is looked at what one takes: what is not per actor is there then
    looking = False
    peak = 0

    def __init__(self, workers):
        """Starts with so many."""

    def crowd(self, actors):
        """Makes so many that have each handled one message when this returns, and stay until the end."""
        raise NotImplementedError

    def open(self, actors, rate, messages):
        """So many messages a second from outside to that many in turns: Opened."""
        raise NotImplementedError

    def end(self):
        """Ends the system."""

    def look(self):
        """Called while the most processes of an iteration live: reading all of them takes long, so not each time."""
        if self.looking:
            self.peak = max(self.peak, peak_bytes())


def confine(workers):
    """This process, and all that it starts from now on, runs on so many processors."""
    os.sched_setaffinity(0, PROCESSORS[:workers])


def pace(rate, messages, send):
    """Calls `send(number, planned)` when each is due, on this thread, which may use every processor meanwhile: it is not
    part of the system. When the first was planned, how many were late, and when the last was sent."""
    confined = os.sched_getaffinity(0)
    os.sched_setaffinity(0, PROCESSORS)
    start, late = now() + pacer.AHEAD_NS, 0
    for number in range(messages):
        planned = pacer.planned(start, rate, number)
        late += pacer.wait_until(planned) > pacer.LATE_NS
        send(number, planned)
    sent_ns = now()
    os.sched_setaffinity(0, confined)
    return start, late, sent_ns


class Outside:
    """Messages that a process of its own plans: see pacer.py. `stream` is where they come from."""

    def __init__(self, rate, messages):
        words = [rate, messages, ",".join(map(str, PROCESSORS))]
        self.process = subprocess.Popen([sys.executable, pacer.__file__, *map(str, words)], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0)
        self.stream = self.process.stdout

    def late(self):
        """How many messages were, when all have come."""
        line = self.process.stderr.read()
        if self.process.wait(LONGEST_S) != 0:
            raise Failed("the source of messages from outside failed")
        return int(line)


def kib(pid, field):
    with open(f"/proc/{pid}/status") as file:
        return sum(int(line.split()[1]) for line in file if line.startswith(field)) * 1_024


def peak_bytes():
    """The most memory that each process had in use; of several, what they share now is counted once."""
    pids = protocol.family()
    if len(pids) == 1:
        return kib("self", "VmHWM:")
    total = 0
    for pid in pids:
        try:
            total += kib(pid, "VmHWM:") - kib(pid, "VmRSS:") + protocol.pss_bytes([pid])
        except OSError:
            continue  # it ended meanwhile
    return total


def once(peer, task):
    """One iteration, looked at."""
    iteration = getattr(peer, task.work.replace("-", "_"))(task)
    gc.collect()
    counts, expected = list(iteration.counts), task.counts
    if counts != expected:
        differs = (at for at, (one, other) in enumerate(zip(counts, expected)) if one != other)
        at = next(differs, min(len(counts), len(expected)))
        was, right = ((all_of[at] if at < len(all_of) else None) for all_of in (counts, expected))
        raise Wrong(f"{task.work}: count {at} was to be {right}, it is {was}")
    if iteration.took_ns <= 0:
        raise Wrong(f"{task.work}: no time passed")
    in_order(peer, iteration.disorder)
    return iteration


def in_order(peer, disorder):
    if peer.fifo and disorder:
        raise Wrong(f"{disorder} messages were overtaken, where order is promised")


def possible(peer, actors):
    if peer.most is not None and actors > peer.most:
        raise Cannot(f"{peer.most_because}: {actors:,} are more than the {peer.most:,} that can be here")


def crowd(peer, actors):
    possible(peer, actors)
    peer.crowd(actors)
    gc.collect()
    gc.freeze()
    peer.peak = max(peer.peak, peak_bytes())
    if peer.most is not None:
        peer.most -= actors


def worn(peer, used_ns):
    """Everything in turns for so long: first a little of each, and more where that was soon done."""
    began, less = now(), LEAST
    while now() - began < used_ns:
        round_began = now()
        for work, actors, messages in MIXED:
            if now() - began < used_ns:
                once(peer, Task.new(work, actors, messages).part(messages // less))
        if now() - round_began < used_ns // (SLOWER * FITTING):
            less = max(less // FITTING, 1)


def fitted(peer, task, time_ns):
    """The task, or as many of its messages as fit. That is found with few of them and then more; and by how much longer more
    take, so that what an iteration takes in any case, the first message of a process for one, is no part of it."""
    wanted_ns, before, before_ns = time_ns / FITTING, 0, 0
    some = task.part(task.messages // LEAST)
    while some.messages < task.messages:
        took_ns = once(peer, some).took_ns
        if took_ns < time_ns:  # so short a time may have been another program's
            took_ns = min(took_ns, once(peer, some).took_ns)
        grew = took_ns > before_ns and some.messages > before
        each = (took_ns - before_ns) / (some.messages - before) if grew else took_ns / some.messages
        fitting = min(int(wanted_ns / each), task.messages)
        if took_ns > time_ns or before and fitting < 2 * some.messages:
            return task.with_messages(fitting)
        before, before_ns = some.messages, took_ns
        some = task.part(min(max(fitting, 2 * before), MORE * before, task.messages))
    return task


def iterated(peer, task, time_ns):
    """What fits once, and then what counts."""
    if task.work != "create":
        possible(peer, task.actors)
    task = fitted(peer, task, time_ns)
    if not task.is_crowd:  # it is made for what counts alone: its parts have warmed up what it runs
        peer.looking = True
        once(peer, task)
        peer.looking = False
    began, ns, measured, disorder = now(), [], 0, 0
    while not ns or (len(ns) < ITERATIONS_MOST and measured < time_ns and now() - began < SLOWER * time_ns):
        iteration = once(peer, task)
        measured += iteration.took_ns
        disorder += iteration.disorder
        ns.append(float(iteration.took_ns))
    return {"ns": ns, "messages": task.messages, "disorder": disorder}


def remembered(peer, actors):
    """What an idle actor takes, of so many."""
    possible(peer, peer.first + actors)

    def used():
        if (pss := protocol.pss_bytes(protocol.family())) == 0:
            raise Cannot("the kernel does not tell PSS")
        return pss

    crowd(peer, peer.first)
    before = used()
    crowd(peer, actors)
    return {"messages": actors, "bytes_per_actor": max(used() - before, 0) / actors}


def opened(peer, actors, rate, time_ns):
    """Latencies at a constant rate, where it is not so much faster than the system that it would take too long."""
    possible(peer, actors)
    messages = max(rate * OPEN_TIMES * time_ns // 1_000_000_000, 1)
    probe, fastest = min(messages, PROBE), 0
    for _ in range(PROBES):
        outcome = peer.open(actors, rate, probe)
        took_ns = max(came for _, _, came in outcome.told) - outcome.start_ns
        fastest = max(fastest, probe * 1_000_000_000 // took_ns)
        if fastest * SLOWER >= rate:
            break
    else:
        raise Cannot(f"takes {fastest:,} messages a second, where {rate:,} come")
    outcome = peer.open(actors, rate, messages)
    gc.collect()
    latency, disorder = Counter(), 0
    for counts, disordered, _ in outcome.told:
        latency.update(counts)
        disorder += disordered
    handled = sum(latency.values())
    if handled != messages:
        raise Wrong(f"messages from outside: {messages} were to be, {handled} are")
    in_order(peer, disorder)
    return {"messages": messages, "disorder": disorder,
            "open": {"latency": sorted(map(list, latency.items())), "sent": messages, "late": outcome.late,
                     "took_ns": outcome.sent_ns - outcome.start_ns, "disorder": disorder}}


def row(peer, asked, time_ns):
    name, actors, messages = asked
    if name == "memory":
        return remembered(peer, actors)
    if name == "open":
        return opened(peer, actors, messages, time_ns)
    return iterated(peer, asked, time_ns)


def without(why):
    return {"why": str(why) or type(why).__name__, "wrong": isinstance(why, Wrong)}


def started(make, orders):
    """The system with idle actors and a heap that was used, or why there is none."""
    peer = None
    try:
        peer = make(orders["workers"])
        if orders["idle"]:
            crowd(peer, orders["idle"])
        worn(peer, orders["used_ns"])
        return peer, None
    except Exception as why:
        return peer, why


def measured(make, orders):
    """Measures all that is asked; after what was begun and has no figure nothing more is, as what is left of that would be
    beside it."""
    peer, spoiled = started(make, orders)
    rows = []
    for asked in orders["asked"]:
        made = without(spoiled)
        if spoiled is None:
            try:
                made = row(peer, asked, orders["time_ns"])
            except Exception as why:
                made, spoiled = without(why), None if isinstance(why, Cannot) else why
        empty = {"ns": [], "messages": 0, "disorder": 0, "bytes_per_actor": None, "open": None, "why": None, "wrong": False}
        rows.append({"asked": written(asked), **empty, **made})
    peak = max(peer.peak if peer else 0, peak_bytes())
    if peer and spoiled is None:
        peer.end()
    # Not before: whatever is loaded when a system's processes start, each of them has.
    import platform
    from importlib.metadata import version

    python = platform.python_version()
    return {"peer": make.name, "version": version(make.package) if make.package else python,
            "how": f"{make.how}; {platform.python_implementation()} {python}", "rows": rows, "peak_bytes": peak}


def written(asked):
    name, actors, messages = asked
    return f"{name}:{actors}:{1 if name == 'memory' else messages}"


def read_number(text, least, most):
    """In digits, with k, M or G behind them where `least` is 1 and more would be."""
    factor = {"k": 1_000, "M": 1_000_000, "G": 1_000_000_000}.get(text[-1:], 1)
    digits = text[:-1] if factor > 1 else text
    if not digits.isascii() or not digits.isdigit() or not least <= int(digits) * factor <= most:
        raise ValueError(text)
    return int(digits) * factor


def read_asked(text):
    try:
        name, actors, messages = text.split(":")
        actors, messages = read_number(actors, 1, NUMBER_MOST), read_number(messages, 1, NUMBER_MOST)
        if name in ("memory", "open"):
            return name, actors, messages
        if name in WORKS:
            return Task.new(name, actors, messages)
    except ValueError:
        pass
    raise ValueError(f'got "{text}": takes NAME:ACTORS:MESSAGES with a name of {", ".join(WORKS)}, memory or open, '
                     f"and numbers up to {NUMBER_MOST}")


def read(words):
    """What a process is to do, from its arguments."""
    limits = {"workers": (1, WORKERS_MOST), "idle": (0, IDLE_MOST), "used_ns": (0, MS_MOST), "time_ns": (1, MS_MOST)}
    try:
        if len(words) <= len(limits) or not all(word.isdigit() for word in words[:len(limits)]):
            raise ValueError
        orders = {name: read_number(word, *limits[name]) for name, word in zip(limits, words)}
    except ValueError:
        raise ValueError(f'got "{" ".join(words)}": takes WORKERS IDLE USED_MS TIME_MS NAME:ACTORS:MESSAGES.., with 1 to '
                         f"{WORKERS_MOST} workers, up to {IDLE_MOST} idle actors, and up to {MS_MOST} ms") from None
    asked = [read_asked(word) for word in words[len(limits):]]
    return {**orders, "used_ns": orders["used_ns"] * 1_000_000, "time_ns": orders["time_ns"] * 1_000_000, "asked": asked}


def main(make, words):
    """The whole program of a system. As a child subreaper it inherits what detaches itself, Thespian's administrator
    among that, so that it is counted in the memory and ended."""
    try:
        orders = read(words)
    except ValueError as error:
        print(f"{make.name}: {error}", file=sys.stderr)
        sys.exit(2)
    if ctypes.CDLL(None, use_errno=True).prctl(protocol.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_CHILD_SUBREAPER)")
    this = os.getpid()

    def ended(signum, _frame):
        for each in (signal.SIGINT, signal.SIGTERM):
            signal.signal(each, signal.SIG_IGN)
        if os.getpid() == this:
            protocol.end_family()
        os._exit(128 + signum)

    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, ended)
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    gc.collect()
    gc.freeze()
    gc.disable()
    code = 1
    try:
        line = json.dumps(measured(make, orders))
        code = 0
    except Exception as error:
        print(f"{make.name}: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
    protocol.end_family()
    if code == 0:
        print(line, flush=True)
    os._exit(code)  # freeing millions of small objects one by one would tell nobody anything
