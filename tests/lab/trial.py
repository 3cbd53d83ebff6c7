"""One pipeline on trial: its file, its topic, its henge, the truth about its events."""

import json
import uuid

from proving import comparison, events, producer
from proving.druid import DruidError
from proving.henge import Henge, wait_until

LATENESS_MS = 20_000
SEAL_SECONDS = 240


class Trial:
    """Names are unique, so that trials can share a lab; `spec` changes fields of the pipeline."""

    def __init__(
        self,
        lab,
        folder,
        name,
        spec=None,
        settings="",
        druid_url=None,
        mixture=events.Mixture(late=0.1, unparseable=0.02, null_field=0.05),
        old_chunks=None,
        chunk_ms=events.MINUTE_MS,
        keeps=lambda number: True,
        encode=None,
        henge=None,
        topic=True,
    ):
        self.lab = lab
        self.name = f"{name}_{uuid.uuid4().hex[:6]}"
        self.henge = henge or Henge(folder, druid_url or lab.router, settings)
        self.file = folder / "pipeline.yaml"
        folder.mkdir(parents=True, exist_ok=True)
        self.spec = pipeline(self.name, lab.kafka)
        self.change(spec or {})
        self.truth = events.Truth(LATENESS_MS, chunk_ms, keeps)
        self.maker = events.Maker(LATENESS_MS, producer.now_ms(), mixture, old_chunks)
        if encode:
            self.maker.encode = encode
        self.stream = None
        if topic:
            producer.make_topic(lab.kafka, self.name)
            self.stream = producer.Stream(lab.kafka, self.name, self.truth)

    def change(self, spec):
        """Writes the pipeline file with some fields changed."""
        merge(self.spec["spec"], spec)
        self.file.write_text(json.dumps(self.spec, indent=2))

    def burst(self, count):
        self.stream.burst(self.maker, count)

    def start(self):
        self.henge.apply(self.file)
        self.henge.serve()

    def status(self):
        return self.henge.status(self.name)

    def chunks(self):
        return self.henge.chunks(self.name)

    def settled(self):
        """Whether all that was produced was scanned, is sealed, and nothing waits."""
        status = self.status()
        states = {chunk["state"] for chunk in self.chunks()}
        return (
            status["records"] >= self.truth.produced
            and not status["late"]["waiting"]
            and not status["late"]["repairing"]
            and states == {"sealed"}
        )

    def wait_settled(self, seconds=SEAL_SECONDS):
        def serving_and_settled():
            assert self.henge.serving, f"henge ended by itself:\n{self.henge.log_end()}"
            return self.settled()

        wait_until(serving_and_settled, seconds, self.describe, every=1)

    def describe(self):
        """What is not as it should be in the end."""
        status = self.status()
        lines = [f"{name}: {status[name]}" for name in ("records", "lag", "late", "repair_errors")]
        lines += [str(trouble) for trouble in status["whole"]["troubles"]]
        for chunk in self.chunks():
            if chunk["state"] != "sealed":
                doubt = (chunk["doubt"] or {}).get("reason", "")
                lines.append(f"{chunk['start']} {chunk['state']} {doubt}")
        return "\n".join(lines)

    def compare(self, columns=("__time", "id", "count", "bytes")):
        return comparison.compare(self.truth, self.lab.druid.rows(self.name, columns))

    def prove(self, seconds=SEAL_SECONDS):
        """The end of every scenario: all is sealed, and Druid has each event exactly once."""
        self.wait_settled(seconds)
        result = self.compare()
        assert result.equal, (result.missing, result.doubled, result.examples)
        assert result.in_druid == self.truth.on_time + self.truth.late
        assert result.missing == 0 and result.doubled == 0
        self.henge.run("ledger", "verify")
        return result

    def repair_tasks(self):
        """All tasks that repairs of this pipeline made, whatever became of them."""
        prefix = f"henge_{self.name}_late_"
        return [t for t in self.lab.druid.tasks(self.name) if t["id"].startswith(prefix)]

    def locked(self, start, chunks=1):
        """What Druid has locked among these chunks."""
        policies = [{"datasource": self.name, "priority": 0}]
        locks = self.lab.druid.post("/druid/indexer/v1/activeLocks", policies)
        end = start + chunks * events.MINUTE_MS
        first, last = events.iso(start), events.iso(end)
        found = [lock for one in (locks.get("datasourceToLocks") or {}).values() for lock in one]
        times = [lock["interval"].split("/") for lock in found]
        return [at for at in times if at[0] < last and at[1] > first]

    def remove(self):
        self.henge.stop()
        try:
            self.lab.druid.remove(self.name)
            if self.stream:
                producer.delete_topic(self.lab.kafka, self.name)
        except (DruidError, producer.KafkaException) as error:
            print(f"left in the lab: {self.name} ({error})")


def pipeline(name, kafka):
    return {
        "apiVersion": "henge/v1",
        "kind": "Pipeline",
        "metadata": {"name": name},
        "spec": {
            "schema": {
                "timestamp": {"column": "ts", "format": "iso"},
                "dimensions": [{"name": "id", "type": "long"}, "page", "country"],
                "metrics": [
                    {"type": "count", "name": "count"},
                    {"type": "longSum", "name": "bytes", "fieldName": "bytes"},
                ],
                "segmentGranularity": "MINUTE",
            },
            "stream": {
                "topic": name,
                "consumerProperties": {"bootstrap.servers": kafka},
                "inputFormat": {"type": "json"},
                "taskCount": 1,
                "taskDuration": "PT1M",
                "intermediateHandoffPeriod": "PT20S",
            },
            "lateness": "PT20S",
            "late": {"maxDelay": "PT2S"},
        },
    }


def merge(into, changes):
    for key, value in changes.items():
        if isinstance(value, dict) and isinstance(into.get(key), dict):
            merge(into[key], value)
        else:
            into[key] = value
