"""Drift made by hand, as a person with curl would: found, shown, and healed, adopted or left alone
as its policy says."""

import json

from by_hand import (
    AT_ONCE,
    SECONDS,
    SUPERVISOR,
    append_by_hand,
    ended,
    live,
    on_trial,
    sealed_chunk,
    wait_found,
    wait_gone,
)

from proving.druid import DruidError
from proving.henge import wait_until


def test_a_supervisor_changed_by_hand(lab, trials):
    """Terminated: it comes back by itself. Edited: shown, and put right once the policy says so.
    Suspended: a person's suspension is shown and stays, until the policy says otherwise."""
    trial = on_trial(lab, trials, "handmade")
    druid = lab.druid
    assert trial.henge.run("drift").returncode == 0

    druid.post(f"{SUPERVISOR}/{trial.name}/terminate")
    missing = wait_found(trial, "supervisor_terminated")
    assert missing["object"] == trial.name and missing["alarm"]
    assert trial.henge.run("drift", expect=(2,)).stdout.count(trial.name) >= 1
    wait_until(lambda: live(trial), SECONDS, "the supervisor to be back")
    wait_gone(trial, "supervisor_terminated")
    assert ended(trial, "supervisor_terminated", "healed")

    edited = live(trial)
    edited["spec"]["ioConfig"]["taskCount"] = 2
    druid.post(SUPERVISOR, edited)
    found = wait_found(trial, "supervisor_edited")
    assert "taskCount" in found["evidence"] and found["restarts_tasks"]
    assert found["outcome"] == "person"
    plan = trial.henge.json("plan", trial.file, expect=(2,))["pipelines"][0]
    assert [c["path"] for c in plan["drift"]["changes"]] == ["spec.ioConfig.taskCount"]
    trial.change({"drift": {"supervisor_edited": AT_ONCE}})
    # What a policy says is henge's own; yet apply makes the supervisor what the file says, too.
    trial.henge.apply(trial.file)
    wait_until(lambda: live(trial)["spec"]["ioConfig"]["taskCount"] == 1, SECONDS, "taskCount 1")
    wait_gone(trial, "supervisor_edited")
    druid.post(SUPERVISOR, edited)
    wait_until(lambda: live(trial)["spec"]["ioConfig"]["taskCount"] == 1, SECONDS, "taskCount 1")
    wait_gone(trial, "supervisor_edited")
    assert ended(trial, "supervisor_edited", "healed")

    druid.post(f"{SUPERVISOR}/{trial.name}/suspend")
    assert wait_found(trial, "supervisor_suspended")["policy"] == "alert"
    trial.change({"drift": {"supervisor_suspended": AT_ONCE}})
    trial.henge.run("freeze", trial.name, "--reason", "hands off")
    assert trial.henge.run("apply", "--yes", trial.file, expect=(3,))
    assert live(trial)["suspended"], "frozen: nothing is done"
    trial.henge.run("unfreeze", trial.name)
    trial.henge.apply(trial.file)
    wait_until(lambda: not live(trial)["suspended"], SECONDS, "the supervisor to run again")
    wait_gone(trial, "supervisor_suspended")
    trial.burst(200)
    trial.prove()


