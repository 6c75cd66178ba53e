#!/usr/bin/env python3
"""Runs a test program of the engine for scripts/mutants.sh: ends it at its first failure that comes again, and where it is silent for too long.

Cargo calls it as the runner of the target, with the program and what is for it; MUTANTS_JUDGE says for which judge. With MUTANTS_MEASURE it runs the program's tests one by one instead, and prints the names
of those that fail by themselves, or that take longer than MUTANTS_LONGEST milliseconds. The file MUTANTS_LEFT_OUT has those that are
left out, where the judge does so. Each judge begins with the unchanged engine, which must pass: of the deep one's, for whose tests that
would take minutes, the first alone, and the file MUTANTS_UNCHANGED says that it has.
"""

import os
import re
import select
import shutil
import signal
import subprocess
import sys
import time

# Longer than any one test takes that is run here, on a busy machine: two seconds on a quiet one, but for models with two preemptions. All
# that the swarm plays takes two seconds together.
SILENT = {"swarm": 10, "deep": 120}.get(os.environ.get("MUTANTS_JUDGE"), 20)


def refuse(why):
    """Ends in one line, before anything runs."""
    why = re.sub(r"[\x00-\x1f\x7f]", "?", why)
    print(f"until_failure: {why}; --help says more", file=sys.stderr)
    sys.exit(2)


def look_at(given):
    """Refuses what it cannot do anything with."""
    if given[:1] in (["-h"], ["--help"]):
        print(__doc__.strip())
        sys.exit()
    program = given[0] if given else ""
    if not shutil.which(program):
        refuse(f'got "{program}": takes a test program and what is for it, and this one cannot be run')
    judge, known = os.environ.get("MUTANTS_JUDGE"), ["swarm", "quick", "models", "broad", "units", "deep"]
    if judge not in [None, *known]:
        refuse(f'got MUTANTS_JUDGE="{judge}": takes one of {", ".join(known)}, or is not there')
    for name, needed in [("MUTANTS_LONGEST", "MUTANTS_MEASURE" in os.environ), ("MUTANTS_SEEDS", False)]:
        number = os.environ.get(name, "" if needed else "1")
        if not re.fullmatch("[1-9][0-9]{0,6}", number):
            refuse(f'got {name}="{number}": takes a whole number from 1 to 9999999')
    if "MUTANTS_MEASURE" in os.environ:
        return
    names = os.environ.get("MUTANTS_LEFT_OUT", "")
    if judge in ("models", "broad", "units") and not os.access(names, os.R_OK):
        refuse(f'got MUTANTS_LEFT_OUT="{names}": takes a file that can be read, with the names of tests')
    unchanged = os.environ.get("MUTANTS_UNCHANGED", "")
    if judge == "deep" and not os.path.isdir(os.path.dirname(unchanged)):
        refuse(f'got MUTANTS_UNCHANGED="{unchanged}": takes a file in a folder that is there')


def fails_again(command, name):
    """Whether this test of the program fails by itself too: on a busy machine one may fail for want of time."""
    try:
        return subprocess.run([command[0], "--exact", name], capture_output=True, timeout=SILENT).returncode != 0
    except subprocess.TimeoutExpired:
        return True


def play(command):
    """Runs it to its end, its first failure, or its silence. True if it passed."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)
    out, begun, excused = process.stdout.fileno(), b"", 0
    try:
        while select.select([out], [], [], SILENT)[0]:
            heard = os.read(out, 65536)
            if not heard:
                # 101 is what the test harness says of failed tests, and no crash.
                return process.wait(SILENT) == 0 or (process.returncode == 101 and excused > 0)
            sys.stdout.buffer.write(heard)
            sys.stdout.flush()
            *lines, begun = (begun + heard).split(b"\n")
            for name in (line.split()[1] for line in lines if line.startswith(b"test ") and line.endswith(b"FAILED")):
                if fails_again(command, name.decode()):
                    print(f"mutants: {name.decode()} fails, also by itself", flush=True)
                    return False
                excused += 1
        print(f"mutants: nothing was heard for {SILENT} s", flush=True)
        return False
    except subprocess.TimeoutExpired:
        return False
    finally:
        sys.stdout.flush()
        # And what it started.
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        process.wait()


def measure(program, longest):
    """Prints the names of tests that fail alone, or take more than so many milliseconds."""
    listed = subprocess.run([program, "--list", "--format", "terse"], check=True, capture_output=True, text=True).stdout
    for name in (line.removesuffix(": test") for line in listed.splitlines() if line.endswith(": test")):
        began = time.monotonic()
        try:
            passed = subprocess.run([program, "--exact", name], capture_output=True, timeout=SILENT).returncode == 0
        except subprocess.TimeoutExpired:
            passed = False
        if not passed or time.monotonic() - began > longest / 1000:
            print(name, flush=True)


def first_alone(program):
    """Runs its first test alone. True if there is one and it passed."""
    listed = subprocess.run([program, "--list", "--format", "terse"], check=True, capture_output=True, text=True).stdout
    names = [line.removesuffix(": test") for line in listed.splitlines() if line.endswith(": test")]
    return bool(names) and play([program, "--exact", names[0]])


def swarm(program, given):
    """Plays the swarm; on threads once more if it goes wrong: on a busy machine it may for want of time."""
    if play([program, *given]):
        return True
    if "--threads" not in given:
        return False
    print("mutants: the swarm goes wrong: once more", flush=True)
    return play([program, *given])


def main():
    look_at(sys.argv[1:])
    program, given = sys.argv[1], sys.argv[2:]
    judge = os.environ.get("MUTANTS_JUDGE")
    if "MUTANTS_MEASURE" in os.environ:
        measure(program, int(os.environ["MUTANTS_LONGEST"]))
        return 0
    if os.path.basename(program).startswith("swarm-"):
        seeds = os.environ.get("MUTANTS_SEEDS", "600")
        runs = [["--from", "0", "--seeds", seeds], ["--from", "0", "--threads", "--seconds", "1"]]
        return 0 if all(swarm(program, run) for run in runs) else 1
    if judge == "deep" and not os.path.exists(os.environ["MUTANTS_UNCHANGED"]):
        if not first_alone(program):
            return 1
        with open(os.environ["MUTANTS_UNCHANGED"], "w", encoding="utf-8"):
            return 0
    left_out = []
    if judge in ("quick", "models", "broad", "units"):
        with open(os.environ["MUTANTS_LEFT_OUT"], encoding="utf-8") as names:
            left_out = ["--exact"] + [word for name in names.read().split() for word in ("--skip", name)]
    return 0 if play([program, *given, *left_out]) else 1


sys.exit(main())
