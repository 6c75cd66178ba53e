#!/usr/bin/env python3
"""Tells how the mutants of scripts/mutants.sh fared: the score, and those that nobody noticed and nobody explains.

Arguments: the file that explains survivors, the folder of what was seen, and the survivors, as cargo-mutants names them.
"""

import re
import sys
import tomllib


def by_its_text(mutant):
    """`engine/src/cell/pool.rs:12:5: replace ...` with the text of its line for its number, which changes with what is above it."""
    path, line, change = re.fullmatch(r"(\S+?):(\d+):\d+: (.*)", mutant).groups()
    with open(path, encoding="utf-8") as file:
        text = file.read().splitlines()[int(line) - 1].strip()
    return f"{path.removeprefix('engine/src/')}: {change}: {text}"


def main():
    explained_in, seen, *survivors = sys.argv[1:]
    with open(explained_in, "rb") as file:
        explained = {mutant: group["because"] for group in tomllib.load(file)["survivors"] for mutant in group["mutants"]}

    def lines(name):
        with open(f"{seen}/quick/mutants.out/{name}.txt", encoding="utf-8") as file:
            return file.read().splitlines()

    unviable = len(lines("unviable"))
    viable = sum(len(lines(name)) for name in ("caught", "missed", "timeout"))
    alive = [by_its_text(survivor) for survivor in survivors]
    unexplained = [mutant for mutant in alive if mutant not in explained]
    noticed = viable - len(alive)
    share = 100 * noticed / max(viable, 1)
    print(
        f"mutants: {viable + unviable}, of these {unviable} do not compile; {noticed} of {viable} are noticed by a test: {share:.1f} %; "
        f"{len(alive) - len(unexplained)} are explained, {len(unexplained)} are not"
    )
    for mutant in unexplained:
        print(f"mutants: nobody noticed {mutant}")
    return 1 if unexplained else 0


sys.exit(main())
