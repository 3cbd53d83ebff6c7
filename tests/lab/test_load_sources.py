"""What loads are made of: every kind of source, and what becomes of loads that are stopped, that
fail, and that empty what they replace."""

import gzip
import json
import subprocess
import uuid

from test_loads import Rows, differences, document, interval, load, ready

from proving import events
from proving.henge import PATIENCE, wait_until

MINUTE = events.MINUTE_MS


def say(trial, start, rows, *words, minutes=1, expect=2):
    """A load of rows that come through stdin."""
    command = trial.henge.command(
        "-o", "json", "load", trial.name, "--interval", interval(start, minutes), "--source", "-",
        *words,
    )
    limit = 60 * PATIENCE
    done = subprocess.run(command, input=rows.encode(), capture_output=True, timeout=limit)
    assert done.returncode == expect, (done.returncode, done.stdout, done.stderr)
    return json.loads(done.stdout)


def shown(trial, asked):
    return trial.henge.json("load", "show", trial.name, asked["load"])


def all_over(trial, asked):
    """Waits until none of them is under way; each as it ended."""
    ends = {}

    def over():
        for name in asked:
            if name not in ends:
                found = shown(trial, asked[name])
                if found["over"]:
                    ends[name] = found
        return len(ends) == len(asked)

    wait_until(over, 150, lambda: str({n: shown(trial, asked[n]) for n in asked if n not in ends}))
    return ends


def held(trial, start):
    """Rows that Druid has in a chunk, and how many `chunks` says it has."""
    query = (
        f"SELECT COALESCE(SUM(\"count\"), 0) AS n FROM \"{trial.name}\" "
        f"WHERE __time >= MILLIS_TO_TIMESTAMP({start}) "
        f"AND __time < MILLIS_TO_TIMESTAMP({start + MINUTE})"
    )
    said = [c for c in trial.chunks() if c["start"] == events.iso(start)]
    sealed = [(c["state"], c["seal"]["rows"]) for c in said if c["seal"]]
    return trial.lab.druid.sql(query)[0]["n"], sealed


def minute_of(start):
    """As {chunk:%H%M} has it."""
    return events.iso(start)[11:16].replace(":", "")


def separated(lines, separator, columns):
    """JSON lines as CSV or TSV with these columns."""
    texts = [separator.join(str(json.loads(row)[c]) for c in columns) for row in lines.splitlines()]
    return "".join(text + "\n" for text in texts)


COLUMNS = ["page", "ts", "bytes", "id", "country"]
PATTERN = r"(\S+) (\d+) (\S+) (\d+)"


def make_datasource(trial, name, start, rows):
    """A datasource of one chunk with the pipeline's columns, made without henge."""
    schema = trial.spec["spec"]["schema"]
    times = schema["timestamp"]
    granularity = {"type": "uniform", "rollup": False, "queryGranularity": "NONE"}
    granularity |= {"segmentGranularity": "MINUTE", "intervals": [interval(start)]}
    data = {
        "dataSource": name,
        "timestampSpec": times,
        "dimensionsSpec": {"dimensions": schema["dimensions"]},
        "metricsSpec": schema["metrics"],
        "granularitySpec": granularity,
    }
    source = {"inputSource": {"type": "inline", "data": rows}, "inputFormat": {"type": "json"}}
    kind = {"type": "index_parallel"}
    task = kind | {"spec": {"dataSchema": data, "ioConfig": kind | source, "tuningConfig": kind}}
    trial.lab.druid.post("/druid/indexer/v1/task", task)


