"""One pipeline, two doors, every event counted: on a real Kafka and a real Druid.

Starts a lab unless one is up, sends events (some late, some broken), lets henge stream and repair
them, and proves by query that each is in Druid exactly once. The proof compares the producer's own
record of ids with what Druid answers; henge is not asked.
"""

import argparse
import json
import pathlib
import shutil
import signal
import sys
import time

from confluent_kafka import KafkaException

from proving import comparison, events, henge, lab, producer, screen, view
from proving.druid import Druid, DruidError
from proving.henge import PROJECT, Henge, HengeError

LATENESS_MS = 20_000
STAGES = ("lab", "plan", "events", "seal", "proof")
SEAL_SECONDS = 240  # after the last event, before the run counts as failed
RUNS_KEPT = 3
PIPELINE = """\
# yaml-language-server: $schema={schema}
apiVersion: henge/v1
kind: Pipeline
metadata: {{name: {name}}}
spec:
  schema:
    timestamp: {{column: ts, format: iso}}
    dimensions:
      - {{name: id, type: long}} # unique to each event, so that the proof can name each
      - page
      - country
    metrics:
      - {{type: count, name: count}}
      - {{type: longSum, name: bytes, fieldName: bytes}}
    segmentGranularity: MINUTE
  stream:
    topic: {name}
    consumerProperties: {{bootstrap.servers: "{kafka}"}}
    inputFormat: {{type: json}}
    taskCount: 1
    taskDuration: PT1M
    intermediateHandoffPeriod: PT20S
  lateness: PT20S
  late:
    maxDelay: PT10S
"""


class Failure(Exception):
    """The run can't go on; says why."""


