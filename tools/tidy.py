"""House style that a compiler does not check: layers, limits, banned calls, names.

Prints one line for each complaint; exit code 1 if there are any.
"""

import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent

LINE_MAX = 100
FILE_MAX = 600
HEADER_MAX = 250

# From the bottom up; a folder includes only what stands before it, not its neighbours.
LAYERS = (
    ("model",),
    ("spec",),
    ("scan",),
    ("ledger",),
    ("late",),
    ("route",),
    ("offsets",),
    ("reconcile",),
    ("ports",),
    ("runtime",),
    ("druid", "kafka"),
    ("daemon",),
    ("sim", "cli"),
)
LEVEL = {folder: level for level, folders in enumerate(LAYERS) for folder in folders}
PORTS = LEVEL["ports"]

FOLDERS_BANNED = {"utils", "util", "common", "helpers", "helper", "misc", "manager"}
# The lab's folder of what all Druid services share has the name Druid gives it.
FOLDERS_KNOWN = {"lab/conf/common"}

ENVIRONMENT = re.compile(r"\b(secure_)?getenv\b")
# Time, chance and environment come in as values, so that everything can be replayed.
BANNED = (
    (re.compile(r"_clock::now\b"), "asks a clock; take `now` as a parameter"),
    (
        re.compile(r"\brandom_device\b|\bstd::\w+_distribution\b"),
        "makes chance; take a seed or the runtime's",
    ),
    (ENVIRONMENT, "reads the environment; take the value as a parameter"),
    (re.compile(r"this_thread::sleep_|\busleep\b|\bnanosleep\b"), "sleeps"),
    (re.compile(r"\basio::detached\b"), "loses exceptions; spawn through the runtime's task group"),
)
BANNED_ALLOWED = ("src/runtime/", "tools/")

# Third-party types stay inside the folder that uses them.
THIRD_PARTY = re.compile(
    r"#include [<\"](nlohmann/|yaml\.h|sqlite3\.h|librdkafka/|boost/beast|simdjson"
    r"|re2/|openssl/|CLI/|spdlog/)"
)
ASIO = re.compile(r"boost/asio")
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)')
TEXT_SUFFIXES = {".h", ".cc", ".py", ".sh", ".cmake", ".txt"}
LONG_LINES_ALLOWED = {".txt", ".cmake"}


def check(path, text):
    """All complaints about one file, as (line, message); `path` starts at the project."""
    lines = text.split("\n")
    suffix = pathlib.PurePosixPath(path).suffix
    found = list(names(path))
    if len(lines) - 1 > FILE_MAX:
        found.append((len(lines) - 1, f"is longer than {FILE_MAX} lines"))
    if suffix == ".h" and len(lines) - 1 > HEADER_MAX:
        found.append((len(lines) - 1, f"header is longer than {HEADER_MAX} lines"))
    if not text.endswith("\n") or text.endswith("\n\n"):
        found.append((len(lines), "should end with one newline"))
    for number, line in enumerate(lines, 1):
        found.extend((number, message) for message in line_complaints(path, suffix, line))
    if suffix in (".h", ".cc") and path.startswith("src/"):
        found.extend(cxx(path, lines))
    return sorted(found)


def names(path):
    parents = pathlib.PurePosixPath(path).parents
    if str(parents[0]) not in FOLDERS_KNOWN:
        for folder in parents:
            if folder.name in FOLDERS_BANNED:
                yield 1, f"folder '{folder.name}' says nothing; name the concept"
    stem = pathlib.PurePosixPath(path).stem
    if FOLDERS_BANNED & set(stem.split("_")) and path.startswith("src/"):
        yield 1, f"'{stem}' says nothing; name the concept"
    if path.startswith("src/") and stem != stem.lower():
        yield 1, "file names are snake_case"


def line_complaints(path, suffix, line):
    if len(line) > LINE_MAX and suffix not in LONG_LINES_ALLOWED and "http" not in line:
        yield f"line has {len(line)} characters, {LINE_MAX} is the limit"
    if line != line.rstrip():
        yield "has trailing white space"
    if "\t" in line:
        yield "has a tab"
    if path != "tools/tidy.py" and path != "tools/tidy_test.py" and UNFINISHED.search(line):
        yield "leaves work unsaid; open an issue and write what holds now"


def cxx(path, lines):
    """Rules for C++ below src/."""
    is_header = path.endswith(".h")
    folder = path.split("/")[1] if path.count("/") >= 2 else None
    if folder is not None and folder not in LEVEL:
        yield 1, f"src/{folder} is in no layer; add it to LAYERS in tools/tidy.py"
    if is_header and not lines[0].startswith("//"):
        yield 1, "starts without a comment that says what the file is for"
    if is_header and "#pragma once" not in lines:
        yield 1, "lacks #pragma once"
    for number, line in enumerate(lines, 1):
        code = line.split("//")[0]
        match = INCLUDE.match(line)
        if match:
            for message in include_complaints(folder, match[1] or match[2]):
                yield number, message
        if not path.startswith(BANNED_ALLOWED):
            for pattern, message in BANNED:
                # UPDATE_GOLDEN=1 and the like steer tests from outside.
                if pattern.search(code) and not (
                    pattern == ENVIRONMENT and path.endswith("_test.cc")
                ):
                    yield number, message


def include_complaints(folder, name):
    level = LEVEL.get(folder)
    target = name.split("/")[0]
    if level is not None and target in LEVEL and target != folder and LEVEL[target] >= level:
        yield f"{folder} includes {target}, which is not below it"
    if level is not None and level < PORTS and ASIO.search(name):
        yield f"{folder} is pure and knows nothing of Asio"
    if name.startswith("../"):
        yield "includes start from src/"


def spread(texts):
    """Third-party types that leave their folder through headers, as (path, line, message)."""
    headers = {path[len("src/") :]: text for path, text in texts.items() if path.endswith(".h")}
    carriers = {name for name, text in headers.items() if THIRD_PARTY.search(text)}
    while more := {
        name for name, text in headers.items() if name not in carriers and includes(text) & carriers
    }:
        carriers |= more
    for path, text in texts.items():
        for number, line in enumerate(text.split("\n"), 1):
            for name in includes(line) & carriers:
                if name.split("/")[0] != path.split("/")[1]:
                    yield path, number, f"{name} brings third-party types out of its folder"


def includes(text):
    return {match[1] or match[2] for match in map(INCLUDE.match, text.split("\n")) if match}


def project_files():
    """What git knows or would add; without git, what lies in the source folders."""
    command = ["git", "-C", str(ROOT), "ls-files", "-co", "--exclude-standard"]
    try:
        listed = subprocess.run(
            command, capture_output=True, text=True, check=True
        ).stdout.splitlines()
    except (OSError, subprocess.CalledProcessError):
        listed = [
            str(path.relative_to(ROOT))
            for folder in ("src", "tools", "lab", "tests", "cmake")
            for path in (ROOT / folder).rglob("*")
        ]
    return [name for name in listed if wanted(name) and (ROOT / name).is_file()]


def wanted(name):
    path = pathlib.PurePosixPath(name)
    if "golden" in path.parts or "fuzz" in path.parts:
        return False
    return path.suffix in TEXT_SUFFIXES or name in ("dev", ".ci/run")


def main():
    texts = {name: (ROOT / name).read_text() for name in project_files()}
    complaints = [(name, *found) for name, text in texts.items() for found in check(name, text)]
    complaints += spread({name: text for name, text in texts.items() if name.startswith("src/")})
    for name, line, message in sorted(complaints):
        print(f"{name}:{line}: {message}")
    print(f"{len(texts)} files, {len(complaints)} complaints")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
