"""Druid's own faults: failed tasks that published, tasks killed by hand, suspended supervisors."""

import json

from fault_proxy import FaultProxy

from proving import events, producer
from proving.druid import DruidError
from proving.henge import wait_until

TASK = "/druid/indexer/v1/task"
LATE_ONLY = events.Mixture(late=1, unparseable=0)


def is_repair(method, path, body):
    return method == "POST" and path == TASK and b'"index_parallel"' in body


def make_wait(method, path, body):
    """The task waits until its segments are loaded as often as the rules want."""
    if not is_repair(method, path, body):
        return body
    task = json.loads(body)
    task["spec"]["tuningConfig"]["awaitSegmentAvailabilityTimeoutMillis"] = 600_000
    return json.dumps(task).encode()


def ingestion_state(druid, task):
    try:
        report = druid.get(f"{TASK}/{task}/reports")
    except DruidError:
        return None
    return (report or {}).get("ingestionStatsAndErrors", {}).get("payload", {}).get(
        "ingestionState"
    )


def test_a_repair_that_failed_after_it_had_published(lab, trials):
    """FAILED, and its rows are there: found by counting, and not sent again."""
    with FaultProxy(lab.router, edit=make_wait) as proxy:
        trial = trials(lab, "published", druid_url=proxy.url, mixture=LATE_ONLY)
        # Two replicas, one historical: what the task waits for never comes.
        two = [{"type": "loadForever", "tieredReplicants": {"_default_tier": 2}}]
        lab.druid.post(f"/druid/coordinator/v1/rules/{trial.name}", two)
        trial.burst(500)
        trial.start()
        task = wait_until(trial.repair_tasks, 90, "a repair task")[0]["id"]
        waiting = "SEGMENT_AVAILABILITY_WAIT"
        wait_until(lambda: ingestion_state(lab.druid, task) == waiting, 90, waiting, every=0.2)
        lab.druid.shutdown(task)
        trial.prove()
        ended = {t["id"]: t["statusCode"] for t in trial.repair_tasks()}
        assert ended[task] == "FAILED"
        assert not any(name.endswith("_2") for name in ended), "no second attempt"
        lab.druid.post(f"/druid/coordinator/v1/rules/{trial.name}", [])


def test_tasks_killed_by_hand(lab, trials):
    """The first repair, as soon as Druid has it, and two reading tasks with what they hold."""
    killed = []

    def kill_first(method, path, status, body):
        if method == "POST" and path == TASK and status == 200 and not killed:
            killed.append(json.loads(body)["task"])
            lab.druid.shutdown(killed[0])

    with FaultProxy(lab.router, after=kill_first) as proxy:
        trial = trials(lab, "killed", druid_url=proxy.url)
        trial.start()
        for _ in range(2):
            trial.burst(1000)
            reading = wait_until(lambda: readers(lab, trial), 60, "a reading task")
            lab.druid.shutdown(reading[0])
        trial.burst(1000)
        trial.prove()
    assert killed, "a repair was killed"
    ended = {t["id"]: t["statusCode"] for t in trial.repair_tasks()}
    assert ended[killed[0]] == "FAILED"


def readers(lab, trial):
    """Reading tasks that hold rows by now."""
    status = lab.druid.supervisor(trial.name)
    return [
        task["id"] for task in status["activeTasks"] if any((task["currentOffsets"] or {}).values())
    ]


def test_a_backlog_older_than_the_lateness(lab, trials):
    """Suspended and resumed by hand: lag makes nothing late, and nothing is lost."""
    trial = trials(lab, "backlog")
    trial.start()
    trial.burst(500)
    wait_until(lambda: lab.druid.supervisor(trial.name)["activeTasks"], 60, "a reading task")
    lab.druid.supervisor(trial.name, "suspend")
    trial.burst(3000)
    produced = producer.now_ms()
    # Half as long again as the lateness, by the clock of the arrivals.
    wait_until(lambda: producer.now_ms() - produced > 30_000, 60, "time", every=1)
    assert trial.henge.serving
    lab.druid.supervisor(trial.name, "resume")
    trial.burst(500)
    trial.prove()
