"""Batch loads into a datasource that streams: each row is there once, whatever happens."""

import calendar
import gzip
import json
import subprocess
import time

from proving import events, producer
from proving.events import Door
from proving.henge import PATIENCE, wait_until

MINUTE = events.MINUTE_MS
LOADED = 10**9  # numbers of rows that no producer sent
# In the order in which a load's way leads through them.
STEPS = (
    "load.requested",
    "load.planned",
    "load.intended",
    "load.before_post",
    "druid.task.sent",  # the POST is out, the answer is not read
    "load.answered",
    "load.accepted",
    "load.task_seen",
    "load.counted",
    "load.ended",
)


class Rows:
    """Rows of files, by number, and where they must be."""

    def __init__(self):
        self.times = {}
        self.made = 0

    def make(self, count, start, page="/loaded"):
        first = LOADED + self.made
        self.made += count
        lines = []
        for number in range(first, first + count):
            self.times[number] = start + number * 37 % MINUTE
            lines.append(line(number, self.times[number], page))
        return "".join(lines)

    def forget(self, start, minutes):
        """Rows that something else is to take the place of."""
        gone = range(start, start + minutes * MINUTE)
        self.times = {number: time for number, time in self.times.items() if time not in gone}


def line(number, event_ms, page):
    row = {
        "ts": events.iso(event_ms),
        "id": number,
        "page": page,
        "country": "de",
        "bytes": events.bytes_of(number),
    }
    return json.dumps(row) + "\n"


def interval(start, minutes=1):
    return f"{events.iso(start)}/{events.iso(start + minutes * MINUTE)}"


def load(trial, start, source, *words, minutes=1, expect=(0,)):
    return trial.henge.json(
        "load", trial.name, "--interval", interval(start, minutes), "--source", source, *words,
        expect=expect,
    )


def ready(trial):
    """The topic was read to its end: what is behind the watermark is known."""
    wait_until(lambda: trial.status()["watermark"], 60, "a watermark")


def differences(trial, rows):
    """What Druid holds that it should not, and what it lacks: id -> how many too many."""
    wrong = {}
    truth = trial.truth
    for number, door in enumerate(truth.doors):
        if door != Door.NONE:
            wrong[number] = -1
    for number in rows.times:
        wrong[number] = -1
    for event_ms, number, count in trial.lab.druid.rows(trial.name, ("__time", "id", "count")):
        expected = rows.times.get(number, truth.times[number] if number < LOADED else None)
        key = number if expected == event_ms else (number, event_ms)
        wrong[key] = wrong.get(key, 0) + count
    return {number: off for number, off in wrong.items() if off}


def replacement(trial, start, as_of, path):
    """The data of a chunk as of a moment, as a lake would have them."""
    truth = trial.truth
    numbers = [
        n
        for n, door in enumerate(truth.doors)
        if door != Door.NONE and truth.chunk_of(n) == start and truth.arrivals[n] <= as_of
    ]
    path.write_text("".join(line(n, truth.times[n], "/replaced") for n in numbers))
    return len(numbers)


def known(trial, start):
    return [c for c in trial.chunks() if c["start"] == events.iso(start) and c["state"] != "open"]


def replaced_rows(trial, start):
    query = (
        f"SELECT COALESCE(SUM(\"count\"), 0) AS n FROM \"{trial.name}\" WHERE page = '/replaced' "
        f"AND __time >= MILLIS_TO_TIMESTAMP({start}) "
        f"AND __time < MILLIS_TO_TIMESTAMP({start + MINUTE})"
    )
    return trial.lab.druid.sql(query)[0]["n"]


