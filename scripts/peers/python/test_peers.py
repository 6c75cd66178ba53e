"""Runs every Python system at small size, and looks at what they share:

    PYTHON test_peers.py

with the interpreter of the environment that scripts/peers/python.sh makes; a system whose package is missing is not run.
"""

import importlib.util
import json
import os
import subprocess
import sys
import unittest
from pathlib import Path

import frame
import pacer
import protocol
from frame import Task

FOLDER = Path(__file__).parent
SYSTEMS = {"asyncio": (None, "asyncio_peer.py"), "multiprocessing": (None, "multiprocessing_peer.py"),
           "pykka": ("pykka", "pykka_peer.py"), "thespian-simple": ("thespian", "thespian_peer.py", "simple"),
           "thespian-queue": ("thespian", "thespian_peer.py", "queue"), "thespian-tcp": ("thespian", "thespian_peer.py", "tcp")}
SMALL = ["ping-pong:2:200", "counting:2:300", "fork-join:7:210", "create:1:20", "ring:5:23", "ring-shuffled:6:25", "big:6:120",
         "fan-in:3:240", "ask:2:50", "memory:5:1", "open:3:100"]
ONE_THREAD = ("asyncio", "thespian-simple")


def asked(system, *words):
    package, program, *first = SYSTEMS[system]
    if package and not importlib.util.find_spec(package):
        raise unittest.SkipTest(f"{package} is not installed")
    command = [sys.executable, str(FOLDER / program), *first, *map(str, words)]
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=600)


def left():
    """Processes of these programs."""
    found = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            command = Path(f"/proc/{name}/cmdline").read_bytes().decode(errors="replace")
        except OSError:
            continue
        if any(str(FOLDER / program) in command for _, program, *_ in SYSTEMS.values()):
            found.append(name)
    return found


class Systems(unittest.TestCase):
    def measures(self, system):
        for workers in (1, 2):
            with self.subTest(system=system, workers=workers):
                done = asked(system, workers, 3, 1, 20, *SMALL)
                self.assertEqual(done.returncode, 0, done.stderr)
                answer = json.loads(done.stdout.splitlines()[-1])
                self.assertEqual(answer["peer"], system)
                self.assertTrue(answer["version"] and answer["how"] and answer["peak_bytes"])
                self.assertEqual(len(answer["rows"]), len(SMALL))
                for row in answer["rows"]:
                    if workers > 1 and system in ONE_THREAD:
                        self.assertEqual((row["why"], row["wrong"]), (frame.ONE_THREAD, False))
                        continue
                    self.assertIsNone(row["why"], row)
                    name = row["asked"].partition(":")[0]
                    measured = {"memory": "bytes_per_actor", "open": "open"}.get(name, "ns")
                    self.assertNotIn(row[measured], (None, []), row)
                self.assertEqual(left(), [])

    def test_asyncio(self):
        self.measures("asyncio")

    def test_multiprocessing(self):
        self.measures("multiprocessing")

    def test_pykka(self):
        self.measures("pykka")

    def test_thespian_simple(self):
        self.measures("thespian-simple")

    def test_thespian_queue(self):
        self.measures("thespian-queue")

    def test_thespian_tcp(self):
        self.measures("thespian-tcp")

    def test_nonsense_is_refused_in_a_line(self):
        for words in ([], ["0", "0", "0", "1", "ask:2:1"], ["1", "0", "0", "1"], ["1", "0", "0", "1", "asks:2:1"],
                      ["1", "0", "0", "1", "ask:2:0"], ["1", "0", "0", "1", "ask:2"], ["1", "-1", "0", "1", "ask:2:1"]):
            done = asked("asyncio", *words)
            self.assertEqual((done.returncode, done.stdout, done.stderr.count("\n")), (2, "", 1), words)

    def test_what_it_cannot_do_is_told_and_the_rest_is_measured(self):
        done = asked("multiprocessing", 1, 0, 0, 10, "ring:1M:1M", "ask:2:10")
        ring, ask = json.loads(done.stdout.splitlines()[-1])["rows"]
        self.assertIn("a process for each actor", ring["why"])
        self.assertFalse(ring["wrong"])
        self.assertTrue(ask["ns"])


class Frame(unittest.TestCase):
    def test_everyone_has_the_same_share(self):
        self.assertEqual(Task.new("ping-pong", 9, 7), Task("ping-pong", 2, 8))
        self.assertEqual(Task.new("big", 120, 1).messages, 240)
        self.assertEqual(Task.new("fork-join", 60, 100).each, 2)
        self.assertEqual(Task.new("create", 1, 77).actors, 77)
        self.assertEqual(Task.new("big", 3, 12).counts, [2, 2, 2, 6])
        self.assertEqual(Task.new("ring", 5, 11).counts, [11, 0])
        self.assertEqual(Task.new("ask", 2, 4).counts, [4, 10])
        self.assertEqual(Task.new("ring", 1_000, 1_000_000).with_messages(100), Task.new("ring", 1_000, 100))
        self.assertEqual(Task.new("create", 1, 1_000).with_messages(10), Task.new("create", 10, 10))

    def test_what_differs_is_wrong(self):
        class Losing(frame.Peer):
            def ask(self, task):
                return frame.Iteration(1, [task.messages - 1, 0])

            def fan_in(self, task):
                return frame.Iteration(1, task.counts, 1)

        for work, why in (("ask", "ask: count 0 was to be 9, it is 8"),
                          ("fan-in", "1 messages were overtaken, where order is promised")):
            with self.assertRaises(frame.Wrong) as raised:
                frame.once(Losing(1), Task.new(work, 3, 9))
            self.assertEqual(str(raised.exception), why)

    def test_a_latency_is_told_to_three_digits(self):
        sink = frame.Sink()
        for ns in (1, 2_047, 1_000_000, 1_000_001):
            sink.latencies.append(ns)
        counts, disorder, _ = sink.told()
        self.assertEqual((counts[1], counts[2_047], disorder), (1, 1, 0))
        [(million, twice)] = [(ns, count) for ns, count in counts.items() if ns > 10_000]
        self.assertEqual(twice, 2)
        self.assertLess(million / 1_000_000, 1.001)

    def test_order_is_looked_at(self):
        sink = frame.Sink()
        for stamp in (1, 2, 2, 5, 4, 6):
            sink.record(stamp)
        self.assertEqual(sink.told()[1], 1)

    def test_messages_are_planned_at_the_rate(self):
        self.assertEqual([pacer.planned(10, 1_000_000, number) for number in (0, 1, 1_000)], [10, 1_010, 1_000_010])
        self.assertGreaterEqual(pacer.wait_until(protocol.now() + 100_000), 0)


if __name__ == "__main__":
    unittest.main()