def test_segments_and_settings_changed_by_hand(lab, trials):
    """Segments marked unused come back; rules and auto-compaction too; rows of a stranger are
    counted, told from a loss, and adopted by the policy."""
    policies = {"segments_unused": AT_ONCE, "rules_changed": AT_ONCE, "compaction_changed": AT_ONCE}
    trial = on_trial(lab, trials, "segments", policies)
    druid = lab.druid

    # The first round notes what rules and auto-compaction there are; only then can they change.
    wait_until(
        lambda: "drift_adopted" in trial.henge.run("ledger", "export").stdout, SECONDS, "a look"
    )
    # Not a rule that drops: until it is healed the Coordinator may take what is there by it.
    rule = {"type": "loadForever", "tieredReplicants": {"_default_tier": 1}}
    druid.post(f"/druid/coordinator/v1/rules/{trial.name}", [rule])
    rules = f"/druid/coordinator/v1/rules/{trial.name}"
    wait_until(lambda: druid.get(rules) == [], SECONDS, "the rules to be as they were")
    compaction = "/druid/coordinator/v1/config/compaction"
    druid.post(compaction, {"dataSource": trial.name})

    def no_compaction():
        try:
            druid.get(f"{compaction}/{trial.name}")
        except DruidError as error:
            return ": 404" in str(error)
        return False

    wait_until(no_compaction, SECONDS, "auto-compaction to be off again")
    trial.prove()

    chunk = sealed_chunk(trial)
    unused = {"interval": f"{chunk['start']}/{chunk['end']}"}
    druid.post(f"/druid/indexer/v1/datasources/{trial.name}/markUnused", unused)
    wait_until(lambda: ended(trial, "segments_unused", "healed"), SECONDS, "segments used again")
    wait_until(lambda: trial.compare().equal, SECONDS, "all rows")

    append_by_hand(trial, chunk["start"], 5)
    foreign = wait_found(trial, "segments_unexpected")
    assert foreign["rows"] == 5 and foreign["alarm"] is False
    why = trial.henge.run("explain", f"{trial.name}/{chunk['start']}").stdout
    assert "segments_unexpected" in why and "sealed" in why
    trial.change({"drift": {"segments_unexpected": {"policy": "adopt", "after": "PT0S"}}})
    trial.henge.apply(trial.file)
    wait_until(lambda: ended(trial, "segments_unexpected", "adopted"), SECONDS, "its adoption")
    wait_gone(trial, "segments_unexpected")


def test_a_stranger_writes_with_other_columns_and_chunks(lab, trials):
    """Another granularity, and columns the pipeline does not write: both are named."""
    trial = on_trial(lab, trials, "stranger")
    append_by_hand(trial, "2026-01-05T10:30:00Z", 3, ("id", "more"), "HOUR")
    overlapping = wait_found(trial, "segments_overlapping")
    assert "HOUR" in overlapping["evidence"] or "2026-01-05T10" in overlapping["evidence"]
    assert "more" in wait_found(trial, "schema_mismatch")["evidence"]


def test_a_change_that_fails_is_put_back(lab, trials):
    """A spec whose supervisor can't be built: Druid has stopped the old one by then. A spec that no
    sampler can read: nothing is changed. A saved plan: done exactly, or refused."""
    trial = on_trial(lab, trials, "putback")
    good = live(trial)
    trial.change({"stream": {"tuningConfig": {"workerThreads": -3}}})
    failed = trial.henge.run("apply", "--yes", trial.file, expect=(1,))
    assert "version 1 is back" in failed.stdout, failed.stdout
    back = live(trial)
    assert back["spec"]["ioConfig"] == good["spec"]["ioConfig"]
    history = trial.henge.json("history", trial.name)
    assert json.dumps(history).count("refused") >= 1
    trial.henge.run("rollback", trial.name, "--to", "1", "--yes", "--reason", "as it was")
    trial.burst(100)
    trial.prove()

    trial.change({"stream": {"tuningConfig": {"workerThreads": 2}}})
    saved = trial.file.parent / "plan.json"
    trial.henge.run("plan", "--out", saved, trial.file, expect=(2,))
    whole = saved.read_text()
    saved.write_text(whole[: len(whole) // 2])
    assert "cut short" in trial.henge.run("apply", saved, expect=(1,)).stderr
    saved.write_text(whole)
    edited = live(trial)
    edited["spec"]["ioConfig"]["taskCount"] = 2
    lab.druid.post(SUPERVISOR, edited)
    moved = trial.henge.run("apply", saved, expect=(3,)).stderr
    assert "world moved" in moved and "taskCount" in moved, moved
    trial.henge.run("plan", "--out", saved, trial.file, expect=(2,))
    trial.henge.run("apply", saved)
    assert live(trial)["spec"]["tuningConfig"]["workerThreads"] == 2
    trial.burst(100)
    trial.prove()