def test_beside_the_stream(lab, trials, tmp_path):
    """History first, then 2,000 records a second; chunks are replaced and appended to meanwhile."""
    wide = "loads: {singleRows: 5000, subTaskRows: 2000, subTasks: 2}\n"
    trial = trials(lab, "loads", mixture=events.Mixture(late=0.05), settings=wide)
    rows = Rows()
    trial.start()
    ready(trial)
    history = trial.maker.old_chunks[-1] - 30 * MINUTE
    for minute in range(3):
        file = tmp_path / f"history-{minute}.json.gz"
        file.write_bytes(gzip.compress(rows.make(2000, history + minute * MINUTE).encode()))
    loaded = load(trial, history, tmp_path / "history-*.json.gz", "--wait", minutes=3)
    assert (loaded["stage"], loaded["rows_counted"], loaded["chunks_counted"]) == (
        "counted",
        6000,
        3,
    )
    # 6,000 rows are many here; where others have the workers one slot is used, and that is said.
    few = any("sub-tasks instead of 2" in reason for reason in loaded["reasons"])
    wanted = ("single", 1) if few else ("parallel", 2)
    assert (loaded["engine"], loaded["sub_tasks"]) == wanted
    assert {c["state"] for c in trial.chunks()} == {"sealed"}

    # Late records go into what was loaded, too.
    targets = trial.maker.old_chunks[-2:]
    trial.maker.old_chunks = [*trial.maker.old_chunks, history]
    # Until all loads are through, however long that takes.
    pace = producer.Pace(total=1_320_000, seconds=600)
    production = producer.Production(trial.stream, trial.maker, pace)
    production.start()
    wait_until(lambda: all(known(trial, start) for start in targets), 40, "late records", every=1)
    for start in targets:
        as_of = producer.now_ms() - 1500
        file = tmp_path / f"lake-{start}.json"
        count = replacement(trial, start, as_of, file)
        assert count > 0
        done = load(
            trial, start, file, "--mode", "replace", "--as-of", events.iso(as_of), "--wait",
            "--deadline", events.iso(producer.now_ms() + 1000),
        )
        assert (done["stage"], done["rows_counted"]) == ("counted", count)
        assert done["in_time_expected"] is False, "a task takes longer than a second"
        assert replaced_rows(trial, start) == count

    more = tmp_path / "more.json"
    more.write_text(rows.make(1500, history + MINUTE, "/more"))
    words = ["-o", "json", "load", trial.name, "--interval", interval(history + MINUTE)]
    words += ["--source", more, "--wait"]
    shells = [
        subprocess.Popen(trial.henge.command(*words), stdout=subprocess.PIPE) for _ in range(2)
    ]
    answers = [json.loads(shell.communicate(timeout=90 * PATIENCE)[0]) for shell in shells]
    assert {(a["load"], a["stage"]) for a in answers} == {("load-000004", "counted")}
    assert production.is_alive(), "all of this was to happen beside the stream"
    again = load(trial, history + MINUTE, more, "--wait")
    assert again["load"] == "load-000004"
    assert trial.truth.produced / production.elapsed > 2_000, "records a second"
    production.stop()
    production.join()
    assert production.error is None
    trial.wait_settled()
    assert differences(trial, rows) == {}
    late = trial.status()["late"]
    assert late["repaired"] > 0
    trial.henge.run("ledger", "verify")


def test_killed_at_every_step(lab, trials, tmp_path):
    """Beside 2,000 records a second, late ones among them."""
    trial = trials(lab, "loadkills", mixture=events.Mixture(late=0.02))
    rows = Rows()
    trial.start()
    pace = producer.Pace(total=1_320_000, seconds=600)
    production = producer.Production(trial.stream, trial.maker, pace)
    production.start()
    ready(trial)
    trial.henge.stop()
    first = trial.maker.old_chunks[-1] - 60 * MINUTE
    asked = []
    for place, step in enumerate(STEPS):
        start = first + place * MINUTE
        file = tmp_path / f"{step}.json"
        file.write_text(rows.make(100 + place, start))
        mode = ("append", "replace")[place % 2]
        asked.append((start, file, mode))
        trial.henge.serve({"HENGE_FAILPOINT": step})
        # Whoever asked does not learn what became of it, where henge dies before it answers.
        asking = trial.henge.command(
            "load", trial.name, "--interval", interval(start), "--source", file, "--mode", mode
        )
        wait_until(
            lambda words=asking: not trial.henge.serving
            or subprocess.run(words, capture_output=True).returncode in (0, 2),
            60,
            f"accepted, or killed at {step}",
        )
        trial.henge.wait_killed()
    trial.henge.serve()
    wait_until(lambda: trial.status()["whole"]["serving"], 30, "it serves")
    for start, file, mode in asked:
        done = load(trial, start, file, "--mode", mode, "--wait")
        assert done["stage"] == "counted"
    assert len(trial.henge.json("load", "list", "--all")["loads"]) == len(STEPS)
    assert production.is_alive(), "all of this was to happen beside the stream"
    assert trial.truth.produced / production.elapsed > 2_000, "records a second"
    production.stop()
    production.join()
    assert production.error is None
    trial.wait_settled()
    assert differences(trial, rows) == {}


