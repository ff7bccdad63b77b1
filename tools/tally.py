#!/usr/bin/env python3
"""Sums up a run of ./dev: the table of stages, the names of what failed or was skipped, and one last line.

Reads DIR/stages.tsv (stage, seconds, budget) and DIR/steps.tsv (stage, step, exit status, seconds, JUnit file or "-").
A step with a JUnit file counts as the cases in it, any other as one. Exits 1 when something failed, and with CI set
also when something was skipped.
"""
import os
import pathlib
import sys
import xml.etree.ElementTree as ElementTree
from typing import NamedTuple


class Count(NamedTuple):
    passed: list
    failed: list
    skipped: list


def count_junit(path):
    count = Count([], [], [])
    for case in ElementTree.parse(path).getroot().iter("testcase"):
        name = ".".join(filter(None, (case.get("classname"), case.get("name"))))
        # gtest marks a case that was left out by status, the others by an element.
        if case.find("failure") is not None or case.find("error") is not None:
            count.failed.append(name)
        elif case.find("skipped") is not None or case.get("status") == "notrun" or case.get("result") == "skipped":
            count.skipped.append(name)
        else:
            count.passed.append(name)
    return count


def count_step(name, status, junit):
    if junit != "-" and os.path.exists(junit):
        try:
            count = count_junit(junit)
        except ElementTree.ParseError:
            return Count([], [f"{name} (unreadable results)"], [])
        if status != 0 and not count.failed:
            count.failed.append(f"{name} (exit status {status})")
        if status == 0 and not count.passed and not count.skipped:
            count.failed.append(f"{name} (no test ran)")
        return count
    if status != 0:
        return Count([], [f"{name} (exit status {status})"], [])
    if junit != "-":
        return Count([], [f"{name} (no results)"], [])
    return Count([name], [], [])


def rows(path):
    if path.exists():
        for line in path.read_text().splitlines():
            yield line.split("\t")


def summarize(folder, strict):
    """The lines to print, and whether all is well."""
    stages, lines, named = {}, [], []
    for stage, name, status, _, junit in rows(folder / "steps.tsv"):
        count = count_step(name, int(status), junit)
        for total, part in zip(stages.setdefault(stage, Count([], [], [])), count):
            total.extend(part)
        named += [f"FAILED  {stage}: {case}" for case in count.failed] + [f"SKIPPED {stage}: {case}" for case in count.skipped]
    lines.append(f"{'stage':<12}{'seconds':>9}{'budget':>9}{'passed':>9}{'failed':>9}{'skipped':>9}")
    for stage, seconds, budget in rows(folder / "stages.tsv"):
        count = stages.get(stage, Count([], [], []))
        late = "  over budget" if int(seconds) > int(budget) else ""
        lines.append(f"{stage:<12}{seconds:>9}{budget:>9}" + "".join(f"{len(part):>9}" for part in count) + late)
    passed, failed, skipped = (sum(len(count[i]) for count in stages.values()) for i in range(3))
    lines += named + [f"{passed} passed, {failed} failed, {skipped} skipped"]
    return lines, passed > 0 and failed == 0 and not (strict and skipped)


def main():
    lines, good = summarize(pathlib.Path(sys.argv[1]), bool(os.environ.get("CI")))
    print("\n" + "\n".join(lines))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
