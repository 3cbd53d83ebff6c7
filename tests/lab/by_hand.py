"""What a person does to a Druid with curl, and what henge is seen to make of it."""

import calendar
import json
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from proving import events
from proving.druid import DruidError, quoted
from proving.henge import wait_until

SUPERVISOR = "/druid/indexer/v1/supervisor"
# A whole pipeline without late or broken events: what drifts is only what the test does.
PLAIN = events.Mixture(late=0, unparseable=0)
AT_ONCE = {"policy": "heal", "after": "PT0S"}
ADOPT = {"policy": "adopt", "after": "PT0S"}
SECONDS = 90
# How often the henge of a test looks at everything: proving.henge.configuration().
ROUND_SECONDS = 4


def on_trial(lab, trials, name, drift=None, mixture=PLAIN, events=300, **settings):
    """A pipeline whose events are all sealed, with henge serving."""
    trial = trials(lab, name, spec={"drift": drift or {}}, mixture=mixture, **settings)
    trial.burst(events)
    trial.start()
    trial.prove()
    return trial


def drifts(trial, kind=None):
    whole = trial.henge.json("drift", trial.name, "--all", expect=(0, 2))
    return [d for d in whole["drifts"] if kind in (None, d["kind"])]


def wait_found(trial, kind):
    return wait_until(lambda: drifts(trial, kind), SECONDS, f"drift {kind}")[0]


def wait_gone(trial, kind):
    wait_until(lambda: not drifts(trial, kind), SECONDS, f"the end of {kind}")


def recorded(trial, event):
    """What the ledger holds of one kind of event of the pipeline, oldest first."""
    out = []
    for line in trial.henge.run("ledger", "export").stdout.splitlines():
        record = json.loads(line)
        if record["kind"] == event and record["pipeline"] == trial.name:
            out.append(record["body"] | {"at": record["at"]})
    return out


def ended(trial, kind, how):
    """Whether the ledger says how a drift ended."""
    cleared = recorded(trial, "drift_cleared")
    return any((body["kind"], body["how"]) == (kind, how) for body in cleared)


def live(trial):
    try:
        return trial.lab.druid.get(f"{SUPERVISOR}/{quoted(trial.name)}")
    except DruidError as error:
        assert ": 404" in str(error)
        return None


def sealed_chunk(trial):
    return max(trial.chunks(), key=lambda chunk: chunk["on_time"])


def interval_of(chunk):
    return f"{chunk['start']}/{chunk['end']}"


def task_by_hand(
    trial,
    source,
    dimensions=("id", "page", "country"),
    granularity="MINUTE",
    intervals=None,
    append=True,
    concurrent=True,
):
    """Starts a task of nobody's that henge knows of; its id."""
    task = f"by_hand_{uuid.uuid4().hex[:8]}"
    segments = {
        "segmentGranularity": granularity,
        "queryGranularity": "NONE",
        "rollup": False,
    }
    spec = {
        "dataSchema": {
            "dataSource": trial.name,
            "timestampSpec": {"column": "ts", "format": "iso"},
            "dimensionsSpec": {"dimensions": list(dimensions)},
            "metricsSpec": [{"type": "count", "name": "count"}],
            "granularitySpec": segments | ({"intervals": intervals} if intervals else {}),
        },
        "ioConfig": {
            "type": "index_parallel",
            "inputSource": source,
            "inputFormat": {"type": "json"},
            "appendToExisting": append,
        },
        "tuningConfig": {"type": "index_parallel", "partitionsSpec": {"type": "dynamic"}},
    }
    context = {"useConcurrentLocks": True} if concurrent else {"taskLockType": "EXCLUSIVE"}
    body = {"type": "index_parallel", "id": task, "spec": spec, "context": context}
    trial.lab.druid.post("/druid/indexer/v1/task", body)
    return task


def rows_by_hand(start, rows):
    row = {"ts": start, "page": "x", "more": "y"}
    lines = [json.dumps(row | {"id": 10_000_000 + n}) for n in range(rows)]
    return {"type": "inline", "data": "\n".join(lines)}


def append_by_hand(trial, start, rows, dimensions=("id", "page", "country"), granularity="MINUTE"):
    task = task_by_hand(trial, rows_by_hand(start, rows), dimensions, granularity)
    wait_tasks(trial, [task])
    return task


def wait_tasks(trial, tasks):
    """Waits until all of them have succeeded."""

    def states():
        path = "/druid/indexer/v1/task/{}/status"
        return [trial.lab.druid.get(path.format(t))["status"]["statusCode"] for t in tasks]

    wait_until(lambda: "RUNNING" not in states(), SECONDS, "tasks by hand")
    assert set(states()) == {"SUCCESS"}


class SlowSource:
    """Rows over HTTP that come when they are let go: a task that reads them runs until then."""

    def __init__(self, text):
        gone_on = self.gone_on = threading.Event()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                gone_on.wait(SECONDS)
                self.send_response(200)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text.encode())

            do_HEAD = do_GET

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.gone_on.set()
        self.server.shutdown()

    def source(self):
        return {"type": "http", "uris": [f"http://127.0.0.1:{self.server.server_port}/rows.json"]}


def seconds_until(begun, at):
    """From a moment of time.time() to one as henge writes it."""
    whole, _, rest = at.rstrip("Z").partition(".")
    parsed = time.strptime(whole, "%Y-%m-%dT%H:%M:%S")
    return calendar.timegm(parsed) + float(f"0.{rest or 0}") - begun
