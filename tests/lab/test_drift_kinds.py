"""Each kind of drift made by hand, many at once: found within two looks where Druid shows it at
once, shown by `henge drift`, and then adopted, left alone, or given up, as its policy says. What
is healed is in test_drift.py, what needs services to go in test_restarts.py."""

import json
import time

import pytest
from by_hand import (
    ADOPT,
    AT_ONCE,
    ROUND_SECONDS,
    SECONDS,
    SUPERVISOR,
    SlowSource,
    drifts,
    ended,
    interval_of,
    live,
    on_trial,
    recorded,
    rows_by_hand,
    seconds_until,
    task_by_hand,
    wait_found,
    wait_gone,
    wait_tasks,
)

from proving import events
from proving.henge import wait_until

# Two looks, and the time that a look and the command that shows it take on a busy machine.
TWO_ROUNDS = 2 * ROUND_SECONDS + 4
OF_DATA = (
    "segments_unused",
    "segments_missing",
    "segments_unexpected",
    "count_mismatch",
    "segments_overlapping",
    "schema_mismatch",
)
OF_SETTINGS = ("rules_changed", "compaction_changed")


def old_chunks(now_ms):
    minute = now_ms // events.MINUTE_MS
    return [(minute - back) * events.MINUTE_MS for back in (300, 420, 600, 720)]


def delete_for_good(trial, chunk):
    """Marked unused, and then killed: no marking brings it back."""
    druid = trial.lab.druid
    interval = interval_of(chunk)
    druid.post(f"/druid/indexer/v1/datasources/{trial.name}/markUnused", {"interval": interval})
    path = f"/druid/coordinator/v1/datasources/{trial.name}/intervals/{interval.replace('/', '_')}"
    druid.call("DELETE", path)


def damage(trial, chunks):
    """Something else is done to the data of each chunk; tasks that were started for it."""
    unused, deleted, changed, appended = chunks
    interval = {"interval": interval_of(unused)}
    trial.lab.druid.post(f"/druid/indexer/v1/datasources/{trial.name}/markUnused", interval)
    delete_for_good(trial, deleted)
    rows = rows_by_hand(changed["start"], changed["expected"] + 3)
    other = ("id", "more")
    return [
        task_by_hand(trial, rows, intervals=[interval_of(changed)], append=False),
        task_by_hand(trial, rows_by_hand(appended["start"], 5)),
        task_by_hand(trial, rows_by_hand("2026-01-05T10:30:00Z", 3), other, "HOUR"),
    ]


def change_settings(trial):
    druid = trial.lab.druid
    rules = [{"type": "loadForever", "tieredReplicants": {"_default_tier": 1}}]
    druid.post(f"/druid/coordinator/v1/rules/{trial.name}", rules)
    far = {"dataSource": trial.name, "skipOffsetFromLatest": "P3000D"}
    druid.post("/druid/coordinator/v1/config/compaction", far)


def found_after(trial, kind, begun):
    """Seconds from `begun` until the ledger first recorded the kind."""
    first = next(body for body in recorded(trial, "drift_found") if body["kind"] == kind)
    return seconds_until(begun, first["at"])


