"""How henge carries many loads at once, beside a Python client with one coroutine a task.

Druid's twin answers over loopback, in a process of its own, made anew for each of the two. henge's
own engine holds all loads in its ledger, sends their tasks, asks for all statuses in one call and
counts every chunk; the Python client (aiohttp) submits each task, then asks for its status every
few seconds until it is over. Both run the same number of tasks, which take as long. The twin counts
the calls; processor time is what the system says of each process.
"""

import argparse
import asyncio
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import urllib.request
from datetime import datetime, timedelta, timezone

import aiohttp
import orjson

PROJECT = pathlib.Path(__file__).resolve().parents[1]
TASK_SECONDS = (30, 90)
CONNECTIONS = 100
SUBMIT = "/druid/indexer/v1/task"


class Failure(Exception):
    """The bench can't be run; says why."""


def tell(text):
    print(text, file=sys.stderr, flush=True)


def tool(name):
    binary = pathlib.Path(os.environ.get("HENGE_BINARY", PROJECT / "build/release/henge"))
    path = binary.parent / f"henge-{name}"
    if not path.exists():
        raise Failure(f"{path} is not built: ./dev build release")
    return str(path)


class Twin:
    def __init__(self, options):
        words = [tool("twin"), "--partitions", "1"]
        words += ["--slots", str(options.loads + 4 * options.pipelines)]
        words += ["--run-min", str(options.task_min), "--run-max", str(options.task_max)]
        self.process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().strip()
        if not self.url:
            raise Failure("the twin did not start")

    def calls(self):
        with urllib.request.urlopen(self.url + "/twin/calls") as answer:
            return int(answer.read())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(10)


def payload(pipeline, number, base):
    """An append of three rows of one hour, as a person would write it."""
    name = f"loads_{pipeline:04}"
    hour = base - timedelta(hours=number)
    stamp = "%Y-%m-%dT%H:%M:%S.000Z"
    rows = [
        {"ts": (hour + timedelta(minutes=row)).strftime(stamp), "id": f"{number}-{row}"}
        for row in range(3)
    ]
    interval = f"{hour.strftime(stamp)}/{(hour + timedelta(hours=1)).strftime(stamp)}"
    return {
        "type": "index_parallel",
        "id": f"bench_{name}_{number:06}",
        "context": {"useConcurrentLocks": True},
        "spec": {
            "dataSchema": {
                "dataSource": name,
                "timestampSpec": {"column": "ts", "format": "iso"},
                "dimensionsSpec": {"dimensions": ["id"]},
                "metricsSpec": [{"type": "count", "name": "count"}],
                "granularitySpec": {
                    "type": "uniform",
                    "segmentGranularity": "HOUR",
                    "queryGranularity": "NONE",
                    "rollup": False,
                    "intervals": [interval],
                },
            },
            "ioConfig": {
                "type": "index_parallel",
                "appendToExisting": True,
                "inputFormat": {"type": "json"},
                "inputSource": {
                    "type": "inline",
                    "data": "\n".join(orjson.dumps(row).decode() for row in rows),
                },
            },
            "tuningConfig": {"type": "index_parallel"},
        },
    }


class Peer:
    """One coroutine a task: submit, then ask until it is over."""

    def __init__(self, url, options):
        self.url = url
        self.options = options
        self.outstanding = 0
        self.peak = 0
        self.done = 0

    async def one(self, task):
        async with self.session.post(
            self.url + SUBMIT,
            data=orjson.dumps(task),
            headers={"Content-Type": "application/json"},
        ) as answer:
            answer.raise_for_status()
            accepted = orjson.loads(await answer.read())["task"]
        self.outstanding += 1
        self.peak = max(self.peak, self.outstanding)
        status = f"{self.url}{SUBMIT}/{accepted}/status"
        while True:
            await asyncio.sleep(self.options.poll)
            async with self.session.get(status) as answer:
                answer.raise_for_status()
                state = orjson.loads(await answer.read())["status"]["status"]
            if state == "FAILED":
                raise Failure(f"{accepted} failed")
            if state == "SUCCESS":
                break
        self.outstanding -= 1
        self.done += 1

    async def run(self):
        base = datetime.now(timezone.utc).replace(hour=0, minute=0, second=0, microsecond=0)
        base -= timedelta(hours=48)
        each = self.options.loads // self.options.pipelines
        begun = time.monotonic()
        connector = aiohttp.TCPConnector(limit=CONNECTIONS)
        timeout = aiohttp.ClientTimeout(total=None)
        async with aiohttp.ClientSession(connector=connector, timeout=timeout) as self.session:
            await asyncio.gather(
                *(
                    self.one(payload(pipeline, number, base))
                    for pipeline in range(self.options.pipelines)
                    for number in range(1, each + 1)
                )
            )
        return {"outstanding": self.peak, "done": self.done, "seconds": time.monotonic() - begun}


