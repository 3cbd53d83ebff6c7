"""Offsets: what Kafka's own tools see of Druid's position, what retention and a topic made anew do
to it, and resets after which every event is there once."""

import json
import subprocess
import sys

from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient, ConfigResource
from trial import PROJECT

from proving import events, producer
from proving.druid import quoted
from proving.henge import wait_until

SUPERVISOR = "/druid/indexer/v1/supervisor"
SECONDS = 90
EAGER = {"late": {"maxDelay": "PT1S", "minRows": 50}, "stream": {"intermediateHandoffPeriod": "PT5S"}}


def offsets(trial, expect=(0,)):
    return trial.henge.json("offsets", trial.name, expect=expect)


def group(trial):
    """Committed offset and log end of each partition, by Kafka's own kafka-consumer-groups."""
    tool = [sys.executable, str(PROJECT / "lab/lab.py"), "kafka", "consumer-groups"]
    told = subprocess.run(
        [*tool, "--describe", "--group", f"henge.{trial.name}"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    rows = {}
    for line in told.stdout.splitlines():
        words = line.split()
        if len(words) > 4 and words[1] == trial.name and words[3].isdigit():
            rows[int(words[2])] = (int(words[3]), int(words[4]))
    return rows


def drifts(trial):
    whole = trial.henge.json("drift", trial.name, expect=(0, 2))
    return {d["kind"]: d for d in whole["drifts"]}


def wait_drift(trial, kind):
    return wait_until(lambda: drifts(trial).get(kind), SECONDS, f"drift {kind}", every=1)


def reset(trial, to, expect=(0,)):
    return trial.henge.json(
        "offsets", "reset", trial.name, "--to", to, "--reason", "a trial", "--yes", expect=expect
    )


def records(trial, kind):
    lines = trial.henge.run("ledger", "export").stdout.splitlines()
    found = [json.loads(line) for line in lines]
    return [r["body"] for r in found if r["kind"] == kind and r["pipeline"] == trial.name]


def act(trial, verb):
    trial.lab.druid.post(f"{SUPERVISOR}/{quoted(trial.name)}/{verb}")


def live(trial):
    return trial.lab.druid.get(f"{SUPERVISOR}/{quoted(trial.name)}/status")["payload"]


def quiet(trial):
    status = live(trial)
    return not status["activeTasks"] and not status["publishingTasks"]


def test_reset_and_every_event_is_there_once(lab, trials):
    """Back to the earliest, killed twice on the way; ahead over a backlog; Kafka's own tool sees
    the same position as henge throughout."""
    trial = trials(lab, "resets", spec=EAGER, mixture=events.Mixture(late=0.1, unparseable=0))
    trial.burst(400)
    trial.start()
    trial.prove()
    found = offsets(trial)
    assert found["verdict"] == "ok" and found["lag"] == 0, found
    ends = {p["partition"]: (p["committed"], p["end"]) for p in found["partitions"]}
    assert sum(end for _, end in ends.values()) == 400
    wait_until(lambda: group(trial) == ends, 30, lambda: f"{group(trial)} to be {ends}", every=2)

    # A person must say yes, and without one nothing happens.
    asked = trial.henge.run("offsets", "reset", trial.name, "--to", "earliest", expect=(2,))
    assert "400 records are read again" in asked.stdout
    trial.henge.stop()
    trial.henge.serve({"HENGE_FAILPOINT": "reset.quiesced"})
    begun = subprocess.Popen(
        trial.henge.command("offsets", "reset", trial.name, "--to", "earliest", "--yes"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    trial.henge.wait_killed()
    trial.henge.serve({"HENGE_FAILPOINT": "reset.sent"})
    trial.henge.wait_killed()
    trial.burst(100)
    trial.henge.serve()
    said, errors = begun.communicate(timeout=SECONDS)
    assert begun.returncode == 0, said + errors
    assert "emptied, to be filled again" in said and "twice" not in said
    assert "are reset to earliest" in said
    trial.prove()
    assert live(trial)["suspended"] is False
    assert not drifts(trial), "a reset of henge's own is no drift"

    # A backlog that streaming is to leave out: repairs bring it in.
    act(trial, "suspend")
    wait_until(lambda: quiet(trial), 60, "no task")
    trial.burst(300)
    wait_until(lambda: trial.status()["records"] >= trial.truth.produced, 30, "the scan")
    done = reset(trial, "latest")
    assert sum(p["skipped"] for p in done["partitions"]) == 300
    assert 0 < done["effect"]["skipped_rows"] <= 300
    assert done["effect"]["doubled_rows"] == 0
    assert live(trial)["suspended"], "a person's own suspension stays"
    act(trial, "resume")
    trial.prove()
    assert len(records(trial, "reset_ended")) == 2


def test_reset_to_a_time_counts_what_is_doubled(lab, trials):
    """A chunk that is read again in part holds rows twice: counted to the row, and said so."""
    trial = trials(lab, "totime", spec=EAGER, mixture=events.Mixture(late=0, unparseable=0))
    trial.burst(200)
    trial.start()
    trial.wait_settled()
    between = producer.now_ms()
    trial.burst(200)
    trial.wait_settled()
    done = reset(trial, f"time={events.iso(between)}")
    assert sum(p["again"] for p in done["partitions"]) == 200, done
    assert done["effect"]["again_rows"] == 200
    doubled = done["effect"]["doubled_rows"]

    def judged():
        states = {c["state"] for c in trial.chunks()}
        return states <= {"sealed", "uncertain"} and (doubled == 0 or "uncertain" in states)

    wait_until(judged, 200, trial.describe, every=1)
    in_druid = sum(r["count"] for r in trial.lab.druid.rows(trial.name, ("__time", "count")))
    assert in_druid == trial.truth.on_time + doubled, "each row as often as it was read"
    for chunk in trial.chunks():
        if chunk["state"] == "uncertain":
            assert "are in it twice" in chunk["doubt"]["reason"]
            assert chunk["doubt"]["actual"] > chunk["doubt"]["expected"]


def test_retention_and_a_topic_made_anew(lab, trials):
    """Retention is seen coming, and then what it took; another topic of the same name is told from
    the one that was read, although it is longer."""
    trial = trials(lab, "retention", spec=EAGER, mixture=events.Mixture(late=0, unparseable=0))
    trial.burst(100)
    trial.start()
    trial.wait_settled()
    admin = AdminClient({"bootstrap.servers": lab.kafka, "log_level": 0})
    act(trial, "suspend")
    wait_until(lambda: quiet(trial), 60, "no task")
    trial.burst(40)
    settings = {"retention.ms": "90000", "message.timestamp.type": "LogAppendTime"}
    resource = ConfigResource(ConfigResource.Type.TOPIC, trial.name, set_config=settings)
    admin.alter_configs([resource])[resource].result(30)
    risk = wait_drift(trial, "offsets_at_risk")
    assert "kafka-configs --alter" in risk["evidence"]
    seen = offsets(trial, expect=(2,))
    assert seen["verdict"] == "at_risk" and seen["lag"] == 40
    assert 0 <= seen["retention_left_ms"] < 90_000

    # As retention does it, and at once.
    every = [TopicPartition(trial.name, p, -1) for p in range(events.PARTITIONS)]
    for deleted in admin.delete_records(every).values():
        deleted.result(30)
    lost = wait_drift(trial, "offsets_lost")
    assert lost["rows"] == 40 and f"henge offsets reset {trial.name}" in lost["evidence"]
    assert offsets(trial, expect=(2,))["lost"] == 40

    producer.delete_topic(lab.kafka, trial.name)
    made = lambda: producer.make_topic(lab.kafka, trial.name) or True  # noqa: E731
    wait_until(lambda: attempt(made), 30, "the topic to be made anew")
    trial.burst(400)
    wait_drift(trial, "topic_recreated")
    assert offsets(trial, expect=(2,))["verdict"] == "ahead"
    refused = trial.henge.run(
        "offsets", "reset", trial.name, "--to", "latest", "--yes", expect=(3,)
    )
    assert "made anew" in refused.stderr
    act(trial, "resume")
    done = reset(trial, "earliest")
    assert done["topic_made_anew"]

    def rows():
        found = trial.lab.druid.rows(trial.name, ("__time", "count"))
        return sum(row["count"] for row in found)

    wait_until(lambda: rows() == 500, 120, lambda: f"{rows()} rows, of 100 and 400", every=2)
    wait_until(lambda: offsets(trial, expect=(0, 2))["verdict"] == "ok", 30, "all to be well")


def attempt(call):
    try:
        return call()
    except producer.KafkaException:
        return False
