"""Plans the messages of an open load from outside: a process of its own, started as

    pacer.py RATE MESSAGES PROCESSOR,...

writes to stdout when each message was planned, eight bytes for each, as soon as that time has come; and at last to stderr
how many of them were late. All of them are planned in nanoseconds of CLOCK_MONOTONIC, which is one for all processes.

It waits for a time without leaving the processor where that is near. A thread that did so would keep the interpreter's
lock from those it sends to; from another process it does not disturb them.
"""

import array
import os
import sys
import time

now = time.perf_counter_ns
SPIN_NS = 50_000  # so near to its time a message is waited for without leaving the processor
LATE_NS = 100_000  # behind its plan by more, a message has not been sent when it was planned
AHEAD_NS = 1_000_000  # from the start until the first one
MOST = 512  # messages in one write: a pipe takes so many at once


def planned(start, rate, number):
    return start + number * 1_000_000_000 // rate


def wait_until(time_ns):
    """Waits for the time; gives by how many nanoseconds it is over."""
    while (left := time_ns - now()) > 0:
        if left > SPIN_NS:
            time.sleep((left - SPIN_NS) / 1e9)
    return -left


def write(stamps):
    left = memoryview(stamps).cast("B")
    while left:
        left = left[os.write(1, left):]


def main(rate, messages):
    start, number, late = now() + AHEAD_NS, 0, 0
    while number < messages:
        wait_until(planned(start, rate, number))
        reached = now()
        # All whose time has come: more than one where the receivers keep it waiting, or the rate is higher than it can write.
        due = min((reached - start) * rate // 1_000_000_000 + 1, messages, number + MOST)
        stamps = array.array("Q", [planned(start, rate, each) for each in range(number, due)])
        late += sum(reached - stamp > LATE_NS for stamp in stamps)
        write(stamps)
        number = due
    os.close(1)
    print(late, file=sys.stderr, flush=True)


if __name__ == "__main__":
    os.sched_setaffinity(0, [int(processor) for processor in sys.argv[3].split(",")])
    main(int(sys.argv[1]), int(sys.argv[2]))