BEFORE = range(45, 31, -1)  # minutes before now, of which each-minute has files


def document(trial, name, **spec):
    spec = {"pipeline": trial.name} | spec
    return json.dumps(
        {"apiVersion": "henge/v1", "kind": "Load", "metadata": {"name": name}, "spec": spec}
    )


def every_minute(trial, now, rows, folder):
    """A document that loads, each minute, the chunk of 41 minutes before; and its files."""
    for minute in BEFORE:
        start = now - minute * MINUTE
        file = folder / f"{events.iso(start)[11:16].replace(':', '')}.cron"
        file.write_text(rows.make(5, start, "/cron"))
    how = {"schedule": {"cron": "* * * * *"}, "last": "MINUTE", "back": "PT40M"}
    return document(trial, "each-minute", **how, sources=[str(folder / "{chunk:%H%M}.cron")])


def keep_what_was_loaded(rows, now, slots):
    """Of the rows that each-minute could have loaded those of the slots that were."""
    times = [calendar.timegm(time.strptime(slot, "%Y-%m-%dT%H:%MZ")) * 1000 for slot in slots]
    loaded = [at - 41 * MINUTE for at in times]
    assert loaded == list(range(loaded[0], loaded[-1] + 1, MINUTE)), "none left out, none twice"
    for minute in BEFORE:
        if now - minute * MINUTE not in loaded:
            rows.forget(now - minute * MINUTE, 1)


def test_documents(lab, trials, tmp_path):
    """A load when its mark is there, another one when the chunk is sealed by that, and one each
    minute: once each."""
    trial = trials(lab, "documents", mixture=events.Mixture(late=0))
    rows = Rows()
    trial.start()
    trial.burst(200)
    ready(trial)
    trial.henge.stop()
    # Not so far back that its path is not looked for.
    now = producer.now_ms() // MINUTE * MINUTE
    start = now - 30 * MINUTE
    slot = events.iso(start)[11:16].replace(":", "")
    mark = {"when": "exists", "path": str(tmp_path / "{chunk:%H%M}.done")}
    file = tmp_path / "loads.yaml"
    since = {"from": events.iso(start)}
    declared = (
        document(trial, name, schedule=schedule | since, sources=[str(tmp_path / source)])
        for name, schedule, source in (
            ("marked", mark, "{chunk:%H%M}.json"),
            ("after-seal", {"when": "sealed"}, "{chunk:%H%M}.more"),
        )
    )
    each_minute = every_minute(trial, now, rows, tmp_path)
    file.write_text("\n---\n".join([*declared, each_minute]))
    (tmp_path / f"{slot}.json").write_text(rows.make(120, start))
    (tmp_path / f"{slot}.more").write_text(rows.make(30, start, "/more"))

    def listed(cron=False):
        answer = trial.henge.json("load", "list", "--all")
        counted = [each["key"] for each in answer["loads"] if each["stage"] == "counted"]
        wanted = [key for key in counted if key.startswith("each-minute@") == cron]
        return wanted, {each["name"]: each for each in answer["documents"]}

    trial.henge.serve({"HENGE_FAILPOINT": "load.requested"})
    wait_until(lambda: trial.status()["whole"]["serving"], 30, "it serves")
    trial.henge.apply(file)
    assert listed()[1]["marked"]["next"] is None, "there is no mark"
    (tmp_path / f"{slot}.done").touch()
    trial.henge.wait_killed()
    trial.henge.serve()
    keys = [f"{name}@{events.iso(start)[:16]}Z" for name in ("marked", "after-seal")]
    wait_until(lambda: sorted(listed()[0]) == sorted(keys), 120, lambda: str(listed()))
    wait_until(lambda: listed(cron=True)[0], 90, lambda: str(listed(cron=True)))
    trial.wait_settled()

    # The chunk that was streamed is sealed, too: nobody made a file for that one.
    wait_until(lambda: listed()[1]["after-seal"]["refused"], 30, "a refusal")
    refused = listed()[1]["after-seal"]["refused"]
    assert "no such file" in refused["error"] and refused["tries"] < 4, refused
    troubles = [each["what"] for each in trial.status()["whole"]["troubles"]]
    assert f"{trial.name}: load document after-seal" in troubles
    trial.henge.stop()
    trial.henge.serve()
    wait_until(lambda: trial.status()["whole"]["serving"], 30, "it serves")
    for name in ("after-seal", "each-minute"):
        trial.henge.json("load", "withdraw", trial.name, name)
    wait_until(lambda: not trial.henge.json("load", "list")["loads"], 60, "no load under way")
    slots = sorted(key.removeprefix("each-minute@") for key in listed(cron=True)[0])
    keep_what_was_loaded(rows, now, slots)
    assert differences(trial, rows) == {}
    assert sorted(listed()[0]) == sorted(keys), "each of them once"
    assert set(listed()[1]) == {"marked"}
    trial.henge.run("ledger", "verify")


