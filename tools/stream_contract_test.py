"""A stream through Druid, from its first row to the last hand-off: what henge relies on.

Runs on Druid's twin (HENGE_TEST_BUILD: the folder with henge-twin), whose time goes faster; or on
a real Druid: HENGE_TEST_DRUID_URL (the Router) and HENGE_TEST_KAFKA.
"""

import datetime
import json
import os
import pathlib
import subprocess
import time
import urllib.error
import urllib.request
import uuid

import pytest

BUILD = os.environ.get("HENGE_TEST_BUILD")
REAL = os.environ.get("HENGE_TEST_STREAM_DRUID_URL")
KAFKA = os.environ.get("HENGE_TEST_KAFKA", "127.0.0.1:9092")
SPEED = 1 if REAL else 20
HOUR_MS = 3_600_000


class Druid:
    """Paths of Druid's own; time is Druid's."""

    def __init__(self, url):
        self.url = url
        self.name = f"henge_contract_stream_{uuid.uuid4().hex[:6]}"

    def call(self, path, body=None, method=None):
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        with urllib.request.urlopen(request, timeout=120) as answer:
            return json.loads(answer.read() or b"null")

    def indexer(self, path, body=None, method=None):
        return self.call("/druid/indexer/v1" + path, body, method)

    def change(self, verb):
        return self.indexer(f"/supervisor/{self.name}/{verb}", method="POST")

    def status(self):
        answer = self.indexer(f"/supervisor/{self.name}/status")
        made = datetime.datetime.fromisoformat(answer["generationTime"].replace("Z", "+00:00"))
        return answer["payload"], made.timestamp()

    def task_state(self, task):
        return self.indexer("/taskStatus", [task])[task]["status"]

    def used(self):
        path = f"/druid/coordinator/v1/metadata/datasources/{self.name}/segments?full"
        return self.call(path, ["2000-01-01/2100-01-01"])

    def counted(self):
        """Rows by segment."""
        query = {
            "queryType": "timeseries",
            "dataSource": self.name,
            "intervals": ["2000-01-01T00:00:00.000Z/2100-01-01T00:00:00.000Z"],
            "granularity": "HOUR",
            "aggregations": [{"type": "longSum", "name": "rows", "fieldName": "count"}],
            "context": {"bySegment": True, "skipEmptyBuckets": True, "useCache": False},
        }
        out = {}
        for entry in self.call("/druid/v2/", query):
            rows = sum(one["result"]["rows"] for one in entry["result"]["results"])
            out[entry["result"]["segment"]] = out.get(entry["result"]["segment"], 0) + rows
        return out

    def rows(self):
        return sum(self.counted().values())

    def spec(self):
        rule = f'__time >= "kafka.timestamp" - {HOUR_MS}'
        return {
            "type": "kafka",
            "context": {"useConcurrentLocks": True},
            "spec": {
                "dataSchema": {
                    "dataSource": self.name,
                    "timestampSpec": {"column": "ts", "format": "millis"},
                    "dimensionsSpec": {"dimensions": ["id"]},
                    "metricsSpec": [{"type": "count", "name": "count"}],
                    "granularitySpec": {
                        "segmentGranularity": "DAY",
                        "queryGranularity": "NONE",
                        "rollup": False,
                    },
                    "transformSpec": {"filter": {"type": "expression", "expression": rule}},
                },
                "ioConfig": {
                    "topic": self.name,
                    "consumerProperties": {"bootstrap.servers": KAFKA},
                    "inputFormat": {"type": "kafka", "valueFormat": {"type": "json"}},
                    "taskDuration": "PT1M",
                    "useEarliestOffset": True,
                },
                "tuningConfig": {"type": "kafka"},
            },
        }


class TwinTopic:
    def __init__(self, druid):
        self.druid = druid

    def produce(self, partition, values):
        url = f"{self.druid.url}/kafka/{self.druid.name}/{partition}"
        request = urllib.request.Request(url, "\n".join(values).encode(), method="POST")
        urllib.request.urlopen(request, timeout=20).close()


class RealTopic:
    def __init__(self, druid):
        from confluent_kafka import Producer
        from confluent_kafka.admin import AdminClient, NewTopic

        config = {"message.timestamp.type": "LogAppendTime"}
        topic = NewTopic(druid.name, 2, 1, config=config)
        admin = AdminClient({"bootstrap.servers": KAFKA})
        admin.create_topics([topic])[druid.name].result(30)
        self.name = druid.name
        self.producer = Producer({"bootstrap.servers": KAFKA})

    def produce(self, partition, values):
        for value in values:
            self.producer.produce(self.name, value, partition=partition)
        assert self.producer.flush(30) == 0


