"""CSV, nested JSON, and a filter that only Druid evaluates: three pipelines of one henge."""

import json

from test_loads import load

from proving import events
from proving.events import Kind
from proving.henge import wait_until


def csv(number, kind, event_ms):
    if kind is Kind.TOMBSTONE:
        return None
    fields = [events.iso(event_ms), number, f'"/page/{number % 50}, ""new"""']
    fields += ["", ""] if kind is Kind.NULL_FIELD else ["de", events.bytes_of(number)]
    if kind in (Kind.BROKEN, Kind.WITHOUT_TIME):
        fields[0] = ""
    if kind is Kind.GARBAGE_TIME:
        fields[0] = "half past nine"
    return ",".join(map(str, fields)).encode()


def nested(number, kind, event_ms):
    plain = events.body(number, kind, event_ms)
    if kind not in (Kind.PLAIN, Kind.NULL_FIELD, Kind.GARBAGE_TIME):
        return plain
    row = json.loads(plain)
    row["meta"] = {"times": [row.pop("ts"), "2001-01-01T00:00:00Z"]}
    return json.dumps(row).encode()


CSV = {
    "stream": {"inputFormat": {"type": "csv", "columns": ["ts", "id", "page", "country", "bytes"]}}
}
NESTED = {
    "stream": {
        "inputFormat": {
            "type": "json",
            "flattenSpec": {
                "useFieldDiscovery": True,
                "fields": [{"type": "path", "name": "ts", "expr": "$.meta.times[0]"}],
            },
        }
    }
}
FILTERED = {"schema": {"filter": {"type": "expression", "expression": "id % 5 != 0"}}}


def test_three_formats(lab, trials, tmp_path):
    first = trials(lab, "csv", spec=CSV, encode=csv)
    shared = {"henge": first.henge}
    second = trials(lab, "nested", spec=NESTED, encode=nested, **shared)
    third = trials(lab, "reported", spec=FILTERED, keeps=lambda number: number % 5 != 0, **shared)
    three = (first, second, third)
    for trial in three:
        trial.henge.apply(trial.file)
    first.henge.serve()
    for trial in three:
        trial.burst(2000)
    proofs = [trial.status()["proof"] for trial in three]
    assert proofs == ["counted", "counted", "reported"]
    for trial in three:
        wait_until(lambda trial=trial: trial.status()["records"] == 2000, 60, trial.describe)
    for trial in three:
        trial.prove()

    # A load without a format of its own has the stream's.
    start = first.maker.old_chunks[-1] - 30 * events.MINUTE_MS
    file = tmp_path / "more.csv"
    lines = [csv(10**9 + n, Kind.PLAIN, start + n) for n in range(40)]
    file.write_bytes(b"\n".join(lines))
    done = load(first, start, file, "--wait")
    assert (done["stage"], done["rows_counted"], done["proof"]) == ("counted", 40, "counted")
