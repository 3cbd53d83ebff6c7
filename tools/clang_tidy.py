"""Runs clang-tidy on the sources of a build, all cores, and remembers what passed.

A file is checked again when it, any header or the configuration changed: with the headers taken
together this may check too much, never too little.
"""

import concurrent.futures
import hashlib
import json
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
CLANG_TIDY = "clang-tidy-19"


def main(arguments):
    build = pathlib.Path(arguments[0])
    sources = chosen(json.loads((build / "compile_commands.json").read_text()), arguments[1:])
    passed = ROOT / "build" / "tidy-passed"
    passed.mkdir(parents=True, exist_ok=True)
    base = shared_hash()
    keys = {
        source: passed / hashlib.sha256(base + source.read_bytes()).hexdigest()
        for source in sources
    }
    waiting = [source for source in sources if not keys[source].exists()]
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for source, result in zip(waiting, pool.map(lambda s: run(build, s), waiting)):
            if result.returncode == 0:
                keys[source].touch()
            else:
                failed += 1
                print(result.stdout.strip())
            print(
                f"{source.relative_to(ROOT)}: {'ok' if result.returncode == 0 else 'FAILED'}",
                flush=True,
            )
    print(f"{len(sources)} files, {len(sources) - len(waiting)} known to pass, {failed} failed")
    return 1 if failed else 0


def chosen(database, wanted):
    """The database's sources below src/, without tests; `wanted` limits to files or folders."""
    found = {pathlib.Path(entry["directory"], entry["file"]).resolve() for entry in database}
    limits = [(ROOT / path).resolve() for path in wanted] or [ROOT / "src"]
    return sorted(
        source
        for source in found
        if source.is_relative_to(ROOT / "src")
        and not source.stem.endswith(("_test", "_fuzz"))
        and any(source == limit or source.is_relative_to(limit) for limit in limits)
    )


def shared_hash():
    digest = hashlib.sha256((ROOT / ".clang-tidy").read_bytes())
    for header in sorted((ROOT / "src").rglob("*.h")):
        digest.update(str(header).encode() + header.read_bytes())
    return digest.digest()


def run(build, source):
    return subprocess.run(
        [CLANG_TIDY, "-p", str(build), "--quiet", str(source)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
