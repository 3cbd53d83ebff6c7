"""Services of the lab go and come back under work; so this runs alone."""

import shutil
import time

from by_hand import AT_ONCE, SECONDS, ended, live, recorded, wait_found, wait_gone

from proving import events
from proving.henge import wait_until

LATE = events.Mixture(late=0.5, unparseable=0)


def test_restarts_of_overlord_and_broker(whole_lab, trials):
    """The Overlord goes while a repair is under way, then the Kafka broker while events flow."""
    lab = whole_lab
    trial = trials(lab, "restarts")
    trial.start()
    trial.burst(1000)
    wait_until(trial.repair_tasks, 90, "a repair", every=0.1)
    lab.control("kill", "coordinator")
    trial.burst(500)
    lab.control("start", "coordinator")
    trial.burst(500)
    lab.control("restart", "kafka")
    trial.burst(500)
    assert trial.henge.serving
    trial.prove(300)


def test_a_new_metadata_store_and_a_historical_that_is_gone(whole_lab, trials):
    """Druid begins with an empty metadata store while a repair is under way: the supervisor is gone
    without a tombstone and comes back, the task has vanished and its rows are sent again, and all
    is read anew until every count is right. Then nobody answers for segments: said while it is so.
    """
    lab = whole_lab
    policies = {"supervisor_missing": AT_ONCE, "segments_unavailable": {"after": "PT0S"}}
    # Old chunks alone: what is late in them has no on-time row beside it.
    minute = time.time_ns() // 1_000_000 // events.MINUTE_MS
    old = [(minute - 300) * events.MINUTE_MS]
    trial = trials(lab, "anew", spec={"drift": policies}, mixture=LATE, old_chunks=old)
    trial.start()
    trial.burst(200)
    wait_until(lambda: recorded(trial, "repair_accepted"), SECONDS, "a repair", every=0.1)
    trial.henge.kill()
    assert not recorded(trial, "repair_confirmed")
    lab.control("stop", "coordinator")
    shutil.rmtree(f"{lab.home}/data/derby")
    lab.control("start", "coordinator")
    trial.henge.serve()

    missing = wait_found(trial, "supervisor_missing")
    assert missing["alarm"] and missing["object"] == trial.name
    wait_until(lambda: live(trial), SECONDS, "the supervisor to be back")
    wait_until(lambda: ended(trial, "supervisor_missing", "healed"), SECONDS, "its healing")
    wait_until(lambda: "task_vanished" in [b["kind"] for b in recorded(trial, "drift_found")],
               SECONDS, "the lost task")
    trial.prove()
    assert any(body["task_id"].endswith("_2") for body in recorded(trial, "repair_accepted"))

    lab.control("stop", "historical")
    gone = wait_found(trial, "segments_unavailable")
    assert gone["segments"] > 0 and not gone["alarm"]
    lab.control("start", "historical")
    wait_gone(trial, "segments_unavailable")
    assert trial.compare().equal
