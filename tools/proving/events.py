"""Events and the truth about them: what was sent, and through which door it must go.

The truth rests on what the producer chose and on the arrival time the broker acknowledged; nothing
of it comes from henge.
"""

import json
import random
import time
from array import array
from dataclasses import dataclass
from enum import IntEnum

MINUTE_MS = 60_000
PARTITIONS = 4


class Kind(IntEnum):
    """What a record looks like."""

    PLAIN = 0
    NULL_FIELD = 1  # a dimension and a metric are null
    BROKEN = 2  # no JSON
    WITHOUT_TIME = 3
    GARBAGE_TIME = 4
    TOMBSTONE = 5  # a record without a value


READABLE = (Kind.PLAIN, Kind.NULL_FIELD)


class Door(IntEnum):
    NONE = 0  # holds no readable event
    ON_TIME = 1
    LATE = 2


@dataclass(frozen=True)
class Mixture:
    """Of what a stream of events consists, in shares of 1."""

    late: float = 0.02
    unparseable: float = 0.002
    null_field: float = 0.01


@dataclass(frozen=True)
class Event:
    number: int
    kind: Kind
    event_ms: int  # of no meaning where the kind is not readable
    value: bytes | None


class Maker:
    """Makes event number n for the moment it is sent; the same seed makes the same choices.

    Event times keep clear of the lateness bound: on time by at least 12 s where lateness is 20 s,
    late by at least 10 s, so that no delay on the way to the broker changes a door.
    """

    def __init__(self, lateness_ms, begun_ms, mixture=Mixture(), old_chunks=None, seed=1):
        self.encode = body
        self.lateness_ms = lateness_ms
        self.mixture = mixture
        self.random = random.Random(seed)
        self.old_chunks = old_chunks or old_chunks_before(begun_ms)

    def make(self, number, now_ms):
        kind = self.kind()
        event_ms = now_ms - self.random.randrange(int(self.lateness_ms * 0.4))
        if kind in READABLE and self.random.random() < self.mixture.late:
            event_ms = self.late_time(now_ms)
        return Event(number, kind, event_ms, self.encode(number, kind, event_ms))

    def kind(self):
        draw = self.random.random()
        if draw < self.mixture.unparseable:
            return self.random.choice(
                (Kind.BROKEN, Kind.WITHOUT_TIME, Kind.GARBAGE_TIME, Kind.TOMBSTONE)
            )
        if draw < self.mixture.unparseable + self.mixture.null_field:
            return Kind.NULL_FIELD
        return Kind.PLAIN

    def late_time(self, now_ms):
        """A minute late, or in one of a few chunks that are minutes to days old."""
        if self.random.random() < 0.4:
            return now_ms - self.lateness_ms - 10_000 - self.random.randrange(60_000)
        return self.random.choice(self.old_chunks) + self.random.randrange(MINUTE_MS)


def old_chunks_before(begun_ms):
    """Starts of chunks of a minute, from three minutes to five days before."""
    minute = begun_ms // MINUTE_MS
    return [
        (minute - back) * MINUTE_MS
        for back in (3, 5, 8, 13, 60, 180, 420, 1200, 1440, 2880, 4320, 7200)
    ]


def body(number, kind, event_ms):
    """The record's value."""
    if kind is Kind.TOMBSTONE:
        return None
    row = {
        "ts": iso(event_ms),
        "id": number,
        "page": f"/page/{number % 50}",
        "country": ("de", "fr", "jp", "us", "br")[number % 5],
        "bytes": bytes_of(number),
    }
    if kind is Kind.NULL_FIELD:
        row |= {"country": None, "bytes": None}
    if kind is Kind.WITHOUT_TIME:
        del row["ts"]
    if kind is Kind.GARBAGE_TIME:
        row["ts"] = "half past nine"
    text = json.dumps(row, separators=(",", ":"))
    return (text[:-7] if kind is Kind.BROKEN else text).encode()


def bytes_of(number):
    """The metric of an event: a function of its number, so that a mix-up would show in sums."""
    return 100 + number * 7 % 900


def iso(ms):
    seconds, rest = divmod(ms, 1000)
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)) + f".{rest:03}Z"


def door_of(kind, event_ms, arrival_ms, lateness_ms):
    """The arrival rule, as the design states it."""
    if kind not in READABLE:
        return Door.NONE
    return Door.LATE if event_ms < arrival_ms - lateness_ms else Door.ON_TIME


class Truth:
    """What was sent, by number of the event; complete once the producer has been flushed."""

    def __init__(self, lateness_ms, chunk_ms=MINUTE_MS, keeps=lambda number: True):
        """`keeps` says which events a pipeline's filter lets through."""
        self.keeps = keeps
        self.lateness_ms = lateness_ms
        self.chunk_ms = chunk_ms
        self.kinds = array("b")
        self.times = array("q")
        self.doors = array("b")  # of what was acknowledged; NONE until then
        self.arrivals = array("q")  # in ms; 0 until then
        self.acknowledged = 0
        self.door_counts = [0, 0, 0]

    def send(self, event):
        """Numbers are dense: each is the next."""
        assert event.number == len(self.kinds), "events are numbered as they are sent"
        self.kinds.append(event.kind)
        self.times.append(event.event_ms)
        self.doors.append(Door.NONE)
        self.arrivals.append(0)

    def acknowledge(self, number, arrival_ms):
        kind = Kind(self.kinds[number])
        door = door_of(kind, self.times[number], arrival_ms, self.lateness_ms)
        if not self.keeps(number):
            door = Door.NONE
        self.doors[number] = door
        self.arrivals[number] = arrival_ms
        self.door_counts[door] += 1
        self.acknowledged += 1

    @property
    def produced(self):
        return len(self.kinds)

    @property
    def on_time(self):
        return self.door_counts[Door.ON_TIME]

    @property
    def late(self):
        return self.door_counts[Door.LATE]

    @property
    def unparseable(self):
        return self.door_counts[Door.NONE]

    def chunk_of(self, number):
        return self.times[number] // self.chunk_ms * self.chunk_ms

    def chunks(self):
        """Start of each chunk -> (on time, late)."""
        found = {}
        for number, door in enumerate(self.doors):
            if door != Door.NONE:
                counts = found.setdefault(self.chunk_of(number), [0, 0])
                counts[0 if door == Door.ON_TIME else 1] += 1
        return {start: tuple(found[start]) for start in sorted(found)}

    def write(self, path):
        """One line an event: number, kind, event time, door."""
        with open(path, "w", encoding="ascii") as file:
            file.write("number,kind,event_ms,door\n")
            for number, kind in enumerate(self.kinds):
                door = Door(self.doors[number]).name.lower()
                kind = Kind(kind).name.lower()
                file.write(f"{number},{kind},{self.times[number]},{door}\n")
