"""Windows: a pipeline with Druid's exclusive locks is loaded while its supervisor stands, and the
supervisor is at work again afterwards, whoever died on the way."""

import json

from test_loads import Rows, differences, known, load, ready, replaced_rows, replacement

from proving import events, producer
from proving.druid import quoted
from proving.henge import wait_until

SUPERVISOR = "/druid/indexer/v1/supervisor"
EXCLUSIVE = {"locks": "exclusive", "stream": {"intermediateHandoffPeriod": "PT10S"}}


def act(trial, verb):
    trial.lab.druid.post(f"{SUPERVISOR}/{quoted(trial.name)}/{verb}")


def live(trial):
    return trial.lab.druid.get(f"{SUPERVISOR}/{quoted(trial.name)}/status")["payload"]


def windows(trial, *words):
    return trial.henge.json("windows", trial.name, *words)["windows"]


def records(trial, kind):
    lines = trial.henge.run("ledger", "export").stdout.splitlines()
    found = [json.loads(line) for line in lines]
    return [r["body"] for r in found if r["kind"] == kind and r["pipeline"] == trial.name]


def serve_until(trial, failpoint):
    trial.henge.serve({"HENGE_FAILPOINT": failpoint})


def plan_windows(trial, **hours):
    """Declares in which hours streaming may be made to stand."""
    trial.change({"windows": hours})
    trial.henge.apply(trial.file)


def wait_and_be_stopped(trial, start, files):
    """A load waits for a planned window, gets one, and is cancelled in it: streaming goes on."""
    hour = producer.now_ms() // 3_600_000
    in_two_hours = {"cron": f"0 {(hour + 2) % 24} * * *", "duration": "PT1H"}
    now = {"cron": f"0 {hour % 24} * * *", "duration": "PT3H"}
    plan_windows(trial, allow=[in_two_hours])
    asked = load(trial, start, files.url("more"), expect=(2,))
    assert asked["lane"] == "window"

    def shown():
        return trial.henge.json("load", "show", trial.name, asked["load"])

    def waits(other=None):
        text = shown()["waits_for"] or ""
        return text if "which it may from" in text and text != other else None

    not_allowed = wait_until(waits, 30, lambda: str(shown()))
    all_day = {"cron": "0 0 * * *", "duration": "P1D"}
    plan_windows(trial, allow=[all_day], deny=[now])
    wait_until(lambda: waits(not_allowed), 30, lambda: f"{shown()}, other than {not_allowed}")
    assert not windows(trial) and live(trial)["state"] == "RUNNING"
    plan_windows(trial, allow=[all_day], deny=[in_two_hours])
    wait_until(lambda: files.fetches.count("more") > 1, 120, lambda: str(shown()))
    assert windows(trial)[0]["phase"] == "standing"
    trial.henge.json("load", "cancel", trial.name, asked["load"], expect=(0, 2))
    wait_until(lambda: not trial.locked(start), 30, "no lock")
    files.free.set()
    wait_until(lambda: shown()["stage"] == "cancelled", 60, lambda: str(shown()))
    wait_until(lambda: not windows(trial), 30, "the window to be over")
    wait_until(lambda: live(trial)["state"] == "RUNNING", 60, "the supervisor to run")
    assert windows(trial, "--all")[1]["outcome"] == "cancelled"
    assert records(trial, "window_resumed")[-1]["how"] == "resumed"


def test_a_window_outlives_whoever_opened_it(lab, trials, tmp_path, files):
    trial = trials(lab, "windows", spec=EXCLUSIVE, mixture=events.Mixture(late=0.05))
    rows = Rows()
    trial.start()
    ready(trial)
    target = trial.maker.old_chunks[-1]
    pace = producer.Pace(total=1_320_000, seconds=600)
    production = producer.Production(trial.stream, trial.maker, pace)
    production.start()

    wait_until(lambda: known(trial, target), 60, "late rows of the chunk", every=1)
    context = trial.lab.druid.get(f"{SUPERVISOR}/{quoted(trial.name)}")["context"]
    assert context["useConcurrentLocks"] is False

    lake = tmp_path / "lake.json"
    wait_until(lambda: replacement(trial, target, producer.now_ms(), lake) > 20, 30, "late rows")
    as_of = producer.now_ms() - 1500
    count = replacement(trial, target, as_of, lake)
    assert count > 0
    words = ("--mode", "replace", "--as-of", events.iso(as_of))
    tried = load(trial, target, lake, *words, "--dry-run", "--explain")
    assert tried["lane"] == "window" and "useConcurrentLocks" in tried["window"], tried
    assert not windows(trial)

    # The first henge dies when it has told Druid to suspend, the second one when the task runs.
    trial.henge.stop()
    serve_until(trial, "window.sent")
    wait_until(lambda: trial.status()["whole"]["serving"], 30, "a henge that listens")
    load(trial, target, lake, *words, expect=(2,))
    trial.henge.wait_killed()
    assert live(trial)["suspended"]
    (window,) = windows(trial)
    assert (window["phase"], window["resumes"]) == ("opening", "henge"), window
    assert trial.status()["window"]["loads"] == [window["load"]]
    serve_until(trial, "load.accepted")
    trial.henge.wait_killed()
    assert live(trial)["suspended"] and not live(trial)["activeTasks"]
    assert windows(trial)[0]["phase"] == "standing"
    trial.henge.serve()
    wait_until(lambda: trial.status()["whole"]["serving"], 30, "a henge that listens")
    done = load(trial, target, lake, *words, "--wait")
    assert (done["stage"], done["rows_counted"], done["lane"]) == ("counted", count, "window")
    wait_until(lambda: not windows(trial), 30, "the window to be over")
    wait_until(lambda: live(trial)["state"] == "RUNNING", 60, "the supervisor to run")
    assert replaced_rows(trial, target) == count
    assert windows(trial, "--all")[0]["outcome"] == "counted"
    assert [r["how"] for r in records(trial, "window_resumed")] == ["resumed"]
    kinds = {r["kind"] for r in records(trial, "drift_found")}
    assert "supervisor_suspended" not in kinds, "henge did that itself"

    assert production.is_alive(), "all of this was to happen beside the stream"
    assert trial.truth.produced / production.elapsed > 2_000, "records a second"
    production.stop()
    production.join()
    assert production.error is None
    wait_until(lambda: trial.status()["lag"] == 0, 60, "all to be read", every=1)

    history = trial.maker.old_chunks[-1] - 30 * events.MINUTE_MS
    files.put("more", rows.make(500, history))
    files.held = {"more"}
    wait_and_be_stopped(trial, history, files)

    # A person's own suspension stays; what was cancelled is taken up again.
    act(trial, "suspend")
    done = load(trial, history, files.url("more"), "--wait")
    assert (done["stage"], done["rows_counted"]) == ("counted", 500)
    wait_until(lambda: not windows(trial), 30, "the window to be over")
    assert live(trial)["suspended"], "it was a person's"
    assert records(trial, "window_resumed")[-1]["how"] == "left_suspended"
    act(trial, "resume")
    trial.wait_settled()
    assert differences(trial, rows) == {}
    assert len(records(trial, "window_opened")) == 3
    trial.henge.run("ledger", "verify")
