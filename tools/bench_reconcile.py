"""How fast henge observes a large Druid and compares it with what is declared.

A server gives the answers of a Druid with many pipelines over loopback. By turns the same
observation and comparison are made by henge's own reconciler and by a Python client (aiohttp,
orjson), and the same bytes are received into nothing and parsed from memory by simdjson: the limit.
Medians are compared. Then henge's engine runs for a while with nothing to do, and the server counts
its calls; some datasources change, and are found; and a ledger of a million events is opened.
"""

import argparse
import asyncio
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from datetime import datetime, timezone

import aiohttp
import orjson

PROJECT = pathlib.Path(__file__).resolve().parents[1]
RECORDED = PROJECT / "tests/golden/druid"
PARTITIONS = 4
FIRST_HOUR = datetime(2026, 1, 1, tzinfo=timezone.utc).timestamp()
DIMENSIONS = "country city device browser language page referrer campaign user".split()
COLUMNS = frozenset([*DIMENSIONS, "count", "bytes_sum", "latency_ms_sum"])
NAMES_PER_CALL = 225
STATUSES_PER_ROUND = 15
QUIET_ROUNDS = 3


class Failure(Exception):
    """The bench can't be run; says why."""


def tell(text):
    print(text, file=sys.stderr, flush=True)


def tool(name):
    binary = pathlib.Path(os.environ.get("HENGE_BINARY", PROJECT / "build/release/henge"))
    path = binary.parent / f"henge-bench-reconcile{name}"
    if not path.exists():
        raise Failure(f"{path} is not built: ./dev build release")
    return str(path)


def run(words):
    done = subprocess.run(words, capture_output=True, text=True)
    if done.returncode != 0:
        raise Failure(f"{words[0]}: {(done.stderr or done.stdout).strip()}")
    return json.loads(done.stdout)