def test_every_source(lab, trials, tmp_path, files):
    """Each kind of source goes into a chunk of its own, all at the same time."""
    trial = trials(lab, "sources", mixture=events.Mixture(late=0))
    rows = Rows()
    first = trial.maker.old_chunks[-1] - 30 * MINUTE
    at = [first + place * MINUTE for place in range(12)]
    lake = f"lake_{uuid.uuid4().hex[:6]}"
    make_datasource(trial, lake, at[8], rows.make(70, at[8]))
    trial.start()
    trial.burst(200)
    ready(trial)

    for place in range(2):
        name = f"day/{minute_of(at[place])}.json.gz"
        files.files[name] = gzip.compress(rows.make(100 + place, at[place]).encode())
    header = tmp_path / "header.csv.gz"
    body = separated(rows.make(80, at[4]), ",", COLUMNS)
    header.write_bytes(gzip.compress(f"made by hand\n{','.join(COLUMNS)}\n{body}".encode()))
    skipped = tmp_path / "skipped.tsv"
    skipped.write_text("a\ttitle\n" + separated(rows.make(60, at[5]), "\t", COLUMNS))
    spaced = tmp_path / "spaced.txt"
    spaced.write_text(separated(rows.make(50, at[6]), " ", ["ts", "id", "page", "bytes"]))
    parquet = tmp_path / "rows.parquet"
    parquet.write_bytes(b"PAR1" + bytes(100) + b"PAR1")
    declared = tmp_path / "once.yaml"
    beside = rows.make(30, at[3])
    declared.write_text(document(trial, "once", interval=interval(at[3]), rows=beside))

    def csv(kind, **more):
        return ("--format", json.dumps({"type": kind} | more))

    asked = {}

    def ask(name, place, source, *words, minutes=1):
        asked[name] = load(trial, at[place], source, *words, minutes=minutes, expect=(2,))

    trial.henge.apply(declared)
    ask("http", 0, files.url("day/{chunk:%H%M}.json.gz"), minutes=2)
    asked["stdin"] = say(trial, at[2], rows.make(40, at[2]))
    ask("header", 4, header, *csv("csv", findColumnsFromHeader=True, skipHeaderRows=1))
    ask("skipped", 5, skipped, *csv("tsv", columns=COLUMNS, skipHeaderRows=1))
    regex = csv("regex", pattern=PATTERN, columns=["ts", "id", "page", "bytes"])
    ask("spaced", 6, spaced, *regex)
    ask("parquet", 7, parquet, *csv("parquet"))
    large = say(trial, at[9], "\n" * 2_000_001, expect=1)
    assert "serve them over http" in large["error"]["message"], large
    missing = load(trial, at[9], files.url("day/none.json"), expect=(1,))
    assert "404" in missing["error"]["message"], missing
    count = f'SELECT COUNT(*) AS n FROM "{lake}"'
    wait_until(lambda: lake in lab.druid.get("/druid/v2/datasources"), 60, "the lake")
    wait_until(lambda: lab.druid.sql(count)[0]["n"] == 70, 60, "the lake's rows")
    ask("druid", 8, f"druid://{lake}", "--mode", "replace")

    wanted = {"http": 201, "stdin": 40, "header": 80, "skipped": 60, "spaced": 50, "druid": 70}
    ends = all_over(trial, asked)
    counted = {name: (end["stage"], end["rows_counted"]) for name, end in ends.items()}
    assert counted.pop("parquet")[0] == "failed", ends["parquet"]
    assert counted == {name: ("counted", count) for name, count in wanted.items()}
    assert "parquet" in ends["parquet"]["error"], "Druid's own words"
    assert ends["spaced"]["proof"] == "reported" and ends["header"]["proof"] == "counted"
    once = [each["stage"] for each in trial.henge.json("load", "list", "--all")["loads"]]
    assert once.count("counted") == len(wanted) + 1, once

    # A datasource may be its own source.
    itself = load(trial, at[4], f"druid://{trial.name}", "--mode", "replace", "--wait")
    assert (itself["stage"], itself["rows_counted"]) == ("counted", 80)
    wait_until(lambda: differences(trial, rows) == {}, 30, lambda: str(differences(trial, rows)))
    trial.henge.run("ledger", "verify")
    lab.druid.remove(lake)


def retry(trial, asked):
    trial.henge.json("load", "retry", trial.name, asked["load"], expect=(0, 2))


def tasks_of(trial, asked):
    """Druid's own word on the tasks of a load."""
    number = asked["load"].removeprefix("load-")
    tasks = {t["id"]: t["statusCode"] for t in trial.lab.druid.tasks(trial.name)}
    prefix = f"henge_{trial.name}_load_"
    return [code for i, code in tasks.items() if i.startswith(prefix) and f"_{number}_" in i]


def empty_some(trial, tmp_path, rows, places):
    """Replaces chunks by fewer rows: (start, rows that are kept in the first, chunks)."""
    asked = {}
    for start, kept, minutes in places:
        file = tmp_path / f"{kept}.json"
        file.write_text(rows.make(kept, start, "/new"))
        flag = "--allow-shrink" if kept else "--allow-empty"
        words = (trial, start, file, "--mode", "replace")
        refused = load(*words, minutes=minutes, expect=(3,))
        assert flag in refused["error"]["message"]
        asked[kept] = load(*words, flag, minutes=minutes, expect=(2,))
    ends = all_over(trial, asked)
    counted = {kept: (end["stage"], end["rows_counted"]) for kept, end in ends.items()}
    assert counted == {kept: ("counted", kept) for _, kept, _ in places}