@pytest.fixture
def druid():
    if REAL:
        yield Druid(REAL)
        return
    if not BUILD:
        pytest.skip("neither HENGE_TEST_BUILD nor HENGE_TEST_STREAM_DRUID_URL is set")
    command = [pathlib.Path(BUILD) / "henge-twin", "--speed", str(SPEED)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        yield Druid(process.stdout.readline().strip())
    finally:
        process.terminate()
        assert process.wait(20) == 0


def wait(holds, seconds=200):
    """Until it holds, by Druid's time, which is only roughly known."""
    for _ in range(int(seconds * 4)):
        found = holds()
        if found:
            return found
        time.sleep(0.25 / SPEED)
    raise AssertionError("never came")


def offsets(numbers):
    return {int(partition): offset for partition, offset in (numbers or {}).items()}


def committed(status):
    """The stored offsets, as a suspended supervisor tells them."""
    lag = offsets(status["minimumLag"])
    return {p: latest - lag[p] for p, latest in offsets(status["latestOffsets"]).items()}


def row(number, when, age_ms=0):
    return json.dumps({"ts": int(when * 1000) - age_ms, "id": f"row {number}"})


def test_a_stream_from_its_first_row_to_its_last_hand_off(druid):
    topic = RealTopic(druid) if REAL else TwinTopic(druid)
    topic.produce(0, ["no json"])
    assert druid.indexer("/supervisor", druid.spec()) == {"id": druid.name}
    status, begun = druid.status()
    assert (status["state"], status["detailedState"]) == ("PENDING", "PENDING")
    assert (status["activeTasks"], status["publishingTasks"]) == ([], [])
    assert not status.get("latestOffsets")
    wait(lambda: druid.status()[0]["detailedState"] == "RUNNING")
    assert druid.status()[0]["activeTasks"] == [], "listed from the supervisor's next pass on"

    late = [row(100 + i, begun, 2 * HOUR_MS) for i in range(3)]
    topic.produce(0, [row(i, begun) for i in range(10)] + late)
    topic.produce(1, [row(10 + i, begun) for i in range(5)])
    first = wait(lambda: druid.status()[0]["activeTasks"])[0]
    assert offsets(first["startingOffsets"]) == {0: 0, 1: 0}
    wait(lambda: druid.status()[0].get("latestOffsets"))
    assert 10 <= druid.status()[1] - begun <= 45, "the topic's ends are known after 20 s or so"
    wait(lambda: druid.rows() == 15)
    assert druid.used() == []
    reported = druid.indexer(f"/task/{first['id']}/reports")["ingestionStatsAndErrors"]["payload"]
    totals = reported["rowStats"]["totals"]["buildSegments"]
    assert (totals["processed"], totals["thrownAway"], totals["unparseable"]) == (15, 3, 1)

    follow_the_first_hand_off(druid, first)
    suspension_tells_the_stored_offsets(druid, topic, begun)
    a_task_that_dies_is_replaced(druid)

    assert druid.change("terminate") == {"id": druid.name}
    with pytest.raises(urllib.error.HTTPError) as gone:
        druid.status()
    assert gone.value.code == 404
    history = druid.indexer(f"/supervisor/{druid.name}/history")
    assert history[0]["spec"]["type"] == "noop"
    assert [one["spec"]["suspended"] for one in history[1:]] == [False, True, False]
    wait(lambda: not active(druid))
    assert druid.rows() == 19


def active(druid):
    return [
        task["id"]
        for state in ("waiting", "pending", "running")
        for task in druid.indexer(f"/tasks?state={state}&datasource={druid.name}")
    ]


def follow_the_first_hand_off(druid, first):
    """The count stays the same from the task's memory to a historical."""
    published = []
    successor = []

    def over():
        assert druid.rows() == 15
        published[:] = published or druid.used()
        status, _ = druid.status()
        if any(task["id"] == first["id"] for task in status["publishingTasks"]):
            successor[:] = successor or status["activeTasks"]
        return druid.task_state(first["id"]) == "SUCCESS"

    wait(over)
    assert len(published) == 1
    assert published[0]["version"] == "1970-01-01T00:00:00.000Z"
    assert published[0]["shardSpec"] == {"type": "numbered", "partitionNum": 0, "partitions": 0}
    assert published[0]["metrics"] == "count"
    assert set(druid.counted()) == {published[0]["identifier"]}
    assert successor, "the next group reads while the first one publishes"
    assert offsets(successor[0]["startingOffsets"]) == {0: 14, 1: 5}


def suspension_tells_the_stored_offsets(druid, topic, begun):
    assert druid.change("suspend")["suspended"] is True
    with pytest.raises(urllib.error.HTTPError) as again:
        druid.change("suspend")
    assert again.value.code == 400
    status, _ = druid.status()
    assert (status["suspended"], status["state"]) == (True, "PENDING"), "it has just started"
    assert not status.get("latestOffsets")
    assert (status["activeTasks"], status["publishingTasks"]) == ([], [])
    wait(lambda: druid.status()[0]["detailedState"] == "SUSPENDED")
    topic.produce(0, [row(20 + i, begun) for i in range(4)])

    def quiet():
        found, _ = druid.status()
        known = found.get("latestOffsets")
        idle = not found["activeTasks"] and not found["publishingTasks"] and not active(druid)
        return found if known and idle and offsets(known)[0] == 18 else None

    status = wait(quiet)
    assert committed(status) == {0: 14, 1: 5}
    assert druid.rows() == 15
    assert druid.change("resume")["suspended"] is False
    wait(lambda: druid.rows() == 19)


def a_task_that_dies_is_replaced(druid):
    task = wait(lambda: druid.status()[0]["activeTasks"])[0]["id"]
    assert druid.indexer(f"/task/{task}/shutdown", method="POST") == {"task": task}
    wait(lambda: druid.task_state(task) == "FAILED")
    wait(lambda: [one for one in druid.status()[0]["activeTasks"] if one["id"] != task])
    wait(lambda: druid.rows() == 19)
    assert len(druid.used()) >= 1