def run(words):
    """The words' own result, and what the system says of the process."""
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    out = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise Failure(f"{words[0]} ended with {process.returncode}")
    return {
        **json.loads(out),
        "cpu_s": round(used.ru_utime + used.ru_stime, 2),
        "rss_mb": round(used.ru_maxrss / 1024, 1),
    }


def measure_henge(options):
    with Twin(options) as twin, tempfile.TemporaryDirectory(prefix="henge-bench-") as folder:
        sizes = [str(options.loads), str(options.pipelines)]
        result = run([tool("bench-loads"), twin.url, *sizes, folder])
        # What declared the pipelines is no part of loading.
        result["calls"] = twin.calls() - options.pipelines
    return result


def measure_python(options):
    words = [sys.executable, __file__, "--loads", str(options.loads)]
    words += ["--pipelines", str(options.pipelines), "--poll", str(options.poll)]
    with Twin(options) as twin:
        result = run([*words, "--peer", twin.url])
        result["calls"] = twin.calls()
    return result


def summary(henge, python, options):
    if henge["counted"] != options.loads or python["done"] != options.loads:
        raise Failure("not all loads came to their end")
    return {
        "outstanding": henge["outstanding"],
        "calls_ratio": round(python["calls"] / henge["calls"], 2),
        "cpu_ratio": round(python["cpu_s"] / henge["cpu_s"], 2),
        "rss_mb": henge["rss_mb"],
        "loads": options.loads,
        "pipelines": options.pipelines,
        "task_s": [options.task_min, options.task_max],
        "poll_s": options.poll,
        "calls": henge["calls"],
        "calls_per_load": round(henge["calls"] / options.loads, 2),
        "cpu_s": henge["cpu_s"],
        "cpu_accepting_s": henge["cpu_accepting_s"],
        "cpu_ratio_accepted": round(
            python["cpu_s"] / (henge["cpu_s"] - henge["cpu_accepting_s"]), 2
        ),
        "seconds": round(henge["seconds"], 1),
        "in_druid": henge["in_druid"],
        "submits_at_once": henge["submits_at_once"],
        "python_outstanding": python["outstanding"],
        "python_calls": python["calls"],
        "python_cpu_s": python["cpu_s"],
        "python_rss_mb": python["rss_mb"],
        "python_seconds": round(python["seconds"], 1),
    }


def show(result):
    lines = [
        ("outstanding at once", f"{result['outstanding']:,}", f"{result['loads']:,} is wanted"),
        ("calls, Python / henge", f"{result['calls_ratio']:.1f}", "at least 10"),
        ("CPU, Python / henge", f"{result['cpu_ratio']:.1f}", "at least 5"),
        ("  once accepted", f"{result['cpu_ratio_accepted']:.1f}", "without writing the requests"),
        ("memory of henge", f"{result['rss_mb']:.0f} MB", "under 300"),
        ("calls a load", f"{result['calls_per_load']:.2f}", ""),
        ("CPU of henge", f"{result['cpu_s']:.1f} s", f"Python {result['python_cpu_s']:.1f} s"),
        ("all counted after", f"{result['seconds']:.0f} s", ""),
        ("all over after", f"{result['python_seconds']:.0f} s", "Python, which counts nothing"),
    ]
    for name, value, beside in lines:
        print(f"{name:22} {value:>10}   {beside}")


def arguments():
    summary_line = __doc__.split("\n")[0]
    parser = argparse.ArgumentParser(prog="./dev bench loads", description=summary_line)
    parser.add_argument("--loads", type=int, default=10_000, help="one task and one chunk each")
    parser.add_argument("--pipelines", type=int, default=100, help="which share the loads evenly")
    parser.add_argument("--poll", type=float, default=2.0, help="seconds between Python's looks")
    low, high = TASK_SECONDS
    parser.add_argument("--task-min", type=int, default=low, help="seconds that a task runs")
    parser.add_argument("--task-max", type=int, default=high)
    parser.add_argument("--json", action="store_true", help="the result as one object on stdout")
    parser.add_argument("--peer", metavar="URL", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.loads < 1 or options.pipelines < 1 or options.loads % options.pipelines:
        parser.error("--loads must be a multiple of --pipelines")
    return options


def main():
    options = arguments()
    if options.peer:
        print(json.dumps(asyncio.run(Peer(options.peer, options).run())))
        return 0
    try:
        tell("  henge")
        henge = measure_henge(options)
        tell(f"  henge   {henge['seconds']:6.1f} s, {henge['calls']:,} calls")
        python = measure_python(options)
        tell(f"  python  {python['seconds']:6.1f} s, {python['calls']:,} calls")
        result = summary(henge, python, options)
    except Failure as failure:
        tell(f"bench loads: {failure}")
        return 1
    print(json.dumps(result)) if options.json else show(result)
    return 0


if __name__ == "__main__":
    sys.exit(main())
