"""Adds up JUnit files (of GoogleTest, pytest and the fuzz runs) to one line: N passed, N failed."""

import pathlib
import sys
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass


@dataclass(frozen=True)
class Tally:
    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __add__(self, other):
        return Tally(
            self.passed + other.passed, self.failed + other.failed, self.skipped + other.skipped
        )

    def __str__(self):
        return f"{self.passed} passed, {self.failed} failed" + (
            f", {self.skipped} skipped" if self.skipped else ""
        )


def of_file(text):
    """The counts of one JUnit document. One that can't be read is a failure."""
    try:
        top = ElementTree.fromstring(text)
    except ElementTree.ParseError:
        return Tally(failed=1)
    # <testsuites> sums up what is below it, but not every writer of JUnit fills it in.
    return sum((of_suite(suite) for suite in top.iter("testsuite")), Tally())


def of_suite(suite):
    count = lambda name: int(suite.get(name) or 0)
    failed = count("failures") + count("errors")
    skipped = count("skipped") + count("disabled")
    return Tally(count("tests") - failed - skipped, failed, skipped)


def main(arguments):
    total = Tally(failed=int(arguments[1]) if len(arguments) > 1 else 0)
    for path in sorted(pathlib.Path(arguments[0]).rglob("*.xml")):
        total += of_file(path.read_bytes())
    print(total)
    return 1 if total.failed or not total.passed else 0


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("usage: tally.py FOLDER [MORE_FAILURES]")
    sys.exit(main(sys.argv[1:]))
