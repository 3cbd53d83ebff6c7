"""How fast henge scans a topic: against librdkafka that looks at nothing, and against Python.

Fills a local topic, then reads it by turns in each way and compares medians. All read the same
records, and henge and Python have to find the same late ones. Raw librdkafka is run as it comes,
with the C library's malloc, and once more with the allocator that henge is linked with. A Kafka of
its own is started for the time, unless --brokers names one.
"""

import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timedelta, timezone

import orjson
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

PROJECT = pathlib.Path(__file__).resolve().parents[1]
LAB = PROJECT / "lab/lab.py"
HOME = PROJECT / "build/bench/lab"
PORTS = 21_300
KAFKA_PORT = PORTS + 5
PARTITIONS = 4
LATENESS = timedelta(minutes=60)
BATCH = 10_000
WAYS = ("raw", "raw_jemalloc", "henge", "python")
ALLOCATOR = "libjemalloc.so.2"
ALLOCATOR_SETTINGS = "narenas:1"  # as henge has it: cmake/malloc_conf.cc


class Failure(Exception):
    """The bench can't be run; says why."""


def tell(text):
    print(text, file=sys.stderr, flush=True)


def tool(name):
    binary = pathlib.Path(os.environ.get("HENGE_BINARY", PROJECT / "build/release/henge"))
    path = binary.parent / f"henge-bench-scan-{name}"
    if not path.exists():
        raise Failure(f"{path} is not built: ./dev build release")
    return str(path)


def run(words, **settings):
    done = subprocess.run(words, capture_output=True, text=True, env={**os.environ, **settings})
    if done.returncode != 0 or "cannot be preloaded" in done.stderr:
        raise Failure(f"{words[0]}: {(done.stderr or done.stdout).strip()}")
    return done.stdout


def lab(*words):
    return run([sys.executable, str(LAB), *words, "--home", str(HOME), "--ports", str(PORTS)])


def fill(brokers, topic, records):
    admin = AdminClient({"bootstrap.servers": brokers})
    # Event and arrival times are of today, but a bench may run beside midnight and on slow disks.
    config = {"retention.ms": "-1", "message.timestamp.type": "LogAppendTime"}
    admin.create_topics([NewTopic(topic, PARTITIONS, 1, config=config)])[topic].result(30)
    run([tool("produce"), brokers, topic, str(records), str(PARTITIONS)])


def drop(brokers, topic):
    admin = AdminClient({"bootstrap.servers": brokers})
    admin.delete_topics([topic])[topic].result(30)


def run_python(brokers, topic, expected):
    """As a Python service would do it: batches, the fast JSON parser, the library's datetime."""
    started = time.monotonic()
    consumer = Consumer(
        {
            "bootstrap.servers": brokers,
            "group.id": "henge-bench",
            "enable.auto.commit": False,
            "fetch.wait.max.ms": 250,
            # A reader that empties its queue would else wait for a second each time (librdkafka).
            "fetch.queue.backoff.ms": 5,
        }
    )
    consumer.assign([TopicPartition(topic, p, 0) for p in range(PARTITIONS)])
    records = late = 0
    while records < expected:
        for message in consumer.consume(BATCH, timeout=0.05):
            if message.error():
                raise Failure(str(message.error()))
            row = orjson.loads(message.value())
            event = datetime.fromisoformat(row["ts"].replace("Z", "+00:00"))
            arrival = datetime.fromtimestamp(message.timestamp()[1] / 1000, timezone.utc)
            records += 1
            if event < arrival - LATENESS:
                late += 1
    seconds = time.monotonic() - started
    consumer.close()
    return {"records": records, "late": late, "seconds": seconds}


def one_pass(way, brokers, topic, expected):
    if way == "python":
        return run_python(brokers, topic, expected)
    folder = tempfile.mkdtemp(prefix="henge-bench-")
    try:
        settings = {} if way == "raw" else {"LD_PRELOAD": ALLOCATOR}
        if way == "henge":
            settings["MALLOC_CONF"] = ALLOCATOR_SETTINGS
        mode = "henge" if way == "henge" else "raw"
        return json.loads(run([tool("run"), mode, brokers, topic, folder], **settings))
    finally:
        shutil.rmtree(folder)


def measure(brokers, topic, options):
    passes = {way: [] for way in WAYS}
    for turn in range(options.runs):
        for way in WAYS:
            result = one_pass(way, brokers, topic, options.records)
            if result["records"] != options.records:
                raise Failure(f"{way} read {result['records']} of {options.records} records")
            passes[way].append(result)
            rate = result["records"] / result["seconds"]
            tell(f"  run {turn + 1}  {way:12}  {rate / 1e6:6.2f} million records/s")
    if passes["henge"][0]["late"] != passes["python"][0]["late"]:
        raise Failure("henge and Python found different numbers of late records")
    rates = {w: statistics.median(r["records"] / r["seconds"] for r in passes[w]) for w in WAYS}
    return {
        "records": options.records,
        "late": passes["henge"][0]["late"],
        "raw_per_s": round(rates["raw"]),
        "henge_per_s": round(rates["henge"]),
        "python_per_s": round(rates["python"]),
        "ratio_raw": round(rates["henge"] / rates["raw"], 3),
        "raw_jemalloc_per_s": round(rates["raw_jemalloc"]),
        "ratio_raw_jemalloc": round(rates["henge"] / rates["raw_jemalloc"], 3),
        "ratio_python": round(rates["henge"] / rates["python"], 2),
        "rss_mb": max(r["rss_mb"] for r in passes["henge"]),
    }


def show(result):
    print(f"raw librdkafka {result['raw_per_s']:>12,} records/s")
    print(f"with jemalloc  {result['raw_jemalloc_per_s']:>12,} records/s")
    print(f"henge          {result['henge_per_s']:>12,} records/s")
    print(f"Python         {result['python_per_s']:>12,} records/s")
    print(f"henge / raw    {result['ratio_raw']:>12.2f}   (at least 0.85 is wanted)")
    print(f"  with jemalloc{result['ratio_raw_jemalloc']:>12.2f}")
    print(f"henge / Python {result['ratio_python']:>12.1f}   (at least 8)")
    print(f"resident       {result['rss_mb']:>9.0f} MB   (under 200)")


def bench(options):
    brokers = options.brokers
    if not brokers:
        tell("starting a Kafka for the bench")
        HOME.parent.mkdir(parents=True, exist_ok=True)
        lab("start", "kafka")
        brokers = f"127.0.0.1:{KAFKA_PORT}"
    topic = f"bench_scan_{os.getpid()}"
    try:
        tell(f"filling {topic} with {options.records:,} records")
        fill(brokers, topic, options.records)
        try:
            return measure(brokers, topic, options)
        finally:
            drop(brokers, topic)
    finally:
        if not options.brokers:
            lab("reset")


def main():
    parser = argparse.ArgumentParser(prog="./dev bench scan", description=__doc__)
    add = parser.add_argument
    add("--json", action="store_true", help="print one object on stdout")
    add("--records", type=int, default=5_000_000, help="records in the topic (%(default)s)")
    add("--runs", type=int, default=3, help="runs of each way, by turns (%(default)s)")
    add("--brokers", help="a running Kafka instead of an own one: host:port")
    options = parser.parse_args()
    try:
        result = bench(options)
    except Failure as failure:
        tell(f"bench scan: {failure}")
        return 1
    if options.json:
        print(json.dumps(result))
    else:
        show(result)
    return 0


if __name__ == "__main__":
    sys.exit(main())
