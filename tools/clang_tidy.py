"""Runs clang-tidy on the sources of a build, on all cores, and remembers what passed.

A file is checked again when it, any header or the configuration changed: with the headers taken
together this may check too much, never too little. --minutes N stops beginning files after that
time and says how many were left; those that git saw change last come first.
"""

import argparse
import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
CLANG_TIDY = "clang-tidy-19"
DIAGNOSTIC = re.compile(r"^\S+:\d+:\d+: (error|warning): ", re.M)


def main(arguments):
    options = parser().parse_args(arguments)
    sources = chosen(options.build, options.paths)
    passed = ROOT / "build" / "tidy-passed"
    passed.mkdir(parents=True, exist_ok=True)
    base = shared_hash()
    keys = {s: passed / hashlib.sha256(base + s.read_bytes()).hexdigest() for s in sources}
    waiting = by_recency([source for source in sources if not keys[source].exists()])
    end = time.monotonic() + options.minutes * 60
    failed, left, shown = 0, 0, set()
    with concurrent.futures.ThreadPoolExecutor(jobs()) as pool:
        results = pool.map(lambda source: run(options.build, source, end), waiting)
        for source, result in zip(waiting, results):
            if result is None:
                left += 1
                continue
            if result.returncode == 0:
                keys[source].touch()
            else:
                failed += 1
                show(result.stdout, shown)
            verdict = "FAILED" if result.returncode else "ok"
            print(f"{source.relative_to(ROOT)}: {verdict}", flush=True)
    known = len(sources) - len(waiting)
    print(f"{len(sources)} files: {known} known to pass, {failed} failed, {left} not reached")
    return 1 if failed else 0


def parser():
    top = argparse.ArgumentParser(description=__doc__)
    top.add_argument("build", type=pathlib.Path, help="folder with compile_commands.json")
    top.add_argument("paths", nargs="*", help="files or folders (all of src)")
    top.add_argument("--minutes", type=float, default=24 * 60)
    return top


def jobs():
    return int(os.environ.get("HENGE_JOBS") or os.cpu_count())


def chosen(build, wanted):
    """The database's sources below src/, without tests; `wanted` limits to files or folders."""
    database = json.loads((build / "compile_commands.json").read_text())
    found = {pathlib.Path(entry["directory"], entry["file"]).resolve() for entry in database}
    limits = [(ROOT / path).resolve() for path in wanted] or [ROOT / "src"]
    return sorted(
        source
        for source in found
        if source.is_relative_to(ROOT / "src")
        and not source.stem.endswith(("_test", "_fuzz"))
        and any(source == limit or source.is_relative_to(limit) for limit in limits)
    )


def by_recency(sources):
    """What changed last comes first; without git the order stays as it is."""
    command = ["git", "-C", str(ROOT), "log", "--name-only", "--format=", "--", "src"]
    try:
        log = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split("\n")
    except (OSError, subprocess.CalledProcessError):
        return sources
    order = {name: place for place, name in reversed(list(enumerate(log)))}
    # What git does not know yet is newer than all it knows.
    return sorted(sources, key=lambda source: order.get(str(source.relative_to(ROOT)), -1))


def shared_hash():
    digest = hashlib.sha256((ROOT / ".clang-tidy").read_bytes())
    for header in sorted((ROOT / "src").rglob("*.h")):
        digest.update(str(header).encode() + header.read_bytes())
    return digest.digest()


def run(build, source, end):
    if time.monotonic() > end:
        return None
    command = [CLANG_TIDY, "-p", str(build), "--quiet", str(source)]
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


def show(text, shown):
    """Prints complaints, those about a header only once for all files that include it."""
    starts = [match.start() for match in DIAGNOSTIC.finditer(text)] + [len(text)]
    for start, end in zip(starts, starts[1:]):
        if text[start:end] not in shown:
            shown.add(text[start:end])
            print(text[start:end].rstrip())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
