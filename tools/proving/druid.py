"""Asks a Druid, through its Router, what is in it; written without henge, to judge henge by."""

import json
import urllib.error
import urllib.parse
import urllib.request

import orjson

ETERNITY = "0000-01-01T00:00:00.000Z/3000-01-01T00:00:00.000Z"
FRESH = {"useCache": False, "populateCache": False}


class DruidError(Exception):
    """Druid did not answer, or with an error."""


class Druid:
    def __init__(self, url):
        self.url = url
        # No proxy: a lab is on this machine.
        self.opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def call(self, method, path, body=None, timeout=60):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            self.url + path, data, {"Content-Type": "application/json"}, method=method
        )
        try:
            with self.opener.open(request, timeout=timeout) as answer:
                return answer.read()
        except urllib.error.HTTPError as error:
            text = error.read().decode(errors="replace")[:500]
            raise DruidError(f"{method} {path}: {error.code} {text}") from None
        except OSError as error:
            raise DruidError(f"{method} {path}: {error}") from None

    def get(self, path):
        return orjson.loads(self.call("GET", path))

    def post(self, path, body=None):
        answer = self.call("POST", path, {} if body is None else body)
        return orjson.loads(answer) if answer else None

    def sql(self, query):
        return self.post("/druid/v2/sql", {"query": query, "context": FRESH})

    def scan(self, datasource, interval=ETERNITY, columns=("__time", "id", "count", "bytes")):
        """All rows, each as a tuple of the columns."""
        query = {
            "queryType": "scan",
            "dataSource": datasource,
            "intervals": [interval],
            "columns": list(columns),
            "resultFormat": "list",
            "context": FRESH | {"timeout": 60_000},
        }
        for block in self.post("/druid/v2", query):
            for row in block["events"]:
                yield tuple(row.get(column) for column in columns)

    def rows(self, datasource, columns=("__time", "id", "count", "bytes")):
        """All rows of the datasource, chunk by chunk, so that memory stays small."""
        for start, end in self.intervals(datasource):
            yield from self.scan(datasource, f"{start}/{end}", columns)

    def intervals(self, datasource):
        """Intervals that hold segments, as Druid's metadata lists them."""
        listed = self.segments(datasource)
        return sorted({tuple(segment["interval"].split("/")) for segment in listed})

    def segments(self, datasource):
        """Used segments, in full, as the metadata store has them; GET shows an older snapshot."""
        path = f"/druid/coordinator/v1/metadata/datasources/{quoted(datasource)}/segments?full"
        return self.post(path, [ETERNITY])

    def tasks(self, datasource):
        return self.get(f"/druid/indexer/v1/tasks?datasource={quoted(datasource)}")

    def repairs(self, datasource, pipeline):
        """Batch tasks that henge's late repairs made and that succeeded."""
        return [
            task
            for task in self.tasks(datasource)
            if task["id"].startswith(f"henge_{pipeline}_late_")
            and task["statusCode"] == "SUCCESS"
        ]

    def supervisor(self, name, action=None):
        path = f"/druid/indexer/v1/supervisor/{quoted(name)}"
        if action is None:
            return self.get(path + "/status")["payload"]
        return self.post(f"{path}/{action}")

    def shutdown(self, task):
        return self.post(f"/druid/indexer/v1/task/{quoted(task)}/shutdown")

    def remove(self, datasource):
        """Ends the supervisor and its tasks, drops the data; what is not there is no error."""
        for method, path in (
            ("POST", f"/druid/indexer/v1/supervisor/{quoted(datasource)}/terminate"),
            # They would wait for a hand-off that does not come any more, in a worker's slot.
            ("POST", f"/druid/indexer/v1/datasources/{quoted(datasource)}/shutdownAllTasks"),
            ("DELETE", f"/druid/coordinator/v1/datasources/{quoted(datasource)}"),
        ):
            try:
                self.call(method, path, {} if method == "POST" else None)
            except DruidError as error:
                if ": 404" not in str(error):
                    raise


def quoted(name):
    return urllib.parse.quote(name, safe="")
