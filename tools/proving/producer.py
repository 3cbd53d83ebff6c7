"""Sends events to Kafka in real time, and keeps the truth about each."""

import threading
import time
from dataclasses import dataclass

from confluent_kafka import KafkaException, Producer
from confluent_kafka.admin import AdminClient, NewTopic

from proving.events import PARTITIONS

TICK_S = 0.05
QUIET = {"log_level": 0}  # what fails is raised; the rest is of no interest to a watcher


def make_topic(bootstrap, topic, partitions=PARTITIONS, config=None):
    """Errors: KafkaException, also when the topic is there already."""
    settings = {"message.timestamp.type": "LogAppendTime", "retention.ms": "-1"} | (config or {})
    admin = AdminClient({"bootstrap.servers": bootstrap} | QUIET)
    made = admin.create_topics([NewTopic(topic, partitions, 1, config=settings)])
    made[topic].result(30)
    # Right after it was made a topic may not be known to the broker that leads it.
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        known = admin.list_topics(topic, timeout=10).topics[topic]
        if known.error is None and len(known.partitions) == partitions:
            return
        time.sleep(0.1)
    raise KafkaException(f"topic {topic} was made, but its partitions do not appear")


def delete_topic(bootstrap, topic):
    admin = AdminClient({"bootstrap.servers": bootstrap} | QUIET)
    admin.delete_topics([topic])[topic].result(30)


@dataclass(frozen=True)
class Pace:
    """When events are sent: up to `total` of them, evenly over `seconds`; `before` were sent before
    that. One partition is silent from the first to the second of `silence` (shares of the time)."""

    total: int
    seconds: float
    before: int = 0
    silent_partition: int = PARTITIONS - 1
    silence: tuple = (0.3, 0.65)

    def due(self, elapsed):
        if elapsed >= self.seconds:
            return self.total
        return self.before + int((self.total - self.before) * elapsed / self.seconds)

    def silent(self, elapsed):
        return self.silence[0] <= elapsed / max(self.seconds, 1e-9) < self.silence[1]

    def partition(self, number, elapsed, partitions):
        choice = number % partitions
        if choice == self.silent_partition and self.silent(elapsed):
            return (number // partitions) % (partitions - 1)
        return choice


class Stream:
    """A Kafka producer that tells the truth what arrived, and when."""

    def __init__(self, bootstrap, topic, truth, partitions=PARTITIONS):
        self.topic = topic
        self.truth = truth
        self.partitions = partitions
        self.error = None
        self.producer = Producer(
            {
                "bootstrap.servers": bootstrap,
                "enable.idempotence": True,  # a retry must not double a record
                "linger.ms": 20,
                "queue.buffering.max.messages": 1_000_000,
                "message.timeout.ms": 120_000,
            }
            | QUIET
        )

    def send(self, event, partition=None):
        def delivered(error, message, number=event.number):
            if error is not None:
                self.error = self.error or error
            else:
                self.truth.acknowledge(number, message.timestamp()[1])

        self.truth.send(event)
        while True:
            try:
                self.producer.produce(
                    self.topic,
                    value=event.value,
                    partition=event.number % self.partitions if partition is None else partition,
                    on_delivery=delivered,
                )
                return
            except BufferError:
                self.producer.poll(0.1)

    def burst(self, maker, count):
        """Sends `count` events as they are made now, and waits until all arrived."""
        for _ in range(count):
            self.send(maker.make(self.truth.produced, now_ms()))
            if self.truth.produced % 500 == 0:
                self.producer.poll(0)
        self.flush()

    def flush(self, seconds=120):
        left = self.producer.flush(seconds)
        if self.error is not None:
            raise KafkaException(self.error)
        if left:
            raise KafkaException(f"{left} records did not reach Kafka within {seconds} s")


class Production(threading.Thread):
    """Sends at a pace in the background. After `join`, `error` is None or why it ended early."""

    def __init__(self, stream, maker, pace):
        super().__init__(name="production", daemon=True)
        self.stream, self.maker, self.pace = stream, maker, pace
        self.begun = time.monotonic()
        self.error = None
        self.stopped = threading.Event()

    @property
    def elapsed(self):
        return time.monotonic() - self.begun

    @property
    def silent(self):
        return self.is_alive() and self.pace.silent(self.elapsed)

    def stop(self):
        self.stopped.set()

    def run(self):
        self.begun = time.monotonic()
        try:
            while self.stream.truth.produced < self.pace.total and not self.stopped.is_set():
                self.send_due()
                self.stream.producer.poll(0)
                self.stopped.wait(TICK_S)
            self.stream.flush()
        except KafkaException as error:
            self.error = error

    def send_due(self):
        elapsed = self.elapsed
        while self.stream.truth.produced < self.pace.due(elapsed):
            number = self.stream.truth.produced
            event = self.maker.make(number, now_ms())
            self.stream.send(event, self.pace.partition(number, elapsed, self.stream.partitions))
            if number % 500 == 0:
                self.stream.producer.poll(0)


def now_ms():
    return time.time_ns() // 1_000_000