def fail_and_retry(trial, rows, start, file):
    """A file that is gone when its task is to be sent: failed, until it is there again."""
    text = rows.make(20, start)
    file.write_text(text)
    trial.henge.stop()
    trial.henge.serve({"HENGE_FAILPOINT": "load.requested"})
    wait_until(lambda: trial.status()["whole"]["serving"], 30, "it serves")
    words = ("--interval", interval(start), "--source", file)
    trial.henge.run("load", trial.name, *words, expect=None)
    trial.henge.wait_killed()
    file.unlink()
    trial.henge.serve()
    wait_until(lambda: trial.status()["whole"]["serving"], 30, "it serves")
    gone = {"gone": trial.henge.json("load", "list", trial.name, "--all")["loads"][-1]}
    failed = all_over(trial, gone)["gone"]
    assert failed["stage"] == "failed" and str(file) in failed["error"], failed
    file.write_text(text)
    retry(trial, gone["gone"])
    assert all_over(trial, gone)["gone"]["rows_counted"] == 20


def test_stopped_failed_and_emptied(lab, trials, tmp_path, files):
    """Loads are stopped while their tasks run, others take everything away. No lock and no half of
    a chunk is left; what is tried again is there once."""
    chunkwise = "loads: {taskChunks: 1}\n"
    trial = trials(lab, "stopped", mixture=events.Mixture(late=0), settings=chunkwise)
    rows = Rows()
    trial.start()
    trial.burst(200)
    ready(trial)
    first = trial.maker.old_chunks[-1] - 30 * MINUTE
    half, empty, few, partly, lost = (first + n * MINUTE for n in (0, 2, 3, 4, 6))
    made = "".join(rows.make(100, first + n * MINUTE) for n in range(6))
    all_over(trial, {"all": say(trial, first, made, minutes=6)})
    rows.forget(first, 6)

    empty_some(trial, tmp_path, rows, ((empty, 0, 1), (few, 10, 1), (partly, 90, 2)))
    for start, kept in ((empty, 0), (few, 10), (partly, 90), (partly + MINUTE, 0)):
        assert held(trial, start) == (kept, [("sealed", kept)])

    # Druid's worker waits for what is held back: its task runs until it is told to stop. One only,
    # for beside other tests there may be one slot.
    names = [f"{minute_of(half + place * MINUTE)}.json" for place in (0, 1)]
    for place, name in enumerate(names):
        files.put(name, rows.make(60 + place, half + place * MINUTE, "/new"))
    files.held = {names[1]}
    words = (trial, half, files.url("{chunk:%H%M}.json"), "--mode", "replace")
    stopped = load(*words, minutes=2, expect=(2,))
    wait_until(lambda: shown(trial, stopped)["rows_counted"] == 60, 120, "the first half")
    wait_until(lambda: files.fetches.count(names[1]) > 1, 120, "the task of the second half")
    assert trial.locked(half + MINUTE)
    # Beside streaming no append is safe before Druid 34 where only unused segments are left: here
    # a person sees to that, else the Coordinator after its 15 minutes. A tombstone in use is safe.
    unused = {"interval": interval(empty)}
    trial.lab.druid.post(f"/druid/indexer/v1/datasources/{trial.name}/markUnused", unused)
    more = rows.make(25, empty, "/again")

    def window():
        return say(trial, empty, more, "--dry-run", expect=0)["window"] or ""

    wait_until(lambda: "only unused segments" in window(), 60, "Druid's list of segments")
    refilled = say(trial, empty, more)
    after = say(trial, partly + MINUTE, rows.make(15, partly + MINUTE, "/again"))
    trial.henge.json("load", "cancel", trial.name, stopped["load"], expect=(0, 2))
    wait_until(lambda: not trial.locked(half + MINUTE), 60, "no lock")
    # The worker that was told to stop goes on by now, and must not be able to publish anything.
    files.free.set()
    assert all_over(trial, {"half": stopped})["half"]["stage"] == "cancelled"
    assert sorted(tasks_of(trial, stopped)) == ["FAILED", "SUCCESS"]
    assert held(trial, half) == (60, [("sealed", 60)])
    assert held(trial, half + MINUTE) == (100, [("sealed", 100)])
    trial.henge.run("load", "cancel", trial.name, stopped["load"], expect=(3,))

    # A trial run takes nothing up again; the same load, asked for again, does.
    load(*words, "--dry-run", minutes=2)
    assert shown(trial, stopped)["stage"] == "cancelled"
    assert load(*words, minutes=2, expect=(2,))["load"] == stopped["load"]
    fail_and_retry(trial, rows, lost, tmp_path / "lost.json")
    ends = all_over(trial, {"half": stopped, "refilled": refilled, "after": after})
    assert {end["stage"] for end in ends.values()} == {"counted"}, ends
    wait_until(lambda: differences(trial, rows) == {}, 30, lambda: str(differences(trial, rows)))
    trial.henge.run("ledger", "verify")
