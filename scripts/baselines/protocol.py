"""What every baseline program in Python shares: its command line, its budget, its histogram and its one answer.

    PROGRAM MEASURE --seconds S [--memory-bytes N] [--target N]

One measure a process. Progress goes to stderr, at most a line a second; the last line on stdout is one JSON object:

    actors      {"actors", "limit": "time|memory|target|threads"}   created, then each of them answered a message
    one_way     {"histogram": [[ns, count], ..], "batch": 1}        ping-pong, stamped per round trip, halved
    ask         {"histogram": [[ns, count], ..], "batch": 1}        request and reply by the system's own ask
    throughput  {"msgs_per_s"}                                      into one counting actor
    bytes       {"bytes_per_actor", "actors"}                       growth of PSS per idle actor that handled a message
    speedup     {"speedup", "cores", "pairs"}                       pairs with 1 us of work a message, all cores / one

and in every one {"measure", "sent", "received"} as the receivers counted them: where they differ the program says so
and exits 1. Whatever ends a program, no process of its system is left.

The cyclic garbage collector is off while measuring: none of these programs makes cycles faster than memory allows, and
reference counting frees every message. That can only help the system measured.
"""

import argparse
import ctypes
import gc
import json
import os
import resource
import signal
import sys
import time

now = time.perf_counter_ns  # CLOCK_MONOTONIC: one clock for all the processes of a system

MEASURES = ("actors", "one_way", "ask", "throughput", "bytes", "speedup")
WORK_NS = 1_000  # the work a message carries in `speedup`
HEADROOM = 0.9  # of the machine's threads and processes: what the table may use, so that others can still start one
TURNS = 4  # of all cores and of one in `speedup`
PR_SET_CHILD_SUBREAPER = 36


class Histogram:
    """Counts by value, rounded to three significant digits."""

    def __init__(self):
        self.counts = {}

    def record(self, ns):
        key = round(ns, 3 - len(str(ns)))
        self.counts[key] = self.counts.get(key, 0) + 1

    def sparse(self):
        return sorted([value, count] for value, count in self.counts.items())


class Progress:
    """At most one line a second on stderr."""

    def __init__(self):
        self.last = now()

    def __call__(self, text):
        if now() - self.last >= 1_000_000_000:
            self.last = now()
            print(text, file=sys.stderr, flush=True)


class Budget:
    """Time, memory, target and the machine's threads: whichever is used up first ends the creation of actors."""

    def __init__(self, args, kind, used_bytes, tasks_per_actor, look_every=1):
        self.until = now() + int(args.seconds * 1e9)
        self.memory_bytes = args.memory_bytes
        self.target = args.target
        self.kind = kind
        self.used_bytes = used_bytes
        self.used_before = used_bytes()
        self.tasks_per_actor = tasks_per_actor
        self.look_every = look_every  # actors between two looks at the memory, where a look costs more than an actor
        self.tasks_left = tasks_left()
        self.progress = Progress()

    def spent(self, created):
        """The limit that was reached, or None."""
        self.progress(f"{created} {self.kind} created")
        if self.target and created >= self.target:
            return "target"
        if now() >= self.until:
            return "time"
        if self.memory_bytes and created % self.look_every == 0:
            if self.used_bytes() - self.used_before >= self.memory_bytes:
                return "memory"
        if (created + 1) * self.tasks_per_actor > self.tasks_left:
            return "threads"
        return None


def number(path):
    """The number in a one-line file; None where there is no such file or it holds `max`."""
    try:
        with open(path) as file:
            return int(file.read())
    except (OSError, ValueError):
        return None


def tasks_left():
    """How many threads and processes may still be started here, with headroom for the rest of the machine."""
    with open("/proc/loadavg") as file:
        running = int(file.read().split()[3].split("/")[1])
    limits = [number("/proc/sys/kernel/threads-max"), number("/proc/sys/kernel/pid_max"),
              number("/sys/fs/cgroup/pids.max"), resource.getrlimit(resource.RLIMIT_NPROC)[0]]
    known = [limit for limit in limits if limit is not None and limit > 0]
    return int(min(known) * HEADROOM) - running


