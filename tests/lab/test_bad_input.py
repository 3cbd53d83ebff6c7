"""Whatever is wrong outside gets a clear word: what, where, what was tried and for how long."""

import contextlib
import os
import re
import shutil
import subprocess

import pytest
from fault_proxy import FixedAnswer

from proving import events
from proving.henge import Henge, wait_until

NOWHERE = "127.0.0.1:1"
LATE_ONLY = events.Mixture(late=1, unparseable=0)


def refusal(trial, *words, code):
    done = trial.henge.run(*words, trial.file, expect=(code,))
    return done.stderr + done.stdout


def test_druid_out_of_reach(lab, trials):
    trial = trials(lab, "nodruid", druid_url=f"http://{NOWHERE}", topic=False)
    for words in (("plan",), ("apply", "--yes")):
        said = refusal(trial, *words, code=4)
        assert NOWHERE in said
        assert re.search(r"\d+(\.\d+)? ?(s|ms|seconds)\b", said), "for how long"


def test_kafka_out_of_reach(lab, trials):
    servers = {"bootstrap.servers": NOWHERE}
    trial = trials(
        lab, "nokafka", spec={"stream": {"consumerProperties": servers}}, topic=False
    )
    said = refusal(trial, "apply", "--yes", code=4)
    assert NOWHERE in said
    assert re.search(r"\d+ ?(s|ms|seconds)\b", said), "for how long"


def test_a_topic_that_is_not_there(lab, trials):
    trial = trials(lab, "notopic", topic=False)
    said = refusal(trial, "apply", "--yes", code=1)
    assert trial.name in said and "topic" in said
    assert trial.name not in lab.druid.get("/druid/indexer/v1/supervisor")


def test_wrong_credentials(lab, trials):
    with FixedAnswer(401, {"WWW-Authenticate": 'Basic realm="druid"'}) as druid:
        trial = trials(lab, "denied", druid_url=druid.url, topic=False)
        said = refusal(trial, "plan", code=1)
    assert "401" in said or "credentials" in said
    assert druid.url in said


def test_a_datasource_that_somebody_else_feeds(lab, trials):
    owner = trials(lab, "owner")
    owner.henge.apply(owner.file)
    other = trials(lab, "other", spec={"datasource": owner.name})
    said = refusal(other, "plan", code=3)
    assert owner.name in said
    refusal(other, "apply", "--yes", code=3)


def test_one_serves_a_ledger(lab, trials):
    """The second is told so, whoever comes first goes on."""
    trial = trials(lab, "second")
    trial.start()
    wait_until(lambda: "serving" in trial.henge.log_end(), 30, "serving")
    second = trial.henge.run("serve", expect=None, timeout=30)
    assert second.returncode not in (0, -6, -11)
    assert "ledger" in second.stderr
    assert str(trial.henge.child.pid) in second.stderr or "another" in second.stderr
    assert trial.henge.serving
    assert trial.henge.stop() == 0


def damage(path, at):
    with open(path, "r+b") as file:
        file.seek(at)
        byte = file.read(1)
        file.seek(at)
        file.write(bytes([byte[0] ^ 0x40]))


def test_a_corrupted_ledger(lab, trials):
    """Refused by all who read it, named, and kept as it is."""
    trial = trials(lab, "badledger")
    trial.henge.apply(trial.file)
    ledger = trial.henge.state / "ledger.db"
    content = ledger.read_bytes()
    damage(ledger, content.index(b"apiVersion") + 4)
    before = ledger.read_bytes()
    for words in (("serve",), ("status",), ("ledger", "verify")):
        done = trial.henge.run(*words, expect=None, timeout=30)
        assert done.returncode == 1, words
        assert "ledger.db" in done.stderr + done.stdout
    assert ledger.read_bytes() == before


def test_a_corrupted_delta_file(lab, trials):
    """Its rows are not sent, the file is named and kept; other rows are not held up."""
    trial = trials(lab, "baddelta", spec={"late": {"maxDelay": "PT1H"}}, mixture=LATE_ONLY)
    trial.start()
    trial.burst(200)
    wait_until(lambda: trial.status()["late"]["waiting"] == 200, 60, trial.describe)
    trial.henge.stop()
    (delta,) = [p for p in trial.henge.state.rglob("*") if p.is_file() and "delta" in str(p)
                and b'"ts":' in p.read_bytes()]
    content = delta.read_bytes()
    damage(delta, content.index(b'"ts":', len(content) // 2) + 8)
    before = delta.read_bytes()
    trial.change({"late": {"maxDelay": "PT1S"}})
    listed = trial.henge.run("late", trial.name, expect=(1,))
    assert delta.name in listed.stdout + listed.stderr
    trial.henge.apply(trial.file)
    trial.henge.serve()

    def told():
        assert trial.henge.serving or trial.henge.child.returncode == 1
        return delta.name in trial.henge.log_end(100)

    wait_until(told, 60, trial.henge.log_end)
    assert delta.read_bytes().startswith(before[: len(content) // 2 + 20])


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small disk")
def test_a_full_disk(lab, trials, tmp_path):
    """henge says so, keeps what it has, and goes on when there is room."""
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(disk)], check=True)
    try:
        run_on_full_disk(lab, trials, disk)
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], check=True)


def run_on_full_disk(lab, trials, disk):
    trial = trials(lab, "full", henge=Henge(disk / "henge", lab.router), mixture=LATE_ONLY)
    trial.start()
    trial.burst(500)
    wait_until(lambda: trial.status()["records"] == 500, 60, trial.describe)
    filler = disk / "filler"
    with open(filler, "wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(b"x" * 4096)
    trial.burst(500)
    full = re.compile("full|no space|No space|disk", re.IGNORECASE)
    # The log is on the same disk: what is said is asked for.
    wait_until(
        lambda: full.search(str(trial.henge.status(trial.name)["whole"]["troubles"])),
        60,
        trial.describe,
    )
    assert trial.henge.serving
    filler.unlink()
    trial.prove()
    assert trial.henge.stop() == 0
    shutil.rmtree(disk / "henge")