class Server:
    def __init__(self, options):
        sizes = [str(options.pipelines), str(options.tasks), str(options.segments)]
        self.process = subprocess.Popen(
            [tool("-server"), *sizes, str(RECORDED)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        port = self.process.stdout.readline().strip()
        if not port:
            raise Failure("the server did not start")
        self.url = f"http://127.0.0.1:{port}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(10)


def interval_of(chunk):
    def iso(seconds):
        moment = datetime.fromtimestamp(seconds, timezone.utc)
        return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")

    start = FIRST_HOUR + chunk * 3600
    return f"{iso(start)}/{iso(start + 3600)}"


def is_hour(interval):
    start, end = (datetime.fromisoformat(t.replace("Z", "+00:00")) for t in interval.split("/"))
    return start.minute == 0 and start.second == 0 and (end - start).total_seconds() == 3600


class Peer:
    """The observation and the comparison as a Python service would do them."""

    def __init__(self, url, options):
        self.url = url
        self.names = [f"pipeline_{n:04}" for n in range(options.pipelines)]
        self.desired = {}
        self.known = {}  # chunks that are sealed, and how many segments they have
        self.digests = {}
        self.views = {}
        self.hours = {}
        self.asked = 0  # of the pipelines' statuses
        per_pipeline = options.segments // options.pipelines
        for name in self.names:
            chunks = defaultdict(int)
            for number in range(per_pipeline):
                chunks[number // PARTITIONS] += 1
            self.known[name] = {interval_of(chunk): count for chunk, count in chunks.items()}

    async def get(self, target):
        async with self.session.get(self.url + target) as answer:
            answer.raise_for_status()
            return orjson.loads(await answer.read())

    async def post(self, target, body):
        async with self.session.post(self.url + target, data=orjson.dumps(body)) as answer:
            answer.raise_for_status()
            return orjson.loads(await answer.read())

    async def leader(self):
        async with self.session.get(self.url + "/druid/indexer/v1/leader") as answer:
            answer.raise_for_status()
            return await answer.text()

    def next_names(self):
        first, self.asked = self.asked, (self.asked + STATUSES_PER_ROUND) % len(self.names)
        return (self.names + self.names)[first : first + min(STATUSES_PER_ROUND, len(self.names))]

    async def observe(self):
        indexer, coordinator = "/druid/indexer/v1", "/druid/coordinator/v1"
        filters = [{"datasource": name, "priority": 0} for name in self.names]
        leader = await self.leader()
        answers = await asyncio.gather(
            self.get(f"{indexer}/supervisor?full"),
            self.get(f"{indexer}/tasks?state=waiting"),
            self.get(f"{indexer}/tasks?state=pending"),
            self.get(f"{indexer}/tasks?state=running"),
            self.post(f"{indexer}/activeLocks", filters),
            self.get(f"{coordinator}/rules"),
            self.get(f"{coordinator}/config/compaction"),
            self.post("/druid/v2/sql", {"query": "SELECT", "resultFormat": "object"}),
            *(self.get(f"{indexer}/supervisor/{name}/status") for name in self.next_names()),
        )
        supervisors, waiting, pending, running, locks, rules, compaction, rows, *statuses = answers
        leader_after = await self.leader()
        if leader_after != leader:
            raise Failure("another Overlord leads")
        digests = {row["datasource"]: row for row in rows}
        changed = [name for name in self.names if self.digests.get(name) != digests.get(name)]
        self.digests = digests
        return {
            "supervisors": {one["id"]: one for one in supervisors},
            "tasks": waiting + pending + running,
            "locks": locks["datasourceToLocks"],
            "rules": rules,
            "compaction": {one["dataSource"]: one for one in compaction["compactionConfigs"]},
            "statuses": statuses,
            "changed": changed,
        }

    async def list_segments(self, names):
        """Call after call: a list is dropped before the next comes."""
        for first in range(0, len(names), NAMES_PER_CALL):
            some = names[first : first + NAMES_PER_CALL]
            query = "&".join(f"datasources={name}" for name in some)
            target = "/druid/coordinator/v1/metadata/segments?includeOvershadowedStatus&" + query
            views = {name: ({}, defaultdict(int), []) for name in some}
            for segment in await self.get(target):
                self.view(segment, *views[segment["dataSource"]])
            self.views.update(views)

    def view(self, segment, chunks, odd, columns):
        if segment["overshadowed"]:
            return
        interval = segment["interval"]
        hour = self.hours.get(interval)
        if hour is None:
            hour = self.hours[interval] = is_hour(interval)
        if not hour:
            odd[interval] += 1
        chunk = chunks.setdefault(interval, [0, 0, set()])
        chunk[0] += 1
        chunk[1] += segment["numRows"] or 0
        chunk[2].add((segment["version"], segment["shardSpec"]["partitionNum"]))
        shape = (segment["dimensions"], segment["metrics"])
        if shape not in columns:
            columns.append(shape)

    def differences(self, world):
        if not self.desired:
            self.desired = {name: one["spec"] for name, one in world["supervisors"].items()}
        tasks = defaultdict(list)
        for task in world["tasks"]:
            tasks[task["dataSource"]].append(task)
        drifts = []
        for name in self.names:
            live = world["supervisors"].get(name)
            if live is None:
                drifts.append((name, "missing"))
                continue
            if live["spec"] != self.desired[name]:
                drifts.append((name, "edited"))
            if live["spec"]["suspended"] or not live["healthy"]:
                drifts.append((name, live["state"]))
            if any(not task["groupId"].startswith(f"index_kafka_{name}") for task in tasks[name]):
                drifts.append((name, "foreign task"))
            if any(lock["revoked"] for lock in world["locks"].get(name, [])):
                drifts.append((name, "revoked lock"))
            if self.digests[name]["unavailable"]:
                drifts.append((name, "unavailable"))
            if name not in world["rules"] or name not in world["compaction"]:
                drifts.append((name, "settings"))
            drifts += self.segment_differences(name)
        return drifts

    def segment_differences(self, name):
        chunks, odd, columns = self.views[name]
        known = self.known[name]
        for interval, count in known.items():
            if interval not in chunks or chunks[interval][0] != count:
                yield (name, interval)
        for interval in chunks:
            if interval not in known:
                yield (name, interval)
        if odd:
            yield (name, "granularity")
        for dimensions, metrics in columns:
            if not COLUMNS.issuperset(dimensions.split(",") + metrics.split(",")):
                yield (name, "schema")

    async def round(self):
        begun = time.monotonic()
        world = await self.observe()
        await self.list_segments(world["changed"])
        drifts = self.differences(world)
        if drifts:
            raise Failure(f"Python found drift where there is none: {drifts[:3]}")
        return time.monotonic() - begun

    async def run(self):
        async with aiohttp.ClientSession(headers={"Accept-Encoding": "identity"}) as self.session:
            first = await self.round()
            quiet = [await self.round() for _ in range(QUIET_ROUNDS)]
        return {"round_s": first, "unchanged_round_s": statistics.median(quiet)}


def run_python(url, options):
    """In a process of its own, for its memory and its collector."""
    words = [sys.executable, __file__, "--peer", url]
    words += ["--pipelines", str(options.pipelines), "--segments", str(options.segments)]
    return run(words)


def measure(url, options):
    sizes = [url, str(options.pipelines), str(options.segments)]
    passes = defaultdict(list)
    for turn in range(options.runs):
        for way in ("limit", "henge", "python"):
            result = run_python(url, options) if way == "python" else run([tool(""), way, *sizes])
            passes[way].append(result)
            seconds = result.get("round_s", result.get("seconds"))
            tell(f"  run {turn + 1}  {way:6}  {seconds:7.2f} s")
    return passes


def median(results, key):
    return statistics.median(result[key] for result in results)


def cold_start(options):
    with tempfile.TemporaryDirectory(prefix="henge-bench-") as folder:
        words = [tool(""), "ledger", f"{folder}/ledger.db", str(options.events)]
        tell(f"  writing a ledger of {options.events:,} events")
        return run(words)


def one_by_one(url, options):
    """What is measured once: the loop left alone, and a round after changes."""
    sizes = [url, str(options.pipelines), str(options.segments)]
    tell(f"  the engine is left alone for {options.idle} s")
    idle = run([tool(""), "idle", *sizes, str(options.idle)])
    changed = run([tool(""), "changed", *sizes, str(max(1, options.pipelines // 100))])
    return idle, changed


def summary(passes, idle, changed, ledger, options):
    henge, python, limit = passes["henge"], passes["python"], passes["limit"]
    round_s = median(henge, "round_s")
    peak = max(one["rss_peak_mb"] - one["rss_before_mb"] for one in henge)
    quiet = median(henge, "unchanged_round_s")
    return {
        "ratio_python": round(median(python, "round_s") / round_s, 2),
        "ratio_limit": round(round_s / median(limit, "seconds"), 2),
        "mb_per_million_segments": round(peak * 1e6 / options.segments, 1),
        "round_s": round(round_s, 3),
        "unchanged_round_s": round(quiet, 4),
        "cold_start_s": ledger["open_s"],
        "idle_calls_per_s": idle["calls_per_s"],
        "pipelines": options.pipelines,
        "tasks": options.tasks,
        "segments": options.segments,
        "ratio_python_unchanged": round(median(python, "unchanged_round_s") / quiet, 2),
        "python_round_s": round(median(python, "round_s"), 3),
        "python_unchanged_round_s": round(median(python, "unchanged_round_s"), 4),
        "limit_s": round(median(limit, "seconds"), 3),
        "limit_receive_s": round(median(limit, "receive_s"), 3),
        "limit_parse_s": round(median(limit, "parse_s"), 3),
        "round_cpu_s": round(median(henge, "round_cpu_s"), 3),
        "changed_round_s": round(changed["changed_round_s"], 4),
        "changed_datasources": changed["changed"],
        "changed_calls": changed["calls"],
        "calls": henge[0]["calls"],
        "unchanged_calls": henge[0]["unchanged_calls"],
        "idle_s": idle["seconds"],
        "idle_calls": idle["calls"],
        "ledger": ledger,
    }


def show(result):
    lines = [
        ("round", f"{result['round_s']:.2f} s", ""),
        ("unchanged round", f"{result['unchanged_round_s']:.3f} s", ""),
        ("one in 100 changed", f"{result['changed_round_s']:.3f} s", ""),
        ("Python / henge", f"{result['ratio_python']:.1f}", "at least 10 is wanted"),
        ("henge / limit", f"{result['ratio_limit']:.2f}", "at most 1.5"),
        ("memory of a million", f"{result['mb_per_million_segments']:.0f} MB", "at most 250"),
        ("cold start", f"{result['cold_start_s']:.2f} s", "under 5"),
        ("calls when idle", f"{result['idle_calls_per_s']:.2f} /s", "at most 1"),
    ]
    for name, value, wanted in lines:
        print(f"{name:20} {value:>10}   {wanted}")


def arguments():
    summary_line = __doc__.split("\n")[0]
    parser = argparse.ArgumentParser(prog="./dev bench reconcile", description=summary_line)
    parser.add_argument("--pipelines", type=int, default=1_000)
    parser.add_argument("--tasks", type=int, default=5_000)
    parser.add_argument("--segments", type=int, default=1_000_000)
    parser.add_argument("--events", type=int, default=1_000_000, help="of the ledger")
    parser.add_argument("--idle", type=int, default=60, help="seconds the engine is left alone")
    parser.add_argument("--runs", type=int, default=3, help="of each way; medians count")
    parser.add_argument("--json", action="store_true", help="the result as one object on stdout")
    parser.add_argument("--peer", metavar="URL", help=argparse.SUPPRESS)
    return parser.parse_args()


def main():
    options = arguments()
    if options.peer:
        print(json.dumps(asyncio.run(Peer(options.peer, options).run())))
        return 0
    try:
        with Server(options) as server:
            passes = measure(server.url, options)
            idle, changed = one_by_one(server.url, options)
        result = summary(passes, idle, changed, cold_start(options), options)
    except Failure as failure:
        tell(f"bench reconcile: {failure}")
        return 1
    if options.json:
        print(json.dumps(result))
    else:
        show(result)
    return 0


if __name__ == "__main__":
    sys.exit(main())
