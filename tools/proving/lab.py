"""Finds a running lab, or starts one, and knows whether it is ours to stop."""

import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass

PROJECT = pathlib.Path(__file__).resolve().parents[2]
SCRIPT = PROJECT / "lab/lab.py"
OWN_HOME = PROJECT / "build/demo/lab"
FIRST_PORT = 23_000
PORTS = 9  # that a lab takes, in a row


class LabFailure(Exception):
    """The lab can't be had; its own words are in the text."""


@dataclass
class Lab:
    home: pathlib.Path
    router: str
    kafka: str
    ours: bool  # to be stopped at the end

    def command(self, *words):
        return subprocess.run(
            [sys.executable, str(SCRIPT), *words, "--home", str(self.home)],
            capture_output=True,
            text=True,
        )

    def stop(self):
        """Stops a lab that was started here, and deletes what it kept."""
        done = self.command("reset")
        if done.returncode != 0:
            raise LabFailure(done.stderr.strip())


def running(home):
    """The lab in `home` if all of it is ready, else None."""
    done = subprocess.run(
        [sys.executable, str(SCRIPT), "status", "--json", "--home", str(home)],
        capture_output=True,
        text=True,
        env=without_ports(),
    )
    if done.returncode != 0:
        return None
    about = json.loads(done.stdout)
    return Lab(home, about["router"], about["kafka"], ours=False)


def candidates():
    named = os.environ.get("HENGE_LAB_HOME")
    return [pathlib.Path(named)] if named else [PROJECT / ".lab", OWN_HOME]


def find_or_start(tell):
    """`tell` takes the lab's progress, a line at a time. A lab that HENGE_LAB_ROUTER names is taken
    as it is."""
    if os.environ.get("HENGE_LAB_ROUTER"):
        home = pathlib.Path(os.environ.get("HENGE_LAB_HOME", PROJECT / ".lab"))
        return Lab(home, os.environ["HENGE_LAB_ROUTER"], os.environ["HENGE_LAB_KAFKA"], ours=False)
    for home in candidates():
        lab = running(home) if home.exists() else None
        if lab:
            return lab
    home = candidates()[-1]
    if home == OWN_HOME and home.exists():
        subprocess.run(
            [sys.executable, str(SCRIPT), "reset", "--home", str(home)],
            capture_output=True,
            env=without_ports(),
        )
    words = ["up", "--json", "--home", str(home)]
    if not os.environ.get("HENGE_LAB_PORTS") and not (home / "ports.json").exists():
        words += ["--ports", str(free_ports())]
    child = subprocess.Popen(
        [sys.executable, str(SCRIPT), *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A Ctrl-C is passed on below, once.
        start_new_session=True,
    )
    try:
        said = []
        for line in child.stderr:
            said.append(line.rstrip())
            tell(line.rstrip().removeprefix("lab: "))
        answer = child.stdout.read()
        if child.wait() != 0:
            raise LabFailure("\n".join(said[-40:]))
    except BaseException:
        # Left alone it would go on starting services.
        if child.poll() is None:
            child.send_signal(signal.SIGINT)
            child.wait()
        Lab(home, "", "", True).command("down")
        raise
    about = json.loads(answer)
    return Lab(home, about["router"], about["kafka"], ours=True)


def without_ports():
    """A lab that was made with some ports knows them itself."""
    return {name: value for name, value in os.environ.items() if name != "HENGE_LAB_PORTS"}


def free_ports():
    for base in range(FIRST_PORT, FIRST_PORT + 2000, 20):
        if all(free(port) for port in range(base, base + PORTS)):
            return base
    raise LabFailure(f"no {PORTS} free ports in a row from {FIRST_PORT} on")


def free(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
            return True
        except OSError:
            return False