BAD = {
    "missing": (None, 1, "there is no such file"),
    "empty": (b"", 1, "hold no row"),
    "binary": (b"PAR1\x00\x01\n\x02\x03", 1, "is a row of the pipeline's format"),
    "cut": (b'{"ts":"2026-01-01T00:00:00Z","id":1}\n{"ts":"2026-01-', 1, "middle of a row"),
}


def test_what_can_not_be_loaded(lab, trials, tmp_path):
    trial = trials(lab, "badloads", mixture=events.Mixture(late=0))
    trial.start()
    ready(trial)
    start = trial.maker.old_chunks[-1]
    rows = Rows()

    def refused(source, code, why, *words, at=start, minutes=1):
        answer = load(trial, at, source, *words, minutes=minutes, expect=(code,))
        assert why in answer["error"]["message"], answer
        return answer["error"]["message"]

    for name, (content, code, why) in BAD.items():
        file = tmp_path / f"{name}.json"
        if content is not None:
            file.write_bytes(content)
        refused(file, code, why)
    cut = tmp_path / "cut.json.gz"
    cut.write_bytes(gzip.compress(rows.make(500, start).encode())[:-20])
    refused(cut, 1, "the file was cut")

    good = tmp_path / "good.json"
    good.write_text(rows.make(10, start) + rows.make(4, start + MINUTE) + "no row\n")
    odd = refused(good, 1, "the nearest that does is", at=start + 1000)
    assert events.iso(start)[:16] in odd
    now = producer.now_ms() // MINUTE * MINUTE
    refused(good, 3, "streaming may still write", at=now)
    refused(good, 3, "--allow-empty", "--mode", "replace", at=start + 5 * MINUTE)
    refused(good, 3, "may lack", "--mode", "replace", "--as-of", events.iso(start + MINUTE))

    tried = load(trial, start, good, "--dry-run")
    assert tried["rows"] == {"accepted": 10, "filtered": 0, "outside": 4, "unparseable": 1}
    assert trial.henge.json("load", "list", "--all") == {"loads": [], "documents": []}
    done = load(trial, start, good, "--key", "ten", "--wait")
    assert (done["stage"], done["rows_counted"]) == ("counted", 10)
    few = tmp_path / "few.json"
    few.write_text(line(1, start, "/few"))
    refused(few, 3, "--allow-shrink", "--mode", "replace")
    refused(few, 1, "with other content", "--key", "ten")
    accepted = load(trial, start, few, "--mode", "replace", "--allow-shrink", expect=(2,))
    assert not accepted["over"]
    trial.wait_settled()
