#!/usr/bin/env python3
"""Tells how the mutants of scripts/mutants.sh fared: the score, and those that nobody noticed and nobody explains.

Arguments: --all where all mutants were judged, and so no explanation may be left over; the file that explains survivors, the folder of
what was seen, and the survivors, as cargo-mutants names them.
"""

import re
import sys
import tomllib


def refuse(why):
    """Ends in one line."""
    why = re.sub(r"[\x00-\x1f\x7f]", "?", why)
    print(f"survivors: {why}; --help says more", file=sys.stderr)
    sys.exit(2)


def by_its_text(mutant):
    """`engine/src/cell/pool.rs:12:5: replace ...` with the text of its line for its number, which changes with what is above it."""
    named = re.fullmatch(r"(\S+?):([1-9]\d*):\d+: (.*)", mutant)
    if not named:
        refuse(f'got "{mutant}": takes, behind the folder, survivors as FILE:LINE:COLUMN: CHANGE')
    path, line, change = named.groups()
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read().splitlines()[int(line) - 1].strip()
    except (OSError, IndexError):
        refuse(f'got "{mutant}": takes lines of files that are there')
    return f"{path.removeprefix('engine/src/')}: {change}: {text}"


def main():
    given = sys.argv[1:]
    if given[:1] in (["-h"], ["--help"]):
        print(__doc__.strip())
        return 0
    judged_all = given[:1] == ["--all"]
    given = given[1:] if judged_all else given
    if len(given) < 2:
        refuse(f'got "{" ".join(given)}": takes the file that explains survivors, the folder of what was seen, and survivors')
    explained_in, seen, *survivors = given
    try:
        with open(explained_in, "rb") as file:
            explained = {mutant: group["because"] for group in tomllib.load(file)["survivors"] for mutant in group["mutants"]}
    except (OSError, KeyError, TypeError, ValueError) as why:
        refuse(f'got "{explained_in}": takes the file that explains survivors: {type(why).__name__}: {why}')

    def lines(name):
        try:
            with open(f"{seen}/swarm/mutants.out/{name}.txt", encoding="utf-8") as file:
                return file.read().splitlines()
        except OSError as why:
            refuse(f'got "{seen}": takes the folder of what was seen: {why}')

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
    left_over = sorted(set(explained) - set(alive)) if judged_all else []
    for mutant in left_over:
        print(f"mutants: explained in {explained_in}, and no survivor: {mutant}")
    return 1 if unexplained or left_over else 0


sys.exit(main())
