"""Offsets: what Kafka's own tools see of Druid's position, what retention and a topic made anew do
to it, and resets after which every event is there once."""

import json
import subprocess
import sys

from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient, ConfigResource

from proving import events, producer
from proving.druid import quoted
from proving.henge import PATIENCE, PROJECT, wait_until

SUPERVISOR = "/druid/indexer/v1/supervisor"
SECONDS = 90
EAGER = {
    "late": {"maxDelay": "PT1S", "minRows": 50},
    "stream": {"intermediateHandoffPeriod": "PT5S"},
}


def offsets(trial, expect=(0,)):
    return trial.henge.json("offsets", trial.name, expect=expect)


def stored(trial):
    """A suspended supervisor looks into its store once in a while only."""
    partitions = offsets(trial, expect=(0, 2))["partitions"]
    return all(p["committed"] is not None for p in partitions)


def group(trial):
    """Committed offset and log end of each partition, by Kafka's own kafka-consumer-groups."""
    tool = [sys.executable, str(PROJECT / "lab/lab.py"), "kafka", "consumer-groups"]
    told = subprocess.run(
        [*tool, "--describe", "--group", f"henge.{trial.name}"],
        capture_output=True,
        text=True,
        timeout=60 * PATIENCE,
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


def reading(trial):
    """How many records streaming has read, as Druid tells it twice a minute."""
    return sum(p["reading"] or 0 for p in offsets(trial, expect=(0, 2))["partitions"])


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
    """Suspended, and Druid's own loop has noticed: only then it shows what is stored."""
    status = live(trial)
    tasks = status["activeTasks"] or status["publishingTasks"]
    return not tasks and status["detailedState"] == "SUSPENDED"


def counted(trial):
    """Rows in Druid, as Druid counts them."""
    return sum(row[1] for row in trial.lab.druid.rows(trial.name, ("__time", "count")))


def wait_judged(trial):
    """All was scanned, and each chunk's count came out - once, or exactly doubled."""

    def judged():
        status = trial.status()
        return (
            status["records"] >= trial.truth.produced
            and {chunk["state"] for chunk in trial.chunks()} <= {"sealed", "uncertain"}
            and not status["late"]["waiting"]
            and not status["late"]["repairing"]
        )

    wait_until(judged, 200, trial.describe, every=1)
    for chunk in trial.chunks():
        if chunk["state"] == "uncertain":
            assert "are in it twice" in chunk["doubt"]["reason"]
            assert chunk["doubt"]["actual"] > chunk["doubt"]["expected"]


class Beside:
    """More than 2,000 records a second while something is done."""

    def __init__(self, trial):
        self.truth = trial.truth
        self.before = trial.truth.produced
        pace = producer.Pace(self.before + 1_320_000, seconds=600, before=self.before)
        self.production = producer.Production(trial.stream, trial.maker, pace)

    def __enter__(self):
        self.production.start()
        return self

    def __exit__(self, *failed):
        rate = (self.truth.produced - self.before) / self.production.elapsed
        alive = self.production.is_alive()
        self.production.stop()
        self.production.join()
        if not any(failed):
            assert self.production.error is None
            assert alive and rate > 2_000, "all of this was to happen beside the stream"


def test_reset_and_every_event_is_there_once(lab, trials):
    """Back to the earliest, killed twice on the way; ahead over a backlog; Kafka's own tool sees
    the same position as henge throughout."""
    trial = trials(lab, "resets", spec=EAGER, mixture=events.Mixture(late=0.1, unparseable=0))
    trial.burst(400)
    trial.start()
    trial.prove()
    # What is surely committed moves when a task ends.
    wait_until(lambda: offsets(trial)["lag"] == 0, SECONDS, "all to be committed", every=1)
    found = offsets(trial)
    assert found["verdict"] == "ok", found
    ends = {p["partition"]: (p["committed"], p["end"]) for p in found["partitions"]}
    assert sum(end for _, end in ends.values()) == 400
    wait_until(lambda: group(trial) == ends, 30, lambda: f"{group(trial)} to be {ends}", every=2)

    # A person must say yes, and without one nothing happens.
    asked = trial.henge.run("offsets", "reset", trial.name, "--to", "earliest", expect=(2,))
    assert "400 records are read again" in asked.stdout
    with Beside(trial):
        trial.henge.stop()
        trial.henge.serve({"HENGE_FAILPOINT": "reset.quiesced"})
        wait_until(lambda: trial.status()["whole"]["serving"], 30, "a henge that listens")
        begun = subprocess.Popen(
            trial.henge.command("offsets", "reset", trial.name, "--to", "earliest", "--yes"),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        trial.henge.wait_killed()
        trial.henge.serve({"HENGE_FAILPOINT": "reset.sent"})
        trial.henge.wait_killed()
        trial.henge.serve()
        said, errors = begun.communicate(timeout=SECONDS * PATIENCE)
        assert begun.returncode == 0, said + errors
        assert "are reset to earliest" in said
        # The new tasks read what was read before, and what comes in.
        wait_until(lambda: trial.status()["records"] > 60_000, 60, "more of the stream")
    assert live(trial)["suspended"] is False
    measured = records(trial, "reset_measured")
    assert len(measured) == 1, "measured once, however often it was begun"
    again = sum(sum(chunk["again"].values()) for chunk in measured[0]["chunks"])
    wait_judged(trial)
    assert counted(trial) == trial.truth.on_time + trial.truth.late + again
    assert not {"offsets_moved", "topic_recreated"} & set(drifts(trial)), "henge did that itself"

    # A backlog that streaming is to leave out: repairs bring it in.
    act(trial, "suspend")
    wait_until(lambda: quiet(trial), 60, "no task")
    trial.burst(300)
    wait_until(lambda: trial.status()["records"] >= trial.truth.produced, 30, "the scan")
    wait_until(lambda: stored(trial), 90, "Druid to tell what it has stored")
    done = reset(trial, "latest")
    assert sum(p["skipped"] for p in done["partitions"]) == 300
    assert 0 < done["effect"]["skipped_rows"] <= 300
    assert done["effect"]["doubled_rows"] == 0
    assert live(trial)["suspended"], "a person's own suspension stays"
    act(trial, "resume")
    wait_judged(trial)
    assert counted(trial) == trial.truth.on_time + trial.truth.late + again
    assert len(records(trial, "reset_ended")) == 2


def test_reset_to_a_time_counts_what_is_doubled(lab, trials):
    """A chunk that is read again in part holds rows twice: counted to the row, and said so."""
    trial = trials(lab, "totime", spec=EAGER, mixture=events.Mixture(late=0, unparseable=0))
    trial.start()
    with Beside(trial):
        wait_until(lambda: trial.status()["records"] > 20_000, 60, "some of the stream")
        between = producer.now_ms()
        wait_until(lambda: reading(trial) > 60_000, 90, "Druid to have read more", every=1)
        done = reset(trial, f"time={events.iso(between)}")
    # It was shown how far streaming had read; it reads on until it stands.
    again = done["effect"]["doubled_rows"]
    assert 0 < sum(p["again"] for p in done["partitions"]) <= again, done
    wait_judged(trial)
    assert counted(trial) == trial.truth.on_time + again, "each row as often as it was read"
    assert "uncertain" in {c["state"] for c in trial.chunks()}, "chunks that hold rows twice"


def streamed(trial):
    """Rows in Druid that came by streaming: no repair is under way, and the others are counted."""

    def calm():
        status = trial.status()["late"]
        rows = counted(trial) - status["repaired"]
        return (not status["repairing"] and status == trial.status()["late"]) and (rows,)

    return wait_until(calm, 200, "no repair under way", every=1)[0]


def take_records(admin, topic):
    """As retention does it, and at once."""
    every = [TopicPartition(topic, p, -1) for p in range(events.PARTITIONS)]
    for deleted in admin.delete_records(every).values():
        deleted.result(30)


def test_retention_and_a_topic_made_anew(lab, trials):
    """Retention is seen coming, and then what it took; another topic of the same name is told from
    the one that was read. Records come in throughout."""
    trial = trials(lab, "retention", spec=EAGER, mixture=events.Mixture(late=0.1, unparseable=0))
    trial.burst(100)
    trial.start()
    trial.wait_settled()
    admin = AdminClient({"bootstrap.servers": lab.kafka, "log_level": 0})
    with Beside(trial):
        act(trial, "suspend")
        wait_until(lambda: quiet(trial), 60, "no task")
        settings = {"retention.ms": "90000", "message.timestamp.type": "LogAppendTime"}
        resource = ConfigResource(ConfigResource.Type.TOPIC, trial.name, set_config=settings)
        admin.alter_configs([resource])[resource].result(30)
        risk = wait_drift(trial, "offsets_at_risk")
        assert "kafka-configs --alter" in risk["evidence"]
        wait_until(lambda: stored(trial), 90, "Druid to tell what it has stored")
        seen = offsets(trial, expect=(2,))
        assert seen["verdict"] == "at_risk"
        assert 0 <= seen["retention_left_ms"] < 90_000
        take_records(admin, trial.name)
        lost = wait_drift(trial, "offsets_lost")
        seen = offsets(trial, expect=(2,))
        gone = sum(p["log_start"] - p["committed"] for p in seen["partitions"])
        assert seen["lost"] == lost["rows"] == gone > 2_000
        assert f"henge offsets reset {trial.name}" in lost["evidence"]
    before = streamed(trial) - trial.truth.on_time

    producer.delete_topic(lab.kafka, trial.name)
    made = lambda: producer.make_topic(lab.kafka, trial.name) or True  # noqa: E731
    wait_until(lambda: attempt(made), 30, "the topic to be made anew")
    with Beside(trial):
        wait_drift(trial, "topic_recreated")
        assert offsets(trial, expect=(2,))["verdict"] == "ahead"
        refused = trial.henge.run(
            "offsets", "reset", trial.name, "--to", "latest", "--yes", expect=(3,)
        )
        assert "made anew" in refused.stderr
        done = reset(trial, "earliest")
        assert done["topic_made_anew"]
        act(trial, "resume")
        wait_until(lambda: reading(trial) > 20_000, SECONDS, "the new topic to be read", every=1)
    expected = before + trial.truth.on_time
    wait_until(lambda: streamed(trial) == expected, 200, trial.describe, every=2)
    wait_until(lambda: offsets(trial, expect=(0, 2))["verdict"] == "ok", 30, "all to be well")


def attempt(call):
    try:
        return call()
    except producer.KafkaException:
        return False