class Demo:
    def __init__(self, options):
        self.options = options
        self.begun = time.monotonic()
        self.name = time.strftime("demo_%m%d_%H%M%S", time.gmtime())
        self.folder = PROJECT / "build/demo" / self.name
        # The object on stdout stays alone there.
        self.screen = screen.Screen(sys.stderr)
        self.scene = view.Scene(total=options.events)
        self.scene.stages = [(name, None, "ahead") for name in STAGES]
        self.stage_begun = 0.0
        self.lab = self.henge = self.production = None
        self.truth = events.Truth(LATENESS_MS)

    # --- stages

    def run(self):
        """All of it. Errors: Failure, and what its parts raise; `finish` is for the caller."""
        self.enter("lab")
        self.lab = lab.find_or_start(self.tell)
        self.druid = Druid(self.lab.router)
        if not self.lab.ours:
            self.tell(f"a lab is up already: {self.lab.router}")
        self.enter("plan")
        self.declare()
        self.enter("events")
        self.start_events()
        self.watch(self.produced_all, self.production.pace.seconds + 120)
        self.enter("seal")
        self.watch(self.all_sealed, SEAL_SECONDS)
        self.enter("proof")
        return self.prove()

    def declare(self):
        producer.make_topic(self.lab.kafka, self.name)
        self.tell(f"topic {self.name} with {events.PARTITIONS} partitions")
        self.henge = Henge(self.folder, self.lab.router)
        pipeline = self.folder / "pipeline.yaml"
        schema = PROJECT / "schema/pipeline.schema.json"
        pipeline.write_text(PIPELINE.format(name=self.name, kafka=self.lab.kafka, schema=schema))
        self.henge.run("validate", pipeline)
        plan = self.henge.run("plan", pipeline, expect=(2,))
        for line in plan.stdout.splitlines():
            if "seal" in line:
                self.tell(line.strip())
        self.henge.apply(pipeline)
        self.henge.run("plan", pipeline, expect=(0,))
        self.tell("the supervisor runs; planning again finds nothing to change")

    def start_events(self):
        self.henge.serve()
        self.tell(f"henge serves, process {self.henge.child.pid}")
        begun_ms = producer.now_ms()
        self.scene.begun_ms = begun_ms
        maker = events.Maker(LATENESS_MS, begun_ms)
        stream = producer.Stream(self.lab.kafka, self.name, self.truth)
        pace = producer.Pace(self.options.events, self.options.seconds or until_minute(begun_ms))
        self.production = producer.Production(stream, maker, pace)
        self.production.start()
        self.tell(f"{pace.total:,} events in {pace.seconds:.0f} s, over 4 partitions")

    def produced_all(self):
        if self.production.is_alive():
            return False
        self.production.join()
        if self.production.error:
            raise Failure(f"producing failed: {self.production.error}")
        self.truth.write(self.folder / "truth.csv")
        self.expected_chunks = set(self.truth.chunks())
        self.tell(
            f"all {self.truth.produced:,} events are in Kafka: {self.truth.on_time:,} on time,"
            f" {self.truth.late:,} late, {self.truth.unparseable:,} unparseable"
        )
        return True

    def all_sealed(self):
        sealed = {
            view.epoch_ms(chunk["start"])
            for chunk in self.scene.chunks
            if chunk["state"] == "sealed"
        }
        scene = self.scene
        return (
            scene.scanned >= self.truth.produced
            and not scene.waiting
            and not scene.repairing
            and len(sealed) == len(scene.chunks)
            and self.expected_chunks <= sealed
        )

    def watch(self, finished, seconds):
        """Shows what happens until `finished`. Errors: Failure after `seconds`."""
        deadline = time.monotonic() + seconds
        while True:
            if not self.henge.serving:
                raise Failure("henge ended by itself; the end of its log:\n" + self.henge.log_end())
            self.look()
            done = finished()
            self.screen.show(self.scene)
            if done:
                return
            if time.monotonic() > deadline:
                raise Failure(f"not done within {seconds:.0f} s\n{self.unfinished()}")
            time.sleep(0.4)

    def prove(self):
        self.look()
        self.henge.run("ledger", "verify")
        result = comparison.compare(self.truth, self.druid.rows(self.name))
        self.scene.repairs = len(self.druid.repairs(self.name, self.name))
        self.enter(None)
        self.screen.show(self.scene)
        return result

    # --- what is seen

    def look(self):
        """Asks henge for its view of things; a look that fails is made up for by the next."""
        scene, truth = self.scene, self.truth
        now = time.monotonic() - self.begun
        scene.seconds = now
        scene.silent = self.production.silent
        scene.produced, scene.on_time = truth.produced, truth.on_time
        scene.late, scene.unparseable = truth.late, truth.unparseable
        alive = self.production.is_alive()
        scene.rate = truth.produced / max(self.production.elapsed, 1) if alive else 0
        try:
            chunks = self.henge.chunks(self.name)
            status = self.henge.status(self.name)
            scene.repairs = len(self.druid.repairs(self.name, self.name))
        except (HengeError, DruidError) as error:
            scene.news.append(f"{view.clock(now)}  {str(error).splitlines()[-1]}")
            return
        for line in view.news_of(scene.chunks, chunks):
            self.tell(line)
        scene.chunks = chunks
        scene.scanned, scene.lag = status["records"], status["lag"]
        scene.supervisor = status["supervisor"]
        scene.waiting, scene.repairing = status["late"]["waiting"], status["late"]["repairing"]
        scene.repaired = status["late"]["repaired"]
        if status["watermark"]:
            scene.watermark_age = (producer.now_ms() - view.epoch_ms(status["watermark"])) / 1000

    def tell(self, text):
        self.scene.seconds = time.monotonic() - self.begun
        self.screen.tell(self.scene, text)
        self.screen.show(self.scene)

    def enter(self, stage):
        """Marks the stage before as done, with its time."""
        now = time.monotonic() - self.begun
        marks = []
        for name, seconds, state in self.scene.stages:
            if state == "now":
                marks.append((name, now - self.stage_begun, "done"))
            else:
                marks.append((name, seconds, "now" if name == stage else state))
        self.scene.stages = marks
        self.scene.seconds = self.stage_begun = now
        self.screen.show(self.scene)

    def unfinished(self):
        lines = [
            f"chunk {chunk['start']}: {chunk['state']} {(chunk['doubt'] or {}).get('reason', '')}"
            for chunk in self.scene.chunks
            if chunk["state"] != "sealed"
        ]
        whole = self.henge.run("status", self.name, expect=None)
        return "\n".join([*lines, whole.stdout + whole.stderr, self.henge.log_end(10)])

    # --- the end

    def report(self, result):
        """Prints the outcome; true if everything is there exactly once."""
        sealed = sum(chunk["state"] == "sealed" for chunk in self.scene.chunks)
        equal = result.equal and result.in_druid == self.truth.on_time + self.truth.late
        outcome = {
            "produced": self.truth.produced,
            "on_time": self.truth.on_time,
            "late": self.truth.late,
            "unparseable": self.truth.unparseable,
            "in_druid": result.in_druid,
            "missing": result.missing,
            "doubled": result.doubled,
            "repairs": self.scene.repairs,
            "chunks": len(result.chunks),
            "sealed": sealed,
            "seconds": round(time.monotonic() - self.begun, 1),
        }
        self.screen.leave()
        if self.options.json:
            print(json.dumps(outcome), flush=True)
        else:
            self.print_outcome(outcome, result)
        for example in result.examples:
            print(example, file=sys.stderr)
        for what in ("unexpected", "altered"):
            if count := getattr(result, what):
                print(f"{what}: {count}", file=sys.stderr)
        return equal and sealed == len(self.scene.chunks) == len(result.chunks)

    def print_outcome(self, outcome, result):
        paint = view.Painter(sys.stdout.isatty())
        print("\n".join(["", *view.table(result, self.scene.chunks, paint), ""]))
        print(
            "{repairs} repair tasks · {sealed} of {chunks} chunks sealed · {seconds} s\n".format(
                **outcome
            )
        )
        good = result.equal
        line = (
            "produced {produced:,} on time {on_time:,} late {late:,} unparseable {unparseable:,}"
            " | in Druid {in_druid:,} | missing {missing:,} | doubled {doubled:,}"
        )
        print(paint("green" if good else "red", line.format(**outcome)), flush=True)

    def finish(self, good):
        """Stops what was started, or with --keep says how to look at it."""
        if self.production:
            self.production.stop()
        if self.options.keep and self.lab and self.henge:
            print(self.how_to_look(), file=sys.stderr)
            return
        if self.henge:
            self.henge.stop()
        if not self.lab:
            return
        if self.lab.ours:
            # After a failure the logs are evidence: stopped, not emptied.
            self.lab.stop() if good else self.lab.command("down")
        elif self.henge:
            self.remove_traces()

    def remove_traces(self):
        """From a lab that was up before: the supervisor, the rows and the topic of this run."""
        try:
            self.druid.remove(self.name)
            producer.delete_topic(self.lab.kafka, self.name)
        except (DruidError, KafkaException) as error:
            print(f"demo: left in the lab: {self.name} ({error})", file=sys.stderr)

    def how_to_look(self):
        program = f"{henge.binary()} --config {self.henge.config}"
        query = json.dumps({"query": f'SELECT COUNT(*), SUM("count") FROM "{self.name}"'})
        return "\n".join(
            [
                "",
                "Everything goes on running. To look:",
                f"  {program} status",
                f"  {program} chunks {self.name}",
                f"  {program} late {self.name}",
                f"  {program} ledger export | tail",
                f"  tail -f {self.henge.log}",
                f"  ./dev lab status --home {self.lab.home}",
                f"  curl -s {self.lab.router}/druid/v2/sql -H 'Content-Type: application/json'"
                f" -d '{query}'",
                "To stop:",
                f"  kill {self.henge.child.pid if self.henge.child else ''}",
                f"  ./dev lab down --home {self.lab.home}",
            ]
        )