def own_bytes():
    """Resident memory of this process: cheap enough to ask often."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()


def machine_bytes():
    """Memory that the machine no longer has available: the cheap measure for a system of many processes."""
    with open("/proc/meminfo") as file:
        for line in file:
            if line.startswith("MemAvailable:"):
                return -int(line.split()[1]) * 1024
    raise RuntimeError("/proc/meminfo has no MemAvailable")


def family():
    """This process and all below it."""
    children = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat") as file:
                    parent = int(file.read().rpartition(")")[2].split()[1])
            except (OSError, IndexError):
                continue  # it ended meanwhile
            children.setdefault(parent, []).append(int(name))
    found = [os.getpid()]
    for pid in found:
        found.extend(children.get(pid, ()))
    return found


def pss_bytes(pids):
    """Proportional set size: memory that processes share is counted once."""
    total = 0
    for pid in pids:
        try:
            with open(f"/proc/{pid}/smaps_rollup") as file:
                total += sum(int(line.split()[1]) for line in file if line.startswith("Pss:")) * 1024
        except (OSError, ProcessLookupError):
            continue  # it ended meanwhile
    return total


def end_family():
    """Ends and reaps every process below this one, detached ones too: see run()."""
    while len(pids := family()) > 1:
        for pid in pids[1:]:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        try:
            os.waitpid(-1, 0)
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            pass  # what is below us is not yet ours to reap
    # Nothing is below us any more, so nothing can be left unreaped either.


def work_loops():
    """How many turns of spin() take the work of one message."""
    loops, best = 20_000, None
    for _ in range(7):
        start = now()
        spin(loops)
        took = now() - start
        best = took if best is None else min(best, took)
    return max(1, round(WORK_NS * loops / best))


def spin(loops):
    for _ in range(loops):
        pass


def confine(cores):
    """Lets the threads of all processes of this system run on `cores` only; what they start inherits it."""
    for pid in family():
        try:
            threads = os.listdir(f"/proc/{pid}/task")
        except OSError:
            continue  # it ended meanwhile
        for thread in threads:
            try:
                os.sched_setaffinity(int(thread), cores)
            except ProcessLookupError:
                continue


def speedup(args, pairs, play):
    """The rate of `pairs` pairs on all cores over their rate on one. `play(seconds)` lets them play for so long, and
    tells how many messages that were and how many ns it took.

    The cores are taken away by affinity. All and one take turns, and the one is another core each time: the speed of a
    machine drifts, and its cores differ.
    """
    cores = os.sched_getaffinity(0)
    every, ones = sorted(cores), sorted(cores) * TURNS
    rate = {"all": 0.0, "one": 0.0}
    for turn in range(TURNS):
        order = ("all", "one") if turn % 2 == 0 else ("one", "all")
        for which in order:
            confine(every if which == "all" else [ones[turn]])
            messages, took = play(args.seconds / (2 * TURNS))
            rate[which] += messages * 1e9 / took
    confine(every)
    return {"speedup": rate["all"] / rate["one"], "cores": len(every), "pairs": pairs}


def pairs_to_play():
    return 2 * len(os.sched_getaffinity(0))


def arguments(description, add=None):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("measure", choices=MEASURES)
    parser.add_argument("--seconds", type=positive, required=True, help="time budget of the measure")
    parser.add_argument("--memory-bytes", type=int, default=0, help="memory budget of the actors; 0: none")
    parser.add_argument("--target", type=int, default=0, help="stop creating at so many actors; 0: none")
    if add:
        add(parser)
    return parser.parse_args()


def positive(text):
    value = float(text)
    if not value > 0:
        raise argparse.ArgumentTypeError(f"{text} is not above 0")
    return value


def run(args, measures):
    """Runs one measure, prints its object and ends this process; ends every process below it whatever happens.

    As a child subreaper this process inherits what detaches itself (Thespian's admin does), so that it can be counted
    in the memory and ended.
    """
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_CHILD_SUBREAPER)")
    this = os.getpid()

    def end(signum, _frame):
        for each in (signal.SIGINT, signal.SIGTERM):
            signal.signal(each, signal.SIG_IGN)
        if os.getpid() == this:
            end_family()
        os._exit(128 + signum)

    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, end)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        fields = {"measure": args.measure, **measures[args.measure](args)}
    except Exception as error:
        end_family()
        print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
        os._exit(1)
    end_family()
    if fields["sent"] != fields["received"]:
        print(f"{fields['sent']} messages sent, {fields['received']} received", file=sys.stderr, flush=True)
        os._exit(1)
    print(json.dumps(fields), flush=True)
    os._exit(0)  # all actors are stopped; freeing millions of small objects one by one would tell nobody anything
