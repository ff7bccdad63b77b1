#!/usr/bin/env python3
"""clang-tidy over the units that a change touches.

Touched: files that differ from the merge base with the main branch (on the main branch: from the last commit), and the
units that include a touched header, directly. Without history, or with --all, every unit.

A unit takes up to a minute, so a change of half the house would take hours: with --budget no new unit is begun after so
many seconds, and those that are left are named. Touched units come before those that only include a touched header.
"""
import argparse
import concurrent.futures
import json
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
# What gcc understands and clang does not, and gcc's precompiled header: the header itself is included instead.
DROPPED = {"-fpch-preprocess", "-Winvalid-pch"}


def git(*arguments):
    result = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True)
    return result.stdout.strip() if result.returncode == 0 else None


def changed_files():
    """Paths relative to the root, or None when there is nothing to compare with."""
    head = git("rev-parse", "HEAD")
    base = None
    for branch in ("origin/HEAD", "origin/main", "origin/master", "main", "master"):
        base = git("merge-base", "HEAD", branch)
        if base and base != head:
            break
        base = None
    base = base or git("rev-parse", "HEAD~1")
    if not base:
        return None
    names = (git("diff", "--name-only", base) or "").splitlines()
    return set(names + (git("ls-files", "-o", "--exclude-standard") or "").splitlines())


def select(units, changed):
    headers = {name.removeprefix("src/") for name in changed if name.endswith(".h")}
    include = re.compile(r'#include "([^"]+)"')

    touched = [unit for unit in units if unit.relative_to(ROOT).as_posix() in changed]
    beside = [unit for unit in units if unit not in touched and headers & set(include.findall(unit.read_text()))]
    return touched + beside


def clang_commands(database):
    """The compilation database as clang wants it: [entry], without generated files."""
    out, seen = [], set()
    for entry in database:
        path = pathlib.Path(entry["file"])
        if path.suffix != ".cpp" or (ROOT / "build") in path.parents or path in seen:
            continue
        seen.add(path)
        words = shlex.split(entry.get("command") or shlex.join(entry["arguments"]))
        while words and not re.search(r"(^|/)(c\+\+|g\+\+|clang\+\+)[-0-9.]*$", words[0]):
            words.pop(0)  # the compiler launcher
        kept, skip = [], False
        for word, following in zip(words, words[1:] + [""]):
            if skip:
                skip = False
            elif word == "-include" and "cmake_pch" in following:
                kept += ["-include", str(ROOT / "src/base/pch.h")]
                skip = True
            elif word not in DROPPED:
                kept.append(word)
        out.append({"directory": entry["directory"], "file": str(path), "arguments": kept})
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--budget", type=float, help="seconds after which no unit is begun")
    parser.add_argument("--clang-tidy", default="clang-tidy")
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/debug")
    arguments = parser.parse_args()

    database = clang_commands(json.loads((ROOT / arguments.build / "compile_commands.json").read_text()))
    units = [pathlib.Path(entry["file"]) for entry in database]
    changed = None if arguments.all else changed_files()
    if changed is not None:
        units = select(units, changed)
    print(f"clang-tidy: {len(units)} units", flush=True)

    with tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / "compile_commands.json").write_text(json.dumps(database))

        end = time.monotonic() + arguments.budget if arguments.budget else None

        def run(unit):
            if end and time.monotonic() > end:
                return None
            return subprocess.run([arguments.clang_tidy, "-p", folder, "--quiet", str(unit)], capture_output=True, text=True)

        failed, left = 0, []
        with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
            for unit, result in zip(units, pool.map(run, units)):
                if result is None:
                    left.append(unit)
                elif result.returncode != 0:
                    failed += 1
                    print(f"-- {unit.relative_to(ROOT)}\n{result.stdout}{result.stderr}", flush=True)
    if left:
        print(f"clang-tidy: {len(left)} units not looked at within {arguments.budget:.0f} s; without --budget it sees these:")
        print("\n".join(f"  {unit.relative_to(ROOT)}" for unit in left))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