def until_minute(now_ms):
    """Seconds until two seconds before a full minute, two to three minutes away: at least three
    chunks get events, and the last of them ends with the events, so need not be waited for."""
    end = (now_ms + 122_000 + 59_999) // 60_000 * 60_000 - 2_000
    return (end - now_ms) / 1000


def options_from(arguments):
    parser = argparse.ArgumentParser(
        prog="./dev demo", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true", help="print the outcome as one object")
    parser.add_argument(
        "--events", type=int, default=200_000, metavar="N", help="how many to send (200000)"
    )
    parser.add_argument(
        "--seconds", type=float, metavar="S", help="send them over S seconds (about two minutes)"
    )
    parser.add_argument(
        "--keep", action="store_true", help="leave all running at the end, and say how to look"
    )
    options = parser.parse_args(arguments)
    if options.events < 1 or (options.seconds is not None and options.seconds <= 0):
        parser.error("--events and --seconds take numbers above 0")
    return options


def drop_old_runs():
    runs = sorted((PROJECT / "build/demo").glob("demo_*"), key=lambda path: path.stat().st_mtime)
    for path in runs[: -RUNS_KEPT or None]:
        if not (path / "state/henge.sock").exists():
            shutil.rmtree(path, ignore_errors=True)


def main(arguments):
    options = options_from(arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.default_int_handler)
    if not pathlib.Path(henge.binary()).exists():
        print(f"demo: {henge.binary()} is missing: ./dev build", file=sys.stderr)
        return 1
    drop_old_runs()
    demo = Demo(options)
    good, code = False, 1
    try:
        good = demo.report(demo.run())
        code = 0 if good else 1
    except (Failure, HengeError, DruidError, lab.LabFailure, KafkaException) as error:
        demo.screen.leave()
        print(f"demo: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        demo.screen.leave()
        print("demo: interrupted, stopping what was started", file=sys.stderr)
        code = 130
    finally:
        demo.finish(good)
    if not good and demo.folder.exists():
        print(f"demo: not proven; what there is to look at: {demo.folder}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
