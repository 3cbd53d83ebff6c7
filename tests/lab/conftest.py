"""Fixtures of the lab tests: a lab that `./dev test lab` started, and a pipeline to try on it.

Scenarios run side by side; one that stops a service of the lab runs alone.
"""

import fcntl
import os
import pathlib
import subprocess
import sys

import pytest

PROJECT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(PROJECT / "tools"))
sys.path.insert(0, str(pathlib.Path(__file__).parent))

from held_files import HeldFiles  # noqa: E402
from trial import Trial  # noqa: E402

from proving.druid import Druid  # noqa: E402
from proving.henge import PATIENCE  # noqa: E402


# The longest first, and at last the one that needs the lab for itself.
ORDER = (
    "faults",
    "drift_kinds",
    "drift",
    "kills",
    "loads",
    "load_sources",
    "windows",
    "offsets",
    "formats",
    "end_to_end",
    "replay",
    "bad_input",
    "restarts",
)


class Lab:
    def __init__(self):
        self.home = os.environ["HENGE_LAB_HOME"]
        self.router = os.environ["HENGE_LAB_ROUTER"]
        self.kafka = os.environ["HENGE_LAB_KAFKA"]
        self.druid = Druid(self.router)

    def control(self, *words):
        """`./dev lab WORDS` for this lab."""
        subprocess.run(
            [sys.executable, str(PROJECT / "lab/lab.py"), *words],
            check=True,
            capture_output=True,
            timeout=240 * PATIENCE,
        )


def pytest_configure(config):
    if "HENGE_LAB_ROUTER" not in os.environ:
        raise pytest.UsageError("these tests need a lab of their own: ./dev test lab")


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: ORDER.index(item.path.stem.removeprefix("test_")))


def held(how):
    path = pathlib.Path(os.environ["HENGE_LAB_HOME"]) / "tests.lock"
    with open(path, "w") as lock:
        fcntl.flock(lock, how)
        yield Lab()


@pytest.fixture
def lab():
    """The lab, shared with other tests."""
    yield from held(fcntl.LOCK_SH)


@pytest.fixture
def whole_lab():
    """The lab, for one test alone."""
    yield from held(fcntl.LOCK_EX)


@pytest.fixture
def trials(tmp_path):
    """Makes trials, and removes what they left in the lab."""
    made = []

    def make(lab, name, **settings):
        trial = Trial(lab, tmp_path / name, name, **settings)
        made.append(trial)
        return trial

    yield make
    for trial in made:
        trial.remove()


@pytest.fixture
def files():
    """Files over http, for loads."""
    served = HeldFiles()
    yield served
    served.close()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """A failed scenario shows the end of what each henge logged."""
    outcome = yield
    report = outcome.get_result()
    if report.when == "call" and report.failed and "tmp_path" in item.fixturenames:
        for log in sorted(item.funcargs["tmp_path"].glob("*/serve.log")):
            lines = log.read_text(errors="replace").splitlines()[-30:]
            report.sections.append((f"end of {log}", "\n".join(lines)))
