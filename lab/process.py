"""Starts and ends the lab's processes. A pid is trusted only with its start time and its mark."""

import json
import os
import pathlib
import signal
import subprocess
import time
from dataclasses import dataclass

from layout import command

STOP_SECONDS = 10


@dataclass(frozen=True)
class Process:
    pid: int
    started: int  # clock ticks since boot; with the pid it names a process for good
    rss_mb: int


def start(lab, jars, service):
    with open(lab.log(service), "ab") as log:
        child = subprocess.Popen(
            command(lab, jars, service),
            cwd=lab.home / "data",
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    record = {"pid": child.pid, "started": start_time(child.pid)}
    lab.pid_file(service).write_text(json.dumps(record))


def find(lab, service):
    """The running process of a service, or None. Never somebody else's that got the same pid."""
    try:
        record = json.loads(lab.pid_file(service).read_text())
        pid = record["pid"]
        fields = stat(pid)
        marked = lab.mark(service).encode() in pathlib.Path(
            f"/proc/{pid}/cmdline"
        ).read_bytes().split(b"\0")
    except (FileNotFoundError, ProcessLookupError, ValueError, KeyError, TypeError):
        return None
    if fields[0] in "ZX" or int(fields[19]) != record["started"]:
        return None
    # Between fork and exec the child still has our command line.
    if not marked and not is_own_child(fields):
        return None
    return Process(pid, record["started"], int(fields[21]) * os.sysconf("SC_PAGE_SIZE") >> 20)


def stop(lab, services, sig=signal.SIGTERM):
    """Ends the services together; one that does not go within 10 s is killed."""
    ending = {}
    for service in services:
        process = find(lab, service)
        if process:
            os.kill(process.pid, sig)
            ending[service] = process
    deadline = time.monotonic() + STOP_SECONDS
    while ending and time.monotonic() < deadline:
        time.sleep(0.1)
        ending = {service: p for service, p in ending.items() if find(lab, service)}
    for process in ending.values():
        os.kill(process.pid, signal.SIGKILL)
    for service in services:
        lab.pid_file(service).unlink(missing_ok=True)


def log_end(lab, service, lines=20):
    path = lab.log(service)
    if not path.exists():
        return "(no log)"
    with open(path, "rb") as file:
        file.seek(max(0, path.stat().st_size - 64 * 1024))
        return "\n".join(file.read().decode(errors="replace").splitlines()[-lines:])


def story_end(lab, service):
    """The end of a log without the frames of Java's stack traces, which hide the reason."""
    log = log_end(lab, service, 1000).splitlines()
    return "\n".join([line for line in log if not line.startswith(("\tat ", "\t... "))][-20:])


def start_time(pid):
    return int(stat(pid)[19])


def stat(pid):
    """The fields of /proc/PID/stat from the state on; the name before it may hold spaces."""
    return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def is_own_child(fields):
    return int(fields[1]) == os.getpid()