def test_what_a_person_changes_is_found_and_adopted(lab, trials):
    """Four chunks damaged in four ways, segments of another kind, settings, a supervisor edited and
    suspended, a foreign task at work: all found at once; then all of it becomes what should be."""
    policies = {"supervisor_edited": ADOPT, "supervisor_suspended": ADOPT}
    mixture = events.Mixture(late=0.6, unparseable=0)
    old = old_chunks(time.time_ns() // 1_000_000)
    trial = on_trial(lab, trials, "kinds", policies, mixture, 300, old_chunks=old)
    wait_until(lambda: recorded(trial, "drift_adopted"), SECONDS, "a first look at the settings")
    by_start = {chunk["start"]: chunk for chunk in trial.chunks()}
    chunks = [by_start[events.iso(start)] for start in old]
    assert all(chunk["state"] == "sealed" for chunk in chunks)

    with SlowSource(rows_by_hand("2026-01-07T08:00:00Z", 2)["data"]) as slow:
        begun = time.time()
        day = ["2026-01-07T08:00:00Z/2026-01-07T09:00:00Z"]
        stranger = task_by_hand(trial, slow.source(), intervals=day, concurrent=False)
        change_settings(trial)
        edited = live(trial)
        edited["suspended"] = edited["spec"]["suspended"] = True
        edited["spec"]["ioConfig"]["taskCount"] = 2
        lab.druid.post(SUPERVISOR, edited)
        tasks = damage(trial, chunks)

        wait_until(lambda: "holds an EXCLUSIVE lock" in doubled_by(trial, stranger), SECONDS,
                   lambda: f"the foreign task with its lock: {doubled_by(trial, stranger)}")
        for kind in ("supervisor_edited", "supervisor_suspended"):
            wait_until(lambda kind=kind: ended(trial, kind, "adopted"), SECONDS, f"{kind} adopted")
        assert live(trial)["spec"]["ioConfig"]["taskCount"] == 2 and live(trial)["suspended"]
        wait_tasks(trial, tasks)
        kinds = {*OF_DATA, *OF_SETTINGS, "task_doubled"}
        wait_until(lambda: {d["kind"] for d in drifts(trial)} >= kinds, SECONDS,
                   lambda: f"only {sorted(d['kind'] for d in drifts(trial))}")
        at_once = (*OF_SETTINGS, "task_doubled", "supervisor_edited", "supervisor_suspended")
        took = {kind: found_after(trial, kind, begun) for kind in (*at_once, *OF_DATA)}
        print({kind: round(seconds, 1) for kind, seconds in took.items()})
        assert max(took[kind] for kind in at_once) <= TWO_ROUNDS, took

        of_chunk = {d["object"]: d["kind"] for d in drifts(trial) if d["object"] in by_start}
        assert [of_chunk[c["start"]] for c in chunks] == [
            "segments_unused", "segments_missing", "count_mismatch", "segments_unexpected"]
        table = trial.henge.run("drift", trial.name, expect=(2,)).stdout
        for kind in kinds:
            assert kind in table

        # From now on what is there is what should be; the supervisor is left as it is.
        trial.change({"drift": {kind: ADOPT for kind in kinds}})
        trial.henge.apply(trial.file)
        for kind in kinds:
            wait_until(lambda kind=kind: ended(trial, kind, "adopted"), SECONDS, f"{kind} adopted")
    wait_until(lambda: not drifts(trial), SECONDS, "an end of all drift")
    assert lab.druid.get(f"/druid/coordinator/v1/rules/{trial.name}") != []
    states = {chunk["start"]: chunk for chunk in trial.chunks()}
    assert all(states[c["start"]]["state"] == "sealed" for c in chunks)


def doubled_by(trial, task):
    """What is said of a foreign task, if it is."""
    return "".join(d["evidence"] for d in drifts(trial, "task_doubled") if d["object"] == task)


def fight(trial, rules):
    """A person sets what henge takes away, until henge gives up; how often that was."""
    path = f"/druid/coordinator/v1/rules/{trial.name}"
    for times in range(1, 6):
        trial.lab.druid.post(path, rules)
        wait_until(lambda: drifts(trial, "rules_changed"), SECONDS, "the rules changed by hand")
        wait_until(lambda: not drifts(trial, "rules_changed")
                   or drifts(trial, "rules_changed")[0]["outcome"] == "given_up",
                   SECONDS, "an end of it")
        if drifts(trial, "rules_changed"):
            return times
    pytest.fail("henge fought on")


def begun_behind(status):
    tasks = status["activeTasks"]
    return tasks and all(min(task["startingOffsets"].values()) > 0 for task in tasks)


def lose_offsets(trial, folder):
    """Sets the supervisor back to records that are then deleted from the topic."""
    lost = [{"topic": trial.name, "partition": 0, "offset": -1}]
    path = folder / "delete.json"
    path.write_text(json.dumps({"version": 1, "partitions": lost}))
    trial.lab.control("kafka", "delete-records", "--offset-json-file", str(path))
    offsets = {"type": "end", "stream": trial.name, "partitionOffsetMap": {"0": 0}}
    body = {"type": "kafka", "partitions": offsets}
    trial.lab.druid.post(f"{SUPERVISOR}/{trial.name}/resetOffsets", body)


def test_henge_stops_fighting_and_offsets_that_were_moved_are_noticed(lab, trials, tmp_path):
    """Rules set again and again: henge stops with an alarm, which ends when the person gives in.
    Offsets set back: said at once, and the count tells what it did. And once more, to records
    that are gone: the supervisor is unhealthy, with Druid's own words."""
    limits = "drift: {limits: {maxRelapses: 1, relapseWithin: PT1H}}\n"
    policies = {"rules_changed": AT_ONCE, "supervisor_unhealthy": {"after": "PT0S"}}
    trial = on_trial(lab, trials, "fight", policies, settings=limits)
    druid = lab.druid
    wait_until(lambda: recorded(trial, "drift_adopted"), SECONDS, "a first look at the settings")

    assert fight(trial, [{"type": "loadForever", "tieredReplicants": {"_default_tier": 1}}]) == 2
    alarm = drifts(trial, "rules_changed")[0]
    assert alarm["alarm"] and "came back" in alarm["given_up_because"]
    assert "ALARM" in trial.henge.run("drift", trial.name, expect=(2,)).stdout
    given_up = recorded(trial, "heal_intended")
    time.sleep(2 * ROUND_SECONDS)
    assert recorded(trial, "heal_intended") == given_up, "henge does nothing more"
    druid.post(f"/druid/coordinator/v1/rules/{trial.name}", [])
    wait_gone(trial, "rules_changed")

    # Only a task that began behind them shows that they were committed.
    wait_until(lambda: begun_behind(druid.supervisor(trial.name)), SECONDS, "the next task")
    time.sleep(ROUND_SECONDS + 1)
    offsets = {"type": "end", "stream": trial.name, "partitionOffsetMap": {"0": 0, "1": 0}}
    begun = time.time()
    druid.post(f"{SUPERVISOR}/{trial.name}/resetOffsets", {"type": "kafka", "partitions": offsets})
    moved = wait_found(trial, "offsets_moved")
    print("offsets_moved", found_after(trial, "offsets_moved", begun), moved["evidence"])
    assert "read again" in moved["evidence"] and not moved["alarm"]
    assert moved["outcome"] == "person"

    # Rows that were read twice are in sealed chunks twice: that is drift of those chunks.
    twice = wait_until(lambda: drifts(trial, "segments_unexpected"), 150, "rows read again")[0]
    assert twice["rows"] > 0

    lose_offsets(trial, tmp_path)
    unhealthy = wait_until(
        lambda: drifts(trial, "supervisor_unhealthy"), 150, "an unhealthy supervisor"
    )[0]
    assert "sequenceNumber [0] is no longer" in unhealthy["evidence"], unhealthy
