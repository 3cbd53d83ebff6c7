"""Compares what was sent with what Druid holds, event by event."""

from array import array
from dataclasses import dataclass, field

from proving.events import Door, Kind, bytes_of


@dataclass
class ChunkResult:
    on_time: int = 0
    late: int = 0
    in_druid: int = 0
    missing: int = 0
    doubled: int = 0


@dataclass
class Comparison:
    """`unexpected` are rows no event accounts for; `altered` have another metric than was sent."""

    chunks: dict = field(default_factory=dict)
    in_druid: int = 0
    missing: int = 0
    doubled: int = 0
    unexpected: int = 0
    altered: int = 0
    examples: list = field(default_factory=list)

    @property
    def equal(self):
        return not (self.missing or self.doubled or self.unexpected or self.altered)


def compare(truth, rows):
    """`rows` yields (event time in ms, id, count, bytes) of everything the datasource holds."""
    result = Comparison()
    seen = array("q", bytes(8 * truth.produced))
    for event_ms, number, count, total in rows:
        result.in_druid += count
        start = event_ms // truth.chunk_ms * truth.chunk_ms
        chunk = result.chunks.setdefault(start, ChunkResult())
        chunk.in_druid += count
        if not belongs(truth, event_ms, number):
            result.unexpected += count
            note(result, f"id {number} at {event_ms} is in Druid, and was never sent so")
            continue
        seen[number] += count
        kind = Kind(truth.kinds[number])
        if (total or 0) != (0 if kind is Kind.NULL_FIELD else bytes_of(number)) * count:
            result.altered += count
            note(result, f"id {number}: bytes is {total}")
    for number, door in enumerate(truth.doors):
        if door != Door.NONE:
            weigh(truth, result, number, door, seen[number])
    result.chunks = {start: result.chunks[start] for start in sorted(result.chunks)}
    return result


def belongs(truth, event_ms, number):
    return (
        number is not None
        and 0 <= number < truth.produced
        and truth.doors[number] != Door.NONE
        and truth.times[number] == event_ms
    )


def weigh(truth, result, number, door, found):
    chunk = result.chunks.setdefault(truth.chunk_of(number), ChunkResult())
    if door == Door.ON_TIME:
        chunk.on_time += 1
    else:
        chunk.late += 1
    if found == 1:
        return
    name = Door(door).name.lower().replace("_", " ")
    if found == 0:
        chunk.missing += 1
        result.missing += 1
        note(result, f"id {number} ({name}, {truth.times[number]}) is missing")
    else:
        chunk.doubled += found - 1
        result.doubled += found - 1
        note(result, f"id {number} ({name}, {truth.times[number]}) is there {found} times")


def note(result, text):
    if len(result.examples) < 10:
        result.examples.append(text)
